"""The sea of a season: its floor, with seamounts and a trench, and where the treasure lies.

Chance lays it out, beginning with a *seed*: the same seed gives the same sea. A club's seed is a secret of its server,
so nobody finds a place by reading this file.

>>> sea = lay_out("a seed of your own", season=1)
>>> top = sea.seamounts[0]
>>> sea.floor(top.x, top.y) == top.depth, sea.summit_at(top.x, top.y) == top
(True, True)
>>> sea == lay_out("a seed of your own", season=1), sea == lay_out("a seed of your own", season=2)
(True, False)
"""

import math
import re
from functools import lru_cache
from itertools import cycle
from random import Random
from typing import NamedTuple

from game.planet import BERTHS, SIZE, TREASURES, distance, reckon

PLAIN = 30  # metres down to the plain between the seamounts
TOPS = 4, 20  # metres down to the tops of seamounts, at least and at most
RADII = 55, 95  # metres
SEAMOUNTS = 12  # in a season
SUMMIT = 10  # metres: whoever sounds this near to the middle of a seamount has found its summit

# Real seamounts of the Earth's oceans, from which each season takes its names.
NAMES = re.findall(
    r"\w+(?: \w+)?",
    "Adams, Axial, Bear, Bounty, Bowie, Brothers, Clark, Cobb, Daikakuji, Davidson, Detroit, Echo, Empedocles, "
    "Eratosthenes, Erben, Explorer, Fieberling, Giggenbach, Great Meteor, Guide, Healy, Jasper, Jimmu, Kelvin, Kimmei, "
    "Koko, Kolumbo, Magnaghi, Marsili, Meiji, Monowai, Mytilus, Nintoku, Ojin, Palinuro, Patton, Physalia, Pioneer, "
    "Plato, Pratt, Retriever, Rodriguez, Suiko, Surveyor, Tamu, Taney, Vavilov, Vema, Welker, Yomei",
)


class Seamount(NamedTuple):
    """A mountain under water: its middle, how far below the surface its top is, and its radius, in metres."""

    name: str
    x: float
    y: float
    depth: float
    radius: float


class Trench(NamedTuple):
    """A deep valley from west to east: both ends, the middle line, half the width, metres below the plain."""

    west: float
    east: float
    y: float
    half_width: float
    deeper: float

    def away(self, x, y):
        """Metres from a place to the middle line."""
        return distance(x, y, min(max(x, self.west), self.east), self.y)


class Treasure(NamedTuple):
    """Where a treasure lies, in metres."""

    name: str
    x: float
    y: float
    depth: float


class Sea(NamedTuple):
    """What lies under the surface for one season. `seed` says how treasure is hidden."""

    seed: str
    trench: Trench
    seamounts: tuple

    def floor(self, x, y):
        """Metres from the surface down to the sea floor at a place."""
        trench = self.trench
        depth = PLAIN + trench.deeper * bell(trench.away(x, y) / trench.half_width)
        for mount in self.seamounts:
            depth -= (PLAIN - mount.depth) * bell(distance(x, y, mount.x, mount.y) / mount.radius)
        return depth

    def seamount_at(self, x, y):
        """The seamount on whose slope a place is, or None."""
        return next((mount for mount in self.seamounts if distance(x, y, mount.x, mount.y) < mount.radius), None)

    def summit_at(self, x, y):
        """The seamount on whose summit a place is, or None."""
        return next((mount for mount in self.seamounts if distance(x, y, mount.x, mount.y) <= SUMMIT), None)

    def hide(self, tide):
        """Where each treasure lies at a tide (1, 2, ...), by name: on a seamount, near the top."""
        random = Random(f"{self.seed}tide {tide}")
        places = {}
        for name, mount in zip(TREASURES, cycle(random.sample(self.seamounts, len(self.seamounts)))):
            heading, away = random.uniform(0, 360), random.uniform(0, mount.radius / 3)
            x, y = reckon(mount.x, mount.y, heading, away, seconds=1)
            places[name] = Treasure(name, x, y, self.floor(x, y))
        return places


def bell(t):
    """A smooth hill (a raised cosine): 1 in its middle, where t is 0, and 0 from its rim on, where t is 1."""
    return (1 + math.cos(math.pi * t)) / 2 if t < 1 else 0.0


@lru_cache(maxsize=8)
def lay_out(seed, season):
    """The Sea of a season (1, 2, ...). Without a seed it is the sea that all clubs had before there were seeds."""
    if not seed:
        return SEA_OF_OLD
    seed = f"{seed} season {season} "
    random = Random(seed)
    while True:
        west, away = random.randrange(SIZE // 2), random.randint(2 * BERTHS + 60, SIZE - 2 * BERTHS - 60)
        trench = Trench(west, west + random.randint(300, 450), (SIZE // 2 + away) % SIZE, half_width=60, deeper=25)
        names = iter(random.sample(NAMES, SEAMOUNTS))
        seamounts = []
        for radius in sorted((random.randint(*RADII) for _ in range(SEAMOUNTS)), reverse=True):  # the widest first
            place = free_place(random, radius, seamounts, trench)
            if place:
                seamounts.append(Seamount(next(names), *place, random.randint(*TOPS), radius))
        if len(seamounts) == SEAMOUNTS:
            return Sea(seed, trench, tuple(seamounts))


def free_place(random, radius, seamounts, trench):
    """A place for a seamount that is clear of the others, of the trench and of where ships begin, or None."""
    for _ in range(200):
        x, y = random.randrange(SIZE), random.randrange(SIZE)
        is_clear = (
            trench.away(x, y) >= trench.half_width + radius
            and distance(x, y, SIZE / 2, SIZE / 2) >= 2 * BERTHS + radius
            and all(distance(x, y, other.x, other.y) >= other.radius + radius for other in seamounts)
        )
        if is_clear:
            return x, y
    return None


SEA_OF_OLD = Sea(
    "",
    Trench(west=180, east=600, y=110, half_width=60, deeper=25),
    (
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
    ),
)
