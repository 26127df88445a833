"""From request to reply: the Bottle plugin that all routes share.

A route is a plain function. Its parameters are the keys of its URL, and it returns its reply:

    app = Bottle()
    app.install(Replies({"times": Key("a number of times", 3, whole_number)}))

    @app.get("/cheer")
    def cheer(name, times=1):
        \"\"\"Cheer for somebody.\"\"\"
        return dict(reply=f"Hooray for {name}! " * times, cheers=times)

Now `/cheer?name=ada&times=2` is answered with a page for a browser, with JSON for a program that asks for it
(`format=json`), and with text for all others. A key that is missing, unknown or bad is answered with a sentence
and a URL that works.

Words: after the `?` of a URL stand *keys* and their *values*. A *reply* is a dict: `reply`, the sentence, and other
*fields*. A *trouble* is an exception that becomes a reply.
"""

import inspect
import json
import re
from difflib import get_close_matches
from functools import cache
from urllib.parse import quote, urlencode

from bottle import HTTPError, HTTPResponse, request, response

from gate import refuse_bodies, refuse_giants, refuse_machines, refuse_strange_pages
from headers import with_headers
from keys import Key, Wanted, check_known, cookie, printable, read_keys, read_query, sent, show
from pages import Form, page_of
from troubles import BadMethod, BadValue, Bug, NoRoute, Prefetch, Trouble

FORMATS = {"json": "application/json", "page": "text/html; charset=utf-8", "text": "text/plain; charset=utf-8"}


# ---- The plugin ----


def check_format(name):
    """Raises BadValue for a form of reply that doesn't exist."""
    if name not in FORMATS:
        raise BadValue(f"The key “format” needs one of {', '.join(FORMATS)}. You sent {show(name)}.", "")


def refusal(trouble):
    """What makes Bottle stop a request and answer with a trouble."""
    return HTTPError(trouble.status, exception=trouble)


