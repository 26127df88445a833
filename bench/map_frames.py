"""How smoothly the map moves with 100 ships at sea, in Chromium without a window or a graphics card:

.venv/bin/python -m bench.map_frames [SHIPS] [RUNS]
"""

import random
import statistics
import sys
import tempfile
from pathlib import Path

from tests.conftest import Server
from tests.fleet import a_browser, write_logbook

SECONDS = 5
MEASURE = """(seconds) => new Promise((done) => {
    const times = [], costs = [];
    const old = draw;
    draw = () => { const began = performance.now(); old(); costs.push(performance.now() - began); };
    const end = performance.now() + seconds * 1000;
    const note = (time) => {
        times.push(time);
        if (time < end) requestAnimationFrame(note); else { draw = old; done({ times, costs }); }
    };
    requestAnimationFrame(note);
})"""


def measure(page):
    """Frames a second, milliseconds of the slowest of 20 frames, and milliseconds of our own program in a frame."""
    seen = page.evaluate(MEASURE, SECONDS)
    times = [after - before for before, after in zip(seen["times"], seen["times"][1:])]
    return 1000 * len(times) / sum(times), statistics.quantiles(times, n=20)[-1], statistics.median(seen["costs"])


def main(ships=100, runs=5):
    chance = random.Random(1)
    fleet = [
        (f"sailor{n}", *(chance.uniform(0, 900) for _ in "xy"), chance.uniform(0, 360), chance.uniform(5, 40))
        for n in range(ships)
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_logbook(Path(folder) / "logbook.sqlite3", fleet, found=[("Cobb", "ada"), ("Tamu", "bob")])
        server = Server(MOCEAN_LOGBOOK=f"{folder}/logbook.sqlite3").start(Path(folder) / "log")
        try:
            with a_browser() as browser:
                for width, height, query in ((1920, 1080, ""), (1920, 1080, "?follow=sailor1"), (390, 844, "")):
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.goto(f"{server.url}map{query}")
                    page.wait_for_timeout(2000)
                    figures = [statistics.median(column) for column in zip(*[measure(page) for _ in range(runs)])]
                    text = "{:.1f} frames a second, 95 % of them within {:.1f} ms, {:.2f} ms of each are ours"
                    print(f"{ships} ships, {width}x{height} /map{query}: {text.format(*figures)} (medians of {runs})")
                    page.close()
        finally:
            server.kill()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
