"""A class and a school: so many sailors, each asking twice a second, and what is busy first when there are more."""

import random
import re
import resource
from tempfile import TemporaryDirectory

from bench.growth import fleet
from bench.load import students, wrk
from bench.servers import MOCEAN, run

SCHOOLS = (30, 300, 1_000, 2_000)
PAUSE = 0.5  # seconds between two requests of a sailor
SECONDS = 10
CLASS = 30  # as many programs with requests run in one process


def polls(ids):
    """What the sailors ask: mostly where they are; one time in 20 they talk to one, or turn."""
    chance = random.Random(1)
    lines = [f"/location?id={id}&format=json" for id in ids for _ in range(18)]
    friends = [f"ship{chance.randrange(len(ids)):05}" for _ in ids]
    lines += [f"/sendchat?id={id}&name={name}&message=hello&format=json" for id, name in zip(ids, friends)]
    lines += [f"/heading?id={id}&degrees={chance.randrange(360)}&format=json" for id in ids]
    return chance.sample(lines, len(lines))


def school():
    """A row for each number of sailors, and the memory in megabytes with 1,000 of them."""
    rows, memory = [], 0
    for number in SCHOOLS:
        with TemporaryDirectory(prefix="mocean-bench-") as folder:
            ids, _ = fleet(f"{folder}/logbook", number)
            with run(MOCEAN, MOCEAN_LOGBOOK=f"{folder}/logbook") as server:
                if number == CLASS:
                    rows.append(row(f"{number}, by requests", server, play_class, ids))
                rows.append(row(f"{number:,}", server, play_school, ids))
                memory = server.memory() if number == 1_000 else memory
    return rows, memory


def play_class(server, ids):
    return students(server, polls(ids), SECONDS, clients=CLASS, pause=PAUSE)


def play_school(server, ids):
    return wrk(server, polls(ids), SECONDS, connections=len(ids), pause=PAUSE)


def row(label, server, play, ids):
    """How it was, and the share of one core that each part used."""
    before, generated = server.cpu(), generator_seconds()
    turn = play(server, ids)
    used, generated = server.cpu(), generator_seconds() - generated
    share = {part: (used[pid] - before[pid]) / SECONDS for pid, part in parts_of(server).items()}
    return {
        "sailors": label,
        "requests/s": f"{turn.rate:,.0f}",
        "p50 ms": f"{turn.p50:.1f}",
        "p99 ms": f"{turn.p99:.1f}",
        "errors": str(turn.errors),
        "CPU µs a request": f"{turn.cpu:.0f}",
        "router": f"{share['http']:.0%}",
        "worker": f"{share['worker']:.0%}",
        "generator": f"{generated / SECONDS:.0%}",
    }


def parts_of(server):
    """What each process of uWSGI's is, as its log tells: the worker, or http, the router."""
    spawned = re.findall(r"spawned uWSGI (worker|http) .*?pid: (\d+)", (server.folder / "log").read_text())
    return {int(pid): part for part, pid in spawned}


def generator_seconds():
    """CPU time of this process and of those that it has run."""
    ours, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return ours.ru_utime + ours.ru_stime + theirs.ru_utime + theirs.ru_stime
