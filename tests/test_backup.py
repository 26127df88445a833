"""Copies of the logbook: made while the server plays, kept, put back, and what remains when that fails."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from game.ocean import Ocean
from server.backup import copies, keep
from server.logbook import Logbook
from tests.box import PYTHON, Box, Service, install, what_is_missing
from tests.conftest import ROOT, Clock, Handler, Server, serving, wait_until
from tests.fleet import write_logbook

NOW = Clock().now
HANDBOOK = (ROOT / "docs/admin.md").read_text(encoding="utf-8")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others, or have a small disk")


@pytest.fixture
def file(tmp_path):
    """A logbook with ada's ship in it, in a folder of its own."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    write_logbook(folder / "logbook.sqlite3", [("ada", 1, 2, 3, 4)])
    return folder / "logbook.sqlite3"


@pytest.fixture
def server(file, tmp_path):
    """The real server with that logbook."""
    server = Server(MOCEAN_LOGBOOK=str(file)).start(tmp_path / "log")
    yield server
    server.kill()


def run(module, file, *words, cwd=ROOT, **options):
    """What `make backup` or `make restore` runs."""
    command = [sys.executable, "-m", f"server.{module}", *map(str, words)]
    environment = {**os.environ, "MOCEAN_LOGBOOK": str(file)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, **options)


def read(file, now=NOW):
    """The ocean in a file that no server uses."""
    logbook, ocean = Logbook(file), Ocean()
    logbook.read(ocean, now)
    logbook.close()
    return ocean


def names_in(file):
    """Whose ships are in a copy, without changing anything in its folder."""
    with closing(sqlite3.connect(f"{Path(file).as_uri()}?mode=ro", uri=True)) as copy:
        return {name for (name,) in copy.execute("SELECT json_extract(facts, '$.name') FROM sailors")}


def add_ship(file, name):
    """Let one more ship come, as the game does. Returns its id."""
    logbook, ocean = Logbook(file), Ocean()
    ocean.now = NOW
    logbook.read(ocean, NOW)
    id = ocean.join(name).id
    logbook.write(ocean)
    logbook.close()
    return id


