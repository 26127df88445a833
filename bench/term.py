"""Simulate a term of a club in a minute, and see how long the sea lasts and who earns which badge: python -m bench.term

The game is the real one, without a network and with a clock that jumps to whatever comes next. In each lesson play
children who type URLs by hand, children who run the programs of `examples/`, which run here as they are, and a robot.

Each plays in a thread of its own, but never two at once: who sleeps lets the one play whose time comes next.
"""

import builtins
import random
import sys
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import badges
import mocean
from server.settings import Settings
from steps import PUZZLES
from tests.conftest import Player

EXAMPLES = Path(__file__).parents[1] / "examples"
ANSWERS = ["101", "987", "wigs", "50005000", "1 5 10 10 5 1"]
LESSONS, LESSON, WEEK = 8, 3600, 7 * 24 * 3600  # how many, and seconds
BY_HAND = BY_PROGRAM = 14  # children

# What the children do in each lesson, in the order of docs/leader.md. Later they go on as in the last one.
TYPED = [
    "begin heading sendchat",
    "begin sendchat heading speed",
    "heading speed stop location look",
    "sendchat popchat location ping speed heading",
    "ping ping ping heading speed look dive get",
    "ping ping heading speed stop look dive get foretell",
]
PROGRAMS = [
    "01",
    "02 03",
    "04 05",
    "05 06 07 08",
    "09 10 05",
    "04 13 10",
    "13 14 15",
    "13 14 12",
]


class LessonOver(BaseException):
    """Everybody goes home."""


class Term:
    """The clock, and who plays at which time."""

    def __init__(self):
        self.now, self.end = 1_800_000_000.0, 0.0
        self.queue, self.numbers, self.players = [], count(), 0
        self.over = Event()

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        """Let others play. Raises LessonOver."""
        turn = Event()
        heappush(self.queue, (self.now + max(seconds, 0), next(self.numbers), turn))
        self.pass_on()
        turn.wait()
        if self.now >= self.end:
            raise LessonOver

    def pass_on(self):
        if self.queue:
            then, _, turn = heappop(self.queue)
            self.now = max(self.now, then)
            turn.set()
        else:
            self.over.set()

    def lesson(self, plays):
        """Let all play until the lesson ends."""
        self.end = self.now + LESSON
        self.over.clear()
        threads = [Thread(target=self.play, args=(play,), daemon=True) for play in plays]
        for thread, play in zip(threads, plays):
            play.turn = Event()
            heappush(self.queue, (self.now + random.uniform(0, 60), next(self.numbers), play.turn))
            thread.start()
        self.pass_on()
        self.over.wait()

    def play(self, play):
        play.turn.wait()
        try:
            with suppress(LessonOver):
                play()
        finally:
            self.pass_on()


