"""Soundings: one chart of the sea floor for all, which grows with the pings of all ships.

It is a text: the sea is cut into squares, and each has a character. The most northern squares come first, and there
those in the west.

>>> soundings = noted(UNKNOWN, x=899, y=899, depth=12.4)
>>> rows(soundings)[0][-3:], sounded(soundings)
('..c', 1)
"""

import string

from game.planet import SIZE, wrap

SQUARE = 15  # metres from edge to edge of a square
ACROSS = SIZE // SQUARE  # squares from west to east, and from north to south
NOBODY = "."  # stands for a square that nobody has sounded
DEPTHS = string.digits + string.ascii_letters  # stand for 0, 1, 2, ... whole metres; the last one also for more
UNKNOWN = NOBODY * ACROSS**2


def noted(soundings, x, y, depth):
    """The same with the depth in metres at a place, unless its square was sounded before."""
    square = (ACROSS - 1 - int(wrap(y) // SQUARE)) * ACROSS + int(wrap(x) // SQUARE)
    if soundings[square] != NOBODY:
        return soundings
    return soundings[:square] + DEPTHS[min(round(depth), len(DEPTHS) - 1)] + soundings[square + 1 :]


def sounded(soundings):
    """How many squares were sounded."""
    return len(soundings) - soundings.count(NOBODY)


def rows(soundings):
    """A text for each row of squares."""
    return [soundings[start : start + ACROSS] for start in range(0, len(soundings), ACROSS)]
