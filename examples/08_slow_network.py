"""Read mail on a bad network: no message is lost and none comes twice, whatever happens on the way. Ctrl-C stops it."""

import random
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"


def ask(route, **keys):
    """Ask until a reply comes. Only for what may arrive twice and do nothing more."""
    pause = 0.5
    while True:
        try:
            reply = requests.get(f"{url}/{route}", params={**keys, "format": "json"}, timeout=5).json()
            if reply.get("error") != "too-fast":
                return reply
            pause = reply["wait"]
        except requests.RequestException:  # a lost reply, or no reply in 5 seconds
            pause = min(2 * pause, 10)  # longer each time, as the network may have too much to do
        print(f"... I try again in {pause} s")
        time.sleep(pause)


reply = {"ok": False, "error": "name-taken"}
while reply.get("error") == "name-taken":  # maybe we took it, and the reply was lost: so try another name
    reply = ask("join", name=f"mail{random.randint(1000, 9999)}")
me, last = reply, 0  # the number of the last message that we have read
print(me["reply"])
try:
    while me["ok"]:
        letter = ask("popchat", id=me["id"], after=last)  # asked twice, it shows the same message
        if letter["number"] == 0:  # no message yet
            time.sleep(1)
        else:
            last = letter["number"]
            print(f"{letter['sender']}: {letter['message']}")
except KeyboardInterrupt:
    print("Goodbye!")
