"""Copy the logbook, also while a server writes to it.

    python -m server.backup                  a copy in the folder `backups` beside the logbook, with date and time
    python -m server.backup FILE             a copy of this name
    python -m server.backup --club reds      the logbook of the service mocean@reds; the nameless one's is --club mocean

Without a club, the logbook is that of the settings in the environment. A timer of systemd makes a copy each night, the
installer before each upgrade, and a server of a district when it falls asleep. Of each kind the last 14 are kept.

A copy is made under another name and then renamed: whatever fails, there is a whole copy of this name or none.
"""

import argparse
import os
import sqlite3
import sys
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from server.settings import BadSetting, Settings, settings_of

STATE = Path("/var/lib/private")  # where systemd keeps the files of a service with DynamicUser=yes
BY_HAND, PRUNED = "hand", ("nightly", "upgrade", "asleep")  # kinds of copies: all of the first are kept
MOST_KEPT = 14  # of each of the others


# ---- Which logbook ----


def unit_of(club):
    """The name of a club's service: mocean@reds for reds. Raises BadSetting if there is none."""
    unit = club if club.partition("@")[0] == "mocean" else f"mocean@{club}"
    if os.geteuid():
        raise BadSetting(f"Only root may open the logbook of a service. Type sudo before it, with CLUB={club}.")
    if "@" in unit and not (STATE / unit).exists() and not os.path.exists(f"/etc/{unit}.env"):
        raise BadSetting(f"There is no club “{club}” here: neither /etc/{unit}.env nor {STATE / unit} exists.")
    return unit


def logbook_of(unit):
    """The logbook of a service. Raises BadSetting."""
    place = {"STATE_DIRECTORY": str(STATE / unit), "MOCEAN_LOGBOOK": settings_of(unit).get("MOCEAN_LOGBOOK", "")}
    return Settings.read(place).logbook  # a mistake in another setting is no reason to make no copies


def folder_of(file):
    """The folder with the copies of a logbook. Two logbooks in one place have two."""
    file = Path(file).resolve()
    return file.with_name("backups" if file.stem == "logbook" else f"{file.stem}-backups")


def copies(file):
    """The copies in that folder, the oldest first."""
    return sorted(folder_of(file).glob("????-??-??-??????-*.sqlite3"))


# ---- Copying ----


def keep(file, kind):
    """Make a copy beside the logbook, and remove those that aren't kept. Raises OSError or sqlite3.Error."""
    os.stat(file)  # a mistake in its name makes no folder
    folder, when = folder_of(file), datetime.now()
    with alone_in(folder.parent):
        if not folder.exists():
            folder.mkdir(mode=0o700)
            belong_to_folder(folder)
        while (new := folder / f"{when:%Y-%m-%d-%H%M%S}-{kind}.sqlite3").exists():
            when += timedelta(seconds=1)
        copy_whole(file, new)
        if kind in PRUNED:
            # The newest by its name may be another one: clocks can jump back.
            earlier = [copy for copy in copies(file) if copy.stem.endswith(f"-{kind}") and copy != new]
            for old in earlier[: 1 - MOST_KEPT]:
                old.unlink(missing_ok=True)
    return new


def back_up(file, copy):
    """Make a copy that is whole. Raises OSError or sqlite3.Error, and changes nothing then.

    There are ids in it, so only its owner can read it. If root makes it, that is whoever owns the folder it is in.
    """
    if os.path.realpath(copy) == os.path.realpath(file):
        raise FileExistsError("that is the logbook itself")
    with alone_in(folder_of(file).parent):
        copy_whole(file, copy)


def copy_whole(file, copy):
    """Write a copy under another name, and rename it when it is whole. Wants to be alone."""
    partial = Path(f"{copy}.partial").absolute()
    for left_over in (partial, *folder_of(file).glob("*.partial*")):  # by one that was killed
        remove(left_over)
    try:
        write_copy(file, partial)
        os.replace(partial, copy)
        write_through(partial.parent)
    finally:
        remove(partial)


@contextmanager
def alone_in(folder):
    """Let no two programs make or move copies in a folder at the same time: wait until it is our turn."""
    import fcntl  # imported late, as Windows has none

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_copy(file, partial):
    """Write a new file with all that is in a logbook, and nothing of what has been deleted from it."""
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    belong_to_folder(partial)
    with closing(open_logbook(file)) as source:
        source.execute("VACUUM INTO ?", [str(partial)])
    with closing(open_logbook(partial)) as target:
        check(target)
    write_through(partial)


def remove(partial):
    """Remove what there is of a copy that was not finished."""
    for ending in ("", "-journal"):
        Path(f"{partial}{ending}").unlink(missing_ok=True)


def open_logbook(file):
    """A connection to a logbook that is there already."""
    return sqlite3.connect(f"{Path(file).resolve().as_uri()}?mode=rw", uri=True)


def check(connection):
    """See that a logbook is whole. Raises sqlite3.DatabaseError."""
    problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise sqlite3.DatabaseError(problem)
    if not connection.execute("PRAGMA user_version").fetchone()[0]:
        raise sqlite3.DatabaseError("there is no logbook in it")


def belong_to_folder(path):
    """Let what root has made belong to whoever owns the folder: for a service, that is the user it runs as."""
    if not os.geteuid():
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def write_through(path):
    """Return when a file, or the names in a folder, are on the disk and would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---- The command ----


def main():
    parser = argparse.ArgumentParser(prog="python -m server.backup", description="Copy the logbook.")
    parser.add_argument("copy", nargs="?", help="the file to write")
    parser.add_argument("--club", help="whose logbook: the service's name, or what is behind its @")
    parser.add_argument("--kind", choices=[BY_HAND, *PRUNED], default=BY_HAND, help="what the copy is for")
    options = parser.parse_args()
    try:
        file = logbook_of(unit_of(options.club)) if options.club else Settings.read(os.environ).logbook
    except (BadSetting, OSError) as problem:
        sys.exit(str(problem))
    if file == ":memory:":
        print("There is nothing to copy: MOCEAN_LOGBOOK=:memory: keeps the logbook in memory only.")
        return
    try:
        if options.copy:
            back_up(file, options.copy)
        copy = options.copy or keep(file, options.kind)
    except (sqlite3.Error, OSError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        is_misnamed = not options.club and not os.path.exists(file)
        hint = " MOCEAN_LOGBOOK=FILE names another one, and CLUB=mocean that of the service." if is_misnamed else ""
        sys.exit(f"{file} can't be copied to {options.copy or folder_of(file)}: {reason}.{hint}")
    print(f"{copy} is a copy of {file}")


if __name__ == "__main__":
    main()
