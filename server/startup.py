"""Starting up: what is looked at before anybody plays. What can't work ends the program with a sentence."""

import faulthandler
import logging
import os
import re
import signal
import socket
import sqlite3
import stat
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import indent

from game import moderation
from game.errors import printable, printable_lines
from server.backup import keep
from server.door import SLEEP
from server.logbook import LogbookProblem
from server.settings import BadSetting, Settings, refuse_start
from server.workshop import RELOAD

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

log = logging.getLogger(__name__)
WORKSHOP = os.environ.get("WORKSHOP")  # where server/workshop.py has its files, or None under systemd


class Printable(logging.Formatter):
    """Lines of the log with nothing in them that a terminal would obey. Only a traceback has several, set in."""

    def formatMessage(self, record):
        return printable(super().formatMessage(record))

    def formatException(self, error):
        text = printable_lines(super().formatException(error))
        return indent(re.sub(f"{re.escape(WORKSHOP)}/[^/]*/", "", text) if WORKSHOP else text, "    ")


def read_settings(environ):
    """The settings in the environment."""
    try:
        return Settings.read(environ)
    except BadSetting as problem:
        refuse_start(str(problem))


def saved_problem():
    """In the workshop: what is wrong with the program as it was saved last, or ""."""
    file = Path(WORKSHOP, "problem")
    return file.read_text(encoding="utf-8") if file.exists() else ""


def check(settings, logbook):
    """See that a server can be started like this, and tell the log what a leader should know."""
    handler = logging.StreamHandler()
    handler.setFormatter(Printable("%(asctime)s %(levelname)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    refuse_company()
    if uwsgi:
        hurry_replies()
        if WORKSHOP:  # a signal of the system's would end it in the middle of a request that has just come
            uwsgi.register_signal(RELOAD, "worker", lambda _: os.kill(os.getpid(), signal.SIGHUP))
        faulthandler.register(signal.SIGPROF, sys.stderr, all_threads=False)  # where a stuck worker is: see uwsgi.ini
    try:
        if not uwsgi:  # which has the port already
            settings.check_address()
        logbook.check()
    except BadSetting as problem:
        refuse_start(str(problem))
    except LogbookProblem as problem:
        refuse_start(f"Mocean can't start. {problem}")
    if not settings.word:
        log.warning("Anybody may join: no club word is set. MOCEAN_WORD sets one.")
    if not moderation.ProfanityFilter:
        log.warning("Rude words are not refused. To refuse them: python -m pip install badwords-py")


def let_sleep(application):
    """Let the server of a club that has a door end when nobody plays. Whoever comes next starts it again.

    Our function runs between two requests, and never returns once nobody plays. So who comes while the server ends is
    not taken in, but waits at the door for the next one. What has been sailed is copied.
    """

    def look(_):
        if application.is_quiet():
            application.close()
            if application.was_sailed():
                try:
                    keep(application.settings.logbook, "asleep")
                except (OSError, sqlite3.Error) as problem:
                    log.warning("The logbook can't be copied: %s", problem)
            os.kill(uwsgi.masterpid(), signal.SIGTERM)
            while True:
                signal.pause()

    if uwsgi and "DOOR" in os.environ:
        uwsgi.register_signal(SLEEP, "worker", look)


def silent_closing():
    """After which requests uWSGI closes the connection without a word: "all", "some" or none (""). See Application."""
    return "" if not uwsgi else "some" if "http-keepalive" in uwsgi.opt else "all"


def hurry_replies():
    """Let the end of a long reply set out at once, and not when the client has told that the beginning has arrived.

    That wait is known as Nagle's algorithm, and costs up to 40 ms on a connection that stays open. uWSGI has no option
    for it, but a connection takes over TCP_NODELAY from the socket that listens, which this process has open.
    """
    for fd in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):  # for sockets that are not TCP
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                with socket.socket(fileno=os.dup(fd)) as listener:
                    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def refuse_company():
    """Stop if several processes or threads would serve: each process would have an ocean of its own."""
    threads = int(uwsgi.opt.get("threads", 1)) if uwsgi else 1
    if uwsgi and (uwsgi.numproc > 1 or threads > 1):
        refuse_start(
            f"Mocean needs one uWSGI process with one thread, not {uwsgi.numproc} with {threads}: the ocean is in the "
            "memory of one process. Leave out the options processes, workers and threads."
        )
