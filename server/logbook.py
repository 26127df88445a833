"""The logbook: a file that keeps the ocean when the server stops, however it stops.

    logbook = Logbook("logbook.sqlite3")
    ocean = logbook.read(Ocean(), now=time())  # the ocean as it was
    ...                                        # a request changes something
    logbook.write(ocean)                       # now the file has all that changed, or on LogbookTrouble nothing of it

It is an SQLite database, in which one process at a time can write. To look into it, make a copy with `make backup`,
open that with the program sqlite3, and type: select * from sailors;

Every attribute of a sailor is a column. A new one needs no change here.

Words: a *transaction* is a change that is in the file as a whole or not at all. SQLite writes it into a second file,
the *WAL* (write-ahead log, its name ends in -wal), and from time to time moves what is there into the main file.
"""

import json
import os
import shutil
import sqlite3
import sys
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import fields
from datetime import datetime
from time import time
from typing import get_origin

from ocean import Ocean
from sailors import Message, Sailor
from troubles import Trouble

PLAIN = (bool, int, float, str)  # the types that SQLite can keep as they are
SYNC = {"normal": "NORMAL", "full": "FULL"}  # what survives a power cut: nearly everything, or everything
NOTE_HEARD = 60  # seconds: if nothing else changes, that somebody was heard is not written more often

# The scripts that make a new file, and an old one new: the first makes version 1 of an empty file (version 0), the
# next makes version 2 of that. Add to the end and never change what is there: files of all versions are out there.
MIGRATIONS = [
    """
    CREATE TABLE sailors (id TEXT PRIMARY KEY, name TEXT, x REAL, y REAL, since REAL, heard REAL, heading REAL,
        speed REAL, depth REAL, items TEXT);
    CREATE TABLE mail (sailor TEXT, number INTEGER, sender TEXT, message TEXT, sent REAL,
        PRIMARY KEY (sailor, number)) WITHOUT ROWID;
    CREATE TABLE seamounts (name TEXT PRIMARY KEY, found_by TEXT);
    CREATE TABLE ocean (boot INTEGER, tide INTEGER, last_number INTEGER);
    INSERT INTO ocean VALUES (0, 1, 0);
    """,
    """
    CREATE TABLE chat (number INTEGER PRIMARY KEY, sender TEXT, message TEXT, sent REAL);
    """,
    """
    ALTER TABLE ocean ADD COLUMN paused REAL DEFAULT 0;
    ALTER TABLE ocean ADD COLUMN pauses REAL DEFAULT 0;
    CREATE TABLE bans (who TEXT PRIMARY KEY, until REAL);
    """,
]


class LogbookTrouble(Trouble):
    """The logbook can't be read or written now."""

    status, word = 503, "logbook"

    def __init__(self, sentence):
        super().__init__(sentence, "")


class Damaged(Exception):
    """The file is no logbook, or not a whole one."""


class Page:
    """What the file has of one sailor."""

    def __init__(self, sailor):
        self.attributes = {
            name: value if type(value) in PLAIN else deepcopy(value)
            for name, value in vars(sailor).items()
            if name != "mailbox"
        }
        self.heard = sailor.heard
        self.mail = numbers(sailor.mailbox)

    def is_true(self, sailor):
        """True if the sailor is still like this, but for the time of the last request. Each request asks this."""
        # Two attributes are compared in other ways. Taken over here, they make the rest one quick comparison.
        known = self.attributes
        known["heard"], known["mailbox"] = sailor.heard, sailor.mailbox
        return known == vars(sailor) and self.mail == numbers(sailor.mailbox)


def numbers(mailbox):
    """The numbers of the first and the last message, or (0, 0)."""
    return (mailbox[0].number, mailbox[-1].number) if mailbox else (0, 0)


