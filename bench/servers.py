"""Servers as their users would start them, and what they use of the computer.

    with run("aiohttp", ships=10) as server:
        requests.get(f"{server.url}/location?id={server.ids[0]}")
        print(server.cpu(), server.memory())

A server listens to 127.0.0.1 only, and ends with its `with`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from bench import fleet
from server.rehearsal import spare_port

MOCEAN, LIMITED, BARE, AIOHTTP = "Mocean", "Mocean with limits", "bare Bottle", "aiohttp"
# Each is a command, or an app under our uwsgi.ini. Each peer is one process, as its game is in memory.
PEERS = {
    AIOHTTP: dict(command="python -m bench.peers.aiohttp_game {port}"),
    "Flask, gunicorn": dict(command="gunicorn --no-control-socket -b 127.0.0.1:{port} bench.peers.flask_game:app"),
    "Flask, our uwsgi.ini": dict(app="bench.peers.flask_game:app"),
    "Bottle, granian": dict(
        command="granian --interface wsgi --no-ws --blocking-threads 1 --log-level warning --port {port} "
        "bench.peers.bottle_game:app"
    ),
}
SERVERS = {MOCEAN: {}, LIMITED: dict(limits="on"), BARE: dict(app="bench.peers.bottle_game:bare"), **PEERS}
ROOT = Path(__file__).parent.parent
PATIENCE = 30  # seconds until a server has to answer


class Server:
    """A server that runs. `ids` are its sailors', `start` is how many seconds it took until it answered."""

    def __init__(self, folder, command="uwsgi {folder}/uwsgi.ini", app=None, limits="off"):
        port = spare_port()
        self.folder, self.url, self.ids = Path(folder), f"http://127.0.0.1:{port}", []
        ini = (ROOT / "uwsgi.ini").read_text().replace("%d", f"{ROOT}/")
        ini = ini.replace("wsgi-file = mocean.py", f"module = {app}") if app else ini
        (self.folder / "uwsgi.ini").write_text(ini)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "RUNTIME_DIRECTORY": folder,
            "MOCEAN_LOGBOOK": f"{folder}/logbook.sqlite3",
            "MOCEAN_LIMITS": limits,
            "MOCEAN_MOST_AWAKE": str(fleet.MOST),
            "MOCEAN_MOST_PER_ADDRESS": str(fleet.MOST),
        }
        program, *words = command.format(folder=folder, port=port).split()
        command = [Path(sys.executable).with_name(program), *words]
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)

    def wait(self):
        """Wait until it answers something, a 404 too."""
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE and self.process.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(self.url, timeout=PATIENCE)
                self.start = time.monotonic() - began
                return
            time.sleep(0.002)
        raise SystemExit(f"{self.process.args} doesn't answer:\n" + (self.folder / "log").read_text())

    def end(self):
        """End it and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def keeps_connections(self):
        """True if one may ask again over the same connection."""
        return requests.get(self.url, timeout=PATIENCE).headers.get("Connection", "").lower() != "close"

    def processes(self):
        """The folders in /proc of its processes, its first one before those that it has started."""
        found = [self.process.pid]
        for pid in found:  # grows while it is looked at
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return [Path(f"/proc/{pid}") for pid in found]

    def cpu(self):
        """The seconds of CPU time, in user and kernel, that its processes have used so far."""
        # The clocks of clock_getcpuclockid(3) tell what stat in /proc does, but don't round it to 10 ms.
        return sum(time.clock_gettime(~int(process.name) << 3 | 2) for process in self.processes())

    def written(self):
        """The bytes that its processes have written so far, to files and connections: see proc_pid_io(5)."""
        return sum(figure(process / "io", "wchar:") for process in self.processes())

    def memory(self):
        """The megabytes that its processes need in all. What several share counts once (PSS)."""
        return sum(figure(process / "smaps_rollup", "\nPss:") for process in self.processes()) / 1024


def figure(file, name):
    """The number that follows a name in a file of /proc."""
    return int(file.read_text().partition(name)[2].split()[0])


@contextmanager
def run(name, ships=0, apart=None):
    """Start a server with so many ships at sea, placed as in fleet.write, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="mocean-bench-") as folder:
        is_ours = name in (MOCEAN, LIMITED)
        ids = fleet.write(f"{folder}/logbook.sqlite3", ships, apart) if is_ours else []
        server = Server(folder, **SERVERS[name])
        try:
            server.wait()
            server.ids = ids or fleet.join(server.url, ships)
            yield server
        finally:
            server.end()
