"""The student's client: the real program in a terminal of its own, against the real server."""

import ast
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from textwrap import indent
from threading import Thread

import pexpect
import pytest
import requests

import client
from tests.conftest import ROOT, Server, free_port

SECOND = 10  # how long a step may take, at most


class Terminal:
    """Somebody who sits before client.py, types lines and reads what comes."""

    def __init__(self, url, python=sys.executable):
        self.program = pexpect.spawn(
            str(python), [str(ROOT / "client.py"), url], encoding="utf-8", timeout=SECOND, echo=False
        )
        self.program.expect_exact("> ")

    def type(self, line, *expected):
        """Type a line, and wait until all that is expected has been printed, in this order."""
        self.program.sendline(line)
        return self.read(*expected)

    def read(self, *expected):
        for text in expected:
            self.program.expect_exact(text)
        return self.program.after

    def leave(self, line="exit"):
        self.program.sendline(line)
        self.program.expect_exact("Goodbye!")
        self.program.expect(pexpect.EOF)
        self.program.close()
        assert self.program.exitstatus == 0


@pytest.fixture
def terminal(server):
    terminals = []

    def open_terminal(url=server.url):
        terminals.append(Terminal(url))
        return terminals[-1]

    yield open_terminal
    for one in terminals:
        one.program.close(force=True)


def test_all_five_stages_are_solved(terminal, server):
    ada = terminal()
    ada.type("hello", "“hello” is not a number", "ms for " + server.url + "begin?message=hello)", "begin message>")
    ada.type("91", "7 divides it")
    ada.type("101", "The next route is beguine", "next=beguine")
    ada.type("route beguine", "beguine message>")
    ada.type("987", "next=sirduke")
    ada.type("route", "route: ")
    ada.type("sirduke", "sirduke message>")
    ada.type("Wigs", "next=euler")
    ada.type("route /euler", "euler message>")
    ada.type("50,005,000", "next=meruprastarah")
    ada.type("route meruprastarah", "meruprastarah message>")
    ada.type("1, 5, 10, 10, 5, 1", "You have solved all puzzles")
    ada.leave()


def test_two_sail_and_chat(terminal):
    ada, bob = terminal(), terminal()
    ada.type("join name=ada", "Welcome aboard, ada!")
    bob.type("/join?name=bob", "Welcome aboard, bob!")
    ada.type("/who", "sailors=Clem,", "ada,bob")
    ada.type("sendchat message=100 % of us & more: #1 = 😀? name=bob", "Mailboxes reached: 1.")
    bob.read("[chat] ada: 100 % of us & more: #1 = 😀?")
    bob.type("sendchat name=ada message=hi  ada", "reached=1")
    ada.read("[chat] bob: hi  ada")
    ada.type("sendchat name=Clem message=where are you?", "[chat] Clem: I am at x")
    ada.type("heading degrees=90", "Heading 90")
    ada.type("speed speed=5", "speed=5")
    ada.type("route accel", "accel message>")
    ada.type("key ctrl", "accel ctrl>")
    ada.type("w", "speed=7")
    ada.type("x", "error=bad-value")
    ada.type("/quit", "Your voyage has ended")
    ada.leave("quit")
    bob.leave()


def test_words_with_spaces_or_signs_are_answers_and_not_commands(terminal):
    ada = terminal()
    ada.type("who", "“who” is not a number")
    ada.type("what is a+b=c?", "“what is a+b=c?” is not a number")
    ada.type("&message=101#", "“&message=101#” is not a number")
    ada.type("", "Puzzle 1 of 5.")
    ada.type("/", "Welcome!")


def test_leaving_by_ctrl_c_and_by_the_end_of_the_input(terminal):
    for key in "cd":
        ada = terminal()
        for _ in range(10):  # Python can miss a Ctrl-C between its prompt and its waiting: press it again
            ada.program.sendcontrol(key)
            if ada.program.expect_exact([pexpect.TIMEOUT, "Goodbye!"], timeout=3):
                break
        ada.program.expect(pexpect.EOF)
        assert "Traceback" not in ada.program.before


def test_a_server_that_is_not_there_is_a_sentence(terminal, monkeypatch):
    ada = terminal(f"http://127.0.0.1:{free_port()}")
    ada.type("101", "No server answers at http://127.0.0.1", "I try again in 0.5 s")
    ada.program.sendintr()
    ada.read("Goodbye!")
    lost = terminal("http://")
    lost.type("101", "It failed: Invalid URL")
    lost.leave()