def contents(folder):
    """What is in the files of a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# ---- Copies ----


def test_a_copy_is_made_beside_the_logbook_and_only_its_owner_can_read_it(file):
    old = os.umask(0)
    try:
        result = run("backup", file)
    finally:
        os.umask(old)
    assert result.returncode == 0, result.stderr
    (copy,) = copies(file)
    assert result.stdout == f"{copy} is a copy of {file}\n"
    assert copy.parent == file.parent / "backups"
    assert names_in(copy) == {"ada"}
    assert [path.stat().st_mode & 0o777 for path in (copy.parent, copy)] == [0o700, 0o600]
    assert [*copy.parent.iterdir()] == [copy]


def test_a_copy_made_while_the_server_writes_is_whole(server, file, tmp_path):
    """Each copy has a first part of all messages, with nothing missing between."""
    bob, eve = (server.json("join", name=name)["id"] for name in ("bob", "eve"))
    ended = Event()

    def ask(route):
        while not ended.is_set():
            server.ask(route)

    routes = (f"sendchat?id={bob}&message=hi&name=eve", f"popchat?id={eve}", f"accel?id={eve}&ctrl=d")
    writers = [Thread(target=ask, args=[route]) for route in routes]
    try:
        for writer in writers:
            writer.start()
        last = 0
        for number in range(10):
            copy = tmp_path / f"copy{number}.sqlite3"
            result = run("backup", file, copy)
            assert result.returncode == 0, result.stderr
            ocean = read(copy)
            numbers = [letter.number for letter in ocean.mail.boxes[eve]]
            end = ocean.world.last_number
            assert numbers == [*range(end - len(numbers) + 1, end + 1)]
            assert end >= last
            last = end
        assert last > 0
    finally:
        ended.set()
        for writer in writers:
            writer.join()


def test_nothing_that_was_deleted_is_in_a_copy(file):
    with closing(sqlite3.connect(file)) as logbook:
        logbook.execute("INSERT INTO mail VALUES ('id', 1, 'bob', 'a word long gone', 0)")
        logbook.commit()
        logbook.execute("DELETE FROM mail")
        logbook.commit()
        assert b"a word long gone" in Path(f"{file}-wal").read_bytes()
        assert b"a word long gone" not in keep(file, "hand").read_bytes()


@pytest.mark.parametrize(("kind", "most"), [("nightly", 14), ("upgrade", 14), ("hand", 31)])
def test_of_the_copies_that_are_made_by_themselves_the_last_14_are_kept(file, kind, most):
    folder = file.parent / "backups"
    folder.mkdir()
    for day in range(1, 31):
        for other in ("nightly", "upgrade", "hand"):
            (folder / f"2020-01-{day:02}-000000-{other}.sqlite3").touch()
    before = copies(file)
    new = keep(file, kind)
    kept = [copy for copy in copies(file) if kind in copy.name]
    assert kept == [copy for copy in [*before, new] if kind in copy.name][-most:]
    assert set(before) - set(copies(file)) == {copy for copy in before if kind in copy.name} - set(kept)


def test_no_copy_takes_the_place_of_another_one(file):
    made = [keep(file, "hand") for _ in range(5)]  # most of them in the same second
    assert copies(file) == made


def test_a_new_copy_stays_when_the_clock_has_jumped_back(file):
    keep(file, "hand")
    for day in range(1, 20):
        (file.parent / f"backups/2999-01-{day:02}-000000-nightly.sqlite3").touch()
    new = keep(file, "nightly")
    assert new in copies(file)


def test_two_logbooks_in_one_folder_have_their_own_copies(file):
    other = file.with_name("blues.sqlite3")
    write_logbook(other, [("bob", 1, 2, 3, 4)])
    keep(file, "hand")
    keep(other, "hand")
    assert [names_in(copy) for copy in copies(file)] == [{"ada"}]
    assert [names_in(copy) for copy in copies(other)] == [{"bob"}]


@needs_root
def test_what_root_makes_belongs_to_whoever_owns_the_folder(file, tmp_path):
    """For a service that is the user it runs as. It can carry on, whether it runs meanwhile or not."""
    for path in (file.parent, *file.parent.iterdir()):
        os.chown(path, 12345, 23456)
    Path(f"{file}-lock").unlink()
    run("backup", file)
    assert run("restore", file, copies(file)[0]).returncode == 0
    with closing(sqlite3.connect(file)) as logbook:
        logbook.execute("PRAGMA journal_mode = WAL")
        logbook.execute("UPDATE ocean SET boot = boot + 1")
        logbook.commit()
        assert run("backup", file, "--kind", "nightly").returncode == 0
        made = [file.parent, *file.parent.rglob("*")]
        assert len(made) == 9
        assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(12345, 23456)}
        assert {path.stat().st_mode & 0o077 for path in made} == {0}


def test_without_a_logbook_in_a_file_there_is_nothing_to_copy():
    result = run("backup", ":memory:")
    assert result.returncode == 0
    assert "There is nothing to copy" in result.stdout
    assert "There is no file to restore" in run("restore", ":memory:", "copy.sqlite3").stderr


# ---- Copying fails ----


@pytest.mark.parametrize("damage", [b"", b"no logbook " * 1000, None, "the middle"])
@pytest.mark.parametrize("name", ["copy.sqlite3", None])
def test_a_copy_that_fails_is_a_sentence_and_leaves_the_older_ones(file, name, damage):
    copy = name and file.with_name(name)
    assert run("backup", file, *filter(None, [copy])).returncode == 0
    if damage == "the middle":
        write_logbook(file, [(f"ship{number}", 1, 2, 3, 4) for number in range(1000)])
        with file.open("r+b") as logbook:
            logbook.seek(file.stat().st_size // 2)
            logbook.write(b"x" * 9000)
    elif damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    before = contents(copy.parent if copy else file.parent / "backups")
    result = run("backup", file, *filter(None, [copy]))
    assert result.returncode == 1
    assert f"{file} can't be copied to {copy or file.parent / 'backups'}: " in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(copy.parent if copy else file.parent / "backups") == before


@pytest.mark.parametrize(
    ("copy", "reason"),
    [("away/copy.sqlite3", "No such file or directory"), ("logbook.sqlite3", "that is the logbook itself")],
)
def test_a_copy_to_a_place_that_cannot_be_is_a_sentence(file, copy, reason):
    before = contents(file.parent)
    result = run("backup", file, file.parent / copy)
    assert result.returncode == 1
    assert result.stderr == f"{file} can't be copied to {file.parent / copy}: {reason}.\n"
    assert contents(file.parent) == before


@pytest.fixture
def small_disk(tmp_path):
    """The folder of a disk of its own, with 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@needs_root