class Replies:
    """Install it on a Bottle app: routes then take keys, and all replies and errors look alike.

    `keys` says what the parameters of the routes stand for, by name. Any other parameter is a text.
    `aboard` is called for each page: it returns the name of the sailor whom the browser's cookie knows, and a note.
    `on_trouble` is told each trouble.
    """

    name, api = "replies", 2

    def __init__(self, keys=None, aboard=lambda: ("", ""), on_trouble=lambda trouble: None):
        self.keys = keys or {}
        self.aboard = aboard
        self.on_trouble = on_trouble

    def setup(self, app):
        self.app = app
        app.config["replies"] = self
        app.wsgi = with_headers(app.wsgi)
        app.add_hook("before_request", self.guard)
        app.default_error_handler = self.explain

    def guard(self):
        """Read the query before any route sees the request, and look up the route without needless slashes."""
        environ = request.environ  # looked up once, as each look takes a while
        query = environ.get("QUERY_STRING", "")
        environ["PATH_INFO"] = "/" + environ["PATH_INFO"].strip("/")
        try:
            refuse_giants(environ)
            environ["mocean.sent"] = values = read_query(query)
            check_format(values.get("format", "text"))
            refuse_machines(environ)
            refuse_strange_pages(environ)
            refuse_bodies(environ)
        except Trouble as trouble:
            # If the query couldn't be read, at least its form of reply is known.
            environ.setdefault("mocean.sent", dict(re.findall("(?:^|&)(format)=([a-z]+)", query)))
            raise refusal(trouble) from None

    def apply(self, callback, route):
        """What Bottle calls for each route, once: the route with its keys read and its reply rendered."""
        wanted = self.wanted(route)
        names = [name for _, name, _, _ in wanted]

        def answer(**parts_of_path):
            environ = request.environ
            if environ["REQUEST_METHOD"].upper() == "HEAD":  # asks only for the headers, and must not act
                return render({})
            environ["mocean.wanted"] = wanted
            values = environ["mocean.sent"]
            try:
                check_known(names, values, route)
                result = callback(**parts_of_path, **read_keys(wanted, values))
            except Trouble as trouble:
                raise refusal(trouble) from None
            except SystemExit as stop:  # would end the server, and with it everybody's voyage
                raise RuntimeError(f"the route {route.rule} called exit()") from stop
            return result if isinstance(result, HTTPResponse) else render(success(result))

        return answer

    def wanted(self, route):
        """The keys that a route takes: its function's parameters, but for those that stand in its path like <this>."""
        known = route.app.config.get("replies", self).keys  # a route that was merged in knows the keys of its own app
        in_path = re.findall(r"<(\w+)", route.rule)
        keys = [(p, known.get(p.name, Key())) for p in parameters_of(route.callback) if p.name not in in_path]
        return [Wanted(p.name, key.name or p.name, key, p.default is p.empty) for p, key in keys]

    def explain(self, error):
        """The reply to whatever went wrong: to a trouble, or to an error that Bottle found."""
        trouble = error.exception if isinstance(error.exception, Trouble) else self.trouble_of(error)
        if trouble.status == 405:
            response.set_header("Allow", "GET, HEAD")
        if "wait" in trouble.fields:
            response.set_header("Retry-After", str(trouble.fields["wait"]))
        self.on_trouble(trouble)
        reply = {"ok": False, "error": trouble.word, "reply": printable(str(trouble)), **trouble.fields}
        return render({**reply, "try": self.way_out(trouble)})

    def trouble_of(self, error):
        """The trouble that fits an error of Bottle's."""
        if error.status_code == 404:
            return self.no_route(request.path)
        if error.status_code == 405:
            return BadMethod(f"The method {show(request.method)} does not work here. Use GET.", request.path[1:])
        if error.status_code < 500:
            return BadValue(str(error.body), "")
        return Bug("The server has a bug: this is not your fault. Your club leader finds it in the log.", "")

    def no_route(self, path):
        """The trouble of a path that leads nowhere, with what was probably meant."""
        names = [route.rule[1:] for route in self.public_routes()]
        guess = (get_close_matches(path.strip("/").lower()[:40], names, 1) or [""])[0]
        hint = f"Did you mean /{guess}?" if guess else "The front door / shows where to start."
        return NoRoute(f"There is no route {show(path)} here. {hint}", guess)

    def public_routes(self):
        """All routes but those that are `secret`: these are for players to find."""
        return [route for route in self.app.routes if not route.config.get("secret")]

    def rules(self):
        """All public routes: each with its keys, what it does, and a URL to try."""
        return [
            {
                "route": route.rule,
                "keys": [name for _, name, _, _ in self.wanted(route)],
                "does": purpose(route),
                "example": self.example(route),
            }
            for route in self.public_routes()
        ]

    def way_out(self, trouble):
        """A URL that works for who asked: what the trouble proposes, or else an example of the same route.

        A route of which no example works for everybody has an `instead`: the name of one that does.
        """
        asked = request.environ.get("bottle.route")  # not yet known if a hook has raised the trouble
        name, values = trouble.instead or (asked.rule[1:] if asked else request.path[1:], {})
        try:
            read_keys([wanted for wanted in self.wanted(self.route(name)) if wanted.key.given_by], sent())
        except Trouble as stranger:
            name, values = stranger.instead or ("", {})
        except HTTPResponse:  # the key is right, and its reader has an answer of its own
            pass
        route = self.route(name)
        return self.example(self.route(route.config.get("instead", name)), **values)

    def route(self, name):
        """The route of this name, or else the front door."""
        rules = {route.rule: route for route in self.app.routes}
        return rules.get("/" + name) or rules["/"]

    def example(self, route, **values):
        """A URL that asks a route, with these values and with examples for the other keys that it needs."""
        pairs = {}
        for _, name, key, required in self.wanted(route):
            if key.given_by:
                pairs.update(identity(name))
            elif name in values:
                pairs[name] = values[name]
            elif required:
                pairs[name] = key.sample()
        return sample_path(route) + ("?" + urlencode(pairs, quote_via=quote) if pairs else "")

    def form(self, name):
        """The form for the keys that the route of this name needs."""
        route = self.route(name)
        return form_of(route, [item for item in self.wanted(route) if item.required], sample_path(route))


