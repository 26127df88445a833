"""Draw the profile of the sea floor while you sail over it. It runs in the page /python, which can draw."""

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


keys["id"] = ask("join", name=f"floor{random.randint(1000, 9999)}")["id"]
ask("heading", degrees=60)
ask("speed", speed=30)
for sounding in range(40):
    ship = ask("location")
    depth = ask("ping")["seafloor"]
    picture.track(ship["x"], ship["y"])
    picture.floor(depth)
    print(f"x {ship['x']:5.1f}  y {ship['y']:5.1f}  {depth:4.1f} m")
    time.sleep(1)  # which the sounder needs
ask("quit")
