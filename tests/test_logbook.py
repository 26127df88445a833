"""The logbook by itself, and the server on a disk that fails."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import bridge
from logbook import MIGRATIONS, Logbook, LogbookTrouble, back_up
from ocean import NAP, Ocean
from planet import SEAMOUNTS, TREASURES, lay_out
from tests.conftest import ROOT, UWSGI, Server, free_port
from troubles import Trouble

CI = os.environ.get("CI") == "true"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "logbook.sqlite3"


def state(ocean):
    """All that a logbook keeps exactly. When somebody was heard is written only once a minute."""
    sailors = {id: {**vars(sailor), "heard": None} for id, sailor in ocean.sailors.items()}
    names = {name: sailor.id for name, sailor in ocean.names.items()}
    world = ocean.tide, ocean.treasures, ocean.found, ocean.last_number, ocean.paused, ocean.pauses, ocean.bans
    return sailors, names, world, [*ocean.last_words]


def read(file, now=1000.0):
    """What a server would find in the file that is started now."""
    logbook = Logbook(file)
    try:
        return logbook.read(Ocean(), now)
    finally:
        logbook.close()


class OceanAndLogbook(RuleBasedStateMachine):
    """Whatever is played, after each request an ocean from the logbook is equal to the one in memory."""

    NAMES = ["ada", "bob", "Zoë"]

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "logbook.sqlite3"
        self.logbook = Logbook(self.file)
        self.ocean = self.logbook.read(Ocean(), 1000.0)

    def teardown(self):
        self.logbook.close()
        self.folder.cleanup()

    def sailor(self, name):
        """Whoever asks: one who has to join first, if need be."""
        known = self.ocean.names.get(name.lower())
        return self.ocean.sailor(known.id) if known else self.ocean.join(name)

    @rule(name=st.sampled_from(NAMES), seconds=st.floats(0, 100), degrees=st.floats(-1e6, 1e6), speed=st.floats(0, 40))
    def sail(self, name, seconds, degrees, speed):
        self.ocean.now += seconds
        self.ocean.turn(self.sailor(name), degrees)
        self.ocean.sail(self.sailor(name), speed=speed, depth=0.0)

    @rule(name=st.sampled_from(NAMES), key=st.sampled_from("wasd"))
    def accelerate(self, name, key):
        self.ocean.accelerate(self.sailor(name), key)

    @rule(name=st.sampled_from(NAMES), mount=st.sampled_from(SEAMOUNTS))
    def discover(self, name, mount):
        self.ocean.sail(self.sailor(name), x=mount.x, y=mount.y, depth=1.0)
        self.ocean.sound(self.sailor(name))

    @rule(name=st.sampled_from(NAMES), item=st.sampled_from([*TREASURES]))
    def take(self, name, item):
        place = lay_out(self.ocean.tide)[item]
        self.ocean.sail(self.sailor(name), x=place.x, y=place.y, depth=place.depth)
        self.request(self.ocean.get, self.sailor(name), item)

    @rule(name=st.sampled_from(NAMES))
    def take_all(self, name):
        for item in TREASURES:
            self.take(name, item)

    @rule(name=st.sampled_from(NAMES), other=st.sampled_from([*NAMES, "Clem", None]), message=st.text())
    def say(self, name, other, message):
        self.request(self.ocean.send, self.sailor(name), message, other)

    @rule(name=st.sampled_from(NAMES), after=st.none() | st.integers(0, 30))
    def read_mail(self, name, after):
        self.ocean.pop(self.sailor(name), after)

    @rule(name=st.sampled_from(NAMES))
    def quit(self, name):
        self.ocean.quit(self.sailor(name).id)

    @rule()
    def sleep(self):
        self.ocean.now += NAP

    @rule(name=st.sampled_from(NAMES), seconds=st.floats(0, 1e6))
    def pause_mute_ban_and_resume(self, name, seconds):
        """What the harbour master can do. The others' rules need an open sea."""
        self.ocean.mute(self.sailor(name).name)
        self.ocean.pause()
        self.the_logbook_has_everything()
        self.ocean.now += seconds
        self.ocean.resume()
        self.ocean.ban(seconds, f"address {seconds}")
        self.ocean.give_new_id(name)

    @rule(name=st.sampled_from(NAMES), hats=st.integers(), friends=st.dictionaries(st.text(), st.lists(st.text())))
    def wear(self, name, hats, friends):
        """Attributes that a student has added."""
        self.sailor(name).hats = hats
        self.sailor(name).friends = friends

    @precondition(lambda self: self.ocean.sailors)
    @rule()
    def restart(self):
        """The server stops, and another one goes on."""
        self.logbook.write(self.ocean)
        self.logbook.close()
        self.logbook = Logbook(self.file)
        self.ocean = self.logbook.read(Ocean(), self.ocean.now)

    @invariant()
    def the_logbook_has_everything(self):
        self.logbook.write(self.ocean)
        copy = f"{self.file}.copy"
        back_up(self.file, copy)
        assert state(read(copy, self.ocean.now)) == state(self.ocean)

    def request(self, method, *arguments):
        with suppress(Trouble):
            method(*arguments)


