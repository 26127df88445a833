"""Load for a server: Debian's wrk, which costs little, and what students run, Python's requests.

Both play in turns of some seconds, and say how it was: how many requests, how long one took, what they cost.
"""

import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import requests

CONNECTIONS = 8
CLIENTS = 4  # students' programs in one process


class Turn(NamedTuple):
    """What was seen in a turn."""

    rate: float  # requests a second
    p50: float  # milliseconds
    p99: float
    cpu: float  # microseconds of CPU time a request, of all processes of the server
    busiest: float  # the share of one core that the busiest process of the server used
    errors: int  # replies that were not 200, and connections that broke


REPORT = """
done = function(summary, latency, requests)
    local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    io.write(string.format("REPORT %d %d %f %f %d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), summary.errors.status + lost))
end
"""


def wrk(server, paths, seconds, connections=CONNECTIONS, keep_open=False, pause=0):
    """Ask for the paths, which begin with /, in turn. `pause` are the seconds, on average, between two requests."""
    script = f"""
        local paths, last = {{}}, 0
        for path in io.lines("{{paths}}") do paths[#paths + 1] = path end
        function init() last = math.random(#paths) end
        function request()
            last = last % #paths + 1
            return wrk.format("GET", paths[last])
        end
        {f"function delay() return math.random(0, {2000 * pause:.0f}) end" if pause else ""}
        {REPORT}
    """
    with tempfile.TemporaryDirectory(prefix="mocean-bench-") as folder:
        Path(folder, "paths").write_text("\n".join(paths))
        Path(folder, "script.lua").write_text(script.replace("{paths}", f"{folder}/paths"))
        command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", "--timeout=10s"]
        if not keep_open:
            command += ["--header", "Connection: close"]
        before = server.cpu()
        output = subprocess.run(
            [*command, f"--script={folder}/script.lua", server.url], capture_output=True, text=True, check=True
        ).stdout
        used = cpu_since(before, server)
    count, micros, p50, p99, errors = map(float, re.search("REPORT (.*)", output)[1].split())
    busiest = max(used.values()) / micros * 1e6
    return Turn(count / micros * 1e6, p50 / 1000, p99 / 1000, sum(used.values()) / count * 1e6, busiest, int(errors))


def students(server, paths, seconds, clients=CLIENTS, pause=0):
    """Some programs with a loop of `requests.get`, as students write them, in one process."""
    times, errors = [], []
    deadline = time.perf_counter() + seconds

    def loop(turn):
        while time.perf_counter() < deadline:
            began = time.perf_counter()
            if not requests.get(server.url + paths[turn % len(paths)][1:], timeout=10).ok:
                errors.append(1)
            times.append(time.perf_counter() - began)
            turn += clients
            time.sleep(pause)

    threads = [Thread(target=loop, args=[number]) for number in range(clients)]
    before, began = server.cpu(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return turn_of(times, time.perf_counter() - began, cpu_since(before, server), len(errors))


def turn_of(times, took, used, errors):
    """A Turn from the seconds that each request took and that all took, and the CPU time that was used meanwhile."""
    cuts = [cut * 1000 for cut in statistics.quantiles(times, n=100)]
    cpu, busiest = sum(used.values()) / len(times) * 1e6, max(used.values()) / took
    return Turn(len(times) / took, cuts[49], cuts[98], cpu, busiest, errors)


def cpu_since(before, server):
    """What each process of the server has used since then."""
    return {pid: now - before.get(pid, 0) for pid, now in server.cpu().items()}


def join(server, sailors):
    """So many sailors come aboard, in a burst. Returns their ids."""
    names = (f"ship{number:05}" for number in range(sailors))
    with requests.Session() as web:
        return [web.get(server.url + "join", params={"name": name, "format": "json"}).json()["id"] for name in names]
