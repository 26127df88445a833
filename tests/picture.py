"""Make the pictures of the README, from a real server and a real browser: make picture"""

import sys
import tempfile
from itertools import product
from math import sin
from pathlib import Path

from tests.conftest import ROOT, Server
from tests.fleet import CHROMIUM, SEA, WHY_NOT, a_browser, write_logbook

MAP, PYTHON = ROOT / "docs" / "map.png", ROOT / "docs" / "python.png"
ADDRESS = "mocean.example:8080"  # what the map shows as the address to join

SHIPS = [  # name, x, y, heading, speed
    ("ada", 450, 330, 60, 22),
    ("grace", 260, 475, 310, 30),
    ("jacques", 330, 370, 100, 20),
    ("jeanne", 700, 720, 20, 18),
    ("marie", 880, 110, 80, 28),
    ("vasco", 470, 610, 250, 12),
    ("zheng", 760, 400, 200, 34),
    ("tupaia", 205, 130, 330, 20),
    ("sindbad", 590, 480, 160, 26),
    ("maryam", 330, 850, 95, 15),
    ("hypatia", 380, 405, 105, 0),  # the ship of the program
]
FOUND = [
    ("Great Meteor", "jeanne"),
    ("Marsili", "tupaia"),
    ("Cobb", "vasco"),
    ("Tamu", "zheng"),
    ("Fieberling", "grace"),
]
FINDER = "sylvia"  # who finds one more while the picture is taken
SUMMIT = SEA.seamounts[-1]
SOUNDED = [
    (mount.x + 15 * east, mount.y + 15 * north)
    for mount in SEA.seamounts
    for east, north in product(range(-4, 5), repeat=2)
]
LANES = [(15 * step, 90 + 150 * lane + 40 * sin(step / 9)) for lane in range(6) for step in range(60)]
WORDS = [
    ("grace", "Fieberling is only 10 m deep!"),
    ("Mocean", "zheng discovered the seamount Tamu!"),
    ("sindbad", "who has seen a treasure?"),
    ("ada", "I have! But I can't dive so deep :-)"),
    ("tupaia", "ahoy, I sail north now"),
]


PROGRAM = """\
import math
import time
import requests
from here import url, my_id, picture


def ask(route, **keys):
    keys |= {"id": my_id, "format": "json"}
    return requests.get(url + route, params=keys).json()


ask("speed", speed=40)
for step in range(14):
    ask("heading", degrees=105 + 30 * math.cos(step / 2))
    ship, sea = ask("location"), ask("ping")
    picture.track(ship["x"], ship["y"])
    picture.floor(sea["seafloor"])
    print(sea["seafloor"], "m deep")
    time.sleep(1)

print("Anchor!", ask("stop")["speed"])
"""


def take(folder):
    """Start a server with ships at sea, and take the pictures."""
    ships = [*SHIPS, (FINDER, SUMMIT.x, SUMMIT.y, 100, 0)]
    ids = write_logbook(folder / "logbook.sqlite3", ships, FOUND, WORDS, [*SOUNDED, *LANES])
    server = Server(MOCEAN_LOGBOOK=str(folder / "logbook.sqlite3")).start(folder / "log")
    try:
        with a_browser(f"--host-resolver-rules=MAP {ADDRESS} 127.0.0.1:{server.port}") as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
            page.goto(f"http://{ADDRESS}/map")
            page.wait_for_timeout(6000)  # until the ships have wakes
            server.ask("ping", id=ids[FINDER])
            page.locator("#loud b").first.wait_for()
            page.wait_for_timeout(300)
            page.screenshot(path=MAP)
            page.goto(f"http://{ADDRESS}/join?name=hypatia&id={ids['hypatia']}")
            page.goto(f"http://{ADDRESS}/python")
            page.locator("#editor textarea").focus()
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(PROGRAM)
            page.keyboard.press("Control+Enter")
            page.locator("#console", has_text="Anchor!").wait_for(timeout=120_000)
            page.screenshot(path=PYTHON)
    finally:
        server.kill()


if __name__ == "__main__":
    if not CHROMIUM:
        sys.exit(WHY_NOT.replace("these tests need", "The pictures need"))
    with tempfile.TemporaryDirectory() as folder:
        take(Path(folder))
    for picture in (MAP, PYTHON):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB")
