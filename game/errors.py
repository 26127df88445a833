"""What can go wrong: each kind of trouble is one error of the protocol.

    raise NoSailor("No sailor has the name “zed”. Ask the route who for all names.", "who")

becomes the reply with the status 404, `error=no-sailor`, this sentence, and `try=/who`: see `replies.py`.
"""

from math import ceil


class Trouble(Exception):
    """Why something can't be done, as a sentence, and a route with its keys that can.

    Each kind is one error of the protocol: its HTTP status and its word.
    Without a route, the reply shows how to ask the same route so that it works. "" is the front door.
    """

    status, word = 500, "bug"

    def __init__(self, sentence, route=None, **keys):
        super().__init__(sentence)
        self.instead = None if route is None else (route, keys)
        self.fields = {}  # what the reply has besides


class BadValue(Trouble):
    status, word = 400, "bad-value"


class UnknownId(Trouble):
    status, word = 403, "unknown-id"


class Banned(Trouble):
    status, word = 403, "banned"


class Muted(Trouble):
    status, word = 403, "muted"


class WrongWord(Trouble):
    status, word = 403, "wrong-word"


class NoSailor(Trouble):
    status, word = 404, "no-sailor"


class NoItem(Trouble):
    status, word = 404, "no-item"


class NameTaken(Trouble):
    status, word = 409, "name-taken"


class MailboxFull(Trouble):
    status, word = 409, "mailbox-full"


class Cannot(Trouble):
    status, word = 409, "cannot"


class TooFast(Trouble):
    """Somebody asks too often. `wait` is after how many seconds it works again."""

    status, word = 429, "too-fast"

    def __init__(self, sentence, wait, route=None):
        seconds = max(1, ceil(wait))
        super().__init__(f"{sentence} Wait {seconds} s, in a program with time.sleep({seconds}), and ask again.", route)
        self.fields = {"wait": seconds}


class OceanFull(Trouble):
    status, word = 503, "ocean-full"


class Paused(Trouble):
    status, word = 503, "paused"


# ---- Of the way in which something was asked ----


class CrossSite(Trouble):
    status, word = 403, "cross-site"


class MissingKey(Trouble):
    status, word = 400, "missing-key"


class UnknownKey(Trouble):
    status, word = 400, "unknown-key"


class NoRoute(Trouble):
    status, word = 404, "no-route"


class BadMethod(Trouble):
    status, word = 405, "bad-method"


class UrlTooLong(Trouble):
    status, word = 414, "too-long"


class HeadersTooLong(Trouble):
    status, word = 431, "too-long"


class Prefetch(Trouble):
    status, word = 503, "prefetch"


class Bug(Trouble):
    status, word = 500, "bug"
