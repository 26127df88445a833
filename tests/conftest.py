"""What the tests share: the app without a network, and the real server in a process of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
from hypothesis import HealthCheck, settings
from werkzeug.test import Client

import mocean
from game.ocean import Ocean
from server.logbook import Logbook
from server.rehearsal import spare_port as free_port
from server.settings import Settings
from tests.fleet import CHROMIUM, WHY_NOT, a_browser
from web.application import Application

# How long an example takes says more about the machine than about the program. CI always tries the same examples.
settings.register_profile("mocean", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("mocean"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "mocean")

# Some tests hang up a terminal or press Ctrl-C. The programs in it would pass that over, if whoever started the tests
# had these signals ignored, as nohup and a shell's & do.
for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(ignored) == signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)

ROOT = Path(__file__).parent.parent
SEED = "the seed of the tests 2"  # so that the sea is always the same
UWSGI = Path(sys.executable).with_name("uwsgi")


@pytest.fixture
def ocean():
    """An ocean at the time 1000."""
    ocean = Ocean(seed=SEED)
    ocean.now = 1000.0
    return ocean


class Clock:
    """A clock that the test sets: clock.now += 60."""

    def __init__(self, now=1_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


def game(*parts, clock=None, **settings):
    """A game of its own, as a WSGI application: the real one, or one with the routes of some Bottle apps."""
    settings = Settings(**{"logbook": ":memory:", "limits": False, "seed": SEED, **settings})
    clock = clock or Clock()
    if not parts:
        return mocean.build(settings, clock)
    return Application(settings, Logbook(settings.logbook), parts, clock)


class Player:
    """Asks a game without a network. Like a browser, it keeps cookies."""

    def __init__(self, app, use_cookies=True, address="203.0.113.7"):
        self.app, self.browser, self.address = app, Client(app, use_cookies=use_cookies), address

    def another(self, address="203.0.113.7"):
        """Another player of the same game, at the same network address or at another."""
        return Player(self.app, address=address)

    @property
    def ocean(self):
        return self.app.ocean

    def ask(self, url, method="GET", headers=(), **keys):
        """The whole response."""
        address = {"REMOTE_ADDR": self.address}
        return self.browser.open(
            url, method=method, headers=headers, query_string=keys or None, environ_overrides=address
        )

    def json(self, url, **keys):
        """The reply as a dict."""
        return self.ask(url, headers={"Accept": "application/json"}, **keys).json

    def page(self, url, **keys):
        """The reply as a browser shows it."""
        return self.ask(url, headers={"Accept": "text/html"}, **keys).text

    def join(self, name):
        """The new sailor's id."""
        return self.json("/join", name=name)["id"]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def player(clock):
    """A player in a new ocean."""
    return Player(game(clock=clock))


@pytest.fixture
def small_disk(tmp_path):
    """The folder of a disk of its own, with 1 MB. Needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(mount).returncode != 0:
        assert os.environ.get("CI") != "true", "the tests of failing disks must run in CI"
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk):
    """Fill a disk to its last byte. Returns the file that does it."""
    junk = disk / "junk"
    with junk.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))
    return junk


def is_plain(text):
    """True for whole sentences of up to 20 words: some who read them are new to English."""
    return text.endswith((".", "!", "?")) and all(len(sentence.split()) <= 20 for sentence in re.split("[.!?] ", text))


@pytest.fixture
def copy_of_code(tmp_path):
    """A folder with the program in it, to change."""
    return copy_code(tmp_path)


def copy_code(folder):
    """Put the program into a folder, as old as it is: `make` looks at that. Returns the folder."""
    for pattern in ("*.py", "*.ini", "*.toml", "*.lock", "*.yml", "Makefile", "*.md"):
        for file in ROOT.glob(pattern):
            shutil.copy2(file, folder)
    for room in ("game", "web", "server"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "fetched"))
    return folder


def is_free(port):
    """True if nobody listens at a port of this computer."""
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def is_alive(pid):
    """False for a process that has ended, even if nobody has asked yet how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(is_true, seconds=20):
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "this did not happen"
        time.sleep(0.05)


class Handler(BaseHTTPRequestHandler):
    """What a server in place of the real one does with a request. It keeps no log."""

    def log_message(self, *_):
        pass


@contextmanager
def serving(handler):
    """A server in place of the real one, in a thread: it answers as a kind of Handler says."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Server:
    """A server in a process of its own, started as its users start it, on a free port of this computer."""

    def __init__(self, *command, cwd=ROOT, **environment):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.command = [str(word).replace("PORT", str(self.port)) for word in command or (UWSGI, "uwsgi.ini")]
        self.cwd = cwd
        settings = {"HOST": "127.0.0.1", "PORT": str(self.port), "MOCEAN_LOGBOOK": ":memory:", "MOCEAN_SEED": SEED}
        self.environment = {**os.environ, **settings, **environment}

    def start(self, log):
        """Start it, and wait until it answers. `log` is a path for what it prints."""
        self.log = Path(log)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, cwd=self.cwd, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        for _ in range(200):
            if self.answers():
                return self
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"no answer from {self.command}\n{self.log.read_text()}")

    def answers(self):
        try:
            return requests.get(self.url + "status", timeout=2).ok
        except requests.RequestException:
            return False

    def stop(self):
        """Stop it politely, as systemd would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)

    def kill(self):
        """End it and all its children at once: a polite stop takes uWSGI a second."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while not is_free(self.port):  # until the last child is gone too
            time.sleep(0.01)
        (Path(self.cwd) / f"mocean-{self.port}.sock").unlink(missing_ok=True)
        shutil.rmtree(Path(self.cwd) / f".workshop-{self.port}", ignore_errors=True)

    def pids(self):
        """The living processes by part. uWSGI's log names them, but may be a moment late with that."""
        pids, deadline = {"master": self.process.pid}, time.monotonic() + 10
        for part, name in (("worker", "worker 1"), ("router", "http 1")):
            while part not in pids:
                log = self.log.read_text(errors="replace")
                assert time.monotonic() < deadline, log
                named = re.findall(rf"pawned uWSGI {name} \((?:new )?pid: (\d+)", log)
                pids.update((part, int(pid)) for pid in named if is_alive(int(pid)))
                time.sleep(0.005)
        return pids

    def ask(self, route, **keys):
        return requests.get(self.url + route, params=keys, timeout=10)

    def json(self, route, **keys):
        return self.ask(route, **keys, format="json").json()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real server: uWSGI with our options."""
    server = Server().start(tmp_path_factory.mktemp("server") / "log")
    yield server
    server.kill()


# ---- A real browser ----


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM, WHY_NOT
    with a_browser("--host-resolver-rules=MAP *.example 127.0.0.1") as browser:  # names that lead here
        yield browser


@pytest.fixture
def open_browser(chromium):
    """A function that opens a browser with cookies of its own. In the end it sees that no page had a complaint."""
    contexts, complaints = [], []

    def note(text, url=""):
        # Chromium reports the status of every error page, and in three ways a server that a test has ended. That is no
        # fault of the page.
        is_reply = "the server responded with a status of 4" in text and "/static/" not in url
        if not is_reply and not re.search("net::ERR_(CONNECTION_(REFUSED|RESET)|EMPTY_RESPONSE)", text):
            complaints.append(f"{url}: {text}")

    def open_one(**options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = complaints
        page.on("console", lambda message: message.type != "log" and note(message.text, message.location["url"]))
        page.on("pageerror", lambda error: note(str(error)))
        page.on("dialog", lambda dialog: (note(f"dialog {dialog.message}"), dialog.dismiss()))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def page(open_browser):
    return open_browser()
