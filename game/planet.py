"""The planet Mocean as it always is: its sea floor, its treasure, and how to measure on it.

Plain numbers to change and to add to; what happens in the ocean is in `ocean.py`.

    >>> seafloor(690, 600)                 # the top of the seamount Great Meteor
    4.0
    >>> distance(890, 0, 10, 0)            # the short way, across the edge of the map
    20.0

A place is x (to the east) and y (to the north) in metres, on a square that wraps at its edges: who leaves
the map on the right comes in on the left. Headings and bearings are in compass degrees: 0 is north, 90 east.
"""

import math
from itertools import cycle
from random import Random
from typing import NamedTuple

SIZE = 900  # metres from edge to edge
MOCEAN = "Mocean"  # who speaks when the ocean itself has news
FLOOR = 30  # metres down to the plain between the seamounts
BERTHS = 50  # metres: new ships lie within this of the middle of the ocean, so that they see each other
REACH_DOWN = 3  # metres: a treasure this much deeper or higher than the ship is still at its depth


class Seamount(NamedTuple):
    """A mountain under water: its middle, how far below the surface its top is, and its radius, in metres."""

    name: str
    x: float
    y: float
    depth: float
    radius: float


# All are real seamounts of the Earth's oceans; their places here are invented. They must not overlap.
SEAMOUNTS = [
    Seamount("Axial", 95, 790, 9, 75),
    Seamount("Bowie", 310, 830, 5, 80),
    Seamount("Cobb", 540, 770, 6, 80),
    Seamount("Davidson", 790, 820, 12, 70),
    Seamount("Eratosthenes", 90, 560, 14, 85),
    Seamount("Fieberling", 270, 620, 10, 70),
    Seamount("Great Meteor", 690, 600, 4, 95),
    Seamount("Jasper", 850, 440, 16, 55),
    Seamount("Marsili", 150, 360, 8, 80),
    Seamount("Monowai", 640, 330, 11, 65),
    Seamount("Tamu", 800, 240, 7, 90),
    Seamount("Vema", 330, 290, 13, 60),
]


HIGHEST_TOP = min(mount.depth for mount in SEAMOUNTS)  # metres: nowhere is the sea shallower


class Trench(NamedTuple):
    """A deep valley from west to east: both ends, the middle line, half the width, metres below the plain."""

    west: float
    east: float
    y: float
    half_width: float
    deeper: float


TRENCH = Trench(west=180, east=600, y=110, half_width=60, deeper=25)

# What a ship can do without any treasure.
ABILITIES = {
    "sight": 20,  # metres that a sailor sees on the surface
    "clarity": 20,  # metres of depth at which sight is halved
    "reach": 10,  # metres from which treasure can be taken
    "speed": 40,  # metres a second on the surface, at most
    "diving speed": 5,  # metres a second under water, at most
}

# Treasure, and the abilities that it makes better. With {} it is only beautiful.
TREASURES = {
    "binoculars": {"sight": 100},
    "boat hook": {"reach": 35},
    "lantern": {"clarity": 200},
    "copper keel": {"speed": 60},
    "big propeller": {"diving speed": 10},
    "brass bell": {},
    "gold coin": {},
    "music box": {},
    "pearl": {},
    "sextant": {},
}

FASTEST = max(ABILITIES["speed"], *(better.get("speed", 0) for better in TREASURES.values()))  # that any ship can be


class Treasure(NamedTuple):
    """Where a treasure lies, in metres."""

    name: str
    x: float
    y: float
    depth: float


def lay_out(tide):
    """Where each treasure lies at a tide (1, 2, ...), by name: on a seamount, near the top."""
    random = Random(f"tide {tide}")
    places = {}
    for name, mount in zip(TREASURES, cycle(random.sample(SEAMOUNTS, len(SEAMOUNTS)))):
        x, y = reckon(mount.x, mount.y, random.uniform(0, 360), speed=random.uniform(0, mount.radius / 3), seconds=1)
        places[name] = Treasure(name, x, y, seafloor(x, y))
    return places


# ---- Measuring ----


def reckon(x, y, heading, speed, seconds):
    """Dead reckoning: where a ship is, as (x, y), that left x, y so many seconds ago at a speed in metres a second."""
    course = math.radians(heading)
    return wrap(x + math.sin(course) * speed * seconds), wrap(y + math.cos(course) * speed * seconds)


def wrap(metres):
    """A number of metres as it stands on the map: from 0 up to, but not, SIZE."""
    return metres % SIZE % SIZE  # twice: with floats, -1e-20 % 900 is 900.0


def compass(degrees):
    """The same direction from 0 up to, but not, 360 degrees."""
    return degrees % 360 % 360


def offset(here, there):
    """The short way from one number to the other on a line that wraps: from -SIZE/2 to SIZE/2."""
    return (there - here + SIZE / 2) % SIZE - SIZE / 2


def distance(x, y, to_x, to_y):
    """Metres over the water from one place to another."""
    return math.hypot(offset(x, to_x), offset(y, to_y))


def bearing(x, y, to_x, to_y):
    """The heading that leads from one place to another."""
    return compass(math.degrees(math.atan2(offset(x, to_x), offset(y, to_y))))


def direction(degrees):
    """The direction of a bearing in words: 200 is south."""
    winds = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
    return winds[round(degrees / 45) % 8]


def seafloor(x, y):
    """Metres from the surface down to the sea floor at a place."""
    along = min(max(x, TRENCH.west), TRENCH.east)
    depth = FLOOR + TRENCH.deeper * bell(distance(x, y, along, TRENCH.y) / TRENCH.half_width)
    for mount in SEAMOUNTS:
        depth -= (FLOOR - mount.depth) * bell(distance(x, y, mount.x, mount.y) / mount.radius)
    return depth


def bell(t):
    """A smooth hill (a raised cosine): 1 in its middle, where t is 0, and 0 from its rim on, where t is 1."""
    return (1 + math.cos(math.pi * t)) / 2 if t < 1 else 0.0


def seamount_at(x, y):
    """The seamount on whose slope a place is, or None."""
    return next((mount for mount in SEAMOUNTS if distance(x, y, mount.x, mount.y) < mount.radius), None)
