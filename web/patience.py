"""Patience: how long a route may take. All others wait for it, so one that takes longer is ended.

After some seconds the system sends us a signal. Python then stops whatever it does, be it a loop, a sleep or a question
to another server, and raises TooSlow there: but only inside the route, so that nobody is ended who writes the logbook.
What takes long inside one function of C, like sum(range(10 ** 12)), can't be ended so. uWSGI does that: see uwsgi.ini.
"""

import signal
import sys

ROUTE = 2  # seconds that a route may take
AGAIN = 0.1  # seconds after which a route that has caught TooSlow gets another one


class TooSlow(BaseException):
    """A route has taken too long. It is no Exception, so that `except Exception` in the route lets it pass."""

    def __init__(self):
        super().__init__("This took too long, so it was ended")


def within(seconds, function, arguments):
    """What a function returns. Raises TooSlow, in the function, when the time is over."""
    setitimer(ITIMER_REAL, seconds, AGAIN)
    try:
        return function(**arguments)
    except TooSlow:
        sys.settrace(None)
        raise
    finally:
        setitimer(ITIMER_REAL, 0)


def without_limit(_, function, arguments):
    """The same where there is no such signal, as on Windows."""
    return function(**arguments)


def interrupt(_, frame):
    """Raise TooSlow, if the signal comes while a function is at work that was called by `within`."""
    inside = []
    while frame and frame.f_code is not within.__code__:
        inside.append(frame)
        frame = frame.f_back
    if frame and inside:
        if inside[-1].f_trace:  # it has caught the first one: then the first line of its `except:` gets another one
            sys.settrace(lambda *_: None)
        for one in inside:
            one.f_trace = raise_at_line
        raise TooSlow


def raise_at_line(frame, event, _):
    """What Python calls before each line of a function, once it was told to by `sys.settrace`."""
    if event == "line":
        sys.settrace(None)
        raise TooSlow
    return raise_at_line


try:
    from signal import ITIMER_REAL, SIGALRM, setitimer

    signal.signal(SIGALRM, interrupt)
except (ImportError, ValueError):  # on Windows, or where we aren't loaded by the main thread
    within = without_limit
