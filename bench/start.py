"""How long a start takes: from the command `uwsgi` to the first reply."""

import statistics
import time
from tempfile import TemporaryDirectory

from bench.growth import fleet
from bench.servers import MOCEAN, run

ROUNDS = 7
SAILORS = 9_999


def start():
    """A row for an empty ocean, and one for a full one."""
    with TemporaryDirectory(prefix="mocean-bench-") as folder:
        files = {"0": ":memory:", f"{SAILORS:,}": f"{folder}/logbook"}
        fleet(files[f"{SAILORS:,}"], SAILORS)
        took = {label: [] for label in files}
        for _ in range(ROUNDS):
            for label, file in files.items():
                began = time.perf_counter()
                with run(MOCEAN, MOCEAN_LOGBOOK=file):
                    took[label].append(time.perf_counter() - began)
    return [
        {"sailors": label, "median s": f"{statistics.median(seen):.2f}", "worst s": f"{max(seen):.2f}"}
        for label, seen in took.items()
    ]
