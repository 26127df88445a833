"""Legs: what is noted of all voyages, so that they can be seen again.

A *leg* is how a ship sails from a time on, until its next leg. The ocean collects legs and its news, as World.news has
them; whoever keeps those takes them away, see server/tracks.py.
"""

from typing import NamedTuple

from game.sailors import NAP


class Leg(NamedTuple):
    """A ship's place and course from a time on. Without a place, the ship has gone."""

    time: float
    name: str
    x: float | None = None
    y: float | None = None
    heading: float | None = None
    speed: float | None = None
    depth: float | None = None
    season: int = 0


def leg_of(ocean, sailor):
    """How a ship sails now."""
    course = sailor.heading, ocean.speed(sailor), sailor.depth
    return Leg(ocean.now, sailor.name, *ocean.place(sailor), *course, ocean.world.season)


def end_of(sailor):
    """The Leg of a sailor who has fallen asleep: the ship has gone since then."""
    return Leg(sailor.heard + NAP, sailor.name)
