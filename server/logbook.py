"""The logbook: a file that keeps the ocean when the server stops, however it stops.

    logbook = Logbook("logbook.sqlite3")
    logbook.read(ocean, now=time())    # a new ocean becomes what it was
    ...                                # a request changes something
    logbook.write(ocean)               # now the file has all that changed or, on LogbookProblem, nothing of it
    logbook.undo(ocean)                # the request has failed: the ocean becomes what it was before

It is an SQLite database. The program sqlite3 can look into it, also while the server runs: select * from sailors;
A sailor is one row with all attributes as JSON, so a new attribute needs no change here.

SQLite leaves what was deleted in its files until it needs the room. So the logbook is tidied up once a day, and written
anew when a sailor is erased: then no byte of that is in it any more.

If the file is damaged while the server runs, it is written anew from memory. If that is found only at the start, what
can be saved goes into a new one: see salvage.py. The damaged file is kept in any case.

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
from game.moderation import HARBOUR
from game.ocean import DAY, Ocean
from game.sailors import is_asleep
from game.words import count
from server.backup import copies
from server.migrations import MIGRATIONS
from server.rows import OURS, THE_OCEANS, as_json, facts_of, message_of, sailor_of, write_rows
from server.salvage import salvage
from server.tracks import Tracks

MEMORY = ":memory:"
ENDINGS = ("", "-wal", "-shm")  # of the names of a database's files
LOCK, NEW = "-lock", "-new"  # of the names of two files of our own: see Logbook.keep_others_out and write_new
TEST_EVERY = 5  # seconds between two tests whether we can write
SIZES = "SELECT (SELECT count(*) FROM sailors), (SELECT count(*) FROM mail)"
LOOK = 1  # seconds between two looks at the files, if nobody changes anything
log = logging.getLogger(__name__)


class LogbookProblem(Problem):
    """The logbook can't be read or written now."""

    word = "logbook"


class Damaged(Exception):
    """The file is no logbook, or not a whole one."""


