"""Measure Mocean beside other servers, and write what was seen into bench/RESULTS.md.

It needs wrk (sudo apt install wrk) and the packages of the group `bench`. All load stays on this computer.
"""

import argparse
import logging
import platform
import resource
import shutil
import signal
import sys
import time
from contextlib import ExitStack, suppress
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

from bench.parts import PARTS, REFUSALS, Part
from bench.report import page

PACKAGES = ("pyuwsgi", "bottle", "aiohttp", "flask", "gunicorn", "granian", "requests")


def main():
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these, and only printed: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=25, help="how many turns each server takes (25)")
    parser.add_argument("--quick", action="store_true", help="only see that all works: judge nothing, write nothing")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    if not shutil.which("wrk"):
        parser.error("wrk is missing. On Debian and Ubuntu: sudo apt install wrk")
    prepare()
    rounds, seconds = (1, 0.25) if options.quick else (options.rounds, 0.5)
    turns, targets = {}, []
    for name in options.parts or PARTS:
        logging.info(name)
        with ExitStack() as stack:
            PARTS[name](part := Part(stack, rounds, seconds))
        turns.update(part.turns)
        targets += part.targets
    facts = dict(date=time.strftime("%Y-%m-%d"), machine=machine(), rounds=rounds, seconds=seconds)
    text = page(turns, targets, is_judged=not options.quick, **facts)
    print(text)
    if not options.quick and not options.parts:
        Path(__file__).with_name("RESULTS.md").write_text(text, encoding="utf-8")
    served = {case: them for case, them in turns.items() if case[0] != REFUSALS or case[1] == "served"}
    lost = [case for case, them in served.items() if any(turn.failed for turn in them)]
    sys.exit(f"Requests failed: {lost}" if lost else 0)


def prepare():
    """Let us and the servers have many connections open, and end all that we start if this program is ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, 4096), most))


def machine():
    """What this ran on, in a line."""
    model = Path("/proc/cpuinfo").read_text().partition("model name")[2].partition("\n")[0].strip("\t :")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{cpu_count()} cores of {model or platform.machine()}, Python {platform.python_version()}, {packages}"


if __name__ == "__main__":
    main()
