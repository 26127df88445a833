"""The watchdog: asks the server whether all is well, as a player would, and tells systemd.

Under systemd, uWSGI keeps this program running beside the server: see uwsgi.ini. Every few seconds it asks /health, and
passes the answer on: it becomes the line `Status:` of `systemctl status mocean`, and resets systemd's watchdog timer.
If nothing has reset that for `WatchdogSec`, systemd restarts the service.

It asks over the network, like everybody else. So router, worker and ocean have all done their part in each answer. That
players can't play now is an answer, too: a new start would not make room on a full disk.
"""

import argparse
import json
import os
import sys
from contextlib import closing
from http.client import HTTPException
from time import monotonic, sleep

from server.door import SLEEP, connection_to, door_of
from server.settings import BadSetting, Settings, refuse_start, settings_of, tell_systemd

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

PATIENCE = 10  # seconds to wait for an answer
RETRY_DELAY = 0.1  # seconds


class NoAnswer(Exception):
    """The server does not answer, or something other than Mocean does."""


def ask_status(settings, door=None):
    """What the server says about itself at /health, as a sentence. Raises NoAnswer."""
    try:
        with closing(connection_to(settings, door, PATIENCE)) as connection:
            connection.request("GET", "/health?format=json")
            reply = json.load(connection.getresponse())
            return f"{reply['reply']} Version {reply['version']}." if reply["ok"] else reply["reply"]
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        where = door or "port {1} of {0}".format(*settings.way_in)
        raise NoAnswer(f"No answer from {where}: {error or type(error).__name__}") from error


def wait_for_status(settings, door=None, patience=PATIENCE):
    """The same, but the server may need some seconds to wake up."""
    deadline = monotonic() + patience
    while True:
        try:
            return ask_status(settings, door)
        except NoAnswer:
            if monotonic() >= deadline:
                raise
            sleep(RETRY_DELAY)


def check_ready(settings, door):
    """Return as soon as the server answers. Raises NoAnswer."""
    tell_systemd(f"STATUS={wait_for_status(settings, door)}")


def keep_alive(settings, door):
    """For ever: while the server answers, reset systemd's timer several times within the time that it allows."""
    pause = min(5, int(os.environ.get("WATCHDOG_USEC", 30_000_000)) / 1e6 / 4)
    while True:
        try:
            tell_systemd(f"STATUS={wait_for_status(settings, door)}", "WATCHDOG=1")
        except NoAnswer as problem:
            tell_systemd(f"STATUS={problem}")
        if door and uwsgi:
            uwsgi.signal(SLEEP)  # the worker sees whether it may: see server/startup.py
        sleep(pause)


def main():
    parser = argparse.ArgumentParser("python -m server.watchdog", description="Watch the server.")
    parser.add_argument("service", nargs="?", help="wait until the service of this name answers, and no longer")
    service = parser.parse_args().service
    try:
        environment = {**os.environ, **(settings_of(service) if service else {})}
        # Nonsense in other settings is for the launch to refuse.
        settings = Settings.read({name: environment.get(name, "") for name in ("HOST", "PORT")})
        if service:
            check_ready(settings, door_of(service))
        else:
            keep_alive(settings, os.environ.get("DOOR"))
    except BadSetting as problem:
        refuse_start(str(problem))
    except NoAnswer as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
