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
BY_DOOR = "0.0.0.0"  # what uWSGI says of who comes by a socket that is a file, where there are no addresses
UNCLEAR = "unclear"  # the address of all who have forged X-Forwarded-For
OTHER_SITES = ("cross-site", "same-site")  # who asks, in a browser's words: the second may be another port of our host
# The headers by which proxies say that they ask for somebody else.
FORWARDED = {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP"}
COOKIE_AGE = 60 * 24 * 3600  # seconds that a browser remembers something


class Request:
    """What is known of one request. Each step on its way adds to it."""

    def __init__(self, environ, app):
        self.environ, self.app, self.ocean = environ, app, app.ocean
        self.method = environ["REQUEST_METHOD"].upper()  # as Bottle reads it
        # WSGI has bytes as latin-1. Needless slashes come from url + "/" + route.
        self.path = "/" + environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore").strip("/")
        self.query = environ.get("QUERY_STRING", "")
        self.sent = {}  # the keys and values in the URL
        self.has_body = environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
        self.form = self.form_by_header()  # of the reply: one of FORMS
        self.route = None  # the Route that is asked for
        self.address = ""  # the network address of who asks
        self.asker = None  # the Sailor who asks, if there is one
        self.result = None  # what the route has returned
        self.stranger = None  # the Problem with an id that was sent, if there is one
        self.error = ""  # the word for what went wrong, if something did
        self.is_leader = False  # True if the harbour key was sent
        self.remembered = {}  # cookies that the reply sets, by name
        self.headers = []  # that the reply has besides those of every reply
        self.for_page = {}  # what the template gets, besides what all templates get

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
            refuse_other_names(self.environ, self.app.settings)
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

    @property
    def rule(self):
        """The rule of the route that is asked for: what others may read of a path, as it may hold an id or chat."""
        if self.route:
            return self.route.rule
        return self.path if self.path in self.app.routes else "(no route)"

    @property
    def is_program(self):
        """True if a program asks, also one that runs in our page /python: that says so. Browsers name languages."""
        return "HTTP_ACCEPT_LANGUAGE" not in self.environ or self.environ.get("HTTP_X_REQUESTED_WITH") == "Python"

    @property
    def is_local(self):
        """True if a program on this very computer asks, and not a proxy here for somebody elsewhere."""
        address = read_address(self.environ.get("REMOTE_ADDR", ""))
        return address is not None and address.is_loopback and self.environ.keys().isdisjoint(FORWARDED)

    def may_ask_for(self, host):
        """True if a request by this name would be answered."""
        hosts = self.app.settings.hosts
        return not hosts or is_ours(host, hosts)

    @property
    def is_in_workshop(self):
        """True if somebody asks who may be changing the program: what is wrong with it is then said in full."""
        return self.app.saved_problem is not None and self.is_local

    # -- By which URL

    def from_proxy(self, name):
        """What one of our proxies says in a header, or "". Nobody else can tell."""
        is_ours = is_proxy(self.environ.get("REMOTE_ADDR", ""), self.app.settings.proxies)
        return self.environ.get(name, "").partition(",")[0].strip().lower() if is_ours else ""

    @property
    def is_https(self):
        """True if the browser came by https. Mocean itself speaks http."""
        return self.from_proxy("HTTP_X_FORWARDED_PROTO") == "https"

    @property
    def prefix(self):
        """What stands before each route where clubs are found by path, like /reds, or ""."""
        prefix = self.from_proxy("HTTP_X_FORWARDED_PREFIX")
        return prefix if re.fullmatch("/[a-z0-9-]+", prefix) else ""

    @property
    def host(self):
        """The name and port that were asked for. Very old programs don't say."""
        return self.environ.get("HTTP_HOST") or f"{self.environ['SERVER_NAME']}:{self.environ['SERVER_PORT']}"

    @property
    def front_door(self):
        """The URL of our front door, without the slash at its end."""
        return f"{'https' if self.is_https else 'http'}://{self.host}{self.prefix}"

    # -- Who asks

    def identify(self):
        """Find out who asks, and wake that sailor. Raises TooFast for one who asks too often.

        What is wrong with an id is a matter for routes that need a sailor, so a cookie keeps nobody from the others.
        """
        self.app.last_asked = self.ocean.now
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

    @property
    def sender(self):
        """The sailor whose id was sent, even where it was too soon to look at that: no reply may show who it is."""
        known = self.app.ocean.crew.by_id if self.app.ocean else {}
        return known.get(self.asker.id if self.asker else self.id.lower())

    def refuse_stranger(self):
        """Raises MissingKey, or why the id that was sent is no good."""
        raise self.stranger or MissingKey("The key “id” is missing. It is your secret id, from the route join.", "join")

    # -- What the browser remembers

    def cookie(self, name):
        """What the browser remembers under a name, or will after this reply, or "".

        It counts only for our own pages and for URLs that somebody has typed. Browsers see to that for most other
        sites, but not for another port of our host.
        """
        if name in self.remembered:
            return self.remembered[name]
        return "" if self.environ.get("HTTP_SEC_FETCH_SITE") in OTHER_SITES else read_cookie(self.environ, name)

    def remember(self, name, value, path="/", seconds=COOKIE_AGE, site="Strict"):
        """Let the browser remember a value for some seconds. With the site Lax, links on other sites send it too."""
        cookie = f"{name_of_cookie(self.environ, name)}={value}; Path={self.prefix}{path}; Max-Age={seconds}"
        secure = "; Secure" if self.is_https else ""  # then the browser never sends it by http
        self.headers.append(("Set-Cookie", f"{cookie}; HttpOnly; SameSite={site}{secure}"))
        self.remembered[name] = value

    def forget(self, name, path="/"):
        """Let the browser forget what it remembered."""
        self.remember(name, "", path, seconds=0)

    def is_led_here(self):
        """True if a page of another site has led somebody here who is aboard in this browser.

        Where the browser doesn't say who asks, we see it by what it sends: with a link on another site the cookie
        `aboard`, but not the id. If our own page asks, and there is no id, then the browser has only lost it.
        """
        site = self.environ.get("HTTP_SEC_FETCH_SITE")
        is_elsewhere = site in OTHER_SITES if site else not (self.cookie("id") or self.is_from_our_page())
        return is_elsewhere and read_cookie(self.environ, "aboard") != ""

    def is_from_our_page(self):
        """True if the browser says that a page of ours asks. No other page can make it say so."""
        ours = f"://{self.environ.get('HTTP_HOST')}{self.prefix}/"
        return self.environ.get("HTTP_REFERER", "").startswith((f"http{ours}", f"https{ours}"))

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

    A link that somebody clicks is welcome from anywhere, but brings no cookie. Browsers say who asks only to https and
    to their own computer; what protects sailors everywhere is that their cookie is for our own pages: SameSite=Strict.
    """
    if environ.get("HTTP_SEC_FETCH_SITE") in OTHER_SITES and environ.get("HTTP_SEC_FETCH_DEST") != "document":
        raise CrossSite("Another website asked this, and not you. Type the URL into the address bar yourself.", "")


def refuse_other_names(environ, settings):
    """Raises CrossSite for a request to a name that isn't ours, if we know our names.

    Anybody can point a name at our address. The pages of that name would then count as ours, and read what we say. An
    address in digits can't be pointed anywhere.
    """
    if settings.hosts and not is_ours(environ.get("HTTP_HOST", ""), (*settings.hosts, settings.host, "localhost")):
        asked = show(environ.get("HTTP_HOST", ""))
        raise CrossSite(f"This server is not {asked}. Ask for {settings.hosts[0]} instead.", "")


@lru_cache(maxsize=1000)
def is_ours(host, names):
    """True if the header Host has one of these names or an address in digits, with any port.

    >>> is_ours("REDS.example.org.:8080", ("reds.example.org",))
    True
    """
    name = re.sub(r":\d*$", "", host).lower().removesuffix(".")
    return name in names or read_address(name.strip("[]")) is not None


def refuse_giants(environ):
    """Raises UrlTooLong or HeadersTooLong."""
    url = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", ""))
    if url > LONGEST_URL:
        raise UrlTooLong(f"Your URL has {url} characters. Send at most {LONGEST_URL}.", "")
    # What isn't from a header is little, and telling it apart would take longer than counting.
    headers = sum([len(value) for value in environ.values() if value.__class__ is str]) - url
    if headers > LONGEST_HEADERS:
        raise HeadersTooLong(f"Your headers have {headers} characters. Send at most {LONGEST_HEADERS}.", "")


# ---- Cookies ----


def read_cookie(environ, name):
    """What the browser sent under a name, or "". What other programs have set on the same host is passed over."""
    name = name_of_cookie(environ, name)
    pairs = (pair.partition("=") for pair in environ.get("HTTP_COOKIE", "").split(";"))
    return next((value.strip() for key, _, value in pairs if key.strip() == name and value), "")


def name_of_cookie(environ, name):
    """The name with our port, like id-8080: a browser sends cookies to all ports of a host, and so to all oceans."""
    port = re.search(":([0-9]{1,5})$", environ.get("HTTP_HOST", ""))
    return f"{name}-{port[1]}" if port else name


# ---- Network addresses ----


def address_of(environ, proxies):
    """The network address of whoever asks; for IPv6 the network of 64 bits that one household or one school has.

    If one of our `proxies` (networks) asks, it is the first address in X-Forwarded-For, and all others are such
    proxies. If they aren't, somebody else has written there too, perhaps as X_Forwarded_For, which uWSGI adds to it.
    Then nobody can tell who asks, and all who do that count as one.
    """
    address = environ.get("REMOTE_ADDR", "")
    if is_proxy(address, proxies):
        first, *others = [one.strip()[:50] for one in environ.get("HTTP_X_FORWARDED_FOR", address).split(",")]
        is_clear = read_address(first) and all(is_in(one, proxies) for one in others)
        address = first if is_clear else UNCLEAR
    return household(address) if ":" in address else address


def is_proxy(address, proxies):
    """True for the address of one of our proxies. Nobody else comes by a club's door."""
    return address == BY_DOOR or (bool(proxies) and is_in(address, proxies))


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
