"""A clock without waiting: with this folder in PYTHONPATH, Python's clocks and its sleep go by a number in a file.

A program that sleeps moves the number on instead of waiting. The server does so at each look at the clock, by LATENCY
seconds: so long takes a request. Both share the file TEST_CLOCK. So an hour of the game passes in seconds, and for one
program always in the same way, however busy the computer is.
"""

import mmap
import os
import struct
import time

if "TEST_CLOCK" in os.environ:
    with open(os.environ["TEST_CLOCK"], "r+b") as file:
        clock = mmap.mmap(file.fileno(), 8)
    latency = float(os.environ.get("LATENCY", 0))

    def passed():
        return struct.unpack("d", clock)[0]

    def sleep(seconds):
        clock[:] = struct.pack("d", passed() + seconds)

    def now():
        sleep(latency)
        return passed()

    time.time, time.monotonic, time.sleep = now, passed, sleep
