"""A real browser plays on the real server: clicks, types, and looks at the map."""

import os
import re
import subprocess
import sys
import time
from itertools import pairwise
from urllib.parse import quote

import pytest
import requests

from tests.conftest import Server
from tests.fleet import names_of_seamounts, write_logbook
from tests.hostile import HOSTILE

IN_CI = os.environ.get("CI") == "true"
pytestmark = pytest.mark.skipif(not IN_CI, reason="they take minutes; with Chromium: CI=true make test")

# Pages of every kind, for the tests that look at all of them.
PAGES = [
    "",
    "begin",
    "begin?message=hello%20w%C3%B6rld",
    "begin?message=hint",
    "beguine?message=987",
    "meruprastarah?message=1,5,10,10,5,1",
    "steps",
    "mocean",
    "join?name=ada",
    "location",
    "heading?degrees=north",
    "accel",
    "look",
    "popchat",
    "who",
    "chart",
    "status",
    "nowhere",
    "map",
    "map?follow=Clem",
    "map?follow=nobody",
    "helm",
]


def heading_of(page):
    return page.locator("h1").inner_text()


def ask(page, route, **keys):
    """Fill in the form for a route on a page, and send it."""
    form = page.locator(f'form[action="/{route}"]')
    for name, value in keys.items():
        form.locator(f'[name="{name}"]').fill(value)
    form.get_by_role("button", name=f"Ask /{route}").click()


# ---- Playing ----


def test_a_student_solves_all_stages_by_clicking_and_typing(page, server):
    page.goto(server.url)
    page.get_by_role("link", name="Start here: /begin").click()
    for stage, answer in enumerate(["101", "987", "wigs", "50005000", "1,5,10,10,5,1"], 1):
        assert heading_of(page).startswith(f"Puzzle {stage} of 5.")
        assert page.locator(".stages a").count() == stage
        page.locator("input:focus").wait_for()
        page.keyboard.type("what?")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("message=what"))
        assert page.locator(".stages a").count() == stage
        page.get_by_label("your answer").fill(answer)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("message=" + quote(answer)))
        page.locator("a:focus").wait_for()  # the link to go on with
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/[a-z]+$"))
    assert page.url == server.url + "mocean"


def test_a_student_who_is_stuck_clicks_for_hints(page, server):
    page.goto(server.url + "sirduke")
    page.get_by_label("your answer").fill("trumpet")
    page.keyboard.press("Enter")
    page.get_by_text("“trumpet” is not the fourth word").wait_for()
    assert page.get_by_label("your answer").input_value() == "trumpet"
    page.keyboard.type("horn")  # it was selected, so this replaces it
    assert page.get_by_label("your answer").input_value() == "horn"
    for number in (1, 2, 3):
        page.get_by_role("button", name="Hint" if number == 1 else "Next hint").click()
        page.wait_for_url(re.compile("message=hint"))
        assert heading_of(page).startswith(f"Hint {number} of 3: ")
        assert page.locator(".hints li").count() == number - 1
        assert page.get_by_text("Send the fourth word that is sung in it.").is_visible()
    assert page.get_by_role("button", name="hint").count() == 0


RUNNING = "() => document.getAnimations().filter((one) => one.playState === 'running').length"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_end_of_steps_is_a_moment_and_then_calm(open_browser, server, motion):
    page, name = open_browser(reduced_motion=motion), f"hero-{motion[:2]}"
    page.goto(f"{server.url}join?name={name}")
    for route, answer in (("begin", 101), ("beguine", 987), ("sirduke", "wigs"), ("euler", 50005000)):
        page.goto(f"{server.url}{route}?message={answer}")
        assert page.locator(".feat").count() == 0
    page.goto(f"{server.url}meruprastarah?message=1,5,10,10,5,1", wait_until="commit")
    page.get_by_text(f"{name} has solved all 5 puzzles!").wait_for()
    if motion == "reduce":
        assert page.evaluate(RUNNING) == 0
    page.wait_for_function(f"() => ({RUNNING})() === 0")
    assert page.locator(".stages .solved").count() == 5
    page.goto(server.url + "map")
    page.locator("#chat li", has_text=f"Mocean {name} has solved all 5 puzzles!").wait_for()


