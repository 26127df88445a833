"""Who is at work on the service, or on a logbook: one at a time, and nothing stops that one half-way.

with at_work():
    ...     # stop the server, change something, start it
"""

import os
import signal
from contextlib import contextmanager, suppress

LOCK = "/run/mocean-install.lock"
STOPPERS = ("SIGHUP", "SIGINT", "SIGTERM", "SIGTSTP")  # a closed terminal, Ctrl-C, a kill, Ctrl-Z


class Busy(Exception):
    """Somebody else is at work, as a sentence."""


@contextmanager
def at_work():
    """Let nobody else change the services of this computer, and no signal stop us. Raises Busy."""
    refusal = "Somebody is installing, upgrading or restoring already. Wait until that has ended, and try again."
    with alone_with(LOCK, os.O_RDWR | os.O_CREAT, refusal):
        numbers = [getattr(signal, name) for name in STOPPERS]
        handlers = [signal.signal(number, signal.SIG_IGN) for number in numbers]  # the programs we start inherit that
        try:
            yield
        finally:
            for number, handler in zip(numbers, handlers):
                signal.signal(number, handler)


@contextmanager
def alone_with(path, flags=os.O_RDONLY, refusal=""):
    """Keep out others who want to be alone with a file or folder. If one is, wait or, with a refusal, raise Busy."""
    import fcntl  # imported late, as Windows has none

    descriptor = os.open(path, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if refusal else 0))
        except BlockingIOError as error:
            raise Busy(refusal) from error
        yield
    finally:
        os.close(descriptor)


def say(*words):
    """Print a line. That the terminal has been closed meanwhile is no reason to stop."""
    with suppress(OSError):
        print(*words, flush=True)
