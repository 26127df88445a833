"""The planet Mocean as it always is: its size, its treasure, what ships can do, and how to measure on it.

Plain numbers to change and to add to. Where things lie is in `sea.py`, and what happens in the ocean in `ocean.py`.

    >>> distance(890, 0, 10, 0)            # the short way, across the edge of the map
    20.0

A place is x (to the east) and y (to the north) in metres, on a square that wraps at its edges: who leaves
the map on the right comes in on the left. Headings and bearings are in compass degrees: 0 is north, 90 east.
"""

import math

SIZE = 900  # metres from edge to edge
MOCEAN = "Mocean"  # who speaks when the ocean itself has news
BERTHS = 50  # metres: new ships lie within this of the middle of the ocean, so that they see each other
REACH_DOWN = 3  # metres: a treasure this much deeper or higher than the ship is still at its depth


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
