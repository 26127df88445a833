"""Clem, the robot: it always sails, and answers whoever talks to it. So a student alone at home can test a program.

>>> clem_answer("ada", "Where are you?", number=7, now=0)
'I am at x 450, y 650. I sail in a circle around the middle of the ocean.'
"""

import math
import re

from game.planet import ABILITIES, SIZE, compass, direction, reckon

CLEM = "Clem"
CLEM_CIRCLE = 200  # metres from the middle of the ocean
CLEM_SPEED = 4  # metres a second

HINTS_APART = 20 * 3600  # seconds between two hints: one a day, also for who comes a little earlier on the next

CLEM_KNOWS = [  # the first line that has a word of the message gives the answer
    (
        "treasure treasures item items get",
        "Treasure lies on seamounts. Sail to it, dive to it, and take it with the route get.",
    ),
    ("seamount seamounts ping", "Use the route ping. If it says less than 30 m, there is a seamount!"),
    ("where place", "I am at x {x:.0f}, y {y:.0f}. I sail in a circle around the middle of the ocean."),
    (
        "speed fast slow",
        "I sail at {speed} m/s. You can sail at up to {top}, and under water at up to {deep}.",
    ),
    ("robot alive human", "I am a robot: a few lines of Python in the file game/clem.py."),
    ("ahoy hello hey hi", "Ahoy, {sender}! I am Clem, a robot. Ask me where I am, about treasure, or for a hint."),
    ("bye goodbye", "Goodbye, {sender}! Come back soon."),
]
CLEM_SAYS = [  # when no word is known: the lines in turn
    "I am only a robot, {sender}. I know these words: where, treasure, seamount, speed, hint.",
    "Beep! Your message has the number {number}.",
    "I sail day and night, {sender}. What did you find today?",
]


def clem_place(now):
    """Where the robot is at a time in seconds, and its heading: once around its circle in about five minutes."""
    angle = math.degrees(now * CLEM_SPEED / CLEM_CIRCLE)
    x, y = reckon(SIZE / 2, SIZE / 2, angle, CLEM_CIRCLE, 1)
    return x, y, compass(angle + 90)


def asks_for_hint(message):
    """True for a message that has this word in it."""
    return not {"hint", "hints"}.isdisjoint(words_of(message))


def words_of(message):
    """The words of a message, in small letters."""
    return set(re.findall(r"\w+", message.lower()))


def clem_hint(sender, way, is_early):
    """What the robot says to who asks for a hint, perhaps too early after the last one.

    `way` leads to a summit that nobody has found: metres and a bearing. It is None if all are found.
    """
    if is_early:
        return f"I gave you a hint today, {sender}. Ask me again tomorrow."
    if not way:
        return f"All summits are found, {sender}. But is there treasure left?"
    metres, degrees = way
    about = 50 * round(metres / 50) or 50
    return f"Psst, {sender}! Some {about} m to the {direction(degrees)} of you is a summit that nobody has found."


def clem_answer(sender, message, number, now):
    """What the robot says to a message."""
    words = words_of(message)
    known = (answer for keywords, answer in CLEM_KNOWS if words & set(keywords.split()))
    x, y, _ = clem_place(now)
    top, deep = ABILITIES["speed"], ABILITIES["diving speed"]
    facts = dict(sender=sender, number=number, x=x, y=y, speed=CLEM_SPEED, top=top, deep=deep)
    return next(known, CLEM_SAYS[number % len(CLEM_SAYS)]).format(**facts)
