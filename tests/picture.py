"""Make the picture of the map that the README opens with, from a real server and a real browser: make picture"""

import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT, Server
from tests.fleet import CHROMIUM, WHY_NOT, a_browser, write_logbook

PICTURE = ROOT / "docs" / "map.png"
ADDRESS = "mocean.example:8080"  # what the picture shows as the address to join

SHIPS = [  # name, x, y, heading, speed
    ("ada", 450, 330, 60, 22),
    ("grace", 260, 475, 310, 30),
    ("sylvia", 385, 120, 100, 16),
    ("jacques", 330, 370, 100, 20),
    ("jeanne", 700, 720, 20, 18),
    ("marie", 880, 110, 80, 28),
    ("vasco", 470, 610, 250, 12),
    ("zheng", 760, 400, 200, 34),
    ("tupaia", 205, 130, 330, 20),
    ("sindbad", 590, 480, 160, 26),
    ("maryam", 330, 850, 95, 15),
]
FOUND = [
    ("Great Meteor", "jeanne"),
    ("Marsili", "tupaia"),
    ("Cobb", "vasco"),
    ("Tamu", "zheng"),
    ("Fieberling", "grace"),
]
WORDS = [
    ("grace", "Fieberling is only 10 m deep!"),
    ("Mocean", "zheng discovered the seamount Tamu!"),
    ("sindbad", "who has seen a treasure?"),
    ("ada", "I have! But I can't dive so deep :-)"),
    ("tupaia", "ahoy, I sail north now"),
]


def take(folder):
    """Start a server with ships at sea, let them sail until they have wakes, and take the picture."""
    write_logbook(folder / "logbook.sqlite3", SHIPS, FOUND, WORDS)
    server = Server(MOCEAN_LOGBOOK=str(folder / "logbook.sqlite3")).start(folder / "log")
    try:
        with a_browser(f"--host-resolver-rules=MAP {ADDRESS} 127.0.0.1:{server.port}") as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
            page.goto(f"http://{ADDRESS}/map")
            page.wait_for_timeout(5000)
            page.screenshot(path=PICTURE)
    finally:
        server.kill()


if __name__ == "__main__":
    if not CHROMIUM:
        sys.exit(WHY_NOT.replace("these tests need", "The picture needs"))
    with tempfile.TemporaryDirectory() as folder:
        take(Path(folder))
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")
