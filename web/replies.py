"""Replies: what a route has returned, as text, JSON or page.

A reply is a dict: `ok`, `reply`, a sentence, and other *fields*, as in {"ok": True, "reply": "Hooray!", "cheers": 3}.
"""

import json
from http.client import responses

from bottle import HTTPError, HTTPResponse

from web.headers import HEADERS
from web.pages import NUMBERS, Lines, as_page, one_line

TYPES = {"json": "application/json", "page": "text/html; charset=utf-8", "text": "text/plain; charset=utf-8"}
HEADERS_OF = {form: [("Content-Type", kind), ("Cache-Control", "no-store"), *HEADERS] for form, kind in TYPES.items()}
SHARED = 0.25  # seconds in which all who ask get the same reply, where it doesn't depend on who asks
STATUS_LINES = {status: f"{status} {phrase}" for status, phrase in responses.items()}
JSON = json.JSONEncoder(ensure_ascii=False, default=str)  # json.dumps would make one for each reply


def render(request, result, status=200):
    """The status line, headers and body of the reply, in the form that was asked for.

    `result` is what a route has returned: a dict, a sentence, nothing or a response of Bottle's. Raises HTTPError.
    """
    if isinstance(result, HTTPError):
        raise result
    if isinstance(result, HTTPResponse):
        body = content_of(result)
        length = [] if "Content-Length" in result.headers else [("Content-Length", str(len(body)))]
        usual = [(name, value) for name, value in HEADERS if name not in result.headers]
        return result.status_line, [*result.headerlist, *length, *usual, *request.headers], body
    body = FORMS[request.form](request, result if status != 200 else success(result)).encode()
    headers = [*HEADERS_OF[request.form], ("Content-Length", str(len(body))), *request.headers]
    return STATUS_LINES[status], headers, body


def content_of(response):
    """What one of Bottle's responses contains, as bytes: a text, bytes or an open file."""
    body = response.body
    if hasattr(body, "read"):
        with body:
            return body.read()
    return body.encode() if isinstance(body, str) else body


def success(result):
    """The reply to a request that worked, from what its route returned: a dict, a sentence or nothing."""
    fields = result if isinstance(result, dict) else {"reply": "Done." if result is None else str(result)}
    return {"ok": True, "reply": "Done.", **fields}


def as_json(request, reply):
    """One JSON object."""
    return JSON.encode(reply)


def as_text(request, reply):
    """The sentence on the first line, then a line `field=value` for each field, or `field: part` for each part."""
    lines = [one_line(reply["reply"])]
    for name, value in reply.items():
        if type(value) in NUMBERS:  # as most are
            lines.append(f"{name}={value}")
        elif has_lines(value):
            lines += [f"{name}: {one_line(record)}" for record in value]
        elif name != "reply" and not (name == "ok" and value):
            lines.append(f"{name}={one_line(value)}")
    return "\n".join(lines)


def has_lines(value):
    """True for Lines, and for a list of records that is not empty: each has a line of its own."""
    return isinstance(value, Lines) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


class Shared:
    """The replies that serve all who ask for the same within a quarter of a second: thirty maps cost as much as one.

    After a change, whoever made it gets new ones: nobody has to wait to see what he or she did.
    """

    def __init__(self):
        self.quarter = None  # of a second: when the replies were made
        self.replies, self.changers = {}, set()  # the network addresses of those who have changed something since then

    def find(self, key, address, now):
        """What `render` returned for this key, or None. The time is in seconds."""
        self.begin_quarter(now, anew=address in self.changers)
        return self.replies.get(key)

    def note_change(self, address, now):
        """Somebody at this address has changed something."""
        self.begin_quarter(now)
        self.changers.add(address)

    def begin_quarter(self, now, anew=False):
        """Forget what was made in another quarter of a second, or whenever it was."""
        if anew or now // SHARED != self.quarter:
            self.quarter = now // SHARED
            self.replies.clear()
            self.changers.clear()


FORMS = {"json": as_json, "page": as_page, "text": as_text}
