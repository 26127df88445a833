"""Reasons: who needs help, and why. The leader reads it at http://localhost:8080/harbour

Each is a function that looks at a sailor and says in words why help is needed, or nothing. The most urgent comes first.
Three lines are enough for another one:

    @reason("?")
    def has_no_badge(one):
        return "no badge yet" if not one.sailor.badges else ""
"""

from dataclasses import dataclass
from typing import Any

from web.activity import Notes

MANY = 900  # requests in a minute: nobody needs so many, so there is no pause in a loop
SAME = 5  # times the same error
STUCK, TRIES = 5 * 60, 3  # seconds at a puzzle, and answers to it
SILENT = 5 * 60  # seconds without a request
REASONS = []


@dataclass
class Watched:
    """A sailor as the leader sees one. `puzzles` are the routes of all puzzles."""

    sailor: Any
    notes: Notes
    ocean: Any
    puzzles: list

    @property
    def silent(self):
        """Seconds since the last request."""
        return self.ocean.now - self.sailor.heard

    @property
    def puzzle(self):
        """The number of the puzzle that was last looked at and isn't solved, or 0."""
        left = [route for route in self.puzzles if route in self.notes.puzzles and route not in self.sailor.solved]
        return 1 + self.puzzles.index(max(left, key=lambda route: self.notes.puzzles[route].last)) if left else 0

    @property
    def tries(self):
        """What this sailor made of that puzzle."""
        return self.notes.puzzles[self.puzzles[self.puzzle - 1]] if self.puzzle else None

    @property
    def need(self):
        """The sign and the words of the first reason that applies, both "" if none does."""
        return next(((sign, words) for sign, find in REASONS if (words := find(self))), ("", ""))


def reason(sign):
    """Make a function the check of a reason, shown with this sign."""

    def add(find):
        REASONS.append((sign, find))
        return find

    return add


def minutes(seconds):
    return f"{seconds // 60:.0f} min"


@reason("∞")
def asks_without_end(one):
    many = one.notes.a_minute(one.ocean.now)
    return f"{many} requests in a minute: an endless loop?" if many >= MANY else ""


@reason("!")
def repeats_an_error(one):
    last = one.notes.asked[-1].error if one.notes.asked else ""
    times = sum(asked.times for asked in one.notes.asked if asked.error == last)
    return f"the same error {times} times: {last}" if last and times >= SAME and one.silent < SILENT else ""


@reason("?")
def is_stuck(one):
    now, tries = one.ocean.now, one.tries
    if not tries or tries.count < TRIES or now - tries.last >= STUCK or now - tries.began < STUCK:
        return ""
    last = f", last {tries.wrong[-1]}" if tries.wrong else ""
    return f"stuck on puzzle {one.puzzle} for {minutes(now - tries.began)}, {tries.count} tries{last}"


@reason("…")
def is_silent(one):
    return f"silent for {minutes(one.silent)}" if one.silent >= SILENT and not one.ocean.world.paused else ""