def test_a_full_disk_leaves_the_older_copies_and_the_logbook(small_disk):
    file = small_disk / "logbook.sqlite3"
    write_logbook(file, [(f"ship{number}", 1, 2, 3, 4) for number in range(1000)])
    assert run("backup", file).returncode == 0
    (small_disk / "junk").write_bytes(bytes(shutil.disk_usage(small_disk).free - 100_000))
    before = contents(small_disk / "backups"), contents(small_disk)
    result = run("backup", file)
    assert result.returncode == 1
    assert f"{file} can't be copied to {small_disk / 'backups'}: database or disk is full.\n" in result.stderr
    result = run("restore", file, copies(file)[0])
    assert result.returncode == 1
    assert "The logbook stays as it is: database or disk is full\n" in result.stderr
    assert before == (contents(small_disk / "backups"), contents(small_disk))


@pytest.mark.parametrize("when", ["os.replace", "os.fsync", "server.backup.check"])
def test_what_a_killed_copy_leaves_is_removed_by_the_next(file, when):
    first = keep(file, "hand")
    before = contents(first.parent)
    kill = f"import os, server.backup; {when} = lambda *_: os.kill(os.getpid(), {signal.SIGKILL:d})"
    command = [sys.executable, "-c", f"{kill}; server.backup.keep({str(file)!r}, 'nightly')"]
    assert subprocess.run(command, cwd=ROOT, timeout=60).returncode == -signal.SIGKILL
    left = contents(first.parent)
    assert len(left) > len(before)
    assert {name: left[name] for name in before} == before
    assert copies(file) == [first]
    (first.parent / "2026-01-01-000000-nightly.sqlite3.partial-journal").touch()  # if it is killed while it writes
    second = keep(file, "nightly")
    assert sorted(first.parent.iterdir()) == sorted([first, second])


def test_some_at_once_do_not_disturb_each_other(file):
    command = [sys.executable, "-m", "server.backup", "--kind"]
    environment = {**os.environ, "MOCEAN_LOGBOOK": str(file)}
    kinds = ("nightly", "upgrade", "hand", "hand")
    started = [subprocess.Popen([*command, kind], cwd=ROOT, env=environment) for kind in kinds]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]
    assert len(contents(file.parent / "backups")) == 4


def test_no_two_at_once_have_one_name(file):
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: keep(file, "hand"), range(8)))
    assert len(made) == 8
    assert sorted(made) == copies(file)


# ---- On another machine ----


def test_another_machine_fetches_the_copies_as_the_handbook_says(file, tmp_path):
    """Without ssh: a program in its place does what sshd does on the server when it sees that key."""
    command = re.search('^restrict,command="(.*)" ssh-', HANDBOOK, re.MULTILINE)[1]
    line = re.search(r"^30 4 \* \* \* (.*)", HANDBOOK, re.MULTILINE)[1]
    folder, sshd = file.parent / "backups", tmp_path / "sshd"
    command = command.replace("/var/lib/mocean/backups", str(folder))
    sshd.write_text(f'#!/bin/sh\nshift 3\nSSH_ORIGINAL_COMMAND="$*" exec {command}\n')
    sshd.chmod(0o755)
    line = line.replace("ssh -i ~/.ssh/mocean", str(sshd))

    def fetch():
        subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True, timeout=60)
        return contents(tmp_path / "oceans")

    first = keep(file, "nightly")
    old = folder / "2020-01-01-000000-nightly.sqlite3"
    shutil.copy(first, old)
    os.utime(old, (0, 0))
    fetched = fetch()
    assert fetched == {first.name: first.read_bytes()}
    first.write_text("whoever broke into the server can't reach that one")
    old.unlink()
    second = keep(file, "hand")
    assert fetch() == fetched | {second.name: second.read_bytes()}
    first.unlink()
    assert first.name in fetch()
    send = ["rsync", "-e", sshd, file, "root@YOUR-ADDRESS:"]  # nor can whoever has the key change anything there
    assert b"read-only" in subprocess.run(send, capture_output=True, timeout=60).stderr


# ---- Restoring ----


