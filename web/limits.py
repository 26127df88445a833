"""The gate: who asks, from which network address, whether that is too often, and what no person would ask.

    address = address_of(environ, networks("10.0.0.0/8"))    # such as "192.0.2.7"
    sailor = Gate().admit(ocean, "abcdefgh", address)        # the sailor with this id, or None; or it raises TooFast

A whole class may share one address, so what a sailor does is counted by sailor. Only what a stranger does is counted by
address: asking without an id, joining, and guessing ids or keys.

How hopeless is guessing? There are 31 ** 8 ids. With one guess a second, a stranger who wants the ship of any of 10,000
sailors needs 2.7 years on average. From the address where a sailor plays, that sailor's id can be tried as fast as the
server answers, or else one who guesses would lock out a class: in a lesson with 30 ships that succeeds once in 1,500.
"""

import re
from collections import OrderedDict
from functools import lru_cache
from ipaddress import ip_address, ip_network

from pace import Pace
from troubles import BadValue, CrossSite, HeadersTooLong, Prefetch, TooFast, UrlTooLong

LONGEST_URL = 8000  # characters
LONGEST_HEADERS = 16000
MOST_GUESSES = 10_000  # wrong ids that are remembered
MOST_HOMES = 20_000  # sailors whose addresses are remembered


class Gate:
    """What has been asked, and how often. Its times are those of the ocean."""

    def __init__(self):
        self.requests = Pace(rate=50, burst=100)  # of a sailor
        self.chat = Pace(rate=1, burst=5)  # of a sailor
        self.strangers = Pace(rate=1000, burst=2000)  # requests without an id, of an address
        # One address can't fill the ocean: those who joined 15 minutes ago sleep, so at most 120 + 15 * 20 are awake.
        self.joins = Pace(rate=20 / 60, burst=120)
        self.guesses = Pace(rate=1, burst=60)  # wrong ids, of an address
        self.keys = Pace(rate=0.1, burst=10)  # keys of the harbour, of an address
        self.guessed = OrderedDict()  # (address, wrong id), so that asking with the same one again isn't another guess
        self.homes = {}  # from which address each sailor was last heard, by id

    def admit(self, ocean, id, address):
        """The sailor with this id, now awake, or None. Raises TooFast.

        A right id that is new at an address is treated like a wrong one, or else guessing would show which is right.
        """
        sailor = ocean.sailors.get(id.strip().lower()) if id else None
        if id and (not sailor or self.homes.get(sailor.id) != address):
            self.count_guess(sailor, id, address, ocean.now)
        wait = self.requests.wait(sailor.id, ocean.now) if sailor else self.strangers.wait(address, ocean.now)
        if wait:
            raise TooFast("You ask too fast.", wait)
        return ocean.hear(id) if sailor else None

    def count_guess(self, sailor, id, address, now):
        """Note where a sailor is at home, or that an id is wrong. Raises TooFast after many wrong ones."""
        guess = (address, id[:20])
        if guess in self.guessed:
            return
        wait = self.guesses.left(address, now) if sailor else self.guesses.wait(address, now)
        if wait:
            raise TooFast("Many wrong ids came from your network.", wait)
        if sailor:
            self.welcome(sailor, address)
        else:
            self.guessed[guess] = True
            if len(self.guessed) > MOST_GUESSES:
                self.guessed.popitem(last=False)

    def welcome(self, sailor, address):
        """Note where a sailor is at home."""
        self.homes[sailor.id] = address
        if len(self.homes) > MOST_HOMES:
            self.homes.clear()  # of those who have gone, too; who is still here is at home at the next request

    def count_join(self, address, now):
        """Raises TooFast after many new ships from one address."""
        wait = self.joins.wait(address, now)
        if wait:
            raise TooFast("Many ships joined from your network just now.", wait, "who")

    def count_key(self, address, now, is_wrong=False):
        """Raises TooFast after many wrong keys of the harbour from one address, even for a right one."""
        wait = self.keys.wait(address, now) if is_wrong else self.keys.left(address, now)
        if wait:
            raise TooFast("Many wrong keys came from your network.", wait)


# ---- Network addresses ----


def address_of(environ, proxies):
    """The network address of who asks; of IPv6 the network of 64 bits that one household or one school has.

    If one of our `proxies` (networks) asks, it is the last one in X-Forwarded-For that isn't such a proxy.
    """
    address = environ.get("REMOTE_ADDR", "")
    if proxies:
        for one in [address, *reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(","))]:
            address = one.strip() if read_address(one) else address
            if not is_in(one, proxies):
                break
    return household(address) if ":" in address else address


def networks(text):
    """The addresses and networks in a text like "127.0.0.1, 10.0.0.0/8". Raises ValueError."""
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())


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


# ---- Guards: requests that no route should see ----


def refuse_machines(environ):
    """Raises Prefetch when a browser asks by itself for a page that nobody has opened yet: a GET acts here."""
    purpose = "".join([environ.get("HTTP_" + name, "") for name in ("SEC_PURPOSE", "PURPOSE", "X_PURPOSE", "X_MOZ")])
    if purpose and re.search("prefetch|prerender|preview", purpose.lower()):
        raise Prefetch("Your browser asked before you pressed Enter. Press Enter to ask.", "")


def refuse_strange_pages(environ):
    """Raises CrossSite when the page of another site asks by itself, like <img src="http://.../join?name=ada">.

    A link that somebody clicks is welcome from anywhere. Browsers say so only to https and to their own computer; what
    protects sailors everywhere is that their cookie is for our own pages: SameSite=Strict.
    """
    if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and environ.get("HTTP_SEC_FETCH_DEST") != "document":
        raise CrossSite("Another website asked this, and not you. Type the URL into the address bar yourself.", "")


def refuse_bodies(environ):
    """Raises BadValue for a GET that brings something besides its URL: whoever sends it expects it to be read."""
    has_body = environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
    if has_body and environ["REQUEST_METHOD"] in ("GET", "HEAD"):  # others are refused for their method
        raise BadValue("Your request has a body, but keys belong in the URL. In requests, use params=keys.", "")


def refuse_giants(environ):
    """Raises UrlTooLong or HeadersTooLong."""
    url = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", ""))
    if url > LONGEST_URL:
        raise UrlTooLong(f"Your URL has {url} characters. Send at most {LONGEST_URL}.", "")
    headers = sum([len(value) for name, value in environ.items() if name[:5] == "HTTP_"])
    if headers > LONGEST_HEADERS:
        raise HeadersTooLong(f"Your headers have {headers} characters. Send at most {LONGEST_HEADERS}.", "")
