"""Read mail on a bad network: no message is lost and none comes twice, whatever happens on the way. Ctrl-C stops it."""

import random
import signal
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program, without a traceback


def ask(route, **keys):
    """Ask until a reply comes. Use it only for what may arrive twice without harm."""
    while True:
        try:
            reply = requests.get(f"{url}/{route}", params={**keys, "format": "json"}, timeout=5).json()
            if reply["ok"] or reply["error"] == "name-taken":
                return reply
            if reply["error"] != "too-fast":
                sys.exit(reply["reply"])
            pause = reply["wait"]
        except requests.RequestException:  # the reply was lost, or did not come in 5 seconds
            pause = 2
        print(f"... I ask again in {pause} s")
        time.sleep(pause)


me = {"ok": False}
while not me["ok"]:  # if the reply was lost, we have taken our name ourselves: join with another one
    me = ask("join", name=f"mail{random.randint(1000, 9999)}")
print(me["reply"])
letter = {"number": 0}
while True:
    letter = ask("popchat", id=me["id"], after=letter["number"])  # forget that one, and show the next: 0 if none
    if letter["number"]:
        print(f"{letter['sender']}: {letter['message']}")
    else:
        time.sleep(1)
