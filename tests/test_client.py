"""The student's client: the real program in a terminal of its own, against the real server."""

import ast
import os
import re
import signal
import sys
from datetime import timedelta
from io import StringIO
from textwrap import indent
from types import SimpleNamespace

import pexpect
import pytest
import requests

import client
from tests.conftest import ROOT, Handler, Server, free_port, serving

PATIENCE = 30  # seconds that a step may take, at most


class Terminal:
    """Somebody who sits in front of client.py, types lines and reads what comes."""

    def __init__(self, url, **environment):
        command, environment = [str(ROOT / "client.py"), url], {**os.environ, "TERM": "xterm", **environment}
        self.program = pexpect.spawn(
            sys.executable, command, encoding="utf-8", timeout=PATIENCE, echo=False, env=environment
        )
        self.screen = self.program.logfile_read = StringIO()  # all that has been printed
        self.read("> ")

    def type(self, line, *expected):
        """Type a line, and wait until all that is expected has been printed, in this order."""
        self.program.sendline(line)
        self.read(*expected)

    def read(self, *expected):
        for text in expected:
            self.program.expect_exact(text)

    def leave(self, line="exit"):
        self.type(line, "Goodbye!")
        self.program.expect(pexpect.EOF)
        self.program.close()
        assert self.program.exitstatus == 0


@pytest.fixture
def terminal(server):
    terminals = []

    def open_terminal(url=server.url, **environment):
        terminals.append(Terminal(url, **environment))
        return terminals[-1]

    yield open_terminal
    for one in terminals:
        if one.program.isalive():
            one.program.kill(signal.SIGKILL)
            one.program.wait()
        one.program.close()


def test_all_five_stages_are_solved(terminal, server):
    ada = terminal()
    ada.type("hello", "“hello” is not a number", "ms for " + server.url + "begin?message=hello)", "begin>")
    ada.type("91", "7 divides it")
    ada.type("101", "The next route is beguine", "next=beguine", "begin>")
    ada.type("beguine", "Puzzle 2 of 5.", "beguine>")
    ada.type("hint 2", "Hint 2 of 3")
    ada.type("987", "next=sirduke")
    ada.type("sirduke Wigs", "next=euler", "sirduke>")
    ada.type("route /euler", "euler>")
    ada.type("50,005,000", "next=meruprastarah")
    ada.type("route meruprastarah", "meruprastarah>")
    ada.type("1, 5, 10, 10, 5, 1", "You have solved all puzzles")
    ada.leave()


def test_two_sail_and_chat(terminal):
    ada, bob = terminal(), terminal()
    ada.type("join name=ada", "Welcome aboard, ada!")
    bob.type("/join?name=bob", "Welcome aboard, bob!")
    bob.type("join name=bob", "Welcome aboard, bob!")  # it is the same ship: your id was sent along
    ada.type("/who", "sailors=Clem,", "ada,bob")
    ada.type("sendchat message=100 % of us & more: #1 = 😀? name=bob", "Mailboxes reached: 1.")
    bob.read("[chat] ada: 100 % of us & more: #1 = 😀?")
    bob.type("sendchat name=ada message=hi  ada", "reached=1")
    ada.read("[chat] bob: hi  ada")
    ada.type("sendchat name=Clem message=where are you?", "[chat] Clem: I am at x")
    ada.type("heading degrees=90", "Heading 90")
    ada.type("speed speed=5", "speed=5")
    ada.type("/quit", "Your voyage has ended", "ashore>")
    ada.leave("quit")
    bob.leave()


