"""The logbook by itself, in a game, and under the real server that is killed or whose disk fails."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from copy import deepcopy
from pathlib import Path

import pytest
from bottle import Bottle
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import mocean
from game.errors import Problem
from game.mail import MOST_LETTERS
from game.ocean import Ocean
from game.planet import TREASURES
from game.sailors import NAP
from game.sea import lay_out
from server.backup import back_up
from server.logbook import Logbook, LogbookProblem
from tests.conftest import ROOT, UWSGI, Clock, Player, Server, fill, free_port, game

CI = os.environ.get("CI") == "true"
ENDINGS = ("", "-wal", "-shm", "-lock")
NOW = Clock().now


@pytest.fixture
def file(tmp_path):
    return tmp_path / "logbook.sqlite3"


@pytest.fixture
def play(file, clock):
    """Starts the game, with routes of one's own if need be, and returns a player. In the end, all games are closed."""
    apps = []

    def start(*parts):
        apps.append(game(mocean.app, *parts, clock=clock, logbook=str(file)))
        return Player(apps[-1])

    yield start
    for app in apps:
        app.logbook.close()


def open_logbook(file, now=NOW):
    """A logbook, and the ocean in it."""
    logbook, ocean = Logbook(file), Ocean()
    ocean.now = now
    logbook.read(ocean, now)
    return logbook, ocean


def read(file, now=NOW):
    """The ocean in a file that no server uses."""
    logbook, ocean = open_logbook(file, now)
    logbook.close()
    return ocean


def crash(file, now=NOW):
    """The ocean that a server would find if the one that has the file open were killed now."""
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("", "-wal"):
            shutil.copy(f"{file}{ending}", folder)
        return read(Path(folder) / file.name, now)


def state(ocean):
    """All that a logbook keeps exactly. When somebody was heard from is written only once a minute."""
    sailors = {id: {**vars(sailor), "heard": None, "logged": None} for id, sailor in ocean.crew.by_id.items()}
    names = {name: sailor.id for name, sailor in ocean.crew.by_name.items()}
    letters = {id: [*box] for id, box in ocean.mail.boxes.items() if box}
    return deepcopy((sailors, names, letters, [*ocean.mail.broadcasts], ocean.treasures, vars(ocean.world)))


def words_for(ocean, name):
    """What the sailor of a name has yet to read."""
    sailor, words = ocean.find(name), []
    while ocean.mail.is_waiting(sailor):
        words.append(ocean.mail.pop(sailor)[0].message)
    return words


