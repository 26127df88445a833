"""Routes: what each takes, read once from its function's signature.

    @app.get("/cheer")
    def cheer(sailor, name, times: whole_number = 1):
        \"\"\"Cheer for somebody.\"\"\"

takes `/cheer?id=...&name=ada&times=2`. Words: `id`, `name` and `times` are *keys*, `ada` and `2` their *values*. The
annotation says what a value can be; without one it is a text. An underscore at the end of a name is left out: `from_`
is the key `from`, which can't be the name of a parameter. Three parameters are no keys: `sailor` is the player who
asks, as the key `id` or the browser's cookie tells; `ocean` is the whole ocean, and `request` all that is known of the
request.

A decorator like `@app.get("/cheer", then="who look")` may say more:

    then      the routes with which the page goes on
    view      the template of the page, in web/views/
    secret    True for a route that isn't in the rules
    instead   the route that a reply to a mistake proposes, if no example of this one works for everybody
    head      True for a route that changes nothing, so that HEAD may ask it too, like a file
    shared    True if its reply is made once for all who ask within a quarter of a second
    who       a function that finds out who asks, in place of Request.identify
    patient   True if it may take long: see patience.py

A mistake is refused when the program is loaded, with file and line.
"""

import builtins
import inspect
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any
from urllib.parse import quote

from bottle import Bottle

from web.errors import Misread, MissingKey, UnknownKey, guess, show
from web.mistakes import Mistake, place_of
from web.patience import ROUTE, within

log = logging.getLogger(__name__)


class App(Bottle):
    """A Bottle app in which a function may be called like one of Python's own, as `map`: that keeps its name."""

    def route(self, *words, **options):
        decorate = super().route(*words, **options)

        def add(function):
            if function in vars(builtins).values():  # by the decorator below this one
                function = self.routes[-1].callback
            decorate(function)
            return getattr(builtins, function.__name__, function)

        return add


# ---- What a value can be ----


@dataclass(frozen=True)
class Param:
    """What a value can be.

    `what` says it in words. `example` is a value that works, or a function that gets the ocean and returns one. `read`
    turns the text that was sent into the value, or raises ValueError. `schema` says the same as OpenAPI does. If only
    some values are possible, `choices` has them.
    """

    what: str
    example: Any
    read: Callable = str.strip
    schema: dict = field(default_factory=lambda: {"type": "string"})
    choices: tuple = ()

    def __call__(self, what, example):
        """The same with other words and another example."""
        return replace(self, what=what, example=example)


LAST_MOMENT = 250_000_000_000  # seconds: soon after it comes the year 10000, which Python doesn't know


def read_number(text):
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value + 0.0  # which makes 0 of -0


def read_whole_number(text):
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


text = Param("a text, like hello", "hello")
number = Param("a number, like 4.5", 4.5, read_number, {"type": "number"})
whole_number = Param("a whole number, like 3", 3, read_whole_number, {"type": "integer", "minimum": 0})


def read_moment(text):
    """Seconds since 1970, also from a date and a time by the clock of this computer."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = datetime.fromisoformat(text.strip()).timestamp()
    if not 0 <= seconds < LAST_MOMENT:
        raise ValueError(text)
    return seconds


moment = Param("a moment, like 2026-11-26T14:30, or in seconds", "2026-11-26T14:30", read_moment)


def one_of(*choices, what=None):
    """One of these texts. What they stand for can be said by `what`."""

    def read(text):
        if text.strip().lower() not in choices:
            raise ValueError(text)
        return text.strip().lower()

    schema = {"type": "string", "enum": [*choices]}
    return Param(what or f"one of {', '.join(choices)}", choices[0], read, schema, choices)


# Python's own types do as well.
BUILT_IN = {str: text, float: number, int: Param("a whole number, like 3", 3, int, {"type": "integer"})}


# ---- What a route takes ----

EVERYWHERE = ("format", "id")  # keys that every route understands
LONGEST = 200  # characters of a value that a reply to a mistake proposes
SPECIAL = ("sailor", "ocean", "request")  # parameters that are no keys
SECRET_ID = text("your secret id, from the route join", "YOUR-ID")


@dataclass(frozen=True)
class Key:
    """A key that a route takes."""

    name: str
    param: Param
    is_required: bool
    parameter: str  # the function's name for it

    def takes(self, value):
        """True if a value fits, and isn't so long that it can only be a mistake."""
        try:
            self.param.read(value)
        except ValueError:
            return False
        return value.strip() != "" and len(value) <= LONGEST


ID = Key("id", SECRET_ID, True, "id")  # what a route with a parameter `sailor` takes