def test_chat_is_a_conversation_in_local_time(open_browser, server):
    tokyo, other = open_browser(timezone_id="Asia/Tokyo", locale="en-GB"), open_browser()
    other.goto(server.url + "join?name=speaker")
    tokyo.goto(server.url + "join?name=listener")
    other.goto(server.url + "sendchat?message=a word for you&name=listener")
    tokyo.goto(server.url + "location")
    tokyo.get_by_role("banner").get_by_role("link", name="Chat waits 1").click()
    assert heading_of(tokyo) == "speaker says: a word for you"
    said = tokyo.locator(".talk .latest")
    sent = said.locator("time").get_attribute("datetime")
    there = tokyo.evaluate("sent => new Date(sent).toTimeString().slice(0, 5)", sent)
    assert said.inner_text() == f"speaker {there}\n\na word for you"
    assert (int(there[:2]) - int(sent[11:13])) % 24 == 9
    assert tokyo.get_by_text("Chat waits").count() == 0


def test_two_browsers_sail_and_talk(open_browser, server):
    grace, vasco = open_browser(), open_browser()
    for page, name in ((grace, "grace"), (vasco, "vasco")):
        page.goto(server.url)
        ask(page, "join", name=name)
        assert heading_of(page).startswith(f"Welcome aboard, {name}! Your id is")
        assert page.get_by_role("banner").get_by_text(f"You sail as {name}").is_visible()
    ask(grace, "heading", degrees="90")
    ask(grace, "speed", speed="4.5")
    assert "Heading 90, speed 4.5." in heading_of(grace)
    grace.goto(server.url + "sendchat?message=ahoy, vasco <3")
    assert heading_of(grace).startswith("Sent as message")
    vasco.goto(server.url + "popchat")
    assert heading_of(vasco) == "grace says: ahoy, vasco <3"
    grace.goto(server.url + "accel")
    grace.get_by_role("button", name="w", exact=True).click()
    assert "speed 6.5." in heading_of(grace)


@pytest.mark.parametrize("clipboard", ["new", "old"])
def test_the_request_in_python_gives_the_same_reply(open_browser, server, clipboard):
    """Also where the browser has no clipboard, as it is with http and any other computer than one's own."""
    page = open_browser(permissions=["clipboard-read", "clipboard-write"])
    if clipboard == "old":
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(f"{server.url}join?name=zheng-{clipboard}")
    id = page.locator("dt", has_text=re.compile("^id$")).locator("+ dd").inner_text().strip()
    for url in (
        "begin?message=hello%20w%C3%B6rld+%27%22%5C",
        "who",
        "nowhere?x=%F0%9F%98%80",
        "heading?degrees=90",
        f"join?name=zheng-{clipboard}",
    ):
        page.goto(server.url + url)
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied!").wait_for()
        page.goto(server.url + "begin")
        page.get_by_label("your answer").press("Control+V")  # where the two lines become one
        program = page.get_by_label("your answer").input_value().replace("requestsprint", "requests\nprint")
        program = program.replace("import requests print", "import requests\nprint").replace("YOUR-ID", id)
        printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30).stdout
        asked = server.ask(f"{url}{'&' if '?' in url else '?'}id={id}").text
        assert without_time(printed.rstrip("\n")) == without_time(asked)


def without_time(reply):
    return re.sub("^time=.*", "", reply, flags=re.MULTILINE)