class OceanAndLogbook(RuleBasedStateMachine):
    """Whatever is played, after each request an ocean from a copy of the logbook is equal to the one in memory."""

    NAMES = ["ada", "bob", "Zoë"]

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "logbook.sqlite3"
        self.logbook, self.ocean = open_logbook(self.file)

    def teardown(self):
        self.logbook.close()
        self.folder.cleanup()

    def sailor(self, name):
        """Whoever asks: one who has to join first, if need be."""
        known = self.ocean.crew.by_name.get(name.lower())
        return self.ocean.wake(known.id) if known else self.ocean.join(name)

    @rule(name=st.sampled_from(NAMES), seconds=st.floats(0, 100), degrees=st.floats(-1e6, 1e6), speed=st.floats(0, 40))
    def sail(self, name, seconds, degrees, speed):
        self.ocean.now += seconds
        self.ocean.turn(self.sailor(name), degrees)
        self.ocean.sail(self.sailor(name), speed=speed, depth=0.0)

    @rule(name=st.sampled_from(NAMES), number=st.integers(0, 11))
    def discover(self, name, number):
        mount = self.ocean.sea.seamounts[number]
        self.ocean.now += 1  # as the sounder has to rest
        self.ocean.sail(self.sailor(name), x=mount.x, y=mount.y, depth=1.0)
        self.ocean.sound(self.sailor(name))

    @rule(name=st.sampled_from(NAMES), items=st.lists(st.sampled_from([*TREASURES])) | st.just([*TREASURES]))
    def take(self, name, items):
        for item in items:
            place = self.ocean.sea.hide(self.ocean.world.tide)[item]
            self.ocean.sail(self.sailor(name), x=place.x, y=place.y, depth=place.depth)
            self.request(self.ocean.get, self.sailor(name), item)

    @rule(name=st.sampled_from(NAMES), other=st.sampled_from([*NAMES, "Clem", None]), message=st.text())
    def say(self, name, other, message):
        self.request(self.ocean.send, self.sailor(name), message, other)

    @rule(name=st.sampled_from(NAMES), after=st.none() | st.integers(0, 30))
    def read_mail(self, name, after):
        self.ocean.mail.pop(self.sailor(name), after)

    @rule(name=st.sampled_from(NAMES))
    def quit(self, name):
        self.ocean.quit(self.sailor(name).id)

    @rule(seconds=st.floats(0, 2 * NAP))
    def wait(self, seconds):
        self.ocean.now += seconds

    @rule(name=st.sampled_from(NAMES), seconds=st.floats(1, 1e6))
    def pause_mute_ban_and_resume(self, name, seconds):
        """What the club's leader can do. The others' rules need an open sea."""
        self.sailor(name).muted = True
        self.ocean.pause()
        self.the_logbook_has_everything()
        self.ocean.now += seconds
        self.ocean.resume()
        self.ocean.bans.add(seconds, self.ocean.now, f"address {seconds}")
        self.ocean.give_new_id(name)

    @rule(name=st.sampled_from(NAMES), hats=st.integers(), friends=st.dictionaries(st.text(), st.lists(st.text())))
    def wear(self, name, hats, friends):
        """Attributes that a student has added."""
        self.sailor(name).hats = hats
        self.sailor(name).friends = friends
        self.sailor(name).friends[name] = ["me"]

    @precondition(lambda self: self.ocean.crew.by_id)
    @rule()
    def restart(self):
        """The server stops, and another one goes on."""
        self.logbook.close()
        self.logbook, self.ocean = open_logbook(self.file, self.ocean.now)

    @rule(endings=st.sets(st.sampled_from(ENDINGS), min_size=1))
    def remove(self, endings):
        for ending in endings:
            Path(f"{self.file}{ending}").unlink()
        self.sailor("ada").hats = -1

    @invariant()
    def the_logbook_has_everything(self):
        self.logbook.write(self.ocean)
        copy = f"{self.file}.copy"
        back_up(self.file, copy)
        assert state(read(copy, self.ocean.now)) == state(self.ocean)

    def request(self, method, *arguments):
        with suppress(Problem):
            method(*arguments)


TestOceanAndLogbook = OceanAndLogbook.TestCase
TestOceanAndLogbook.settings = settings(max_examples=30, stateful_step_count=20)


# ---- What is written when ----


def test_asking_for_the_location_writes_nothing_but_once_a_minute_that_one_was_heard(play, clock, file):
    player = play()
    id, wal = player.join("ada"), Path(f"{file}-wal")
    player.json("/ping")  # the first one here, which is news for the soundings
    written = wal.read_bytes()
    for _ in range(59):
        clock.now += 1
        for route in ["location", "velocity", "look", "ping", "inventory", "popchat", "who", "chart", "mocean"]:
            assert player.json(f"/{route}")["ok"]
    assert wal.read_bytes() == written
    clock.now += 1
    player.json("/location")
    assert crash(file, clock.now).crew.by_id[id].heard == clock.now


def test_only_we_can_read_the_ids_in_a_logbook_and_in_all_its_copies(play, file):
    old = os.umask(0o022)
    try:
        player = play()
        player.join("ada")
        back_up(file, f"{file}.copy")
        file.rename(file.with_name("elsewhere"))
        player.json("/stop")
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o077 for path in file.parent.iterdir()}
    assert len(modes) > len(ENDINGS)
    assert set(modes.values()) == {0}


def test_time_passes_while_no_server_runs(play, file, clock):
    player = play()
    player.another().join("zed")
    clock.now += 60
    player.join("ada")
    player.ocean.sail(player.ocean.find("ada"), x=100.0, y=450.0, heading=90.0, speed=2.0)
    player.json("/location")
    assert crash(file, now=clock.now - 60 + NAP).who() == ["Clem", "ada"]
    later = crash(file, now=clock.now + 100)
    assert later.place(later.find("ada")) == pytest.approx((300, 450))
    earlier = crash(file, now=clock.now - 100)  # the clock was set back
    assert earlier.place(earlier.find("ada")) == (100, 450)
    earlier.now += 50.0
    assert earlier.place(earlier.find("ada")) == pytest.approx((200, 450))
    earlier.now += NAP - 50.0
    assert earlier.who() == ["Clem"]


