"""Sound the sea floor along a line, and print its profile: water as ~, ground as #. The line is about 600 m long."""

import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
keys = {"format": "json"}
session = requests.Session()  # keeps the connection open, so each reply arrives sooner


def ask(route, **more):
    reply = session.get(f"{url}/{route}", params={**keys, **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


keys["id"] = ask("join", name=f"sound{random.randint(1000, 9999)}")["id"]
ask("heading", degrees=60)
for sounding in range(40):
    ask("speed", speed=15)
    time.sleep(1)  # the sounder needs a second, too
    ship = ask("stop")  # to measure where we are, and not a bit further on
    depth = ask("ping")["seafloor"]
    water = round(depth)
    print(f"x {ship['x']:5.1f}  y {ship['y']:5.1f}  {depth:4.1f} m  {'~' * water}{'#' * (60 - water)}")
ask("quit")
