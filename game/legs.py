"""Legs: what is noted of all voyages, so that they can be seen again.

A *leg* is how a ship sails from a time on, until its next leg. A *moment* is a piece of news. The ocean collects both;
whoever keeps them takes them away, see server/tracks.py.
"""

from typing import NamedTuple

from game.sailors import NAP


class Leg(NamedTuple):
    """A ship's place and course from a time on. Without a place, the ship has gone."""

    name: str
    time: float
    x: float | None = None
    y: float | None = None
    heading: float | None = None
    speed: float | None = None
    depth: float | None = None
    season: int = 0


class Moment(NamedTuple):
    """A piece of news, as World.news has it."""

    time: float
    news: str
    kind: str = ""
    name: str = ""


def leg_of(ocean, sailor):
    """How a ship sails now."""
    course = sailor.heading, ocean.speed(sailor), sailor.depth
    return Leg(sailor.name, ocean.now, *ocean.place(sailor), *course, ocean.world.season)


def end_of(sailor):
    """The Leg of a sailor who has fallen asleep: the ship has gone since then."""
    return Leg(sailor.name, sailor.heard + NAP)
