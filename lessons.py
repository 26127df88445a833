"""Lessons: what a class does in each of six meetings. docs/leader.md tells the leader how.

While a lesson runs, the map shows its task, the leader's page its badges, and each child's page the next thing to try:
the first of the steps whose badge that child hasn't got. The leader starts it: http://localhost:8080/harbour
"""

from typing import NamedTuple


class Step(NamedTuple):
    """A thing to try, as a sentence and as a URL, and the badge for it: see badges.py. The last one has none, ""."""

    badge: str
    task: str
    url: str


class Lesson:
    """A meeting. The map shows its task."""

    def __init__(self, title, task, *steps):
        self.title, self.task, self.steps = title, task, steps

    def next_step(self, badges):
        """The first step for which a sailor with these badges doesn't have the one."""
        return next(step for step in self.steps if step.badge not in badges)


LESSONS = {
    1: Lesson(
        "URLs in the browser",
        "Type URLs, read what the server says, and solve the puzzles of Steps.",
        Step("Prime", "Solve puzzle 1: send a prime number that is greater than 100.", "/begin?message=7"),
        Step("Mended", "Spell a key wrong, read what the server says, and ask again.", "/begin?mesage=7"),
        Step("Fibonacci", "Solve puzzle 2. Who has solved puzzle 1 knows where it is.", "/begin"),
        Step("Satin Doll", "Solve puzzle 3. Who has solved puzzle 2 knows where it is.", "/begin"),
        Step("Gauss", "Solve puzzle 4. Who has solved puzzle 3 knows where it is.", "/begin"),
        Step("Triangle", "Solve puzzle 5. Who has solved puzzle 4 knows where it is.", "/begin"),
        Step("", "All done! Find three values for which a puzzle says three new sentences.", "/begin?message=-5"),
    ),
    2: Lesson(
        "The first loop in Python",
        "Let a program ask, and let a loop find the prime number.",
        Step("Programmer", "Let your program ask ten times, with your id.", "/begin?message=7"),
        Step("Reader of JSON", "Let your program ask for JSON ten times, with your id.", "/location?format=json"),
        Step("Home again", "Stay away for a minute, then come back with your name and id.", "/join"),
        Step("", "All done! Let your program solve the other puzzles of Steps.", "/steps"),
    ),
    3: Lesson(
        "Join and sail",
        "Sail your ship by program: give an order, wait, and look.",
        Step("Thousand metres", "Set sail, and sail 1000 metres.", "/speed?speed=5"),
        Step("Square", "Sail a square, and come back to where you began.", "/heading?degrees=90"),
        Step("", "All done! Sail a triangle, a star, or the first letter of your name.", "/accel?ctrl=d"),
    ),
    4: Lesson(
        "Chat, polling and latency",
        "Write to each other by program, and measure how long a reply takes.",
        Step("Talk", "Write to a friend, and answer what comes back.", "/sendchat?message=hello"),
        Step("Never twice", "Read chat with the key after, so that none comes twice.", "/popchat?after=0"),
        Step("Calm", "Let a program ask once a second where you are, for a minute.", "/location"),
        Step("Patient", "Ask in a loop without sleep, until you are told to wait. Then wait.", "/location"),
        Step("Encounter", "Sail to another ship until you see it.", "/look"),
        Step("", "All done! Draw all your times as a line of stars.", "/status"),
    ),
    5: Lesson(
        "A robot ship",
        "Write a ship that steers itself, and search the sea floor together.",
        Step("Rising ground", "Sound the sea floor until you find a place where it rises.", "/ping"),
        Step("Line of depths", "Sound twenty depths along a straight line.", "/ping"),
        Step("Navigator", "Tell where your ship will be in a minute.", "/foretell?x=450&y=450"),
        Step("Summit", "Climb where it rises, slowly, and be the first on a summit.", "/ping"),
        Step("Treasure hunter", "Look for treasure on a seamount, dive to it and get it.", "/look"),
        Step("Deep diver", "Bring up treasure from 20 m or deeper.", "/look"),
        Step("", "All done! Let your ship search the whole sea by itself.", "/seasons"),
    ),
    6: Lesson(
        "Your own route",
        "Read the server, and add a route of your own to it.",
        Step("", "Read the rules, and think of a route that is missing.", "/mocean"),
    ),
}


def in_words(number):
    """What the class does in a lesson, or "" if there is none of this number."""
    return f"Lesson {number}: {LESSONS[number].task}" if number in LESSONS else ""