def test_the_client_survives_a_restart_of_the_server(terminal, tmp_path):
    server = Server().start(tmp_path / "log")
    try:
        ada = terminal(server.url)
        ada.type("join name=ada", "Welcome aboard")
        server.stop()
        ada.read("The server does not answer. I keep trying.")
        ada.type("101", "No server answers", "I try again")
        server.start(tmp_path / "log")
        ada.read("The next route is beguine")
        ada.read("does not know your id any more. Please join again")
        ada.type("join name=ada", "Welcome aboard")
        ada.type("sendchat name=Clem message=hello", "[chat] Clem: Ahoy, ada!")
        ada.leave()
    finally:
        server.kill()


@pytest.fixture
def lossy(server):
    """A network in front of the server that loses every third reply, once the server has acted."""

    class Lossy(BaseHTTPRequestHandler):
        replies = 0

        def do_GET(self):
            reply = requests.get(server.url + self.path[1:], headers={"Accept": self.headers["Accept"]}, timeout=10)
            Lossy.replies += 1
            if Lossy.replies % 3:
                self.send_response(reply.status_code)
                self.send_header("Content-Type", reply.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(reply.content)

        def log_message(self, *_):
            pass

    network = ThreadingHTTPServer(("127.0.0.1", 0), Lossy)
    Thread(target=network.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{network.server_port}"
    network.shutdown()
    network.server_close()


def test_a_network_that_loses_replies_loses_and_doubles_no_message(terminal, server, lossy):
    ada = terminal(lossy)
    ada.type("join name=lossy", "Welcome aboard")
    bob = server.json("join", name="steady")["id"]
    for number in range(5):
        server.ask("sendchat", id=bob, message=f"message {number}", name="lossy")
    ada.read(*[f"[chat] steady: message {number}" for number in range(5)])
    server.ask("sendchat", id=bob, message="the end", name="lossy")
    ada.read("[chat] steady: the end")
    assert "message" not in ada.program.before.replace("begin message>", "")


def test_a_client_that_is_too_fast_waits_as_long_as_it_is_told(terminal, server):
    ada = terminal()
    ada.type("join name=chatty", "Welcome aboard")
    for number in range(8):
        ada.type(f"sendchat message=m{number}", "Sent as message", f"message=m{number}")
    assert "too-fast" not in ada.program.before


@pytest.mark.parametrize(
    ("route", "keys", "repeats"),
    [
        ("location", {}, True),
        ("join", {}, False),
        ("join", {"id": "x"}, True),
        ("sendchat", {}, False),
        ("accel", {}, False),
        ("popchat", {}, False),
        ("popchat", {"after": 3}, True),
    ],
)
def test_only_what_is_safe_is_asked_again(route, keys, repeats):
    assert client.may_repeat(route, keys, requests.ReadTimeout()) is repeats
    assert client.may_repeat(route, keys, requests.ConnectTimeout()) is True


def test_the_slower_the_network_the_fewer_the_polls(monkeypatch):
    student = client.Client("localhost:8080")
    pauses = []
    for seconds in (0.01, 0.4, 60):
        clock = iter([0, seconds])
        monkeypatch.setattr(client.time, "perf_counter", lambda clock=clock: next(clock))
        monkeypatch.setattr(student, "get_json", lambda *_, **__: {"status": 0})
        student.look_after_ship("id")
        pauses.append(student.pause)
    assert pauses == [0.5, 2, 10]


def test_it_stays_small_and_runs_on_old_pythons():
    source = (ROOT / "client.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    assert len(source.splitlines()) <= 150


def test_the_walk_through_quotes_the_program():
    walk = (ROOT / "docs/client.md").read_text(encoding="utf-8")
    program = (ROOT / "client.py").read_text(encoding="utf-8")
    quotes = re.findall(r"```python\n(.*?)```", walk, re.DOTALL)
    assert len(quotes) > 5
    for quote in quotes:
        assert any(indent(quote, margin * " ") in program for margin in (0, 4, 8, 12)), quote
    assert all((ROOT / name).exists() for name in re.findall(r"`(examples/.*?)`", walk))
