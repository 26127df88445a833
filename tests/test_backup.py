"""Copies of the logbook: made while the server plays, kept, put back, and what remains when that fails."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from game.ocean import Ocean
from server.backup import copies, keep
from server.logbook import Logbook
from tests.conftest import ROOT, Clock, Server
from tests.fleet import write_logbook

NOW = Clock().now
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
    return {path.name: path.read_bytes() for path in folder.iterdir()}


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


@needs_root
def test_a_full_disk_leaves_the_older_copies(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    try:
        file = disk / "logbook.sqlite3"
        write_logbook(file, [(f"ship{number}", 1, 2, 3, 4) for number in range(1000)])
        assert run("backup", file).returncode == 0
        (disk / "junk").write_bytes(bytes(shutil.disk_usage(disk).free - 100_000))
        before = contents(disk / "backups")
        result = run("backup", file)
        assert result.returncode == 1
        assert f"{file} can't be copied to {disk / 'backups'}: database or disk is full.\n" in result.stderr
        assert contents(disk / "backups") == before
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


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


def test_two_at_once_do_not_disturb_each_other(file):
    command = [sys.executable, "-m", "server.backup", "--kind"]
    environment = {**os.environ, "MOCEAN_LOGBOOK": str(file)}
    both = [subprocess.Popen([*command, kind], cwd=ROOT, env=environment) for kind in ("nightly", "upgrade", "hand")]
    assert [process.wait(60) for process in both] == [0, 0, 0]
    assert len(contents(file.parent / "backups")) == 3


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