class Logbook:
    """The logbook in a file, or with the name ":memory:" none. It is opened by the first `read`."""

    def __init__(self, file, sync="normal"):
        self.file = str(file)
        self.sync = SYNC[sync]
        self.connection = None
        self.place = None  # which files are open, once they have been read
        self.boot = None  # how many servers have opened the file, with this one
        self.damage = ""  # what the leader should know of a file that was put aside
        self.refusal = ""  # why the last write failed, if it did
        self.pages = {}  # what the file has of each sailor, by id
        self.world = None  # what it has of all else

    @property
    def news(self):
        """What the leader should know, or ""."""
        return f"{self.damage} {self.refusal}".strip()

    # -- Reading and writing

    def read(self, ocean, now):
        """Fill a new ocean with what the file has, and return it. `now` is in seconds. Raises LogbookTrouble."""
        if self.file == ":memory:":
            self.boot = self.boot or int(now * 1000)
            return ocean
        with self.trouble():
            self.load(ocean, now)
            if self.boot is None:
                self.connection.execute("UPDATE ocean SET boot = boot + 1")
                self.boot = self.connection.execute("SELECT boot FROM ocean").fetchone()[0]
        return ocean

    def check(self):
        """See that a server can be started with this file. Raises LogbookTrouble."""
        if self.file != ":memory:":
            with self.trouble():
                self.load(Ocean(), time())
                self.close()

    def write(self, ocean):
        """Write all that has changed since the last time, or raise LogbookTrouble and write nothing.

        If only the time of somebody's last request is new, it is written once a minute, and may fail without a word.
        """
        if self.connection:
            changed, heard = [], []
            for id in ocean.touched:
                page, sailor = self.pages.get(id), ocean.sailors.get(id)  # each None if there is none, or no more
                if not (page and sailor and page.is_true(sailor)):
                    changed.append(id)
                elif ocean.now - page.heard >= NOTE_HEARD:
                    heard.append(id)
            if changed or world_of(ocean) != self.world:
                with self.trouble():
                    self.commit(ocean, changed)
            elif heard:
                with suppress(sqlite3.Error, OSError):
                    self.commit(ocean, heard)
        ocean.touched.clear()

    def commit(self, ocean, ids):
        """Write what is new about some sailors and about all else, in one transaction."""
        world = world_of(ocean)
        with self.transaction():
            for id in ids:
                if id in ocean.sailors:
                    self.write_sailor(ocean.sailors[id])
                else:
                    self.connection.execute("DELETE FROM sailors WHERE id = ?", [id])
                    self.connection.execute("DELETE FROM mail WHERE sailor = ?", [id])
            if world != self.world:
                self.write_world(ocean)
        self.pages.update({id: Page(ocean.sailors[id]) for id in ids if id in ocean.sailors})
        for id in ids:
            if id not in ocean.sailors:
                self.pages.pop(id, None)
        self.world = deepcopy(world)
        self.refusal = ""

    def write_sailor(self, sailor):
        """Write the row of a sailor, and what is new in the mailbox."""
        row = {name: to_column(name, value) for name, value in vars(sailor).items() if name != "mailbox"}
        for name in row.keys() - self.columns:
            self.connection.execute(f'ALTER TABLE sailors ADD COLUMN "{name}"')
            self.columns.add(name)
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        self.connection.execute(f"INSERT OR REPLACE INTO sailors ({names}) VALUES ({marks})", [*row.values()])
        known_first, known_last = self.pages[sailor.id].mail if sailor.id in self.pages else (0, 0)
        first, last = numbers(sailor.mailbox)
        if first != known_first:
            self.connection.execute(
                "DELETE FROM mail WHERE sailor = ? AND (number < ? OR ? = 0)", [sailor.id, first, first]
            )
        if last > known_last:
            new = [(sailor.id, *letter) for letter in sailor.mailbox if letter.number > known_last]
            self.connection.executemany("INSERT INTO mail VALUES (?, ?, ?, ?, ?)", new)

    def write_world(self, ocean):
        """Write what is not about one sailor. It is little, so it is written as a whole."""
        self.connection.execute(
            "UPDATE ocean SET tide = ?, last_number = ?, paused = ?, pauses = ?",
            [ocean.tide, ocean.last_number, ocean.paused, ocean.pauses],
        )
        self.connection.execute("DELETE FROM seamounts")
        self.connection.executemany("INSERT INTO seamounts VALUES (?, ?)", ocean.found.items())
        self.connection.execute("DELETE FROM chat")
        self.connection.executemany("INSERT INTO chat VALUES (?, ?, ?, ?)", ocean.last_words)
        self.connection.execute("DELETE FROM bans")
        self.connection.executemany("INSERT INTO bans VALUES (?, ?)", ocean.bans.items())

    @contextmanager
    def transaction(self):
        self.check_place()
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def load(self, ocean, now):
        """Open the file, unless it is open, and fill a new ocean. A damaged file is put aside."""
        if self.place:
            self.put_back()
        if not self.connection:
            self.open()
        try:
            self.fill(ocean, now)
        except Damaged as damage:
            self.put_aside(damage)
            self.open()
            self.fill(ocean, now)

    def fill(self, ocean, now):
        """Read everything into a new ocean. Raises Damaged, or TypeError if the file does not fit the program."""
        rows = self.connection.execute
        try:
            mail = {}
            for id, *letter in rows("SELECT * FROM mail ORDER BY number"):
                mail.setdefault(id, []).append(Message(*letter))
            table = rows("SELECT * FROM sailors ORDER BY heard")
            names = [name for name, *_ in table.description]
            sailors = [sailor_of(dict(zip(names, row)), mail, now) for row in table]
            world = rows("SELECT tide, last_number, paused, pauses FROM ocean").fetchone() or (1, 0, 0.0, 0.0)
            found = dict(rows("SELECT * FROM seamounts"))
            bans = dict(rows("SELECT * FROM bans"))
            words = [Message(*row) for row in rows("SELECT * FROM chat ORDER BY number")]
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, ValueError) as error:
            raise Damaged(str(error)) from error
        ocean.restore(now, sailors, *world, found, words, bans)
        self.columns = set(names)
        self.pages = {sailor.id: Page(sailor) for sailor in sailors}
        self.world = deepcopy(world_of(ocean))
        self.place = self.find_files()

    # -- The file

    def open(self):
        """Open the file, and make or migrate it if needed. A damaged one is put aside."""
        try:
            self.connect()
        except Damaged as damage:
            self.put_aside(damage)
            self.connect()

    def connect(self):
        """Open the file and keep other processes out. Raises Damaged, LogbookTrouble, OSError or sqlite3.Error."""
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))  # it holds ids: only for us to read
        self.connection = sqlite3.connect(self.file, timeout=1, isolation_level=None, check_same_thread=False)
        self.connection.text_factory = bytes.decode  # so that bytes which are no text are a ValueError, see fill
        try:
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", f"synchronous = {self.sync}"):
                self.connection.execute(f"PRAGMA {pragma}")
            problem = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise Damaged(problem)
            self.migrate()
        except sqlite3.OperationalError:
            self.close()
            raise
        except sqlite3.DatabaseError as error:
            raise Damaged(str(error)) from error

    def migrate(self):
        """Bring the file to the newest version. Raises LogbookTrouble if it is newer than this program."""
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            self.close()
            raise LogbookTrouble(
                f"The logbook {os.path.basename(self.file)} has version {version}. "
                f"This program knows versions up to {len(MIGRATIONS)}. Use the newer program, or another logbook."
            )
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self.connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = self.place = None

    def put_aside(self, damage):
        """Rename a damaged file, so that nothing is lost which somebody could still save, and say so loudly."""
        self.close()
        kept = f"{self.file}.damaged-{datetime.now():%Y-%m-%d-%H%M%S-%f}"
        for ending in ("", "-wal"):
            if os.path.exists(self.file + ending):
                os.rename(self.file + ending, kept + ending)
        self.damage = f"The logbook was damaged. It is kept as {os.path.basename(kept)}, and a new one was begun."
        print(f"WARNING: {self.file}: {damage}. {self.damage}", file=sys.stderr, flush=True)

    def find_files(self):
        """Which files have the names of the logbook and its WAL. Raises FileNotFoundError."""
        return [os.stat(self.file + ending).st_ino for ending in ("", "-wal")]

    def check_place(self):
        """Raises FileNotFoundError if an open file has been moved or removed: what is written to it would be lost."""
        if self.find_files() != self.place:
            raise FileNotFoundError("somebody has put another file in its place")

    def put_back(self):
        """If somebody has removed the open file, write it again: what is open still has everything."""
        try:
            self.check_place()
        except FileNotFoundError:
            if not os.path.exists(self.file):
                self.connection.execute("VACUUM INTO ?", [self.file])
            elif os.stat(self.file).st_ino != self.place[0]:
                raise
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.close()

    @contextmanager
    def trouble(self):
        """Turn what SQLite, the system and Python complain about into LogbookTrouble."""
        try:
            yield
        except (sqlite3.Error, OSError, Damaged, TypeError, ValueError, OverflowError) as error:
            print(f"The logbook {self.file} can't be used: {error}", file=sys.stderr, flush=True)
            name, reason = os.path.basename(self.file), f"{error}. Nothing was changed: ask again in a minute."
            if "locked" in str(error):
                reason = "another server has it open. Stop that one, or use another logbook."
            self.refusal = f"The logbook {name} can't be used: {reason}"
            raise LogbookTrouble(self.refusal) from error


