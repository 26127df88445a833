"""What the commands of the admin share, such as `sudo make install`: other programs, signals, and one at a time.

The terminal may go in the middle of something, and somebody may press Ctrl-C. So a signal is only noted. It ends the
command while that waits for another program, except inside `uninterrupted`. Whatever a command says is in the system's
log, too: `journalctl -t mocean` shows how it ended if nobody could see it.
"""

import fcntl
import os
import signal
import subprocess
import sys
import syslog
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from game.errors import printable_lines

LOCK = Path("/run/mocean-install.lock")
ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
told = []  # which of these signals have come
holding = []  # a mark for each `uninterrupted` that we are in
locks = []  # what our children hold open with us: see `alone`


class Failed(Exception):
    """Why it can't be done, as a sentence."""


class ToldToEnd(Exception):
    """A signal has come."""


def say(text, file=None):
    """Tell whoever is at the terminal, if that is still there, and the system's log."""
    text = printable_lines(text)
    syslog.syslog(text.strip())
    try:
        print(text, file=file or sys.stdout, flush=True)
    except OSError:
        sys.stdout = sys.stderr = StringIO()  # there is nobody to read it


def perform(work):
    """Do the work of a command, alone, and end the program."""
    syslog.openlog("mocean")
    for number in ENDING:
        signal.signal(number, lambda number, _: told.append(number))
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # Ctrl-Z
    try:
        with alone():
            work()
    except ToldToEnd:
        say(f"\nEnded by {signal.Signals(told[0]).name}. Nothing was changed.", sys.stderr)
    except (Failed, OSError) as problem:
        say(f"\n{problem}", sys.stderr)
        sys.exit(1)
    if told:
        sys.exit(128 + told[0])  # as a shell calls it


@contextmanager
def alone():
    """Let no two commands change the service at once. Raises Failed, and says who is at work.

    Our children hold the lock, too: if we are killed, what we have begun ends before another one begins.
    """
    if os.geteuid():
        raise Failed("Only root may change the service. Type sudo in front of it.")
    with open(os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"Another one is at work: process {file.read()}. Try again when it has ended.") from None
        file.truncate()
        print(os.getpid(), end="", file=file, flush=True)
        locks.append(file.fileno())
        try:
            yield
        finally:
            locks.clear()


@contextmanager
def uninterrupted():
    """Let no signal end what is done here. It ends the command afterwards."""
    holding.append(True)
    try:
        yield
    finally:
        holding.pop()


def run(*command, **options):
    """Run a program and return everything it prints, as others can have a say in that: printable. Raises Failed.

    It has a session of its own: Ctrl-C goes to all programs of the terminal's, and would end it behind our back. When
    nothing may interrupt us, nothing may interrupt it: a logout can send a signal to each of our children.
    """
    words = list(map(str, command))
    ours = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    check_signals()
    shield = ignore_signals if holding else None
    with subprocess.Popen(
        words, **{**ours, **options}, start_new_session=True, pass_fds=locks, preexec_fn=shield
    ) as process:
        while True:
            try:
                out = printable_lines(process.communicate(timeout=0.1)[0])
                break
            except subprocess.TimeoutExpired:
                end_if_told(process)
    if process.returncode:
        check_signals()  # Ctrl-C may have come before it had its own session, and then it is no failure of its own
        raise Failed(f"{' '.join(words)}\n{out}")
    return out


def ignore_signals():
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def end_if_told(process):
    """End a program and all its children, and raise ToldToEnd, if a signal has come."""
    try:
        check_signals()
    except ToldToEnd:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def check_signals():
    """Raises ToldToEnd if a signal has come, and may end the command here."""
    if told and not holding:
        raise ToldToEnd


def systemctl(*words):
    return run("systemctl", *words)