def test_what_was_said_to_everyone_waits_for_just_those_who_were_to_hear_it(play, file, clock):
    ada = play()
    bob, eve = ada.another(), ada.another()
    for player, name in ((ada, "ada"), (bob, "bob"), (eve, "eve")):
        player.join(name)

    def say(*words):
        for word in words:
            ada.json("/sendchat", message=word)

    say("one", "two")
    bob.json("/popchat")
    clock.now += NAP  # bob and eve fall asleep
    say("three")
    for player in (bob, eve):
        player.json("/location")
    say("four")
    expected = {"bob": ["two", "four"], "eve": ["one", "two", "four"]}
    assert {name: words_for(crash(file, clock.now), name) for name in expected} == expected
    say(*map(str, range(110)))
    kept = crash(file, clock.now)
    assert [message.message for message, _ in kept.mail.broadcasts] == [str(number) for number in range(10, 110)]
    assert words_for(kept, "bob") == words_for(kept, "eve") == [str(number) for number in range(10, 110)]


# ---- What is undone ----

MISTAKES = {
    "sailor": lambda ocean: setattr(ocean.find("ada"), "x", 1.0),
    "another": lambda ocean: ocean.find("bob").friends.append("eve"),
    "gone": lambda ocean: ocean.send_ashore(ocean.find("bob")),
    "letter": lambda ocean: ocean.mail.post("ada", "boo", ocean.now, ocean.find("bob")),
    "broadcast": lambda ocean: ocean.announce("boo", "ada"),
    "read": lambda ocean: ocean.mail.pop(ocean.find("bob")),
    "found": lambda ocean: ocean.world.found.update(Cobb="ada"),
    "tide": lambda ocean: ocean.turn_tide("A new tide!"),
    "ban": lambda ocean: ocean.bans.add(60, ocean.now, "name eve"),
}


class Unspeakable:
    """What no reply can say."""

    def __str__(self):
        raise ValueError("no words for it")


FAILURES = [
    (500, lambda _: 1 / 0),
    (500, lambda _: {"fish": Unspeakable()}),
    (500, lambda _: sys.exit()),
    (409, lambda ocean: ocean.dive(ocean.find("ada"), 1e9)),
    (503, lambda ocean: ocean.world.found.update(Cobb=ocean)),  # JSON knows no oceans
]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize(("status", "fail"), FAILURES)
def test_what_a_route_has_changed_before_it_fails_is_undone(play, file, mistake, status, fail):
    part = Bottle()

    @part.get("/mistake")
    def mistaken(ocean, sailor):
        mistake(ocean)
        return fail(ocean)

    player = play(part)
    player.join("ada")
    player.another().join("bob")
    player.ocean.find("bob").friends = ["ada"]
    player.json("/sendchat", message="hello", name="bob")
    before = state(player.ocean)
    assert player.ask("/mistake").status_code == status
    assert player.json("/who")["count"] == 3
    assert state(player.ocean) == state(crash(file)) == before
    assert "hello" in [letter.message for letter, _ in player.ocean.mail.last_said]  # as the leader wants to know


# ---- Files of other versions ----


def open_a_copy(name, file):
    """The ocean in one of the stored files, after two starts."""
    shutil.copy(ROOT / "tests" / "data" / name, file)
    read(file, now=1_000_160.0)
    return read(file, now=1_000_160.0)


def test_a_file_of_version_1_is_migrated(file):
    """Of that time are no broadcasts, no pauses and no bans."""
    ocean = open_a_copy("logbook-version-1.sqlite3", file)
    ada = ocean.find("ada")
    assert (ada.id, ada.heading, ada.speed, ada.items) == ("aaaaaaaa", 90.0, 2.0, ("pearl",))
    assert words_for(ocean, "bob") == ["ahoy"]
    assert ocean.world.found == {"Cobb": "ada"}
    assert ocean.world.last_number == 1


def test_a_file_of_version_5_keeps_its_sea_until_the_season_ends(file):
    """Of that time are the places that all clubs had."""
    ocean = open_a_copy("logbook-version-5.sqlite3", file)
    assert ocean.sea == lay_out("", 1)
    assert ocean.world.found == {"Cobb": "ada"}
    assert ocean.find("bob").items == ("pearl",)
    assert words_for(ocean, "bob") == ["ada discovered the seamount Cobb!", "ahoy"]
    ocean.begin_season("")
    assert ocean.world.season == 2
    assert ocean.world.seed
    assert ocean.sea == lay_out(ocean.world.seed, 2) != lay_out("", 1)


