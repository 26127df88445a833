"""The versions of the logbook's file: each function here makes the next version of it.

Add to the end of MIGRATIONS, and never change what is there: files of all versions are out there. An empty file has
version 0.
"""

import json
from contextlib import suppress

from game.sailors import Sailor


def make_tables(execute):
    for table in (
        "sailors (id TEXT PRIMARY KEY, name TEXT, x REAL, y REAL, since REAL, heard REAL, heading REAL, speed REAL, "
        "depth REAL, items TEXT)",
        "mail (sailor TEXT, number INTEGER, sender TEXT, message TEXT, sent REAL, "
        "PRIMARY KEY (sailor, number)) WITHOUT ROWID",
        "seamounts (name TEXT PRIMARY KEY, found_by TEXT)",
        "ocean (boot INTEGER, tide INTEGER, last_number INTEGER)",
    ):
        execute(f"CREATE TABLE {table}")
    execute("INSERT INTO ocean VALUES (0, 1, 0)")


def keep_words(execute):
    execute("CREATE TABLE chat (number INTEGER PRIMARY KEY, sender TEXT, message TEXT, sent REAL)")


def keep_pauses_and_bans(execute):
    execute("ALTER TABLE ocean ADD COLUMN paused REAL DEFAULT 0")
    execute("ALTER TABLE ocean ADD COLUMN pauses REAL DEFAULT 0")
    execute("CREATE TABLE bans (who TEXT PRIMARY KEY, until REAL)")


def keep_facts_as_json(execute):
    """The row of a sailor, and that of the ocean, become one JSON text each. A broadcast knows who isn't told."""
    boot, *values = execute("SELECT boot, tide, last_number, paused, pauses FROM ocean").fetchone()
    ocean = dict(zip(("tide", "last_number", "paused", "pauses"), values))
    ocean |= {"found": dict(execute("SELECT * FROM seamounts")), "bans": dict(execute("SELECT * FROM bans"))}
    table = execute("SELECT * FROM sailors")
    names = [name for name, *_ in table.description]
    sailors = [{name: from_column(name, value) for name, value in zip(names, row)} for row in table]
    for name in ("sailors", "ocean", "seamounts", "bans"):
        execute(f"DROP TABLE {name}")
    execute("CREATE TABLE ocean (boot INTEGER, facts TEXT)")
    execute("INSERT INTO ocean VALUES (?, ?)", [boot, json.dumps(ocean, ensure_ascii=False)])
    execute("CREATE TABLE sailors (id TEXT PRIMARY KEY, facts TEXT) WITHOUT ROWID")
    for sailor in sailors:
        # The mailbox has copies of the broadcasts that the sailor was to hear, so none of them is unread.
        facts = {name: value for name, value in sailor.items() if value is not None}
        facts["last_read"] = ocean["last_number"]
        execute("INSERT INTO sailors VALUES (?, ?)", [sailor["id"], json.dumps(facts, ensure_ascii=False)])
    execute("ALTER TABLE chat ADD COLUMN but TEXT")


def from_column(name, value):
    """What version 3 had in a column of a sailor: a number, a text that was declared as one, or anything as JSON."""
    if isinstance(value, str) and Sailor.__annotations__.get(name) is not str:
        with suppress(ValueError):
            return json.loads(value)
    return value


def drop_oldest_letters(execute):
    """Any number of letters could wait before. More than these would not fit into the memory of a small machine."""
    execute("DELETE FROM mail WHERE number NOT IN (SELECT number FROM mail ORDER BY number DESC LIMIT 20000)")


def keep_the_sea_of_old(execute):
    """Seas had no seed before. A logbook that has been used says so, and a new one gets a seed of its own."""
    boot, facts = execute("SELECT boot, facts FROM ocean").fetchone()
    if boot:
        execute("UPDATE ocean SET facts = ?", [json.dumps({**json.loads(facts), "seed": ""}, ensure_ascii=False)])


def keep_what_the_leader_sees(execute):
    """Apart from the sailor's other facts, which are written with each order."""
    execute("CREATE TABLE seen (sailor TEXT PRIMARY KEY, notes TEXT) WITHOUT ROWID")


def tell_the_kind_of_news(execute):
    """The news have a kind and a name each, on which older programs would fail. Ocean.restore adds what lacks."""


MIGRATIONS = [
    make_tables,
    keep_words,
    keep_pauses_and_bans,
    keep_facts_as_json,
    drop_oldest_letters,
    keep_the_sea_of_old,
    keep_what_the_leader_sees,
    tell_the_kind_of_news,
]
