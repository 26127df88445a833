"""The map on the wall: a real browser shows the ships, names, soundings and moments of the real server."""

import os
from itertools import combinations, pairwise

import pytest

from game.planet import SIZE
from tests.conftest import Server, wait_until
from tests.fleet import SEA, names_of_seamounts, write_logbook

IN_CI = os.environ.get("CI") == "true"
pytestmark = pytest.mark.skipif(not IN_CI, reason="they take minutes; with Chromium: CI=true make test")

PLACE = "name => placeOf(ships.get(name))"
# Where a ship is drawn in each frame, until it has reached an x or so many seconds are over. `seen` is how often the
# square shows it.
FRAMES = """([name, x, seconds]) => new Promise((done) => {
    const frames = [];
    const end = performance.now() + seconds * 1000;
    const isInSquare = ([x]) => Math.abs(x - view.left - view.side / 2) < view.side / 2 + 20;
    const note = () => {
        const [time, place] = [performance.now(), placeOf(ships.get(name))]; // a busy computer draws a frame late
        frames.push({ ...place, time: time / 1000, seen: view.spots(place, 20).filter(isInSquare).length });
        if (time < end && Math.abs(place.x - x) > 2) requestAnimationFrame(note);
        else done(frames);
    };
    requestAnimationFrame(note);
})"""
# The names that are shown, and a box for each, as [left, top, width, height].
NAMES = "() => picture.seen.filter(({ box }) => box).map(({ ship, box }) => ({ name: ship.name, box }))"
# The red, green, blue and alpha of a canvas at a place: 0 is that of the sea, 1 that of ships.
PIXEL = """([canvas, place]) => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    const [x, y] = view.spot(place).map(Math.round);
    pen.drawImage(document.querySelectorAll(".ocean canvas")[canvas], -x, -y);
    return [...pen.getImageData(0, 0, 1, 1).data];
}"""


def around(here, there):
    """The short way between two places of the ocean."""
    return abs((here - there + 450) % 900 - 450)


def distance(here, there):
    return (around(here["x"], there["x"]) ** 2 + around(here["y"], there["y"]) ** 2) ** 0.5


@pytest.fixture
def sailing(tmp_path):
    """A function that starts a server with these ships at sea."""
    servers = []

    def start(*ships, found=(), words=()):
        file = tmp_path / "logbook.sqlite3"
        ids = write_logbook(file, ships, found, words)
        server = Server(MOCEAN_LOGBOOK=str(file), MOCEAN_LIMITS="off").start(tmp_path / "log")
        server.ids = ids
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def harbour(sailing):
    """A server, with ada about to leave the map on the right, bob on his way, and a discovery."""
    ships = [("ada", 780, 300, 90, 25), ("bob", 200, 200, 0, 4)]
    return sailing(*ships, found=[("Cobb", "ada")], words=[("bob", "ahoy & good day")])


def open_map(page, server, query=""):
    page.goto(f"{server.url}map{query}")
    page.wait_for_function("() => ships.size > 0")
    return page


# ---- Ships ----


def test_the_map_shows_ships_where_they_are(page, harbour):
    open_map(page, harbour)
    harbour.json("heading", id=harbour.ids["bob"], degrees=225)

    def is_right(name):
        drawn, told = page.evaluate(PLACE, name), harbour.json("location", id=harbour.ids[name])
        return distance(drawn, told) < 2 and abs(drawn["heading"] - told["heading"]) < 2

    for name in harbour.ids:
        wait_until(lambda name=name: is_right(name))
    assert page.locator("#aboard").inner_text() == "3"
    assert page.locator("#hidden").inner_text() == str(len(names_of_seamounts()) - 1)
    assert page.locator("#best").inner_text() == "ada 1 seamount"
    assert page.locator("#chat").inner_text() == "bob ahoy & good day"
    page.get_by_text("All ships as a table").click()
    page.get_by_role("row").nth(3).wait_for()
    assert page.get_by_role("row").count() == 4


def test_ships_glide_between_polls_and_over_the_edge(page, harbour):
    open_map(page, harbour)
    frames = page.evaluate(FRAMES, ["ada", 30, 60])  # if she has left already, she comes round again
    steps = [(distance(a, b), b["time"] - a["time"]) for a, b in pairwise(frames)]
    assert all(step <= 25 * seconds * 1.5 + 2 for step, seconds in steps)  # without gliding they would be 25 m
    assert sum(step > 0 for step, _ in steps) > len(steps) * 0.9
    assert max(frame["x"] for frame in frames) > 890  # on the right ...
    assert min(frame["x"] for frame in frames) < 20  # ... and then on the left
    assert max(frame["seen"] for frame in frames) == 2  # and at the edge on both


