"""OpenAPI: the rules of /mocean as a file for programs, at http://localhost:8080/openapi.json

Tools read it: they make a client of it in many programming languages, or pages on which to try each route. It is made
of what the routes declare, so a new route is in it by itself. Its form is OpenAPI 3.1: https://spec.openapis.org

Words: OpenAPI calls a route a *path*, a key a *parameter*, and what a value may be a *schema*.
"""

import re
from collections import defaultdict

from bottle import HTTPResponse

from web.errors import STATUS
from web.replies import as_json
from web.routes import ID, sample

PART = r"<(\w+).*?>"  # a part of a path that stands for any text, like <this>

# Generated clients send a default, and the key `format` is how a program that sends no Accept header gets JSON.
FORMAT = {
    "name": "format",
    "in": "query",
    "description": "the form of the reply",
    "schema": {"type": "string", "enum": ["json"], "default": "json"},
}
REPLY = {
    "type": "object",
    "required": ["ok", "reply"],
    "properties": {
        "ok": {"type": "boolean", "description": "true if it worked"},
        "reply": {"type": "string", "description": "what happened, in a sentence"},
    },
}  # and each route has fields of its own
ERROR = {
    "type": "object",
    "required": ["ok", "error", "reply", "try"],
    "properties": {
        "ok": {"type": "boolean", "description": "false"},
        "error": {"type": "string", "description": "the kind of the error, in a word"},
        "reply": {"type": "string", "description": "what is wrong, in a sentence"},
        "try": {"type": "string", "description": "the end of a URL that works"},
        "wait": {"type": "integer", "description": "after a 429: in how many seconds it works again"},
    },
}


def as_file(document):
    """Bottle's response with a document, always as JSON."""
    body = as_json(None, document).encode()
    return HTTPResponse(body, headers={"Content-Type": "application/json", "Cache-Control": "no-store"})


def document(routes, ocean, title, version):
    """These routes, in the form of OpenAPI."""
    answers = responses()
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": {re.sub(PART, r"{\1}", route.rule): {"get": operation(route, ocean, answers)} for route in routes},
        "components": {"schemas": {"Reply": REPLY, "Error": ERROR}, "responses": answers},
    }


def operation(route, ocean, answers):
    """What a route takes, does and answers."""
    keys = [ID] * route.needs_sailor + route.keys
    return {
        "operationId": re.sub(r"\W+", "_", route.rule).strip("_") or route.function.__name__,
        "summary": route.does,
        "parameters": [*map(part_of_path, route.parts), *(parameter(key, ocean) for key in keys), FORMAT],
        "responses": {status: {"$ref": f"#/components/responses/{status}"} for status in answers},
    }


def part_of_path(name):
    """A part like <this> of a path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": "hello"}


def parameter(key, ocean):
    """A key that a route takes. One that may be left out has no example, so that what tools fill in works."""
    schema = dict(key.param.schema)
    if schema == {"type": "string"}:
        schema["minLength"] = int(key.is_required)  # empty counts as left out
    return {
        "name": key.name,
        "in": "query",
        "required": key.is_required,
        "description": key.param.what,
        "schema": schema,
        **({"example": sample(key.param, ocean)} if key.is_required else {}),
    }


def responses():
    """By its status, each answer that there may be. Of an error it says which words the field `error` then has."""
    words = defaultdict(set)
    for word, status in [*STATUS.items(), ("too-long", 431)]:
        words[str(status)].add(word)
    errors = {status: response_of(", ".join(sorted(words[status])), "Error") for status in sorted(words)}
    return {"200": response_of("it worked", "Reply"), **errors}


def response_of(description, schema):
    """An answer: JSON for those who ask for it, by the key or by an Accept header, and otherwise text."""
    contents = {"application/json": {"$ref": f"#/components/schemas/{schema}"}, "text/plain": {"type": "string"}}
    return {"description": description, "content": {form: {"schema": schema} for form, schema in contents.items()}}
