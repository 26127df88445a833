"""Programs in the page /python, in a real browser: those of the README, the examples, and what can go wrong with one.

The browser calls the server by a name, over plain HTTP: as a club does. Sleeping moves the clock of the server on.
"""

import os
import re
import struct
from contextlib import contextmanager
from math import inf
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from steps import PUZZLES
from tests.conftest import ROOT, Handler, serving
from tests.documents import blocks
from tests.fleet import CHROMIUM, WHY_NOT, a_browser
from tests.test_examples import Sea
from tests.workbench import Workbench

IN_CI = os.environ.get("CI") == "true"
pytestmark = pytest.mark.skipif(
    not IN_CI, reason="they take a minute; with Chromium and “make python”: CI=true make test"
)

README = blocks((ROOT / "README.md").read_text(encoding="utf-8"))
SHOWN = [text for language, text in README if language == "text"]
# Browsers keep pages that come from nowhere, as those that a test makes up, from the addresses of one's own computer.
LIKE_REAL_ONES = "--disable-features=LocalNetworkAccessChecks"
SLEEP = """
import time
import requests
from here import url

def sleep(seconds):
    if requests.get(f"{url}sleep?seconds={seconds}&most=MOST").text == "enough":
        raise KeyboardInterrupt

time.sleep = sleep
"""


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM, WHY_NOT
    with a_browser("--host-resolver-rules=MAP *.example 127.0.0.1", LIKE_REAL_ONES) as browser:
        yield browser


