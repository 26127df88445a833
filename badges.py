"""Badges: what sailors can achieve, from the first minute to the sixth week: http://localhost:8080/badges?name=ada

A badge is a name, a sentence and a small function. The function gets a `deed`, which is a request that worked, and says
whether its sailor has earned the badge by it. Five lines are enough for another one:

    @badge("East", "You sailed to the east.", "velocity")
    def east(deed):
        return deed.reply["vx"] > 0

`deed.sailor` is who has asked, `deed.route` the route, `deed.sent` has its keys and values, and `deed.reply` what came
back. What a badge has to remember from one request to the next, it keeps in `deed.notes`. The names behind the sentence
are the routes after which the badge is looked at; without them it is all routes. After `who` and others whose replies
are shared by all, no badge is looked at.

They stand in the order of the lessons in docs/leader.md. Nobody loses a badge, and each sailor gets it once.
"""

from itertools import pairwise

import steps
from game.clem import CLEM
from game.moderation import same_name
from game.planet import bearing, distance
from game.sea import PLAIN
from web.awards import Badge
from web.mistakes import Mistake
from web.routes import App, text

app = App()
BADGES = []

ship = text("the name of a ship, like ada", "ada")


def badge(name, sentence, routes="", cheer=False):
    """Make a function the check of a badge. With `cheer`, everybody is told in chat who has earned it."""

    def add(check):
        if name in [one.name for one in BADGES]:
            raise Mistake(f"There are two badges “{name}”. Give one of them another name.", check)
        BADGES.append(Badge(name, sentence, check, tuple(routes.split()), cheer))
        return check

    return add


# ---- Lesson 1: URLs, and puzzles ----


def solver(stage, name, sentence):
    """The badge for a puzzle of Steps."""

    @badge(name, sentence, steps.PUZZLES[stage - 1].route)
    def solved(deed):
        return deed.reply["solved"]


solver(1, "Prime", "You found a prime number.")
solver(2, "Fibonacci", "You found a Fibonacci number.")
solver(3, "Satin Doll", "You found the word in the song.")
solver(4, "Gauss", "You added up ten thousand numbers.")
solver(5, "Triangle", "You found the row of the triangle, and solved all of Steps!")


@badge("Talk", "You wrote to another sailor, got an answer, and answered that.", "sendchat popchat")
def talk(deed):
    asked, answered = deed.notes.setdefault("talks", (set(), set()))
    if deed.route == "popchat":
        answered.update({same_name(deed.reply["sender"])} & asked)
        return False
    friend = same_name(deed.sent.get("name", CLEM))
    asked.add(friend)
    return friend in answered - {same_name(CLEM)}


@badge("Mended", "You made a mistake, read what the server said, and asked again so that it worked.")
def mended(deed):
    route, word, *_ = deed.notes.get("problem", ("", ""))
    return route == deed.route and word in ("missing-key", "unknown-key", "bad-value")


# ---- Lesson 2: a program asks ----


def count(deed, what):
    """How often a badge has noted this of a sailor."""
    deed.notes[what] = deed.notes.get(what, 0) + 1
    return deed.notes[what]


@badge("Programmer", "Your program asked ten times.")
def programmer(deed):
    return deed.is_program and count(deed, "by program") >= 10


@badge("Reader of JSON", "You got ten replies as JSON, the form for programs.")
def reader_of_json(deed):
    return deed.form == "json" and count(deed, "as json") >= 10


@badge("Home again", "You were away, and came back to your ship with your id.", "join")
def home_again(deed):
    return deed.sent.get("id") == deed.sailor.id and deed.away >= 60


# ---- Lesson 3: sailing ----

ORDERS = "heading speed accel stop dive"


@badge("Thousand metres", "You have sailed 1000 m.", f"{ORDERS} look ping")
def thousand_metres(deed):
    return deed.ocean.sailed(deed.sailor) >= 1000


