"""Servers as their users would start them, and what they use of the computer.

    with run(MOCEAN, ships=10) as server:
        requests.get(f"{server.url}location?id={server.ids[0]}")
        print(server.cpu(), server.memory())

A server listens to 127.0.0.1 only, and ends with its `with`.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import requests

from bench import fleet

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
OURS = "{bin}/uwsgi {folder}/uwsgi.ini"
PATIENCE = 30  # seconds until a server has to answer


class Contestant(NamedTuple):
    """A server to start. In its command {bin}, {port} and {folder}, one of its own, are filled in."""

    name: str
    command: str = OURS
    app: str = ""  # what our uwsgi.ini serves instead of Mocean
    limits: str = "off"


class Running:
    """A server that runs."""

    def __init__(self, url, process, folder):
        self.url, self.process, self.folder = url, process, Path(folder)
        self.ids = []  # of its sailors
        self.start = 0.0  # the seconds from its command to its first reply

    def processes(self):
        """The ids of its processes, its first one before those that it has started."""
        found = [self.process.pid]
        for pid in found:  # grows while it is looked at
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return found

    def cpu(self):
        """The seconds of CPU time, in user and kernel, that its processes have used so far."""
        # The clocks of clock_getcpuclockid(3): what /proc tells too, but exact, not rounded to 10 ms.
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self.processes())

    def written(self):
        """The bytes that its processes have written so far, to files and connections: see proc_pid_io(5)."""
        files = [Path(f"/proc/{pid}/io").read_text() for pid in self.processes()]
        return sum(int(text.partition("wchar:")[2].split()[0]) for text in files)

    def memory(self):
        """The megabytes that its processes need in all. What several share counts once (PSS)."""
        rolls = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.processes()]
        return sum(int(roll.partition("\nPss:")[2].split()[0]) for roll in rolls) / 1024

    def keeps_connections(self):
        """True if a client may ask again over the same connection."""
        with requests.Session() as session:
            return session.get(self.url, timeout=PATIENCE).headers.get("Connection", "").lower() != "close"


@contextmanager
def run(contestant, ships=0, place=fleet.anywhere):
    """Start a server with so many ships at sea, wait for its first reply, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="mocean-bench-") as folder:
        is_mocean = contestant.command == OURS and not contestant.app
        ids = fleet.write(f"{folder}/logbook.sqlite3", ships, place) if is_mocean else []
        server = start(contestant, folder)
        try:
            wait_for(server)
            server.ids = ids or fleet.join(server.url, ships)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.process.pid, signal.SIGKILL)  # of it and all that it has started
            server.process.wait()


def start(contestant, folder):
    """Start the processes of a server, in a group of their own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ini = (ROOT / "uwsgi.ini").read_text().replace("%d", str(ROOT))
    if contestant.app:
        ini = ini.replace("wsgi-file = mocean.py", f"module = {contestant.app}")
    Path(folder, "uwsgi.ini").write_text(ini)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOCEAN_")}
    settings = {
        "PYTHONPATH": str(ROOT),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "RUNTIME_DIRECTORY": folder,
        "MOCEAN_LOGBOOK": f"{folder}/logbook.sqlite3",
        "MOCEAN_LIMITS": contestant.limits,
        "MOCEAN_MOST_AWAKE": str(fleet.MOST),
    }
    command = contestant.command.format(bin=BIN, port=port, folder=folder).split()
    with Path(folder, "log").open("w") as log:
        process = subprocess.Popen(
            command, env={**inherited, **settings}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Running(f"http://127.0.0.1:{port}/", process, folder)


def wait_for(server):
    """Wait until it answers something, a 404 too, and note how long that took."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE and server.process.poll() is None:
        with suppress(requests.ConnectionError):
            requests.get(server.url, timeout=PATIENCE)
            server.start = time.monotonic() - began
            return
        time.sleep(0.002)
    raise SystemExit(f"{server.process.args} doesn't answer:\n" + (server.folder / "log").read_text())
