"""Load for a server: Debian's wrk, which costs little, and loops of Python, as students write them.

Each is a turn of some time, and says how it was: how many requests, how long they took, and what they cost.
"""

import logging
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.request import urlopen

import requests

CONNECTIONS = 8
STUDENTS = 4

SCRIPT = """
local requests, last = {}, 0
function init()
    for path in io.lines("PATHS") do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
    last = last % #requests + 1
    return requests[last]
end
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("REPORT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""
LOOP = "import requests, sys\nwhile True: requests.get(sys.argv[1])"


class Turn(NamedTuple):
    """What was seen in a turn."""

    cpu: float  # microseconds of CPU time a request, of all processes of the server
    rate: float  # requests a second
    p50: float  # milliseconds
    p99: float
    written: float  # bytes a request that the server has written, to files and connections
    failed: float  # the share of requests without a reply of the status 200
    worst: float = 0  # milliseconds: the p99 of the student who waited longest


def wrk(server, paths, seconds, keep=False, connections=CONNECTIONS, pause=None, accept="*/*"):
    """Ask for the paths in turn. `pause` are the least and the most milliseconds before each request."""
    delay = "function delay() return math.random({}, {}) end".format(*pause) if pause else ""
    (server.folder / "paths").write_text("\n".join(paths))
    (server.folder / "script").write_text(SCRIPT.replace("PATHS", f"{server.folder}/paths") + delay)
    command = f"wrk --threads=1 --connections={connections} --duration=60s --timeout=10s --script".split()
    headers = ["--header", f"Accept: {accept}", *([] if keep else ["--header", "Connection: close"])]
    cpu, written = server.cpu(), server.written()
    process = subprocess.Popen(
        [*command, server.folder / "script", *headers, server.url], stdout=subprocess.PIPE, text=True
    )
    try:
        time.sleep(seconds)
    finally:
        process.send_signal(signal.SIGINT)  # it ends, and reports
        report = process.communicate()[0]
    cpu, written = server.cpu() - cpu, server.written() - written
    count, micros, p50, p99, failed = map(float, re.search("REPORT (.*)", report)[1].split())
    count = max(count, 1)
    return Turn(cpu / count * 1e6, count / micros * 1e6, p50 / 1000, p99 / 1000, written / count, failed / count)


def students(server, scripts, seconds, every=0.0, get=requests.get):
    """Students with a loop, in one process: each asks for the paths of a script in turn, `every` so many seconds."""
    times, failures = [[] for _ in scripts], []
    began = time.perf_counter()

    def loop(number, paths):
        time.sleep(every * number / len(scripts))
        for turn in range(sys.maxsize):
            asked = time.perf_counter()
            if asked > began + seconds:
                return
            try:
                get(server.url + paths[turn % len(paths)][1:], timeout=10).close()
            except OSError as problem:
                failures.append(problem)
            times[number].append(time.perf_counter() - asked)
            time.sleep(max(0, asked + every - time.perf_counter()))

    cpu, written = server.cpu(), server.written()
    threads = [Thread(target=loop, args=pair, daemon=True) for pair in enumerate(scripts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu, written = time.perf_counter() - began, server.cpu() - cpu, server.written() - written
    taken = [one for mine in times for one in mine]
    count, worst = len(taken), max(percentile(mine, 99) for mine in times)
    failed = len(failures) / count
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Turn(cpu / count * 1e6, count / took, p50, p99, written / count, failed, worst)


def checked(url, timeout):
    """The reply of `requests.get`. Raises OSError if its status is not 200."""
    reply = requests.get(url, timeout=timeout)
    reply.raise_for_status()
    return reply


def percentile(seconds, share):
    """Milliseconds within which this share of them, in percent, lies."""
    return sorted(seconds)[min(len(seconds) - 1, len(seconds) * share // 100)] * 1000


@contextmanager
def endless(urls):
    """Programs that ask for an URL each, again and again without a pause, meanwhile."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP, url], stderr=subprocess.DEVNULL) for url in urls]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def take_turns(cases, rounds):
    """Give each case, a function by its name, a turn in each round, in any order. Returns the turns by name."""
    turns = {name: [] for name in cases}
    for _ in range(rounds):
        for name in random.sample(list(cases), len(cases)):
            turns[name].append(cases[name]())
    return turns
