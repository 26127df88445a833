"""The lookout in the crow's nest: which ships are near a place, and how what is seen is told."""

import math
from collections import defaultdict
from itertools import product

from planet import SIZE, bearing, compass, distance, wrap


class Lookout:
    """Knows which ships are near a place.

    One look around serves all who ask until the next look, a few times a second: so a poll costs the same among
    1,000 ships as alone. The ocean is cut into square cells, so that each ship is compared only with those around it.
    """

    CELL = 20  # metres
    CELLS = SIZE // CELL  # in each direction

    def __init__(self):
        self.cells = defaultdict(list)
        self.sighted = set()  # who sees another ship
        self.looked = self.due = -math.inf  # the time of the last look, and that of the next

    def look_around(self, now, ships):
        """Note where all ships are, each given as (who, x, y, metres of sight)."""
        # Four times a second. With thousands of ships a look takes longer, so there are fewer.
        self.looked, self.due = now, now + max(0.25, len(ships) / 2500)
        self.cells.clear()
        for who, x, y, _ in ships:
            self.cells[self.cell(x), self.cell(y)].append((who, x, y))
        self.sighted = {who for who, x, y, sight in ships if any(other != who for other in self.near(x, y, sight))}

    def near(self, x, y, radius):
        """Who was within so many metres of a place at the last look."""
        for cell in product(self.span(x, radius), self.span(y, radius)):
            for who, at_x, at_y in self.cells.get(cell, ()):
                if distance(x, y, at_x, at_y) <= radius:
                    yield who

    def span(self, middle, radius):
        """The numbers of the cells, in one direction, that have something within so many metres of a place."""
        first, last = int((middle - radius) // self.CELL), int((middle + radius) // self.CELL)
        return {number % self.CELLS for number in range(first, last + 1)}

    def cell(self, metres):
        return int(metres // self.CELL) % self.CELLS


def sighting(kind, name, x, y, depth, from_x, from_y):
    """A thing as a sailor sees it from a place."""
    return {
        "kind": kind,
        "name": name,
        "x": wrap(round(x, 2)),
        "y": wrap(round(y, 2)),
        "depth": round(depth, 2),
        "distance": round(distance(from_x, from_y, x, y), 2),
        "bearing": compass(round(bearing(from_x, from_y, x, y), 1)),
    }


def charted(kind, name, x, y, heading, speed):
    """A ship as the chart shows it."""
    return {
        "kind": kind,
        "name": name,
        "x": wrap(round(x, 2)),
        "y": wrap(round(y, 2)),
        "heading": compass(round(heading, 2)),
        "speed": round(speed, 2),
    }