TestOceanAndLogbook = OceanAndLogbook.TestCase
TestOceanAndLogbook.settings = settings(max_examples=30, stateful_step_count=20)


# ---- What is written when ----


def test_asking_for_the_location_writes_nothing_but_once_a_minute_that_one_was_heard(player, clock, file, monkeypatch):
    monkeypatch.setattr(bridge, "logbook", Logbook(file))
    monkeypatch.setattr(bridge, "is_read", False)
    id = player.join("ada")
    writes = bridge.logbook.connection.total_changes
    for _ in range(59):
        clock.now += 1
        for route in (
            "/location",
            "/velocity",
            "/look",
            "/ping",
            "/inventory",
            "/popchat",
            "/who",
            "/chart",
            "/mocean",
        ):
            assert player.json(route, **({"id": id} if route not in ("/who", "/chart", "/mocean") else {}))["ok"]
    assert bridge.logbook.connection.total_changes == writes
    clock.now += 1
    player.json("/location", id=id)
    assert bridge.logbook.connection.total_changes > writes
    bridge.logbook.close()
    assert read(file, clock.now).sailors[id].heard == clock.now


def test_a_reply_is_sent_only_when_all_of_it_is_written(player, file, monkeypatch):
    monkeypatch.setattr(bridge, "logbook", Logbook(file))
    monkeypatch.setattr(bridge, "is_read", False)
    ada, bob = player.join("ada"), player.join("bob")
    player.json("/sendchat", id=ada, message="hi")
    back_up(file, f"{file}.copy")
    assert [letter.message for letter in read(f"{file}.copy").sailors[bob].mailbox] == ["hi"]
    bridge.logbook.close()


def test_only_we_can_read_the_ids_in_a_logbook_and_in_its_copy(file):
    old = os.umask(0o022)
    try:
        read(file)
        back_up(file, f"{file}.copy")
    finally:
        os.umask(old)
    assert [Path(path).stat().st_mode & 0o077 for path in (file, f"{file}.copy")] == [0, 0]


def test_an_older_file_is_migrated(file):
    """The stored file is of version 1: before the last words were kept."""
    shutil.copy(ROOT / "tests" / "data" / "logbook-version-1.sqlite3", file)
    ocean = read(file, now=1e9)
    ada, bob = ocean.names["ada"], ocean.names["bob"]
    assert (ada.id, ada.heading, ada.speed, ada.items) == ("aaaaaaaa", 90.0, 2.0, ["pearl"])
    assert [letter.message for letter in bob.mailbox] == ["ahoy"]
    assert ocean.found == {"Cobb": "ada"}
    assert ocean.last_number == 1
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


def test_a_newer_file_is_refused_and_left_alone(file):
    read(file)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LogbookTrouble, match=r"logbook\.sqlite3 has version 99"):
        Logbook(file).check()
    assert [path.name for path in file.parent.glob("*damaged*")] == []


