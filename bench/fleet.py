"""Ships at sea, as many as are wanted, and where they are."""

from random import Random
from time import time

import requests

from game import sailors
from game.ocean import Ocean
from server.logbook import Logbook

MOST = 20_000  # ships in any part of the benchmark


def anywhere(number):
    """All over the ocean, and under way."""
    chance = Random(number)
    return dict(x=chance.uniform(0, 900), y=chance.uniform(0, 900), heading=chance.uniform(0, 360), speed=5)


def two_crowds(number):
    """In one of two crowds that are just too far apart to see each other."""
    return dict(x=450 + 24 * (number % 2), y=450, heading=0, speed=0)


def one_spot(number):
    """All at the same place."""
    return dict(x=450, y=450, heading=0, speed=0)


def write(file, ships, place):
    """Write a logbook in which so many ships sail, all awake. Returns their ids."""
    sailors.MOST_KEPT = MOST  # more than may join, to see how memory grows
    ocean, logbook, ids = Ocean(most_awake=MOST), Logbook(file), []
    logbook.read(ocean, time())
    for number in range(ships):
        sailor = ocean.join(f"ship{number}")
        ocean.sail(sailor, **place(number))
        ids.append(sailor.id)
    logbook.write(ocean)
    logbook.close()
    return ids


def join(url, ships):
    """Let so many ships join a server. Returns their ids."""
    with requests.Session() as session:
        joined = [session.get(f"{url}/join?name=ship{number}&format=json", timeout=10) for number in range(ships)]
    return [reply.json()["id"] for reply in joined]
