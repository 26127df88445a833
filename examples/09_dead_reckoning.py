"""Dead reckoning: work out where your ship is without asking, and check now and then. It takes 24 seconds."""

import math
import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
keys = {"format": "json"}


def ask(route, **more):
    reply = requests.get(f"{url}/{route}", params={**keys, **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


def reckon(ship, seconds):
    """Return where a ship is, so many seconds after it was where the server told us."""
    course = math.radians(ship["heading"])
    x = ship["x"] + math.sin(course) * ship["speed"] * seconds
    y = ship["y"] + math.cos(course) * ship["speed"] * seconds
    return x % 900, y % 900  # who leaves the ocean on one side comes in on the other


keys["id"] = ask("join", name=f"reckon{random.randint(1000, 9999)}")["id"]
ask("heading", degrees=75)
ship = ask("speed", speed=25)
for poll in range(8):
    for second in 1, 2, 3:
        time.sleep(1)
        print("My guess    x {:5.1f}   y {:5.1f}".format(*reckon(ship, second)))
    before, ship = ship, ask("location")
    x, y = reckon(before, ship["time"] - before["time"])  # where it should be when the server looked
    print(
        f"The server  x {ship['x']:5.1f}   y {ship['y']:5.1f}   I am {math.dist((x, y), (ship['x'], ship['y'])):.2f} m off"
    )
ask("quit")
