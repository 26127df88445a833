"""Replies: what a route has returned, as JSON and as text. Pages are made in `pages.py`.

A reply is a dict: `ok`, `reply`, a sentence, and other *fields*, as in {"ok": True, "reply": "Hooray!", "cheers": 3}.
"""

import json

NUMBERS = (float, int)
JSON = json.JSONEncoder(ensure_ascii=False, default=str)  # json.dumps would make one for each reply


def success(result):
    """The reply to a request that worked, from what its route returned: a dict, a sentence or nothing."""
    fields = result if isinstance(result, dict) else {"reply": "Done." if result is None else str(result)}
    return {"ok": True, "reply": "Done.", **fields}


def as_json(request, reply):
    """One JSON object."""
    return JSON.encode(reply)


def as_text(request, reply):
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
