"""Guards: requests that no route should see, and the network address from which a request comes."""

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

from game.errors import BadValue
from web.errors import CrossSite, HeadersTooLong, Prefetch, UrlTooLong
from web.params import show
from web.request import FORMS

LONGEST_URL = 8000  # characters
LONGEST_HEADERS = 16000


def check(request):
    """Raises a Problem if no route should see this request. Reads the query on the way, which may be a problem, too."""
    refuse_giants(request.environ)
    request.read()
    refuse_unknown_form(request.sent.get("format", "text"))
    refuse_prefetch(request.environ)
    refuse_other_sites(request.environ)
    refuse_bodies(request.environ)


def refuse_unknown_form(name):
    """Raises BadValue for a form of reply that doesn't exist."""
    if name not in FORMS:
        raise BadValue(f"The key “format” needs one of {', '.join(FORMS)}. You sent {show(name)}.", "")


def refuse_prefetch(environ):
    """Raises Prefetch when a browser asks by itself for a page that nobody has opened yet: a GET acts here."""
    purpose = "".join([environ.get("HTTP_" + name, "") for name in ("SEC_PURPOSE", "PURPOSE", "X_PURPOSE", "X_MOZ")])
    if purpose and re.search("prefetch|prerender|preview", purpose.lower()):
        raise Prefetch("Your browser asked before you pressed Enter. Press Enter to ask.", "")


def refuse_other_sites(environ):
    """Raises CrossSite when the page of another site asks by itself, like <img src="http://.../join?name=ada">.

    A link that somebody clicks is welcome from anywhere. Browsers say so only to https and to their own computer; what
    protects sailors everywhere is that their cookie is for our own pages: SameSite=Strict.
    """
    if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and environ.get("HTTP_SEC_FETCH_DEST") != "document":
        raise CrossSite("Another website asked this, and not you. Type the URL into the address bar yourself.", "")


def refuse_bodies(environ):
    """Raises BadValue for a GET that brings something besides its URL: whoever sent it expects it to be read."""
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
