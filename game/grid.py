"""A grid over the ocean: which ships are near a place, without comparing each with all others.

It is filled a few times a second, and serves all who ask meanwhile: so a poll costs the same among 1,000 ships as with
one.
"""

import math
from collections import defaultdict
from functools import lru_cache
from itertools import product

from game.planet import SIZE, distance

# The ocean is cut into square cells, in several ways. This is how many there are in each direction: the cells are 113 m
# to 3.5 m wide.
LAYERS = [8, 16, 32, 64, 128, 256]


class Grid:
    """Where all ships are, in layers of cells.

    In a layer that is fine enough for a ship's sight, whoever is in the same cell is in sight. So just where comparing
    would take longest, in a crowd, nothing has to be compared.
    """

    def __init__(self):
        self.ships = []
        self.layers = {}  # by the number of cells in a direction: the ships in each cell that has some
        self.sighted = set()  # who sees another ship
        self.filled = self.due = -math.inf  # when it was filled, and when it is to be filled again

    def fill(self, now, ships):
        """Note where all ships are, each given as (who, x, y, metres of sight)."""
        # Four times a second. With thousands of ships it takes longer, so it is done less often.
        self.filled, self.due = now, now + max(0.25, len(ships) / 2500)
        self.ships, self.layers = ships, {}
        self.sighted = {who for who, x, y, sight in ships if self.sees_another(who, x, y, sight)}

    def sees_another(self, who, x, y, sight):
        """True if a ship at this place sees another one, within its sight in metres."""
        count = fine_enough(sight)
        if diagonal(count) <= sight and len(self.layer(count)[cell(x, count), cell(y, count)]) > 1:
            return True
        return any(other != who for other in self.near(x, y, sight))

    def near(self, x, y, radius):
        """Who was within a radius in metres around a place when the grid was filled."""
        count = fine_enough(radius)
        layer = self.layer(count)
        for place in product(span(x, radius, count), span(y, radius, count)):
            for who, at_x, at_y, _ in layer.get(place, ()):
                if distance(x, y, at_x, at_y) <= radius:
                    yield who

    def layer(self, count):
        """The layer with this many cells in each direction. It is made when it is first needed."""
        if count not in self.layers:
            self.layers[count] = layer = defaultdict(list)
            for ship in self.ships:
                layer[cell(ship[1], count), cell(ship[2], count)].append(ship)
        return self.layers[count]


@lru_cache(maxsize=1000)
def fine_enough(radius):
    """How many cells there have to be, for two ships in one cell to be within a radius in metres of each other."""
    return next((count for count in LAYERS if diagonal(count) <= radius), LAYERS[-1])


def diagonal(count):
    """Metres across a cell."""
    return SIZE / count * math.sqrt(2)


def cell(metres, count):
    """The number of the cell in which a place is, in one direction."""
    return int(metres * count // SIZE) % count


def span(middle, radius, count):
    """The numbers of the cells, in one direction, that reach into a radius in metres around a place."""
    first, last = math.floor((middle - radius) * count / SIZE), math.floor((middle + radius) * count / SIZE)
    return [number % count for number in range(first, min(last + 1, first + count))]