class Route:
    """A route: its function, and what that takes.

    `guard`, if there is one, is called with each request before anything else is looked at, and raises a Problem.
    """

    def __init__(
        self, rule, function, guard=None, view="reply", then="", instead=None, secret=False, head=False, **others
    ):
        self.rule, self.function, self.guard = rule, function, guard
        if not rule.startswith("/"):
            raise Mistake(f"The path {show(rule)} has to begin with a slash: {show('/' + rule)}.", function)
        self.view, self.then, self.instead = view, then.split(), instead
        self.is_secret, self.has_head, self.is_shared = secret, head, others.pop("shared", False)
        self.who, self.is_patient = others.pop("who", None), others.pop("patient", False)
        self.has_told = False  # the log that it returns nothing
        self.others = others  # what else the decorator says, for the view
        self.does = (inspect.getdoc(function) or "").partition("\n")[0]  # in a sentence
        self.parts = re.findall(r"<(\w+)", rule)  # of the path, like /hello/<name>
        self.path = re.sub("<.*?>", "hello", rule)  # an example of it
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in self.parts]
        self.keys = [self.key(p) for p in parameters if p.name not in SPECIAL]
        self.needs_sailor, self.needs_ocean, self.needs_request = (
            any(p.name == name for p in parameters) for name in SPECIAL
        )
        self.names = ("id",) * self.needs_sailor + tuple(key.name for key in self.keys)
        self.open_names = [key.name for key in self.keys if key.param.schema != text.schema]  # see in_public

    def key(self, parameter):
        """The key that a parameter of the function stands for."""
        kind = text if parameter.annotation is parameter.empty else parameter.annotation
        param = kind if isinstance(kind, Param) else BUILT_IN.get(kind)
        if not param:
            raise Mistake(f"The parameter {parameter.name} can't be {kind}. See web/routes.py.", self.function)
        if param is text and (meant := nearly_special(parameter.name)):
            raise Mistake(f"There is a parameter {show(parameter.name)}. Do you mean {show(meant)}?", self.function)
        name = parameter.name.removesuffix("_")
        return Key(name, param, parameter.default is parameter.empty, parameter.name)

    # -- A request

    def call(self, request, parts):
        """What the function returns. `parts` are those of the path. Raises a Problem.

        HEAD asks only for the headers, so nothing may happen.
        """
        if request.method == "HEAD" and not self.has_head:
            return None
        if self.guard:
            self.guard(request)
        self.check_names(request.sent)
        arguments = dict(parts)
        if self.needs_sailor:
            arguments["sailor"] = request.asker or request.refuse_stranger()
        if self.needs_ocean:
            arguments["ocean"] = request.ocean
        if self.needs_request:
            arguments["request"] = request
        arguments |= self.read(request.sent)
        result = self.function(**arguments) if self.is_patient else within(ROUTE, self.function, arguments)
        return self.without_return() if result is None else result

    def without_return(self):
        """What is said of a function that has returned nothing. The log is told once."""
        if not self.has_told:
            self.has_told = True
            hint = 'Let it end with a line like: return "Done."'
            log.warning("%s: the function of %s returns nothing. %s", place_of(self.function), self.rule, hint)
        return f"The route {self.rule} has done its work, but does not say what. Its function needs a line with return."

    def check_names(self, sent):
        """Raises UnknownKey, with what was probably meant, if a key was sent that the route doesn't take."""
        for name in sent:
            if name not in self.names and name not in EVERYWHERE:
                meant = guess(name[:40], self.names)
                hint = f"Did you mean {show(meant)}?" if meant else f"It takes {', '.join(self.names) or 'no keys'}."
                raise UnknownKey(f"The route {self.rule} does not know the key {show(name)}. {hint}")

    def read(self, sent):
        """The function's arguments, from the values sent. Raises MissingKey or Misread."""
        arguments = {}
        for key in self.keys:
            value = sent.get(key.name, "").strip()
            if value:
                arguments[key.parameter] = read_value(key, value)
            elif key.is_required:
                raise MissingKey(f"The key {show(key.name)} is missing. It is {key.param.what}.")
        return arguments

    # -- Examples

    def in_public(self, sent):
        """The route with the keys and values that were sent, as all may know them: no text that a player wrote."""
        if not self.open_names:  # as in most requests
            return self.rule
        keys = "&".join([f"{name}={sent[name].strip()}" for name in self.open_names if name in sent])
        return f"{self.rule}?{keys}"[:LONGEST] if keys else self.rule

    def meant(self, sent):
        """What was sent, under the keys that were probably meant. One that is spelled right counts more."""
        names = {name: name if name in self.names else guess(name[:40], self.names) for name in sent}
        return {names[name]: sent[name] for name in sorted(sent, key=self.names.__contains__) if names[name]}

    def fitting(self, sent):
        """Of what was probably meant, the values that the route can take."""
        meant = self.meant(sent)
        keys = [ID] * self.needs_sailor + self.keys
        return {key.name: meant[key.name] for key in keys if key.takes(meant.get(key.name, ""))}

    def example(self, ocean, identity, /, **values):
        """A URL that asks the route: with keys that tell who asks, these values, and examples of what else it needs."""
        pairs = dict(identity)
        for key in self.keys:
            if key.name in values:
                pairs[key.name] = values[key.name]
            elif key.is_required:
                pairs[key.name] = sample(key.param, ocean)
        query = "&".join([f"{name}={quote(str(value), safe='')}" for name, value in pairs.items()])
        return f"{self.path}?{query}" if query else self.path


def nearly_special(name):
    """Which parameter that is no key is probably meant by a name, like sailor by sailr or Sailor, or ""."""
    meant = next(iter(get_close_matches(name.lower(), SPECIAL, 1, cutoff=0.81)), "")
    return meant if meant[:1] == name[:1].lower() else ""


def read_value(key, value):
    """A value from its text. Raises Misread."""
    try:
        return key.param.read(value)
    except ValueError:
        raise Misread(f"The key {show(key.name)} needs {key.param.what}. You sent {show(value)}.") from None


def sample(param, ocean):
    """A value that works now."""
    return param.example(ocean) if callable(param.example) else param.example
