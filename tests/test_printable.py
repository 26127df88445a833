"""What players send reaches no terminal and no log as something that a terminal obeys: to clear the screen, say."""

import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from io import StringIO
from urllib.parse import quote

import pytest
import requests
from bottle import Bottle

import mocean
import steps
from game.errors import BadValue, printable, printable_lines
from server import commands
from server.settings import tell_systemd
from server.startup import Printable
from tests.conftest import ROOT, Handler, Player, Server, game, serving

KEY = "correct-horse-battery"
OBEYED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
CLEAR, TITLE, BACKWARDS = "\x1b[2J\x1b[H", "\x1b]0;pwned\x07\x9b31m", "\u202egnp\u2066"
HOSTILE = f"pearl{CLEAR}{TITLE}{BACKWARDS}\nINFO: Harbour: ada is banned."

ROUTES = [  # where names, items, keys, values and paths of players come in
    "get?item={}",
    "sendchat?message=hi&name={}",
    "sendchat?message={}",
    "sendchat?message={}&name=bob",
    "join?name={}",
    "heading?degrees={}",
    "heading?{}=1",
    "accel?ctrl={}",
    "who?format={}",
    "begin?message={}",
    "map?follow={}",
    "{}",
    "harbour/{}",
    "static/{}",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path_factory.mktemp("printable") / "log")
    yield server
    server.kill()


def in_a_terminal(url, *words):
    """What `python -m server.harbour WORDS` prints."""
    host, port = url.removeprefix("http://").strip("/").split(":")
    environment = {**os.environ, "HOST": host, "PORT": port, "MOCEAN_HARBOUR_KEY": KEY}
    command = [sys.executable, "-m", "server.harbour", *words]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=30)
    return (result.stdout + result.stderr).decode()


def texts_in(value):
    """All texts in what was read from JSON."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return [text for one in value for text in texts_in(one)] if isinstance(value, list) else [str(value)]


def test_whatever_players_send_is_printable_for_the_leader_for_others_and_in_the_log(server):
    ada, bob = (server.json("join", name=name)["id"] for name in ("ada", "bob"))
    for route in ROUTES:
        url = server.url + route.format(quote(HOSTILE, safe=""))
        told = requests.get(f"{url}{'&' if '?' in url else '?'}id={ada}", timeout=10).text
        assert not OBEYED.search(told), route
        for asked in ("harbour", "popchat", "chart", "who"):
            for text in texts_in(server.json(asked, id=bob) if asked != "harbour" else harbour_of(server)):
                assert not OBEYED.search(text), (route, asked)
        seen = in_a_terminal(server.url)
        assert "Aboard: 2" in seen
        assert not OBEYED.search(seen), route
    assert "pearl" in seen
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"B{CLEAR}D /get HTTP/1.1\r\nX-Name: {HOSTILE}\r\n\r\n".encode())
        connection.recv(10_000)
    deadline = time.monotonic() + 10
    while "D /get 405 bad-method" not in (log := server.log.read_text()):  # uWSGI may be a moment late with its log
        assert time.monotonic() < deadline, log
        time.sleep(0.01)
    assert not OBEYED.search(log)
    assert "banned" not in log


def harbour_of(server):
    return requests.get(server.url + "harbour", params={"key": KEY, "format": "json"}, timeout=10).json()


def test_the_leader_does_not_learn_what_was_typed_as_a_path(server):
    eve = server.json("join", name="eve")["id"]
    server.ask("my-secret-words", id=eve)
    error = next(sailor["error"] for sailor in harbour_of(server)["sailors"] if sailor["name"] == "eve")
    assert error.startswith("(no route): There is no route")


def test_a_traceback_forges_no_line_of_the_log(monkeypatch):
    part = Bottle()

    @part.get("/break")
    def break_it(name):
        raise RuntimeError(name)

    written, log = StringIO(), logging.getLogger("web.application")
    handler = logging.StreamHandler(written)
    handler.setFormatter(Printable("%(levelname)s: %(message)s"))
    monkeypatch.setattr(log, "handlers", [handler])
    monkeypatch.setattr(log, "propagate", False)
    assert Player(game(mocean.app, steps.app, part)).ask("/break", name=HOSTILE).status_code == 500
    log.error("one\ntwo%s", CLEAR)
    log = written.getvalue()
    assert "RuntimeError: pearl" in log
    assert not OBEYED.search(log)
    assert not re.search("^INFO: Harbour", log, re.MULTILINE)
    assert "ERROR: one\N{REPLACEMENT CHARACTER}two" in log


def test_emoji_and_all_languages_stay_as_they_are():
    family, persian, hindi, french = "👨‍👩‍👧 🏴", "می‌خواهم", "क्‍ष", "Bonjour\u202f! Ça va\u00a0?"
    for text in (family, persian, hindi, french):
        assert printable(text) == text
    player = Player(game())
    player.join("ada")
    player.json("/sendchat", message=family, name="ada")
    assert family in player.ask("/popchat?after=0").text
    assert family in player.page("/popchat?after=0")
    assert printable_lines("one\r\ntwo\x1b") == "one\ntwo\N{REPLACEMENT CHARACTER}"


def test_a_problem_is_printable_whoever_raises_it():
    assert str(BadValue(f"You sent {CLEAR}.")) == "You sent �[2J�[H."


def test_what_commands_print_is_printable_for_the_one_who_installs(capsys):
    assert commands.run("printf", r"a\033[2Jb\nc\n") == "a\N{REPLACEMENT CHARACTER}[2Jb\nc"
    with pytest.raises(commands.Failed, match=r"(?s)^sh -c .*\n.\[2Jno") as failure:
        commands.run("sh", "-c", r"printf '\033[2Jno'; exit 1")
    assert not OBEYED.search(str(failure.value).partition("\n")[2])
    commands.say("a\033[2Jb")
    assert capsys.readouterr().out == "a\N{REPLACEMENT CHARACTER}[2Jb\n"


def test_systemd_is_told_one_fact_a_line(monkeypatch, tmp_path):
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        tell_systemd("STATUS=all is well\x1b\nMAINPID=1", "WATCHDOG=1")
        assert systemd.recv(1000).decode() == "STATUS=all is well��MAINPID=1\nWATCHDOG=1"


@pytest.fixture
def liar():
    """The URL of a server that says hostile things."""

    class Liar(Handler):
        def do_GET(self):
            reply = {"ok": True, "reply": HOSTILE, "number": 0, "status": 0}
            if "popchat" in self.path and "after=0" in self.path:
                reply |= {"number": 7, "sender": HOSTILE, "message": f"😀{HOSTILE}"}
            is_json, reply["status"] = "json" in self.path, 1
            self.send_response(200)
            self.end_headers()
            self.wfile.write((json.dumps(reply) if is_json else f"{HOSTILE}\nid=abcdefgh\n").encode())

    with serving(Liar) as liar:
        yield f"http://127.0.0.1:{liar.server_port}/"


def test_the_programs_in_a_terminal_believe_no_server(liar):
    assert not OBEYED.search(in_a_terminal(liar))
    command = [sys.executable, str(ROOT / "client.py"), liar]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as client:
        client.stdin.write("join name=ada\n")
        client.stdin.flush()
        seen = ""
        while "[chat]" not in seen or "😀" not in seen:
            seen += client.stdout.read(1)
        seen += client.communicate("exit\n", timeout=10)[0]
    assert "pearl?[2J" in seen
    assert not OBEYED.search(seen.replace("\r", ""))
    assert "\nINFO: Harbour: ada is banned.\n" in seen  # lines of a reply stay lines
