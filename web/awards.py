"""Awards: who has earned which badge. The badges themselves are in `badges.py`.

After each request of a sailor, the badges of its route are looked at that this sailor doesn't have yet.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bottle import HTTPResponse

from web.replies import success

MOST_NOTED = 1000  # sailors of whom something is noted
GLANCE = 0.5  # seconds: if a sailor polls more often, not every poll is looked at


class Badge(NamedTuple):
    """What can be achieved: `check` is a function of a Deed that returns True for who has earned it.

    `routes` are those after which it is looked at, without slashes; () are all. With `cheer`, all are told in chat.
    """

    name: str
    sentence: str
    check: Callable
    routes: tuple
    cheer: bool


@dataclass
class Deed:
    """A request that worked, as the badges see it. `notes` is a dict that the badges keep for this sailor."""

    route: str  # without its slash
    sent: dict  # the keys and values
    reply: dict
    sailor: Any
    ocean: Any
    form: str  # of the reply: text, json or page
    is_program: bool  # True if a program has asked
    away: float  # seconds since the request before
    notes: dict = field(default_factory=dict)

    @property
    def now(self):
        return self.ocean.now


class Awards:
    """Gives the badges to those who earn them."""

    def __init__(self, badges):
        self.everywhere = [badge for badge in badges if not badge.routes]
        self.of_route = defaultdict(lambda: self.everywhere)
        for badge in badges:
            for route in badge.routes:
                if route not in self.of_route:
                    self.of_route[route] = [*self.everywhere]
                self.of_route[route].append(badge)
        self.notes = OrderedDict()  # by id; in memory only, as nothing in them is worth a line in the logbook

    def notes_of(self, sailor, now):
        """What is noted of a sailor. Who was noted first is forgotten, if there are too many."""
        notes = self.notes.get(sailor.id)
        if notes is None:
            notes = self.notes[sailor.id] = {"seen": now - GLANCE, "polls": 0}
            if len(self.notes) > MOST_NOTED:
                self.notes.popitem(last=False)
        return notes

    def after(self, request, result):
        """What a route has returned, with the badge that its sailor has just earned, if there is one."""
        sailor, now = request.asker, request.ocean.now
        notes = self.notes.get(sailor.id) or self.notes_of(sailor, now)
        away = now - notes["seen"]
        if request.route.rule == "/location":
            notes["polls"] += 1
            if 0 <= away < GLANCE:
                return result
        notes["seen"] = now
        if isinstance(result, HTTPResponse):  # a file, say, has no place for a badge
            return result
        missing = [badge for badge in self.of_route[request.rule[1:]] if badge.name not in sailor.badges]
        if not missing:
            return result
        reply = success(result)
        deed = self.deed(request, reply, away, notes)
        earned = [badge for badge in missing if badge.check(deed)]
        for badge in earned:
            request.ocean.honour(sailor, badge.name, badge.cheer)
        told = " ".join(f"{badge.name}: {badge.sentence}" for badge in earned)
        return {**reply, "badge": told} if earned else result

    def deed(self, request, reply, away, notes):
        route, ocean = request.rule[1:], request.ocean
        return Deed(route, request.sent, reply, request.asker, ocean, request.form, request.is_program, away, notes)

    def note_problem(self, request, problem):
        """Remember that something went wrong: there are badges for what a sailor makes of that."""
        ocean, sailor = request.app.ocean, request.sender
        if sailor and ocean:
            route, wait = request.rule[1:], problem.fields.get("wait", 0)
            self.notes_of(sailor, ocean.now)["problem"] = route, problem.word, ocean.now, wait
