"""A request on its way to its reply: what was sent, whether anybody should see it, and who asks."""

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qsl

from game.errors import BadValue, Problem
from web.errors import CrossSite, HeadersTooLong, MissingKey, Prefetch, UrlTooLong, show

FORMS = ("json", "page", "text")  # of a reply
LONGEST_URL = 8000  # characters
LONGEST_HEADERS = 16000
MOST_KEYS = 50
PURPOSES = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")  # why a browser asks
COOKIE_AGE = 60 * 24 * 3600  # seconds that a browser remembers an id


class Request:
    """What is known of one request. Each step on its way adds to it."""

    def __init__(self, environ, app):
        self.environ, self.app, self.ocean = environ, app, app.ocean
        self.method = environ["REQUEST_METHOD"]
        # WSGI has bytes as latin-1. Needless slashes come from url + "/" + route.
        self.path = "/" + environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore").strip("/")
        self.query = environ.get("QUERY_STRING", "")
        self.sent = {}  # the keys and values in the URL
        self.has_body = environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
        self.form = self.form_by_header()  # of the reply: one of FORMS
        self.route = None  # the Route that is asked for
        self.address = ""  # the network address of who asks
        self.asker = None  # the Sailor who asks, if there is one
        self.stranger = None  # the Problem with an id that was sent, if there is one
        self.is_leader = False  # True if the harbour key was sent
        self.remembered = {}  # cookies that the reply sets, by name
        self.headers = []  # that the reply has besides those of every reply

    # -- What was sent

    def read(self):
        """Read what was sent, and refuse what no route should see. Raises a Problem, or TooFast after many of those."""
        self.address = address_of(self.environ, self.app.settings.proxies)
        try:
            self.look_through()
        except Problem:
            if self.app.limits:
                self.app.limits.count_request(None, self.address, self.app.clock())
            raise

    def look_through(self):
        """Do as `read` says, without counting. Raises a Problem."""
        try:
            refuse_giants(self.environ)
            # A program that polls asks the same thing again and again.
            self.sent = dict(recent_query(self.query) if len(self.query) < 100 else read_query(self.query))
        except Problem:  # the form of the reply is known all the same
            asked = re.search(f"(?:^|&)format=({'|'.join(FORMS)})(?:&|$)", self.query)
            self.form = asked[1] if asked else self.form
            raise
        form = self.sent.get("format", self.form)
        refuse_unknown_form(form)
        self.form = form
        refuse_prefetch(self.environ)
        refuse_other_sites(self.environ)
        if self.has_body and self.method in ("GET", "HEAD"):  # others are refused for their method
            # Whoever sent it expects it to be read.
            raise BadValue("Your request has a body, but keys belong in the URL. In requests, use params=keys.", "")

    def is_last(self):
        """True if uWSGI takes no other request over this connection: it says so, or has a body, which nobody reads."""
        return self.has_body or self.environ.get("HTTP_CONNECTION", "").lower() in ("close", "upgrade")

    def form_by_header(self):
        """The form of reply that the header Accept asks for."""
        accept = self.environ.get("HTTP_ACCEPT", "").lower()
        return "page" if "text/html" in accept else "json" if "application/json" in accept else "text"

    def key_to_share(self):
        """What requests have in common that get the same reply from a shared route, or None. A page is only for one."""
        if self.method != "GET" or self.form == "page" or self.sent.keys() - {"format", "id"}:
            return None
        return self.route.rule, self.form, self.id if self.route.needs_request else ""

    # -- Who asks

    def identify(self):
        """Find out who asks, and wake that sailor. Raises TooFast for one who asks too often.

        What is wrong with an id is a matter for routes that need a sailor, so a cookie keeps nobody from the others.
        """
        id = self.id if self.method == "GET" else ""  # only a GET acts: other methods don't even wake anybody
        limits, sailor, now = self.app.limits, self.ocean.crew.by_id.get(id.lower()), self.ocean.now
        is_known = not limits or limits.count_request(sailor, self.address, now)
        if id:
            try:
                if not is_known:
                    limits.count_id(sailor, id, self.address, now)
                self.asker = self.ocean.wake(id, self.address)
            except Problem as problem:
                self.stranger = problem

    @property
    def id(self):
        """The id that was sent as a key or else as a cookie, or "". The key wins."""
        return self.sent.get("id", "").strip() or self.cookie("id")

    def refuse_stranger(self):
        """Raises MissingKey, or why the id that was sent is no good."""
        raise self.stranger or MissingKey("The key “id” is missing. It is your secret id, from the route join.", "join")

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

    def has_cookie(self):
        """True if the browser's cookie tells who asks, so that links need no id."""
        known = self.cookie("id")
        return known != "" and self.sent.get("id", known).strip() == known

    def identity(self, route):
        """The keys that an example of a route needs to tell who asks: those that were sent. No page shows an id."""
        if route.guard:
            return {} if self.cookie("key") else {"key": "YOUR-KEY"}
        if not route.needs_sailor or (self.has_cookie() and (self.form == "page" or "id" not in self.sent)):
            return {}
        return {"id": "YOUR-ID" if self.form == "page" else self.sent.get("id", "YOUR-ID")}


