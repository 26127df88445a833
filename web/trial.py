"""The trial: loads the program in a process of its own and asks all its routes, before a server takes it over.

Each route is asked with its example, as a newcomer and as somebody who has been in the logbook for long. See
server/workshop.py.
"""

import json
import logging
import os
import re
import sys
from importlib import import_module
from urllib.parse import unquote
from wsgiref.util import setup_testing_defaults

from web.mistakes import Mistake, in_words
from web.patience import within
from web.request import FORMS

LOADING = 10  # seconds that the program may take to load


class Bugs(logging.Handler):
    """Keeps the errors that are written to the log."""

    found = []

    def emit(self, record):
        if record.exc_info:
            self.found.append(record.exc_info[1])


def main(good):
    """Try the program. Ends the process with the exit status `good`, or with what is wrong."""
    logging.basicConfig(handlers=[Bugs()])
    problem = ""
    try:
        play(within(LOADING, import_module, {"name": "mocean"}).application)
    except BaseException as error:  # such as SystemExit, by an exit() in the program
        problem = in_words(error)
    print(problem, file=sys.stderr, end="", flush=True)
    os._exit(1 if problem else good)  # whatever threads the program has begun


def play(app):
    """Ask all routes that need no key. Raises Mistake."""
    ask(app, "/status")
    known = [*app.ocean.crew.by_id][:1]
    for number, route in enumerate(app.routes.values()):
        for id in [*known, ask(app, f"/join?name=trial-{number}").get("id")]:
            url = route.example(app.ocean, {"id": id} if route.needs_sailor else {})
            for form in () if route.guard else FORMS:
                ask(app, url, form)


def ask(app, url, form="json"):
    """Ask the app, as uWSGI does. Returns the reply as a dict, if its form is json. Raises Mistake for a bug."""
    path, _, query = url.partition("?")
    environ = {"PATH_INFO": unquote(path), "QUERY_STRING": f"{query}&format={form}", "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    body = b"".join(app(environ, lambda status, headers: None))
    if app.logbook.news:
        raise Mistake(f"With it, the logbook can't be used any more. {app.logbook.news}")
    if Bugs.found:
        raise Mistake(f"{in_words(Bugs.found[0])} This was at {re.sub('id=[^&]*', 'id=YOUR-ID', url)}")
    return json.loads(body) if form == "json" and body.startswith(b"{") else {}
