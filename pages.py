"""Pages: a reply as a browser shows it, from the templates in `views/`, and the files in `static/` that they use."""

import os
from functools import cache

from bottle import SimpleTemplate, request, static_file

HERE = os.path.dirname(os.path.abspath(__file__))

# The files that browsers may ask for. Their types are written down, as a computer's own list of types may be wrong.
STATIC = {"sea.css": "text/css"}


def static(name):
    """A file for a browser, as Bottle's response. A browser keeps it, but asks each time whether it has changed."""
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return static_file(name, os.path.join(HERE, "static"), STATIC[name], headers=headers)


@cache
def view(name):
    """A template: read and compiled when it is used for the first time."""
    return SimpleTemplate(name=name, lookup=[os.path.join(HERE, "views")])


def page_of(reply, sent, wanted, one_line):
    """The page for a reply: the reply, a form to ask again, what was sent, and the same request in Python.

    `sent` has the keys and values of the request, `wanted` the keys that its route takes; `one_line` writes a value.
    """
    scheme, address = request.urlparts[:2]
    values = {name: "(your id)" if name == "id" else value for name, value in sent.items()}
    secret = {name: "YOUR-ID" for _, name, _, _ in wanted if name == "id"}
    params = {name: value for name, value in {**values, **secret}.items() if name != "format"}
    return view("reply.tpl").render(
        reply=reply,
        fields={name: value for name, value in reply.items() if name not in ("ok", "reply", "try")},
        address=address,
        path=request.path,
        values=values,
        form=[item for item in wanted if not item.key.given_by],
        python=f"requests.get({scheme + '://' + address + request.path!r}, params={params!r}).text",
        one_line=one_line,
        has_records=has_records,
    )


def has_records(value):
    """True for a list of dicts that is not empty."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
