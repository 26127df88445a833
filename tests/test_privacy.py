"""What is kept of a child, that it goes by itself in time, and at once if the leader says so: from all files, too."""

import random
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from math import inf

import pytest
import requests

from game.errors import NoSailor
from game.ocean import Ocean
from game.planet import TREASURES
from server import logbook
from server.logbook import DAY, Logbook, database
from tests.conftest import ROOT, Player, Server, game
from tests.fleet import write_logbook

KEY = "correct-horse-battery"
YEAR = 365 * DAY


def bytes_of(file):
    """All that is in the files whose names begin with that of a logbook."""
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


def in_a_terminal(server, *words):
    """What `python -m server.harbour WORDS` says, and its exit status."""
    environment = {**server.environment, "MOCEAN_HARBOUR_KEY": KEY}
    command = [sys.executable, "-m", "server.harbour", *words]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    return result.stdout + result.stderr, result.returncode


# ---- Erased by the leader, at the real server ----


@pytest.fixture
def server(tmp_path):
    """An ocean where Mina has discovered a seamount, and where others sail too."""
    file = tmp_path / "logbook.sqlite3"
    ships = [("Mina", 540, 770, 0, 0), ("bob", 100, 100, 0, 0), ("mina-2", 100, 100, 0, 0)]
    ids = write_logbook(file, ships, [("Cobb", "Mina"), ("Axial", "bob")])
    server = Server(MOCEAN_LOGBOOK=str(file), MOCEAN_HARBOUR_KEY=KEY).start(tmp_path / "log")
    server.file, server.ids = file, ids
    yield server
    server.kill()


def talk(server):
    """Mina and bob say things that can be found again, and some of which have been read."""
    mina, bob, other = (server.ids[name] for name in ("Mina", "bob", "mina-2"))
    server.json("sendchat", id=mina, message="a walrus for all")
    server.json("sendchat", id=mina, message="a narwhal for you", name="bob")
    server.json("sendchat", id=bob, message="an orca back", name="Mina")
    server.json("sendchat", id=bob, message="MINA has a manatee")
    server.json("sendchat", id=bob, message="a dolphin for both", name="mina-2")
    server.json("sendchat", id=other, message="a seal for all")
    server.json("heading", id=mina, degrees="a beluga")
    server.json("sendchat", id=bob, message="hi", name="Mina-Nobody")


HERS = ['Mina"', "MINA", 'mina"', "walrus", "narwhal", "orca", "manatee", "beluga"]
OTHERS = ["bob", "mina-2", "dolphin", "seal"]


def test_an_erased_sailor_is_in_no_file_and_on_no_page(server):
    talk(server)
    for word in ["Mina", *HERS[3:7], *OTHERS]:
        assert word.encode() in bytes_of(server.file), word
    with closing(sqlite3.connect(server.file, isolation_level=None)) as reader:
        reader.execute("BEGIN")  # somebody who looks into the logbook must not keep the words in it
        reader.execute("SELECT * FROM sailors").fetchall()
        refused, status = in_a_terminal(server, "erase", "mina")
        assert (status, "send sure=yes too" in refused) == (1, True)
        assert server.json("location", id=server.ids["Mina"])["ok"]
        told, status = in_a_terminal(server, "erase", "mina", "sure=yes")
        assert (status, "A sailor is erased" in told) == (0, True), told
    kept = bytes_of(server.file)
    seen = server.ask("harbour", key=KEY).text + server.ask("chart").text + server.ask("who").text
    for word in [*HERS, server.ids["Mina"]]:
        assert word.encode() not in kept, word
        assert word not in seen, word
    assert "Mina" not in server.log.read_text()
    for word in OTHERS:
        assert word.encode() in kept
        assert word in seen
    assert [mount["name"] for mount in server.json("chart")["seamounts"]] == ["Axial"]
    assert "logbook" not in server.json("status")["reply"]
    assert server.json("location", id=server.ids["Mina"])["error"] == "unknown-id"
    server.kill()
    server.start(server.log)
    letters = [server.json("popchat", id=server.ids[name]) for name in ("bob", "mina-2", "mina-2")]
    assert [letter["message"] for letter in letters] == ["a seal for all", "a dolphin for both", ""]
    assert in_a_terminal(server, "erase", "mina", "sure=yes")[1] == 1  # nothing is kept that could be erased


def test_in_a_browser_the_leader_is_asked_once_more(server):
    browser = requests.Session()
    browser.headers["Accept"] = "text/html"
    harbour = browser.get(server.url + "harbour", params={"key": KEY}, timeout=10).text
    assert '<form action="/harbour/erase">' in harbour
    asked = browser.get(server.url + "harbour/erase", params={"name": "bob"}, timeout=10)
    assert asked.status_code == 409
    assert 'href="/harbour/erase?name=bob&amp;sure=yes"' in asked.text
    assert server.json("location", id=server.ids["bob"])["ok"]
    assert browser.get(server.url + "harbour/erase?name=bob&sure=yes", timeout=10).ok
    assert server.json("location", id=server.ids["bob"])["error"] == "unknown-id"
    assert requests.get(server.url + "harbour/erase?name=Mina&sure=yes", timeout=10).status_code == 400


