"""The one object for a request on its way from URL to reply. `application.py` says in which order it gets its parts."""

import re

from web.errors import MissingKey
from web.params import read_query

FORMS = ("json", "page", "text")  # of a reply
COOKIE_AGE = 60 * 24 * 3600  # seconds that a browser remembers an id


class Request:
    """What was sent, who asks, and what the browser shall remember."""

    def __init__(self, environ, app):
        self.environ, self.app, self.ocean = environ, app, app.ocean
        self.method = environ["REQUEST_METHOD"]
        # WSGI has bytes as latin-1. Needless slashes come from url + "/" + route.
        self.path = "/" + environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore").strip("/")
        self.query = environ.get("QUERY_STRING", "")
        self.sent = {}  # the keys and values in the URL, once they are read
        self.route = None  # the Route, once it is found
        self.address = ""  # the network address of who asks
        self.asker = None  # the Sailor who asks, if there is one
        self.stranger = None  # the Problem with an id that was sent, if there is one
        self.is_leader = False  # True for who has sent the harbour key
        self.remembered = {}  # cookies that the reply sets, by name
        self.headers = []  # that the reply has besides those of every reply

    def read(self):
        """Read what stands behind the `?`. Raises BadValue."""
        self.sent = read_query(self.query)

    @property
    def form(self):
        """The form of reply that was asked for, by the key `format` or else by the header Accept."""
        # If the query could not be read, this part of it still can.
        asked = self.sent.get("format") or next(iter(re.findall("(?:^|&)format=([a-z]+)", self.query)), "")
        accept = self.environ.get("HTTP_ACCEPT", "").lower()
        by_header = "page" if "text/html" in accept else "json" if "application/json" in accept else "text"
        return asked if asked in FORMS else by_header

    # -- Who asks

    @property
    def id(self):
        """The id that was sent as a key or else as a cookie, or "". The key wins."""
        return self.sent.get("id", "").strip() or self.cookie("id")

    @property
    def sailor(self):
        """The sailor who asks. Raises MissingKey, or why the id that was sent is no good."""
        if not self.asker:
            raise self.stranger or MissingKey(
                "The key “id” is missing. It is your secret id, from the route join.", "join"
            )
        return self.asker

    # -- What the browser remembers

    def cookie(self, name):
        """What the browser remembers under a name, or will after this reply, or "".

        Whatever other programs on the same computer have set is passed over.
        """
        if name in self.remembered:
            return self.remembered[name]
        pairs = (pair.partition("=") for pair in self.environ.get("HTTP_COOKIE", "").split(";"))
        return next((value.strip() for key, _, value in pairs if key.strip() == name and value), "")

    def remember(self, name, value, path="/", seconds=COOKIE_AGE):
        """Let the browser remember a value for some seconds, or with None until it is closed."""
        age = "" if seconds is None else f" Max-Age={seconds};"
        self.headers.append(("Set-Cookie", f"{name}={value}; Path={path};{age} HttpOnly; SameSite=Strict"))
        self.remembered[name] = value

    def forget(self, name):
        """Let the browser forget what it remembered."""
        self.remember(name, "", seconds=0)

    @property
    def knows_sailor(self):
        """True if links that need a sailor work without a key, as the browser's cookie tells who asks."""
        return self.asker is not None and self.cookie("id").lower() == self.asker.id

    def identity(self, route):
        """The keys that an example of a route needs to tell who asks. No page shows an id."""
        if route.guard:
            return {} if self.cookie("key") else {"key": "YOUR-KEY"}
        if not route.needs_sailor or (self.knows_sailor and (self.form == "page" or "id" not in self.sent)):
            return {}
        return {"id": self.sent.get("id", "YOUR-ID") if self.form != "page" else "YOUR-ID"}
