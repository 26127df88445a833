"""What each of our routes costs, in text and JSON, with few and with many sailors."""

import random
import re
from collections import defaultdict
from contextlib import ExitStack
from itertools import product
from tempfile import TemporaryDirectory

import requests

from bench.load import cpu_since, turn_of, wrk
from bench.report import medians, ratio
from bench.servers import MOCEAN, run
from tests.fleet import write_logbook

SAILORS = (1, 100, 1_000, 9_999)  # of 10,000 names that are kept, so that one more can join
FORMS = ("text", "json")
ROUNDS = 5
JOINS = 100

ROUTES = {
    "begin": ["/begin?message=7"],
    "location": ["/location?id={id}"],
    "heading": ["/heading?degrees=90&id={id}", "/heading?degrees=91&id={id}"],
    "sendchat, popchat": ["/sendchat?message=hello&name={name}&id={id}", "/popchat?id={id}"],
    "look": ["/look?id={id}"],
    "who": ["/who?"],
    "chart": ["/chart?"],
}


def fleet(file, number):
    """A logbook with so many ships, all over the ocean. Returns their ids, and the name of one of them."""
    chance = random.Random(number)
    ships = [
        (f"ship{one:05}", chance.uniform(0, 900), chance.uniform(0, 900), chance.uniform(0, 360), 5)
        for one in range(number)
    ]
    return [*write_logbook(file, ships).values()], "ship00000"


def growth():
    """By route, form and number of sailors: the turns."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="mocean-bench-"))
        crews = {number: fleet(f"{folder}/{number}", number) for number in SAILORS}
        servers = {number: stack.enter_context(run(MOCEAN, MOCEAN_LOGBOOK=f"{folder}/{number}")) for number in SAILORS}
        turns = defaultdict(list)
        for _, form, number in product(range(ROUNDS), FORMS, SAILORS):
            turns["join, quit", form, number].append(join_and_quit(servers[number], form))
        for _, form, route, number in product(range(ROUNDS), FORMS, ROUTES, SAILORS):
            ids, name = crews[number]
            paths = [url.format(id=id, name=name) + f"&format={form}" for id in ids[:20] for url in ROUTES[route]]
            turns[route, form, number].append(wrk(servers[number], paths, 1))
    return turns


def join_and_quit(server, form):
    """Come aboard and leave, again and again."""
    times, errors = [], 0
    before = server.cpu()
    with requests.Session() as web:
        for number in range(JOINS):
            joined = web.get(f"{server.url}join?name=guest{number}&format={form}")
            id = re.search(r'\bid(?:=|": ")(\w+)', joined.text)[1]
            left = web.get(f"{server.url}quit?id={id}&format={form}")
            times += [joined.elapsed.total_seconds(), left.elapsed.total_seconds()]
            errors += (not joined.ok) + (not left.ok)
    return turn_of(times, sum(times), cpu_since(before, server), errors)


def table(turns):
    """A row a route and form: the CPU microseconds a request with so many sailors."""
    for route, form in dict.fromkeys((route, form) for route, form, _ in turns):
        costs = {f"{number:,}": f"{medians(turns[route, form, number]).cpu:,.0f}" for number in SAILORS}
        growth = ratio("cpu", turns[route, form, 1_000], turns[route, form, 1])
        yield {"route": route, "form": form, **costs, "1,000 : 1": f"{growth:.2f}"}
