"""Chat with Clem, the robot that is always at sea. It knows words like hello, where and hint. Ctrl-C stops it."""

import random
import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
keys = {"format": "json"}


def ask(route, **more):
    return requests.get(f"{url}/{route}", params={**keys, **more}).json()


me = ask("join", name=f"chat{random.randint(1000, 9999)}")
if not me["ok"]:
    sys.exit(me["reply"])
keys["id"] = me["id"]
print("Hello", me["name"])
try:
    while True:
        sent = ask("sendchat", name="Clem", message=input("You: "))
        if not sent["ok"]:
            print(sent["reply"])  # such as: that is more talk than others can read
        letter = ask("popchat")
        while letter.get("number"):  # 0 if there is no message
            print(f"{letter['sender']}: {letter['message']}")
            letter = ask("popchat")
except (KeyboardInterrupt, EOFError):
    print()
    print(ask("quit")["reply"])
