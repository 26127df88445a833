"""What is dear in Mocean itself: crowds, charts, pages, a class, and many ships."""

from contextlib import ExitStack
from functools import partial
from urllib.request import urlopen

import requests

from bench import fleet
from bench.load import endless, students, take_turns, wrk
from bench.race import JSON, LIMITED, MOCEAN
from bench.report import Found, Table, Target, middle, most_failed, ratio, row
from bench.servers import run

HEADING_WROTE = 12_600  # bytes that a heading wrote when this was first measured
PAGES = ("/", "/mocean", "/steps", "/who", "/status", "/map", "/location?id={}", "/look?id={}")


def sea(rounds, seconds):
    """Words to everyone, ships in crowds, and what all viewers of the map ask."""
    with ExitStack() as stack:
        spread = {ships: stack.enter_context(run(MOCEAN, ships)) for ships in (30, 300, 1000)}
        crowds = {
            "two crowds of 250": stack.enter_context(run(MOCEAN, 500, fleet.two_crowds)),
            "two crowds of 500": stack.enter_context(run(MOCEAN, 1000, fleet.two_crowds)),
            "1,000 on one spot": stack.enter_context(run(MOCEAN, 1000, fleet.one_spot)),
        }
        many = spread[1000]
        # Who asks alone, and seldom, pays for all that is worked out a few times a second.
        alone = dict(keep=True, connections=1, pause=(500, 500))
        viewers = dict(keep=True, connections=30, pause=(0, 2000))
        cases = {
            f"`sendchat` to everyone, {ships:,} ships": flat_out(server, "/sendchat?message=hello&id={}", seconds)
            for ships, server in spread.items()
        }
        for route in ("location", "heading"):
            cases[f"`{route}`, 1,000 ships"] = flat_out(many, f"/{route}?degrees=90&id={{}}", seconds)
        for name, server in crowds.items():
            cases[f"`look`, {name}"] = flat_out(server, "/look?id={}", seconds)
            asked = [f"/location?id={id}{JSON}" for id in server.ids]
            cases[f"`location` alone, {name}"] = partial(wrk, server, asked, 2 * seconds, **alone)
        for route in ("chart", "who"):
            for label, load in (("1 viewer", alone), ("30 viewers", viewers)):
                asked = [f"/{route}?{JSON[1:]}"]
                cases[f"`{route}`, 1,000 ships, {label}"] = partial(wrk, many, asked, 2 * seconds, **load)
        turns = take_turns(cases, rounds)
        wal = max((server.folder / "logbook.sqlite3-wal").stat().st_size for server in spread.values()) / 1e6
    note = (
        "*Alone* is one who asks twice a second, so each request pays for a look around that serves all; so does a "
        "chart for 1 viewer. 30 viewers ask once a second each. In *two crowds* ships are 24 m apart."
    )
    table = Table("Many ships", note, [row(name, them) for name, them in turns.items()])
    return Found([*sea_verdict(turns, wal)], [table], most_failed(turns))
