"""The loop of Steps: read the puzzle, type an answer, read what is wrong with it, and try again. Ctrl-C stops it.

If you are stuck, type hint, and then hint 2.
"""

import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
route = "begin"
message = ""  # without a message, the server tells the puzzle

try:
    while route:
        reply = requests.get(f"{url}/{route}", params={"message": message, "format": "json"}).json()
        print(reply["reply"])
        if reply.get("solved"):
            route = reply["next"]  # None after the last puzzle
            message = ""
        else:
            message = input("Your answer: ")
except (KeyboardInterrupt, EOFError):
    print(f"\nTo go on another time, write {route} instead of begin into this program.")
