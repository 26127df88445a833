"""Measure the latency, the time from a question to its reply, and draw a histogram: how often was it how long?"""

import statistics
import sys
import time

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"


def measure(get):
    """Ask a hundred times. Returns how many milliseconds each reply took."""
    latencies = []
    for number in range(100):
        reply = get(url + "/status")
        latencies.append(reply.elapsed.total_seconds() * 1000)
        time.sleep(0.05)
    return latencies


def draw(latencies):
    low, high = 0, 1
    while low <= max(latencies):
        count = len([latency for latency in latencies if low <= latency < high])
        print(f"{low:5} to {high:5} ms {count:4} {'#' * count}")
        low, high = high, 2 * high  # each line is for twice as many milliseconds as the one above
    print(f"Half of the replies took less than {statistics.median(latencies):.1f} ms,", end=" ")
    print(f"the slowest {max(latencies):.1f} ms.")


print("A new connection for each question:")
draw(measure(requests.get))
print("One connection for all questions:")  # no time is lost in saying hello: a second trip to the server and back
draw(measure(requests.Session().get))
