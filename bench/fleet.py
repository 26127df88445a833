"""Ships at sea, as many as are wanted, and where they are."""

import random
from time import time

import requests

from game import sailors
from game.ocean import Ocean
from server.logbook import Logbook

MOST = 20_000  # ships in any part of the benchmark


def anywhere(number):
    """A place in the ocean: x, y."""
    return random.uniform(0, 900), random.uniform(0, 900)


def two_crowds(number):
    """A place in one of two crowds that are just too far apart to see each other."""
    return 450 + 24 * (number % 2), 450


def one_spot(number):
    """The same place for all."""
    return 450, 450


def write(file, ships, place):
    """Write a logbook in which so many ships sail, all awake: those anywhere move, crowds lie still. Returns the ids."""
    sailors.MOST_KEPT = MOST
    ocean, logbook, ids = Ocean(most_awake=MOST), Logbook(file), []
    logbook.read(ocean, time())
    ocean.now = time()
    for number in range(ships):
        sailor = ocean.join(f"ship{number}")
        x, y = place(number)
        ocean.sail(sailor, x=x, y=y, heading=random.uniform(0, 360), speed=5 if place is anywhere else 0)
        ids.append(sailor.id)
    logbook.write(ocean)
    logbook.close()
    return ids


def join(url, ships):
    """Let so many ships join a server. Returns the ids."""
    with requests.Session() as session:
        joins = (session.get(f"{url}join?name=ship{number}&format=json", timeout=10) for number in range(ships))
        return [joined.json()["id"] for joined in joins]
