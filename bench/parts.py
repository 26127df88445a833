"""The parts of the benchmark: what is asked of which servers, and what is hoped for.

Each is a function that takes a Part, starts servers, adds cases, lets them take turns, and notes targets.
"""

import random
import statistics
import subprocess
import sys
from contextlib import ExitStack
from urllib.request import urlopen

from bench import fleet
from bench.load import cores_awake, measure, students, wrk
from bench.servers import AIOHTTP, BARE, LIMITED, MOCEAN, PEERS, run
from web import python

LOCATION = "/location?id={}&format=json"
HEADING = [f"/heading?degrees={degrees}&id={{}}&format=json" for degrees in (90, 91)]
SAY, POP = "/sendchat?message=hello&id={}&format=json", "/popchat?id={}&format=json"
TEXT = "Mocean, as text"
NEW = "`location`, a new connection for each request"
KEPT = "`location`, connections kept, where the server does"
PROGRAMS = "`location`, four loops of `requests.get` in one process"
TURN = "`heading`: ours is in the logbook before it is answered, the peers' is in memory only"
CHAT = "`sendchat` and `popchat`: a word to 10 sailors, who all ask for it"
REFUSALS = "Refusals of Mocean with limits: *failed* says how many were refused"
SEA = "Many ships: *alone* is one who asks twice a second, and pays for what is worked out for all who ask meanwhile"
PAGES = "Pages, with 500 ships"
SCHOOL = "A class and a school: mostly `location`, one time in 20 `heading`, and `sendchat` now and then, with limits"
LOADED = (".mjs", ".wasm", ".zip", ".json", ".js", ".css", ".whl")  # what a browser asks for, of what was fetched
LOADING = "A player who asks every 40 ms, alone and while 28 browsers load what makes `/python` again and again"
MAPS = "A lesson of 100 ships that ask once a second, 1 in 20 times for another heading, alone and beside 30 maps"
BROWSERS = """
import sys, threading, time, urllib.request
number, pause, *urls = sys.argv[1:]
def load():
    while True:
        for url in urls:
            urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})).read()
        time.sleep(float(pause))
for _ in range(int(number)):
    threading.Thread(target=load).start()
    time.sleep(float(pause) / int(number))
"""
LOOP = "import requests, sys\nwhile True: requests.get(sys.argv[1])"


class Part:
    """Servers, cases that take turns, and targets: each a text, what was seen, and the most that was aimed at."""

    def __init__(self, stack, rounds, seconds):
        self.stack, self.rounds, self.seconds = stack, rounds, seconds
        self.cases, self.turns, self.targets = {}, {}, []

    def start(self, name, ships=0, apart=None):
        """A server that runs until the stack ends."""
        return self.stack.enter_context(run(name, ships, apart))

    def add(self, table, name, server, *urls, load=wrk, longer=1, ids=None, **options):
        """A row of a table: all sailors of a server, or those with the ids, ask for each of these URLs."""
        askers = [*enumerate(ids or server.ids or [""] * 4)]  # who don't all ask for the same at the same time
        paths = [urls[(turn + place) % len(urls)].format(id) for turn in range(len(urls)) for place, id in askers]
        self.cases[table, name] = lambda: measure(load, server, paths, longer * self.seconds, **options)

    def play(self, share=1):
        """Give each case a turn in each round, or in a share of the rounds: table by table, and there in any order."""
        with cores_awake():
            self.take_turns(share)

    def take_turns(self, share):
        self.turns = {case: [] for case in self.cases}
        for _ in range(max(1, round(self.rounds * share))):
            for title in dict.fromkeys(title for title, _ in self.cases):
                cases = [case for case in self.cases if case[0] == title]
                for case in random.sample(cases, len(cases)):
                    self.turns[case].append(self.cases[case]())

    def aim(self, what, seen, aim):
        self.targets.append((what, seen, aim))

    def middle(self, *case, figure="cpu"):
        """The median of a figure of a case."""
        return statistics.median(getattr(turn, figure) for turn in self.turns[case])

    def ratio(self, table, name, other):
        """How many times the CPU time of another row was used: the median of the rounds."""
        return statistics.median(ratios(self.turns[table, name], self.turns[table, other]))


def ratios(turns, others):
    """How many times the others' CPU time was used in each round.

    A noisy computer can be half as fast for a minute, but within a round all had about the same.
    """
    return [one.cpu / other.cpu for one, other in zip(turns, others)]


