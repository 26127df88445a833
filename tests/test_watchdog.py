"""The watch beside a real server, without systemd: the test takes its place and listens to what it is told."""

import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

import watch
from tests.conftest import ROOT, Server, free_port


@pytest.fixture
def systemd(tmp_path):
    """What systemd hears, as a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(20)
        yield ear


@pytest.fixture
def server(systemd, tmp_path):
    server = Server(NOTIFY_SOCKET=systemd.getsockname(), WATCHDOG_USEC="400000").start(tmp_path / "log")
    yield server
    server.kill()


def hear(systemd, word, count=1):
    """The next messages in which there is a word, without the others between them."""
    messages = iter(lambda: systemd.recv(1000).decode(), "")
    return [next(message for message in messages if word in message) for _ in range(count)]


def test_it_tells_systemd_how_the_game_is_and_feeds_the_watchdog(server, systemd):
    assert hear(systemd, "WATCHDOG=1")[0].startswith("STATUS=0 ships sailing, 0 asleep, ")
    server.ask("join", name="ada")
    assert hear(systemd, "STATUS=1 ship sailing, 0 asleep, ")[0].endswith(" treasures left.\nWATCHDOG=1")


def test_it_does_not_feed_the_watchdog_while_the_worker_hangs(server, systemd):
    hear(systemd, "WATCHDOG=1")
    worker = int(server.log.read_text().partition("spawned uWSGI worker 1 (pid: ")[2].partition(",")[0])
    os.kill(worker, signal.SIGSTOP)
    silence = hear(systemd, "STATUS=No answer")
    assert "WATCHDOG" not in silence[0]
    os.kill(worker, signal.SIGCONT)
    assert hear(systemd, "WATCHDOG=1")


def run_watch(errand, port):
    command = [sys.executable, ROOT / "watch.py", errand]
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)


def test_free_and_answers_say_how_a_port_is(server):
    assert run_watch("answers", server.port).returncode == 0
    taken = run_watch("free", server.port)
    assert taken.returncode != 0
    assert f"Port {server.port} of 127.0.0.1 can't be used" in taken.stderr
    assert run_watch("free", free_port()).returncode == 0


def test_a_port_at_which_nothing_answers_is_a_sentence(monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0)
    monkeypatch.setenv("PORT", str(free_port()))
    with pytest.raises(SystemExit, match="No answer from port"):
        watch.answers()


def test_another_program_at_the_port_is_not_taken_for_the_server(monkeypatch):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'["hello"]')

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        monkeypatch.setenv("PORT", str(other.server_port))
        Thread(target=other.handle_request).start()
        with pytest.raises(watch.NoAnswer):
            watch.ask()


def test_an_unknown_errand_shows_what_there_is():
    result = run_watch("sleep", 1)
    assert result.returncode != 0
    assert "python watch.py free" in result.stderr
