"""Mocean beside what a club would use instead, and beside the least that Python can serve."""

import statistics
from contextlib import ExitStack
from functools import partial

from bench.load import STUDENTS, students, take_turns, wrk
from bench.report import Found, Table, Target, middle, most_failed, ratio, row
from bench.servers import Contestant, run

MOCEAN = Contestant("Mocean")
LIMITED = Contestant("Mocean with limits", limits="on")
BARE = Contestant("bare Bottle", app="bench.peers.bottle_game:bare")
AIOHTTP = Contestant("aiohttp", "{bin}/python -m bench.peers.aiohttp_game {port}")
GUNICORN = "{bin}/gunicorn --no-control-socket --worker-class sync --workers 1 --bind 127.0.0.1:{port} "
GRANIAN = "{bin}/granian --interface wsgi --workers 1 --blocking-threads 1 --no-ws --log-level warning --port {port} "
# Each in one process, as the game is in its memory.
PEERS = [
    AIOHTTP,
    Contestant("Flask, gunicorn", GUNICORN + "bench.peers.flask_game:app"),
    Contestant("Flask, our uwsgi.ini", app="bench.peers.flask_game:app"),
    Contestant("Bottle, granian", GRANIAN + "bench.peers.bottle_game:app"),
]
SHIPS = 400  # so many that none asks faster than the limits allow
SAILORS = 10  # who talk and turn
JSON = "&format=json"

NEW, KEPT, PROGRAMS = "new connections", "kept connections", "by requests"


def race(rounds, seconds):
    """Where is my ship? Asked of all contestants, in three ways."""
    with ExitStack() as stack:
        servers = {one.name: stack.enter_context(run(one, ships=SHIPS)) for one in [MOCEAN, LIMITED, *PEERS]}
        servers[BARE.name] = stack.enter_context(run(BARE))
        paths = {name: [f"/location?id={id}{JSON}" for id in server.ids] for name, server in servers.items()}
        paths[BARE.name] = ["/hello"] * STUDENTS
        cases = {}
        for name, server in servers.items():
            cases[NEW, name] = partial(wrk, server, paths[name], seconds)
            if server.keeps_connections():
                cases[KEPT, name] = partial(wrk, server, paths[name], seconds, keep=True)
            scripts = [paths[name][number::STUDENTS] for number in range(STUDENTS)]
            cases[PROGRAMS, name] = partial(students, server, scripts, seconds)
        as_text = [f"/location?id={id}" for id in servers[MOCEAN.name].ids]
        cases[NEW, "Mocean, as text"] = partial(wrk, servers[MOCEAN.name], as_text, seconds)
        turns = take_turns(cases, rounds)
    return Found([*verdict(turns)], [table(turns, load) for load in (NEW, KEPT, PROGRAMS)], most_failed(turns))


def verdict(turns):
    ours, limited, text, bare = (turns[NEW, name] for name in (MOCEAN.name, LIMITED.name, "Mocean, as text", BARE.name))
    yield Target("`location` as text: CPU, times bare Bottle's (1.15 is hoped for)", ratio(text, bare), 1.25)
    yield Target("`location` as JSON: the same", ratio(ours, bare), 1.25)
    more = statistics.median((on.cpu - off.cpu) / least.cpu for on, off, least in zip(limited, ours, bare))
    yield Target("what the limits add to that", more, 0.05)
    for load in (NEW, KEPT, PROGRAMS):
        peers = [one.name for one in PEERS if (load, one.name) in turns]
        best = min(peers, key=lambda name: middle(turns[load, name]))
        if (load, MOCEAN.name) in turns:
            times = ratio(turns[load, MOCEAN.name], turns[load, best])
            yield Target(f"`location`, {load}: CPU, times that of the cheapest peer, {best}", times, 1)


def table(turns, load):
    """The contestants that can be asked in this way."""
    entrants = {name: them for (how, name), them in turns.items() if how == load}
    others = {f": {one.name}": entrants[one.name] for one in (BARE, MOCEAN) if one.name in entrants}
    notes = {
        NEW: "A new connection for each request.",
        KEPT: "The same by the servers that keep a connection open.",
        PROGRAMS: f"{STUDENTS} loops of `requests.get`, as students write them, in one process.",
    }
    return Table(f"`location`, {load}", notes[load], [row(name, them, **others) for name, them in entrants.items()])


def writes(rounds, seconds):
    """Turning and talking: Mocean's is in the logbook before it answers, the peers' is in memory only."""
    with ExitStack() as stack:
        servers = {one.name: stack.enter_context(run(one, ships=SAILORS)) for one in [MOCEAN, *PEERS]}
        cases = {}
        for name, server in servers.items():
            first = server.ids[0]
            turning = [f"/heading?degrees={degrees}&id={id}{JSON}" for degrees in (90, 91) for id in server.ids]
            talking = [f"/sendchat?message=hello&id={first}{JSON}", *[f"/popchat?id={id}{JSON}" for id in server.ids]]
            cases["heading", name] = partial(wrk, server, turning, seconds)
            cases["chat", name] = partial(wrk, server, talking, seconds)
        turns = take_turns(cases, rounds)
    heading, chat = ({name: them for (what, name), them in turns.items() if what == one} for one in ("heading", "chat"))
    times = ratio(chat[MOCEAN.name], chat[AIOHTTP.name])
    return Found(
        [Target("`sendchat` and `popchat`: CPU, times aiohttp's", times, 1.2)],
        [
            Table(title, note, [row(name, them, **{": Mocean": those[MOCEAN.name]}) for name, them in those.items()])
            for title, note, those in (
                ("`heading`", "Ours is in the logbook before it is answered; the peers' is in memory only.", heading),
                ("`sendchat` and `popchat`", f"A word to {SAILORS} sailors, who all ask for it.", chat),
            )
        ],
        most_failed(turns),
    )


def refusals(rounds, seconds):
    """What is refused, beside what is served."""
    with run(LIMITED, ships=SHIPS) as server:
        hasty, *ids = server.ids
        urls = {
            "served": "/location?id={}" + JSON,
            "400, a key that isn't known": "/location?id={}&depth=1" + JSON,
            "404, no such route": "/loaction?id={}" + JSON,
        }
        cases = {name: partial(wrk, server, [url.format(id) for id in ids], seconds) for name, url in urls.items()}
        cases["429, too fast"] = partial(wrk, server, [urls["served"].format(hasty)], seconds)
        turns = take_turns(cases, rounds)
    served = turns["served"]
    note = "Of Mocean with limits. The column *failed* says how many were refused."
    return Found(
        [Target(f"{name}: CPU, times serving", ratio(turns[name], served), 1) for name in turns if name != "served"],
        [Table("Refusals", note, [row(name, them, **{": served": served}) for name, them in turns.items()])],
        max(turn.failed for turn in served),
    )