def test_a_copy_is_put_back_and_the_logbook_of_before_is_set_aside(server, file):
    run("backup", file)
    (copy,) = copies(file)
    server.json("join", name="bob")
    refused = run("restore", file, copy.name)
    assert refused.returncode == 1
    assert f"A server has {file} open. Stop it, and try again." in refused.stderr
    assert len(server.json("who")["sailors"]) == 2 + 1  # ada is asleep, and Clem sails
    server.kill()
    result = run("restore", file, copy.name)
    assert result.returncode == 0, result.stderr
    assert f"{copy} holds 1 ship, 0 messages, last heard from 20" in result.stdout
    assert f"{file} holds 1 ship, 0 messages, last heard from 20" in result.stdout
    assert names_in(file) == {"ada"}
    (kept,) = file.parent.glob("*.replaced-*[0-9]")
    assert f"The logbook of before is now {kept}" in result.stdout
    assert run("restore", file, kept).returncode == 0  # a mistake: all the way back
    assert names_in(file) == {"ada", "bob"}


def test_without_a_name_it_lists_the_copies_and_what_to_type(file):
    assert "There are no copies in" in run("restore", file).stderr
    keep(file, "hand")
    add_ship(file, "bob")
    new = keep(file, "upgrade")
    (new.parent / "2026-01-01-000000-nightly.sqlite3").write_text("no logbook")
    lines = run("restore", file).stdout.splitlines()
    assert [line.partition("  ")[2].partition(",")[0] for line in lines[:3]] == [
        f"can't be used: {new.parent}/2026-01-01-000000-nightly.sqlite3 is not a whole logbook",
        "1 ship",
        "2 ships",
    ]
    assert lines[-1] == f"To put one back, type: make restore COPY={new.name}"
    assert names_in(file) == {"ada", "bob"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "there is no logbook in it"),
        (b"no logbook " * 1000, "file is not a database"),
        (None, "There is no "),
        ("PRAGMA user_version = 99", "has version 99, and this program knows none above"),
        ("UPDATE sailors SET facts = 'ada'", "is not a whole logbook"),
        ("DROP TABLE mail", "is not a whole logbook"),
    ],
)
def test_a_copy_that_cannot_be_used_changes_nothing(file, content, reason):
    copy = keep(file, "hand")
    if isinstance(content, str):
        with closing(sqlite3.connect(copy)) as database:
            database.execute(content)
            database.commit()
    elif content is None:
        copy.unlink()
    else:
        copy.write_bytes(content)
    before = contents(file.parent / "backups"), file.read_bytes(), {path.name for path in file.parent.iterdir()}
    result = run("restore", file, copy)
    assert result.returncode == 1
    assert reason in result.stderr
    assert "Traceback" not in result.stderr
    assert before == (
        contents(file.parent / "backups"),
        file.read_bytes(),
        {path.name for path in file.parent.iterdir()},
    )


def test_a_copy_of_an_older_version_can_be_put_back(file, tmp_path):
    result = run("restore", file, ROOT / "tests/data/logbook-version-3.sqlite3")
    assert result.returncode == 0, result.stderr
    server = Server(MOCEAN_LOGBOOK=str(file), MOCEAN_KEEP_DAYS="99999").start(tmp_path / "log")  # as it is of 1970
    try:
        assert server.json("stop", id="aaaaaaaa")["ok"]
    finally:
        server.kill()


def test_a_logbook_that_is_gone_comes_back(file, tmp_path):
    copy = keep(file, "hand")
    for path in file.parent.glob("logbook*"):
        path.unlink()
    assert run("restore", file, copy.name).returncode == 0
    assert names_in(file) == {"ada"}
    assert not [*file.parent.glob("*replaced*")]


# ---- The service: each night, and what the admin hears if that fails ----


@pytest.fixture(scope="module")
def box():
    """A computer on which Mocean has been installed."""
    if os.environ.get("CI") != "true":
        pytest.skip("it boots a systemd and takes a minute; as root: CI=true make test")
    if what_is_missing():
        pytest.fail(f"the service can't be tested under systemd: {what_is_missing()}", pytrace=False)
    with Box(ROOT) as box:
        Service(box).settings()
        result = install(box)
        assert result.returncode == 0, result.stdout + result.stderr
        box.run("sh", "-c", f"cp -n {Box.CODE}/deploy/*.service {Box.CODE}/deploy/*.timer /etc/systemd/system")
        yield box


