"""Sailors and what they say: a player with a ship, a message, a secret id.

To give sailors something more, add a line with a default to the class `Sailor`, like `hats: int = 0`. The logbook
keeps it.
"""

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from planet import ABILITIES, TREASURES

ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which look alike


class Message(NamedTuple):
    """What somebody said. Every message in the ocean has a number of its own, one more than the one before."""

    number: int
    sender: str
    message: str
    sent: float


NO_MESSAGE = Message(0, "", "", 0.0)


@dataclass
class Sailor:
    """A player with a ship that was at x, y at the time `since`, and has sailed on like this ever since."""

    name: str
    id: str
    x: float
    y: float
    since: float
    heard: float  # the time of the last request
    heading: float = 0.0
    speed: float = 0.0
    depth: float = 0.0  # as ordered; Ocean.depth is what the sea floor makes of it
    muted: bool = False  # by the harbour master
    items: list = field(default_factory=list)
    mailbox: deque = field(default_factory=deque)

    def ability(self, what):
        """The best of what the ship can do by itself and with each thing aboard, see planet.ABILITIES."""
        return max([ABILITIES[what], *(TREASURES.get(item, {}).get(what, 0) for item in self.items)])

    def top_speed(self, depth):
        """Metres a second, at most, at a depth."""
        return float(self.ability("diving speed" if depth else "speed"))

    def sight(self, depth):
        """How many metres the sailor sees from a depth."""
        return self.ability("sight") / (1 + depth / self.ability("clarity"))


def new_id():
    """A secret of 8 letters and digits: one of 31 ** 8, some 850 billion."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(8))
