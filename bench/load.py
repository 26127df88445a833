"""Load for a server, and how it was: Debian's wrk, which costs little, and loops of Python, as students write them."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, cycle
from typing import NamedTuple

import requests

SCRIPT = """
local requests, last = {}, 0
function init()
    for path in io.lines("PATHS") do
        requests[#requests + 1] = wrk.format("GET", path):gsub("HTTP/1.1", "VERSION")
    end
end
function request()
    last = last % #requests + 1
    return requests[last]
end
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("REPORT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""


AWAKE = "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"


@contextmanager
def cores_awake():
    """A loop on each core, that gives way to whoever else wants the core.

    Otherwise a virtual machine stops a core that has nothing to do for a moment. What it costs to start it again counts
    for a server that waits now and then, and not for one that is always busy: so the same server was measured at
    anything from 1.1 to 1.6 times the CPU time of bare Bottle.
    """
    loops = [subprocess.Popen([sys.executable, "-c", AWAKE]) for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


class Turn(NamedTuple):
    """What was seen in a turn."""

    cpu: float  # microseconds of CPU time a request, of all processes of the server
    written: float  # bytes a request that the server has written, to files and connections
    rate: float  # requests a second
    p50: float  # milliseconds
    p99: float
    worst: float  # milliseconds: the p99 of the student who waited longest
    failed: float  # the share of requests without a reply of the status 200


def measure(load, server, *args, **options):
    """The Turn of a load: a function that returns its requests, seconds, p50, p99, worst and failures."""
    cpu, written = server.cpu(), server.written()
    count, seconds, *waits, failed = load(server, *args, **options)
    cpu, written = server.cpu() - cpu, server.written() - written
    return Turn(cpu / count * 1e6, written / count, count / seconds, *waits, failed / count)


def wrk(server, paths, seconds, keep=False, connections=8, pause=None, accept="*/*"):
    """Ask for the paths in turn, from any on. `pause` are the least and the most milliseconds before each request."""
    version = "HTTP/1.1" if keep else "HTTP/1.0"  # which every server ends with the connection
    script = SCRIPT.replace("PATHS", f"{server.folder}/paths").replace("VERSION", version)
    delay = "function delay() return math.random({}, {}) end".format(*pause) if pause else ""
    first = random.randrange(len(paths))
    (server.folder / "paths").write_text("\n".join(paths[first:] + paths[:first]))
    (server.folder / "script").write_text(script + delay)
    command = f"wrk --threads=1 --connections={connections} --duration=60s --timeout=10s".split()
    command += ["--header", f"Accept: {accept}", "--script", f"{server.folder}/script", server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            time.sleep(seconds)
        finally:
            process.send_signal(signal.SIGINT)  # it ends, and reports
        report = process.stdout.read()
    count, micros, p50, p99, failed = map(int, re.search("REPORT (.*)", report)[1].split())
    return max(1, count), micros / 1e6, p50 / 1000, p99 / 1000, p99 / 1000, failed


def by_requests(url):
    """Ask as students do. Raises OSError if the reply hasn't the status 200."""
    requests.get(url, timeout=10).raise_for_status()


def students(server, paths, seconds, programs=4, every=0.0, ask=by_requests):
    """So many students' programs in one process, each with its share of the paths, and a request `every` so often."""
    began = time.perf_counter()

    def loop(number):
        waits, failed = [], 0
        time.sleep(every * number / programs)
        for path in cycle(paths[number::programs]):
            asked = time.perf_counter()
            try:
                ask(server.url + path)
            except OSError:
                failed += 1
            waits.append((time.perf_counter() - asked) * 1000)
            if time.perf_counter() > began + seconds:
                return waits, failed
            time.sleep(max(0, asked + every - time.perf_counter()))

    with ThreadPoolExecutor(programs) as pool:
        waits, failed = zip(*pool.map(loop, range(programs)))
    together, worst = [*chain(*waits)], max(percentile(one, 99) for one in waits)
    took = time.perf_counter() - began
    return len(together), took, percentile(together, 50), percentile(together, 99), worst, sum(failed)


def percentile(figures, percent):
    """The figure within which so many percent of them lie."""
    return sorted(figures)[min(len(figures) - 1, len(figures) * percent // 100)]
