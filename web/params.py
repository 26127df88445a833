"""Keys: what stands in a URL behind the ?, read and checked.

    Key("a number of times", example=3, read=whole_number)    # for /cheer?times=2

Words: after the `?` of a URL stand *keys* and their *values*, as in `/cheer?name=ada&times=2`. A route *wants* some
keys, as its function has parameters. A *reader* makes of the text that was sent the value that the function gets.
"""

from collections.abc import Callable
from difflib import get_close_matches
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from bottle import request

from troubles import BadValue, MissingKey, UnknownKey

MOST_KEYS = 50
EVERYWHERE = ("format", "id")  # keys that every route understands


# ---- What a route wants ----


class Key(NamedTuple):
    """What a parameter of a route stands for.

    `what` says what it is; `example` is a value that works, or a function that returns one; `read` turns the text that
    was sent into the argument, or raises ValueError; `name` is the key's name in the URL if it isn't the parameter's.
    With `given_by`, only that route gives out values, and a browser may send its value back as a cookie.
    """

    what: str = "a text, like hello"
    example: Any = "hello"
    read: Callable = str.strip
    name: str = ""
    given_by: str = ""

    def sample(self):
        """A value that works."""
        return self.example() if callable(self.example) else self.example


class Wanted(NamedTuple):
    """A key that one route takes, and the parameter that gets it."""

    parameter: str
    name: str
    key: Key
    required: bool


def number(text):
    """A number such as 90 or 12.5, not infinite."""
    value = float(text) + 0.0  # which makes 0 of -0
    if not isfinite(value):
        raise ValueError(text)
    return value


def whole_number(text):
    """A whole number from 0 up."""
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


def one_of(choices):
    """A reader that accepts only these texts."""

    def read(text):
        if text.strip().lower() not in choices:
            raise ValueError(text)
        return text.strip().lower()

    read.choices = list(choices)
    return read


def choices(key):
    """The values that a key can have, if they are few: see one_of."""
    return getattr(key.read, "choices", ())


def sent():
    """The keys and values of this request, both text."""
    return request.environ.get("mocean.sent", {})


def value_of(name):
    """What was sent as a key or else as a cookie, or "". The key wins."""
    return sent().get(name, "").strip() or cookie(name)


def cookie(name):
    """What the browser remembers, or "". Whatever other programs on the same computer have set is passed over."""
    pairs = (pair.partition("=") for pair in request.environ.get("HTTP_COOKIE", "").split(";"))
    return next((value.strip() for key, _, value in pairs if key.strip() == name and value), "")


def read_query(query):
    """The part of the URL after the `?` as a dict. Raises BadValue."""
    try:
        # WSGI passes the bytes of the URL on as if they were Latin-1; the world sends UTF-8.
        text = query.encode("latin-1").decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_KEYS)
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


def read_keys(wanted, values):
    """The arguments for a route, from the values sent. Raises MissingKey, BadValue, or what a key's reader raises."""
    arguments = {}
    for parameter, name, key, required in wanted:
        text = value_of(name) if key.given_by else values.get(name, "").strip()
        if text:
            arguments[parameter] = read_key(name, key, text)
        elif required:
            raise MissingKey(f"The key {show(name)} is missing. It is {key.what}.", key.given_by or None)
    return arguments


def read_key(name, key, text):
    """One argument from its text."""
    try:
        return key.read(text)
    except ValueError:
        raise BadValue(f"The key {show(name)} needs {key.what}. You sent {show(text)}.") from None


def check_known(names, values, route):
    """Raises UnknownKey, with what was probably meant, if a key was sent that is not among the names a route takes."""
    for name in values:
        if name not in names and name not in EVERYWHERE:
            guess = get_close_matches(name.lower(), names, 1)
            hint = f"Did you mean {show(guess[0])}?" if guess else f"It takes {', '.join(names) or 'no keys'}."
            raise UnknownKey(f"The route {route.rule} does not know the key {show(name)}. {hint}")


def show(text, most=40):
    """What somebody sent, in quotes, printable and not too long."""
    return f"“{printable(text) if len(text) <= most else printable(text[:most]) + '...'}”"


def printable(text):
    """A sentence with nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
