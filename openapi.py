"""OpenAPI: the rules of /mocean as a file for programs, at http://localhost:8080/openapi.json

Tools read it: they make a client in many programming languages of it, or pages on which one tries each route. The file
is made of what the routes declare, so a new route is in it by itself. The form is that of https://spec.openapis.org/oas/v3.1.0

Words: OpenAPI calls a route a *path*, a key a *parameter*, and what a value may be a *schema*.
"""

import re

from bottle import HTTPResponse

from keys import choices, number, whole_number
from replies import FORMATS, HEADERS, as_json, purpose
from troubles import Trouble

# What a key's reader takes. Any other reader, such as one that a student has written, takes a text.
SCHEMAS = {number: {"type": "number"}, whole_number: {"type": "integer", "minimum": 0}}

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
    "additionalProperties": True,  # each route has fields of its own
}
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
    "additionalProperties": True,
}


def as_file(document):
    """Bottle's response with a document, always as JSON."""
    return HTTPResponse(as_json(document), headers={**HEADERS, "Content-Type": FORMATS["json"]})


def document(replies, title, version):
    """All public routes of an app with these Replies, in the form of OpenAPI."""
    errors = words_of_errors()
    routes = replies.public_routes()
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": {path_of(route): {"get": operation(route, replies.wanted(route), errors)} for route in routes},
        "components": {
            "schemas": {"Reply": REPLY, "Error": ERROR},
            "responses": {str(status): response_of(", ".join(words), "Error") for status, words in errors.items()},
        },
    }


def path_of(route):
    """The path of a route, with a part like <this> written as {this}."""
    return re.sub(r"<(\w+).*?>", r"{\1}", route.rule)


def operation(route, wanted, errors):
    """What a route takes, does and answers."""
    in_path = re.findall(r"<(\w+)", route.rule)
    return {
        "operationId": re.sub(r"\W+", "_", route.rule).strip("_") or route.callback.__name__,
        "summary": purpose(route),
        "parameters": [*map(part_of_path, in_path), *map(parameter, wanted), FORMAT],
        "responses": {
            "200": response_of("It worked.", "Reply"),
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in errors},
        },
    }


def part_of_path(name):
    """A part like <this> of a route's path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": "hello"}


def parameter(wanted):
    """A key that a route takes. One that may be left out has no example, so that what tools fill in works."""
    _, name, key, required = wanted
    texts = {"type": "string", **({"enum": choices(key)} if choices(key) else {})}
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": key.what,
        "schema": SCHEMAS.get(key.read, texts),
        **({"example": key.sample()} if required else {}),
    }


def response_of(description, schema):
    """A reply with a status."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def words_of_errors():
    """The words of the errors that each HTTP status stands for."""
    words = {}
    for kind in Trouble.__subclasses__():
        words.setdefault(kind.status, set()).add(kind.word)
    return {status: sorted(words[status]) for status in sorted(words)}
