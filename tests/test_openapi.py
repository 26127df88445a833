"""The rules as an OpenAPI file: a program that has read nothing else can play."""

import json
import re

import pytest
from bottle import Bottle
from openapi_spec_validator import validate

from tests.conftest import game
from web import openapi
from web.routes import number, one_of, whole_number


@pytest.fixture
def document(player):
    return player.ask("/openapi.json").json


def keys_of(document, path):
    return {key["name"]: key for key in document["paths"][path]["get"]["parameters"]}


def test_it_is_valid(document):
    validate(document)


@pytest.mark.parametrize("how", [{"format": "page"}, {"format": "text"}, {"headers": {"Accept": "text/html"}}])
def test_it_is_json_for_everyone(player, how):
    response = player.ask("/openapi.json", **how)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json["openapi"].startswith("3.1")


def test_its_paths_and_keys_are_those_of_the_rules(document, player):
    rules = {rule["route"]: rule for rule in player.json("/mocean")["routes"]}
    assert document["paths"].keys() == rules.keys()
    for path, rule in rules.items():
        assert list(keys_of(document, path)) == [*rule["keys"], "format"]
        assert document["paths"][path]["get"]["summary"] == rule["does"]


def test_the_keys_have_their_types(document):
    heading, popchat = keys_of(document, "/heading"), keys_of(document, "/popchat")
    assert heading["degrees"]["schema"] == {"type": "number"}
    assert (heading["degrees"]["required"], heading["degrees"]["example"]) == (True, 90)
    assert popchat["after"]["schema"] == {"type": "integer", "minimum": 0}
    assert (popchat["after"]["required"], "example" in popchat["after"]) == (False, False)
    assert keys_of(document, "/accel")["ctrl"]["schema"]["enum"] == ["w", "s", "a", "d"]
    assert keys_of(document, "/begin")["message"]["description"] == "your answer"


def sent_by_a_tool(operation, **ours):
    """What a generated client sends: the examples of the keys that must be there, and all defaults."""
    keys = {key["name"]: key for key in operation["parameters"]}
    values = {name: key["example"] for name, key in keys.items() if key.get("required")}
    defaults = {name: key["schema"]["default"] for name, key in keys.items() if "default" in key["schema"]}
    return {**values, **defaults, **{name: ours[name] for name in values.keys() & ours}}


def part(document, pointer):
    """What a $ref points to."""
    for name in pointer.removeprefix("#/").split("/"):
        document = document[name]
    return document


def test_each_example_is_answered_as_the_file_says(document, player):
    id = player.another().join("grace")
    for path in sorted(document["paths"], key=lambda path: path == "/quit"):  # which comes last
        operation = document["paths"][path]["get"]
        response = player.another().ask(path, **sent_by_a_tool(operation, id=id))
        assert response.status_code == (409 if path == "/get" else 200), response.text
        answer = part(document, operation["responses"][str(response.status_code)]["$ref"])
        schema = part(document, answer["content"][response.headers["Content-Type"]]["schema"]["$ref"])
        assert set(schema["required"]) <= response.json.keys()
        assert response.json["ok"] is (response.status_code == 200)


def test_every_error_of_the_protocol_has_its_status(document):
    words = {status: answer["description"] for status, answer in document["components"]["responses"].items()}
    assert words["400"] == "bad-value, missing-key, unknown-key"
    assert {"403", "404", "405", "409", "414", "429", "431", "500", "503"} <= words.keys()


def test_nothing_secret_is_in_it(document, player):
    """Not a puzzle whose route is still to be found, not the harbour, and no id, whoever asks."""
    id = player.join("ada")
    text = json.dumps(document) + player.ask("/openapi.json", id=id).text
    assert not re.search("beguine|sirduke|euler|meruprastarah|harbour|static", text)
    assert id not in text


def test_a_route_of_a_student_is_in_it():
    app = Bottle()

    @app.get("/wave/<whom>")
    def wave(size: number("a size", 1.5), mood: one_of("merry", "calm"), times: whole_number = 1):
        """Wave at somebody."""

    document = openapi.document(game(app).public_routes(), None, "A game", "1")
    validate(document)
    keys = keys_of(document, "/wave/{whom}")
    assert [(name, key["in"]) for name, key in keys.items()] == [
        ("whom", "path"),
        ("size", "query"),
        ("mood", "query"),
        ("times", "query"),
        ("format", "query"),
    ]
    assert (keys["size"]["example"], keys["mood"]["schema"]["enum"]) == (1.5, ["merry", "calm"])
    assert document["paths"]["/wave/{whom}"]["get"]["summary"] == "Wave at somebody."
