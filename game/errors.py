"""What can go wrong at sea: each kind of problem is one error word of the protocol.

    raise NoSailor("No sailor has the name “zed”. Ask the route who for all names.", "who")

becomes a reply with `error=no-sailor`, this sentence and `try=/who`. Its HTTP status is in `web/errors.py`.

A sentence may quote whatever was sent: it is made printable.
"""

import unicodedata
from math import ceil

OBEYED = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # kinds of characters that control how others are shown
JOINERS = "\u200c\u200d"  # of these kinds, but in Persian, in Hindi and in many emoji they belong to the text


def printable(text):
    """A text with nothing in it that a terminal would obey, on one line."""
    if text.isprintable():
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if is_obeyed(character) else character for character in text)


def printable_lines(text):
    """The same for a text of several lines."""
    return "\n".join(map(printable, text.splitlines()))


def is_obeyed(character):
    return unicodedata.category(character) in OBEYED and character not in JOINERS


class Problem(Exception):
    """Why something can't be done, in a sentence, and what can be done instead: a route and its keys.

    Without a route, the reply shows how to ask the same route so that it works. "" is the front door.
    """

    word = "bug"

    def __init__(self, sentence, instead=None, /, **keys):
        super().__init__(printable(sentence))
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

    def __init__(self, sentence, wait, instead=None, /, **keys):
        seconds = max(1, ceil(wait))
        super().__init__(
            f"{sentence} Wait {seconds} s, in a program with time.sleep({seconds}), and ask again.", instead, **keys
        )
        self.fields = {"wait": seconds}


class OceanFull(Problem):
    word = "ocean-full"


class Paused(Problem):
    word = "paused"
