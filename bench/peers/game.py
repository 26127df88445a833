"""The small game that all peers serve: join, location, sendchat and popchat, with the fields of the real ones.

It is Mocean without what takes care: no logbook, no limits, no check of names and words, no sea floor. So a peer has
less to do for each request than Mocean has.
"""

import math
import secrets
import time
from collections import deque

SIZE = 900
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Unknown(Exception):
    """Nobody has this id."""


class Game:
    def __init__(self):
        self.ships = {}  # by id
        self.number = 0

    def join(self, name):
        """A new ship."""
        id = "".join(secrets.choice(LETTERS) for _ in range(8))
        ship = dict(name=name, x=450.0, y=450.0, heading=90.0, speed=5.0, since=time.time(), mailbox=deque(maxlen=100))
        self.ships[id] = ship
        return {"ok": True, "reply": f"Welcome aboard, {name}!", "name": name, "id": id, **self.facts(ship)}

    def location(self, id):
        """Where the ship is now."""
        facts = self.facts(self.ship(id))
        sentence = "You are at x {x:.1f}, y {y:.1f}, depth {depth:.1f}. Heading {heading:.0f}, speed {speed:.1f}."
        return {"ok": True, "reply": sentence.format(**facts), **facts}

    def sendchat(self, id, message):
        """Say something to everyone."""
        sender = self.ship(id)
        self.number += 1
        letter = dict(number=self.number, sender=sender["name"], message=message, sent=time.time())
        for ship in self.ships.values():
            if ship is not sender:
                ship["mailbox"].append(letter)
        reached = len(self.ships) - 1
        sentence = f"Sent as message {self.number}. Mailboxes reached: {reached}."
        return {"ok": True, "reply": sentence, "number": self.number, "reached": reached}

    def popchat(self, id):
        """The oldest message."""
        mailbox = self.ship(id)["mailbox"]
        letter = mailbox.popleft() if mailbox else dict(number=0, sender="", message="", sent=0.0)
        return {"ok": True, "reply": f"{letter['sender']} says: {letter['message']}", **letter, "waiting": len(mailbox)}

    def ship(self, id):
        """The ship with this id. Raises Unknown."""
        try:
            return self.ships[id]
        except KeyError:
            raise Unknown(id) from None

    def facts(self, ship):
        """The fields of a ship's place and course."""
        now = time.time()
        course, metres = math.radians(ship["heading"]), ship["speed"] * (now - ship["since"])
        return {
            "x": round((ship["x"] + math.sin(course) * metres) % SIZE, 2),
            "y": round((ship["y"] + math.cos(course) * metres) % SIZE, 2),
            "depth": 0.0,
            "heading": ship["heading"],
            "speed": ship["speed"],
            "status": int(bool(ship["mailbox"])),
            "time": round(now, 3),
        }
