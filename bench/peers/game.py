"""The small game that all peers serve: the routes and fields of the real one, in the memory of one process.

It is Mocean without what takes care: no logbook, no limits, no check of names and words, no sea floor. So a peer has
less to do for each request than Mocean has.
"""

import math
import secrets
import time
from collections import deque

ROUTES = ("join", "location", "heading", "sendchat", "popchat")
SIZE = 900


class Game:
    """Each route is a method: it takes the keys of a URL, a mapping, and returns the fields of the reply."""

    def __init__(self):
        self.ships = {}  # by id
        self.number = 0

    def answer(self, route, keys):
        """The fields of the reply, and its HTTP status."""
        try:
            return {"ok": True, **getattr(self, route)(keys)}, 200
        except KeyError:
            return {"ok": False, "error": "unknown-id", "reply": "No sailor has this id."}, 403

    def join(self, keys):
        name, id, now = keys["name"], secrets.token_hex(4), time.time()
        ship = dict(name=name, x=450, y=450, heading=90.0, speed=5.0, since=now, mailbox=deque(maxlen=100))
        self.ships[id] = ship
        return {**facts(ship), "reply": f"Welcome aboard, {name}!", "name": name, "id": id}

    def location(self, keys):
        return facts(self.ships[keys["id"]])

    def heading(self, keys):
        ship = self.ships[keys["id"]]
        ship["x"], ship["y"], ship["since"] = place(ship)
        ship["heading"] = float(keys["degrees"]) % 360
        return facts(ship)

    def sendchat(self, keys):
        sender = self.ships[keys["id"]]
        self.number += 1
        letter = dict(number=self.number, sender=sender["name"], message=keys["message"], sent=time.time())
        for ship in self.ships.values():
            if ship is not sender:
                ship["mailbox"].append(letter)
        return {"reply": f"Sent as message {self.number}.", "number": self.number, "reached": len(self.ships) - 1}

    def popchat(self, keys):
        mailbox = self.ships[keys["id"]]["mailbox"]
        letter = mailbox.popleft() if mailbox else dict(number=0, sender="", message="", sent=0.0)
        return {"reply": f"{letter['sender']} says: {letter['message']}", **letter, "waiting": len(mailbox)}


def facts(ship):
    """What a ship is told about its place and course."""
    x, y, now = place(ship)
    heading, speed = ship["heading"], ship["speed"]
    place_and_course = dict(x=round(x, 2), y=round(y, 2), depth=0.0, heading=heading, speed=speed)
    reply = f"You are at x {x:.1f}, y {y:.1f}, depth 0.0. Heading {heading:.0f}, speed {speed:.1f}."
    return {"reply": reply, **place_and_course, "status": int(bool(ship["mailbox"])), "time": round(now, 3)}


def place(ship):
    """Where a ship is and when: x, y, now."""
    now = time.time()
    course, metres = math.radians(ship["heading"]), ship["speed"] * (now - ship["since"])
    return (ship["x"] + math.sin(course) * metres) % SIZE, (ship["y"] + math.cos(course) * metres) % SIZE, now
