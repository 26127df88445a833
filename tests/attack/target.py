"""The server under attack, what it uses of the computer, and a player who wants to be served meanwhile."""

import os
import re
import socket
import statistics
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import requests

from tests.conftest import Server

KEY = "the key of the attack"


class Target:
    """A real server in a folder of its own."""

    def __init__(self, folder, **settings):
        logbook = str(Path(folder) / "logbook.sqlite3")
        self.server = Server(MOCEAN_LOGBOOK=logbook, MOCEAN_HARBOUR_KEY=KEY, **settings).start(Path(folder) / "log")
        self.url, self.port = self.server.url, self.server.port
        self.boot = self.server.json("status")["boot"]
        self.before = self.uses()

    def uses(self):
        """By part: megabytes of memory, open files and threads."""
        used = {}
        for part, pid in self.server.pids().items():
            status = Path(f"/proc/{pid}/status").read_text()
            memory = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
            used[part] = memory, len(os.listdir(f"/proc/{pid}/fd")), int(re.search(r"Threads:\s+(\d+)", status)[1])
        return used

    def health(self):
        """Rows that say whether the server is the one that was started, and uses about as much as then."""
        deadline = time.monotonic() + 70  # the router forgets some dead connections only after its time-out of 60 s
        while self.uses()["router"][1] > self.before["router"][1] and time.monotonic() < deadline:
            time.sleep(0.1)
        rows = [("the same server as before", self.boot, self.server.json("status")["boot"] == self.boot)]
        for part, (memory, files, threads) in self.uses().items():
            memory_before, files_before, threads_before = self.before[part]
            rows += [
                (f"memory of the {part}, MB", f"{memory_before:.0f} -> {memory:.0f}", memory < memory_before + 40),
                (f"open files of the {part}", f"{files_before} -> {files}", files <= files_before + 8),
                (f"threads of the {part}", f"{threads_before} -> {threads}", threads == threads_before),
            ]
        return rows

    def raw(self, data, wait):
        """What comes back first for these bytes, in so many seconds; with 0 we hang up at once."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            try:
                connection.sendall(data)
                connection.settimeout(wait)
                return connection.recv(65536) if wait else b""
            except OSError:  # it has hung up already, or says nothing
                return b""

    def stop(self):
        self.server.kill()


class Probe(Thread):
    """A player who polls 20 times a second, and notes how many milliseconds each reply took."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.ended = target, Event()
        self.id = target.server.json("join", name=f"probe{time.monotonic_ns() % 10**9}")["id"]
        self.times, self.failures = [], 0

    def run(self):
        while not self.ended.wait(0.05):
            began = time.perf_counter()
            try:
                reply = requests.get(f"{self.target.url}location?id={self.id}&format=json", timeout=10).json()
                self.failures += not reply["ok"]
            except (requests.RequestException, ValueError):
                self.failures += 1
            self.times.append((time.perf_counter() - began) * 1000)

    def row(self, during):
        """One row: median, 99th percentile and failures. It is good if players are answered within 100 ms."""
        median, p99 = statistics.median(self.times), statistics.quantiles([*self.times, *self.times], n=100)[98]
        figure = f"median {median:.1f} ms, p99 {p99:.1f} ms, {self.failures} of {len(self.times)} failed"
        return f"a player during {during}", figure, p99 < 100 and not self.failures


@contextmanager
def probing(target):
    """A probe that plays meanwhile."""
    probe = Probe(target)
    probe.start()
    try:
        yield probe
    finally:
        probe.ended.set()
        probe.join()