def race(part):
    """Mocean beside what a club would use instead, and beside the least that Python can serve."""
    for name in (MOCEAN, LIMITED, BARE, *PEERS):
        url = "/hello" if name == BARE else LOCATION
        # So many ships that none asks faster than the limits allow.
        server = part.start(name, ships=0 if name == BARE else 500)
        part.add(NEW, name, server, url)
        if name == MOCEAN:
            part.add(NEW, TEXT, server, "/location?id={}")
        if server.keeps_connections():
            part.add(KEPT, name, server, url, keep=True)
        part.add(PROGRAMS, name, server, url, load=students)
    part.play()
    part.aim("`location` as text: CPU : bare Bottle's (1.15 is hoped for)", part.ratio(NEW, TEXT, BARE), 1.25)
    part.aim("`location` as JSON: CPU : bare Bottle's", part.ratio(NEW, MOCEAN, BARE), 1.25)
    rounds = zip(part.turns[NEW, LIMITED], part.turns[NEW, MOCEAN], part.turns[NEW, BARE])
    added = statistics.median((on.cpu - off.cpu) / bare.cpu for on, off, bare in rounds)
    part.aim("what limits add to that", added, 0.05)
    for table in dict.fromkeys(table for table, name in part.turns if name == MOCEAN):
        best = min((name for name in PEERS if (table, name) in part.turns), key=lambda name: part.middle(table, name))
        for name in dict.fromkeys((AIOHTTP, best)):
            part.aim(f"{table}: CPU : that of {name}", part.ratio(table, MOCEAN, name), 1)


def writes(part):
    """What changes the ocean, beside the peers."""
    for name in (MOCEAN, *PEERS):
        server = part.start(name, ships=10)
        part.add(TURN, name, server, *HEADING)
        part.add(CHAT, name, server, SAY.format(server.ids[0]), *[POP.format(id) for id in server.ids], ids=[""])
    part.play()
    part.aim("`sendchat` and `popchat`: CPU : aiohttp's", part.ratio(CHAT, MOCEAN, AIOHTTP), 1.2)


def refusals(part):
    """What is refused, beside what is served."""
    server = part.start(LIMITED, ships=500)
    hasty, *ids = server.ids
    part.add(REFUSALS, "served", server, LOCATION, ids=ids)
    part.add(REFUSALS, "400, an unknown key", server, LOCATION + "&depth=1", ids=ids)
    part.add(REFUSALS, "404, no such route", server, LOCATION.replace("location", "loaction"), ids=ids)
    part.add(REFUSALS, "429, too fast", server, LOCATION, ids=[hasty])
    part.play()
    for _, name in [*part.turns][1:]:
        part.aim(f"{name}: CPU : what is served", part.ratio(REFUSALS, name, "served"), 1)


def sea(part):
    """Words to everyone, ships in crowds, and what all viewers of the map ask."""
    alone = dict(keep=True, connections=1, pause=(500, 500), longer=3)
    viewers = dict(keep=True, connections=30, pause=(0, 2000), longer=3)
    for ships in (30, 300, 1000):
        server = part.start(MOCEAN, ships)
        part.add(SEA, f"`sendchat` to everyone, {ships} ships", server, SAY, connections=1)
    server = part.start(MOCEAN, 1000)
    part.add(SEA, "`location`, 1000 ships", server, LOCATION, connections=1)
    part.add(SEA, "`heading`, 1000 ships", server, *HEADING, connections=1)
    for route in ("chart", "who"):
        part.add(SEA, f"`{route}` alone, 1000 ships", server, f"/{route}?format=json", **alone)
        part.add(SEA, f"`{route}` by 30 viewers, once a second each", server, f"/{route}?format=json", **viewers)
    crowds = {"two crowds of 250": (500, 24), "two crowds of 500": (1000, 24), "1000 on one spot": (1000, 0)}
    for name, (ships, apart) in crowds.items():
        crowd = part.start(MOCEAN, ships, apart)
        part.add(SEA, f"`look`, {name}", crowd, "/look?id={}&format=json", connections=1)
        part.add(SEA, f"`location` alone, {name}", crowd, LOCATION, **alone)
    part.play(1 / 2)
    times = part.ratio(SEA, "`sendchat` to everyone, 1000 ships", "`sendchat` to everyone, 30 ships")
    part.aim("`sendchat` to everyone: CPU with 1000 ships : with 30", times, 1.15)
    for name, aim in (
        ("`location` alone, two crowds of 500", 10),
        ("`location` alone, 1000 on one spot", 10),
        ("`look`, two crowds of 500", 3),
        ("`chart` alone, 1000 ships", 6),
    ):
        part.aim(f"{name}: CPU ms", part.middle(SEA, name) / 1000, aim)
    times = part.ratio(SEA, "`chart` by 30 viewers, once a second each", "`chart` alone, 1000 ships")
    part.aim("`chart` by 30 viewers: CPU : alone", times, 0.5)
    read, turned = (part.middle(SEA, f"`{name}`, 1000 ships", figure="written") for name in ("location", "heading"))
    part.aim("kB that `heading` writes (13.5 when first measured)", (turned - read) / 1000, 6.75)
    part.aim("the logbook's WAL, MB", (server.folder / "logbook.sqlite3-wal").stat().st_size / 1e6, 5)


def pages(part):
    """What browsers show."""
    server = part.start(MOCEAN, 500)
    for url in ("/", "/mocean", "/steps", "/who", "/status", "/map", "/location?id={}", "/look?id={}"):
        part.add(PAGES, f"`{url.partition('?')[0]}`", server, url, accept="text/html")
    part.play(1 / 2)
    dearest = max(part.turns, key=lambda case: part.middle(*case))
    part.aim(f"the dearest page, {dearest[1]}: CPU ms", part.middle(*dearest) / 1000, 2)


