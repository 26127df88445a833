"""The server for trying a change, where uWSGI isn't: see server/workshop.py, which starts it anew after each change."""

from socketserver import ThreadingMixIn
from threading import Lock
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import bottle


class PatientServer(ThreadingMixIn, WSGIServer):
    """Browsers open connections before they have a question. So each connection has a thread of its own."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """Shows no keys."""

    timeout = 2

    def log_request(self, code="-", size="-"):
        self.log_message("%s %s %s", self.command, self.path.partition("?")[0], code)


def serve(application):
    """Serve until Ctrl-C, one request after the other."""
    turn, settings = Lock(), application.settings

    def one_by_one(environ, start_response):
        with turn:
            return application(environ, start_response)

    options = {"server_class": PatientServer, "handler_class": QuietHandler}
    bottle.run(one_by_one, host=settings.host, port=settings.port, **options)
