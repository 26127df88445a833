"""Measure Mocean beside its peers, and write bench/RESULTS.md and bench/results.png: make bench

    python -m bench                 # all of it, some 12 minutes
    python -m bench race start      # only these parts, printed

It needs wrk (sudo apt install wrk) and the packages of the group `bench`. All load stays on this computer.
"""

import platform
import resource
import shutil
import signal
import sys
import time
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

from bench import growth, load, options, plot, race, school, start
from bench.report import markdown, medians, ratio

HERE = Path(__file__).parent
PACKAGES = ["pyuwsgi", "bottle", "aiohttp", "fastapi", "uvicorn", "flask", "gunicorn", "waitress", "requests"]


def machine():
    """What this ran on, in a line."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    processor = model[0].partition(":")[2].strip() if model else platform.processor()
    return f"{cpu_count()} cores of {processor}, {platform.system()}, Python {platform.python_version()}, {packages}"


def main(parts):
    if not shutil.which("wrk"):
        raise SystemExit("The benchmark needs wrk. On Debian and Ubuntu: sudo apt install wrk")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what it has started ends too
    raise_file_limit()
    seen, began = {}, time.monotonic()
    for name, part in PARTS.items():
        if name in parts or not parts:
            print(f"\n{name} ...", flush=True)
            seen[name] = part()
            print(f"{show(name, seen[name])}\n({time.monotonic() - began:.0f} s so far)", flush=True)
    if not parts:
        write(seen)


PARTS = {
    "race": race.race,
    "growth": growth.growth,
    "school": school.school,
    "start": start.start,
    "options": lambda: list(options.options()),
}


def raise_file_limit():
    """Let us and the servers have as many connections open as the computer allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def show(name, seen):
    """A part's figures as tables."""
    if name == "race":
        return "".join(f"\n### {load}\n\n{markdown(rows)}\n" for load, rows in race.tables(*seen))
    if name == "growth":
        return markdown(growth.table(seen))
    return markdown(seen[0] if name == "school" else seen)


def write(seen):
    """The page of results, and its picture."""
    tables = {name: show(name, seen[name]) for name in seen}
    page = (
        (HERE / "RESULTS.tpl")
        .read_text(encoding="utf-8")
        .format(
            date=time.strftime("%Y-%m-%d"),
            machine=machine(),
            rounds=race.ROUNDS,
            connections=load.CONNECTIONS,
            targets=markdown(targets(seen)),
            **tables,
        )
    )
    (HERE / "RESULTS.md").write_text(page, encoding="utf-8")
    plot.draw(seen, HERE / "results.png")


def targets(seen):
    """What was aimed at, and what was seen."""
    turns, _ = seen["race"]
    new, students = turns["location"], turns["location, by requests"]
    ours = new["Mocean"]
    costs = seen["growth"]
    schools, memory = seen["school"]
    thousand = next(row for row in schools if row["sailors"] == "1,000")
    yield target("`location`: CPU : bare Bottle's", ratio("cpu", ours, new["bare Bottle"]), 1.35)
    busy = ratio("cpu", students["Mocean"], students["bare Bottle"])
    yield target("`location`, by requests: CPU : bare Bottle's", busy, 1.35)
    rate = ratio("rate", ours, new["bare Bottle"])
    yield target("`location`: requests/s : bare Bottle's", rate, 0.90, at_least=True)
    for route in ("location", "heading"):
        for number, aim in ((1_000, 1.15), (9_999, 1.30)):
            grown = ratio("cpu", costs[route, "json", number], costs[route, "json", 1])
            yield target(f"`{route}`: CPU with {number:,} sailors : with 1", grown, aim)
    yield target("`chart` with 1,000 sailors: CPU ms", medians(costs["chart", "json", 1_000]).cpu / 1000, 10)
    for name in [one.name for one in race.PEERS]:
        rate, cpu = (ratio(figure, ours, new[name]) for figure in ("rate", "cpu"))
        busy = ratio("cpu", students["Mocean"], students[name])
        yield target(f"`location`: requests/s : {name}'s", rate, 1, at_least=True)
        yield target(f"`location`: CPU : {name}'s", cpu, 1)
        yield target(f"`location`, by requests: CPU : {name}'s", busy, 1)
    yield target("1,000 sailors, two polls a second: p99 ms", float(thousand["p99 ms"]), 50)
    yield target("the same: errors", int(thousand["errors"]), 0)
    yield target("memory with 1,000 sailors, MB", memory, 60)


def target(what, figure, aim, at_least=False):
    """A row of the targets."""
    reached = figure >= aim if at_least else figure <= aim
    return {
        "target": what,
        "aim": f"{'at least' if at_least else 'at most'} {aim:g}",
        "seen": f"{figure:.2f}",
        "reached": "yes" if reached else "**no**",
    }


if __name__ == "__main__":
    main(sys.argv[1:])
