"""Copy the logbook, also while a server writes to it: python -m server.backup COPY

The logbook is that of the settings. Without a name, the copy is put beside it, with the date in its name.
"""

import argparse
import os
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from server.settings import BadSetting, Settings


def copies(file):
    """The copies of a logbook that are kept in the folder `backups` beside it, the oldest first."""
    return sorted(Path(file).resolve().parent.glob("backups/*.sqlite3"))


def back_up(file, copy):
    """Make a copy that is whole, and readable only for us. Raises OSError or sqlite3.Error, and leaves none then."""
    partial = f"{copy}.partial"
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        source = sqlite3.connect(f"{Path(file).resolve().as_uri()}?mode=rw", uri=True)
        with closing(source), closing(sqlite3.connect(partial)) as target:
            source.backup(target)
            problem = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
        os.replace(partial, copy)
    finally:
        Path(partial).unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m server.backup", description="Copy the logbook.")
    parser.add_argument("copy", nargs="?", help="the file to write")
    copy = parser.parse_args().copy
    try:
        file = Settings.read(os.environ).logbook
        copy = copy or f"{file}.copy-{datetime.now():%Y-%m-%d-%H%M%S}"
        back_up(file, copy)
    except BadSetting as problem:
        sys.exit(str(problem))
    except (sqlite3.Error, OSError) as problem:
        sys.exit(f"{file} can't be copied to {copy}: {problem}. MOCEAN_LOGBOOK=FILE names another logbook.")
    print(f"{copy} is a copy of {file}")


if __name__ == "__main__":
    main()
