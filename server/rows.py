"""The rows of the logbook: how sailors, mail and the ocean's own facts stand in its tables, and back."""

import json
from dataclasses import fields
from types import UnionType
from typing import get_origin

from game.mail import Message
from game.sailors import NAP, Sailor

KINDS = {field.name: get_origin(field.type) or field.type for field in fields(Sailor)}
OURS = {"name", "x", "y", "since", "heard", "heading", "speed", "depth", "items"}  # what each row of a sailor has
THE_OCEANS = {"tide", "last_number", "paused", "pauses", "found", "bans"}  # what the row of the ocean has


# An INSERT OR REPLACE would remove the old row first, and take half as long again.
WRITE_SAILOR = "INSERT INTO sailors VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET facts = excluded.facts"
JSON = json.JSONEncoder(ensure_ascii=False, default=list)  # a set becomes a list, as JSON knows no sets
as_json = JSON.encode


def write_rows(execute, ocean, ids, journal, noted):
    """Write the rows of these sailors, without those who are gone, and what the journal of the mail says.

    Of those who are `noted`, write what the leader sees.
    """
    for id in ids:
        sailor = ocean.crew.by_id.get(id)
        if sailor:
            execute(WRITE_SAILOR, [id, as_json(vars(sailor))])
        else:
            execute("DELETE FROM sailors WHERE id = ?", [id])
    for id in noted:
        execute("DELETE FROM seen WHERE sailor = ?", [id])
        if id in ocean.crew.seen:
            execute("INSERT INTO seen VALUES (?, ?)", [id, ocean.crew.seen[id]])
    for what, who, message in journal:
        if what == "letter":
            execute("INSERT INTO mail VALUES (?, ?, ?, ?, ?)", [who, *message])
        elif what == "read":
            execute("DELETE FROM mail WHERE sailor = ? AND number <= ?", [who, message])
        elif what == "broadcast":
            execute("INSERT INTO chat VALUES (?, ?, ?, ?, ?)", [*message, who])
        elif what == "expired":
            execute("DELETE FROM chat WHERE number <= ?", [message])
        elif what == "letter gone":
            execute("DELETE FROM mail WHERE sailor = ? AND number = ?", [who, message])
        elif what == "broadcast gone":
            execute("DELETE FROM chat WHERE number = ?", [message])


def facts_of(text, needed):
    """The facts in a JSON text. Raises ValueError or such if it isn't one, or if one of those that are needed lacks."""
    facts = json.loads(text)
    if not facts.keys() >= needed:
        raise ValueError(f"{', '.join(needed - facts.keys())} is missing")
    return facts


def message_of(number, sender, message, sent):
    """A message from its row. Raises ValueError or TypeError if that has no numbers where it should."""
    return Message(int(number), sender, message, float(sent))


def sailor_of(id, facts, now):
    """A sailor with these facts. One that isn't there has its default; one that isn't declared is an attribute, too."""
    facts = {name: as_declared(name, value) for name, value in facts.items()} | {"id": id}
    # If the clock was set back by little in between, the ship would stand still until then. If it was more, the sailor
    # sleeps until the next request, and keeps both times, as perhaps it is today's clock that is wrong.
    if 0 < facts["heard"] - now < NAP:
        facts["since"], facts["heard"] = min(facts["since"], now), now
    sailor = Sailor(**{name: value for name, value in facts.items() if name in KINDS})
    for name in facts.keys() - KINDS.keys():
        setattr(sailor, name, facts[name])
    return sailor


def as_declared(name, value):
    """A value from JSON as the type that the class Sailor declares: a tuple, say, and not a list. Raises TypeError."""
    kind = KINDS.get(name)
    if value is None or not isinstance(kind, type) or kind is UnionType:
        return value
    if isinstance(value, (kind, float)):  # half a hat is kept, though hats are int
        return value
    try:
        return kind(value)
    except (ValueError, TypeError) as error:
        raise TypeError(f"the attribute {name} of a sailor is {value!r} in the file: {error}") from error
