"""/health, which tells programs that watch the server whether players can play."""

import os

import pytest
import requests

from tests.conftest import Player, fill, game

MINUTE = 60  # seconds: long after the logbook was tested


@pytest.fixture
def logbook(tmp_path):
    return tmp_path / "logbook.sqlite3"


@pytest.fixture
def kept(logbook, clock):
    """A player in an ocean with a logbook in a file."""
    return Player(game(clock=clock, logbook=str(logbook)))


@pytest.fixture
def on_small_disk(small_disk, clock):
    """A player in an ocean whose logbook is on a disk of its own."""
    player = Player(game(clock=clock, logbook=str(small_disk / "logbook.sqlite3")))
    player.join("ada")
    return player


def ask_all_ways(player):
    """The status for each way to ask: as text, as JSON, as a page, and by HEAD."""
    forms = [player.ask("/health", headers={"Accept": accept}) for accept in ("*/*", "application/json", "text/html")]
    return [reply.status_code for reply in (*forms, player.ask("/health", method="HEAD"))]


def test_whoever_can_play_is_healthy(player):
    assert ask_all_ways(player) == [200] * 4
    status = player.json("/status")
    assert player.json("/health") == {name: status[name] for name in ("ok", "reply", "version")}


def test_a_pause_is_no_illness():
    leader = Player(game(harbour_key="a-key-for-the-tests"))
    assert leader.json("/harbour/pause", key="a-key-for-the-tests")["ok"]
    assert leader.json("/health")["reply"].endswith("The ocean is paused.")


def test_it_is_not_among_the_rules_of_the_game(player):
    for rules in ("/mocean", "/openapi.json"):
        assert "health" not in player.ask(rules).text
        assert "metrics" not in player.ask(rules).text


def test_a_full_disk_is_noticed_and_the_end_of_it_too_though_nobody_plays(on_small_disk, small_disk, clock):
    assert ask_all_ways(on_small_disk) == [200] * 4
    junk = fill(small_disk)
    for _ in range(3):  # what SQLite has room for already, it can still write
        clock.now += MINUTE
        on_small_disk.ask("/health")
    assert ask_all_ways(on_small_disk) == [503] * 4
    reply = on_small_disk.json("/health")
    assert (reply["ok"], reply["error"]) == (False, "logbook")
    assert "disk is full" in reply["reply"]
    assert on_small_disk.ask(reply["try"]).status_code == 200
    assert reply["reply"] in on_small_disk.json("/status")["reply"]
    junk.unlink()
    clock.now += MINUTE
    assert ask_all_ways(on_small_disk) == [200] * 4
    assert "logbook" not in on_small_disk.json("/status")["reply"]


def test_what_players_meet_is_told_at_once(on_small_disk, small_disk, clock):
    """Though the logbook was tested just now."""
    assert on_small_disk.ask("/health").status_code == 200
    junk = fill(small_disk)
    while on_small_disk.ask("/heading", degrees=str(os.urandom(1)[0])).status_code == 200:
        pass
    assert on_small_disk.ask("/health").status_code == 503
    junk.unlink()
    assert on_small_disk.ask("/heading", degrees=7).status_code == 200
    assert on_small_disk.ask("/health").status_code == 200


def test_it_writes_only_now_and_then_however_often_it_is_asked(kept, logbook, clock):
    def written():
        return os.path.getsize(f"{logbook}-wal")

    kept.ask("/health")
    before = written()
    for _ in range(100):
        kept.ask("/health")
    assert written() == before
    clock.now += MINUTE
    kept.ask("/health")
    assert 0 < written() - before < 5000


def test_it_may_be_asked_for_days_while_nobody_plays(kept, logbook, clock):
    """The write-ahead log doesn't grow for ever, and what is written is not taken for damage."""
    for _ in range(1500):
        clock.now += MINUTE
        assert kept.ask("/health").status_code == 200
    assert os.path.getsize(f"{logbook}-wal") < 5e6
    assert kept.json("/health")["reply"].endswith("treasures left.")


def test_a_logbook_that_somebody_has_removed_is_written_again_though_nobody_plays(kept, logbook, clock):
    id = kept.join("ada")
    logbook.unlink()
    clock.now += MINUTE
    assert "written again" in kept.json("/health")["reply"]
    kept.app.logbook.close()
    assert Player(game(clock=clock, logbook=str(logbook))).json("/location", id=id)["ok"]


def test_it_is_refused_to_nobody_because_others_ask_too_fast():
    """A monitor often has the address of a proxy, and so of everybody."""
    player = Player(game(limits=True))
    while player.ask("/who").status_code == 200:
        pass
    assert ask_all_ways(player) == [200] * 4
    replies = {player.ask("/health").status_code for _ in range(2001)}
    assert replies == {200, 429}  # but it has a limit of its own
    assert player.another(address="203.0.113.8").ask("/health").status_code == 200


def test_it_tells_nothing_about_ids_and_wakes_nobody(player, clock):
    id = player.join("ada")
    clock.now += 3600
    stranger = Player(player.app, use_cookies=False)
    replies = [stranger.ask("/health", id=one) for one in (id, "abcdefgh")]
    assert replies[0].text == replies[1].text
    assert "0 ships sailing, 1 asleep" in stranger.json("/status")["reply"]


def test_monitors_that_use_head_get_the_status_from_the_real_server(server):
    assert requests.head(server.url + "health").status_code == 200
    assert requests.get(server.url + "health").text.startswith("0 ships sailing, ")