@badge("Square", "You sailed a square, and came back to where you began.", ORDERS, cheer=True)
def square(deed):
    """Each corner is a place and the new heading. The fourth side has to end where the first began."""
    corners, here = deed.notes.setdefault("corners", []), deed.ocean.place(deed.sailor)
    sides = [distance(*one[:2], *other[:2]) for one, other in zip(corners, [*corners[1:], here])]
    turns = [(other[2] - one[2]) % 360 for one, other in pairwise(corners)]
    if not corners or deed.sailor.heading != corners[-1][2]:
        corners.append((*here, deed.sailor.heading))
        del corners[:-4]
    is_square = len(sides) == 4 and min(sides) > 20 and max(sides) < 1.1 * min(sides)
    return is_square and turns in ([90] * 3, [270] * 3)


# ---- Lesson 4: polling, latency, chat ----


@badge("Calm", "Your program asked where you are for a minute, neither too often nor too seldom.", "location")
def calm(deed):
    """There are at most 5 seconds between two polls, and at most 3 polls a second."""
    began, polls = deed.notes.get("calm since", (deed.now, deed.notes["polls"]))
    seconds, number = deed.now - began, deed.notes["polls"] - polls
    is_calm = deed.now - deed.notes.get("polled", deed.now) <= 5 and number <= 3 * seconds + 3
    deed.notes["polled"] = deed.now
    deed.notes["calm since"] = (began, polls) if is_calm else (deed.now, deed.notes["polls"])
    return is_calm and seconds >= 60


@badge("Patient", "You were told to wait, and you waited.")
def patient(deed):
    _, word, when, wait = deed.notes.get("problem", ("", "", 0, 0))
    return word == "too-fast" and deed.now >= when + wait


@badge("Never twice", "You read chat so that no message is lost and none comes twice: with the key after.", "popchat")
def never_twice(deed):
    """The number was that of the message before."""
    before, deed.notes["read"] = deed.notes.get("read"), deed.reply["number"] or deed.notes.get("read")
    return before is not None and deed.sent.get("after") == str(before)


@badge("Encounter", "You met another ship at sea.", "look")
def encounter(deed):
    return any(thing["kind"] == "ship" for thing in deed.reply["things"])


# ---- Lesson 5: navigation ----


@badge("Navigator", "You told where your ship would be a minute later, within 5 m.", "foretell", cheer=True)
def navigator(deed):
    off = deed.reply.get("off")
    return off is not None and off <= 5


@badge("Rising ground", "You sounded a place where the sea floor rises.", "ping")
def rising_ground(deed):
    return deed.reply["seafloor"] < PLAIN


@badge("Line of depths", "You sounded twenty depths along a straight line.", "ping")
def line_of_depths(deed):
    line, place = deed.notes.setdefault("line", []), deed.ocean.place(deed.sailor)
    if line and distance(*line[-1], *place) < 1:
        return False
    if len(line) > 1 and abs((bearing(*line[0], *place) - bearing(*line[0], *line[-1]) + 180) % 360 - 180) > 5:
        del line[:-1]  # a turn: the new line begins at the last depth
    line.append(place)
    return len(line) >= 20


# ---- Lesson 6, and the weeks after ----


@badge("Treasure hunter", "You brought up treasure.", "get")
def treasure_hunter(deed):
    return True


@badge("Deep diver", "You brought up treasure from 20 m or deeper.", "get")
def deep_diver(deed):
    return deed.ocean.depth(deed.sailor) >= 20


@badge("Summit", "You discovered a seamount.", "ping")
def summit(deed):
    return deed.sailor.name in deed.ocean.world.found.values()


# ---- The pages ----


@app.get("/badges", view="badges")
def badges(ocean, request, name: ship = None):
    """Show the badges that there are, and with a name who has which. A browser can print them as a certificate."""
    sailor = ocean.find(name) if name else request.asker
    if not sailor:
        return dict(reply=f"There are {len(BADGES)} badges to earn.", badges=[about(one, ocean) for one in BADGES])
    has = [about(one, ocean) for one in BADGES if one.name in sailor.badges]
    missing = [about(one, ocean) for one in BADGES if one.name not in sailor.badges]
    reply = f"{sailor.name} has {len(has)} of {len(BADGES)} badges."
    return dict(reply=reply, name=sailor.name, badges=has, missing=missing)


def about(one, ocean):
    """What a badge is for, and who has earned it before all others."""
    return {"badge": one.name, "for": one.sentence, "first": ocean.world.firsts.get(one.name, "")}
