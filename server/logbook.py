"""The logbook: a file that keeps the ocean when the server stops, however it stops.

    logbook = Logbook("logbook.sqlite3")
    logbook.read(ocean, now=time())    # a new ocean becomes what it was
    ...                                # a request changes something
    logbook.write(ocean)               # now the file has all that changed or, on LogbookProblem, nothing of it

It is an SQLite database. The program sqlite3 can look into it, also while the server runs: select * from sailors;
A sailor is one row with all attributes as JSON, so a new attribute needs no change here.

Words: a *transaction* is a change that is in the file as a whole or not at all. SQLite writes it into a second file,
the *WAL* (write-ahead log, its name ends in -wal), and from time to time moves what is there into the main file.
"""

import json
import logging
import os
import sqlite3
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import fields
from datetime import datetime
from time import time
from typing import get_origin

from game.errors import Problem
from game.mail import Message
from game.ocean import Ocean
from game.sailors import Sailor
from server.migrations import MIGRATIONS

SYNC = {"normal": "NORMAL", "full": "FULL"}  # what survives a power cut: nearly everything, or everything
ENDINGS = ("", "-wal", "-shm")  # of the names of the files that make up an SQLite database
log = logging.getLogger(__name__)


class LogbookProblem(Problem):
    """The logbook can't be read or written now."""

    word = "logbook"


class Damaged(Exception):
    """The file is no logbook, or not a whole one."""


