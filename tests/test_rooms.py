"""The rooms: which of them may import what, and that their tables of contents and their examples are true."""

import ast
import doctest
import importlib
import re

import pytest

from tests.conftest import ROOT

ROOMS = ("game", "web", "server")
FILES = [*ROOT.glob("*.py"), *(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))]
OURS = {*ROOMS, *(file.stem for file in ROOT.glob("*.py"))}

MAY_IMPORT = {  # of ours
    "mocean": {"steps", "badges", "lessons", "game", "web", "server"},  # the only one that knows web and server both
    "steps": {"game", "web"},
    "badges": {"steps", "game", "web"},
    "lessons": set(),
    "web": {"game", "web"},
    "server": {"game", "server"},
    "game": {"game"},
    "client": set(),
}
MAY_NOT_IMPORT = {  # of others: the game knows no HTTP, no file and no clock
    "game": {"bottle", "http", "urllib", "requests", "socket", "sqlite3", "os", "pathlib", "time", "datetime"},
    "server": {"bottle"},
}


def room_of(file):
    """The name of a file's room, or of the file itself if it is in none."""
    return file.relative_to(ROOT).with_suffix("").parts[0]


def imports_of(file):
    """The first parts of the names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield room_of(file) if node.level else node.module.partition(".")[0]


@pytest.mark.parametrize("room", [*MAY_IMPORT])
def test_imports_run_one_way(room):
    assert {room_of(file) for file in FILES} == {*MAY_IMPORT}
    imported = {name for file in FILES if room_of(file) == room for name in imports_of(file)}
    assert imported & OURS <= MAY_IMPORT[room]
    assert not imported & MAY_NOT_IMPORT.get(room, set())


def test_no_package_hides_mocean():
    assert not (ROOT / "mocean").exists()


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_says_what_is_in_it(room):
    named = re.findall(r"^ *(\w+\.py) ", importlib.import_module(room).__doc__, re.MULTILINE)
    assert sorted([*named, "__init__.py"]) == sorted(file.name for file in (ROOT / room).glob("*.py"))


@pytest.mark.parametrize("file", [file for file in FILES if ">>> " in file.read_text()], ids=lambda file: file.stem)
def test_the_examples_in_the_docstrings_are_right(file):
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    assert doctest.testmod(importlib.import_module(module)).failed == 0
