"""Damage to the logbook's file, at rest and while the server runs: what is saved, what is said; and what is undone."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
from bottle import Bottle
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

import mocean
from game.ocean import SHIP_IN_SIGHT
from game.sailors import Sailor
from server.backup import back_up
from server.logbook import DAY, Logbook, LogbookProblem
from server.salvage import salvage
from tests.conftest import ROOT, Clock, Player, Server, game, is_plain
from tests.test_logbook import OceanAndLogbook, open_logbook, read, state

PAGE = 4096
NOW = Clock().now


@pytest.fixture
def file(tmp_path):
    return tmp_path / "logbook.sqlite3"


@pytest.fixture
def play(file, clock):
    """Starts the game, with routes of one's own if need be, and returns a player. In the end, all games are closed."""
    apps = []

    def start(*parts, **settings):
        apps.append(game(mocean.app, *parts, clock=clock, logbook=str(file), **settings))
        return Player(apps[-1])

    yield start
    for app in apps:
        app.logbook.close()


def a_club(file, ships=60):
    """Write a logbook with so many ships, letters and words to all, some of them long. Returns the ocean."""
    logbook, ocean = open_logbook(file)
    sailors = [ocean.join(f"sailor{number}") for number in range(ships)]
    for number, sailor in enumerate(sailors):
        ocean.send(sailor, f"hello {number}")
        ocean.send(sailor, f"are you there, number {number}?", "sailor0" if number % 2 else "sailor1")
    sailors[2].friends = ["somebody"] * 2000  # goes on in other pages
    ocean.sail(sailors[1], x=100.0, y=200.0, heading=45.0, speed=2.0)
    ocean.treasures.pop("pearl")
    sailors[1].items = ("pearl",)
    ocean.world.found["Cobb"], ocean.world.began = "sailor3", NOW
    ocean.bans.add(3600, NOW, *(f"address 192.0.2.{number}" for number in range(200)))
    logbook.write(ocean)
    logbook.close()
    return ocean


def start(file, now=NOW):
    """What a server finds: the logbook, closed again, and the ocean."""
    logbook, ocean = open_logbook(file, now)
    logbook.close()
    return logbook, ocean


def without_notice(logbook, ocean):
    """The state of an ocean without what its players are told of the damage."""
    assert ocean.mail.broadcasts.pop()[0][1:3] == ("Harbour", logbook.notice)
    ocean.world.last_number -= 1
    return state(ocean)