def test_a_new_file_has_a_seed_of_its_own_from_the_first_start(tmp_path):
    seeds = {read(tmp_path / name, now=1.0).world.seed for name in ("reds", "blues", "reds", "greens")}
    assert len(seeds) == 3
    assert "" not in seeds


def test_a_file_of_version_3_is_migrated(file):
    """Of that time are a column for each attribute, and a copy of each broadcast in every mailbox."""
    ocean = open_a_copy("logbook-version-3.sqlite3", file)
    ids = {sailor.name: id for id, sailor in ocean.crew.by_id.items()}
    assert ids == {"ada": "aaaaaaaa", "bob": "bbbbbbbb", "123": "22222222", "Zoë": "zzzzzzzz"}
    ada, bob = ocean.find("ada"), ocean.find("bob")
    assert (*ocean.place(ada), ada.heading, ada.speed, ada.depth) == (240.0, 200.0, 90.0, 2.0, 2.5)
    assert ocean.place(ocean.find("Zoë")) == (540.0, 770.0)
    assert ada.items == ("pearl", "lantern")
    assert lay_out("", 1).hide(1).keys() - ocean.treasures.keys() == set(ada.items)
    assert (bob.muted, bob.hats, bob.lucky, bob.friends) == (True, 3, 7, ["ada", "123"])
    assert (ada.muted, ada.hats) == (False, 0)
    world = ocean.world
    assert (world.found, world.paused, world.pauses, world.last_number) == ({"Cobb": "Zoë"}, 0.0, 60.0, 7)
    assert dict(ocean.bans.left(ocean.now)) == {"name eve": 3590.0, "id eeeeeeee": 3590.0, "address 192.0.2.7": 3590.0}
    news, hello = "Zoë discovered the seamount Cobb!", "hello all"
    pause, resume = "The ocean is paused.", "The ocean is open again."
    assert [words["message"] for words in ocean.chart()["chat"]] == [news, hello, pause, resume]
    ocean.send(ada, "one more")
    assert words_for(ocean, "ada") == [news, "hi ada", pause, resume]
    assert words_for(ocean, "bob") == [hello, "for bob", pause, resume, "one more"]
    assert words_for(ocean, "123") == [hello, "read me", pause, resume, "one more"]
    assert words_for(ocean, "Zoë") == [hello, pause, resume, "one more"]


