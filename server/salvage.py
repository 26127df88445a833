"""Salvage: the ocean that can be saved out of a damaged logbook.

    ocean, boot = salvage("logbook.sqlite3", now=time())

It takes each record that can still be read, wherever it stands, and tells by its shape what it is. What makes no sense,
or fits nothing else, is left out: so an ocean with what is left can always be played.

The program `sqlite3` has a command .recover for the like. But not every computer has it, and it doesn't know sailors.
"""

from collections import defaultdict
from contextlib import suppress
from math import isfinite

from game.mail import BROADCASTS, MOST_LETTERS
from game.moderation import same_name
from game.ocean import Ocean
from server.records import records
from server.rows import OURS, THE_OCEANS, facts_of, message_of, sailor_of

NONSENSE = (ValueError, AttributeError, OverflowError, RecursionError)  # what comes of reading bad facts


def salvage(file, now):
    """A new ocean with all that can be read out of a file and its WAL, and how often that was opened, or 0.

    Raises TypeError if there are sailors, but none that fits the program.
    """
    rows = rows_by_table(file)
    sailors = one_of_each(sailors_in(rows["sailors"], now))
    aboard = {sailor.id for sailor in sailors}
    letters = {(id, row[0]): (id, message_of(*row)) for id, *row in rows["mail"] if id in aboard}
    broadcasts = {row[0]: (message_of(*row), but) for *row, but in rows["chat"]}
    boot, facts = max(facts_in(rows["ocean"]), key=lambda row: row[0], default=(0, {}))
    numbers = [facts.get("last_number", 0), *(number for _, number in letters), *broadcasts]
    numbers += [number for sailor in sailors for number in (sailor.last_read, *sailor.missed)]
    ocean = Ocean()
    ocean.now = now
    ocean.restore(
        sailors,
        sorted(letters.values(), key=lambda letter: letter[1].number)[-MOST_LETTERS:],
        [broadcasts[number] for number in sorted(broadcasts)][-BROADCASTS:],
        facts | {"last_number": max(numbers)},
    )
    return ocean, boot


def rows_by_table(file):
    """The records of a file that have the shape of rows of ours, as lists of values by the name of the table."""
    rows = defaultdict(list)
    for number, values in records(file):
        match number, values:
            case None, [str(), str()]:
                rows["sailors"].append(values)
            case None, [str(), int(), str(), str(), int() | float()]:
                rows["mail"].append(values)
            case int(), [None, str(), str(), int() | float(), *but]:  # `but` is younger than some rows
                rows["chat"].append([number, *values[1:4], *(but or [None])])
            case int(), [int(), str()]:
                rows["ocean"].append(values)
    return rows


def sailors_in(rows, now):
    """The sailors in those rows that make sense. Raises TypeError if there are such, but none fits the program."""
    sailors, misfit = [], None
    for id, text in rows:
        try:
            sailor = sailor_of(id, facts_of(text, OURS), now)
        except NONSENSE:
            continue
        except TypeError as error:
            misfit = error
            continue
        if is_sound(sailor):
            sailors.append(sailor)
    if misfit and not sailors:
        raise misfit
    return sailors


def is_sound(sailor):
    """True for a sailor whose ship can sail."""
    numbers = (sailor.x, sailor.y, sailor.since, sailor.heard, sailor.heading, sailor.speed, sailor.depth)
    texts = (sailor.name, *sailor.items)
    whole = (sailor.last_read, *sailor.missed)
    return (
        all(isinstance(number, float | int) and isfinite(number) for number in numbers)
        and all(isinstance(text, str) and text for text in texts)
        and all(isinstance(number, int) for number in whole)
    )


def one_of_each(sailors):
    """Of sailors with the same id or the same name, whoever was heard from last. The last of all comes last."""
    sailors = sorted(sailors, key=lambda sailor: sailor.heard)
    sailors = {sailor.id: sailor for sailor in sailors}.values()
    return sorted({same_name(sailor.name): sailor for sailor in sailors}.values(), key=lambda sailor: sailor.heard)


def facts_in(rows):
    """How often the file was opened, and the ocean's facts, of each row in which they make sense."""
    for boot, text in rows:
        with suppress(*NONSENSE, TypeError):
            yield boot, facts_of(text, THE_OCEANS)