def test_an_address_that_chromium_prerenders_acts_once(open_browser, tmp_path):
    """While somebody types, Chromium may ask for what it thinks will be typed. Here a page tells it to."""
    server = Server().start(tmp_path / "log")
    try:
        page = open_browser()
        page.goto(server.url + "join?name=ada")
        rules = '{"prerender": [{"source": "list", "urls": ["/accel?ctrl=w"], "eagerness": "immediate"}]}'
        page.route(
            "**/typing",
            lambda route: route.fulfill(
                content_type="text/html", body=f"<title>x</title><script type=speculationrules>{rules}</script>"
            ),
        )
        page.goto(server.url + "typing")
        wait_until(lambda: "GET /accel 503" in server.log.read_text())
        page.goto(server.url + "accel?ctrl=w")
        assert "speed 2.0" in heading_of(page)
    finally:
        server.kill()


def test_a_name_that_somebody_else_has_pointed_here_reads_and_does_nothing(chromium, tmp_path):
    """As in DNS rebinding: to the browser, such a page and our replies are of one site."""
    server = Server(MOCEAN_HOSTS="reds.example").start(tmp_path / "log")
    ask = "url => fetch(url).then(reply => reply.json())"
    page = chromium.new_page()
    try:
        page.goto(f"http://evil.example:{server.port}/robots.txt")
        assert page.evaluate(ask, "/join?name=eve&format=json")["error"] == "cross-site"
        assert page.evaluate(ask, "/chart?format=json").keys() == {"ok", "error", "reply", "try"}
        page.goto(f"http://Reds.example:{server.port}/")
        assert page.evaluate(ask, "/join?name=ada&format=json")["ok"]
        assert page.evaluate(ask, "/who?format=json")["sailors"] == ["Clem", "ada"]
    finally:
        page.close()
        server.kill()