def test_time_passes_while_no_server_runs(file):
    logbook = Logbook(file)
    ocean = logbook.read(Ocean(), 1000.0)
    ada = ocean.join("ada")
    ocean.sail(ada, x=100.0, y=450.0, heading=90.0, speed=2.0)
    logbook.write(ocean)
    logbook.close()
    later = read(file, now=1100.0)
    assert later.place(later.names["ada"]) == pytest.approx((300, 450))
    earlier = read(file, now=900.0)  # the clock was set back
    assert earlier.place(earlier.names["ada"]) == (100, 450)
    earlier.now = 950.0
    assert earlier.place(earlier.names["ada"]) == pytest.approx((200, 450))
    earlier.now = 900.0 + NAP
    assert earlier.who() == ["Clem"]


# ---- Files that are not as they should be ----


def a_good_file(file):
    """A closed logbook with some ships and mail in it, as bytes."""
    logbook = Logbook(file)
    ocean = logbook.read(Ocean(), 1000.0)
    sailors = [ocean.join(f"sailor{number}") for number in range(200)]
    for sailor in sailors[:20]:
        ocean.send(sailor, "hello " * 20)
    logbook.write(ocean)
    logbook.close()
    return file.read_bytes()


def test_a_damaged_file_is_put_aside_and_nothing_is_deleted(file):
    """Torn files, and files with wrong bits: there is an ocean, the old one or a new one, and the bytes are kept."""
    good, chance, aside = a_good_file(file), random.Random(1), 0
    for attempt in range(60):
        bad = bytearray(good)
        if attempt % 3 == 0:
            bad = bad[: chance.randrange(1, len(bad))]
        for _ in range(attempt % 3 * 4):
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        file.write_bytes(bad)
        logbook = Logbook(file)
        ocean = logbook.read(Ocean(), 1000.0)
        ocean.join("new")
        logbook.write(ocean)
        logbook.close()
        kept = [path for path in file.parent.glob("*.damaged-*") if not path.name.endswith("-wal")]
        assert len(kept) <= 1
        if kept:
            assert kept[0].read_bytes() == bad
            assert kept[0].name in logbook.news
            aside += 1
        for path in file.parent.iterdir():
            path.unlink()
    assert aside >= 20


