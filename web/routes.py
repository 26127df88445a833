"""Routes: what each takes, read once from its function's signature.

    @app.get("/heading")
    def heading(ocean, sailor, degrees: number):
        \"\"\"Turn your ship.\"\"\"

takes the keys `id` and `degrees`. Three parameters are no keys: `sailor` is the player who asks, as the key `id` or the
browser's cookie tells; `ocean` is the whole ocean, and `request` is all that is known of the request.

A decorator like `@app.get("/heading", then="speed look")` may say more:

    then      the routes with which the page goes on
    view      the template of the page, in web/views/
    secret    True for a route that isn't in the rules
    instead   the route that a reply to a mistake proposes, if no example of this one works for everybody
    file      True for a route that returns a file, and not a reply
"""

import inspect
import re
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import quote, urlencode

from game.errors import BadValue
from web.errors import MissingKey, UnknownKey
from web.params import BUILT_IN, Param, show, text

EVERYWHERE = ("format", "id")  # keys that every route understands
SPECIAL = {  # parameters that are no keys, and what they get of a request
    "sailor": lambda request: request.sailor,
    "ocean": lambda request: request.ocean,
    "request": lambda request: request,
}
SECRET_ID = text("your secret id, from the route join", "YOUR-ID")


@dataclass(frozen=True)
class Key:
    """A key that a route takes."""

    name: str
    param: Param
    is_required: bool


ID = Key("id", SECRET_ID, True)  # what a route with a parameter `sailor` takes


class Route:
    """A route: its function, and what that takes.

    `guard`, if there is one, is called with each request before anything else is looked at, and raises a Problem.
    """

    def __init__(
        self, rule, function, guard=None, view="reply", then="", instead=None, secret=False, file=False, **others
    ):
        self.rule, self.function, self.guard = rule, function, guard
        self.view, self.then, self.instead = view, then.split(), instead
        self.is_secret, self.is_file = secret, file
        self.others = others  # what else the decorator says, for the view
        self.parts = re.findall(r"<(\w+)", rule)  # of the path, like /hello/<name>
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in self.parts]
        self.special = [p.name for p in parameters if p.name in SPECIAL]
        self.keys = [self.key(p) for p in parameters if p.name not in SPECIAL]
        self.needs_sailor = "sailor" in self.special
        self.names = ["id"] * self.needs_sailor + [key.name for key in self.keys]

    def key(self, parameter):
        """The key that a parameter of the function stands for."""
        kind = text if parameter.annotation is parameter.empty else parameter.annotation
        param = kind if isinstance(kind, Param) else BUILT_IN.get(kind)
        if not param:
            raise TypeError(
                f"{self.rule}: the parameter {parameter.name} can't be {kind}. web/params.py says what can."
            )
        return Key(parameter.name, param, parameter.default is parameter.empty)

    @property
    def does(self):
        """What the route does, in a sentence: the first line of its function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def path(self):
        """The path, with something in the place of each part like <this>."""
        return re.sub("<.*?>", "hello", self.rule)

    # -- A request

    def call(self, request, parts):
        """What the function returns. `parts` are those of the path. Raises a Problem."""
        if self.guard:
            self.guard(request)
        self.check_names(request.sent)
        special = {name: SPECIAL[name](request) for name in self.special}
        return self.function(**parts, **special, **self.read(request.sent))

    def check_names(self, sent):
        """Raises UnknownKey, with what was probably meant, if a key was sent that the route doesn't take."""
        for name in sent:
            if name not in self.names and name not in EVERYWHERE:
                guess = get_close_matches(name.lower(), self.names, 1)
                hint = f"Did you mean {show(guess[0])}?" if guess else f"It takes {', '.join(self.names) or 'no keys'}."
                raise UnknownKey(f"The route {self.rule} does not know the key {show(name)}. {hint}")

    def read(self, sent):
        """The function's arguments, from the values sent. Raises MissingKey or BadValue."""
        arguments = {}
        for key in self.keys:
            value = sent.get(key.name, "").strip()
            if value:
                arguments[key.name] = read_value(key, value)
            elif key.is_required:
                raise MissingKey(f"The key {show(key.name)} is missing. It is {key.param.what}.")
        return arguments

    # -- Examples

    def example(self, ocean, identity, **values):
        """A URL that asks the route: with keys that tell who asks, these values, and examples of what else it needs."""
        pairs = dict(identity)
        for key in self.keys:
            if key.name in values:
                pairs[key.name] = values[key.name]
            elif key.is_required:
                pairs[key.name] = sample(key.param, ocean)
        return self.path + ("?" + urlencode(pairs, quote_via=quote) if pairs else "")


def read_value(key, value):
    """A value from its text. Raises BadValue."""
    try:
        return key.param.read(value)
    except ValueError:
        raise BadValue(f"The key {show(key.name)} needs {key.param.what}. You sent {show(value)}.") from None


def sample(param, ocean):
    """A value that works now."""
    return param.example(ocean) if callable(param.example) else param.example