def wait_until(is_true, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "that took too long"
        time.sleep(0.02)


def test_the_leader_erases_a_sailor_and_is_asked_once_more(page, tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY="a key of the sea").start(tmp_path / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        page.goto(f"{server.url}harbour")
        page.locator("#lock input").fill("a key of the sea")
        page.keyboard.press("Enter")
        page.get_by_text("The ocean is open.").wait_for()
        ask(page, "harbour/erase", name="ada")
        assert heading_of(page) == "This erases all that is kept of ada, for ever. If you are sure, send sure=yes too."
        assert server.json("location", id=ada)["ok"]
        page.get_by_role("link", name="/harbour/erase?name=ada&sure=yes").click()
        assert heading_of(page).startswith("A sailor is erased.")
        assert server.json("location", id=ada)["error"] == "unknown-id"
    finally:
        server.kill()


def test_many_wrong_ids_from_a_network_keep_no_browser_out(open_browser, tmp_path):
    """One who joined elsewhere comes to a network from which somebody has guessed ids."""
    server = Server(MOCEAN_PROXIES="127.0.0.1").start(tmp_path / "log")
    home, school = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "198.51.100.9"}
    try:
        page = open_browser(extra_http_headers=home)
        page.goto(f"{server.url}join?name=ada")
        for number in range(62):
            guess = requests.get(f"{server.url}location?id=guess{number}", headers=school, timeout=10)
        assert guess.status_code == 429
        page.context.set_extra_http_headers(school)
        page.goto(server.url)
        assert heading_of(page).startswith("Ahoy!")
        page.goto(f"{server.url}join?name=ada")
        assert heading_of(page).startswith("Welcome aboard, ada!")
        page.goto(f"{server.url}location")
        assert heading_of(page).startswith("You are at")
    finally:
        server.kill()


# ---- Hostile words ----


@pytest.fixture(scope="module")
def hostile_harbour(tmp_path_factory):
    """A server on which somebody got past all checks: names and chat, and who discovered what, are hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    ships = [(word, 40 * number % 900, 333, 10 * number, 1) for number, word in enumerate(HOSTILE)]
    found = list(zip(names_of_seamounts(), HOSTILE))
    words = [(word, word) for word in HOSTILE[-20:]]
    ids = write_logbook(folder / "logbook.sqlite3", ships, found, words)
    server = Server(MOCEAN_LOGBOOK=str(folder / "logbook.sqlite3")).start(folder / "log")
    server.ids = ids
    yield server
    server.kill()


LOOKS = """() => [
    ...["h1", "main", "script", "iframe"].map((tag) => document.querySelectorAll(tag).length),
    document.documentElement.scrollWidth - innerWidth,
]"""
USUAL = [1, 1, 1, 0, 0]


def looks(page, url):
    """How many headings, main parts, scripts and frames a page has, and by how much it is too wide."""
    page.goto(url, wait_until="domcontentloaded")
    return page.evaluate(LOOKS)


@pytest.mark.parametrize("slot", ["{0}", "heading?degrees={0}&{0}={0}"])
def test_hostile_words_run_nothing_and_spoil_nothing(open_browser, server, slot):
    page = open_browser(viewport={"width": 390, "height": 844})
    for word in HOSTILE:
        assert looks(page, server.url + slot.format(quote(word, safe=""))) == USUAL, word


def test_hostile_names_and_chat_run_nothing_and_spoil_nothing(open_browser, hostile_harbour):
    page = open_browser(viewport={"width": 800, "height": 600})
    for id in hostile_harbour.ids.values():  # the name stands in the corner of the page
        assert looks(page, f"{hostile_harbour.url}location?id={id}") == USUAL
        page.context.clear_cookies()
    for route in ("", "who", "chart", "map"):
        assert looks(page, hostile_harbour.url + route) == USUAL
    page.wait_for_function(f"() => ships.size > {len(HOSTILE)}")
    page.get_by_text("All ships as a table").click()
    page.wait_for_timeout(1500)
    assert page.locator("#chat li").count() == 20
    lists = page.locator(":is(#news, #loud, #chat, #best, #moments, #table)")
    assert lists.count() == 6
    assert lists.locator("img, script, svg").count() == 0
    for word in HOSTILE[::10]:
        page.goto(f"{hostile_harbour.url}map?follow={quote(word, safe='')}")
        page.wait_for_function("() => ships.size > 0")
        assert page.evaluate("picture.followed.name") == word


# ---- For everyone ----


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_browser, server, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(color_scheme=scheme)
    for url in PAGES:
        page.goto(server.url + url)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]
        assert not serious, url


@pytest.mark.parametrize("width", [320, 390, 1920])
def test_no_page_is_wider_than_the_screen(open_browser, server, width):
    page = open_browser(viewport={"width": width, "height": 800})
    for url in [*PAGES, "begin?" + "x" * 3000 + "=" + "y" * 3000]:
        assert looks(page, server.url + url)[-1] == 0, url


BROKEN = """() => [...document.querySelectorAll(".whole, .button, td[data-column=route] bdi")]
    .filter((one) => {
        const text = document.createRange();
        text.selectNodeContents(one);
        return new Set([...text.getClientRects()].map((box) => Math.round(box.top / 10))).size > 1;
    })
    .map((one) => one.textContent)"""


@pytest.mark.parametrize("width", [320, 360, 390, 520, 900])
def test_the_name_of_a_route_is_never_broken(open_browser, server, width):
    page = open_browser(viewport={"width": width, "height": 800})
    for url in ("", "mocean", "beginn", "headin", "euler?message=50005000", "meruprastarah", "status?x=1"):
        page.goto(server.url + url)
        assert page.evaluate(BROKEN) == [], url


def test_headings_go_down_step_by_step(page, server):
    for url in PAGES:
        page.goto(server.url + url)
        levels = page.locator("h1, h2, h3").evaluate_all("all => all.map((one) => Number(one.tagName[1]))")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), url
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.title().endswith("Mocean")


def test_the_keyboard_reaches_the_reply(page, server):
    page.goto(server.url + "who")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the reply"
    page.keyboard.press("Enter")
    page.wait_for_url("**/who#reply")


def test_pages_work_without_javascript(open_browser, server):
    page = open_browser(java_script_enabled=False)
    page.goto(server.url + "begin")
    page.get_by_label("your answer").fill("101")
    page.get_by_role("button", name="Ask /begin").click()
    assert "The next route is beguine" in heading_of(page)
    assert page.get_by_role("button", name="Copy").count() == 0
