"""The logbook: a file that keeps the ocean when the server stops, however it stops.

    logbook = Logbook("logbook.sqlite3")
    logbook.read(ocean, now=time())    # a new ocean becomes what it was
    ...                                # a request changes something
    logbook.write(ocean)               # now the file has all that changed or, on LogbookProblem, nothing of it

It is an SQLite database. The program sqlite3 can look into it, also while the server runs: select * from sailors;
A sailor is one row with all attributes as JSON, so a new attribute needs no change here.

SQLite leaves what was deleted in its files until it needs the room. So the logbook is tidied up once a day, and written
anew when a sailor is erased: then no byte of that is in it any more.

Words: a *transaction* is a change that is in the file as a whole or not at all. SQLite writes it into a second file,
the *WAL* (write-ahead log, its name ends in -wal), and from time to time moves what is there into the main file.
"""

import logging
import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from copy import deepcopy
from datetime import datetime
from math import inf
from time import time

from game.errors import Problem
from game.ocean import Ocean
from server.migrations import MIGRATIONS
from server.rows import OURS, THE_OCEANS, as_json, facts_of, message_of, sailor_of, write_rows

MEMORY = ":memory:"
ENDINGS = ("", "-wal", "-shm")  # of the names of a database's files
DAY = 24 * 3600  # seconds
LOCK, NEW = "-lock", "-new"  # of the names of two files of our own: see Logbook.keep_others_out and write_everything
log = logging.getLogger(__name__)


class LogbookProblem(Problem):
    """The logbook can't be read or written now."""

    word = "logbook"


class Damaged(Exception):
    """The file is no logbook, or not a whole one."""


