"""The examples: each is run as a student runs it, against the real server, by a clock without waiting."""

import ast
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from contextlib import contextmanager, suppress
from itertools import chain, cycle, pairwise
from math import dist
from statistics import mean
from threading import Event
from time import monotonic, sleep, time

import pexpect
import pytest
import requests

from game.planet import TREASURES, distance
from game.sea import lay_out
from steps import PUZZLES, is_prime
from tests.conftest import ROOT, SEED, Handler, Server, serving
from tests.fleet import SEA, write_logbook

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
CTRL_C = "\x03"
LATENCY = 0.005  # seconds that a request takes, by the clock without waiting


class Sea:
    """A server, and programs that play on it. All of them go by one clock, see tests/clock/sitecustomize.py."""

    def __init__(self, folder, **settings):
        self.clock = folder / "clock"
        self.clock.write_bytes(struct.pack("d", time()))
        self.clocked = {"PYTHONPATH": str(ROOT / "tests/clock"), "TEST_CLOCK": str(self.clock)}
        self.server = Server(**self.clocked, LATENCY=str(LATENCY), **settings).start(folder / "log")
        self.url = self.server.url.rstrip("/")

    def time(self):
        """Seconds, by the clock."""
        return struct.unpack("d", self.clock.read_bytes())[0]

    def start(self, name, url=None):
        """The example whose name has this in it, running in a terminal of its own."""
        example = next(example for example in EXAMPLES if name in example.name)
        environment = {**os.environ, **self.clocked, "PYTHONIOENCODING": "utf-8"}
        options = dict(env=environment, encoding="utf-8", echo=False, timeout=120)
        return pexpect.spawn(sys.executable, [str(example), url or self.url], **options)

    def run(self, name, *answers, status=0):
        """What an example prints while somebody types these answers, and after the last one Ctrl-D."""
        with self.start(name) as terminal:
            for answer in answers:
                terminal.sendline(answer)
            terminal.sendeof()
            out = terminal.read().replace("\r\n", "\n")
        assert (terminal.exitstatus, "Traceback" in out) == (status, False), out
        assert not re.findall("(?<!sendchat) 429 ", self.server.log.read_text())  # it keeps within the limits
        return out

    @contextmanager
    def until_ctrl_c(self, name, url=None):
        """An example that goes on for ever, until Ctrl-C stops it without a traceback.

        Python itself loses a Ctrl-C, and says so, that comes while a weak reference is cleaned up. Without sleeps that
        is one in fifty: then somebody presses again.
        """
        with self.start(name, url) as terminal:
            yield terminal
            for _ in range(6):
                terminal.send(CTRL_C)  # after a moment, so that a program that has just asked something is listening
                if terminal.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=10) == 0:
                    break
            assert not terminal.isalive()
            terminal.rest = re.sub("Exception ignored in.*?KeyboardInterrupt: ", "", terminal.before, flags=re.DOTALL)
        assert "Traceback" not in terminal.rest


@pytest.fixture(scope="module")
def sea(tmp_path_factory):
    sea = Sea(tmp_path_factory.mktemp("sea"))
    yield sea
    sea.server.kill()


@pytest.fixture(scope="module")
def closed_sea(tmp_path_factory):
    sea = Sea(tmp_path_factory.mktemp("closed"), MOCEAN_WORD="plank")
    yield sea
    sea.server.kill()


# ---- All of them ----


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_they_are_short_and_need_only_requests(example):
    code = example.read_text(encoding="utf-8")
    tree = ast.parse(code)
    assert 5 <= len(code.splitlines()) <= (65 if example.name > "12" else 40)
    assert ast.get_docstring(tree)
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= sys.stdlib_module_names | {"requests"}
    assert {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} <= {
        "here"
    }  # of the page /python
    assert '"http://localhost:8080"' in code