class Logbook:
    """The logbook in a file, or with the name ":memory:" in memory only. It is opened by the first `read`."""

    def __init__(self, file, sync="normal"):
        self.file, self.sync = str(file), SYNC[sync]
        self.connection = self.lock = None
        self.inodes = None  # which files are open
        self.boot = None  # how many servers have opened the file, including this one
        self.facts = None  # what the file has of the ocean apart from sailors and mail
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
            if not self.connection:
                self.open()
            try:
                self.fill(ocean, now)
            except Damaged as damage:
                self.set_aside(damage)
                self.open()
                self.fill(ocean, now)
            self.count_boot(now)

    def check(self):
        """See that a server can be started with this file. Raises LogbookProblem."""
        if self.file != ":memory:":
            with self.explained():
                self.open()
                with suppress(Damaged):  # the first request sets it aside
                    self.fill(Ocean(), time())
                self.close()

    def fill(self, ocean, now):
        """Read everything into a new ocean. Raises Damaged, or TypeError if the file does not fit the program."""
        rows = self.connection.execute
        try:
            sailors = sorted((sailor_of(*row, now) for row in rows("SELECT * FROM sailors")), key=lambda s: s.heard)
            letters = [(id, Message(*row)) for id, *row in rows("SELECT * FROM mail ORDER BY number")]
            broadcasts = [(Message(*row), but) for *row, but in rows("SELECT * FROM chat ORDER BY number")]
            facts = json.loads(rows("SELECT facts FROM ocean").fetchone()[0])
            ocean.restore(sailors, letters, broadcasts, **facts)
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, ValueError, LookupError) as error:
            raise Damaged(str(error)) from error
        self.facts = deepcopy(ocean.facts())

    def count_boot(self, now):
        """Give this server a number that no other has had."""
        if self.boot is None and self.file == ":memory:":
            self.boot = int(now * 1000)
        elif self.boot is None:
            self.connection.execute("UPDATE ocean SET boot = boot + 1")
            self.boot = self.connection.execute("SELECT boot FROM ocean").fetchone()[0]

    # -- Writing

    def is_behind(self, ocean):
        """True if the ocean may have changed since the last `write` or `read`."""
        return bool(ocean.crew.changes or ocean.mail.journal) or ocean.facts() != self.facts

    def write(self, ocean):
        """Write all that has changed since the last time, or raise LogbookProblem and write nothing.

        If all that is new is that somebody was heard from, it may fail without a word.
        """
        if self.is_behind(ocean):
            with self.explained():
                self.commit(ocean)
        elif ocean.crew.polled:
            with suppress(sqlite3.Error, OSError):
                self.commit(ocean)
            ocean.crew.polled.clear()

    def commit(self, ocean):
        """Write what has changed or, if somebody has removed or replaced the open file, all there is."""
        if self.find_inodes() == self.inodes:
            self.write_changes(ocean)
        else:
            self.write_everything(ocean)
        ocean.crew.changes.clear()
        ocean.crew.polled.clear()
        ocean.mail.journal.clear()
        self.failure = ""

    def write_changes(self, ocean):
        facts = ocean.facts()
        with self.transaction():
            for id in ocean.crew.changes | ocean.crew.polled:
                self.write_sailor(id, ocean.crew.by_id.get(id))
            for entry in ocean.mail.journal:
                self.write_mail(*entry)
            if facts != self.facts:
                self.connection.execute("UPDATE ocean SET facts = ?", [as_json(facts)])
                self.facts = deepcopy(facts)

    def write_sailor(self, id, sailor):
        """Write the row of a sailor, or remove it if nobody has this id any more."""
        if sailor:
            facts = as_json(sailor.facts())
            self.connection.execute(
                "INSERT INTO sailors VALUES (?, ?) ON CONFLICT DO UPDATE SET facts = excluded.facts", [id, facts]
            )
        else:
            self.connection.execute("DELETE FROM sailors WHERE id = ?", [id])

    def write_mail(self, what, who, message):
        """Write an entry of Mail.journal."""
        execute = self.connection.execute
        if what == "letter":
            execute("INSERT INTO mail VALUES (?, ?, ?, ?, ?)", [who, *message])
        elif what == "read":
            execute("DELETE FROM mail WHERE sailor = ? AND number <= ?", [who, message])
        elif what == "broadcast":
            execute("INSERT INTO chat VALUES (?, ?, ?, ?, ?)", [*message, who])
        elif what == "expired":
            execute("DELETE FROM chat WHERE number <= ?", [message])

    def write_everything(self, ocean):
        """Begin a new file, with all that is in memory. If that fails, the old one stays open."""
        old, self.connection = self.connection, None
        try:
            self.rename_files("replaced")
            self.connect()
            with self.transaction():
                self.connection.execute("UPDATE ocean SET boot = ?", [self.boot])
                for id, sailor in ocean.crew.by_id.items():
                    self.write_sailor(id, sailor)
                for entry in ocean.mail.entries():
                    self.write_mail(*entry)
                self.connection.execute("UPDATE ocean SET facts = ?", [as_json(ocean.facts())])
        except BaseException:
            if self.connection:
                self.connection.close()
            self.connection = old
            raise
        self.facts, self.inodes = deepcopy(ocean.facts()), self.find_inodes()
        old.close()
        self.incident = "Somebody had removed or replaced the logbook. It was written again from memory."
        log.warning("%s: %s", self.file, self.incident)

    @contextmanager
    def transaction(self):
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    # -- The file

    def open(self):
        """Open the file, and make or migrate it if needed. A damaged one is set aside."""
        self.keep_others_out()
        try:
            self.connect()
        except Damaged as damage:
            self.set_aside(damage)
            self.keep_others_out()
            self.connect()
        self.inodes = self.find_inodes()

    def keep_others_out(self):
        """Let no second server use this logbook. A lock on the file itself would also keep out those who only read."""
        if not self.lock and self.file != ":memory:":
            os.close(os.open(f"{self.file}-lock", os.O_RDWR | os.O_CREAT, 0o600))
            self.lock = sqlite3.connect(f"{self.file}-lock", timeout=1, isolation_level=None, check_same_thread=False)
            self.lock.execute("BEGIN EXCLUSIVE")

    def connect(self):
        """Open the file. Raises Damaged, LogbookProblem, OSError or sqlite3.Error."""
        if self.file != ":memory:":
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))  # it holds ids: only for us to read
        self.connection = sqlite3.connect(self.file, timeout=1, isolation_level=None, check_same_thread=False)
        self.connection.text_factory = bytes.decode  # so that bytes which are no text are a ValueError, see fill
        try:
            for pragma in ("journal_mode = WAL", f"synchronous = {self.sync}"):
                self.connection.execute(f"PRAGMA {pragma}")
            problem = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise Damaged(problem)
            self.migrate()
        except sqlite3.OperationalError:
            self.close()
            raise
        except (sqlite3.DatabaseError, ValueError) as error:
            raise Damaged(str(error)) from error

    def migrate(self):
        """Bring the file to the newest version. Raises LogbookProblem if it is newer than this program."""
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            self.close()
            raise LogbookProblem(
                f"The logbook {os.path.basename(self.file)} has version {version}. This program knows versions up to "
                f"{len(MIGRATIONS)}. Use the newer program, or another logbook.",
                "",
            )
        for number, step in enumerate(MIGRATIONS[version:], version + 1):
            with self.transaction():
                step(self.connection)
                self.connection.execute(f"PRAGMA user_version = {number}")

    def close(self):
        for connection in (self.connection, self.lock):
            if connection:
                connection.close()
        self.connection = self.lock = self.inodes = None

    def set_aside(self, damage):
        """Rename a damaged file, so that nothing is lost which somebody could still save, and say so loudly."""
        self.close()
        kept = self.rename_files("damaged")
        self.incident = f"The logbook was damaged. It is kept as {os.path.basename(kept)}, and a new one was begun."
        log.warning("%s: %s. %s", self.file, damage, self.incident)

    def rename_files(self, fate):
        """Get the files out of the way, but keep them. Returns the new name."""
        kept = f"{self.file}.{fate}-{datetime.now():%Y-%m-%d-%H%M%S-%f}"
        for ending in ENDINGS:
            with suppress(FileNotFoundError):
                os.rename(self.file + ending, kept + ending)
        return kept

    def find_inodes(self):
        """The numbers by which the system knows the files that have the logbook's names now."""
        if self.file == ":memory:":
            return None
        with suppress(FileNotFoundError):
            return [os.stat(self.file + ending).st_ino for ending in ("", "-wal")]

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


