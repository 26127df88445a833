"""Two ships meet by appointment: one writes where and when, the other reads it, and both arrive at the same moment."""

import math
import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
number = random.randint(1000, 9999)
names = [f"romeo{number}", f"juliet{number}"]
ids = {}


def ask(who, route, **more):
    reply = requests.get(f"{url}/{route}", params={"format": "json", "id": ids.get(who), **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


def sail_to(who, x, y, when):
    ship = ask(who, "location")
    east = (x - ship["x"] + 450) % 900 - 450  # the short way
    north = (y - ship["y"] + 450) % 900 - 450
    ask(who, "heading", degrees=math.degrees(math.atan2(east, north)))
    ask(who, "speed", speed=math.hypot(east, north) / (when - ship["time"]))


for name in names:
    ids[name] = ask(name, "join", name=name)["id"]
romeo, juliet = names
ask(romeo, "sendchat", name=juliet, message=f"In 30 s at {random.randint(300, 600)} {random.randint(300, 600)}")
letter = ask(juliet, "popchat")
print(letter["reply"])
x, y = map(int, letter["message"].split()[-2:])
for name in names:
    sail_to(name, x, y, letter["sent"] + 30)
time.sleep(30)
for name in names:
    ask(name, "stop")
print(ask(juliet, "look")["reply"])
for name in names:
    ask(name, "quit")