def test_a_ship_leaves_a_wake(page, sailing):
    open_map(page, sailing(("bob", 250, 250, 90, 8)))
    ahead = [{"x": x, "y": 250} for x in range(600)]
    before = page.evaluate(f"places => places.map((place) => ({PIXEL})([0, place]))", ahead)  # also of the grid's lines
    start, sea = page.evaluate(PLACE, "bob"), page.evaluate(PIXEL, [0, {"x": 250, "y": 350}])
    wait_until(lambda: distance(page.evaluate(PLACE, "bob"), start) > 30)
    wait_until(lambda: sum(page.evaluate(PIXEL, [0, start])) > sum(sea))  # as it is white
    x = round(page.evaluate(PLACE, "bob")["x"]) + 15
    assert page.evaluate(PIXEL, [0, ahead[x]]) == before[x]


def test_a_ship_fades_whose_program_seems_left_over(page, harbour):
    """Bob has asked nothing for three minutes, and ada has had no order for eleven."""

    def grow_old(route):
        chart = harbour.json("chart")
        for ship in chart["sailors"]:
            ship["heard"] -= {"bob": 180}.get(ship["name"], 0)
            ship["since"] -= {"ada": 660}.get(ship["name"], 0)
        route.fulfill(json=chart)

    page.route("**/chart?*", grow_old)
    open_map(page, harbour)
    page.wait_for_function("() => picture.seen.length === 3")
    clem, ada, bob = (
        page.evaluate("name => picture.opacityOf(ships.get(name))", name) for name in ("Clem", "ada", "bob")
    )
    assert clem == 1
    assert ada == bob < 0.6


LIVERIES = """async () => {
    const { liveryOf } = await import("/static/map/ships.js");
    return [...Array(112).keys(), -1].map(liveryOf);
}"""


def test_28_ships_are_told_apart_by_hull_and_colour_and_112_with_their_sails(page, server):
    page.goto(server.url + "map")
    liveries = page.evaluate(LIVERIES)
    assert len({(one["hull"], one["colour"]) for one in liveries[:28]}) == 28
    assert len({tuple(sorted(one.items())) for one in liveries}) == 113
    without_colour = [(one["hull"], one["sail"]) for one in liveries[:28]]
    assert max(map(without_colour.count, without_colour)) == 2


def test_a_click_on_a_ship_or_its_name_tells_what_all_may_know_of_it(page, sailing):
    harbour = sailing(("ada", 300, 300, 90, 0), ("bob", 600, 300, 0, 0), found=[("Cobb", "ada")])
    harbour.json("heading", id=harbour.ids["ada"], degrees=45)
    open_map(page, harbour)
    page.wait_for_function("() => ships.get('ada').heading === 45")
    card = page.locator("#card")
    page.mouse.click(*page.evaluate("() => view.spot(placeOf(ships.get('ada')))"))
    card.get_by_role("heading", name="ada").wait_for()
    for words in ("heading 45", "Cobb", "/heading?degrees=45"):
        assert words in card.inner_text()
    harbour.json("stop", id=harbour.ids["ada"])
    card.get_by_text("/stop").wait_for()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    [box] = [one["box"] for one in page.evaluate(NAMES) if one["name"] == "bob"]
    page.mouse.click(box[0] + box[2] / 2, box[1] + box[3] / 2)
    card.get_by_role("heading", name="bob").wait_for()
    card.get_by_role("link", name="Follow").click()
    page.wait_for_url("**/map?follow=bob")


# ---- Names ----


def overlaps(boxes):
    """How many pairs of boxes lie on each other."""
    return sum(
        a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
        for a, b in combinations(boxes, 2)
    )


def names_on(page, server, ships):
    """The names that a map of these ships shows, as a dict of their boxes."""
    open_map(page, server)
    page.wait_for_function("number => picture.seen.length > number", arg=len(ships))
    return {one["name"]: one["box"] for one in page.evaluate(NAMES)}


CLASS = [f"sailor-{number}" for number in range(28)]


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
def test_no_name_of_a_class_lies_on_another(open_browser, sailing, size):
    page = open_browser(viewport=dict(zip(("width", "height"), size)))
    ships = [(name, 70 + 611 * number % 760, 70 + 283 * number % 760, 0, 0) for number, name in enumerate(CLASS)]
    names = names_on(page, sailing(*ships, found=[(name, "ada") for name in names_of_seamounts()]), ships)
    assert {*CLASS, "Clem"} == {*names}
    assert overlaps(names.values()) == 0


def test_few_names_are_missing_in_a_crowded_harbour(open_browser, sailing):
    page = open_browser(viewport={"width": 1920, "height": 1080})
    ships = [(name, 420 + 37 * number % 60, 420 + 23 * number % 60, 0, 0) for number, name in enumerate(CLASS)]
    names = names_on(page, sailing(*ships), ships)
    assert len(names) >= 26
    assert overlaps(names.values()) == 0


def test_letters_can_be_read_from_six_metres_and_the_sea_fills_the_screen(open_browser, harbour):
    page = open_map(open_browser(viewport={"width": 1920, "height": 1080}), harbour)
    assert page.evaluate("picture.letter") >= 0.022 * 1080
    sea, square = page.locator(".ocean").bounding_box(), page.locator(".square").bounding_box()
    assert (sea["width"], sea["height"], square["width"]) == (1920, 1080, 1080)


