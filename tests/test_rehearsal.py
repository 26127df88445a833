"""The rehearsal: it passes with the game as it is, and finds what is broken in it, under the real uWSGI."""

import sqlite3
from contextlib import closing, contextmanager

import pytest
import requests

from game.moderation import Moderator
from server import rehearsal
from server.commands import Failed
from server.settings import Settings
from tests.conftest import Server, copy_code, wait_until
from tests.fleet import write_logbook

KEY = "a-key-for-the-tests"
LOCATION = '    return located(ocean, sailor)\n\n\n@app.get("/foretell"'
CHART = '    return dict(reply="This is the chart'


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """A folder with the program in it."""
    return copy_code(tmp_path_factory.mktemp("code"))


@contextmanager
def running(code, tmp_path, **settings):
    server = Server(cwd=code, MOCEAN_HARBOUR_KEY=KEY, **settings).start(tmp_path / "log")
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def changed(code, file, old, new):
    """Change the program for a while."""
    original = (code / file).read_text(encoding="utf-8")
    assert old in original
    (code / file).write_text(original.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        (code / file).write_text(original, encoding="utf-8")


def play(server):
    rehearsal.play(Settings.read(server.environment))


def test_it_passes_where_a_player_would_not_and_leaves_nobody_behind(code, tmp_path):
    """The club has a word, its own address is banned, the ocean is paused, and nobody is to call for it by a number."""
    with running(code, tmp_path, MOCEAN_WORD="plank", MOCEAN_HOSTS="reds.example.org") as server:
        for command in ("join?name=ada&word=plank", "harbour/ban?name=ada&address=yes", "harbour/pause"):
            assert requests.get(server.url + command, headers={"X-Harbour-Key": KEY}, timeout=5).ok
        play(server)
        wait_until(lambda: server.json("who")["sailors"] == ["Clem"])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (LOCATION, LOCATION.replace("located", "lokated"), "/location answered 500: The server has a bug"),
        (LOCATION, LOCATION.replace("located(ocean, sailor)", "'Somewhere.'"), "/location answered without "),
        ("ocean.turn(sailor, degrees)", "pass", "/location doesn't tell what /heading and /speed have set"),
        ("ocean.send(sailor, message, name)", "ocean.send(sailor, name, message)", "/sendchat answered 404: No sailor"),
        (
            "ocean.mail.pop(sailor, after)",
            "ocean.mail.pop(sailor, 9)",
            "/popchat doesn't bring what /sendchat has taken",
        ),
        (CHART, f"    exit()\n{CHART}", "/chart answered 500"),
        (
            CHART,
            CHART.replace("dict(", "dict(ok=False, "),
            "/chart answered without ok",
        ),
        ("session.quit(request, id)", "session.quit(id)", "/quit answered 500"),
        ("welcome = f", "raise SystemError\n    welcome = f", "/join answered 500"),
    ],
)
def test_it_says_which_route_is_broken_and_what_it_said(code, tmp_path, old, new, sentence):
    with changed(code, "mocean.py", old, new), running(code, tmp_path) as server:
        with pytest.raises(Failed) as failure:
            play(server)
        assert str(failure.value).startswith(sentence)


def test_it_looks_at_a_page(code, tmp_path):
    mistake = ("web/views/door.tpl", "{{!headline}}", "{{!heatline}}")
    with changed(code, *mistake), running(code, tmp_path) as server, pytest.raises(Failed, match=r"^/ answered 500"):
        play(server)


def test_it_says_that_a_server_is_gone(code, tmp_path):
    with running(code, tmp_path) as server:
        pass
    with pytest.raises(Failed, match=r"^/harbour/resume was not answered: "):
        play(server)


def test_its_names_are_fit_for_every_club():
    moderator = Moderator(["en", "de", "fr", "es", "it", "pl", "ru"])
    assert all(moderator.proper_name(f"guest{number}") for number in range(1000, 10_000, 97))


def test_in_a_full_ocean_it_makes_room_for_one_more(tmp_path, monkeypatch):
    monkeypatch.setattr(rehearsal, "MOST_KEPT", 30)
    file = tmp_path / "logbook.sqlite3"
    write_logbook(file, [(f"ship{number}", 1, 2, 3, 4) for number in range(30)])
    rehearsal.make_room(file)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM sailors").fetchone()[0] == 29