# ---- Between sailors and rows ----

KINDS = {field.name: get_origin(field.type) or field.type for field in fields(Sailor)}
OURS = {"name", "x", "y", "since", "heard", "heading", "speed", "depth", "items"}  # each sailor has these


def as_json(facts):
    """Facts as a JSON text. A set becomes a list, as JSON knows no sets."""
    return json.dumps(facts, ensure_ascii=False, default=list)


def sailor_of(id, text, now):
    """The sailor of a row. What isn't in the row has its default; what isn't declared becomes an attribute, too."""
    facts = {name: as_declared(name, value) for name, value in json.loads(text).items()}
    if not facts.keys() >= OURS:
        raise ValueError(f"the row of a sailor lacks {OURS - facts.keys()}")
    facts["id"] = id
    # If the clock has been set back meanwhile, the ship would wait for it at its place, and the sailor never sleep.
    facts["since"], facts["heard"] = min(facts["since"], now), min(facts["heard"], now)
    sailor = Sailor(**{name: value for name, value in facts.items() if name in KINDS})
    for name in facts.keys() - KINDS.keys():
        setattr(sailor, name, facts[name])
    return sailor


def as_declared(name, value):
    """A value from JSON as the type with which the class Sailor declares the attribute: a tuple, say, and not a list.

    Raises ValueError if that can't be. For an attribute that a student has added it is TypeError: then a change of the
    program is to blame, and not the file.
    """
    kind = KINDS.get(name)
    if value is None or not isinstance(kind, type) or isinstance(value, kind):
        return value
    try:
        same = kind(value)
    except (ValueError, TypeError) as error:
        kind_of_error = ValueError if name in OURS else TypeError
        raise kind_of_error(f"the attribute {name} of a sailor is {value!r} in the file: {error}") from error
    return value if isinstance(value, float) and same != value else same  # half a hat is kept, though hats are int