@pytest.fixture
def service(box):
    """The service, started, with an empty logbook and no copies."""
    service = Service(box)
    box.run("systemctl", "kill", "--signal=KILL", "mocean", "mocean@*")  # as a polite stop takes a second
    box.run("systemctl", "stop", "mocean", "mocean@*")
    box.run("systemctl", "reset-failed")
    folders = "/var/lib/private/mocean* /var/lib/mocean* /etc/systemd/system/mocean*.d"
    box.run("sh", "-c", f"rm -rf {folders} /etc/mocean*.env /etc/mocean-failed")
    service.systemctl("daemon-reload")
    service.settings()
    service.start()
    return service


class Copies:
    """The copies of a service's logbook in the box."""

    def __init__(self, service):
        self.box, self.unit = service.box, f"mocean-backup@{service.name}"
        self.folder = f"/var/lib/private/{service.name}/backups"

    def names(self):
        return self.box.run("ls", self.folder).stdout.split()

    def make(self):
        """What the timer starts each night."""
        result = self.box.run("systemctl", "start", f"{self.unit}.service")
        assert result.returncode == 0, self.log()

    def log(self):
        return self.box.run("journalctl", "--unit", f"{self.unit}.service", "--output", "cat", "--no-pager").stdout


def make(box, *words):
    """Type make in the folder that was cloned, as the admin would with sudo."""
    return box.run("make", "-C", Box.CODE, *words, PYTHON)


def heading(service, id):
    """Which way a ship sails: what the tests change, copy and restore."""
    return service.ask("location", id=id)["heading"]


@pytest.fixture
def ada(service):
    """The id of ada, whose ship has sailed to 11 degrees when the logbook was copied, and then to 22."""
    id = service.ask("join", name="ada")["id"]
    service.ask("heading", id=id, degrees=11)
    assert make(service.box, "backup", f"CLUB={service.name}").returncode == 0
    service.ask("heading", id=id, degrees=22)
    return id


def test_the_timer_comes_and_goes_with_the_server(service):
    copies = Copies(service)
    timer = f"{copies.unit}.timer"

    def time():
        shown = service.box.run("systemctl", "show", "--value", "--property=NextElapseUSecRealtime", timer).stdout
        return shown[len("Thu 2027-01-28 ") :][:5]

    assert "03:30" <= time() <= "03:50"
    service.systemctl("stop", "mocean")
    assert time() == ""
    service.systemctl("start", "mocean")
    assert "03:30" <= time() <= "03:50"
    # Once more, after nights on which it was off.
    service.systemctl("stop", "mocean")
    service.box.run("touch", "--date=2 days ago", f"/var/lib/systemd/timers/stamp-{timer}", check=True)
    service.box.write(f"/etc/systemd/system/{timer}.d/test.conf", "[Timer]\nRandomizedDelaySec=0\n")
    service.systemctl("daemon-reload")
    assert copies.names() == []
    service.systemctl("start", "mocean")
    wait_until(lambda: len(copies.names()) == 1)


def test_when_the_timer_fires_the_logbook_is_copied_and_players_notice_nothing(service, ada):
    copies = Copies(service)
    often = "[Timer]\nOnCalendar=\nOnCalendar=*-*-* *:*:*\nRandomizedDelaySec=0\nAccuracySec=1ms\n"
    service.box.write(f"/etc/systemd/system/{copies.unit}.timer.d/test.conf", often)
    service.systemctl("daemon-reload")
    with service.polled("three copies by the timer"):
        service.systemctl("restart", f"{copies.unit}.timer")
        wait_until(lambda: len(copies.names()) >= 1 + 3)
    service.systemctl("stop", f"{copies.unit}.timer")
    assert all(name.endswith("-nightly.sqlite3") for name in copies.names()[1:])
    places = "/var/lib/private/mocean /var/lib/private/mocean/logbook.sqlite3 /var/lib/private/mocean/backups"
    owners = service.box.run("sh", "-c", f"stat --format '%U %a' {places} {copies.folder}/*").stdout.splitlines()
    assert owners == [f"{owners[0].split()[0]} {mode}" for mode in (700, 600, 700, *[600] * len(copies.names()))]


def test_it_is_copied_while_the_server_is_stopped(service, ada):
    copies = Copies(service)
    service.box.run("kill", "-KILL", *service.pids())  # and so leaves a WAL
    service.systemctl("stop", "mocean")
    copies.make()
    old = make(service.box, "backup", "MOCEAN_LOGBOOK=/var/lib/mocean/logbook.sqlite3", "COPY=/root/copy.sqlite3")
    assert "/root/copy.sqlite3 is a copy of /var/lib/mocean/logbook.sqlite3\n" in old.stdout
    service.start()
    assert heading(service, ada) == 22
    assert make(service.box, "restore", "CLUB=mocean", f"COPY={copies.names()[-1]}").returncode == 0
    assert heading(service, ada) == 22


