"""Errors of the protocol: the HTTP status of each error word, and what can be wrong with the way something was asked.

What can go wrong at sea is in `game/errors.py`.
"""

from difflib import get_close_matches
from functools import lru_cache

from game.errors import BadValue, Problem, printable

STATUS = {
    word: status
    for status, words in {
        400: "missing-key unknown-key bad-value",
        403: "unknown-id wrong-word wrong-key muted banned cross-site",
        404: "no-route no-sailor no-item",
        405: "bad-method",
        409: "name-taken mailbox-full cannot",
        414: "too-long",
        429: "too-fast",
        500: "bug",
        503: "ocean-full paused logbook prefetch",
    }.items()
    for word in words.split()
}


def status_of(problem):
    """The HTTP status of a problem."""
    return getattr(problem, "status", None) or STATUS[problem.word]


class CrossSite(Problem):
    word = "cross-site"


class MissingKey(Problem):
    word = "missing-key"


class UnknownKey(Problem):
    word = "unknown-key"


class Misread(BadValue):
    """A value that isn't what its key needs."""


class WrongKey(Problem):
    word = "wrong-key"


class NoRoute(Problem):
    word = "no-route"


class BadMethod(Problem):
    word = "bad-method"


class UrlTooLong(Problem):
    word = "too-long"


class HeadersTooLong(Problem):
    word, status = "too-long", 431


class Prefetch(Problem):
    word = "prefetch"


class Bug(Problem):
    """A fault of the program, or of a route that a student has added."""


MISTYPED = (MissingKey, UnknownKey, Misread, NoRoute)  # with these, the rest of what was sent may be right


# ---- Quoting what was sent ----


@lru_cache(maxsize=1000)  # as comparing takes longer than all else, and a loop makes the same mistake again and again
def guess(text, names):
    """Which of the names, a tuple, somebody may have meant who sent this text, or ""."""
    return next(iter(get_close_matches(text.lower(), names, 1)), "")


def show(text, most=40):
    """What somebody sent, in quotes, printable and not too long."""
    return f"“{printable(text) if len(text) <= most else printable(text[:most]) + '...'}”"
