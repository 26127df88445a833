"""Metrics: numbers about the server, at http://localhost:8080/metrics, for whoever watches it for years.

Prometheus, a program of the admin's, asks for them every few seconds, keeps them, draws curves, and raises an alarm:
see docs/admin.md. Each number has a line, with *labels* that say of what it is the number:

    mocean_requests_total{route="/who",status="200",error=""} 12

Words: a *counter* only grows, and begins again at 0 with the server; a *gauge* is as things are now. A *histogram* says
of many values, here times, how many were at most so large. https://prometheus.io/docs/instrumenting/exposition_formats
"""

import os
from bisect import bisect_left
from collections import defaultdict
from contextlib import suppress
from itertools import accumulate
from math import inf
from time import process_time

from bottle import HTTPResponse

from game.errors import Problem

FORM = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, inf)  # seconds, up to which a histogram counts


# ---- Counting ----


class Histogram:
    """How long something took: how often up to each of the BOUNDS, and in all."""

    def __init__(self):
        self.counts, self.sum = [0] * len(BOUNDS), 0.0

    def add(self, seconds):
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds

    def merge(self, other):
        self.counts = [one + another for one, another in zip(self.counts, other.counts)]
        self.sum += other.sum


class Metrics:
    """What is counted on the way of each request. The rest is looked up when somebody asks for it."""

    def __init__(self):
        self.requests = defaultdict(Histogram)  # by route, status line and error word
        self.commits = Histogram()  # of changes to the logbook

    def count(self, request, status, seconds):
        """Count a request, with the status line of its reply. It took so long here, without the way to us and back."""
        self.requests[request.rule, status, request.error].add(seconds)


# ---- Who may watch ----


def as_monitor(request):
    """Count a request apart from all others, and don't ask who it is.

    A monitor may share its network address with somebody who asks too fast. It must not take that for our illness.
    """
    if request.app.limits:
        request.app.limits.count_request(None, f"monitor at {request.address}", request.ocean.now)


def as_insider(request):
    """Let in programs on this very computer, and whoever has the harbour key. For others there is no such route."""
    request.identify()
    if request.is_local:
        request.sent.pop("key", None)  # it isn't needed here
    elif request.app.lock:
        request.app.lock.open(request)
    else:
        raise request.app.no_route(request.path)


# ---- The text ----


def as_file(request, disk):
    """Bottle's response with all numbers. `disk` has those of the logbook's files, as in server/disk.py."""
    metrics = [*counted(request.app.metrics), *looked_up(request.app, request.ocean, disk)]
    lines = [line for metric in metrics for line in lines_of(*metric)]
    return HTTPResponse("\n".join([*lines, ""]), headers={"Content-Type": FORM, "Cache-Control": "no-store"})


def counted(metrics):
    """What was counted, each as (name, type, what it says, its values by labels)."""
    numbers, times = defaultdict(int), defaultdict(Histogram)
    for (rule, status, error), these in metrics.requests.items():
        numbers[label(route=rule, status=status[:3], error=error)] += sum(these.counts)
        times[label(route=rule)].merge(these)
    yield "mocean_requests_total", "counter", "Requests; the error is a word of the protocol, or empty.", numbers
    yield "mocean_request_seconds", "histogram", "How long they took, without the network and the queue.", times
    yield "mocean_commit_seconds", "histogram", "How long changes of the logbook took.", {"": metrics.commits}


def looked_up(app, ocean, disk):
    """What is as it is now, in the same form, without labels."""
    with suppress(Problem):
        app.logbook.test_write(ocean)
    for name, kind, says, value in (
        ("mocean_healthy", "gauge", "1 if players can play, and 0 if not.", int(not app.logbook.failure)),
        ("mocean_uptime_seconds", "gauge", "How long the server has been up.", ocean.now - app.began),
        ("mocean_starts_total", "counter", "How many servers have opened this logbook.", app.logbook.boot),
        ("mocean_ships_awake", "gauge", "Ships that sail now.", len(ocean.awake_sailors())),
        ("mocean_ships_kept", "gauge", "Ships that sail or sleep.", len(ocean.crew.by_id)),
        ("mocean_letters_waiting", "gauge", "Letters that nobody has read yet.", ocean.mail.letters()),
        ("mocean_logbook_bytes", "gauge", "The size of the logbook's files.", disk.bytes),
        ("mocean_backup_timestamp_seconds", "gauge", "When the newest copy was made, or 0.", disk.copied),
        ("process_cpu_seconds_total", "counter", "CPU time of the process with the ocean.", process_time()),
        ("process_resident_memory_bytes", "gauge", "Its memory, or 0 where the system doesn't say.", memory()),
    ):
        yield name, kind, says, {"": value}


def lines_of(name, kind, says, values):
    """The lines of a metric."""
    yield f"# HELP {name} {says}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values.items():
        if kind == "histogram":
            for bound, count in zip(BOUNDS, accumulate(value.counts)):
                yield line(f"{name}_bucket", ",".join(filter(None, [labels, label(le=number(bound))])), count)
            yield line(f"{name}_sum", labels, value.sum)
            yield line(f"{name}_count", labels, sum(value.counts))
        else:
            yield line(name, labels, value)


def line(name, labels, value):
    return f"{name}{{{labels}}} {number(value)}" if labels else f"{name} {number(value)}"


def label(**values):
    """Labels as text, like route="/who",status="200"."""
    return ",".join([f'{name}="{escape(value)}"' for name, value in values.items()])


def escape(text):
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def number(value):
    return "+Inf" if value == inf else f"{value}"


def memory():
    """The bytes of memory that this process uses, or 0."""
    with suppress(OSError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
