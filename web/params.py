"""Params: what the value of a key can be, which stands in a URL behind the ?

    @app.get("/cheer")
    def cheer(name, times: whole_number = 1): ...

takes `/cheer?name=ada&times=2`. Words: `name` and `times` are *keys*, `ada` and `2` their *values*. A parameter without
an annotation is a text. A param of your own is made from one of these:

    metres = number("a length in metres, like 4.5", 4.5)
    mood = one_of("merry", "calm")
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl

from game.errors import BadValue

MOST_KEYS = 50


@dataclass(frozen=True)
class Param:
    """What a value can be.

    `what` says it in words. `example` is a value that works, or a function that gets the ocean and returns one. `read`
    turns the text that was sent into the value, or raises ValueError. `schema` says the same as OpenAPI does. If only
    some values are possible, `choices` has them.
    """

    what: str
    example: Any
    read: Callable = str.strip
    schema: dict = field(default_factory=lambda: {"type": "string"})
    choices: tuple = ()

    def __call__(self, what, example):
        """The same with other words and another example."""
        return replace(self, what=what, example=example)


def read_number(text):
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value + 0.0  # which makes 0 of -0


def read_whole_number(text):
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


text = Param("a text, like hello", "hello")
number = Param("a number, like 4.5", 4.5, read_number, {"type": "number"})
whole_number = Param("a whole number, like 3", 3, read_whole_number, {"type": "integer", "minimum": 0})


def one_of(*choices, what=None):
    """One of these texts. What they stand for can be said by `what`."""

    def read(text):
        if text.strip().lower() not in choices:
            raise ValueError(text)
        return text.strip().lower()

    schema = {"type": "string", "enum": [*choices]}
    return Param(what or f"one of {', '.join(choices)}", choices[0], read, schema, choices)


# Python's own types do as well.
BUILT_IN = {str: text, float: number, int: Param("a whole number, like 3", 3, int, {"type": "integer"})}


# ---- What was sent ----


def read_query(query):
    """The keys and values in what stands behind the `?`. Raises BadValue."""
    try:
        raw = query.encode("latin-1").decode()  # WSGI has bytes as latin-1
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MOST_KEYS)
    except UnicodeError:
        raise BadValue("What you sent is not UTF-8 text. A browser or requests can encode it for you.", "") from None
    except ValueError:
        raise BadValue(f"You sent more than {MOST_KEYS} keys. Send only those that the route takes.", "") from None
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = max(names, key=names.count)
        raise BadValue(f"You sent the key {show(doubled)} more than once. Send each key once.", "")
    return values


def show(text, most=40):
    """What somebody sent, in quotes, printable and not too long."""
    return f"“{printable(text) if len(text) <= most else printable(text[:most]) + '...'}”"


def printable(text):
    """A sentence with nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
