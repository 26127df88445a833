"""Tell beforehand where the ship will be in a minute, and see a minute later how right you were."""

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


keys["id"] = ask("join", name=f"seer{random.randint(1000, 9999)}")["id"]
ask("heading", degrees=random.randint(0, 359))
ask("speed", speed=random.randint(2, 40))
ship = ask("location")
course = math.radians(ship["heading"])
x = (ship["x"] + math.sin(course) * ship["speed"] * 60) % 900  # the ocean is 900 m wide, and has no edges
y = (ship["y"] + math.cos(course) * ship["speed"] * 60) % 900
print(ask("foretell", x=x, y=y)["reply"])
time.sleep(61)
print(ask("foretell")["reply"])
ask("quit")