def test_a_logbook_elsewhere_is_copied_beside_it_and_one_in_memory_is_not(service):
    box, copies = service.box, Copies(service)
    for unit in ("mocean.service", "mocean-backup@.service"):
        box.write(f"/etc/systemd/system/{unit}.d/test.conf", "[Service]\nReadWritePaths=/srv/oceans\n")
    box.run("mkdir", "-m", "777", "/srv/oceans", check=True)
    service.systemctl("daemon-reload")
    for file, folder in (
        ("/var/lib/mocean/other.sqlite3", "/var/lib/mocean/other-backups"),
        ("/srv/oceans/logbook.sqlite3", "/srv/oceans/backups"),
    ):
        service.settings(f"MOCEAN_LOGBOOK={file}")
        service.systemctl("restart", "mocean")
        copies.make()
        assert box.run("ls", folder).stdout.endswith("-nightly.sqlite3\n")
    service.settings("MOCEAN_LOGBOOK=:memory:")
    service.systemctl("restart", "mocean")
    copies.make()
    assert "There is nothing to copy" in copies.log()
    assert copies.names() == []


def test_three_clubs_have_copies_of_their_own(service):
    box, clubs = service.box, [service, *(Service(service.box, f"mocean@{name}") for name in ("reds", "north-blues"))]
    ids = []
    for club in clubs:
        club.settings()
        club.start()
        ids.append(club.ask("join", name="ada")["id"])
        Copies(club).make()
        club.ask("quit", id=ids[-1])
    for club, id in zip(clubs, ids):
        result = make(box, "restore", f"CLUB={club.name.removeprefix('mocean@')}", f"COPY={Copies(club).names()[0]}")
        assert result.returncode == 0, result.stderr
        assert club.ask("location", id=id)["ok"]
    reds, blues = clubs[1:]
    reds.systemctl("disable", "--now", reds.name)
    box.run("rm", "-r", "/etc/mocean@reds.env", "/var/lib/private/mocean@reds", "/var/lib/mocean@reds", check=True)
    assert not box.run("systemctl", "is-active", f"{Copies(reds).unit}.timer").stdout.startswith("active")
    Copies(reds).make()  # which has nothing to do, and so doesn't fail
    assert "There is no club “reds” here" in make(box, "backup", "CLUB=reds").stderr
    # Whoever has taken over the server of one club can't have the logbook of another one copied for them.
    link = f"/var/lib/private/{blues.name}/logbook.sqlite3"
    box.run("ln", "-sf", "/var/lib/private/mocean/logbook.sqlite3", link, check=True)
    assert box.run("systemctl", "start", f"{Copies(blues).unit}.service").returncode != 0
    assert len(Copies(blues).names()) == 1
    look = "[Service]\nExecStart=\nExecStart=/bin/ls /var/lib/private\n"
    box.write(f"/etc/systemd/system/{Copies(blues).unit}.service.d/test.conf", look)
    box.run("systemctl", "daemon-reload")
    Copies(blues).make()
    assert blues.name in Copies(blues).log().splitlines()
    assert "mocean" not in Copies(blues).log().splitlines()


def test_the_units_have_no_mistakes_and_are_locked_down(service):
    units = [f"{Copies(service).unit}.service", f"{Copies(service).unit}.timer", "mocean-failed@mocean.service"]
    result = service.box.run("systemd-analyze", "verify", "mocean.service", *units)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    report = service.box.run("systemd-analyze", "security", "--no-pager", units[0]).stdout
    assert float(re.search(r"exposure level for .*: ([\d.]+)", report)[1]) <= 1.5


# ---- The service: restoring ----


def test_restore_of_a_running_service(service, ada):
    (copy,) = Copies(service).names()
    with service.polled("make restore"):
        result = make(service.box, "restore", "CLUB=mocean", f"COPY={copy}")
    assert result.returncode == 0, result.stderr
    assert f"/backups/{copy} holds 1 ship, 0 messages, last heard from 20" in result.stdout
    assert "mocean runs: 1 ship sailing, 0 asleep" in result.stdout
    assert heading(service, ada) == 11
    assert service.ask("heading", id=ada, degrees=33)["ok"]
    kept = re.search("The logbook of before is now (.*)", result.stdout)[1]
    assert make(service.box, "restore", "CLUB=mocean", f"COPY={kept}").returncode == 0
    assert heading(service, ada) == 22


