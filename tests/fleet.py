"""A real server with ships at sea, and a real browser to look at them: for the tests of pages, `make picture` and more.

Nothing is downloaded: the browser is the Chromium of this computer.
"""

import shutil
from contextlib import contextmanager
from time import time

from game.ocean import Ocean
from game.sea import lay_out
from game.soundings import noted
from server.logbook import Logbook

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WHY_NOT = "these tests need Chromium: on Debian and Ubuntu, sudo apt install chromium"


@contextmanager
def a_browser(*options):
    """Chromium without a window, started with these options."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


SEA = lay_out("", 1)  # the sea of old, as a place that all know is best for pictures


def write_logbook(file, ships, found=(), words=(), sounded=()):
    """Write a logbook with these ships at sea. Returns the sailors' ids by name.

    `ships` are (name, x, y, heading, speed), `found` are pairs of a seamount and who found it, `words` pairs of a
    sender and a message, `sounded` places x, y. Names and words need not be those that the game allows.
    """
    ocean, logbook = Ocean(most_awake=20_000), Logbook(str(file))
    ocean.world.seed = ""
    ocean.now = time()
    logbook.read(ocean, ocean.now)
    for sender, message in words:  # before the sailors come, so that none of them has yet to read it
        ocean.mail.broadcast(sender, message, ocean.now)
    ids = {}
    for number, (name, x, y, heading, speed) in enumerate(ships):
        sailor = ocean.join(f"sailor-{number}")
        sailor.name, ids[name] = name, sailor.id
        ocean.sail(sailor, x=x, y=y, heading=heading, speed=speed)
    ocean.world.found.update(found)
    for x, y in sounded:
        ocean.world.soundings = noted(ocean.world.soundings, x, y, SEA.floor(x, y))
    logbook.write(ocean)
    logbook.close()
    return ids


def names_of_seamounts():
    return [mount.name for mount in SEA.seamounts]
