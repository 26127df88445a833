"""The door: how a program on this computer reaches the server of a club.

Most servers have a port. In a district, where many clubs share a computer, a club has a *door*: a socket that is a
file. systemd listens there while the server sleeps, and starts it as soon as somebody comes: see deploy/mocean@.socket.
"""

import os
import socket
from http.client import HTTPConnection
from pathlib import Path

DOORS = Path("/run/mocean-doors")
SLEEP = 2  # the number of uWSGI's signal that lets a club's server end, if nobody plays
FIRST = 3  # the number of the first file that systemd passes on: see its manual page sd_listen_fds(3)


class Door(HTTPConnection):
    """A connection to a server by its door."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def door_of(service):
    """The door of a service like mocean@reds, or "" if it has none."""
    path = DOORS / f"{service}.sock"
    return str(path) if path.exists() else ""


def connection_to(settings, door, timeout):
    """A connection to a server that has a door, or else a port."""
    return Door(door, timeout) if door else HTTPConnection(*settings.way_in, timeout=timeout)


def passed_on():
    """The door at which systemd has listened, and which it has passed on to us, or ""."""
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return ""
    for name in ("LISTEN_FDS", "LISTEN_FDNAMES"):  # uWSGI would take it for a socket of another kind
        os.environ.pop(name, None)
    with socket.socket(fileno=os.dup(FIRST)) as listener:
        return listener.getsockname()