# ---- Between the ocean and the tables ----

KINDS = {field.name: get_origin(field.type) or field.type for field in fields(Sailor)}
OURS = {"id", "name", "x", "y", "since", "heard", "heading", "speed", "depth", "items"}  # each row has these


def to_column(name, value):
    """An attribute as SQLite can keep it: as it is if it is declared as a number or text, else as JSON."""
    if value is None or (KINDS.get(name) in PLAIN and isinstance(value, PLAIN)):
        return value
    return json.dumps(value, ensure_ascii=False, default=list)


def from_column(name, value):
    """The attribute that `to_column` has made a column of. One that was declared once, and isn't any more, stays.

    Raises ValueError if that can't be. For an attribute that a student has added it is TypeError: then a change of the
    program is to blame, and not the file.
    """
    kind = KINDS.get(name)
    if kind in PLAIN and type(value) is kind:
        return value
    try:
        value = json.loads(value) if isinstance(value, str) else value
        same = kind(value) if isinstance(kind, type) else value
        return value if kind in PLAIN and same != value else same  # half a hat is kept, though hats were declared int
    except (ValueError, TypeError) as error:
        if name not in KINDS:  # it was declared as a text, so it isn't JSON
            return value
        kind_of_error = ValueError if name in OURS else TypeError
        raise kind_of_error(f"the attribute {name} of a sailor is {value!r} in the file: {error}") from error