@cache
def parameters_of(function):
    """The parameters of a function. Each page and each error asks for those of several routes, so they are kept."""
    return list(inspect.signature(function).parameters.values())


def form_of(route, wanted, path):
    """A form for these keys of a route, but for those that the browser's cookie stands for."""
    return Form(path, purpose(route), [item for item in wanted if not item.key.given_by])


def sample_path(route):
    """The path of a route, with something in the place of each part like <this>."""
    return re.sub("<.*?>", "hello", route.rule)


def purpose(route):
    """What a route does, in a sentence: the first line of its function's docstring."""
    return (inspect.getdoc(route.callback) or "").partition("\n")[0]


# ---- Rendering: one reply in three forms ----


def identity(name):
    """The key that tells who asks, as an example URL shows it: never on a page, where the browser's cookie tells it."""
    if name in sent():
        return {} if wanted_format() == "page" else {name: sent()[name]}
    return {} if cookie(name) else {name: "YOUR-" + name.upper()}


def success(result):
    """The reply to a request that worked, from what its route returned: a dict, a sentence or nothing."""
    fields = result if isinstance(result, dict) else {"reply": "Done." if result is None else str(result)}
    return {"ok": True, "reply": "Done.", **fields}


def wanted_format():
    """The form that was asked for: by the key `format`, or else by what the Accept header names."""
    accept = request.environ.get("HTTP_ACCEPT", "").lower()
    by_header = "page" if "text/html" in accept else "json" if "application/json" in accept else "text"
    asked = sent().get("format", by_header)
    return asked if asked in FORMATS else by_header


def render(reply):
    """The reply in the wanted form, ready to be sent."""
    form = wanted_format()
    response.content_type = FORMATS[form]
    response.set_header("Cache-Control", "no-store")
    return {"json": as_json, "page": as_page, "text": as_text}[form](reply).encode() if reply else b""


NUMBERS = (float, int)
JSON = json.JSONEncoder(ensure_ascii=False, default=str)  # json.dumps would make one for each reply


def as_json(reply):
    """One JSON object."""
    return JSON.encode(reply)


def as_text(reply):
    """The sentence on the first line, then a line `field=value` for each field, or `field: record` for each record."""
    fields = dict(reply)
    lines = [one_line(fields.pop("reply"))]
    if fields["ok"]:
        del fields["ok"]
    for name, value in fields.items():
        if type(value) in NUMBERS:  # as most are
            lines.append(f"{name}={value}")
        elif has_records(value):
            lines += [f"{name}: {one_line(record)}" for record in value]
        else:
            lines.append(f"{name}={one_line(value)}")
    return "\n".join(lines)


def has_records(value):
    """True for a list of dicts that is not empty."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def one_line(value):
    """A value as text, spelled as in JSON but without its quotes: true, 12.5, ada,bob or name=ada; x=12.5."""
    if type(value) in NUMBERS:
        return str(value)
    if isinstance(value, dict):
        return "; ".join(f"{name}={one_line(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(one_line, value))
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return " ".join(str(value).splitlines())


def as_page(reply):
    """A page for a browser, made by the view that its route names, with forms for the routes to go on with."""
    plugin, route = request.app.config["replies"], request.environ.get("bottle.route")
    config = route.config if route else {}
    wanted = request.environ.get("mocean.wanted", ())
    unsent = [(name, key) for _, name, key, _ in wanted if name not in sent()]
    return page_of(
        reply,
        sent(),
        known=[name for name, key in unsent if (key.given_by and cookie(name)) or (name == "id" and name in reply)],
        config=config,
        again=form_of(route, wanted, request.path) if route else None,
        then=[plugin.form(name) for name in config.get("then", "").split()] if reply.get("ok") else [],
        # A browser that asks by itself gets no cookie.
        aboard=("", "") if reply.get("error") == Prefetch.word else plugin.aboard(),
        one_line=one_line,
    )