class Child:
    """Somebody with a ship, who comes back to it in each lesson."""

    def __init__(self, term, game, name, lesson, is_by_hand):
        self.term, self.name, self.lesson, self.is_by_hand = term, name, lesson, is_by_hand
        self.player, self.id = Player(game, use_cookies=False), None

    def ask(self, route, **keys):
        """What the game says. The ship is the child's own, whatever a program calls it, and no program ends it."""
        self.term.sleep(0.02)
        if route == "join":
            keys = {"name": self.name, "id": self.id}
        elif self.id:
            keys["id"] = self.id
        keys = {key: value for key, value in keys.items() if value is not None}
        if route == "quit":
            return {"ok": True, "reply": "Goodbye!"}
        browser = {"Accept-Language": "en"} if self.is_by_hand else {}
        headers = {"Accept": "application/json", **browser}
        reply = self.player.ask(f"/{route}", headers=headers, **keys).json
        if route == "join" and reply["ok"]:
            self.id = reply["id"]
        return reply

    def __call__(self):
        self.ask("join")
        self.type_urls() if self.is_by_hand else self.run_programs()

    def type_urls(self):
        """A URL every ten seconds or so, with what comes to mind."""
        routes = TYPED[min(self.lesson, len(TYPED) - 1)].split()
        stage = getattr(self, "stage", 0)
        while True:
            self.term.sleep(random.uniform(5, 15))
            route = random.choice(routes)
            if route == "begin" and stage < len(PUZZLES):
                answer = ANSWERS[stage] if random.random() < 0.05 else str(random.randint(2, 200))
                solved = self.ask(PUZZLES[stage].route, message=answer).get("solved")
                stage = self.stage = stage + bool(solved)
            else:
                self.ask(route, **self.typed(route))

    def typed(self, route):
        """Keys, with a mistake now and then."""
        things = {
            "heading": {"degrees": random.choice([0, 45, 90, 180, 270, "north"])},
            "speed": {"speed": random.choice([1, 5, 10, 20, 40, 100])},
            "sendchat": {"message": random.choice(["hello", "ahoy", "where are you"])},
            "dive": {"depth": random.choice([0, 5, 10, 15])},
            "get": {"item": random.choice(["pearl", "sextant", "gold"])},
            "foretell": {"x": random.randint(0, 899), "y": random.randint(0, 899)},
        }
        if route == "sendchat" and random.random() < 0.5:
            things["sendchat"]["name"] = f"hand-{random.randrange(BY_HAND)}"
        return things.get(route, {})

    def run_programs(self):
        """The programs of the lesson, one after the other, each for some minutes."""
        while True:
            for number in PROGRAMS[min(self.lesson, len(PROGRAMS) - 1)].split():
                self.run(next(EXAMPLES.glob(f"{number}_*.py")))
                self.term.sleep(random.uniform(60, 300))  # in which it is read and changed

    def run(self, example, minutes=8):
        """Run an example, which finds us in place of `requests` and `time`."""
        until = self.term.now + 60 * minutes

        def sleep(seconds):
            self.term.sleep(seconds)
            if self.term.now > until:
                raise KeyboardInterrupt

        def get(url, params=(), **_):
            route, _, query = url.partition("8080/")[2].partition("?")
            pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
            reply = self.ask(route or "", **{**pairs, **dict(params)})
            facts = dict(text=str(reply), ok=reply["ok"], url=url, status_code=200, elapsed=timedelta(seconds=0.02))
            return SimpleNamespace(json=lambda: reply, **facts)

        requests = SimpleNamespace(
            get=get,
            Session=lambda: SimpleNamespace(get=get, close=lambda: None),
            RequestException=OSError,
            ConnectionError=OSError,
        )
        clock = SimpleNamespace(
            sleep=sleep, time=self.term, perf_counter=self.term, monotonic=self.term, strftime=lambda *_: ""
        )
        no_signals = SimpleNamespace(signal=lambda *_: None, SIGINT=2, SIG_DFL=0)
        stand_ins = {
            "requests": requests,
            "time": clock,
            "signal": no_signals,
            "sys": SimpleNamespace(argv=[""], exit=sys.exit, stdout=sys.stdout),
        }
        typed = iter(["hello", "where is treasure", "bye", *ANSWERS])

        def answer(*_):
            sleep(random.uniform(5, 15))
            return next(typed, None) or exit_by_end()

        names = {
            "__builtins__": {
                **vars(builtins),
                "__import__": lambda name, *rest: stand_ins.get(name) or __import__(name, *rest),
                "print": lambda *_, **__: None,
                "input": answer,
            },
            "__name__": "__main__",
        }
        with suppress(SystemExit, KeyboardInterrupt, EOFError):
            exec(compile(example.read_text(encoding="utf-8"), str(example), "exec"), names)


def exit_by_end():
    raise EOFError


class Robot(Child):
    """A program that knows how to climb, and how to search."""

    def run_programs(self):
        while True:
            for number in ("13", "12"):
                self.run(next(EXAMPLES.glob(f"{number}_*.py")), minutes=20)
                self.term.sleep(60)


def main(seed="a term"):
    random.seed(seed)
    term = Term()
    game = mocean.build(Settings(logbook=":memory:", seed=seed, harbour_key="the-key-of-the-term"), term)
    earned = defaultdict(dict)
    children = [Child(term, game, f"hand-{number}", 0, True) for number in range(BY_HAND)]
    children += [Child(term, game, f"program-{number}", 0, False) for number in range(BY_PROGRAM)]
    children.append(Robot(term, game, "robot", 0, False))
    for lesson in range(LESSONS):
        for child in children:
            child.lesson = lesson
        seasons = game.ocean.world.season if game.ocean else 1
        term.lesson(children)
        world = game.ocean.world
        new = 0
        for child in children:
            for badge in game.ocean.find(child.name).badges:
                new += badge not in earned[child.name]
                earned[child.name].setdefault(badge, lesson + 1)
        with_new = sum(any(when == lesson + 1 for when in them.values()) for them in earned.values())
        print(
            f"Lesson {lesson + 1}: season {world.season} ({world.season - seasons} ended), tide {world.tide}, "
            f"{len(world.found)} of 12 seamounts found, {len(world.raised)} treasures raised; "
            f"{new} badges, a new one for {with_new} of {len(children)}"
        )
        term.now += WEEK - LESSON
    print("\nThe lesson in which each badge was earned first, and by how many in all:")
    for badge in badges.BADGES:
        whens = [them[badge.name] for them in earned.values() if badge.name in them]
        print(f"  {badge.name:16} {min(whens, default='-'):>2}  {len(whens):3}")


if __name__ == "__main__":
    main()
