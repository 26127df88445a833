"""The server for trying a change, where uWSGI isn't: python mocean.py"""

from wsgiref.simple_server import WSGIRequestHandler

import bottle


class PatientHandler(WSGIRequestHandler):
    """Browsers open connections before they have a question. Without a time-out, one would block this simple server."""

    timeout = 2

    def log_request(self, code="-", size="-"):
        self.log_message("%s %s %s", self.command, self.path.partition("?")[0], code)


def serve(application):
    """Serve until Ctrl-C, and start again whenever a file of the program is saved."""
    settings = application.settings
    bottle.run(application, host=settings.host, port=settings.port, handler_class=PatientHandler, reloader=True)
