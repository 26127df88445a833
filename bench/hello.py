"""The limit: the least that can be served under our own uwsgi.ini, as a bare WSGI callable and by a bare Bottle."""

from bottle import Bottle

bottle_hello = Bottle()


@bottle_hello.get("/hello")
def hello():
    return "Hello"


def wsgi_hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"Hello"]
