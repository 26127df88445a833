"""Pages: a reply as a browser shows it, made by the templates in `views/`, and the files in `static/` that they use.

A route needs no template: `views/reply.tpl` shows any reply. A route may say with what its page goes on, and name a
template of its own, which is shown inside that of all replies:

    @app.get("/wave", then="who look", view="wave")

Here `views/wave.tpl` begins with `% rebase("reply.tpl")`. A template writes what players wrote with {{two braces}},
which makes it harmless; {{!with a mark}} does not.
"""

import os
import re
from functools import cache
from mimetypes import MimeTypes
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, unquote_plus

import bottle

from game.errors import printable, printable_lines
from web.qr import as_svg
from web.routes import ID

HERE = os.path.dirname(os.path.abspath(__file__))

STATIC_FOLDER = os.path.join(HERE, "static")
# The files that browsers may ask for, and the types of files: a computer's own list of types may be wrong.
STATIC = {path.relative_to(STATIC_FOLDER).as_posix() for path in Path(STATIC_FOLDER).rglob("*.*")}
TYPES = MimeTypes([os.path.join(HERE, "mime.types")])
SECRETS = {"id", "word", "key"}  # keys whose values no page shows
DOTS = "•" * 8  # what it shows instead
# What a page shows of a URL, however long that is: characters in all, and of one part; keys; spellings.
SHOWN, LONGEST, MOST_KEYS, MOST_SPELLINGS = 600, 200, 10, 8
NUMBERS = (float, int)
HAVE_QR = ("door", "map", "cards")  # templates that show the way here
OUR_LINK = re.compile('(<[^<>]* (?:href|src|action)=")/(?!/)')  # in HTML, from a page to a route or file of ours
FRONT_DOOR = r"(\w+://)(\[.*\]|[^:/]*)(:?)(\d*)(.*)"  # an address of IPv6 stands in brackets
THIS_COMPUTER = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d*)?")  # an address that is of no use elsewhere

app = bottle.Bottle()


@app.get("/favicon.ico", secret=True, head=True)
@app.get("/robots.txt", secret=True, head=True)
@app.get("/static/<name:path>", secret=True, head=True)
def static(request, name=None):
    """Hand out a file that browsers ask for by themselves, or that pages are made with.

    A browser keeps it, but asks each time whether it has changed.
    """
    name = name or request.path[1:]
    return file(STATIC_FOLDER, name, "no-cache") if name in STATIC else bottle.HTTPError(404)


def file(folder, name, caching):
    """A file as a response, and how browsers may cache it."""
    kind = TYPES.guess_type(name)[0] or "application/octet-stream"
    return bottle.static_file(name, folder, kind, headers={"Cache-Control": caching})


@cache
def template(name):
    """A template: read and compiled when it is used for the first time."""
    return bottle.SimpleTemplate(name=f"{name}.tpl", lookup=[os.path.join(HERE, "views")])


def as_page(request, reply):
    """The page for a reply."""
    app, route, is_success = request.app, request.route, reply["ok"]
    has_view = route and is_success and request.method != "HEAD"  # to HEAD no route has said anything
    is_known = request.has_cookie()
    query = request.query[:SHOWN].encode("latin-1").decode("utf-8", "replace")
    sent = request.sent if sum(len(key + value) for key, value in request.sent.items()) <= SHOWN else {}
    to_mend = route.meant(sent) if route and not reply.get("solved", is_success) else {}
    page = template(route.view if has_view else "reply").render(
        {**request.for_page, **(way_here(request) if has_view and route.view in HAVE_QR else {})},
        reply=reply,
        is_success=is_success,
        fields=[field_of(name, value) for name, value in reply.items() if name not in ("ok", "reply", "try")],
        headline=unbroken(reply["reply"], app.public_names),
        config=route.others if route else {},
        request=request,
        ocean=request.ocean,
        sailor=request.asker,
        has_word=bool(app.settings.word),
        address=request.host + request.prefix,
        path=shorten(request.path),
        sent={name: value for name, value in to_mend.items() if not is_secret(name)},
        is_locked=bool(route and route.guard and not request.is_leader),
        again=Form(request.path, route.does, keys_of(route, is_known, app)) if route else None,
        then=[form_of(app.routes[f"/{name}"], is_known, app) for name in route.then] if route and is_success else [],
        name=request.asker.name if request.asker else "",
        saved_problem=app.saved_problem() if request.is_in_workshop else "",
        chat=len(request.ocean.mail.waiting(request.asker)) if is_known and request.asker else 0,
        note="" if is_known or not request.asker else note_of(request),
        parts=take_apart(request.front_door, request.path[:SHOWN], query),
        spellings=spellings(query),
        python=as_python(f"{request.front_door}{quote(request.path)}", request, reply, sent, is_known),
    )
    return OUR_LINK.sub(rf"\1{request.prefix}/", page) if request.prefix else page


def way_here(request):
    """What templates show of the way here: if this address works only here, which others there are, and a QR code."""
    is_here = bool(THIS_COMPUTER.fullmatch(request.host))
    ways = [way for way in request.app.ways_in() if way != request.host and request.may_ask_for(way)]
    # A phone finds a number more often than a name.
    elsewhere = [f"http://{way}/" for way in ways[-1:]] if is_here else [f"{request.front_door}/"]
    return dict(is_here=is_here, ways=ways, qr=as_svg(*elsewhere) if elsewhere else "")


# ---- Forms, and whose ship they sail ----


class Form(NamedTuple):
    """A route to ask from a page: what it does, and the keys to fill in. With none, a link is enough."""

    path: str
    does: str
    keys: list


