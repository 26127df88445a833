"""Servers as their users would start them, and what they use of the computer: CPU time and memory.

    with run(MOCEAN) as server:
        requests.get(server.url + "status")
        print(server.cpu(), server.memory())

A server listens to 127.0.0.1 only, and ends with its `with`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import requests

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
INI = ROOT / "uwsgi.ini"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 30  # seconds until a server has to answer


class Contestant(NamedTuple):
    """A server to start: {port}, {bin} and {folder}, one of its own, are filled in.

    `ini` are changes to our uwsgi.ini, each a text and what to put in its place.
    """

    name: str
    command: str = "{bin}/uwsgi {folder}/uwsgi.ini"
    settings: dict = {}
    ini: tuple = ()


MOCEAN = Contestant("Mocean", settings={"MOCEAN_LIMITS": "off", "MOCEAN_MOST_AWAKE": "20000"})


def variant(name, *ini, of=MOCEAN):
    """The same server with other options of uWSGI."""
    return of._replace(name=name, ini=(*of.ini, *ini))


class Running:
    """A server that runs."""

    def __init__(self, url, process, folder):
        self.url, self.process, self.folder = url, process, Path(folder)

    def processes(self):
        """The ids of its processes, its first one before those that it has started."""
        found = [self.process.pid]
        for pid in found:  # grows while it is looked at
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return found

    def cpu(self):
        """The seconds of CPU time, in user and kernel, that its processes have used so far: by process."""
        return {pid: seconds(pid) for pid in self.processes()}

    def memory(self):
        """The megabytes that its processes need in all. What several share counts once (PSS)."""
        rolls = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.processes()]
        return sum(int(roll.partition("\nPss:")[2].split()[0]) for roll in rolls) / 1024


def seconds(pid):
    """CPU time of a process, see proc(5)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


@contextmanager
def run(contestant, **settings):
    """Start a server, wait for its first reply, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="mocean-bench-") as folder:
        port = free_port()
        ini = INI.read_text().replace("%d", str(ROOT))
        for old, new in contestant.ini:
            assert old in ini, f"uwsgi.ini has no {old!r}"
            ini = ini.replace(old, new)
        Path(folder, "uwsgi.ini").write_text(ini)
        surroundings = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "RUNTIME_DIRECTORY": folder,
            "MOCEAN_LOGBOOK": f"{folder}/logbook.sqlite3",
            **contestant.settings,
            **settings,
        }
        with Path(folder, "log").open("w") as log:
            command = contestant.command.format(bin=BIN, port=port, folder=folder).split()
            process = subprocess.Popen(command, env=surroundings, stdout=log, stderr=subprocess.STDOUT)
        server = Running(f"http://127.0.0.1:{port}/", process, folder)
        try:
            wait_for(server)
            yield server
        finally:
            end(server)


def free_port():
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(server):
    """Wait until it answers something, a 404 too."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(requests.ConnectionError):
            return requests.get(server.url, timeout=PATIENCE)
        time.sleep(0.002)
    raise SystemExit(f"{server.process.args} doesn't answer:\n" + (server.folder / "log").read_text())


def end(server):
    """End all its processes."""
    server.process.terminate()
    try:
        server.process.wait(10)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
