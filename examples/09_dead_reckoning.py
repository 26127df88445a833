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
    course, way = math.radians(ship["heading"]), ship["speed"] * seconds
    x = ship["x"] + math.sin(course) * way
    y = ship["y"] + math.cos(course) * way
    return x % 900, y % 900  # who leaves the ocean on one side comes in on the other


keys["id"] = ask("join", name=f"reckon{random.randint(1000, 9999)}")["id"]
ask("heading", degrees=75)
ship = ask("speed", speed=25)
for poll in range(8):
    for second in 1, 2, 3:
        time.sleep(1)
        x, y = reckon(ship, second)
        print(f"I reckon:    x {x:5.1f}  y {y:5.1f}")
    before, ship = ship, ask("location")
    x, y = reckon(before, ship["time"] - before["time"])  # at the moment when the server looked
    off = math.hypot((ship["x"] - x + 450) % 900 - 450, (ship["y"] - y + 450) % 900 - 450)
    print(f"Server says: x {ship['x']:5.1f}  y {ship['y']:5.1f}  I was {off:.2f} m off.")
ask("quit")