@pytest.mark.parametrize("lost", ["logbook.sqlite3", "", "damaged"])
def test_restore_when_the_logbook_or_all_is_lost(service, ada, lost):
    state, copy = "/var/lib/private/mocean", "/root/copy.sqlite3"
    service.box.run("sh", "-c", f"mv {state}/backups/* {copy}", check=True)
    service.systemctl("stop", "mocean")
    if lost == "damaged":
        service.box.write(f"{state}/logbook.sqlite3", "no logbook")
    else:
        service.box.run("sh", "-c", f"rm -r {state}/{lost}", check=True)
    result = make(service.box, "restore", "CLUB=mocean", f"COPY={copy}")
    assert result.returncode == 0, result.stderr
    assert heading(service, ada) == 11
    assert service.ask("heading", id=ada, degrees=33)["ok"]
    owners = set(service.box.run("sh", "-c", f"find {state} -printf '%U %G\n'").stdout.splitlines())
    assert len(owners) == 1


def test_a_damaged_copy_does_not_even_stop_the_server(service, ada):
    copies, boot = Copies(service), service.ask("status")["boot"]
    service.box.run("sh", "-c", f"truncate --size=0 {copies.folder}/*", check=True)
    result = make(service.box, "restore", "CLUB=mocean", f"COPY={copies.names()[0]}")
    assert result.returncode != 0
    assert "is not a whole logbook" in result.stderr
    assert (service.ask("status")["boot"], heading(service, ada)) == (boot, 22)


def test_if_the_server_does_not_start_with_the_copy_the_logbook_of_before_comes_back(service, ada):
    service.change("ExecStartPre=/bin/sh -c 'if ls /var/lib/mocean/*.replaced-*; then echo no luck; exit 1; fi'")
    result = make(service.box, "restore", "CLUB=mocean", f"COPY={Copies(service).names()[0]}")
    assert result.returncode != 0
    assert "mocean does not start. The last lines of its log:" in result.stderr
    assert "no luck" in result.stderr
    assert heading(service, ada) == 22
    assert service.box.run("sh", "-c", "ls /var/lib/private/mocean/*.replaced-*").stdout == ""


@pytest.mark.parametrize("signal", ["SIGHUP", "SIGINT", "SIGTERM"])
def test_nothing_stops_a_restore_half_way(service, ada, signal):
    box, copy = service.box, Copies(service).names()[0]
    unit = f"restore-{signal}"  # each has a log of its own
    words = ("/usr/bin/python3", "-B", "-m", "server.restore", "--club", "mocean", copy)
    box.run("systemd-run", "--unit", unit, "--property=RemainAfterExit=yes", f"--working-directory={Box.CODE}", *words)
    wait_until(lambda: "Stopping mocean" in box.run("journalctl", "--unit", unit, "--output=cat").stdout)
    while box.run("systemctl", "show", "--value", "--property=SubState", unit).stdout.strip() == "running":
        box.run("systemctl", "kill", f"--signal={signal}", unit)
    assert "mocean runs: " in box.run("journalctl", "--unit", unit, "--output=cat").stdout
    assert heading(service, ada) == 11


def test_a_terminal_that_is_gone_does_not_stop_a_restore(service, ada):
    words = f"make -C {Box.CODE} restore CLUB=mocean COPY={Copies(service).names()[0]} {PYTHON}"
    service.box.run("sh", "-c", f"{words} >/dev/full 2>&1")  # where nothing can be written to
    assert heading(service, ada) == 11


def test_one_at_a_time(service, ada):
    box, boot = service.box, service.ask("status")["boot"]
    box.run("systemd-run", "--unit=another", "flock", "/run/mocean-install.lock", "sleep", "600", check=True)
    try:
        wait_until(lambda: box.run("flock", "--nonblock", "/run/mocean-install.lock", "true").returncode)
        result = make(box, "restore", "CLUB=mocean", f"COPY={Copies(service).names()[0]}")
        assert result.returncode != 0
        assert "Another one is at work" in result.stderr
        assert service.ask("status")["boot"] == boot
    finally:
        box.run("systemctl", "stop", "another")


