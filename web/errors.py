"""Errors of the protocol: the HTTP status of each error word, and what can be wrong with the way something was asked.

What can go wrong at sea is in `game/errors.py`.
"""

from game.errors import Problem

STATUS = {
    "bad-method": 405,
    "bad-value": 400,
    "banned": 403,
    "bug": 500,
    "cannot": 409,
    "cross-site": 403,
    "logbook": 503,
    "mailbox-full": 409,
    "missing-key": 400,
    "muted": 403,
    "name-taken": 409,
    "no-item": 404,
    "no-route": 404,
    "no-sailor": 404,
    "ocean-full": 503,
    "paused": 503,
    "prefetch": 503,
    "too-fast": 429,
    "too-long": 414,
    "unknown-id": 403,
    "unknown-key": 400,
    "wrong-key": 403,
    "wrong-word": 403,
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