def set_aside(file):
    """The damaged files that are kept."""
    return sorted(path for path in file.parent.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm")))


# ---- At rest ----


def test_of_a_whole_file_each_record_is_found(file):
    ocean = a_club(file)
    assert state(salvage(file, NOW)[0]) == state(ocean)


class OceanAndSalvage(OceanAndLogbook):
    """Whatever is played, all of it can be found without SQLite in the files that a crash would leave."""

    @invariant()
    def the_logbook_has_everything(self):
        self.logbook.write(self.ocean)
        assert state(salvage(self.file, self.ocean.now)[0]) == state(self.ocean)


TestOceanAndSalvage = OceanAndSalvage.TestCase
TestOceanAndSalvage.settings = settings(max_examples=10, stateful_step_count=20)


def test_without_its_first_page_nothing_is_lost(file):
    ocean = a_club(file)
    boot = start(file)[0].boot
    good = file.read_bytes()
    file.write_bytes(os.urandom(PAGE) + good[PAGE:])
    logbook, saved = start(file)
    assert without_notice(logbook, saved) == state(ocean)
    assert logbook.boot == boot + 1
    (kept,) = set_aside(file)
    assert kept.read_bytes()[PAGE:] == good[PAGE:]
    assert f"The logbook was damaged. It is kept as {kept.name}. 60 ships and 120 messages were saved." == logbook.news
    again, ocean = start(file)
    assert again.news == again.notice == ""
    assert ocean.mail.broadcasts[-1][0].message == logbook.notice


def test_a_bad_page_costs_only_what_stood_on_it(file):
    """Each page in turn: no ship and no message is lost twice, and whatever is lost, the game can be played."""
    ocean = a_club(file, ships=90)
    del ocean.find("sailor2").friends  # the one ship that stands on several pages
    logbook, _ = open_logbook(file)
    logbook.write_everything(ocean)
    logbook.close()
    good, lost, boots = file.read_bytes(), [], set()
    for page in range(0, len(good), PAGE):
        file.write_bytes(good[:page] + os.urandom(PAGE) + good[page + PAGE :])
        for ending in ("-wal", "-shm"):
            Path(f"{file}{ending}").unlink(missing_ok=True)
        logbook, saved = start(file)
        assert "damaged" in logbook.news
        lost += ocean.crew.by_id.keys() - saved.crew.by_id.keys()
        lost += {message for message, _ in ocean.mail.broadcasts} - {message for message, _ in saved.mail.broadcasts}
        new = saved.join("new")
        assert saved.announce("hello", "new")[0] > ocean.world.last_number
        assert [message.message for message in saved.mail.unread(new)] == ["hello"]
        boots.add(start(file)[0].boot)
    assert len(lost) == len(set(lost)) == 90 + 90
    assert len(good) / PAGE > 12
    assert min(boots) > 2


def test_numbers_go_on_even_if_only_a_sailor_knows_the_last_one(file):
    """Of all that was said nothing is left. What is said next must not look as if it had been read."""
    logbook, ocean = open_logbook(file)
    ada = ocean.join("ada")
    for word in ("one", "two"):
        ocean.announce(word, "bob")
    ocean.mail.pop(ada, after=2)
    logbook.write(ocean)
    with logbook.connection:
        logbook.connection.execute("DELETE FROM chat")
        logbook.connection.execute("UPDATE ocean SET facts = '{}'")
    logbook.close()
    logbook, saved = start(file)
    saved.announce("three", "bob")
    assert [message.message for message in saved.mail.unread(saved.find("ada"))] == ["three", logbook.notice]


def test_three_bad_pages_of_nineteen_cost_three_pages(file):
    ocean = a_club(file, ships=100)
    good = file.read_bytes()
    bad = bytearray(good)
    for page in (5, 9, 13):
        bad[page * PAGE : (page + 1) * PAGE] = os.urandom(PAGE)
    file.write_bytes(bad)
    _, saved = start(file)
    assert 60 <= len(saved.crew.by_id) < 100
    assert all(state(saved)[0][id] == facts for id, facts in state(ocean)[0].items() if id in saved.crew.by_id)


def test_what_is_only_in_the_wal_is_found_too(file, tmp_path):
    """As after a crash: the main file has the beginning, the WAL what has happened since, also to the same ships."""
    logbook, ocean = open_logbook(file)
    ada, bob = ocean.join("ada"), ocean.join("bob")
    logbook.write(ocean)
    for degrees in range(100):
        ocean.turn(ada, degrees)
        logbook.write(ocean)
    ocean.quit(bob.id)
    ocean.join("eve")
    logbook.write(ocean)
    main, wal = file.read_bytes(), Path(f"{file}-wal").read_bytes()
    logbook.close()
    for damaged in (b"", b"no logbook", os.urandom(100) + main[100:]):
        file.write_bytes(damaged)
        Path(f"{file}-wal").write_bytes(wal + wal[32:] + os.urandom(3000))  # behind it, older pages and junk
        _, saved = start(file)
        assert saved.who() == ["Clem", "ada", "eve"]
        assert saved.find("ada").heading == 99
    kept = set_aside(file)
    assert [path.stat().st_size for path in kept] == [0, 10, len(main)]
    assert all(path.with_name(f"{path.name}-wal").exists() for path in kept)


def test_what_the_wal_has_from_an_earlier_round_does_not_count(file):
    """SQLite begins the WAL anew without emptying it: older pages stay behind the newest ones."""
    logbook, ocean = open_logbook(file)
    logbook.connection.execute("PRAGMA wal_autocheckpoint = 20")  # pages
    ada = ocean.join("ada")
    for degrees in range(50):
        ocean.turn(ada, degrees)
        logbook.write(ocean)
        assert salvage(file, NOW)[0].find("ada").heading == degrees
    logbook.close()


def test_what_the_file_has_behind_its_end_does_not_count(file):
    """As after a crash while it is tidied up: the WAL has a shorter file, and the main one is still as it was."""
    a_club(file)
    logbook, ocean = open_logbook(file)
    for number in range(5, 60):
        ocean.quit(ocean.find(f"sailor{number}").id)
    logbook.commit(ocean)
    logbook.connection.execute("VACUUM")
    assert len(salvage(file, NOW)[0].crew.by_id) == 5
    logbook.close()


def test_who_has_gone_does_not_come_back(play, file):
    player = play()
    for name in ("ada", "bob", "eve", "zed"):
        player.another().json("/join", name=name)
    eve, bob = player.ocean.find("eve"), player.ocean.find("bob")
    player.ocean.send(eve, "I am eve", "bob")
    player.ocean.send(eve, "eve was here")
    player.json("/status")
    player.another().json("/quit", id=bob.id)
    player.ocean.erase("eve")
    player.json("/status")
    player.app.logbook.close()
    file.write_bytes(os.urandom(PAGE) + file.read_bytes()[PAGE:])
    logbook, saved = start(file)
    assert saved.who() == ["Clem", "ada", "zed"]
    assert "2 ships and 1 message were saved" not in logbook.news
    assert all("eve" not in message.message for message, _ in saved.mail.broadcasts)
    assert b"eve" not in b"".join(path.read_bytes()[PAGE:] for path in set_aside(file))


def test_what_does_not_fit_is_left_out(file):
    """Two ships of one name, one that is nowhere, one without a name, letters to nobody, and rows that are no JSON."""
    ocean = a_club(file, ships=3)
    with closing(sqlite3.connect(file)) as connection, connection:
        (text,) = connection.execute("SELECT facts FROM sailors WHERE id = ?", [ocean.find("sailor0").id]).fetchone()
        rows = {
            "twinnnnn": text.replace(f'"heard": {NOW}', f'"heard": {NOW - 9}'),
            "infinite": text.replace("sailor0", "x").replace('"x": ', '"x": 1e999, "y": '),
            "nameless": text.replace('"sailor0"', '""'),
            "nothingg": "{}",
            "halfhalf": text[:50],
            "listlist": "[1, 2]",
        }
        connection.executemany("INSERT INTO sailors VALUES (?, ?)", rows.items())
        connection.execute("INSERT INTO mail VALUES ('nobodyyy', 999, 'ada', 'hello', 1)")
    file.write_bytes(os.urandom(100) + file.read_bytes()[100:])
    logbook, saved = start(file)
    assert sorted(saved.who()) == ["Clem", "sailor0", "sailor1", "sailor2"]
    assert saved.crew.by_id.keys() == ocean.crew.by_id.keys()
    assert logbook.notice.startswith("The logbook was damaged. 3 ships and 6 messages were saved.")


def test_a_mistake_in_the_program_does_not_drown_those_who_could_be_saved(file, monkeypatch):
    a_club(file)
    bad = os.urandom(PAGE) + file.read_bytes()[PAGE:]
    file.write_bytes(bad)
    monkeypatch.setattr("server.salvage.sailor_of", lambda id, facts, now: Sailor(**facts, hats=1))
    logbook = Logbook(file)
    with pytest.raises(LogbookProblem, match="hats"):
        logbook.check()
    logbook.close()
    assert file.read_bytes() == bad
    monkeypatch.undo()
    assert len(start(file)[1].crew.by_id) == 60


# ---- Little or nothing to save: the newest copy ----


def test_if_nothing_can_be_saved_the_newest_whole_copy_is_taken(file):
    ocean = a_club(file)
    backups = file.parent / "backups"
    backups.mkdir()
    shutil.copy(ROOT / "tests/data/logbook-version-3.sqlite3", backups / "2026-01-01-030000-nightly.sqlite3")
    back_up(file, backups / "2026-02-01-030000-upgrade.sqlite3")
    (backups / "2026-03-01-030000-hand.sqlite3").write_bytes(b"no logbook " * 1000)
    (backups / "2026-04-01-030000-nightly.sqlite3").touch()
    before = {path: path.read_bytes() for path in backups.iterdir()}
    file.write_bytes(b"no logbook " * 1000)
    logbook, saved = start(file)
    assert without_notice(logbook, saved) == state(ocean)
    assert "It was taken from the copy of 2026-02-01, 03:00." in logbook.news
    assert {path: path.read_bytes() for path in backups.iterdir()} == before
    first = logbook.boot
    (backups / "2026-02-01-030000-upgrade.sqlite3").unlink()
    file.write_bytes(b"")
    logbook, saved = start(file)
    assert {"ada", "bob", "123", "Zoë"} == {sailor.name for sailor in saved.crew.by_id.values()}
    assert "It was taken from the copy of 2026-01-01, 03:00." in logbook.news
    assert logbook.boot >= first


@pytest.mark.parametrize(("ships", "is_taken"), [(40, False), (41, True)])
def test_a_copy_with_more_than_twice_as_many_ships_is_taken_instead(file, ships, is_taken):
    """As after a mistake in a shell, when only the newest pages are left, in the WAL."""
    a_club(file, ships)
    (file.parent / "backups").mkdir()
    back_up(file, file.parent / "backups" / "2026-02-01-030000-hand.sqlite3")
    logbook, ocean = open_logbook(file)
    for number in range(20, ships):
        ocean.quit(ocean.find(f"sailor{number}").id)
    logbook.write(ocean)
    logbook.close()
    file.write_bytes(os.urandom(PAGE) + file.read_bytes()[PAGE:])
    logbook, saved = start(file)
    assert len(saved.crew.by_id) == (ships if is_taken else 20)
    assert ("taken from the copy" in logbook.news) == is_taken


# ---- No bytes at all ----


def test_a_file_of_zero_bytes_that_was_a_logbook_is_damage(play, file):
    play().app.logbook.check()
    file.write_bytes(b"")
    player = play()
    assert "The logbook was damaged. It is kept as " in player.json("/status")["reply"]
    assert "Nothing could be saved, so a new one was begun." in player.json("/status")["reply"]
    assert player.json("/join", name="ada")["ok"]


def test_a_file_that_somebody_has_made_by_touch_becomes_a_logbook(play, file, caplog):
    file.touch()
    player = play()
    assert "damaged" not in player.json("/status")["reply"]
    assert "logbook.sqlite3 is empty: a new logbook is begun." in caplog.text
    assert player.json("/join", name="ada")["ok"]
    assert not set_aside(file)


@pytest.mark.parametrize("left", [(), ("",), ("", "-journal")])
def test_a_crash_while_the_first_file_is_made_is_no_damage(play, file, left):
    """Of a file under its first name are there: no bytes, or what was to be undone."""
    Path(f"{file}-lock").touch()
    for ending in left:
        Path(f"{file}-new{ending}").write_bytes(b"half" * 1000 if len(left) == 2 else b"")
    player = play()
    assert "damaged" not in player.json("/status")["reply"]
    assert player.json("/join", name="ada")["ok"]
    assert not set_aside(file)
    assert not [*file.parent.glob("*-new*")]


# ---- What is said ----


def test_it_is_said_to_players_and_to_the_leader(play, file):
    a_club(file, ships=3)
    file.write_bytes(os.urandom(PAGE) + file.read_bytes()[PAGE:])
    player = play(harbour_key="open sesame please")
    notice = "The logbook was damaged. 3 ships and 6 messages were saved. Who is missing may join again."
    assert is_plain(notice)
    assert player.json("/")["reply"].endswith(notice)
    assert notice in player.page("/")
    (kept,) = set_aside(file)
    news = f"The logbook was damaged. It is kept as {kept.name}. 3 ships and 6 messages were saved."
    assert news in player.json("/status")["reply"]
    assert news in player.json("/harbour", key="open sesame please")["reply"]
    assert news in player.ask("/harbour", key="open sesame please").text
    id = player.ocean.find("sailor2").id
    words = [player.json("/popchat", id=id) for _ in range(3)]
    assert {"sender": "Harbour", "message": notice}.items() <= words[-1].items()
    assert player.json("/sendchat", id=id, message="phew")["number"] == words[-1]["number"] + 1
    assert notice not in player.json("/who")["reply"]


# ---- While the server runs ----


def overwrite(file, start=0, data=b""):
    """Write into a file in place, or with no data cut it off there, as a mistake in a shell would."""
    with file.open("r+b") as stream:
        stream.seek(start)
        if not stream.write(data):
            stream.truncate()


HARM = {
    "empty": lambda file: overwrite(file),
    "header": lambda file: overwrite(file, 0, os.urandom(100)),
    "middle": lambda file: overwrite(file, 2 * PAGE, os.urandom(2 * PAGE)),
    "cut off": lambda file: overwrite(file, 2 * PAGE),
    "another": lambda file: overwrite(file, 0, Path(f"{file}.other").read_bytes()),
    "wal": lambda file: overwrite(Path(f"{file}-wal")),
    "removed": lambda file: os.remove(file),
    "wal removed": lambda file: os.remove(f"{file}-wal"),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
@pytest.mark.parametrize("is_busy", [True, False])
def test_damage_to_the_files_of_a_running_server_is_noticed_and_nothing_is_lost(play, file, clock, harm, is_busy):
    a_club(Path(f"{file}.other"), ships=9)
    a_club(file)
    player = play()
    ada = player.join("ada")
    for degrees in (5, 6):
        player.json("/heading", degrees=degrees)
    before = state(player.ocean)
    harm(file)
    if is_busy:
        assert player.json("/heading", degrees=7)["ok"]
        before[0][ada]["heading"] = 7.0
    else:
        clock.now += 1
        assert player.another().json("/status")["ok"]  # as the watchdog asks every few seconds
    reply = player.another().json("/status")["reply"]
    assert "It was written again from memory" in reply
    player.app.logbook.close()
    logbook, ocean = start(file, clock.now)
    assert logbook.news == ""
    now = state(ocean)
    for facts in (*before[0].values(), *now[0].values()):
        facts["since"] = None
    assert now == before
    assert len(set_aside(file)) == (1 if "damaged" in reply else 0)


@pytest.mark.parametrize("command", ["location?id={id}", "heading?degrees=7&id={id}", "quit?id={id}"])
def test_what_only_sqlite_notices_is_mended_too(play, file, clock, command):
    """As on a disk that has gone bad: nothing shows that the file has changed."""
    a_club(file)
    player = play()
    ada = player.join("ada")
    player.json("/stop")
    player.app.logbook.close()
    player = play()
    assert player.json("/location", id=ada)["ok"]
    facts = file.stat()
    overwrite(file, PAGE, os.urandom(facts.st_size - PAGE))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    player.app.logbook.connection.execute("PRAGMA shrink_memory")  # so that SQLite has to read it
    clock.now += 60
    assert player.json("/" + command.format(id=ada))["ok"]
    clock.now += 1
    assert player.json("/stop", id=player.ocean.find("sailor5").id)["ok"]
    player.app.logbook.close()
    _, ocean = start(file, clock.now)
    assert len(ocean.crew.by_id) == (60 if "quit" in command else 61)


def test_a_request_that_fails_on_a_damaged_file_drowns_nobody(play, file):
    part = Bottle()

    @part.get("/mistake")
    def mistake(ocean):
        ocean.find("sailor3").x = 1.0
        return 1 / 0

    a_club(file)
    player = play(part)
    assert player.json("/status")["ok"]
    overwrite(file, PAGE, os.urandom(file.stat().st_size - PAGE))
    player.app.logbook.connection.execute("PRAGMA shrink_memory")  # so that SQLite has to read it
    assert player.json("/mistake")["error"] == "bug"
    player.json("/status")
    assert len(player.ocean.crew.by_id) == 60
    player.app.logbook.close()
    assert len(start(file)[1].crew.by_id) == 60


def test_what_we_and_others_may_do_is_no_damage(play, file, clock, tmp_path):
    """Write until SQLite moves the WAL into the main file, tidy up, be copied, and be read by other programs."""
    player = play()
    ada = player.join("ada")
    size = file.stat().st_size
    others = [sqlite3.connect(file) for _ in range(2)]
    for number in range(1500):
        assert player.json("/heading", degrees=number % 360)["ok"]
        if number % 500 == 0:
            back_up(file, tmp_path / "copy.sqlite3")
            assert others[0].execute("SELECT count(*) FROM sailors").fetchone() == (1,)
            script = (
                f"import sqlite3; print(sqlite3.connect({str(file)!r}).execute('SELECT id FROM sailors').fetchone())"
            )
            assert ada in subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout
        clock.now += 1
    for other in others:
        other.close()
    player.ocean.find("ada").friends = ["x" * 100_000]
    clock.now += DAY
    player.another().join("bob")
    clock.now += 1
    assert player.another().json("/status")["ok"]
    assert player.app.logbook.news == ""
    assert file.stat().st_size > size
    assert not [*tmp_path.glob("*.damaged-*"), *tmp_path.glob("*.replaced-*")]


def test_a_real_server_goes_on_after_its_file_was_emptied(file, tmp_path):
    server = Server(MOCEAN_LOGBOOK=str(file)).start(tmp_path / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        overwrite(file)
        assert server.json("heading", id=ada, degrees=7)["ok"]
        assert "It was written again from memory" in server.json("status")["reply"]
        server.kill()
        server.start(server.log)
        assert server.json("location", id=ada)["heading"] == 7
        assert "damaged" not in server.json("status")["reply"]
        server.kill()
        overwrite(file, 0, os.urandom(100))
        server.start(server.log)
        assert "1 ship and 0 messages were saved." in server.json("status")["reply"]
        assert "1 ship and 0 messages were saved." in server.json("")["reply"]
        assert server.json("location", id=ada)["heading"] == 7
    finally:
        server.kill()


# ---- What is undone ----


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda ocean: ocean.crew.by_id.clear(),
        lambda ocean: ocean.mail.boxes.clear(),
        lambda ocean: setattr(ocean, "crew", None),
        lambda ocean: ocean.crew.by_id.update(ocean=ocean),
    ],
)
def test_whatever_a_route_does_before_it_fails_the_next_request_finds_all_as_it_was(play, file, nonsense):
    part = Bottle()

    @part.get("/mistake")
    def mistake(ocean):
        ocean.announce("boo", "eve")
        nonsense(ocean)
        return 1 / 0

    before = state(a_club(file))
    player = play(part)
    assert player.json("/status")["ok"]
    assert player.json("/mistake")["error"] == "bug"
    assert player.json("/status")["ok"]
    assert state(player.ocean) == before


def test_nobody_sees_a_ship_that_was_there_only_until_the_route_failed(play, clock):
    part = Bottle()

    @part.get("/mistake")
    def mistake(ocean, sailor):
        bob = ocean.find("bob")
        ocean.sail(sailor, x=bob.x, y=bob.y)
        assert ocean.status(bob) & SHIP_IN_SIGHT
        return 1 / 0

    player = play(part)
    for name, x in (("bob", 100.0), ("ada", 500.0)):
        id = player.join(name)
        player.ocean.sail(player.ocean.find(name), x=x, y=100.0)
    clock.now += 10
    assert player.json("/mistake")["error"] == "bug"
    assert not player.ocean.status(player.ocean.find("bob")) & SHIP_IN_SIGHT
    assert player.json("/location", id=id)["x"] == 500.0


def test_only_what_has_changed_is_read_again(play, file):
    """Otherwise, with thousands of ships, all would wait for a second."""
    part = Bottle()

    @part.get("/mistake")
    def mistake(ocean):
        ocean.find("sailor3").x = 1.0
        return 1 / 0

    a_club(file)
    player = play(part)
    ocean, others = player.json("/status") and player.ocean, {*player.ocean.crew.by_id.values()}
    assert player.json("/mistake")["error"] == "bug"
    assert player.ocean is ocean
    assert len(others - {*ocean.crew.by_id.values()}) == 1


class OceanAndUndo(OceanAndLogbook):
    """Whatever is played, if routes fail or the disk does, the ocean is the one that the logbook has.

    Not only what is kept is the same, but also what is derived from it.
    """

    def __init__(self):
        self.fails = self.breaks_at = None
        self.is_planned = False
        super().__init__()

    @rule()
    def the_next_route_fails(self):
        self.fails = self.is_planned = True

    @rule(steps=st.integers(1, 300))
    def the_next_write_fails(self, steps):
        """After so many steps of SQLite's, which are some twenty for a row."""
        self.breaks_at, self.is_planned = steps, True

    @rule(name=st.sampled_from(OceanAndLogbook.NAMES), other=st.sampled_from(["ada", "new"]))
    def a_route_does_nonsense(self, name, other):
        """What no route should do itself, and then it fails."""
        sailor = self.sailor(name)
        self.logbook.write(self.ocean)
        sailor.id, sailor.name = "nonsense", other
        self.ocean.treasures.clear()
        self.ocean.world.storm = {1}
        self.fails = True

    remove = None  # a removed file is written again by the next request that works

    def the_logbook_has_everything(self):
        """What a rule asks in the middle: here, each rule is one request."""

    @invariant()
    def the_ocean_is_that_of_the_logbook(self):
        if self.is_planned:
            self.is_planned = False
            return
        ocean, connection = self.ocean, self.logbook.connection
        if not self.fails:
            if self.breaks_at:
                connection.set_progress_handler(lambda: 1, self.breaks_at)
            with suppress(LogbookProblem):
                self.logbook.write(ocean)
            if connection is self.logbook.connection:  # or else the file was written again
                connection.set_progress_handler(None, 0)
        if self.logbook.is_behind(ocean):
            self.logbook.undo(ocean)
        self.fails = self.breaks_at = None
        copy = f"{self.file}.copy"
        back_up(self.file, copy)
        kept = read(copy, ocean.now)
        assert state(kept) == state(ocean)
        heard = [sailor.heard for sailor in ocean.crew.recent.values()]
        assert heard == sorted(heard)
        assert looks(kept) == looks(ocean)
        assert not self.logbook.is_behind(ocean)


def looks(ocean):
    return {look: sailor.id for look, sailor in ocean.crew.by_look.items()}


TestOceanAndUndo = OceanAndUndo.TestCase
TestOceanAndUndo.settings = settings(max_examples=25, stateful_step_count=20)
