"""Activity: what each sailor has asked lately, so that the leader sees who needs help. See reasons.py.

It is in memory and, as a text, in `Crew.seen`, which the logbook keeps. So it survives a restart, and goes with the
sailor. No id, key or club word is in it, and nothing that sailors said.

Words: a *try* is an answer to a puzzle of Steps.
"""

import json
import re
from collections import deque
from dataclasses import astuple, dataclass
from functools import cache

from game.errors import printable
from game.moderation import mentions
from web.pages import DOTS, SECRETS

LAST = 20  # requests of a sailor that are noted, those in a row that are alike as one
LONGEST, LONGEST_ERROR = 60, 100  # characters that are noted
MOST_BYTES = 2000  # of a sailor's notes in the logbook
LONGEST_READ = 400  # of what a request has behind the question mark
KEPT_EVERY = 20  # seconds: of the last ones, a crash may take what was noted
NEW_START = 30 * 60  # seconds without a look at a puzzle, after which the time at it counts anew
JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class Asked:
    """A request, and how often it was asked in a row."""

    what: str  # the route with its keys and values, as in /begin?message=7
    error: str  # the sentence for what was wrong, or ""
    when: int  # the time of the last one, in seconds
    times: int = 1


class Notes:
    """What is noted of a sailor."""

    def __init__(self, total=0, programs=0, asked=(), puzzles=()):
        self.total, self.programs = total, programs  # requests, and those among them that came from a program
        self.asked = deque((Asked(*one) for one in asked), LAST)
        self.puzzles = {puzzle: times for puzzle, *times in puzzles}  # since when, until when, and the number of tries
        self.minute, self.count, self.before = 0, 0, 0  # how many requests were in a minute and in the one before
        self.address, self.is_program, self.kept = None, programs > 0, 0.0

    def as_text(self):
        """All this for the logbook. If it is long, the first requests are left out."""
        asked = [astuple(one) for one in self.asked]
        puzzles = [[puzzle, *times] for puzzle, times in self.puzzles.items()]
        while len((text := JSON.encode([self.total, self.programs, asked, puzzles])).encode()) > MOST_BYTES and asked:
            del asked[0]
        return text

    def note_asked(self, what, error, now):
        last = self.asked[-1] if self.asked else None
        if last and last.what == what and last.error == error:
            last.when, last.times = now, last.times + 1
        else:
            self.asked.append(Asked(what, error, now))

    def note_puzzle(self, puzzle, is_try, now):
        began, last, tries = self.puzzles.get(puzzle, (now, now, 0))
        self.puzzles[puzzle] = [began if now - last < NEW_START else now, now, tries + is_try]

    def wrong_answers(self, puzzle):
        """Of the last answers to a puzzle that isn't solved, all were wrong."""
        begin = f"/{puzzle}?message="
        answers = [one.what.removeprefix(begin) for one in self.asked if one.what.startswith(begin) and not one.error]
        return [answer for answer in answers if not answer.startswith("hint")]

    def count_request(self, now):
        minute = now // 60
        if self.minute != minute:
            self.before = self.count if self.minute == minute - 1 else 0
            self.minute, self.count = minute, 0
        self.count += 1
        self.total += 1

    def a_minute(self, now):
        """About how many requests came in the last 60 seconds."""
        passed = now / 60 - self.minute
        return round(self.count + self.before * (1 - passed) if passed < 1 else self.count * max(0.0, 2 - passed))


def read_notes(text):
    """The Notes that were written as this text. If it makes no sense, they begin anew: nobody has to know."""
    try:
        return Notes(*json.loads(text))
    except (ValueError, TypeError):
        return Notes()


class Activity:
    """The Notes of all sailors. In none of them is one of the `secrets`, which are texts."""

    def __init__(self, *secrets):
        self.secrets = [secret.lower() for secret in secrets if secret]
        self.notes = {}  # by id

    def of(self, sailor, crew):
        """The Notes of a sailor."""
        return self.notes.get(sailor.id) or read_notes(crew.seen.get(sailor.id, "[]"))

    def begin(self, sailor, crew):
        """Have the Notes of a sailor in memory, and no more those of whom nothing is kept, as they have gone."""
        for id in self.notes.keys() - crew.seen.keys():
            del self.notes[id]
        self.notes[sailor.id] = self.of(sailor, crew)
        return self.notes[sailor.id]

    def note(self, request, ocean, sailor, problem=""):
        """Note a request of a sailor, and what was wrong with it, if something was."""
        now, notes, route = ocean.now, self.notes.get(sailor.id) or self.begin(sailor, ocean.crew), request.route
        notes.count_request(now)
        notes.address, notes.is_program = request.address, request.is_program
        notes.programs += notes.is_program
        what, sent = request.rule, request.sent
        if keys := "&".join([f"{name}={sent[name]}" for name in told(route) if name in sent]):
            what = f"{what}?{self.hide(keys[:LONGEST_READ], sailor)}"[:LONGEST]
        notes.note_asked(what, self.hide(problem, sailor)[:LONGEST_ERROR] if problem else "", int(now))
        if is_puzzle(route) and not problem:
            notes.note_puzzle(request.rule[1:], "message" in sent and "hint" not in request.result, int(now))
        if not 0 <= now - notes.kept < KEPT_EVERY:
            notes.kept = now
            ocean.crew.note_seen(sailor.id, notes.as_text())
            ocean.crew.polled.add(sailor.id)

    def hide(self, text, sailor):
        """A text without secrets, and fit to be shown."""
        low = text.lower()
        for secret in self.secrets if sailor.id not in low else (sailor.id, *self.secrets):
            if secret in low:
                text = re.sub(re.escape(secret), DOTS, text, flags=re.IGNORECASE)
        return text if text.isprintable() else printable(text)

    def erase(self, name, crew):
        """Forget the requests of all sailors in which a name stands. Returns of how many sailors."""
        found = 0
        for sailor in crew.by_id.values():
            if sailor.id in self.notes or mentions(crew.seen.get(sailor.id, ""), name):
                notes = self.of(sailor, crew)
                left = [one for one in notes.asked if not mentions(f"{one.what} {one.error}", name)]
                found += len(left) < len(notes.asked)
                notes.asked = deque(left, LAST)
                crew.note_seen(sailor.id, notes.as_text())
        return found


@cache
def told(route):
    """The names of a route's keys that the leader may read. A message is one only to a puzzle: elsewhere it is chat."""
    hidden = SECRETS if is_puzzle(route) else {*SECRETS, "message"}
    return [name for name in route.names if name not in hidden] if route else []


def is_puzzle(route):
    return route is not None and "puzzles" in route.others