def test_the_table_names_them_all():
    table = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+\.py)`", table, re.MULTILINE) == [example.name for example in EXAMPLES]


JOINING = ["square", "poll", "clem", "slow", "reckoning", "floor", "robot", "climb", "foretell", "meet"]


@pytest.mark.parametrize("name", JOINING)
def test_an_error_is_shown_as_its_sentence(closed_sea, name):
    assert "To join, send the club word" in closed_sea.run(name, status=1)


# ---- One after the other ----


def test_one_request(sea):
    out = sea.run("one_request")
    assert sea.url + "/who" in out
    assert "Aboard now" in out
    assert "Clem" in out


def test_steps_goes_from_puzzle_to_puzzle(sea):
    out = sea.run("steps", "91", "101", "987", "wigs", "50005000", "1,5,10,10,5,1")
    assert "7 divides it" in out
    assert all(puzzle.task in out for puzzle in PUZZLES)
    assert "You have solved all puzzles" in out


def test_steps_stops_with_ctrl_c_and_names_the_route(sea):
    with sea.until_ctrl_c("steps") as terminal:
        terminal.sendline("101")
        terminal.expect("Puzzle 2.*Your answer: ")
    assert "beguine" in terminal.rest


def test_the_prime_opens_the_next_route(sea):
    out = sea.run("prime")
    number = int(re.search(r"I send (\d+)", out)[1])
    assert is_prime(number)
    assert number > 100
    assert PUZZLES[1].task in out


def test_the_square_comes_back(sea):
    out = sea.run("square")
    corners = [(float(x), float(y)) for x, y in re.findall(r"to x ([\d.]+), y ([\d.]+)", out)]
    assert len(corners) == 4
    for corner, following in zip(corners, corners[1:] + corners[:1]):
        assert dist(corner, following) == pytest.approx(100, abs=1)
    assert float(re.search(r"ends ([\d.]+) m from", out)[1]) < 1
    assert "square" not in sea.server.ask("who").text


def test_poll_prints_each_second_until_ctrl_c(sea):
    with sea.until_ctrl_c("poll") as terminal:
        lines = [terminal.readline() for _ in range(5)]
        name = next(name for name in sea.server.json("who")["sailors"] if name.startswith("poll"))
        bob = sea.server.json("join", name="bob")["id"]
        sea.server.json("sendchat", id=bob, name=name, message="ahoy")
        terminal.expect("chat is waiting")
    places = [[float(number) for number in re.findall(r"[xy] +([\d.]+)", line)] for line in lines]
    for place, following in pairwise(places):
        assert distance(*place, *following) == pytest.approx(10, abs=1)  # a second at 10 m/s
    assert "Goodbye!" in terminal.rest
    assert name not in sea.server.json("who")["sailors"]


def test_clem_answers(sea):
    dan = sea.server.json("join", name="dan")["id"]
    out = sea.run("clem", "hello", "", *["where are you?"] * 6)
    assert "Clem: Ahoy, chat" in out
    assert "Clem: I am at x" in out
    assert "“message” is missing" in out
    assert "That is more talk than others can read." in out
    assert "Goodbye, chat" in out
    assert sea.server.json("popchat", id=dan)["number"] == 0  # nobody else hears it


def test_the_histogram_counts_each_request(sea):
    out = sea.run("latency")
    rows = re.findall(r"^ *\d+ to +\d+ ms +(\d+) (#*)$", out, re.MULTILINE)
    assert sum(int(count) for count, _ in rows) == 200
    assert all(len(bar) == int(count) for count, bar in rows)
    assert out.count("Half of the replies took less than") == 2


class BadNetwork(Handler):
    """A network between a program and the server that answers two questions of five. The first one waits for ever."""

    def do_GET(self):
        mishap = next(self.server.mishaps)
        if mishap == "silence":
            self.server.end.wait(60)
        elif mishap == "too fast":
            self.reply(429, b'{"ok": false, "error": "too-fast", "reply": "Wait!", "wait": 3}')
        elif mishap != "question lost":
            reply = requests.get(self.server.real_url + self.path, timeout=10)
            if mishap != "reply lost":
                self.reply(reply.status_code, reply.content)

    def reply(self, status, content):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def bad_network(sea):
    with serving(BadNetwork) as network:
        network.real_url, network.end = sea.url, Event()
        network.mishaps = chain(["silence"], cycle(["reply lost", "question lost", "too fast", "fine", "fine"]))
        yield f"http://127.0.0.1:{network.server_port}"
        network.end.set()


def test_a_bad_network_loses_no_message_and_doubles_none(sea, bad_network):
    with sea.until_ctrl_c("slow", bad_network) as terminal:
        terminal.expect(r"Welcome aboard, (\w+)")
        name = terminal.match[1]
        said = [f"message {number}" for number in range(4)]
        for sender in ("ada", "bo", "cleo"):  # each may say four things at once
            id = sea.server.json("join", name=sender)["id"]
            for message in said:
                assert sea.server.json("sendchat", id=id, name=name, message=f"{sender} {message}")["ok"]
        lines = [terminal.expect(r": (\w+ message \d)") or terminal.match[1] for _ in range(12)]
    assert lines == [f"{sender} {message}" for sender in ("ada", "bo", "cleo") for message in said]
    assert "message" not in terminal.rest


def test_dead_reckoning_agrees_with_the_server(sea):
    out = sea.run("reckoning")
    guesses, truths = (
        [(float(x), float(y)) for x, y in re.findall(rf"{who} +x +([\d.]+) +y +([\d.]+)", out)]
        for who in ("I reckon:", "Server says:")
    )
    assert len(truths) == 8
    assert len(guesses) == 24
    for guess, truth in zip(guesses[2::3], truths):  # the last guess before each poll
        assert distance(*guess, *truth) < 1
    assert all(0 <= number <= 900 for guess in guesses for number in guess)
    misses = [float(off) for off in re.findall(r"I was ([\d.]+) m off", out)]
    assert len(misses) == 8
    assert max(misses) < 0.1
    assert any(later[0] < earlier[0] for earlier, later in pairwise(truths))  # it crossed the edge of the map


def test_the_profile_is_the_sea_floor(sea):
    rows = re.findall(r"x +([\d.]+) +y +([\d.]+) +([\d.]+) m +(~*)(#+)", sea.run("floor"))
    assert len(rows) == 40
    floor = lay_out(SEED, 1).floor
    for x, y, depth, water, ground in rows:
        assert float(depth) == pytest.approx(floor(float(x), float(y)), abs=0.1)
        assert len(water) == pytest.approx(float(depth), abs=0.6)
        assert len(water + ground) == 60
    assert min(float(depth) for _, _, depth, _, _ in rows) < 29.5  # the line crosses a seamount


def test_the_soundings_of_all_have_colours(sea):
    assert sea.server.json("ping", id=sea.server.json("join", name="sounder")["id"])["ok"]
    said, *rows = sea.run("soundings").splitlines()
    assert [len(row) for row in rows] == [60] * 60
    colours = "".join(rows)
    assert said.startswith(f"{3600 - colours.count('⬛')} of 3600 squares")
    assert "🟦" in colours  # as the ship lay above the plain


@pytest.mark.parametrize("name", ["track", "profile"])
def test_a_drawing_needs_the_page(sea, name):
    assert "open the page /python" in sea.run(name, status=1)


# ---- The turtles ----


def python_with_turtles():
    """A Python with tkinter and requests, or None: this one, or that of the computer."""
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            if subprocess.run([python, "-c", "import tkinter, requests"], capture_output=True).returncode == 0:
                return python


TURTLES = python_with_turtles()


@contextmanager
def screen(folder):
    """A screen that nobody sees. Gives its name and a function that reads it: rows of pixels as (red, green, blue)."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "800x800x24", "-fbdir", str(folder), "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as xvfb:
        try:
            yield ":" + xvfb.stdout.readline().strip(), lambda: pixels((folder / "Xvfb_screen0").read_bytes())
        finally:
            xvfb.terminate()


def pixels(dump):
    """The pixels of an X window dump (see X11/XWDFile.h): a header of 4-byte numbers, colours of 12 bytes, rows."""
    header = struct.unpack(">25I", dump[:100])
    start, width, height, row, colours = (header[field] for field in (0, 4, 5, 12, 19))
    start += 12 * colours
    rows = [dump[at : at + 4 * width] for at in range(start, start + row * height, row)]
    return [[(r[i + 2], r[i + 1], r[i]) for i in range(0, 4 * width, 4)] for r in rows]


STEEL_BLUE, DARK_GREEN = (70, 130, 180), (0, 100, 0)


@pytest.mark.skipif(
    not (shutil.which("Xvfb") and TURTLES), reason="needs Xvfb and tkinter: apt install xvfb python3-tk"
)
def test_turtles_swim_where_the_ships_are(tmp_path):
    ships = [("ada", 450, 330), ("grace", 260, 475), ("zheng", 760, 700), ("maryam", 30, 870)]
    west, east = (next(mount for mount in SEA.seamounts if mount.name == name) for name in ("Bowie", "Tamu"))
    write_logbook(tmp_path / "logbook", [(*ship, 0, 0) for ship in ships], [(west.name, "ada"), (east.name, "ada")])
    server = Server(MOCEAN_LOGBOOK=str(tmp_path / "logbook")).start(tmp_path / "log")
    with screen(tmp_path) as (display, look):
        command = [TURTLES, ROOT / "examples/11_turtle_map.py", server.url]
        with subprocess.Popen(command, env={**os.environ, "DISPLAY": display}, stderr=subprocess.PIPE) as program:
            try:
                picture, until = look(), monotonic() + 30
                while not any(DARK_GREEN in row for row in picture):
                    assert monotonic() < until
                    sleep(0.1)
                    picture = look()
                # The middles of the two seamounts tell the scale.
                dots = [(x, y) for y, row in enumerate(picture) for x, pixel in enumerate(row) if pixel == STEEL_BLUE]
                west_x, west_y = (mean(ends) for ends in zip(*[dot for dot in dots if dot[0] < 400]))
                east_x, east_y = (mean(ends) for ends in zip(*[dot for dot in dots if dot[0] > 400]))
                for name, x, y in ships:
                    column = west_x + (x - west.x) * (east_x - west_x) / (east.x - west.x)
                    row = west_y + (y - west.y) * (east_y - west_y) / (east.y - west.y)
                    assert picture[round(row)][round(column)] == DARK_GREEN, name
                program.send_signal(signal.SIGINT)
                assert program.communicate(timeout=20)[1] == b""
            finally:
                program.kill()
                server.kill()


# ---- The robot ----


def test_the_robot_brings_up_all_treasure_within_40_minutes(tmp_path):
    """One tide, and in CI three: each hides the treasure elsewhere."""
    sea = Sea(tmp_path)
    try:
        for tide in range(3 if os.environ.get("CI") == "true" else 1):
            began = sea.time()
            found = re.findall(r"You have the ([a-z ]+)\.", sea.run("robot"))
            print(f"tide {tide + 1}: {(sea.time() - began) / 60:.1f} minutes")
            assert sorted(found) == sorted(TREASURES)
            assert sea.time() - began < 40 * 60
            assert "found the last treasure" in sea.server.json("chart")["chat"][-1]["message"]
    finally:
        sea.server.kill()


def test_the_seer_is_right_to_the_metre(sea):
    assert float(re.search(r"You were ([\d.]+) m off", sea.run("foretell"))[1]) < 1


def test_two_ships_meet_by_appointment(sea):
    out = sea.run("meet")
    seen = re.search(r"You see the ship romeo\d+, (?:right here|(\d+) m)", out)
    assert int(seen[1] or 0) < 20


def test_the_climber_finds_a_summit_within_minutes(sea):
    began = sea.time()
    out = sea.run("climb")
    assert sea.time() - began < 10 * 60
    name, found = re.search(r"You are the first on the summit of ([A-Z][\w ]+)!", out), re.search(r"I found (.+)", out)
    assert name[1] == found[1]
    print(f"it took {(sea.time() - began) / 60:.1f} minutes, and {out.count('The sea floor is')} pings")


def test_the_robot_stops_with_ctrl_c(sea):
    with sea.until_ctrl_c("robot") as terminal:
        terminal.expect("You have the")