def test_of_one_who_is_banned_or_gone_everything_can_be_erased(server):
    talk(server)
    mina = server.ids["Mina"]
    server.ask("harbour/ban", key=KEY, name="Mina", address="yes")
    assert mina.encode() in bytes_of(server.file)
    assert in_a_terminal(server, "erase", "Mina", "sure=yes")[1] == 0
    kept = bytes_of(server.file)
    for word in [*HERS[:-1], mina, "address 127"]:
        assert word.encode() not in kept, word
    assert server.json("join", name="Mina")["ok"]
    server.json("quit", id=server.ids["bob"])
    assert in_a_terminal(server, "erase", "bob", "sure=yes")[1] == 0  # who has discovered something
    assert server.json("chart")["seamounts"] == []


def test_if_the_logbook_cannot_be_written_nobody_is_erased(server):
    folder = server.file.parent
    away = folder.rename(f"{folder}-away")
    try:
        assert server.ask("harbour/erase", key=KEY, name="Mina", sure="yes").status_code == 503
    finally:
        away.rename(folder)
    assert server.json("location", id=server.ids["Mina"])["ok"]
    assert server.ask("harbour/erase", key=KEY, name="Mina", sure="yes").ok
    assert b"Mina" not in bytes_of(server.file)


# ---- What goes by itself ----


@pytest.fixture
def play(tmp_path, clock):
    """Starts the game with a logbook in a file, and returns a player."""
    apps = []

    def start(**settings):
        apps.append(game(clock=clock, logbook=str(tmp_path / "logbook.sqlite3"), **settings))
        return Player(apps[-1])

    yield start
    for app in apps:
        app.logbook.close()


def test_if_the_disk_is_full_nobody_is_erased_and_all_goes_on(play, tmp_path, monkeypatch):
    player = play(harbour_key=KEY)
    ada = player.join("ada")
    erase = dict(key=KEY, name="ada", sure="yes")

    def on_a_full_disk(file):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(logbook, "database", on_a_full_disk)
        assert player.json("/harbour/erase", **erase)["error"] == "logbook"
    assert player.json("/heading", id=ada, degrees=7)["heading"] == 7
    assert "replaced" not in player.json("/status")["reply"]
    assert player.json("/harbour/erase", **erase)["ok"]
    assert ada.encode() not in bytes_of(tmp_path / "logbook.sqlite3")


def test_what_one_has_said_who_is_gone_can_be_erased_at_once(play, tmp_path):
    """All of it was read, and only the leader still sees it, and SQLite."""
    player = play(harbour_key=KEY)
    ada, zed = (player.another().join(name) for name in ("ada", "zed"))
    player.json("/sendchat", id=zed, message="narwhal", name="ada")
    assert player.json("/popchat", id=ada)["message"] == "narwhal"
    player.json("/quit", id=zed)
    assert b"narwhal" in bytes_of(tmp_path / "logbook.sqlite3")
    assert player.json("/harbour/erase", key=KEY, name="zed", sure="yes")["ok"]
    assert b"narwhal" not in bytes_of(tmp_path / "logbook.sqlite3")
    assert "narwhal" not in player.ask("/harbour", key=KEY).text


def test_what_was_deleted_leaves_the_files_within_a_day_or_with_the_next_start(play, tmp_path, clock):
    file = tmp_path / "logbook.sqlite3"
    player = play()
    id = player.join("ada")

    def say_and_read(word):
        reader = player.another().join(f"for-{word}")
        for message in (word * 5, "read this later"):
            player.json("/sendchat", id=id, message=message, name=f"for-{word}")
        assert player.json("/popchat", id=reader)["message"] == word * 5
        assert (word * 5).encode() in bytes_of(file)

    say_and_read("narwhal")
    clock.now += DAY - 1
    player.json("/stop", id=id)
    assert b"narwhal" * 5 in bytes_of(file)
    clock.now += 1
    player.json("/stop", id=id)
    assert b"narwhal" * 2 not in bytes_of(file)
    say_and_read("beluga")
    player.app.logbook.connection = None  # so that it isn't closed, and SQLite can't tidy up then: as in a crash
    player.app.logbook.close()
    player = play()
    player.json("/stop", id=id)
    assert b"beluga" * 2 not in bytes_of(file)


def test_no_letter_that_was_read_is_left_in_a_corner_of_the_file(tmp_path):
    """Where SQLite has moved rows from one page to another, a copy may stay behind: one in some thousands."""
    file, chance = tmp_path / "logbook.sqlite3", random.Random(1)
    book, ocean = Logbook(str(file)), Ocean()
    book.read(ocean, 1000.0)
    sailors = [ocean.join(f"sailor{number}") for number in range(300)]
    for number in range(4000):
        text = f"letter {number:06} {'x' * chance.randrange(180)}"
        ocean.mail.post("ada", text, 1000.0, chance.choice(sailors))
        if number % 5 == 0:
            ocean.mail.drop(chance.choice(sailors).id)
        book.write(ocean)
    book.tidied = -inf
    sailors[0].x = 1.0
    book.write(ocean)
    waiting = {letter.message[:13].encode() for box in ocean.mail.boxes.values() for letter in box}
    assert {*re.findall(rb"letter \d{6}", bytes_of(file))} == waiting
    assert len(waiting) > 100
    book.close()