# ---- What no route should see ----


def read_query(query):
    """The keys and values in what stands behind the `?`. Raises BadValue."""
    try:
        raw = query.encode("latin-1").decode()  # WSGI has bytes as latin-1
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MOST_KEYS)
    except UnicodeError:
        raise BadValue("What you sent is not UTF-8 text. A browser or requests can encode it for you.", "") from None
    except ValueError:
        raise BadValue(f"You sent more than {MOST_KEYS} keys. Send only those that the route takes.", "") from None
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = max(names, key=names.count)
        raise BadValue(f"You sent the key {show(doubled)} more than once. Send each key once.", "")
    return values


recent_query = lru_cache(maxsize=2000)(read_query)


def refuse_unknown_form(name):
    """Raises BadValue for a form of reply that doesn't exist."""
    if name not in FORMS:
        raise BadValue(f"The key “format” needs one of {', '.join(FORMS)}. You sent {show(name)}.", "")


def refuse_prefetch(environ):
    """Raises Prefetch when a browser asks by itself for a page that nobody has opened yet: a GET acts here."""
    if environ.keys().isdisjoint(PURPOSES):  # as for programs, which ask most often
        return
    purposes = " ".join(environ.get(name, "") for name in PURPOSES)
    if re.search("prefetch|prerender|preview", purposes.lower()):
        raise Prefetch("Your browser asked before you pressed Enter. Press Enter to ask.", "")


def refuse_other_sites(environ):
    """Raises CrossSite when the page of another site asks by itself, like <img src="http://.../join?name=ada">.

    A link that somebody clicks is welcome from anywhere. Browsers say so only to https and to their own computer; what
    protects sailors everywhere is that their cookie is for our own pages: SameSite=Strict.
    """
    if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and environ.get("HTTP_SEC_FETCH_DEST") != "document":
        raise CrossSite("Another website asked this, and not you. Type the URL into the address bar yourself.", "")


def refuse_giants(environ):
    """Raises UrlTooLong or HeadersTooLong."""
    url = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", ""))
    if url > LONGEST_URL:
        raise UrlTooLong(f"Your URL has {url} characters. Send at most {LONGEST_URL}.", "")
    # What isn't from a header is little, and telling it apart would take longer than counting.
    headers = sum([len(value) for value in environ.values() if value.__class__ is str]) - url
    if headers > LONGEST_HEADERS:
        raise HeadersTooLong(f"Your headers have {headers} characters. Send at most {LONGEST_HEADERS}.", "")


# ---- Network addresses ----


def address_of(environ, proxies):
    """The network address of whoever asks; for IPv6 the network of 64 bits that one household or one school has.

    If one of our `proxies` (networks) asks, it is the last address in X-Forwarded-For that isn't such a proxy.
    """
    address = environ.get("REMOTE_ADDR", "")
    if proxies:
        for one in [address, *reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(","))]:
            address = one.strip() if read_address(one) else address
            if not is_in(one, proxies):
                break
    return household(address) if ":" in address else address


@lru_cache(maxsize=4096)
def read_address(text):
    """A text as an address, or None. An IPv4 address that is written as IPv6 becomes IPv4."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_in(text, networks):
    """True for an address that is in one of the networks."""
    address = read_address(text)
    return address is not None and any(address in network for network in networks)


@lru_cache(maxsize=4096)
def household(text):
    """An IPv6 address without what tells the computers of one household apart."""
    address = read_address(text)
    return str(ip_network((int(address), 64), strict=False)) if address and address.version == 6 else str(address)
