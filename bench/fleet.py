"""Ships at sea, as many as are wanted."""

from random import Random
from time import time

import requests

from game import sailors
from game.ocean import Ocean
from server.logbook import Logbook

MOST = 20_000  # ships in any part of the benchmark


def write(file, ships, apart=None):
    """Write a logbook in which so many ships sail, all over the ocean, and all sailors are awake. Returns their ids.

    Or else the ships lie in two crowds, so many metres apart.
    """
    sailors.MOST_KEPT = MOST  # more than may join, to see how memory grows
    ocean, logbook, ids, chance = Ocean(most_awake=MOST), Logbook(file), [], Random(1)
    ocean.now = time()
    logbook.read(ocean, ocean.now)
    for number in range(ships):
        sailor = ocean.join(f"ship{number}")
        if apart is None:
            x, y, heading = (chance.uniform(0, most) for most in (900, 900, 360))
            ocean.sail(sailor, x=x, y=y, heading=heading, speed=5)
        else:
            ocean.sail(sailor, x=450 + apart * (number % 2), y=450, heading=0, speed=0)
        ids.append(sailor.id)
    logbook.write(ocean)
    logbook.close()
    return ids


def join(url, ships):
    """Let so many ships join a server. Returns their sailors' ids."""
    with requests.Session() as session:
        joined = [session.get(f"{url}/join?name=ship{number}&format=json", timeout=10) for number in range(ships)]
    return [reply.json()["id"] for reply in joined]