def test_ships_and_mail_of_more_than_a_year_go_and_bans_that_are_over(play, clock):
    player = play(harbour_key=KEY)
    ada, zed, eve = (player.another().join(name) for name in ("ada", "zed", "eve"))
    player.ocean.find("zed").items = ("pearl",)
    del player.ocean.treasures["pearl"]
    player.ocean.world.found.update(Cobb="zed", Axial="ada")
    for name in ("ada", "zed"):
        player.json("/sendchat", id=ada, message="a letter of last year", name=name)
    player.json("/sendchat", id=ada, message="hello, all of last year")
    player.json("/harbour/ban", key=KEY, name="eve", minutes=1)
    clock.now += YEAR / 2
    play_for_two_days(player, clock, ada)
    assert player.ocean.world.bans == {}
    player.json("/sendchat", id=ada, message="a letter of this year", name="ada")
    assert len(player.ocean.crew.by_id) == 2
    clock.now += YEAR / 2 + 1
    play_for_two_days(player, clock, ada)
    player.app.logbook.close()
    player = play()
    player.json("/who")
    ocean = player.ocean
    assert [*ocean.crew.by_id] == [ada]
    assert ocean.world.found == {"Axial": "ada"}
    assert set(ocean.treasures) == set(TREASURES)
    assert not ocean.mail.broadcasts
    assert player.json("/popchat", id=ada)["message"] == "a letter of this year"
    assert player.json("/popchat", id=ada)["number"] == 0
    assert player.json("/location", id=zed)["error"] == player.json("/location", id=eve)["error"] == "unknown-id"


def test_a_setting_says_for_how_long_ships_are_kept(play, clock):
    player = play(keep_days=30)
    ids = [player.another().join(name) for name in ("ada", "zed")]
    clock.now += 29 * DAY
    play_for_two_days(player, clock, ids[0])
    assert len(player.ocean.crew.by_id) == 2
    play_for_two_days(player, clock, ids[0])
    assert [*player.ocean.crew.by_id] == ids[:1]


def play_for_two_days(player, clock, id):
    """What is old goes on the second day on which somebody plays."""
    for _ in range(2):
        player.json("/heading", id=id, degrees=clock.now % 360)
        clock.now += DAY


@pytest.mark.parametrize("is_restarted", [True, False])
def test_a_clock_that_shows_another_year_for_some_hours_loses_nobody(play, clock, monkeypatch, is_restarted):
    ahead = 0  # of the computer's clock, in seconds
    monkeypatch.setattr(logbook, "time", lambda: clock.now - ahead)
    player = play()
    ids = [player.another().join(name) for name in ("ada", "zed")]
    player.json("/sendchat", id=ids[0], message="a letter", name="zed")
    play_for_two_days(player, clock, ids[0])
    clock.now += 3 * YEAR
    for _ in range(20):
        player.json("/stop", id=ids[0])
        if is_restarted:
            player.app.logbook.close()
            player = play()
        clock.now += 3600
    ahead = 3 * YEAR  # until the server is started again
    play_for_two_days(player, clock, ids[0])
    player.app.logbook.close()
    clock.now, ahead = clock.now - 3 * YEAR, 0
    player = play()
    assert player.json("/who")["sailors"] == ["Clem"]
    play_for_two_days(player, clock, ids[0])
    assert player.json("/popchat", id=ids[1])["message"] == "a letter"
    assert player.json("/who")["sailors"] == ["Clem", "zed"]


# ---- In the game itself ----


def test_every_sqlite_overwrites_what_is_deleted(tmp_path):
    with closing(database(str(tmp_path / "file"))) as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


@pytest.mark.parametrize(
    ("said", "is_hers"),
    [("Zoë is here", True), ("ZOE\u0308!", True), ("the zoë", True), ("zoës", False), ("Zoe", False), ("hi", False)],
)
def test_what_names_an_erased_sailor_goes_and_only_that(ocean, said, is_hers):
    zoe, bob = ocean.join("Zoë"), ocean.join("bob")
    ocean.send(bob, said)
    ocean.send(bob, said, "bob")
    ocean.erase("zoë")
    assert bool(ocean.mail.broadcasts) != is_hers
    assert bool(ocean.mail.boxes[bob.id]) != is_hers
    assert len(ocean.mail.last_said) == (0 if is_hers else 2)
    assert zoe.id not in ocean.crew.by_id


def test_nobody_can_be_erased_of_whom_nothing_is_kept():
    with pytest.raises(NoSailor, match="zed"):
        Ocean().erase("zed")
