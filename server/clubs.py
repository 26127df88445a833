"""The clubs of this computer: their servers, settings and logbooks.

A *club* is here the name of its server, as systemd knows it: `mocean`, or `mocean@reds`. Its settings are in
/etc/mocean@reds.env, its logbook in /var/lib/mocean@reds unless they name another file.
"""

import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from time import time

from server import backup, settings
from server.backup import STATE, alone_in, back_up, copies, keep
from server.commands import Failed, run, systemctl
from server.launch import START_LOCK
from server.logbook import MEMORY
from server.settings import BadSetting, Settings

# ---- Servers ----


def clubs(*states):
    """The clubs whose servers are in one of these states: active, failed and so on."""
    units = ("mocean.service", "mocean@*.service")
    lines = systemctl("list-units", "--plain", "--no-legend", f"--state={','.join(states)}", *units).splitlines()
    return [line.split()[0].removesuffix(".service") for line in lines]


def broken():
    """The clubs whose servers have failed, and perhaps try again."""
    return clubs("failed", "auto-restart")


def running():
    """The clubs whose servers run."""
    return [club for club in clubs("active", "activating") if club not in broken()]


def start(unit):
    """Start a unit. Raises Failed, with the last lines that this try wrote to the log."""
    began = time()
    try:
        systemctl("start", unit)
    except Failed:
        run("journalctl", "--sync")
        log = run("journalctl", "--unit", unit, f"--since=@{began:.6f}", "--output=cat", "--no-pager").splitlines()
        raise Failed("\n".join([f"{unit} does not start. The last lines of its log:\n", *log[-25:]])) from None


def stop(*units):
    """Stop units, and forget that they have failed."""
    systemctl("stop", *units)
    # Or an earlier failure would count against the next start. It complains about units that haven't failed.
    subprocess.run(["systemctl", "reset-failed", *units], check=False, capture_output=True)


@contextmanager
def stopped(club):
    """Stop a server. Nobody can start it meanwhile: who comes to its door waits, and so does who types a command."""
    lock = Path(START_LOCK.format(club))
    lock.touch()
    lock.chmod(0o644)  # the launch waits for it: see launch.py
    with alone_in(lock):
        stop(club)
        yield


def status_of(club):
    """What a server says about itself."""
    return systemctl("show", "--value", "--property=StatusText", club).strip()


# ---- Settings ----


def settings_file(club):
    return Path(f"/etc/{club}.env")


def in_district(name):
    """The club of a district that has this name: mocean@reds for reds. Raises Failed if there is none."""
    club = f"mocean@{name}"
    if not settings_file(club).exists():
        raise Failed(f"There is no club “{name}” here. To see all, type: sudo make clubs")
    return club


def settings_of(club):
    """The settings of a club. Raises Failed."""
    try:
        return Settings.read(settings.settings_of(club) | {"STATE_DIRECTORY": str(STATE / club)})
    except BadSetting as problem:
        raise Failed(f"{settings_file(club)}: {problem}") from None


# ---- Logbooks ----


def logbook_of(club):
    """The file of a club's logbook, or None if there is none yet, or only in memory. Raises Failed."""
    try:
        file = backup.logbook_of(club)
    except BadSetting as problem:
        raise Failed(str(problem)) from None
    return Path(file).resolve() if file != MEMORY and Path(file).exists() else None


def copy_logbook(club, copy):
    """Copy the logbook of a club, if it has one, also while its server writes. Raises Failed."""
    file = logbook_of(club)
    try:
        if file:
            back_up(file, copy)
    except (sqlite3.Error, OSError) as problem:
        raise Failed(f"The logbook {file} can't be copied: {problem}") from None


def keep_logbook(club):
    """Copy the logbook of a club, if it has one, to its backups. Raises Failed."""
    file = logbook_of(club)
    try:
        if file:
            keep(file, "upgrade")
    except (sqlite3.Error, OSError) as problem:
        raise Failed(f"No backup of the logbook {file} can be made: {problem}") from None


def remove_files(club):
    """Remove the logbook of a club, with its copies and tracks."""
    shutil.rmtree(STATE / club, ignore_errors=True)
    (STATE.parent / club).unlink(missing_ok=True)  # the link that systemd has made


def version_of(file):
    """The version of a logbook, also while a server writes; 0 for one that can't be read, as that is set aside."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as connection:
            return connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error:
        return 0


def is_readable(club, newest):
    """True if a program can read the club's logbook that knows its versions up to `newest`."""
    file = logbook_of(club)
    return not file or version_of(file) <= newest


def fitting_copy(club, newest):
    """The newest copy of a club's logbook of at most this version. Raises Failed."""
    file = logbook_of(club)
    for copy in reversed(copies(file)):
        if 0 < version_of(copy) <= newest:
            return copy
    raise Failed(
        f"{club}: the logbook has version {version_of(file)}. That program knows none above {newest}, "
        f"and none of the copies in {file.parent}/backups is that old."
    )
