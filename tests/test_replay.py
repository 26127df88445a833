"""Yesterday's lesson again: a real browser plays on the map what the real server has kept of it."""

import os
from itertools import pairwise
from random import Random
from time import time

import pytest
import requests

from game.sailors import NAP
from tests.conftest import Clock, Player, Server, game

IN_CI = os.environ.get("CI") == "true"
pytestmark = pytest.mark.skipif(not IN_CI, reason="they take minutes; with Chromium: CI=true make test")

SHIPS = ["ada", "grace", "vasco", "zheng", "tupaia", "maryam"]
UNDER_WATER = 8  # a bit of the status
ORDERS = [  # routes, and what to send them by chance
    ("heading", lambda chance: {"degrees": chance.uniform(0, 360)}),
    ("speed", lambda chance: {"speed": chance.uniform(0, 25)}),
    ("accel", lambda chance: {"ctrl": chance.choice("wasd")}),
    ("dive", lambda chance: {"depth": chance.choice([0, 0, 3])}),
]


class Lesson:
    """A lesson of 40 minutes, two hours ago, and what ships were told of where they were."""

    def __init__(self, file):
        self.clock, self.chance = Clock(time() - 7200), Random(19)
        self.app = game(clock=self.clock, logbook=str(file))
        self.began, self.told = self.clock.now, []
        self.ids = {name: self.ask("join", name=name)["id"] for name in ["sleepy", *SHIPS]}
        for id in self.ids.values():
            self.ask("speed", id=id, speed=20)
        self.sail_until(self.began + 1200)
        self.discover_a_seamount()
        self.sail_until(self.began + 2400)
        for name in SHIPS:
            self.ask("quit", id=self.ids[name])
        self.ended = self.clock.now
        self.app.logbook.close()

    def ask(self, route, **keys):
        return Player(self.app).json(f"/{route}", **keys)

    def discover_a_seamount(self):
        """Ada does, as she is put on its summit."""
        mount = self.app.ocean.sea.seamounts[0]
        self.app.ocean.sail(self.app.ocean.find("ada"), x=mount.x, y=mount.y, speed=0)
        self.ask("ping", id=self.ids["ada"])
        self.discovery = f"ada discovered the seamount {mount.name}!"

    def sail_until(self, time):
        """Again and again some ship changes its course, and now and then one asks where it is."""
        while self.clock.now < time:
            self.clock.now += self.chance.expovariate(3)
            route, keys = self.chance.choice(ORDERS)
            self.ask(route, id=self.ids[self.chance.choice(SHIPS)], **keys(self.chance))
            if self.chance.random() < 0.1:
                self.clock.now += self.chance.expovariate(3)
                name = self.chance.choice(SHIPS)
                self.told.append({"name": name, **self.ask("location", id=self.ids[name])})


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The lesson, with the server on which it can be seen again."""
    folder = tmp_path_factory.mktemp("lesson")
    lesson = Lesson(folder / "logbook.sqlite3")
    server = Server(MOCEAN_LOGBOOK=str(folder / "logbook.sqlite3")).start(folder / "log")
    lesson.url = server.url
    yield lesson
    server.kill()


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    complaints = []
    page.on("console", lambda message: message.type != "log" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert not [one for one in complaints if "Failed to load resource" not in one]  # as some tests have it fail


# The moments that it shows in each frame of some seconds.
TIMES = """() => new Promise((done) => {
    const times = [];
    const note = () => (times.push(picture.fleet.chart.time) < 200 ? requestAnimationFrame(note) : done(times));
    note();
})"""
LOADED = "() => globalThis.source?.isLoaded"
# Where some ships are drawn at some moments, or null for those that are not.
PLACES = """told => told.map(([name, time]) => {
    source.jump(time);
    return ships.has(name) ? placeOf(ships.get(name)) : null;
})"""


def play(page, lesson, query="", begin=None):
    """Open the map so that it plays the lesson, and wait until all of that is loaded."""
    page.goto(f"{lesson.url}map?from={begin or lesson.began}{query}")
    page.wait_for_function(LOADED)


def pause(page):
    page.get_by_role("button", name="Pause").click()


def distance(here, there):
    """Metres between two places of an ocean that wraps at its edges."""
    return sum(abs((here[key] - there[key] + 450) % 900 - 450) ** 2 for key in "xy") ** 0.5


def test_each_ship_is_where_location_said_it_was(page, lesson):
    play(page, lesson)
    pause(page)
    told = Random(1).sample(lesson.told, 200)  # in no order, so that it jumps to and fro
    places = page.evaluate(PLACES, [[ship["name"], ship["time"]] for ship in told])
    for ship, place in zip(told, places):
        if ship["status"] & UNDER_WATER:
            assert place is None, ship  # hidden until the season has ended
        else:
            assert distance(ship, place) < 0.1, ship
    assert sum(place is None for place in places) < 100


def test_the_hours_in_which_ships_sailed_have_links(page, lesson):
    page.goto(f"{lesson.url}tracks")
    page.get_by_role("link", name="/map?from=").first.click()
    page.wait_for_function("() => globalThis.ships?.size > 0")
    assert page.get_by_role("slider", name="Time").is_visible()


def test_who_fell_asleep_is_gone_from_then_on(page, lesson):
    play(page, lesson)
    pause(page)
    awake, asleep = ([["sleepy", lesson.began + NAP + seconds]] for seconds in (-5, 5))
    assert page.evaluate(PLACES, awake) != [None]
    assert page.evaluate(PLACES, asleep) == [None]


def test_a_jump_ahead_does_not_wait_for_all_before(page, lesson):
    """Here the server takes its time for the second piece."""
    last, asked = next(ship for ship in lesson.told[::-1] if not ship["status"]), []
    page.route("**/tracks?*", lambda route: asked.append(route) or len(asked) == 2 or route.continue_())
    page.goto(f"{lesson.url}map?from={lesson.began}")
    page.wait_for_function("() => globalThis.ships?.size > 0")
    pause(page)
    assert page.evaluate(PLACES, [[last["name"], last["time"]]]) == [None]
    while len(asked) < 2:
        page.wait_for_timeout(20)
    asked[1].continue_()
    page.wait_for_function("name => ships.has(name)", arg=last["name"])
    assert distance(page.evaluate("name => placeOf(ships.get(name))", last["name"]), last) < 0.1
    assert any(f"from={last['time']}&" in route.request.url for route in asked)


def test_the_controls_play_pause_and_change_the_speed(page, lesson):
    play(page, lesson, "&speed=20")
    assert page.get_by_label("Speed").input_value() == "20"
    page.wait_for_function("began => source.time() > began + 60", arg=lesson.began)
    pause(page)
    stands = page.evaluate("source.time()")
    page.evaluate("() => new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))")
    assert page.evaluate("source.time()") == stands
    page.get_by_label("Speed").select_option("60")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("then => source.time() > then + 120", arg=stands)


def test_the_slider_goes_to_the_end_and_back_by_keys(page, lesson):
    play(page, lesson)
    pause(page)
    page.get_by_role("slider", name="Time").press("End")
    page.get_by_text("This is the end.").wait_for()
    assert page.evaluate("ships.size") == 0
    page.get_by_role("slider", name="Time").press("Home")
    assert page.evaluate("source.time()") == pytest.approx(lesson.began, abs=0.01)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => ships.size > 0")


def test_a_mark_leads_to_its_moment(page, lesson):
    play(page, lesson, "&speed=20")
    page.get_by_role("slider", name="Time").press("End")
    page.get_by_role("button", name=lesson.discovery).click()
    assert page.evaluate("picture.fleet.chart.seamounts.length") == 0
    page.locator("#moments", has_text=lesson.discovery).wait_for()
    assert page.evaluate("picture.fleet.chart.seamounts.length") == 1


def test_at_the_present_it_leads_to_the_live_map(page, lesson):
    requests.get(f"{lesson.url}join?name=late", timeout=10)
    play(page, lesson, begin=time() - 60)
    page.get_by_role("slider", name="Time").press("End")
    page.get_by_text("This is the present. Go on with the live map.").wait_for()
    page.get_by_role("link", name="the live map").click()
    page.wait_for_url("**/map")


def test_ships_move_once_a_second_for_who_wants_calm(page, lesson):
    page.emulate_media(reduced_motion="reduce")
    play(page, lesson, "&speed=60")
    times = page.evaluate(TIMES)
    assert all(later == time or later - time > 59 for time, later in pairwise(times))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_all_can_be_reached_and_read(page, lesson, scheme):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    play(page, lesson)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for part in ("button", "select", "input", "a"):
        for one in page.locator(f"#again {part}").all():
            expect(one).to_be_in_viewport(ratio=1)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


def test_it_begins_with_the_first_ship_that_sailed_later(page, lesson):
    play(page, lesson, begin=lesson.began - 5 * 3600)
    assert page.evaluate("ships.size") > 0


def test_a_wrong_moment_gets_a_sentence(page, lesson):
    page.goto(f"{lesson.url}map?from=yesterday")
    assert "“yesterday”" in page.locator("h1").inner_text()
