"""The clubs of this computer: their servers, settings and logbooks.

A *club* is here the name of its server, as systemd knows it: `mocean`, or `mocean@reds`. Its settings are in
/etc/mocean@reds.env, its logbook in /var/lib/mocean@reds unless they name another file.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import time

from server.backup import back_up, copies, keep
from server.commands import Failed, run, systemctl
from server.logbook import ENDINGS, MEMORY
from server.settings import BadSetting, Settings

STATE = Path("/var/lib/private")  # where systemd keeps the files of a service with DynamicUser=yes


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


def status_of(club):
    """What a server says about itself."""
    return systemctl("show", "--value", "--property=StatusText", club).strip()


# ---- Settings ----


def settings_file(club):
    return Path(f"/etc/{club}.env")


def settings_of(club):
    """The settings of a club. Raises Failed."""
    try:
        return Settings.read(read_file(settings_file(club)) | {"STATE_DIRECTORY": str(STATE / club)})
    except BadSetting as problem:
        raise Failed(f"{settings_file(club)}: {problem}") from None


def read_file(path):  # MERGE: server.settings.read_file takes its place, if it returns {} for a file that isn't there
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith(("#", ";"))]
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


# ---- Logbooks ----


def logbook_of(club):
    """The file of a club's logbook, or None if there is none yet, or only in memory. Raises Failed."""
    file = settings_of(club).logbook
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


def put_back(copy, file):
    """Let a copy take the place of a logbook that nobody uses. Returns where the old one is now. Raises Failed."""
    new = file.with_name(f"{file.name}.older")
    aside = file.with_name(f"{file.name}.newer-{datetime.now():%Y-%m-%d-%H%M%S}")
    owner = file.parent.stat()
    try:
        back_up(copy, new)
        shutil.chown(new, owner.st_uid, owner.st_gid)
    except (sqlite3.Error, OSError) as problem:
        raise Failed(f"The copy {copy} can't take the place of {file}: {problem}") from None
    for ending in ENDINGS:
        if os.path.exists(f"{file}{ending}"):
            os.rename(f"{file}{ending}", f"{aside}{ending}")
    new.rename(file)
    return aside