def school(part):
    """A class, alone and beside two who have no sleep in their loops, and a school."""
    server, large = part.start(LIMITED, 32), part.start(LIMITED, 1000)
    polls = [url for turn in HEADING for url in (*[LOCATION] * 9, turn, *[LOCATION] * 9, SAY)]
    # They ask with less effort than `requests` makes, so that it is the server that is measured.
    calm = dict(longer=10, programs=30, every=0.1, ask=lambda url: urlopen(url, timeout=10).read())
    pupils = server.ids[:30]
    # As many words as all at one network address may say.
    hushed = polls + [url for url in polls if url != SAY] * 4
    part.add(SCHOOL, "30, 10 requests a second each", server, *polls, load=students, ids=pupils, **calm)
    part.add(SCHOOL, "the same beside two endless loops", server, *polls, load=beside_loops, ids=pupils, **calm)
    part.add(SCHOOL, "1000, 2 requests a second each", large, *hushed, longer=5, connections=1000, pause=(0, 1000))
    part.take_turns(1 / 5)  # as in a lesson: it is the waiting that counts
    for what, figure, aim in (("p50", "p50", 1.1), ("p99", "p99", 3.8), ("p99 of the worst", "worst", 5.7)):
        seen = part.middle(SCHOOL, "the same beside two endless loops", figure=figure)
        part.aim(f"30 pupils beside two endless loops: ms, {what}", seen, aim)
    part.aim("1000 sailors: p99 ms", part.middle(SCHOOL, "1000, 2 requests a second each", figure="p99"), 50)


def beside_loops(server, *args, **options):
    """A load of students while the last two sailors ask again and again without a pause."""
    with ExitStack() as stack:
        for id in server.ids[-2:]:
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", LOOP, server.url + LOCATION.format(id)]))
            stack.callback(loop.kill)
        return students(server, *args, **options)


def loading(part):
    """A player, while a class opens the page /python for the first time."""
    server, poll = part.start(LIMITED, 1), dict(load=students, programs=1, every=0.04, longer=4)
    part.add(LOADING, "alone", server, LOCATION, **poll)
    part.add(LOADING, "beside 28 browsers", server, LOCATION, **poll | dict(load=beside_browsers))
    part.play(1 / 2)
    for what in ("p50", "p99"):
        seen = part.middle(LOADING, "beside 28 browsers", figure=what)
        part.aim(f"a player beside 28 browsers that load `/python`: ms, {what}", seen, {"p50": 10, "p99": 50}[what])


def beside_browsers(server, *args, **options):
    """A load of students while browsers fetch all that the page /python needs."""
    files = [f"/fetched/{name}" for name in python.NAMES if name.endswith(LOADED)]
    return beside(server, 28, 0, files, *args, **options)


def maps(part):
    """What 30 maps cost: once a second each asks for the chart and, as if a square were new, for the soundings."""
    server = part.start(MOCEAN, 100)
    lesson = dict(load=students, longer=10, programs=20, every=0.2, ask=lambda url: urlopen(url, timeout=10).read())
    polls = [*[LOCATION] * 9, HEADING[0], *[LOCATION] * 9, HEADING[1]]
    part.add(MAPS, "alone", server, *polls, **lesson)
    part.add(MAPS, "beside 30 maps", server, *polls, **lesson | dict(load=beside_maps))
    part.play(1 / 2)
    used = [[turn.cpu * turn.rate for turn in part.turns[MAPS, name]] for name in ("beside 30 maps", "alone")]
    cost = statistics.median(more - less for more, less in zip(*used)) / 1e4  # microseconds a second, as percents
    part.aim("30 maps beside 100 ships: % of a core", cost, 5)


def beside_maps(server, *args, **options):
    """A load of students while maps are open in 30 browsers."""
    return beside(server, 30, 1, ["/chart?format=json", "/soundings?format=json"], *args, **options)


def beside(server, number, pause, urls, *args, **options):
    """A load of students while so many browsers ask for these URLs again and again, with a pause of some seconds."""
    words = [str(number), str(pause), *[server.url + url for url in urls]]
    with subprocess.Popen([sys.executable, "-c", BROWSERS, *words]) as browsers:
        try:
            return students(server, *args, **options)
        finally:
            browsers.kill()


def size(part):
    """Memory and start with many ships."""
    for ships, memory in ((1000, 32), (fleet.MOST, 140)):
        with run(LIMITED, ships) as server:
            wrk(server, ["/chart?format=json", "/who?format=json"], part.seconds)
            wrk(server, [LOCATION.format(id) for id in server.ids], 10 * part.seconds)
            part.aim(f"memory with {ships:,} ships, MB", server.memory(), memory)
            part.aim(f"start with {ships:,} ships, s", server.start, 2)


PARTS = {part.__name__: part for part in (race, writes, refusals, sea, maps, pages, school, loading, size)}
