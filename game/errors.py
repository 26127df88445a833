"""What can go wrong at sea: each kind of problem is one error word of the protocol.

    raise NoSailor("No sailor has the name “zed”. Ask the route who for all names.", "who")

becomes a reply with `error=no-sailor`, this sentence and `try=/who`. Its HTTP status is in `web/errors.py`.
"""

from math import ceil


class Problem(Exception):
    """Why something can't be done, in a sentence, and what can be done instead: a route and its keys.

    Without a route, the reply shows how to ask the same route so that it works. "" is the front door.
    """

    word = "bug"

    def __init__(self, sentence, instead=None, **keys):
        super().__init__(sentence)
        self.instead, self.keys = instead, keys
        self.fields = {}  # what the reply has besides


class BadValue(Problem):
    word = "bad-value"


class UnknownId(Problem):
    word = "unknown-id"


class Banned(Problem):
    word = "banned"


class Muted(Problem):
    word = "muted"


class WrongWord(Problem):
    word = "wrong-word"


class NoSailor(Problem):
    word = "no-sailor"


class NoItem(Problem):
    word = "no-item"


class NameTaken(Problem):
    word = "name-taken"


class MailboxFull(Problem):
    word = "mailbox-full"


class Cannot(Problem):
    word = "cannot"


class TooFast(Problem):
    """Somebody asks too often. `wait` is the number of seconds after which it works again."""

    word = "too-fast"

    def __init__(self, sentence, wait, instead=None, **keys):
        seconds = max(1, ceil(wait))
        super().__init__(
            f"{sentence} Wait {seconds} s, in a program with time.sleep({seconds}), and ask again.", instead, **keys
        )
        self.fields = {"wait": seconds}


class OceanFull(Problem):
    word = "ocean-full"


class Paused(Problem):
    word = "paused"
