"""The clock of the game, when the computer's clock is set to another time."""

import pytest

import mocean
from game.sailors import NAP
from server.clock import SteadyClock
from server.settings import Settings
from tests.conftest import Clock, Player

DAY = 24 * 3600


class Computer:
    """One whose clock on the wall can be set, while its stopwatch goes on."""

    def __init__(self):
        self.wall, self.stopwatch = Clock(1_800_000_000.0), Clock(50.0)
        self.clock = SteadyClock(self.wall, self.stopwatch)

    def wait(self, seconds):
        self.wall.now += seconds
        self.stopwatch.now += seconds


@pytest.fixture
def computer():
    return Computer()


@pytest.fixture
def player(computer):
    return Player(mocean.build(Settings(logbook=":memory:", limits=False), computer.clock))


def test_it_shows_the_time_of_day(computer):
    computer.wait(3600)
    assert computer.clock() == computer.wall.now == 1_800_003_600


def test_it_follows_a_clock_that_is_set_forward(computer):
    """As in a Raspberry Pi, which learns from the network how late it is."""
    computer.wall.now += 90 * DAY
    assert computer.clock() == computer.wall.now
    computer.wait(60)
    assert computer.clock() == computer.wall.now


def test_it_never_goes_back_and_never_stands_still(computer):
    computer.wall.now -= DAY
    assert computer.clock() == 1_800_000_000
    computer.wait(5)
    assert computer.clock() == 1_800_000_005
    computer.wall.now += DAY + 7  # right again, and a little more
    assert computer.clock() == 1_800_000_012


def test_ships_sail_on_and_the_uptime_grows_while_the_clock_is_set_back(computer, player):
    player.join("ada")
    player.json("/heading", degrees=90)
    before = player.json("/speed", speed=4)
    computer.wait(2)
    computer.wall.now -= DAY
    computer.wait(3)
    after = player.json("/location")
    assert (after["x"] - before["x"]) % 900 == pytest.approx(20, abs=0.1)
    assert player.json("/status")["uptime"] == pytest.approx(5)


def test_who_is_quiet_falls_asleep_while_the_clock_is_set_back(computer, player):
    player.join("ada")
    computer.wall.now -= DAY
    computer.wait(NAP)
    assert player.another().json("/who")["sailors"] == ["Clem"]
