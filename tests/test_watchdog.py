"""The watchdog beside a real server, without systemd: the test takes its place and listens to what it is told."""

import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

import mocean
from server.settings import Settings
from server.watchdog import NoAnswer, wait_for_status
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


def hear(systemd, word):
    """The next message in which there is a word."""
    return next(message for message in iter(lambda: systemd.recv(1000).decode(), "") if word in message)


def test_systemd_hears_how_the_game_is_and_that_all_is_well(server, systemd):
    assert hear(systemd, "WATCHDOG=1").startswith("STATUS=0 ships sailing, 0 asleep, ")
    server.ask("join", name="ada")
    assert hear(systemd, "STATUS=1 ship sailing, 0 asleep, ").endswith(
        f" treasures left. Version {mocean.VERSION}.\nWATCHDOG=1"
    )


def test_systemd_hears_of_no_health_while_the_worker_hangs(server, systemd):
    hear(systemd, "WATCHDOG=1")
    worker = server.pids()["worker"]
    os.kill(worker, signal.SIGSTOP)
    assert "WATCHDOG" not in hear(systemd, "STATUS=No answer")
    os.kill(worker, signal.SIGCONT)
    assert hear(systemd, "WATCHDOG=1")


def test_after_the_start_of_a_service_it_waits_for_an_answer(server, systemd):
    hear(systemd, "WATCHDOG=1")
    result = subprocess.run(
        [sys.executable, "-m", "server.watchdog", "mocean"], cwd=ROOT, env=server.environment, timeout=30
    )
    assert result.returncode == 0
    assert hear(systemd, "STATUS=0 ships sailing")


def test_a_port_where_nothing_answers_is_a_sentence():
    port = free_port()
    with pytest.raises(NoAnswer, match=f"^No answer from port {port} of 127.0.0.1: "):
        wait_for_status(Settings(port=port), patience=0)


@pytest.mark.parametrize("body", [b"<h1>Hello</h1>", b'["hello"]', b'{"hello": "world"}'])
def test_another_program_at_the_port_is_not_taken_for_the_server(body):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        Thread(target=other.handle_request).start()
        with pytest.raises(NoAnswer):
            wait_for_status(Settings(port=other.server_port), patience=0)
