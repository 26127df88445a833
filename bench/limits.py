"""What the limits cost a request: python -m bench.limits

In one process, without a network: the whole application is asked for a ship's location, with and without limits in
turn. Each sailor of 100 asks ten times a second, by a clock of the benchmark's own. Prints the medians of the CPU time,
and that of the ratios of two neighbouring rounds.
"""

import os
import statistics
import time

os.environ.update(MOCEAN_LOGBOOK=":memory:", MOCEAN_LIMITS="on")
import bridge
import mocean

SAILORS, REQUESTS, ROUNDS = 100, 1000, 101


class Clock:
    now = 1_000_000.0


def tick():
    Clock.now += 0.001
    return Clock.now


def ask(route, **keys):
    """The body of a reply, asked for as uWSGI would."""
    query = "&".join(f"{key}={value}" for key, value in keys.items())
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": route,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "localhost:8080",
        "HTTP_USER_AGENT": "python-requests/2.32",
        "HTTP_ACCEPT": "*/*",
    }
    return b"".join(mocean.app(environ, lambda *_: None)).decode()


def measure(ids):
    """Microseconds a request takes."""
    began = time.process_time()
    for number in range(REQUESTS):
        ask("/location", id=ids[number % SAILORS])
    return (time.process_time() - began) / REQUESTS * 1e6


def main():
    bridge.time, gate = tick, bridge.gate
    bridge.gate = None
    ids = [ask("/join", name=f"ship{number}").partition("\nid=")[2][:8] for number in range(SAILORS)]
    times = {"off": [], "on": []}
    for _ in range(ROUNDS):
        for limits in times:
            bridge.gate = gate if limits == "on" else None
            times[limits].append(measure(ids))
            assert "speed=" in ask("/location", id=ids[0])
    off, on = statistics.median(times["off"]), statistics.median(times["on"])
    ratio = statistics.median(with_limits / without for without, with_limits in zip(times["off"], times["on"]))
    print(f"location: {off:.1f} us without limits, {on:.1f} us with them: {ratio - 1:+.1%} (medians of {ROUNDS})")


if __name__ == "__main__":
    main()
