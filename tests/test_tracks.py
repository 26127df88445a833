"""What was sailed can be seen again: each ship where it was, as long as it is kept, and nobody's secret."""

import csv
import os
import signal
import stat
from math import inf
from random import Random

import pytest

from game.planet import SIZE, distance, reckon
from game.sailors import NAP
from tests.conftest import SEED, Clock, Player, Server, fill, game, is_plain, wait_until

START = 1_764_167_412.0
HOUR = 3600
KEY = "the key of the tests"


class Voyage:
    """A game with a logbook in a file, its clock, and players by name, each with an id."""

    def __init__(self, file, **settings):
        self.file, self.settings, self.clock = file, {"harbour_key": KEY, **settings}, Clock(START)
        self.ids = {}
        self.begin()

    def begin(self):
        self.player = Player(game(clock=self.clock, logbook=str(self.file), **self.settings), use_cookies=False)

    def restart(self):
        """End the game as kill -9 does, which writes nothing more, and begin it anew."""
        self.player.app.logbook.close()
        self.begin()

    @property
    def tracks(self):
        return self.player.app.logbook.tracks

    def ask(self, route, who=None, **keys):
        return self.player.json(route, **({"id": self.ids[who]} if who else {}), **keys)

    def join(self, *names):
        self.ids.update({name: self.ask("/join", name=name)["id"] for name in names})

    def sailed(self, start=START, **keys):
        """All legs since a time, however many replies they take."""
        legs = []
        while start is not None:
            reply = self.ask("/tracks", **{"from": start}, **keys)
            legs += reply["tracks"]
            start = reply["next"]
        return legs

    def pages(self):
        return sorted(self.file.with_name("tracks").glob("*"))


@pytest.fixture
def voyage(tmp_path):
    voyage = Voyage(tmp_path / "logbook.sqlite3")
    yield voyage
    voyage.player.app.logbook.close()


def place_at(legs, name, time):
    """Where a ship was by its legs: x, y and depth, or None if it isn't shown."""
    leg = [leg for leg in legs if leg["name"] == name and leg["time"] <= time][-1:]
    if not leg or leg[0]["x"] is None:
        return None
    (leg,) = leg
    return *reckon(leg["x"], leg["y"], leg["heading"], leg["speed"], time - leg["time"]), leg["depth"]


class Lesson(Voyage):
    """An hour and more in which six ships do what comes to their minds."""

    def __init__(self, file, seed):
        super().__init__(file)
        self.random = Random(seed)
        self.told = []  # the season, the name and the reply to each question where a ship is
        self.silent = {}  # until when somebody says nothing
        self.join("ada", "bob", "cleo", "dan", "eve", "finn")
        orders = [self.speed, self.turn, self.accel, self.dive, self.look_around, self.resume]
        self.orders = orders * 10 + [self.pause, self.be_silent, self.leave, self.begin_season, self.restart_after_it]

    def sail(self):
        while self.clock.now < START + 1.2 * HOUR:
            self.clock.now += self.random.expovariate(1 / 5)
            name = self.random.choice([*self.ids])
            if self.clock.now >= self.silent.get(name, 0):
                self.random.choice(self.orders)(name)
                reply = self.ask("/location", name)
                self.told.append((self.player.ocean.world.season, name, reply))

    def speed(self, name):
        self.ask("/speed", name, speed=self.random.choice([0, 0.5, 4.5, 5, 17, 40]))

    def turn(self, name):
        self.ask("/heading", name, degrees=self.random.uniform(0, 360))

    def accel(self, name):
        self.ask("/accel", name, ctrl=self.random.choice("wasd"))

    def dive(self, name):
        self.ask("/dive", name, depth=self.random.choice([0, 0, 2, 90]))

    def look_around(self, name):
        self.ask("/who")

    def pause(self, name):
        self.ask("/harbour/pause", key=KEY)

    def resume(self, name):
        self.ask("/harbour/resume", key=KEY)

    def be_silent(self, name):
        self.silent[name] = self.clock.now + self.random.choice([60, NAP - 1, NAP + 60])

    def leave(self, name):
        if self.ask("/quit", name)["ok"]:  # not in a pause
            self.join(name)

    def begin_season(self, name):
        self.ask("/location", name)  # so that the ocean knows the time
        self.player.ocean.begin_season("All is found.")

    def restart_after_it(self, name):
        self.ask("/location", name)
        self.restart()


@pytest.mark.parametrize("seed", range(3))
def test_each_ship_is_where_its_sailor_was_told(tmp_path, seed):
    lesson = Lesson(tmp_path / "logbook.sqlite3", seed)
    lesson.sail()
    legs, now = lesson.sailed(), lesson.player.ocean.world.season
    assert now > 2
    for season, name, reply in lesson.random.sample(lesson.told, 200):
        time, under_water = reply["time"], bool(reply["status"] & 8)
        at_once = lesson.ask("/tracks", **{"from": time, "to": time, "name": name})["tracks"]
        for shown in (place_at(legs, name, time), place_at(at_once, name, time)):
            if season == now and under_water:
                assert shown is None
            else:
                assert distance(*shown[:2], reply["x"], reply["y"]) < 0.1, (name, reply, shown)
                assert (shown[2] > 0) == under_water
    lesson.player.app.logbook.close()
