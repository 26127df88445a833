"""One request: ask the server who is sailing.

Run it like this: python examples/01_one_request.py http://localhost:8080
"""

import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"

reply = requests.get(url + "/who")
print("I asked for   ", reply.url)
print("The status is ", reply.status_code)
print("The server says:")
print(reply.text)
