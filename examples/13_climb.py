"""Find a seamount: sail until the sea floor rises, then climb to the summit, always to where it is higher."""

import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
name = f"climb{random.randint(1000, 9999)}"
keys = {"format": "json"}
session = requests.Session()


def ask(route, **more):
    reply = session.get(f"{url}/{route}", params={**keys, **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


def sail(heading, metres):
    ask("heading", degrees=heading)
    ask("speed", speed=metres / 2)
    time.sleep(2)
    ask("stop")


def sound():
    time.sleep(1)  # which the sounder needs
    reply = ask("ping")
    print(reply["reply"])
    return reply["seafloor"]


def climb():
    heading, step, depth, turns = 0, 20, sound(), 0
    while step > 2:
        sail(heading, step)
        here = sound()
        if here < depth:
            depth, turns = here, 0
        else:
            sail(heading + 180, step)  # back again
            heading, turns = heading + 90, turns + 1
        if turns == 4:  # it is deeper all around, so the summit is very near
            step, turns = step / 2, 0


def found():
    return [mount["name"] for mount in ask("chart")["seamounts"] if mount["found_by"] == name]


keys["id"] = ask("join", name=name)["id"]
while not found():
    course = random.randint(0, 359)
    while sound() > 28:
        sail(course, 60)
    climb()
    if not found():  # somebody else was here before
        sail(course, 80)
        sail(course, 80)
print("I found", *found())
ask("quit")
