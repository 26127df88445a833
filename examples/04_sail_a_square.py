"""Join, and sail a square: north, east, south, west, and back to where you began. It takes 20 seconds."""

import math
import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
keys = {"format": "json"}


def ask(route, **more):
    """Ask a route, with more keys such as degrees=90. Return the reply, or stop with its sentence if it is an error."""
    reply = requests.get(f"{url}/{route}", params={**keys, **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


start = ask("join", name=f"square{random.randint(1000, 9999)}")
keys["id"] = start["id"]  # from now on, all that we ask is about our ship
print(start["reply"])

for degrees in 0, 90, 180, 270:
    ask("heading", degrees=degrees)
    ask("speed", speed=20)
    time.sleep(5)
    corner = ask("stop")
    print(f"Sailed at heading {degrees:3} to x {corner['x']:.1f}, y {corner['y']:.1f}")

gap = math.dist([start["x"], start["y"]], [corner["x"], corner["y"]])
print(f"The square ends {gap:.1f} m from where it began.")
ask("quit")