def test_of_a_file_of_version_4_only_the_newest_letters_are_read(file):
    """Of that time may be hundreds of thousands."""
    read(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        letters = ((f"id{number % 300}", number, "eve", "boo", NOW) for number in range(1, MOST_LETTERS + 101))
        connection.executemany("INSERT INTO mail VALUES (?, ?, ?, ?, ?)", letters)
        connection.execute("DROP TABLE seen")
        connection.execute("PRAGMA user_version = 4")
    numbers = {letter.number for box in read(file).mail.boxes.values() for letter in box}
    assert numbers == {*range(101, MOST_LETTERS + 101)}


def test_a_newer_file_is_refused_and_left_alone(file):
    read(file)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    logbook = Logbook(file)
    with pytest.raises(LogbookProblem, match=r"logbook\.sqlite3 has version 99"):
        logbook.check()
    logbook.close()
    assert not [*file.parent.glob("*damaged*")]


# ---- Files that are not as they should be ----


def test_a_damaged_file_is_set_aside_and_nothing_is_deleted(file):
    """There is an ocean, the old one or a new one, and the bytes are kept."""
    logbook, ocean = open_logbook(file)
    sailors = [ocean.join(f"sailor{number}") for number in range(200)]
    for sailor in sailors[:20]:
        ocean.send(sailor, "hello " * 20)
        ocean.send(sailor, "hello " * 20, "sailor100")
    logbook.write(ocean)
    logbook.close()
    good, chance, aside = file.read_bytes(), random.Random(1), 0
    hopeless = [
        good[:35] + b"\2" + good[36:39] + b"\1" + good[40:],  # a page is in use, and said to be free
        good[:63] + b"\0" + good[64:],  # of a version that it isn't
        good.replace(b'"heading"', b'"hgading"', 1),
    ]
    for bad in [*hopeless, *(damage(good, chance, attempt) for attempt in range(60))]:
        file.write_bytes(bad)
        logbook, ocean = Logbook(file), Ocean()
        logbook.check()
        logbook.read(ocean, NOW)
        ocean.announce("hello", ocean.join("new").name)
        logbook.write(ocean)
        logbook.close()
        kept = [path for path in file.parent.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm"))]
        assert all(path.read_bytes() == bad and path.name in logbook.news for path in kept)
        assert len(kept) == ("damaged" in logbook.news)
        assert kept or bad not in hopeless
        aside += len(kept)
        for path in file.parent.iterdir():
            path.unlink()
    assert aside >= 20


def damage(good, chance, attempt):
    """A torn file, or one with some wrong bits."""
    if attempt % 3 == 0:
        return good[: chance.randrange(1, len(good))]
    bad = bytearray(good)
    for _ in range(attempt % 3 * 4):
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
    bad[18:20], bad[60:64] = good[18:20], good[60:64]  # or it may look like a newer file, which is refused
    return bytes(bad)


def test_a_damaged_file_is_said_loudly(play, file, caplog):
    file.write_bytes(b"This is not a logbook. " * 1000)
    player = play()
    assert "The logbook was damaged. It is kept as logbook.sqlite3.damaged-" in player.json("/status")["reply"]
    assert "WARNING" in [record.levelname for record in caplog.records]
    assert player.json("/join", name="ada")["ok"]


@pytest.mark.parametrize("endings", [ENDINGS, *([ending] for ending in ENDINGS)], ids=str)
def test_a_removed_file_is_written_again_at_once(play, file, endings):
    real = file.with_name("real")
    file.symlink_to(real)
    player = play()
    ada = player.join("ada")
    for degrees in (1, 2):
        for ending in endings:
            os.remove(f"{real}{ending}")
        assert player.json("/heading", degrees=degrees)["ok"]
        assert crash(real).wake(ada).heading == degrees
    boot = player.json("/status")["boot"]
    player.app.logbook.close()  # which must not take the new files along
    again = play()
    assert again.json("/location", id=ada)["heading"] == 2
    assert again.json("/status")["boot"] == boot + 1


def test_a_replaced_file_is_kept_beside_the_new_one(play, file, tmp_path):
    player = play()
    ada = player.join("ada")
    other = tmp_path / "other.sqlite3"
    read(other)
    os.replace(other, file)
    assert player.json("/heading", degrees=1)["ok"]
    assert crash(file).wake(ada).heading == 1
    (kept,) = tmp_path.glob("*.replaced-*[0-9]")
    assert read(kept).who() == ["Clem"]
    assert "written again" in player.json("/status")["reply"]


def test_a_server_that_has_begun_a_new_file_meanwhile_is_left_in_peace(play, file):
    player = play()
    player.join("ada")
    for ending in ENDINGS:
        os.remove(f"{file}{ending}")
    second = play()
    second.join("eve")
    assert "another server has it open" in player.json("/stop")["reply"]
    assert second.json("/stop")["ok"]
    assert crash(file).who() == ["Clem", "eve"]
    assert not [*file.parent.glob("*replaced*")]


def test_without_its_folder_the_logbook_refuses_changes_until_it_is_back(play, file, clock):
    player = play()
    ada = player.join("ada")
    away = file.parent.rename(f"{file.parent}-away")
    refused = player.json("/heading", degrees=1)
    assert refused["error"] == "logbook"
    assert "Set-Cookie" not in player.another().ask("/join?name=bob").headers
    assert "logbook.sqlite3 can't be used" in refused["reply"]
    clock.now += 60
    assert player.json("/location")["heading"] == 0
    assert refused["reply"] in player.json("/status")["reply"]
    away.rename(file.parent)
    assert player.json("/heading", degrees=2)["ok"]
    assert "can't be used" not in player.json("/status")["reply"]
    assert crash(file).wake(ada).heading == 2
    second = play()
    assert "another server has it open" in second.json("/status")["reply"]
    player.app.logbook.close()
    assert second.json("/location", id=ada)["heading"] == 2


def test_a_crash_while_the_file_is_written_again_loses_nothing(play, file):
    player, new = play(), Path(f"{file}-new")
    ada = player.join("ada")
    player.app.logbook.close()
    file.rename(new)  # all has been written, and the file is not yet where it belongs
    logbook, ocean = open_logbook(file.with_name("other"))
    ocean.join("eve")
    logbook.write(ocean)
    shutil.copy(f"{logbook.file}-wal", f"{file}-wal")  # nor is what somebody had put there gone altogether
    logbook.close()
    player = play()
    assert player.json("/location", id=ada)["ok"]
    player.app.logbook.close()
    for path in (new, Path(f"{new}-journal")):  # not all has been written
        path.write_bytes(b"half" * 1000)
    player = play()
    assert player.json("/location", id=ada)["ok"]
    os.remove(f"{file}-wal")
    assert player.json("/heading", id=ada, degrees=1)["ok"]
    assert crash(file).wake(ada).heading == 1
    assert not [*file.parent.glob("*-new*")]


# ---- The real server ----


@pytest.fixture
def server(file):
    server = Server(MOCEAN_LOGBOOK=str(file)).start(file.parent / "log")
    yield server
    server.kill()


def start_and_fail(file, cwd=ROOT):
    """What a server says that can't start."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), "MOCEAN_LOGBOOK": str(file)}
    command = [UWSGI, "uwsgi.ini"]
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=30)
    assert result.returncode == 78
    assert f"The logbook {file.name} can't be used" in result.stdout
    assert "Traceback" not in result.stdout
    return result.stdout


def test_a_restart_loses_nothing(server, file):
    ada, bob = (server.json("join", name=name)["id"] for name in ("ada", "bob"))
    server.json("heading", id=ada, degrees=123)
    number = server.json("sendchat", id=ada, message="are you there?", name="bob")["number"]
    boot = server.json("status")["boot"]
    for end in (server.stop, server.kill):
        end()
        server.start(server.log)
        assert server.json("location", id=ada)["heading"] == 123
        assert server.json("join", name="ada", id=ada)["ok"]
        assert server.json("popchat", id=bob, after=0)["number"] == number
    assert server.json("status")["boot"] == boot + 2
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    assert server.json("heading", id=bob, degrees=45)["ok"]
    server.kill()
    server.start(server.log)
    assert [server.json("location", id=id)["heading"] for id in (ada, bob)] == [123, 45]


def test_a_second_server_is_refused(server, file):
    assert "another server has it open" in start_and_fail(file)
    assert server.json("join", name="ada")["ok"]


ROUTE = '''@app.get("/party")
def party(ocean, sailor):
    """Give everyone who is awake a hat."""
    for guest in ocean.awake_sailors():
        guest.hats += 1
        guest.fuel -= 0.25
        guest.gifts.append("hat")
    return dict(reply="Nice!", **{guest.name: dict(vars(guest)) for guest in ocean.awake_sailors()})


# ---- Put together ----'''


def test_what_a_student_gives_to_all_sailors_is_kept(copy_of_code):
    """As the README says. The logbook from before still loads: that student had hats and a motto."""
    file = Path(shutil.copy(ROOT / "tests/data/logbook-version-3.sqlite3", copy_of_code / "logbook.sqlite3"))
    sailors, routes = copy_of_code / "game/sailors.py", copy_of_code / "mocean.py"
    original = sailors.read_text(), routes.read_text()
    own = (
        original[0]
        .replace("import dataclass", "import dataclass, field")
        .replace("    depth:", '    hats: int | None = 0\n    motto: str = ""\n    fuel: int = 9\n    depth:')
        .replace("    items:", "    gifts: list = field(default_factory=list)\n    items:"),
        original[1].replace("# ---- Put together ----", ROUTE),
    )
    server = Server(cwd=copy_of_code, MOCEAN_LOGBOOK=str(file), MOCEAN_KEEP_DAYS="99999")  # as it is of 1970

    def start(program):
        for path, source in zip((sailors, routes), program):
            path.write_text(source)
        server.start(copy_of_code / "log")
        for id in ("aaaaaaaa", "bbbbbbbb"):
            assert server.json("stop", id=id)["ok"]

    def party():
        reply = server.json("party", id="aaaaaaaa")
        return [[reply[name][what] for what in ("hats", "motto", "fuel", "gifts")] for name in ("ada", "bob")]

    try:
        start(own)
        assert party() == [[1, "", 8.75, ["hat"]], [4, "1e5", 8.75, ["hat"]]]
        server.kill()
        start(own)
        assert party() == [[2, "", 8.5, ["hat"] * 2], [5, "1e5", 8.5, ["hat"] * 2]]
        server.stop()
        start(original)  # then what the file has of the student's attributes is in nobody's way
        server.stop()
        start(own)
        assert party() == [[3, "", 8.25, ["hat"] * 3], [6, "1e5", 8.25, ["hat"] * 3]]
    finally:
        server.kill()


@pytest.mark.parametrize(("old", "new"), [('hats: str = "red"', "hats: int = 0"), ("", "hats: int")])
def test_a_change_of_the_program_that_does_not_fit_is_refused_and_the_file_left_alone(copy_of_code, old, new):
    """A mistake in an attribute must not look like a damaged file, and drown everybody."""
    file, sailors = copy_of_code / "logbook.sqlite3", copy_of_code / "game/sailors.py"
    source, before = sailors.read_text(), "    logged: float = 0.0"  # the first attribute with a default
    sailors.write_text(source.replace(before, f"{before}\n    {old}"))
    server = Server(cwd=copy_of_code, MOCEAN_LOGBOOK=str(file)).start(copy_of_code / "log")
    server.json("join", name="ada")
    server.kill()
    sailors.write_text(source.replace(before, f"    {new}\n{before}"))
    assert "hats" in start_and_fail(file, cwd=copy_of_code)
    assert not [*copy_of_code.glob("*damaged*")]


def test_without_a_logbook_nothing_is_written(tmp_path, copy_of_code):
    server = Server(cwd=copy_of_code).start(tmp_path / "log")
    try:
        assert server.json("join", name="ada")["ok"]
    finally:
        server.kill()
    assert not [*copy_of_code.rglob("*sqlite3*"), *copy_of_code.rglob("*memory*")]


# ---- Disks that fail ----


def test_a_full_disk_refuses_commands_until_there_is_room(small_disk, tmp_path):
    file = small_disk / "logbook.sqlite3"
    server = Server(MOCEAN_LOGBOOK=str(file)).start(tmp_path / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        server.json("heading", id=ada, degrees=10)
        boot = server.json("status")["boot"]
        junk = fill(small_disk)
        replies = [server.ask("heading", id=ada, degrees=20, format="json") for _ in range(50)]
        assert (replies[-1].status_code, replies[-1].json()["error"]) == (503, "logbook")
        known = 20 if any(reply.ok for reply in replies) else 10
        assert server.json("location", id=ada)["heading"] == known
        junk.unlink()
        assert server.json("heading", id=ada, degrees=30)["heading"] == 30
        assert server.json("status")["boot"] == boot
    finally:
        server.kill()
    assert read(file).crew.by_id[ada].heading == 30


def test_a_folder_that_can_only_be_read_is_a_sentence_at_the_start(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    start_and_fail(small_disk / "logbook.sqlite3")


@pytest.mark.parametrize("sync", ["full", "normal"])
def test_with_full_sync_the_disk_has_it_before_the_reply_is_sent(tmp_path, sync):
    """What strace saw of the worker: with `full` an fdatasync of the WAL between its write and that of the reply."""
    if not shutil.which("strace") or os.geteuid() != 0:
        assert not CI, "the test of fsync must run in CI"
        pytest.skip("needs strace, and root to use it")
    server = Server(MOCEAN_LOGBOOK=str(tmp_path / "logbook.sqlite3"), MOCEAN_SYNC=sync).start(tmp_path / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        server.json("stop", id=ada)  # the first change after the logbook was tidied up is synced by SQLite's own rules
        worker = str(server.pids()["worker"])
        trace = tmp_path / "trace"
        calls = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
        command = ["strace", "-y", "-p", worker, "-e", calls, "-o", trace]
        strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert "attached" in strace.stderr.readline()
        assert server.json("heading", id=ada, degrees=77)["heading"] == 77
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=10)
    finally:
        server.kill()
    lines = trace.read_text().splitlines()
    written = next(number for number, line in enumerate(lines) if "-wal" in line and line.startswith("pwrite64"))
    replied = next(number for number, line in enumerate(lines) if "HTTP/1.1 200" in line)
    synced = [number for number, line in enumerate(lines) if "sync(" in line and "-wal" in line]
    assert written < replied
    assert any(written < number < replied for number in synced) == (sync == "full")
