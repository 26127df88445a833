"""Colour the chart of the sea floor, which grows with the pings of the whole class."""

import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
soundings = requests.get(f"{url}/soundings", params={"format": "json"}).json()
print(soundings["reply"])
colours = {".": "⬛", **dict.fromkeys("0123456789", "🟨"), **dict.fromkeys("abcdefghijklmnopqrst", "🟩")}
for row in soundings["rows"]:
    print("".join(colours.get(depth, "🟦") for depth in row))