class Logbook:
    """The logbook in a file, or with the name ":memory:" in memory only. It is opened by the first `read`."""

    def __init__(self, file, sync="normal", tracks=None):
        self.file = MEMORY if file == MEMORY else os.path.realpath(file)
        self.names = () if file == MEMORY else [self.file + ending for ending in (*ENDINGS, LOCK)]
        self.tracks = tracks or Tracks(None)
        self.sync = sync  # what survives a power cut: "normal" is nearly everything, "full" everything
        self.connection = self.lock = None
        self.inodes = {None}  # which files are open and locked, and None if something is amiss
        self.size, self.changed = 0, 0  # of the main file, when we last wrote: its bytes, and when they had changed
        self.wal_size = 0  # of the WAL, when we last looked at it: between two looks it can only grow
        self.looked = -inf  # when we last looked although nobody had done anything
        self.boot = None  # how many servers have opened the file, including this one
        self.facts = None  # what the file has of the ocean apart from sailors and mail
        self.tidied = self.tested = -inf  # when it was last tidied up, and tested
        self.incident = ""  # what the leader should know of the file's fate
        self.notice = ""  # what the players should know of it
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
                # Also the facts, as a new ocean has a seed that the file has not.
                self.connection.execute("UPDATE ocean SET boot = boot + 1, facts = ?", [as_json(vars(ocean.world))])
                (count,) = self.connection.execute("SELECT boot FROM ocean").fetchone()
                self.boot = int(now * 1000) if self.file == MEMORY else count  # memory can't count those before
                self.note_change()

    def check(self):
        """See that a server can be started with this file. Raises LogbookProblem."""
        with self.explained():
            self.load(Ocean(), time())
            self.close()

    def load(self, ocean, now):
        """Fill a new ocean. If the file is damaged, with what can be saved."""
        try:
            if not self.connection:
                self.open()
            self.fill(ocean, now)
        except Damaged as damage:
            try:
                self.rescue(damage, now)
            except BaseException:
                self.close()
                raise
            self.fill(ocean, now)

    def fill(self, ocean, now, ids=None):
        """Read everything into a new ocean, or into one that is in use what the file has under some ids.

        Raises Damaged, or TypeError if the file does not fit the program.
        """
        rows, values = self.connection.execute, ids or []
        with damage_noticed():
            texts = [
                (id, facts_of(text, OURS)) for id, text in rows(f"SELECT * FROM sailors {among('id', ids)}", values)
            ]
            letters = rows(f"SELECT * FROM mail {among('sailor', ids)} ORDER BY number", values)
            letters = [(id, message_of(*row)) for id, *row in letters]
            broadcasts = [(message_of(*row), but) for *row, but in rows("SELECT * FROM chat ORDER BY number")]
            if ids is None:
                ocean.crew.seen.update(rows("SELECT * FROM seen"))
            facts = facts_of(rows("SELECT facts FROM ocean").fetchone()[0], THE_OCEANS)
        sailors = [sailor_of(id, kept, now) for id, kept in texts]
        sailors.sort(key=lambda sailor: (not is_asleep(sailor, now), sailor.heard))
        ocean.restore(sailors, letters, broadcasts, facts, values)
        self.facts = deepcopy(vars(ocean.world))

    def undo(self, ocean):
        """Let the ocean be as the file has it, after a request that failed. Only what has changed is read again.

        So with thousands of ships nobody has to wait for it either. Raises LogbookProblem, or another Exception if a
        route has changed what it can't change like that: then all has to be read again.
        """
        with self.explained():
            try:
                self.fill(ocean, ocean.now, ocean.doubtful())
            except Damaged as damage:  # which is worse than what one request has changed
                self.write_again(ocean, f"The logbook was damaged ({damage}).")
            sizes = self.connection.execute(SIZES).fetchone()
        if sizes != (len(ocean.crew.by_id), sum(map(len, ocean.mail.boxes.values()))):
            raise RuntimeError("a route has changed the lists of all sailors or letters")

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
                ocean.forget_old(time())
            with self.explained():
                self.commit(ocean)
            if is_untidy:
                self.tidy(ocean)
        elif ocean.crew.polled:  # somebody was heard from, and nothing else is new: nobody has to know if this fails
            with suppress(sqlite3.Error, OSError):
                self.commit(ocean)
            ocean.crew.polled.clear()
        elif not 0 <= ocean.now - self.looked < LOOK:
            self.looked = ocean.now
            if self.fate():
                with suppress(LogbookProblem), self.explained():
                    self.commit(ocean)
        self.tracks.write(ocean)  # after the commit, so that nothing is in it that is undone
        return has_changed

    def flush(self, ocean):
        """Write what waits for something else to be written. Raises LogbookProblem."""
        if ocean.crew.polled or ocean.crew.noted:
            with self.explained():
                self.commit(ocean)

    def test_write(self, ocean):
        """See that players could change something now. Raises LogbookProblem.

        Only writing shows it. So once in a while, the file's version is written again: nothing else can be written
        that changes nothing, as SQLite leaves out what is there already.
        """
        if not 0 <= ocean.now - self.tested < TEST_EVERY:
            self.tested = ocean.now
            with self.explained():
                self.commit(ocean)
                try:
                    self.connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
                except sqlite3.DatabaseError as error:
                    self.mend(ocean, error)
                finally:
                    self.note_change()
        elif self.failure:
            raise LogbookProblem(self.failure, "")

    def commit(self, ocean):
        """Write what has changed or, if something has happened to the files or a sailor was erased, all there is."""
        fate = self.fate()
        if fate == "replaced":
            self.keep_others_out()
            self.write_everything(ocean)
            self.tell("Somebody had removed or replaced the logbook. It was written again from memory.")
        elif fate == "damaged":
            self.write_again(ocean, "Somebody had written into the logbook.")
        elif ocean.is_erased and self.file != MEMORY:
            self.write_everything(ocean)
        else:
            self.write_changes(ocean)
        self.note_written(ocean)

    def note_written(self, ocean):
        """From now on, only what is new has to be written."""
        if vars(ocean.world) != self.facts:
            self.facts = deepcopy(vars(ocean.world))
        self.failure, ocean.is_erased = "", False
        for written in (ocean.crew.changes, ocean.crew.polled, ocean.crew.noted, ocean.mail.journal):
            written.clear()

    def write_changes(self, ocean):
        """Write what has changed, as one transaction."""
        try:
            with self.connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                ids = ocean.crew.changes | ocean.crew.polled
                write_rows(connection.execute, ocean, ids, ocean.mail.journal, ocean.crew.noted)
                if vars(ocean.world) != self.facts:
                    connection.execute("UPDATE ocean SET facts = ?", [as_json(vars(ocean.world))])
        except sqlite3.DatabaseError as error:
            self.mend(ocean, error)
        finally:
            self.note_change()

    def write_everything(self, ocean, boot=None, fate="replaced"):
        """Begin a new file, with all that is in memory. It takes the place of the old one at once and as a whole.

        Returns the name under which the old one is kept, if it is.
        """
        self.write_new(ocean, boot or self.boot)
        kept = self.move_away(fate)
        self.open()
        return kept

    def write_new(self, ocean, boot):
        """Write a file that only has to be renamed: so nobody ever finds half a logbook."""
        self.remove_new()  # which a crash has left
        try:
            with closing(database(self.file + NEW)) as connection:
                migrate(connection, os.path.basename(self.file))
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    write_rows(connection.execute, ocean, ocean.crew.by_id, ocean.mail.entries(), ocean.crew.seen)
                    connection.execute("UPDATE ocean SET boot = ?, facts = ?", [boot, as_json(vars(ocean.world))])
        except BaseException:
            self.remove_new()  # it may be what fills the disk
            raise

    def tidy(self, ocean):
        """Leave nothing in the files that has been deleted. If that fails, there is another day."""
        self.tidied, self.wal_size = ocean.now, 0
        with suppress(sqlite3.Error, OSError):
            try:
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    self.connection.execute(statement)
            except sqlite3.DatabaseError as error:
                self.mend(ocean, error)
            finally:
                self.note_change()

    # -- Damage

    def mend(self, ocean, error):
        """If this error says that the file is damaged, write a whole one from memory. Otherwise raise it again."""
        if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError) or not is_damage(error):
            raise error
        self.write_again(ocean, f"The logbook was damaged ({error}).")

    def write_again(self, ocean, incident):
        """Put a whole file, from memory, into the place of a damaged one."""
        kept = self.write_everything(ocean, self.boot, "damaged")
        self.note_written(ocean)
        self.tell(f"{incident} It was written again from memory, and the damaged one is kept as {kept}.")

    def rescue(self, damage, now):
        """Put what can be saved into the place of a damaged file: its own ships and mail or, if that is little, a copy.

        Little is less than half of the ships that the newest copy has. With a copy, what has gone since comes back.
        """
        ocean, boot = salvage(self.file, now)
        copied, copy = self.newest_copy(now)
        ships, messages = len(ocean.crew.by_id), len(ocean.mail.entries())
        saved = f"{count(ships, 'ship')} and {count(messages, 'message')} were saved."
        if copied and 2 * ships < len(copied.crew.by_id):
            ocean = copied
            saved = f"It was taken from the copy of {copy.name[:10]}, {copy.name[11:13]}:{copy.name[13:15]}."
        elif not (ships or messages):
            saved = "Nothing could be saved, so a new one was begun."
        self.notice = f"The logbook was damaged. {saved} Who is missing may join again."
        ocean.announce(self.notice, HARBOUR)
        kept = self.write_everything(ocean, self.boot or boot or int(now), "damaged")
        self.tell(f"The logbook was damaged. It is kept as {kept}. {saved}")
        log.warning("What was wrong with the logbook: %s", damage)

    def newest_copy(self, now):
        """The ocean in the newest copy that is whole, and the path of that; or None and None."""
        for copy in reversed(copies(self.file)):
            try:
                return ocean_in(copy, now), copy
            except (Damaged, LogbookProblem, sqlite3.Error, OSError) as problem:
                log.warning("The copy %s can't be used: %s", copy, problem)
        return None, None

    def tell(self, incident):
        """Let the leader know what has happened to the file."""
        self.incident = incident
        log.warning("%s: %s", self.file, incident)

    # -- The file

    def open(self):
        """Open the file, and make or migrate it if needed. Raises Damaged, LogbookProblem, OSError or sqlite3.Error.

        A damaged one stays open until it is renamed: SQLite would delete its WAL otherwise.
        """
        self.close()
        was_used = self.was_used()  # asked before the lock is there again
        self.keep_others_out()
        if self.file != MEMORY and not size_of(self.file):
            self.begin(was_used)
        self.connection = database(self.file)
        try:
            self.make_ready()
        except Damaged:
            raise
        except BaseException:
            self.close()
            raise
        self.inodes, self.wal_size = {os.stat(name).st_ino for name in self.names}, 0
        self.note_change()

    def make_ready(self):
        """See that the open file is whole and of the newest version. Raises what `open` does."""
        with damage_noticed():
            problem = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise ValueError(problem)
            for pragma in ("journal_mode = WAL", f"synchronous = {self.sync}"):
                self.connection.execute(f"PRAGMA {pragma}")
            migrate(self.connection, os.path.basename(self.file))

    def was_used(self):
        """True if there are signs that a server has used the file, or one of this name."""
        return os.path.exists(self.file + LOCK) or size_of(self.file + "-wal") > 0 or bool(copies(self.file))

    def begin(self, was_used):
        """Make the file, which is missing or has no bytes. Raises Damaged if it had some."""
        if os.path.exists(self.file):
            if was_used:  # SQLite would take it for an empty database, and delete its WAL
                raise Damaged("the file is empty")
            log.warning("%s is empty: a new logbook is begun.", self.file)
            os.remove(self.file)
        self.move_away("replaced")  # as SQLite deletes a WAL without its file, or takes it for that of another one
        if not size_of(self.file + NEW) or os.path.exists(self.file + NEW + "-journal"):
            new = Ocean()
            new.world.seed = None  # whoever reads the file first has one
            self.write_new(new, boot=0)
        os.rename(self.file + NEW, self.file)

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

    def move_away(self, fate):
        """Rename the files that have the logbook's names. Ours can go, unless damaged. Returns the new name."""
        kept = f"{self.file}.{fate}-{datetime.now():%Y-%m-%d-%H%M%S-%f}"
        for ending in ENDINGS:
            name = self.file + ending
            with suppress(FileNotFoundError):
                if fate != "damaged" and os.stat(name).st_ino in self.inodes:
                    os.remove(name)
                else:
                    os.rename(name, kept + ending)
        return os.path.basename(kept)

    def remove_new(self):
        for name in (self.file + NEW, self.file + NEW + "-journal"):
            with suppress(FileNotFoundError):
                os.remove(name)

    def fate(self):
        """What somebody else has done to the files: "replaced" them (or removed), "damaged" them, or ""."""
        try:
            files = [os.stat(name) for name in self.names]
        except FileNotFoundError:
            return "replaced"
        if {file.st_ino for file in files} != self.inodes:
            return "replaced"
        if files:
            main, wal = files[:2]
            if (main.st_size, main.st_mtime_ns) != (self.size, self.changed) or wal.st_size < self.wal_size:
                return "damaged"
            self.wal_size = wal.st_size
        return ""

    def note_change(self):
        """If the main file looks different now, that was us."""
        if self.names:
            main = os.stat(self.file)
            self.size, self.changed = main.st_size, main.st_mtime_ns

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
    if not 0 <= version < 1000:
        raise ValueError(f"it says that it has version {version}")
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
        if not is_damage(error):
            raise
        raise Damaged(str(error)) from error


def is_damage(error):
    """True if what was read makes no sense, and False if it couldn't be read."""
    is_outside = isinstance(error, (sqlite3.OperationalError, OSError, MemoryError, Problem))
    return not is_outside or str(error).startswith(NONSENSE)


def among(column, ids):
    """The part of a query that asks for the rows of some ids, or of all for None."""
    return "" if ids is None else f"WHERE {column} IN ({', '.join('?' * len(ids))})"


# ---- What can be saved ----


def ocean_in(copy, now):
    """The ocean in a copy of a logbook, which is left alone. Raises what Logbook.open does."""
    if not size_of(copy):  # SQLite would take it for an empty database
        raise Damaged("the file is empty")
    ocean, whole = Ocean(), Logbook(MEMORY)
    ocean.now = now
    whole.connection = database(MEMORY)
    with closing(whole), closing(sqlite3.connect(f"{copy.as_uri()}?immutable=1", uri=True)) as source:
        source.backup(whole.connection)
        whole.make_ready()
        whole.fill(ocean, now)
    return ocean


def size_of(name):
    """The bytes in a file, 0 if there is none."""
    return os.path.getsize(name) if os.path.exists(name) else 0