def world_of(ocean):
    """What the file should have of all that isn't about one sailor, but for the words, which have numbers."""
    return ocean.tide, ocean.last_number, ocean.paused, ocean.pauses, ocean.found, ocean.bans


def sailor_of(row, mail, now):
    """The sailor of a row. What isn't in the row has its default; what isn't declared becomes an attribute too."""
    values = {name: from_column(name, value) for name, value in row.items() if value is not None}
    if not values.keys() >= OURS:
        raise ValueError(f"the row of a sailor lacks {OURS - values.keys()}")
    sailor = Sailor(**{name: value for name, value in values.items() if name in KINDS})
    vars(sailor).update(values)
    sailor.mailbox.extend(mail.get(sailor.id, ()))
    # If the clock has been set back meanwhile, the ship would wait for it at its place, and the sailor never sleep.
    sailor.since, sailor.heard = min(sailor.since, now), min(sailor.heard, now)
    return sailor


# ---- A copy while the server runs: python logbook.py COPY ----


def back_up(file, copy):
    """Write a consistent copy of the logbook, even while a server, in another process, writes to it.

    SQLite only adds to the WAL, or, when the main file has all of it, begins it anew with another header. So the main
    file and then the WAL make a whole, if no new WAL was begun in between: then SQLite repairs what the copy lacks.
    """
    file, header = str(file), None
    while header is None or header != wal_header(file):
        header = wal_header(file)
        shutil.copy(file, copy)  # with its permissions: nobody else may read the ids in it
        if header:
            shutil.copy(file + "-wal", copy + "-wal")
    connection = sqlite3.connect(copy)
    problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    if problem != "ok":
        raise Damaged(problem)


def wal_header(file):
    """The first bytes of the WAL: each time that it is begun anew they differ. Empty without a WAL."""
    with suppress(FileNotFoundError), open(file + "-wal", "rb") as wal:
        return wal.read(32)
    return b""


def default_file(environ):
    """Where the logbook is if nobody says so: where systemd keeps the files of a service, else beside the program."""
    return os.path.join(environ.get("STATE_DIRECTORY") or os.path.dirname(os.path.abspath(__file__)), "logbook.sqlite3")


if __name__ == "__main__":
    source = os.environ.get("MOCEAN_LOGBOOK") or default_file(os.environ)
    target = sys.argv[1] if len(sys.argv) > 1 else f"{source}.copy-{datetime.now():%Y-%m-%d-%H%M%S}"
    if not os.path.exists(source):
        sys.exit(f"There is no logbook {source}. If it is elsewhere, name it: MOCEAN_LOGBOOK=FILE")
    try:
        back_up(source, target)
    except (Damaged, sqlite3.Error, OSError) as problem:
        sys.exit(f"{source} can't be copied to {target}: {problem}")
    print(f"{target} is a copy of {source}")
