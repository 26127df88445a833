"""Many connections: slow ones, idle ones and greedy ones, while a player wants to be served."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack

import requests

from tests.attack.target import probing
from tests.slow import Slow

MODES = {"-H": "slow headers", "-B": "slow bodies", "-X": "slow reading"}


def slow(target, seconds, connections=1000):
    """slowhttptest in its three modes, each for so many seconds."""
    if not shutil.which("slowhttptest"):
        return [("slow connections", "slowhttptest is missing: apt install slowhttptest", None)]
    rows = []
    for mode, name in MODES.items():
        command = [
            "slowhttptest",
            mode,
            "-c",
            connections,
            "-r",
            200,
            "-i",
            10,
            "-l",
            seconds,
            "-u",
            target.url + "chart",
        ]
        # It writes files with its results into the folder where it runs.
        with probing(target) as probe, tempfile.TemporaryDirectory() as folder:
            subprocess.run([*map(str, command)], cwd=folder, capture_output=True, timeout=seconds + 60, check=False)
        rows.append(probe.row(f"{connections} connections with {name}, {seconds} s"))
    return rows


def idle(target, connections, seconds=5):
    """Connections that say nothing, and then as many that have asked once."""
    rows = []
    for what, first in (("idle", b""), ("kept", b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")):
        with ExitStack() as stack, probing(target) as probe:
            for _ in range(connections):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", target.port), timeout=20))
                connection.sendall(first)
            time.sleep(seconds)
        rows.append(probe.row(f"{connections} {what} connections, {seconds} s"))
    return rows


def half_open(target, connections, drips=3):
    """Requests that are begun and never finished: another byte each 5 seconds."""
    with Slow() as slow, probing(target) as probe:
        slow.open(connections, target.port)
        for _ in range(drips):
            time.sleep(5)
            left = slow.drip()
    return [probe.row(f"{connections} half-open connections, {left} of which are still open after {5 * drips} s")]


def readers(target, number):
    """Clients who ask for the largest replies again and again, and never read them."""
    largest = ["join?" + "&" * 30_000, "join?name=" + "<" * 7000, "chart", "openapi.json", "mocean", "static/sea.css"]
    with ExitStack() as stack, probing(target) as probe:
        for turn in range(number):
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # as little as the system allows
            reader.connect(("127.0.0.1", target.port))
            path = largest[turn % len(largest)]
            reader.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n".encode())
            time.sleep(0.02)
    return [probe.row(f"{number} requests for large replies that nobody reads")]


def greedy(target, seconds, connections=1000):
    """wrk asks as fast as it can, with the id of one sailor and then with none; afterwards all is as before."""
    if not shutil.which("wrk"):
        return [("greedy connections", "wrk is missing: apt install wrk", None)]
    rows = []
    hog = target.server.json("join", name="hog")["id"]
    for who, route in (("one sailor's loop", f"location?id={hog}"), ("a stranger's loop", "begin")):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", target.url + route]
        time.sleep(2)  # until the server has done with the wrk before
        with probing(target) as probe:
            output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
        rate = re.search(r"Requests/sec:\s+(\S+)", output)[1]
        # Nobody can be served in time while two cores do nothing but this: what counts is that all are served.
        what, figure, _ = probe.row(f"{connections} connections of wrk with {who}, {seconds} s at {rate}/s")
        rows.append((what, figure, not probe.failures))
    time.sleep(2)
    with probing(target) as probe:
        time.sleep(3)
    return [*rows, probe.row("3 s, begun 2 s afterwards")]


def guess(target, seconds):
    """Guess ids as fast as one program can, over one connection after the other."""
    began, tried, heard = time.monotonic(), 0, 0
    while time.monotonic() < began + seconds:
        reply = requests.get(f"{target.url}location?id=guess{tried}&format=json", timeout=10)
        tried += 1
        heard += reply.status_code == 403
    # After the burst of 60. Of 31 ** 8 ids, 30 are right: on average, one in 31 parts of all has to be tried.
    years = 31**8 / 31 / max(1, (heard - 60) / seconds) / (365 * 24 * 3600)
    figure = f"{tried / seconds:.0f}/s asked, {heard} of {tried} told anything in {seconds} s"
    return [
        (
            "ids guessed from one address",
            f"{figure}; a class of 30 is safe for {years:.0f} years",
            heard <= 61 + seconds,
        )
    ]
