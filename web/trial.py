"""The trial: loads the program in a process of its own and asks all its routes, before a server takes it over.

Each route is asked with its example, as a newcomer and as somebody who has been in the logbook for long. See
server/workshop.py.
"""

import json
import logging
import os
import sys
from importlib import import_module
from urllib.parse import unquote
from wsgiref.util import setup_testing_defaults

from web.mistakes import in_words
from web.patience import within

LOADING = 8  # seconds that the program may take to load
FORMS = ("json", "text", "page")


class Bugs(logging.Handler):
    """Keeps the errors that are written to the log."""

    found = []

    def emit(self, record):
        if record.exc_info:
            self.found.append(record.exc_info[1])


def main(good):
    """Try the program. Ends the process with the exit status `good`, or with what is wrong."""
    logging.basicConfig(handlers=[Bugs()])
    try:
        problem = play(within(LOADING, import_module, name="mocean").application)
    except BaseException as error:  # such as SystemExit, by an exit() in the program
        problem = in_words(error)
    print(problem, file=sys.stderr, end="", flush=True)
    os._exit(1 if problem else good)  # whatever threads the program has begun


def play(app):
    """Ask all routes that need no key. Returns what is wrong, or ""."""
    ask(app, "/status")
    if app.logbook.news:
        return f"With it, the logbook can't be read: {in_words(Bugs.found[0]) if Bugs.found else app.logbook.news}"
    known = [*app.ocean.crew.by_id][:1]
    for number, route in enumerate(app.routes.values()):
        for id in [*known, ask(app, f"/join?name=trial-{number}").get("id", "")]:
            url = route.example(app.ocean, {"id": id} if route.needs_sailor else {})
            for form in () if route.guard else FORMS:
                ask(app, url, form)
                if Bugs.found:
                    return f"{in_words(Bugs.found[0])} This was at {url.replace(id or ' ', 'YOUR-ID')}"
    return ""


def ask(app, url, form="json"):
    """Ask the app, as uWSGI does. Returns the reply as a dict, if its form is json."""
    path, _, query = url.partition("?")
    environ = {"PATH_INFO": unquote(path), "QUERY_STRING": f"{query}&format={form}", "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    body = b"".join(app(environ, lambda status, headers: None))
    return json.loads(body) if form == "json" and body.startswith(b"{") else {}