def test_a_route_is_a_command_and_takes_its_keys_in_their_order(terminal, server):
    eve = terminal()
    eve.type("look", "The key “id” is missing")
    eve.type("join eve plank", "Welcome aboard, eve!", "name=eve&word=plank)", "eve at sea>")
    eve.type("look", "You see")
    eve.type("Speed 5", "speed=5")
    eve.type("heading 90", "heading=90")
    eve.type("foretell 412 300.5", "you will be at x 412, y 300.5")
    eve.type("get big pearl", "There is no treasure “big pearl”")
    eve.type("speed", "The key “speed” is missing")
    eve.type("sendchat where is Clem?  I am lost", "Sent as message", "message=where+is+Clem%3F++I+am+lost)")
    eve.type("join name=eve", "Welcome aboard, eve!")
    eve.type("route accel", "accel>")
    eve.type("w", "speed=7", "accel>")
    eve.type("x", "error=bad-value")
    eve.type("route sendchat", "sendchat>")
    eve.type("look at me", "Sent as message", "message=look+at+me)")
    eve.type("sea", "eve at sea>")


def test_at_sea_a_line_that_is_no_command_names_the_nearest(terminal, server):
    joe = terminal()
    joe.type("join joe", "joe at sea>")
    for line, hint in (
        ("lok", "Did you mean look?"),
        ("haeding 90", "Did you mean heading?"),
        ("speed=5", "Did you mean speed?"),
        ("stop it", "Did you mean stop?"),
        ("101", "To say it to everyone, type: sendchat 101"),
        ("hello there", "To say it to everyone, type: sendchat hello there"),
    ):
        joe.type(line, f"“{line}” is no command. help shows them all. {hint}", "at sea>")
    joe.type("", "joe at sea>")
    assert "not a number" not in joe.screen.getvalue()
    joe.type("begin", "Puzzle 1 of 5.", "begin>")
    joe.type("7", "7 is a prime number")
    joe.type("sea", "joe at sea>")
    joe.type("route begin", "begin>")
    joe.type("begin message=look", "“look” is not a number")


def test_in_steps_a_command_is_no_answer(terminal):
    ada = terminal()
    ada.type("who", "Aboard now")
    ada.type("map Clem", "The map works in a browser")
    ada.type("look at the stars", "“look at the stars” is not a number", "begin>")


def test_help_shows_the_commands_of_the_server(terminal, server):
    ada = terminal()
    ada.type("help", "exit ", "heading DEGREES", ": Turn your ship", "begin>")
    shown = re.sub("\x1b.*?m", "", ada.screen.getvalue().rpartition("exit ")[2])
    names = {rule["route"][1:] for rule in server.json("mocean")["routes"]} - {"", "quit"}
    assert set(re.findall(r"^(\w+)[ A-Z]*: ", shown, re.MULTILINE)) == names


def test_a_route_that_is_added_while_the_client_runs_is_a_command(terminal, copy_of_code):
    server = Server(cwd=copy_of_code).start(copy_of_code / "log")
    try:
        ada = terminal(server.url)
        ada.type("shout hello", "“shout hello” is not a number")
        ada.type("join ada", "ada at sea>")
        ada.type("shout hello", "is no command")
        server.kill()
        program = copy_of_code / "mocean.py"
        route = (
            '@app.get("/shout")\ndef shout(name, message):\n    """Shout."""\n    return f"{message.upper()}, {name}!"'
        )
        end = "# ---- Put together ----"
        program.write_text(program.read_text(encoding="utf-8").replace(end, f"{route}\n\n\n{end}"), encoding="utf-8")
        server.start(copy_of_code / "log")
        ada.type("shout bob come here", "COME HERE, bob!")
    finally:
        server.kill()


def test_colours_are_where_the_terminal_has_them(terminal):
    ada = terminal()
    ada.type("101", "\x1b[1m101 is a prime number. Well done! The next route is beguine\x1b[0m")
    ada.type("speed 99", "\x1b[31mThe key “id” is missing")
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = terminal(**environment)
        plain.type("101", "Well done!", "begin>")
        plain.type("speed 99", "The key “id” is missing", "begin>")
        assert "\x1b" not in plain.screen.getvalue()


def test_words_with_spaces_or_signs_are_answers_and_not_commands(terminal):
    ada = terminal()
    ada.type("what is a+b=c?", "“what is a+b=c?” is not a number")
    ada.type("sea shanty", "“sea shanty” is not a number")
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
        assert "Traceback" not in ada.screen.getvalue()


