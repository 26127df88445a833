"""One address against all others: it guesses, joins with many ships, and talks without end.

This computer has many addresses: 127.0.0.1, 127.0.0.2 and so on.
"""

import time
from collections import Counter
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import count, cycle
from threading import Event, Thread
from urllib.parse import urlencode

from tests.attack.target import probing

HOME, SCHOOL, AWAY = "127.0.0.1", "127.0.0.2", "127.0.0.3"
WORD = "plank"  # of the club whose word is guessed


class Place:
    """Asks a server from one address of this computer."""

    def __init__(self, server, address):
        self.port, self.address = server.port, address

    def ask(self, route, cookie="", **keys):
        """The status and the text of a reply; 0 and "" if there is none. The cookie is an id."""
        url, headers = f"/{route}?{urlencode(keys)}", {"Cookie": f"id-{self.port}={cookie}"} if cookie else {}
        with closing(HTTPConnection(HOME, self.port, 10, source_address=(self.address, 0))) as connection:
            try:
                connection.request("GET", url, headers=headers)
                reply = connection.getresponse()
                return reply.status, reply.read().decode()
            except (OSError, HTTPException):
                return 0, ""

    def join(self, name, **keys):
        """The id of a new ship, or ""."""
        return self.ask("join", name=name, **keys)[1].partition("id=")[2][:8]


class Flood(Thread):
    """Sends requests from one address at a steady pace. `request` makes the route and keys of the next one.

    with Flood(server, address, request) as flood:
        ...
    """

    def __init__(self, server, address, request, a_second=370):
        super().__init__(daemon=True)
        self.place, self.request, self.gap = Place(server, address), request, 1 / a_second
        self.statuses, self.ended = Counter(), Event()

    def run(self):
        due = time.monotonic()
        while not self.ended.is_set():
            route, keys = self.request()
            self.statuses[self.place.ask(route, **keys)[0]] += 1
            due = max(due + self.gap, time.monotonic() - 1)
            time.sleep(max(0, due - time.monotonic()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def wait_until(self, status, times):
        """Wait until so many more replies had this status."""
        goal, deadline = self.statuses[status] + times, time.monotonic() + 60
        while self.statuses[status] < goal:
            assert time.monotonic() < deadline, self.statuses
            time.sleep(0.01)


def siege(target, seconds):
    """Floods from one address, each for so many seconds, against the others there."""
    return [*guessing(target, seconds), *talking(target, seconds)]


def guessing(target, seconds):
    """Ids at random, while one plays at that address and another one comes there."""
    bob, numbers = Place(target, SCHOOL).join("bob"), count()
    flood = Flood(target, HOME, lambda: ("location", {"id": f"guess{next(numbers)}"}))
    with probing(target) as probe, flood:  # the probe plays at 127.0.0.1, too
        flood.wait_until(429, 1)
        began, left = time.monotonic(), time.monotonic() + seconds
        while Place(target, HOME).ask("location", id=bob)[0] != 200 and time.monotonic() < began + 60:
            time.sleep(1)
        came = time.monotonic() - began
        time.sleep(max(0, left - time.monotonic()))
    tried, told = flood.statuses.total(), flood.statuses[403]
    return [
        (f"ids that were told, of {tried} guesses in {seconds} s", told, told < 90 + came + seconds),
        probe.row("these guesses from the same address"),
        ("seconds until one who polls and is new there is in", f"{came:.1f}", came < 5),
    ]


def wording(target, seconds):
    """Club words at random, while somebody joins who knows the word."""
    numbers = count()
    flood = Flood(target, AWAY, lambda: ("join", {"name": "eve", "word": f"guess{next(numbers)}"}))
    with flood:
        flood.wait_until(429, 1)
        is_in = bool(Place(target, HOME).join("newcomer", word=WORD))
        time.sleep(seconds)
    told = flood.statuses[403]
    return [
        (f"club words that were told, of {flood.statuses.total()} guesses in {seconds} s", told, told <= 70 + seconds),
        ("somebody elsewhere joins meanwhile", is_in, is_in),
    ]


def writing(target, number):
    """Letters from 400 ships to one another, who never read them."""
    bots = Place(target, AWAY)
    ids = [bots.join(f"bot{ship}") for ship in range(400)]
    taken = 0
    for turn in range(number):
        sender, receiver = ids[turn % 400], f"bot{turn // 400 % 400}"
        taken += bots.ask("sendchat", id=sender, name=receiver, message="blah " * 40)[0] == 200
    return [(f"letters that were taken, of {number} from one address", taken, taken <= 50 * 400)]


def talking(target, seconds):
    """As many ships as can join at once, which all talk."""
    bots = Place(target, AWAY)
    ids = [id for number in range(200) if (id := bots.join(f"bot{number}"))]
    turns = cycle(ids)
    flood = Flood(target, AWAY, lambda: ("sendchat", {"id": next(turns), "message": "blah"}))
    with probing(target) as probe, flood:
        time.sleep(seconds)
    said = flood.statuses[200]
    return [
        ("ships that joined at once, of 200", len(ids), len(ids) <= 130),
        (f"messages of theirs, of {flood.statuses.total()} in {seconds} s", said, said <= 150 + 30 * (seconds + 1)),
        probe.row("this talk"),
    ]
