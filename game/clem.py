"""Clem, the robot: it always sails, and answers whoever talks to it. So a student alone at home can test a program.

>>> clem_answer("ada", "Where are you?", number=7, now=0)
'I am at x 450, y 650. I sail in a circle around the middle of the ocean.'
"""

import math
import re

from game.planet import ABILITIES, SIZE, compass, reckon

CLEM = "Clem"
CLEM_CIRCLE = 200  # metres from the middle of the ocean
CLEM_SPEED = 4  # metres a second

CLEM_KNOWS = [  # the first line that has a word of the message gives the answer
    ("ahoy hello hey hi", "Ahoy, {sender}! I am Clem, a robot. Ask me where I am, or about treasure."),
    ("where place", "I am at x {x:.0f}, y {y:.0f}. I sail in a circle around the middle of the ocean."),
    ("treasure item items get", "Treasure lies on seamounts. Sail to it, dive to it, and take it with the route get."),
    ("seamount seamounts ping map chart", "Use the route ping. If it says less than 30 m, there is a seamount!"),
    (
        "speed fast slow",
        "I sail at {speed} m/s. You can sail at up to {top}, and under water at up to {deep}.",
    ),
    ("robot alive human", "I am a robot: a few lines of Python in the file game/clem.py."),
    ("bye goodbye", "Goodbye, {sender}! Come back soon."),
]
CLEM_SAYS = [  # when no word is known: the lines in turn
    "I am only a robot, {sender}. I know these words: where, treasure, seamount, speed.",
    "Beep! Your message has the number {number}.",
    "I sail day and night, {sender}. What did you find today?",
]


def clem_place(now):
    """Where the robot is at a time in seconds, and its heading: once around its circle in about five minutes."""
    angle = math.degrees(now * CLEM_SPEED / CLEM_CIRCLE)
    x, y = reckon(SIZE / 2, SIZE / 2, angle, CLEM_CIRCLE, 1)
    return x, y, compass(angle + 90)


def clem_answer(sender, message, number, now):
    """What the robot says to a message."""
    words = set(re.findall(r"\w+", message.lower()))
    known = (answer for keywords, answer in CLEM_KNOWS if words & set(keywords.split()))
    x, y, _ = clem_place(now)
    top, deep = ABILITIES["speed"], ABILITIES["diving speed"]
    facts = dict(sender=sender, number=number, x=x, y=y, speed=CLEM_SPEED, top=top, deep=deep)
    return next(known, CLEM_SAYS[number % len(CLEM_SAYS)]).format(**facts)