def test_a_phone_shows_the_whole_ocean_above_the_words(open_browser, harbour):
    page = open_map(open_browser(viewport={"width": 390, "height": 844}), harbour)
    square = page.locator(".square").bounding_box()
    assert (square["x"], square["y"], square["width"], square["height"]) == (0, 0, 390, 390)
    assert page.get_by_role("heading", name="Mocean").bounding_box()["y"] > 390


# ---- What the class finds ----


def summit(number):
    """A ship on the summit of a seamount."""
    mount = SEA.seamounts[number]
    return mount.x, mount.y, 0, 0


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_discovery_makes_a_room_look_up_and_then_all_is_calm(open_browser, sailing, motion):
    harbour = sailing(("ada", *summit(0)))
    page = open_map(open_browser(reduced_motion=motion), harbour)
    name, loud = SEA.seamounts[0].name, page.locator("#loud")
    harbour.json("ping", id=harbour.ids["ada"])
    loud.get_by_text(f"ada discovered the seamount {name}!").wait_for()
    page.locator("#moments li").get_by_text(name).wait_for()
    page.locator("#best").get_by_text("ada 1 seamount").wait_for()
    assert (page.evaluate("picture.moments.running.length") > 0) == (motion == "no-preference")
    page.wait_for_function("() => picture.moments.running.length === 0")
    loud.get_by_text(name).wait_for(state="detached")
    page.reload()
    page.locator("#moments li").get_by_text(name).wait_for()
    assert loud.inner_text() == ""


def test_every_kind_of_moment_has_an_effect(page, server):
    page.goto(server.url + "map")
    for kind in ("discovery", "treasure", "badge", "tide", "season", ""):
        page.evaluate("kind => picture.moments.begin({ kind, name: 'Clem' })", kind)
    assert page.evaluate("picture.moments.running.length") == 5
    page.wait_for_function("() => picture.moments.running.length === 0")


def test_the_sea_floor_appears_where_somebody_sounds_it(page, sailing):
    harbour = sailing(("ada", 307, 307, 0, 0))
    open_map(page, harbour)
    here, elsewhere = {"x": 312, "y": 303}, {"x": 612, "y": 303}
    sea = page.evaluate(PIXEL, [0, elsewhere])
    assert page.evaluate(PIXEL, [0, here]) == sea
    harbour.json("ping", id=harbour.ids["ada"])
    wait_until(lambda: page.evaluate(PIXEL, [0, here]) != sea)
    assert page.evaluate(PIXEL, [0, elsewhere]) == sea


# ---- The server, and who looks ----


def test_the_map_survives_a_restart(page, harbour, tmp_path):
    open_map(page, harbour)
    harbour.kill()
    page.get_by_text("The server does not answer. I keep asking.").wait_for()
    harbour.start(tmp_path / "log")
    page.get_by_text("The server does not answer").wait_for(state="detached")
    wait_until(lambda: distance(page.evaluate(PLACE, "bob"), harbour.json("location", id=harbour.ids["bob"])) < 2)
    page.complaints[:] = [text for text in page.complaints if "ERR_CONNECTION_REFUSED" not in text]


def test_the_map_follows_one_ship(page, harbour):
    open_map(page, harbour, "?follow=ADA")
    for _ in range(10):
        view, ship = page.evaluate("() => [{ x: view.x, y: view.y }, placeOf(ships.get('ada'))]")
        assert distance(view, ship) < 30
    assert page.evaluate("view.metres") < SIZE
    open_map(page, harbour, "?follow=zed")
    assert "That ship is not on the map now." in page.locator("#news").inner_text()
    assert page.evaluate("view.metres") == SIZE
    page.get_by_text("All ships as a table").click()
    page.get_by_role("link", name="bob").click()
    page.wait_for_url("**/map?follow=bob")


def test_the_map_does_not_keep_its_sailor_awake(page, harbour):
    page.goto(harbour.url + "join?name=ada&id=" + harbour.ids["ada"])
    with page.expect_request("**/chart?*") as asked:
        open_map(page, harbour)
    assert "cookie" not in asked.value.all_headers()


def test_the_map_is_calm_for_who_wants_that(open_browser, harbour):
    page = open_map(open_browser(reduced_motion="reduce"), harbour)
    page.evaluate("() => { window.drawn = 0; picture.draw = () => window.drawn++ }")
    page.wait_for_timeout(2500)
    assert 1 <= page.evaluate("drawn") <= 4


def test_the_map_asks_seldom_while_nobody_sees_it(page, harbour):
    open_map(page, harbour)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.wait_for_timeout(1200)  # the poll that was already under way
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert not asked
    page.evaluate("Object.defineProperty(document, 'hidden', { value: false })")
    looks_again = "document.dispatchEvent(new Event('visibilitychange'));"
    page.evaluate(5 * looks_again)
    page.wait_for_timeout(2500)
    assert 2 <= len(asked) <= 4
