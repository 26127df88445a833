"""Draw the track of your ship, which turns as it likes. It runs in the page /python, which can draw."""

import random
import sys
import time

import requests

try:
    from here import picture
except ImportError:
    sys.exit("The picture is in the browser: open the page /python of your server, and run this program there.")

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
keys = {"format": "json"}


def ask(route, **more):
    reply = requests.get(f"{url}/{route}", params={**keys, **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


keys["id"] = ask("join", name=f"track{random.randint(1000, 9999)}")["id"]
ask("speed", speed=40)
course = random.randrange(360)
for second in range(40):
    course = (course + random.randint(-30, 30)) % 360
    ship = ask("heading", degrees=course)
    picture.track(ship["x"], ship["y"])
    time.sleep(1)
ask("quit")
