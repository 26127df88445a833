"""A grid over the ocean: which ships are near a place, without comparing each with all others."""

import math
from collections import defaultdict
from itertools import product

from game.planet import SIZE, distance


class Grid:
    """Knows which ships are near a place.

    It is filled a few times a second, and serves all who ask meanwhile: so a poll costs the same among 1,000 ships as
    alone. The ocean is cut into square cells, so that each ship is compared only with those around it.
    """

    CELL = 20  # metres
    CELLS = SIZE // CELL  # in each direction

    def __init__(self):
        self.cells = defaultdict(list)
        self.sighted = set()  # who sees another ship
        self.filled = self.due = -math.inf  # when it was filled, and when it is to be filled again

    def fill(self, now, ships):
        """Note where all ships are, each given as (who, x, y, metres of sight)."""
        # Four times a second. With thousands of ships it takes longer, so it is done less often.
        self.filled, self.due = now, now + max(0.25, len(ships) / 2500)
        self.cells.clear()
        for who, x, y, _ in ships:
            self.cells[self.cell(x), self.cell(y)].append((who, x, y))
        self.sighted = {who for who, x, y, sight in ships if any(other != who for other in self.near(x, y, sight))}

    def near(self, x, y, radius):
        """Who was within so many metres of a place when the grid was filled."""
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