def test_a_disk_that_fails_while_the_file_is_first_read_is_asked_again(file, monkeypatch):
    a_good_file(file)
    logbook = Logbook(file)
    with monkeypatch.context() as failing:
        failing.setattr("logbook.sailor_of", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            logbook.read(Ocean(), 1000.0)
    assert len(logbook.read(Ocean(), 1000.0).sailors) == 200
    logbook.close()


def test_a_copy_that_fails_is_a_sentence(tmp_path):
    (tmp_path / "logbook.sqlite3").write_bytes(b"no logbook " * 1000)
    environment = {**os.environ, "MOCEAN_LOGBOOK": str(tmp_path / "logbook.sqlite3")}
    command = [sys.executable, ROOT / "logbook.py"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    assert result.returncode == 1
    assert "can't be copied" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_file_is_said_loudly(file):
    file.write_bytes(b"This is not a logbook. " * 1000)
    server = Server(MOCEAN_LOGBOOK=str(file)).start(file.parent / "log")
    try:
        assert "The logbook was damaged. It is kept as logbook.sqlite3.damaged-" in server.json("status")["reply"]
        assert "WARNING" in server.log.read_text()
        assert server.json("join", name="ada")["ok"]
    finally:
        server.kill()


def test_a_wal_that_was_left_behind_is_used(file, tmp_path):
    logbook = Logbook(file)
    ocean = logbook.read(Ocean(), 1000.0)
    ocean.join("ada")
    logbook.write(ocean)
    crashed = tmp_path / "crashed.sqlite3"
    for ending in ("", "-wal"):
        shutil.copy(f"{file}{ending}", f"{crashed}{ending}")
    assert "ada" in read(crashed).names
    logbook.close()


# ---- The real server ----


@pytest.fixture
def server(file):
    server = Server(MOCEAN_LOGBOOK=str(file)).start(file.parent / "log")
    yield server
    server.kill()


def test_a_restart_loses_nothing(server):
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


def test_a_second_server_is_refused(server, file):
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), "MOCEAN_LOGBOOK": str(file)}
    second = subprocess.run([UWSGI, "uwsgi.ini"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert second.returncode == 78
    assert f"{file} can't be used" in second.stdout
    assert "another server has it open" in second.stdout
    assert server.json("join", name="ada")["ok"]


def test_a_removed_file_is_written_again(server, file):
    ada = server.json("join", name="ada")["id"]
    for removed in ([file, f"{file}-wal"], [f"{file}-wal"], [file]):
        for path in removed:
            os.remove(path)
        reply = server.ask("heading", id=ada, degrees=1, format="json")
        assert (reply.status_code, reply.json()["error"]) == (503, "logbook")
        assert server.ask(reply.json()["try"][1:]).ok
        assert server.json("heading", id=ada, degrees=len(removed))["ok"]
        server.kill()
        server.start(server.log)
        assert server.json("location", id=ada)["heading"] == len(removed)


def test_a_student_adds_something_that_a_sailor_has(copy_of_code):
    """As the README says. The logbook from before still loads, and the new attribute is kept."""
    server = Server(cwd=copy_of_code)
    del server.environment["MOCEAN_LOGBOOK"]
    server.start(copy_of_code / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        server.stop()
        world, routes = copy_of_code / "sailors.py", copy_of_code / "mocean.py"
        world.write_text(
            world.read_text().replace(
                "    depth: float = 0.0", "    hats: int = 0\n    fuel: int = 9\n    depth: float = 0.0"
            )
        )
        route = '@app.get("/hat")\ndef hat(sailor):\n    """Put on a hat."""\n'
        route += "    sailor.hats += 1\n    sailor.fuel -= 0.25\n"
        route += '    return dict(reply="Nice!", hats=sailor.hats, fuel=sailor.fuel)\n\n\napp.merge(steps.app)'
        routes.write_text(routes.read_text().replace("app.merge(steps.app)", route))
        server.start(server.log)
        assert server.json("hat", id=ada)["hats"] == 1
        assert server.json("hat", id=ada)["hats"] == 2
        server.kill()
        server.start(server.log)
        assert server.json("hat", id=ada) == {"ok": True, "reply": "Nice!", "hats": 3, "fuel": 8.25}
        server.stop()
        # Taken out again, the program is as before, and what the file has of it is in nobody's way.
        own = world.read_text(), routes.read_text()
        shutil.copy(ROOT / "sailors.py", world)
        shutil.copy(ROOT / "mocean.py", routes)
        server.start(server.log)
        assert server.json("speed", id=ada, speed=1)["ok"]
        server.stop()
        world.write_text(own[0])
        routes.write_text(own[1])
        server.start(server.log)
        assert server.json("hat", id=ada)["hats"] == 4
    finally:
        server.kill()
    assert (copy_of_code / "logbook.sqlite3").exists()


@pytest.mark.parametrize(("old", "new"), [('hats: str = "red"', "hats: int = 0"), ("", "hats: int")])
def test_a_change_of_the_program_that_does_not_fit_is_refused_and_the_file_left_alone(copy_of_code, old, new):
    """A mistake in an attribute must not look like a damaged file, and drown everybody."""
    server, world = Server(cwd=copy_of_code), copy_of_code / "sailors.py"
    del server.environment["MOCEAN_LOGBOOK"]
    source = world.read_text()
    # Before the attributes that have defaults, where Python lets one have none.
    world.write_text(source.replace("    heading: float = 0.0", f"    heading: float = 0.0\n    {old}"))
    server.start(copy_of_code / "log")
    server.json("join", name="ada")
    server.stop()
    world.write_text(source.replace("    heading: float = 0.0", f"    {new}\n    heading: float = 0.0"))
    result = subprocess.run(
        [UWSGI, "uwsgi.ini"], cwd=copy_of_code, env=server.environment, capture_output=True, text=True, timeout=30
    )
    assert result.returncode == 78
    assert "Mocean can't start. The logbook logbook.sqlite3 can't be used" in result.stdout
    assert "hats" in result.stdout
    assert not [*copy_of_code.glob("*damaged*")]


def test_a_backup_made_while_the_server_writes_is_whole(server, file, tmp_path):
    """Each copy has a first part of all messages, with nothing missing between."""
    ada, bob = (server.json("join", name=name)["id"] for name in ("ada", "bob"))
    writer = (
        "import requests, sys, time\nend = time.time() + 60\nwhile time.time() < end:\n    requests.get(sys.argv[1])"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", writer, f"{server.url}{route}"])
        for route in (f"sendchat?id={ada}&message=hi&name=bob", f"popchat?id={bob}", f"accel?id={bob}&ctrl=d")
    ]
    try:
        last = 0
        for number in range(10):
            copy = tmp_path / f"copy{number}.sqlite3"
            command = [sys.executable, ROOT / "logbook.py", copy]
            subprocess.run(command, check=True, env={**os.environ, "MOCEAN_LOGBOOK": str(file)}, timeout=30)
            ocean = read(copy)
            numbers = [letter.number for letter in ocean.names["bob"].mailbox]
            assert numbers == [*range(ocean.last_number - len(numbers) + 1, ocean.last_number + 1)]
            assert ocean.last_number >= last
            last = ocean.last_number
        assert last > 0
    finally:
        for process in writers:
            process.kill()
            process.wait()


def test_without_a_logbook_nothing_is_written(tmp_path, copy_of_code):
    server = Server(cwd=copy_of_code).start(tmp_path / "log")
    try:
        assert server.json("join", name="ada")["ok"]
    finally:
        server.kill()
    assert not [*copy_of_code.glob("*.sqlite3*")]


# ---- Disks that fail ----


@contextmanager
def small_disk(folder, options):
    """A disk of its own at a folder. Needs root."""
    made = (
        os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]).returncode == 0
    )
    if not made:
        assert not CI, "the tests of failing disks must run in CI"
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_refuses_commands_until_there_is_room(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, "size=1m"):
        server = Server(MOCEAN_LOGBOOK=str(disk / "logbook.sqlite3")).start(tmp_path / "log")
        try:
            ada = server.json("join", name="ada")["id"]
            server.json("heading", id=ada, degrees=10)
            boot = server.json("status")["boot"]
            with (disk / "junk").open("wb", buffering=0) as junk, suppress(OSError):
                while True:
                    junk.write(bytes(4096))
            replies = [server.ask("heading", id=ada, degrees=20, format="json") for _ in range(50)]
            refused = replies[-1]
            assert (refused.status_code, refused.json()["error"]) == (503, "logbook")
            known = 20 if any(reply.ok for reply in replies) else 10
            assert server.json("location", id=ada)["heading"] == known
            (disk / "junk").unlink()
            assert server.json("heading", id=ada, degrees=30)["heading"] == 30
            assert server.json("status")["boot"] == boot
        finally:
            server.kill()
        assert read(disk / "logbook.sqlite3").sailors[ada].heading == 30


def test_a_folder_that_can_only_be_read_is_a_sentence_at_the_start(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, "size=1m"):
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        file = disk / "logbook.sqlite3"
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), "MOCEAN_LOGBOOK": str(file)}
        command = [UWSGI, "uwsgi.ini"]
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert result.returncode == 78
    assert f"{file} can't be used" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize("sync", ["full", "normal"])
def test_with_full_sync_the_disk_has_it_before_the_reply_is_sent(tmp_path, sync):
    """What strace saw of the worker: with `full` an fdatasync of the WAL between its write and that of the reply."""
    if not shutil.which("strace") or os.geteuid() != 0:
        assert not CI, "the test of fsync must run in CI"
        pytest.skip("needs strace, and root to use it")
    server = Server(MOCEAN_LOGBOOK=str(tmp_path / "logbook.sqlite3"), MOCEAN_SYNC=sync).start(tmp_path / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        worker = server.log.read_text().split("spawned uWSGI worker 1 (pid: ")[1].split(",")[0]
        trace = tmp_path / "trace"
        calls = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
        strace = subprocess.Popen(
            ["strace", "-y", "-p", worker, "-e", calls, "-o", trace], stderr=subprocess.PIPE, text=True
        )
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
