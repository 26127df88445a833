"""The watch: asks the server whether all is well, as a player would, and tells systemd.

    python watch.py free        stops with a sentence if the port can't be had: before a start
    python watch.py answers     stops with a sentence if the server does not answer: after a start

Under systemd, uWSGI keeps this program running beside the server (see uwsgi.ini). Every few seconds it asks /status and
hands the answer on: it becomes the line `Status:` of `systemctl status mocean`, and it feeds the watchdog. That is a
clock of systemd's: when nobody has fed it for `WatchdogSec`, systemd starts the service anew.

It asks through the network, like everybody else. So router, worker and ocean have all done their part in each answer.
"""

import json
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep

from settings import free_address, setting, tell_systemd, way_in

PATIENCE = 10  # seconds to wait for an answer
PAUSE = 0.1  # seconds between two questions that are not answered


class NoAnswer(Exception):
    """The server does not answer, or something else than Mocean does."""


def ask():
    """What the server says about itself at /status, as a sentence. Raises NoAnswer."""
    host, port = way_in()
    try:
        with closing(HTTPConnection(host, port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/status?format=json")
            return json.load(connection.getresponse())["reply"]
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise NoAnswer(f"No answer from port {port} of {host}: {error or type(error).__name__}") from error


def ask_patiently():
    """The same, but the server may need some seconds to wake up."""
    until = monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except NoAnswer:
            if monotonic() > until:
                raise
            sleep(PAUSE)


def answers():
    """Wait for the server to answer. Stops with a sentence if it does not."""
    try:
        tell_systemd(f"STATUS={ask_patiently()}")
    except NoAnswer as trouble:
        sys.exit(str(trouble))


def stand_watch():
    """For ever: ask, and tell systemd, several times within the time after which its watchdog is hungry."""
    pause = min(5, setting("WATCHDOG_USEC", 30_000_000, int) / 1e6 / 4)
    while True:
        try:
            tell_systemd(f"STATUS={ask_patiently()}", "WATCHDOG=1")
        except NoAnswer as trouble:
            tell_systemd(f"STATUS={trouble}")
        sleep(pause)


ERRANDS = {"free": free_address, "answers": answers, "": stand_watch}

if __name__ == "__main__":
    errand = " ".join(sys.argv[1:])
    if errand not in ERRANDS:
        sys.exit(__doc__)
    ERRANDS[errand]()
