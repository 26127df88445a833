"""Attack the real server, and print a table of results: python -m tests.attack [PART ...] [--requests=N] ...

Without a part it is all of them. Ends with 1 if something is not as it should be.
"""

import argparse
import sys
import tempfile
import time

from tests.attack.flood import greedy, guess, half_open, idle, readers, slow
from tests.attack.fuzz import fuzz
from tests.attack.junk import junk
from tests.attack.school import school
from tests.attack.siege import WORD, siege, wording, writing
from tests.attack.target import Target

OFF = {"MOCEAN_LIMITS": "off"}  # or else most replies would be 429

# Each part: the function, the option that says how much of it, its default, and the server's settings.
PARTS = {
    "fuzz": (fuzz, "requests", 1_000_000, OFF),
    "limited": (fuzz, "limited", 20_000, {}),
    "junk": (junk, "junk", 10_000, OFF),
    "guess": (guess, "guess", 30, {}),
    "siege": (siege, "siege", 20, {}),
    "words": (wording, "words", 20, {"MOCEAN_WORD": WORD}),
    "letters": (writing, "letters", 30_000, OFF),
    "idle": (idle, "idle", 2_000, {}),
    "half": (half_open, "half", 1100, {}),
    "readers": (readers, "readers", 500, {}),
    "slow": (slow, "slow", 240, {}),
    "greedy": (greedy, "greedy", 60, {}),
    "school": (school, "minutes", 10, {}),
}


def attack(part, amount):
    """The rows of one part, and of the server's health afterwards."""
    function, _, _, settings = PARTS[part]
    with tempfile.TemporaryDirectory() as folder:
        target = Target(folder, **settings)
        try:
            return [*function(target, amount), *target.health()]
        finally:
            target.stop()


def main(words):
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    for part, (function, option, default, _) in PARTS.items():
        parser.add_argument(f"--{option}", type=float, default=default, help=f"{part}, {default}: {function.__doc__}")
    options = parser.parse_args(words)
    if set(options.parts) - set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    print("| part | what | figure | |\n|---|---|---|---|", flush=True)
    is_good = True
    for part in options.parts or PARTS:
        amount, began = getattr(options, PARTS[part][1]), time.monotonic()
        for what, figure, good in attack(part, amount if part == "school" else int(amount)):
            is_good &= good is not False
            print(f"| {part} | {what} | {figure} | {({True: 'good', False: 'BAD'}).get(good, 'skipped')} |", flush=True)
        print(f"| {part} | time taken, s | {time.monotonic() - began:.0f} | |", flush=True)
    return not is_good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