class Logbook:
    """The logbook in a file, or with the name ":memory:" in memory only. It is opened by the first `read`."""

    def __init__(self, file, sync="normal"):
        self.file = MEMORY if file == MEMORY else os.path.realpath(file)
        self.sync = sync  # what survives a power cut: "normal" is nearly everything, "full" everything
        self.connection = self.lock = None
        self.inodes = {None}  # which files are open and locked, and None if something is amiss
        self.boot = None  # how many servers have opened the file, including this one
        self.facts = None  # what the file has of the ocean apart from sailors and mail
        self.tidied = -inf  # when it was last tidied up
        self.incident = ""  # what the leader should know of the file's fate
        self.failure = ""  # why it can't be written now, if it can't

    @property
    def news(self):
        """What the leader should know, or ""."""
        return f"{self.incident} {self.failure}".strip()

    # -- Reading

    def read(self, ocean, now):
        """Fill a new ocean with what the file has. `now` is in seconds. Raises LogbookProblem."""
        with self.explained():
            self.load(ocean, now)
            if self.boot is None:
                self.connection.execute("UPDATE ocean SET boot = boot + 1")
                (count,) = self.connection.execute("SELECT boot FROM ocean").fetchone()
                self.boot = int(now * 1000) if self.file == MEMORY else count  # memory can't count those before

    def check(self):
        """See that a server can be started with this file. Raises LogbookProblem."""
        with self.explained():
            self.load(Ocean(), time())
            self.close()

    def load(self, ocean, now):
        """Fill a new ocean. A damaged file is set aside, and a new one begun."""
        try:
            if not self.connection:
                self.open()
            self.fill(ocean, now)
        except Damaged as damage:
            self.set_aside(damage)
            self.open()
            self.fill(ocean, now)

    def fill(self, ocean, now):
        """Read everything into a new ocean. Raises Damaged, or TypeError if the file does not fit the program."""
        rows = self.connection.execute
        with damage_noticed():
            sailors = [(id, facts_of(text, OURS)) for id, text in rows("SELECT id, facts FROM sailors")]
            letters = [(id, message_of(*row)) for id, *row in rows("SELECT * FROM mail ORDER BY number")]
            broadcasts = [(message_of(*row), but) for *row, but in rows("SELECT * FROM chat ORDER BY number")]
            facts = facts_of(rows("SELECT facts FROM ocean").fetchone()[0], THE_OCEANS)
        sailors = sorted((sailor_of(id, kept, now) for id, kept in sailors), key=lambda sailor: sailor.heard)
        ocean.restore(sailors, letters, broadcasts, facts)
        self.facts = deepcopy(vars(ocean.world))

    # -- Writing

    def is_behind(self, ocean):
        """True if the ocean may have changed since the last `write` or `read`."""
        return bool(ocean.crew.changes or ocean.mail.journal or ocean.is_erased) or vars(ocean.world) != self.facts

    def write(self, ocean):
        """Write all that has changed since the last time, or raise LogbookProblem and write nothing.

        Returns True if something has changed.
        """
        has_changed = self.is_behind(ocean)
        if has_changed:
            is_untidy = not 0 <= ocean.now - self.tidied < DAY
            if is_untidy:
                ocean.forget_old()
            with self.explained():
                self.commit(ocean)
            if is_untidy:
                self.tidy(ocean.now)
        elif ocean.crew.polled:  # somebody was heard from, and nothing else is new: nobody has to know if this fails
            with suppress(sqlite3.Error, OSError):
                self.commit(ocean)
            ocean.crew.polled.clear()
        return has_changed

    def commit(self, ocean):
        """Write what has changed or, if somebody has replaced an open file or erased a sailor, all there is."""
        facts = vars(ocean.world)
        if self.find_inodes() != self.inodes:
            self.keep_others_out()
            self.write_everything(ocean)
            self.incident = "Somebody had removed or replaced the logbook. It was written again from memory."
            log.warning("%s: %s", self.file, self.incident)
        elif ocean.is_erased and self.file != MEMORY:
            self.write_everything(ocean)
        else:
            with self.connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                write_rows(connection.execute, ocean, ocean.crew.changes | ocean.crew.polled, ocean.mail.journal)
                if facts != self.facts:
                    connection.execute("UPDATE ocean SET facts = ?", [as_json(facts)])
        if facts != self.facts:
            self.facts = deepcopy(facts)
        self.failure, ocean.is_erased = "", False
        for written in (ocean.crew.changes, ocean.crew.polled, ocean.mail.journal):
            written.clear()

    def write_everything(self, ocean):
        """Begin a new file, with all that is in memory. It takes the place of the old one at once and as a whole."""
        with suppress(FileNotFoundError):
            os.remove(self.file + NEW)  # which a crash has left
        with closing(database(self.file + NEW)) as connection:
            migrate(connection, os.path.basename(self.file))
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                write_rows(connection.execute, ocean, ocean.crew.by_id, ocean.mail.entries())
                connection.execute("UPDATE ocean SET boot = ?, facts = ?", [self.boot, as_json(vars(ocean.world))])
        self.move_away("replaced")
        self.open()

    def tidy(self, now):
        """Leave nothing in the files that has been deleted. If that fails, there is another day."""
        with suppress(sqlite3.Error):
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                self.connection.execute(statement)
        self.tidied = now

    # -- The file

    def open(self):
        """Open the file, and make or migrate it if needed. Raises Damaged, LogbookProblem, OSError or sqlite3.Error."""
        self.close()
        self.keep_others_out()
        if not os.path.exists(self.file):
            self.move_away("replaced")  # as SQLite deletes a WAL without its file, or takes it for that of another one
            with suppress(FileNotFoundError):
                os.rename(self.file + NEW, self.file)
        self.connection = database(self.file)
        try:
            with damage_noticed():
                problem = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if problem != "ok":
                    raise ValueError(problem)
                for pragma in ("journal_mode = WAL", f"synchronous = {self.sync}"):
                    self.connection.execute(f"PRAGMA {pragma}")
                migrate(self.connection, os.path.basename(self.file))
            self.inodes = self.find_inodes()
        except BaseException:
            self.close()
            raise

    def close(self):
        for connection in (self.connection, self.lock):
            if connection:
                connection.close()
        self.connection, self.lock, self.inodes = None, None, {None}

    def keep_others_out(self):
        """Let no second server use this logbook. A lock on the file itself would also keep out those who only read."""
        self.inodes.add(None)  # until all is well
        if self.lock:
            self.lock.close()
        if self.file != MEMORY:
            self.lock = database(self.file + LOCK)
            self.lock.execute("BEGIN EXCLUSIVE")

    def set_aside(self, damage):
        """Rename a damaged file, so that nothing is lost which somebody could still save, and say so loudly."""
        self.close()
        kept = self.move_away("damaged")
        self.incident = f"The logbook was damaged. It is kept as {os.path.basename(kept)}, and a new one was begun."
        log.warning("%s: %s. %s", self.file, damage, self.incident)

    def move_away(self, fate):
        """Rename the files that have the logbook's names, except for ours, which can go. Returns the new name."""
        kept = f"{self.file}.{fate}-{datetime.now():%Y-%m-%d-%H%M%S-%f}"
        for ending in ENDINGS:
            name = self.file + ending
            with suppress(FileNotFoundError):
                if os.stat(name).st_ino in self.inodes:
                    os.remove(name)
                else:
                    os.rename(name, kept + ending)
        return kept

    def find_inodes(self):
        """Which files have the logbook's names now."""
        inodes = set()
        for ending in (*ENDINGS, LOCK):
            with suppress(FileNotFoundError):
                inodes.add(os.stat(self.file + ending).st_ino)
        return inodes

    @contextmanager
    def explained(self):
        """Turn what SQLite, the system and Python complain about into a LogbookProblem."""
        try:
            yield
        except (sqlite3.Error, OSError, Damaged, TypeError, ValueError, OverflowError) as error:
            log.error("The logbook %s can't be used: %s", self.file, error)
            name, reason = os.path.basename(self.file), f"{error}. Nothing was changed: ask again in a minute."
            if "locked" in str(error):
                reason = "another server has it open. Stop that one, or use another logbook."
            self.failure = f"The logbook {name} can't be used: {reason}"
            raise LogbookProblem(self.failure, "") from error


# ---- SQLite ----


def database(file):
    """A connection to a database, which is made if there is none: readable only for us, as it holds ids."""
    if file != MEMORY:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(file, timeout=1, isolation_level=None, check_same_thread=False)
    connection.text_factory = bytes.decode  # so that bytes which are no text are a ValueError
    connection.execute("PRAGMA secure_delete = ON")  # zeros in place of what was deleted, and of old memory
    return connection


def migrate(connection, name):
    """Bring a database to the newest version. Raises LogbookProblem if it is newer than this program."""
    version, newest = connection.execute("PRAGMA user_version").fetchone()[0], len(MIGRATIONS)
    if version > newest:
        reason = f"has version {version}, and this program knows none above {newest}"
        raise LogbookProblem(f"The logbook {name} {reason}. Use the newer program, or another logbook.", "")
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            step(connection.execute)
            connection.execute(f"PRAGMA user_version = {number}")


NONSENSE = ("no such", "table", "duplicate", "error in", "unsupported")  # how SQLite begins to complain about a file


@contextmanager
def damage_noticed():
    """Raise Damaged if what is read in this block makes no sense. A disk that can't be read now is no damage."""
    try:
        yield
    except Exception as error:
        is_outside = isinstance(error, (sqlite3.OperationalError, OSError, MemoryError, Problem))
        if is_outside and not str(error).startswith(NONSENSE):
            raise
        raise Damaged(str(error)) from error
