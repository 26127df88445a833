"""Put a copy of the logbook into its place, and set the present one aside.

    python -m server.restore --club reds            which copies there are, and what each holds
    python -m server.restore COPY --club reds       stop the service mocean@reds, put this copy there, and start it

COPY is a file, or only the name of one in the folder `backups` beside the logbook. Without a club, the logbook is that
of the settings, and no server may have it open.

If the server doesn't start with the copy, the logbook of before comes back.
"""

import argparse
import os
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import time

from game.ocean import Ocean
from game.words import count
from server import clubs
from server.backup import (
    alone_in,
    back_up,
    belong_to_folder,
    check,
    copies,
    folder_of,
    logbook_of,
    open_logbook,
    unit_of,
)
from server.commands import Failed, perform, say, uninterrupted
from server.logbook import ENDINGS, LOCK, MEMORY, NEW, Damaged, Logbook, LogbookProblem, database, migrate
from server.settings import BadSetting, Settings

PROBLEMS = (Failed, LogbookProblem, BadSetting, sqlite3.Error, OSError)


def holds(copy):
    """What a copy holds, in words. Raises LogbookProblem if it isn't a whole logbook that this program can read."""
    logbook, ocean = Logbook(MEMORY), Ocean()
    try:
        with closing(database(MEMORY)) as logbook.connection:
            with closing(open_logbook(copy)) as source:
                check(source)
                source.backup(logbook.connection)
            migrate(logbook.connection, Path(copy).name)
            logbook.fill(ocean, time())
    except (sqlite3.Error, Damaged, TypeError, ValueError) as error:
        raise LogbookProblem(f"{copy} is not a whole logbook, or none of this program: {error}.") from error
    ships = ocean.crew.by_id.values()
    messages = sum(map(len, ocean.mail.boxes.values())) + len(ocean.mail.broadcasts)
    heard = max((sailor.heard for sailor in ships), default=None)
    until = f", last heard from {datetime.fromtimestamp(heard):%Y-%m-%d %H:%M:%S}" if ships else ""
    return f"{count(len(ships), 'ship')}, {count(messages, 'message')}{until}"


def list_copies(file, club):
    """Print which copies there are, with what each holds, and what to type."""
    found = copies(file)
    sudo, for_club = ("sudo ", f" CLUB={club}") if club else ("", "")
    for copy in found:
        try:
            print(f"{copy.name}  {holds(copy)}")
        except PROBLEMS as problem:
            print(f"{copy.name}  can't be used: {problem}")
    if not found:
        raise Failed(f"There are no copies in {folder_of(file)}. To make one, type: {sudo}make backup{for_club}")
    print(f"\nTo put one back, type: {sudo}make restore{for_club} COPY={found[-1].name}")


def restore(unit, file, name):
    """Put the copy of this name in the place of a logbook, which is that of a service or, if `unit` is None, not."""
    among = folder_of(file) / name  # if the name is a whole path, this is that
    copy = among if among.exists() else Path(name)
    if not copy.exists():
        raise Failed(f"There is no {copy}, and none in {folder_of(file)}. To list those there are, leave COPY out.")
    say(f"{copy} holds {holds(copy)}.")
    if unit:
        with uninterrupted():
            restore_service(unit, file, copy)
    else:
        put_back(copy, file)
    say(f"{file} holds {holds(file)}.")


def restore_service(unit, file, copy):
    """Stop a service, put a copy in its logbook's place, and start it. Nothing stops that half-way."""
    say(f"Stopping {unit} ...")
    kept = None
    try:
        with clubs.stopped(unit):
            kept = put_back(copy, file)
        clubs.start(unit)
    except BaseException:
        say("It does not work. Going back ...")
        with clubs.stopped(unit):
            if kept:
                take_back(file, kept)
        clubs.start(unit)
        raise
    say(f"{unit} runs: {clubs.status_of(unit)}")


def put_back(copy, file):
    """Put a copy in the place of a logbook that no server has open. Returns what the old one is called now, or None."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    new, logbook = Path(f"{file}{NEW}"), Logbook(file)
    with closing(logbook):
        try:
            logbook.keep_others_out()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise Failed(f"A server has {file} open. Stop it, and try again.") from error
            raise
        belong_to_folder(Path(f"{file}{LOCK}"))
        back_up(copy, new)
        with alone_in(file.parent):
            kept = file.with_name(os.path.basename(logbook.move_away("replaced")))
            new.rename(file)  # if the power fails before, the next server does this
    if kept.exists():
        say(f"The logbook of before is now {kept}")
        return kept
    return None


def take_back(file, kept):
    """Let the logbook of before be the logbook again."""
    for ending in ENDINGS:
        Path(f"{file}{ending}").unlink(missing_ok=True)
        if Path(f"{kept}{ending}").exists():
            os.rename(f"{kept}{ending}", f"{file}{ending}")


def work(options):
    """Do what the command says. Raises Failed."""
    try:
        unit = options.club and unit_of(options.club)
        file = logbook_of(unit) if unit else Settings.read(os.environ).logbook
        if file == MEMORY:
            raise Failed("There is no file to restore: MOCEAN_LOGBOOK=:memory: keeps the logbook in memory only.")
        if options.copy:
            restore(unit, Path(file).resolve(), options.copy)
        else:
            list_copies(file, options.club)
    except (sqlite3.Error, OSError) as problem:
        raise Failed(f"The logbook stays as it is: {problem}") from problem
    except PROBLEMS as problem:
        raise Failed(str(problem)) from problem


def main():
    parser = argparse.ArgumentParser(prog="python -m server.restore", description="Put a copy of the logbook back.")
    parser.add_argument("copy", nargs="?", help="a file, or the name of one in the folder of copies")
    parser.add_argument("--club", help="whose logbook: the service's name, or what is behind its @")
    options = parser.parse_args()
    if options.club:
        perform(lambda: work(options))
    else:
        try:
            work(options)
        except Failed as problem:
            sys.exit(str(problem))


if __name__ == "__main__":
    main()