def test_the_lines_of_the_handbook(service, ada):
    section = HANDBOOK.partition("## 8. ")[2].partition("## 9. ")[0]
    blocks = "".join(re.findall("^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL))
    lines = [line.partition("#")[0] for line in re.findall("^sudo (.*)", blocks, re.MULTILINE)]
    assert len(lines) == 6
    name = re.search("COPY=(20.*)", blocks)[1]
    said = []
    for line in lines:
        line = line.replace(name, "".join(Copies(service).names()[:1]))
        result = service.box.run("sh", "-c", f"cd {Box.CODE}; HOME=/root; {line}")
        assert result.returncode == 0, (line, result.stderr)
        said.append(result.stdout)
    assert "/root/mocean.sqlite3 is a copy of " in said[1]
    assert "1 ship, 0 messages, last heard from 20" in said[2]
    assert heading(service, ada) == 11
    assert len(Copies(service).names()) == 1  # as the last but one removes them all


# ---- The service: what the admin hears ----


@pytest.fixture
def told(service):
    """What the admin's program was told, as a function: the names of what has failed, and the lines of the logs."""
    service.box.write("/etc/mocean-failed", '#!/bin/sh\necho "$1" >> /root/names\ncat >> /root/lines\n')
    service.box.run("chmod", "+x", "/etc/mocean-failed", check=True)
    service.box.run("rm", "-f", "/root/names", "/root/lines")

    def told():
        wait_until(lambda: service.box.run("test", "-e", "/root/lines").returncode == 0)
        wait_until(
            lambda: not service.box.run("systemctl", "list-units", "mocean-failed@*", "--state=activating", "-q").stdout
        )
        return [service.box.run("cat", f"/root/{what}").stdout for what in ("names", "lines")]

    return told


@pytest.mark.parametrize("status", [22, 78])
def test_a_server_that_gives_up_is_told_once_with_its_log(service, told, status):
    service.change("ExecStart=", f"ExecStart=/bin/sh -c 'echo no luck today; exit {status}'")
    assert service.systemctl("restart", "mocean").returncode != 0
    names, lines = told()
    assert names == "mocean\n"
    assert "no luck today" in lines
    assert f"status={status}" in lines


def test_a_copy_that_failed_is_told_and_seen(service, told):
    copies = Copies(service)
    service.systemctl("stop", "mocean")
    service.box.write("/var/lib/private/mocean/logbook.sqlite3", "no logbook")
    assert service.systemctl("start", f"{copies.unit}.service").returncode != 0
    names, lines = told()
    assert names == f"{copies.unit}\n"
    assert "/logbook.sqlite3 can't be copied to " in lines
    assert copies.unit in service.box.run("systemctl", "--failed").stdout
    assert copies.names() == []


def test_without_a_program_of_the_admin_nothing_happens(service):
    service.change("ExecStart=", "ExecStart=/bin/sh -c 'exit 78'")
    assert service.systemctl("restart", "mocean").returncode != 0
    wait_until(lambda: "condition check" in service.systemctl("status", "--no-pager", "mocean-failed@mocean").stdout)
    assert "mocean-failed" not in service.box.run("systemctl", "--failed").stdout


def test_the_programs_of_the_handbook_that_send_a_message(service):
    mail, chat = re.findall("^```bash\n(#!/bin/sh\n.*?)^```", HANDBOOK, re.MULTILINE | re.DOTALL)
    posted = []

    class Chat(Handler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

    def send(program):
        service.box.write("/etc/mocean-failed", program)
        service.box.run("chmod", "755", "/etc/mocean-failed", check=True)
        assert service.systemctl("start", "mocean-failed@mocean").returncode == 0

    service.box.write("/usr/local/bin/mail", '#!/bin/sh\n(echo "$@"; cat) > /root/sent\n')
    service.box.run("chmod", "755", "/usr/local/bin/mail", check=True)
    send(mail)
    sent = service.box.run("cat", "/root/sent").stdout
    assert re.match("-s mocean has failed on .+ you@example.org\n", sent)
    assert "Started mocean.service" in sent
    with serving(Chat) as server:
        send(re.sub("https://[^/]*/", f"http://127.0.0.1:{server.server_port}/", chat))
    assert posted == [{"text": "mocean has failed. Look: journalctl -u mocean"}]