def form_of(route, is_known, app):
    """The form for a route with the keys that it needs. `is_known` says whether the browser knows the sailor's id."""
    keys = keys_of(route, is_known, app)
    return Form(route.path, route.does, [key for key in keys if key.is_required or key.name == "word"])


def keys_of(route, is_known, app):
    """The keys that a form for a route has: the club word only if the club has one."""
    keys = [key for key in route.keys if key.name != "word" or app.settings.word]
    return [ID] * (route.needs_sailor and not is_known) + keys


def note_of(request):
    """What may surprise somebody who has sent an id as a key: links and forms go by what the browser remembers."""
    sailor = request.asker.name
    if request.cookie("id"):
        return f"The links here sail the ship that joined in this browser. To sail {sailor}'s ship, join with its id."
    return f"This browser does not remember {sailor} yet. Join with this name and your id, and it does."


# ---- The fields of a reply ----


class Field(NamedTuple):
    """A field as a page shows it: `kind` is text, link, names (a list of texts), lines or records (a list of dicts)."""

    name: str
    kind: str
    value: Any
    columns: list = []


class Lines(list):
    """Texts that have to stand under each other: as text and on a page each has a line of its own."""


def field_of(name, value):
    """A field of a reply, or of a record in one. Only the routes' own examples become links: players write texts."""
    if value and isinstance(value, list) and all(isinstance(record, dict) for record in value):
        rows = [{column: field_of(column, item) for column, item in record.items()} for record in value]
        return Field(name, "records", rows, list(dict.fromkeys(column for row in rows for column in row)))
    if isinstance(value, Lines):
        return Field(name, "lines", printable_lines("\n".join(value)))
    if isinstance(value, (list, tuple)):
        return Field(name, "names", [one_line(item) for item in value])
    is_link = name in ("example", "again") and isinstance(value, str) and re.match("/(?!/)", value)
    return Field(name, "link" if is_link else "text", one_line(value))


def one_line(value):
    """A value as text, spelled as in JSON but without its quotes: true, 12.5, ada,bob or name=ada; x=12.5."""
    if type(value) in NUMBERS:
        return str(value)
    if type(value) is str:
        return value if value.isprintable() else printable(" ".join(value.splitlines()))
    if isinstance(value, dict):
        return "; ".join(f"{name}={one_line(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(one_line, value))
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return printable(" ".join(str(value).splitlines()))


def unbroken(sentence, routes):
    """A sentence as HTML in which no name of a route, like /begin, is broken across two lines."""
    names = "|".join(re.escape(name) for name in routes if name)
    return re.sub(rf"/(?:{names})\b", r'<span class="whole">\g<0></span>', bottle.html_escape(sentence))


# ---- The request, taken apart ----


class Part(NamedTuple):
    """A part of a URL: what it is (empty for what stands between the parts), its text there, and what that means."""

    kind: str
    text: str
    means: str = ""


def take_apart(front_door, path, query):
    """The URL of a request as Parts."""
    scheme, computer, colon, port, prefix = re.fullmatch(FRONT_DOOR, front_door).groups()
    parts = [Part("", scheme), Part("address", computer)]
    if colon:
        parts += [Part("", colon), Part("port", port)]
    if prefix:
        parts += [Part("", "/"), Part("club", prefix[1:])]
    parts.append(part("route", quote(path), path))
    for number, pair in enumerate(query.split("&")[:MOST_KEYS] if query else []):
        key, equals, value = pair.partition("=")
        parts += [Part("", "&" if number else "?"), part("key", key, unquote_plus(key))]
        if equals:
            shown = (DOTS, DOTS) if is_secret(unquote_plus(key)) else (value, unquote_plus(value))
            parts += [Part("", "="), part("value", *shown)]
    return parts


def part(kind, text, means):
    """A Part that is not too long, and has a meaning only where that isn't plain to see."""
    return Part(kind, shorten(text), shorten(means) if means != text else "")


def shorten(text):
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def spellings(query):
    """How a URL spells what it can't hold, for each such character of a query: [("%20", "a space")]."""
    pairs = [pair for pair in query.split("&") if not is_secret(unquote_plus(pair.partition("=")[0]))]
    text = "&".join(pairs)
    found = {"+": "a space"} if "+" in text else {}
    for run in re.findall("(?:%[0-9A-Fa-f]{2})+", text):
        for character in unquote(run):
            named = {" ": "a space", "\n": "a new line"}.get(character, character)
            found[quote(character, safe="")] = named if named.isprintable() else "something invisible"
    return list(found.items())[:MOST_SPELLINGS]


def is_secret(key):
    return key.strip().lower() in SECRETS


def without_secrets(request, values):
    """These values of keys, as they may be told: on a page, which others see, without ids and club words."""
    is_page = request.form == "page"
    return {name: f"YOUR-{name.upper()}" if is_page and is_secret(name) else value for name, value in values.items()}


def as_python(url, request, reply, sent, is_known):
    """The request in two lines of Python, with YOUR-ID for an id. Empty if it can't be sent like that, or is long."""
    route = request.route
    if len(url) > SHOWN or (request.query and not sent):
        return ""
    # What the browser remembers, or has just learned, a program must send as a key.
    needs_id = route and (("id" in reply and "id" in route.names) or (route.needs_sailor and is_known))
    needed = {"id": needs_id, "key": route and route.guard}
    names = [*(name for name, is_needed in needed.items() if is_needed and name not in sent), *sent]
    keys = {name: f"YOUR-{name.strip().upper()}" if is_secret(name) else sent[name] for name in names}
    if keys.get("format") in ("json", "page", "text"):
        del keys["format"]
    return f"import requests\nprint(requests.get({url!r}{f', params={keys!r}' if keys else ''}).text)"