@pytest.fixture(scope="module")
def sea(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sea")
    sea = Sea(folder, MOCEAN_LOGBOOK=str(folder / "logbook"))
    sea.name = f"http://mocean.example:{sea.server.port}/"
    yield sea
    sea.server.kill()


@contextmanager
def browser_of(chromium, sea):
    """A browser with cookies of its own, in which a program asks for /sleep?seconds=2 to move the clock on."""

    def sleep(route):
        seconds, most = (float(value) for _, value in parse_qsl(urlsplit(route.request.url).query))
        sea.clock.write_bytes(struct.pack("d", sea.time() + seconds))
        sea.sleeps += 1
        route.fulfill(body="enough" if sea.sleeps > most else "Good morning!")

    context = chromium.new_context()
    context.route("**/sleep?*", sleep)
    yield context
    context.close()


@pytest.fixture(scope="module")
def browser(chromium, sea):
    with browser_of(chromium, sea) as context:
        yield context


@pytest.fixture(scope="module")
def workbench(browser, sea):
    """One page for most tests, as it takes seconds until it has Python."""
    return Workbench(browser.new_page(), sea.name)


@pytest.fixture(scope="module")
def other_tab(browser, sea):
    """Another tab of the same browser, which has joined before."""
    page = browser.new_page()
    page.goto(sea.name + "join?name=own")
    own = page.locator("h1").inner_text()
    workbench = Workbench(page, sea.name)
    workbench.own_id = re.search(r"Your id is (\w+)", own)[1]
    return workbench


def run_fast(workbench, sea, program, *answers, sleeps=inf):
    """Run a program for which sleeping takes no time. After so many sleeps, Ctrl-C stops it."""
    sea.sleeps = 0
    workbench.run(SLEEP.replace("MOST", str(sleeps)))  # what a program does to a module lasts
    return workbench.run(program, *answers)


def program_of_readme(sea, words):
    program = next(text for language, text in README if language == "python" and words in text)
    return program.replace("http://localhost:8080/", sea.name)


def example(name):
    return next((ROOT / "examples").glob(f"*{name}*.py")).read_text(encoding="utf-8")


# ---- README ----


def test_the_loop_of_the_readme_says_what_the_readme_shows_until_it_is_stopped(workbench, sea):
    typed = re.findall("^message: (.*)", SHOWN[0], re.MULTILINE)
    workbench.start(program_of_readme(sea, 'input("message: ")'), *typed)
    workbench.wait_for(SHOWN[0].strip(), "message:")
    workbench.stop()
    workbench.wait_for("You stopped it.")


def test_join_and_sail_of_the_readme(workbench, sea):
    out = workbench.run(program_of_readme(sea, '"name": "grace"'))
    id = re.search(r"Welcome aboard, grace! Your id is (\w+)", out)[1]
    out = workbench.run(program_of_readme(sea, 'my_id = "YOUR-ID"').replace("YOUR-ID", id))
    assert "Turned. You are at" in out
    assert "Heading 90, speed 5.0" in out
    assert out.count("x ") >= 3
    assert sea.server.json("location", id=id)["speed"] == 5


# ---- Examples ----


@pytest.mark.parametrize(
    ("name", "last_words"),
    [
        ("one_request", "Aboard now"),
        ("prime", PUZZLES[1].task),
        ("square", "The square ends"),
        ("latency", "the slowest"),
        ("reckoning", "m off"),
        ("10_sea_floor", "~#"),
        ("foretell", "You were"),
        ("meet", "You see the ship romeo"),
        ("climb", "I found"),
    ],
)
def test_an_example_runs_as_it_is(workbench, sea, name, last_words):
    out = run_fast(workbench, sea, example(name))
    assert last_words in out
    assert "Traceback" not in out


def test_steps_by_answers(workbench, sea):
    out = workbench.run(example("steps"), "91", "101", "987", "wigs", "50005000", "1,5,10,10,5,1")
    assert "7 divides it" in out
    assert "You have solved all puzzles" in out


@pytest.mark.parametrize(
    ("name", "words"), [("poll", "Goodbye!"), ("slow", "You stopped it"), ("robot", "You stopped it")]
)
def test_an_endless_example_runs(workbench, sea, name, words):
    out = run_fast(workbench, sea, example(name), sleeps=5)
    assert words in out
    assert {"poll": "speed 10.0 m/s", "slow": "Welcome aboard", "robot": ""}[name] in out


@pytest.mark.parametrize("name", ["track", "profile"])
def test_an_example_draws(workbench, sea, name):
    assert "Traceback" not in run_fast(workbench, sea, example(name))
    picture = workbench.page.get_by_role("img", name="What the program draws")
    assert picture.is_visible()
    track = picture.locator(".track").get_attribute("d")
    places = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", track)]
    assert len(places) == 40
    assert all(0 <= number <= 900 for place in places for number in place)
    assert track.count("M") > 1  # it sailed over an edge, and no line goes back across the sea
    assert picture.locator(".floor").get_attribute("d").count("h") == (40 if name == "profile" else 0)


# ---- What a program can print ----


def test_a_program_prints_as_in_a_terminal(workbench):
    program = ["import sys", 'print("é 李 🐢", end="")', 'print("!", file=sys.stderr)', "print(__name__, *sys.argv)"]
    lines = workbench.run("\n".join([*program, 'sys.exit("Bye.")'])).splitlines()
    assert lines[0] == "é 李 🐢!"
    assert re.fullmatch(r"__main__ \S+\.py http://mocean\.example:\d+", lines[1])
    assert lines[2] == "Bye."


def test_each_run_begins_anew(workbench):
    workbench.run("ship = 5")
    assert "“ship” is not known here" in workbench.run("print(ship)")


def test_ten_million_characters_do_no_harm(workbench):
    assert workbench.run('print("x" * 10_000_000)\nprint("the end")').endswith("\nthe end\n")


def test_a_program_that_never_stops_printing_is_stopped(workbench):
    workbench.start('import sys\nwhile True:\n    print("again")\n    print("and", file=sys.stderr)')
    workbench.wait_for("again", "and", "again")
    workbench.stop()
    assert workbench.run('print("Here I am.")') == "Here I am.\n"


# ---- What can be wrong with a program ----


ERRORS = {
    "prnt(1)": "Did you mean “print”",
    "print(hullo)": "“hullo” is not known here",
    "time.sleep(1)": "Write “import time”",
    "n = 0\ndef add():\n    n += 1\nadd()": "sets its own “n”",
    "a = 1\n  b = 2": "more spaces in front",
    "if True:\nprint(1)": "Put 4 spaces in front",
    "if True:\n\ta = 1\n        b = 2": "Use spaces everywhere",
    "while True\n    pass": "A colon is missing",
    'print("hello)': "A quote is missing",
    "print((1)": "“(” is never closed",
    "print 1": "“print” needs parentheses",
    '{}["ship"]': "There is no 'ship' in it",
    '"a" + 1': "Text and number don't mix",
    '1 + "a"': "Text and number don't mix",
    "import turtle": "from here import picture",
    "import request": "with an s at the end",
    "import numpy": "no “numpy”",
    "import threading\nthreading.Thread().start()": "no threads",
    "import requests\nrequests.gett()": "Did you mean “get”",
    "[][1]": "fewer items",
    'int("abc")': "'abc' is something else",
    "1 / 0": "divided by 0",
    "def f():\n    f()\nf()": "again and again",
    "import requests\nfrom here import url\nrequests.get(url).json()": "forget format=json",
    'import requests\nrequests.get("http://localhost:1/")': "only this server: http://mocean.example",
    'import requests\nrequests.get("begin")': "no whole URL",
}


def test_the_common_errors_are_said_in_a_sentence(workbench):
    for program, words in ERRORS.items():
        out = workbench.run(program)
        assert words in out, program
        assert f"line {len(program.splitlines())}" in out or "\n  " in program, program


def test_an_error_shows_the_lines_of_the_program_alone(workbench):
    out = workbench.run("import requests\n\ndef ask():\n    requests.get('begin')\n\nask()")
    assert re.findall(r'File "program\d+\.py", (line \d+)', out) == ["line 6", "line 4"]
    assert out.count("File ") == 2


TALKATIVE = """
import requests, time
from here import url
me = requests.get(url + "join", params={"name": "chatty", "format": "json"}).json()
def say(number):
    return requests.get(url + "sendchat", params={"id": me["id"], "message": f"number {number}", "format": "json"})
number = 1
while (reply := say(number)).ok:
    number += 1
print(reply.status_code, reply.json()["reply"])
time.sleep(reply.json()["wait"])
print("Now:", say(number).json()["reply"])
"""


def test_who_asks_too_fast_waits_and_goes_on(workbench, sea):
    out = run_fast(workbench, sea, TALKATIVE)
    assert "429 That is more talk than others can read." in out
    assert "Now: Sent as message" in out


RETRYING = """
import requests, time
from here import url
def boot():
    return requests.get(url + "status", params={"format": "json"}).json()["boot"]
first = boot()
print("I wait.")
while True:
    try:
        if boot() != first:
            break
    except requests.ConnectionError:
        print("No answer.")
    time.sleep(1)
print("It is back.")
"""


def test_a_program_can_wait_until_the_server_is_back(workbench, sea):
    sea.sleeps = 0
    workbench.run(SLEEP.replace("MOST", "inf"))
    workbench.start(RETRYING)
    workbench.wait_for("I wait.")
    sea.server.kill()
    workbench.wait_for("No answer.")
    sea.server.start(sea.server.log)
    workbench.wait_for("It is back.")


def test_a_program_that_does_not_wait_hears_why(workbench, sea):
    workbench.start('import requests\nfrom here import url\nwhile True:\n    print(requests.get(url + "who").text)\n')
    workbench.wait_for("Aboard now")
    sea.server.kill()
    workbench.wait_for("The server does not answer.", "line 4")
    sea.server.start(sea.server.log)
    assert "Aboard now" in workbench.run(example("one_request"))


# ---- Ships ----


SHIP = """
import requests
from here import url
def ask(route, **keys):
    return requests.get(url + route, params={"format": "json", **keys}).json()
id = ask("join", name=NAME)["id"]
ask("heading", id=id, degrees=DEGREES)
input("Ready?")
print("heading", ask("location", id=id)["heading"])
"""


def test_a_program_knows_the_ship_of_this_browser(other_tab):
    assert other_tab.run("from here import my_id\nprint(my_id)") == f"{other_tab.own_id}\n"


def test_two_tabs_sail_two_ships(workbench, other_tab):
    workbench.start(SHIP.replace("NAME", "'ida'").replace("DEGREES", "90"))
    workbench.wait_for("Ready?")
    assert "heading 180" in other_tab.run(SHIP.replace("NAME", "'otto'").replace("DEGREES", "180"), "yes")
    workbench.answer("yes")
    workbench.wait_for("heading 90")


def test_the_server_knows_that_a_program_asks(workbench, browser):
    with browser.expect_event("request", lambda request: request.url.endswith("/who")) as found:
        workbench.run(example("one_request"))
    assert found.value.headers["x-requested-with"] == "Python"


def test_one_can_chat_until_the_page_is_closed(other_tab):
    other_tab.start(example("clem"), "hello")
    other_tab.wait_for("You: hello", "Clem: Ahoy")
    other_tab.page.close()


# ---- What a program can't do ----


class Elsewhere(Handler):
    """Another site, which lets everybody read what it has, and notes who asks."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        for name, value in {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_OPTIONS = do_GET


TRIES = """
import js, requests
from pyodide.code import run_js
from pyodide.ffi import run_sync, to_js
from here import url

tries = {
    "requests": lambda: requests.get(ELSEWHERE),
    "fetch": lambda: run_sync(js.fetch(ELSEWHERE)),
    "blind": lambda: run_sync(js.fetch(ELSEWHERE, to_js({"mode": "no-cors"}, dict_converter=js.Object.fromEntries))),
    "socket": lambda: run_sync(wait(js.WebSocket.new(ELSEWHERE.replace("http", "ws")))),
    "events": lambda: run_sync(wait(js.EventSource.new(ELSEWHERE))),
    "worker": lambda: run_sync(wait(js.Worker.new(ELSEWHERE))),
    "worker of data": lambda: run_sync(wait(js.Worker.new("data:text/javascript,postMessage(1)"))),
    "script": lambda: js.importScripts(ELSEWHERE),
    "eval": lambda: js.eval("1"),
    "module": lambda: run_js(f"import('{ELSEWHERE}')"),
    "page": lambda: js.document,
    "storage": lambda: js.localStorage,
    "parent": lambda: js.window,
}
wait = lambda what: js.Promise.new(lambda resolve, reject: listen(what, resolve, reject))
def listen(what, resolve, reject):
    what.onopen, what.onmessage, what.onerror = resolve, resolve, lambda event: reject(js.Error.new("refused"))
for name, attempt in tries.items():
    try:
        print(name, "worked:", attempt())
    except BaseException:
        print(name, "failed.")
reply = requests.get(url + "join?name=cookie")
print(dict(reply.cookies), reply.headers.get("Set-Cookie"), reply.request.headers.get("Cookie"))
"""


def test_a_program_reaches_no_other_site_no_page_and_no_cookie(workbench):
    with serving(Elsewhere) as other:
        other.asked = []
        elsewhere = f"http://evil.example:{other.server_port}/"
        assert requests.get(f"http://127.0.0.1:{other.server_port}/here", timeout=10).ok
        out = workbench.run(TRIES.replace("ELSEWHERE", repr(elsewhere)))
        assert other.asked == ["/here"]
    outcomes = re.findall(r"^[a-z ]+ (failed|worked)\b", out, re.MULTILINE)
    assert outcomes == ["failed"] * 13, out
    assert out.endswith("\n{} None None\n")


# ---- Old browsers, and broken ones ----


def test_an_old_browser_says_what_it_can_do_and_does_it(chromium, sea):
    """One that can't stop WebAssembly, and in which something does not load at first."""

    def without_jspi(route):
        script = requests.get(sea.server.url + "static/python/worker.js", timeout=10)
        route.fulfill(headers=dict(script.headers), body="delete WebAssembly.Suspending;\n" + script.text)

    with browser_of(chromium, sea) as context:
        context.route("**/worker.js", without_jspi)
        context.route("**/requests-*.whl", lambda route: route.fulfill(status=404))
        workbench = Workbench(context.new_page(), sea.name)
        workbench.wait_for("could not be loaded: /fetched/requests-", "is missing", where=workbench.state)
        context.unroute("**/requests-*.whl")
        program = ["import time", "for number in 1, 2:", "    time.sleep(0.1)", "    print(input('number: ') * 2)"]
        workbench.open("\n".join(program))
        workbench.run_button.click()
        for answer in "5", "7":
            workbench.answer(answer)
        workbench.wait_for("In this old browser, input() works only outside of functions.", where=workbench.state)
        assert workbench.console.inner_text().split() == ["number:", "5", "55", "number:", "7", "77"]
        assert "Aboard now" in workbench.run(example("one_request"))
        out = workbench.run("def ask():\n    return input()\nprint('never')\nask()")
        assert "input() works only outside of functions" in out
        assert "line 2" in out
        assert "never" not in out
