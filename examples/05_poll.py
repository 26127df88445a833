"""Poll: ask again and again where your ship is, and print it. Ctrl-C stops it."""

import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
keys = {"format": "json"}
session = requests.Session()  # keeps the connection open, so each reply arrives sooner
words = {1: "chat is waiting", 2: "a ship is in sight", 4: "treasure is in reach", 8: "under water", 16: "paused"}


def ask(route, **more):
    reply = session.get(f"{url}/{route}", params={**keys, **more}).json()
    if not reply["ok"]:
        sys.exit(reply["reply"])
    return reply


keys["id"] = ask("join", name=f"poll{random.randint(1000, 9999)}")["id"]
ask("heading", degrees=random.randrange(360))
ask("speed", speed=10)
try:
    while True:
        ship = ask("location")
        news = [words[bit] for bit in words if ship["status"] & bit]  # the status is a sum of bits
        print(f"x {ship['x']:6.1f}   y {ship['y']:6.1f}   speed {ship['speed']:4.1f} m/s  ", ", ".join(news))
        time.sleep(1)
except KeyboardInterrupt:
    print("Goodbye!")
    ask("quit")