def test_a_server_that_is_not_there_is_a_sentence(terminal):
    ada = terminal(f"http://127.0.0.1:{free_port()}")
    ada.type("look", "No reply yet. I am trying again.")
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
        ada.type("begin 101", "No reply yet. I am trying again.")
        server.start(tmp_path / "log")
        ada.read("does not know your id any more. Please join again")  # by the poll; the answer came before or after it
        ada.type("sea", "ashore>")
        screen = ada.screen.getvalue()
        assert "The next route is beguine" in screen or screen.count("I am trying again") == 4  # if it was started late
        ada.type("join name=ada", "Welcome aboard")
        ada.type("sendchat name=Clem message=hello", "[chat] Clem: Ahoy, ada!")
        ada.leave()
    finally:
        server.kill()


@pytest.fixture
def lossy(server):
    """A network in front of the server that loses the first reply to each URL, once the server has acted."""
    asked = set()

    class Lossy(Handler):
        def do_GET(self):
            reply = requests.get(server.url + self.path[1:], headers={"Accept": self.headers["Accept"]}, timeout=10)
            if self.path in asked:
                self.send_response(reply.status_code)
                self.end_headers()
                self.wfile.write(reply.content)
            asked.add(self.path)

    with serving(Lossy) as network:
        yield f"http://127.0.0.1:{network.server_port}"


def test_a_network_that_loses_replies_loses_and_doubles_no_message(terminal, server, lossy):
    ada, bob = terminal(lossy), server.json("join", name="steady")["id"]
    join = f"join name=lossy id={server.json('join', name='lossy')['id']}"
    ada.type(join, "No reply from")
    ada.type(join, "Welcome aboard")
    for word in ("one", "two", "three", "end"):
        server.ask("sendchat", id=bob, name="lossy", message=word)
    ada.read("[chat] steady: end")
    assert re.findall(r"\[chat\] steady: (\w+)", ada.screen.getvalue()) == ["one", "two", "three", "end"]
    ada.type("heading degrees=90", "No reply yet. I am trying again.", "Heading 90")
    for line in ("sendchat message=hi name=steady", "accel ctrl=w", "/popchat", "join name=another", "quit id=x"):
        ada.type(line, "No reply from", "may have arrived")  # asked again, these would do something else
    letter = server.json("popchat", id=bob)
    assert (letter["message"], letter["waiting"]) == ("hi", 0)


def test_a_client_that_is_too_fast_waits_as_long_as_it_is_told(terminal, server):
    ada = terminal()
    ada.type("join name=chatty", "Welcome aboard")
    for number in range(8):
        ada.type(f"sendchat message=m{number}", "Sent as message", f"message=m{number}")
    assert "Too fast. I am waiting" in ada.screen.getvalue()
    assert "too-fast" not in ada.screen.getvalue()


def test_the_slower_the_network_the_fewer_the_polls():
    student = client.Client("localhost:8080")
    pauses = []
    for seconds in (0.01, 0.4, 60):
        reply = SimpleNamespace(elapsed=timedelta(seconds=seconds), json=dict)
        student.poll_session = SimpleNamespace(get=lambda *_, reply=reply, **__: reply)
        pauses.append(student.look_after_ship("id"))
    assert pauses == [0.5, 2, 10]


def test_it_stays_small_and_runs_on_old_pythons():
    source = (ROOT / "client.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    assert len(source.splitlines()) <= 185


def test_the_walk_through_quotes_the_program():
    walk = (ROOT / "docs/client.md").read_text(encoding="utf-8")
    program = (ROOT / "client.py").read_text(encoding="utf-8")
    quotes = re.findall(r"```python\n(.*?)```", walk, re.DOTALL)
    assert len(quotes) > 5
    for quote in quotes:
        assert any(indent(quote, margin * " ") in program for margin in range(0, 20, 4)), quote
    assert all((ROOT / name).exists() for name in re.findall(r"`(examples/.*?)`", walk))
