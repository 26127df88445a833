"""What can go wrong: each kind of trouble is one error of the protocol.

    raise NoSailor("No sailor is called “zed”. See who is here.", "who")

becomes the reply with the status 404, `error=no-sailor`, this sentence, and `try=/who`: see `replies.py`.
"""


class Trouble(Exception):
    """Why something can't be done, as a sentence, and a route with its keys that can.

    Each kind is one error of the protocol: its HTTP status and its word.
    Without a route, the reply shows how to ask the same route so that it works. "" is the front door.
    """

    status, word = 500, "bug"

    def __init__(self, sentence, route=None, **keys):
        super().__init__(sentence)
        self.instead = None if route is None else (route, keys)


class BadValue(Trouble):
    status, word = 400, "bad-value"


class UnknownId(Trouble):
    status, word = 403, "unknown-id"


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


class OceanFull(Trouble):
    status, word = 503, "ocean-full"
