"""One address against all others: what holds at the real server while somebody there floods it."""

import re
import socket
import time
from collections import Counter
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from itertools import count, product
from multiprocessing import Pool

import pytest

from game.mail import MAILBOX, MOST_OF_NEIGHBOURS
from tests.attack.siege import AWAY, HOME, SCHOOL, Flood, Place
from tests.conftest import Server
from tests.test_admin import KEY


@contextmanager
def flooded(server, address, request):
    """A flood that has begun to be refused."""
    with Flood(server, address, request) as flood:
        flood.wait_until(429, 100)
        yield flood


@pytest.fixture
def sea(tmp_path):
    """A real server with a logbook."""
    server = Server(MOCEAN_LOGBOOK=str(tmp_path / "logbook"), MOCEAN_HARBOUR_KEY=KEY, MOCEAN_MOST_PER_ADDRESS="45")
    yield server.start(tmp_path / "log")
    server.kill()


def guesses():
    """What makes requests with ids at random."""
    numbers = count()
    return lambda: ("location", {"id": f"guess{next(numbers)}"})


def test_a_flood_of_guesses_locks_out_nobody(sea):
    """Neither who plays at that address, also after a restart, nor who comes there for the first time."""
    home, school = Place(sea, HOME), Place(sea, SCHOOL)
    ada = school.join("ada")
    bob, carol, dora = map(home.join, ("bob", "carol", "dora"))
    with flooded(sea, SCHOOL, guesses()) as flood:
        assert {school.ask("location", id=ada)[0] for _ in range(50)} == {200}
        statuses = []
        while 200 not in statuses:
            statuses.append(school.ask("location", id=bob)[0])
            time.sleep(1)  # as the reply says
        assert statuses == [429, 429, 200]
        assert school.ask("location", cookie=carol)[0] == 429
        assert {school.ask(route, cookie=carol)[0] for route in ("", "mocean", "map", "begin")} == {200}
        assert school.ask("join", name="dora", id=dora)[0] == 200
        assert school.ask("location", id=dora)[0] == 200
        sea.kill()
        sea.start(sea.log)
        flood.wait_until(429, 100)
        assert school.ask("location", id=ada)[0] == 200
    assert flood.statuses[403] < 2 * 60 + 100


def test_what_is_refused_says_nothing_about_an_id(sea):
    """Each byte is the same for a right id and a wrong one, whatever is asked."""

    def said(id, line, *headers):
        lines = [line.replace("ID", id) + " HTTP/1.1", "Host: mocean", "Connection: close", *headers, "", ""]
        with socket.create_connection((HOME, sea.port), 10, (AWAY, 0)) as connection:
            connection.sendall("\r\n".join(lines).encode())
            reply = b"".join(iter(lambda: connection.recv(65536), b"")).replace(id.encode(), b"ID")
            return re.sub(rb"\d+ characters", b"many characters", reply)  # the port of this connection is among them

    home, away = Place(sea, HOME), Place(sea, AWAY)
    for number in range(60):
        assert away.ask("location", id=f"guess{number}")[0] == 403
    questions = [
        *["GET /location?id=ID", "GET /heading?degrees=9&id=ID", "GET /quit?id=ID", "GET /join?name=bob&id=ID"],
        *["GET /nope?id=ID", "GET /begin?oops=1&id=ID", "GET /location?format=x&id=ID", "GET /location?id=ID&id=ID"],
        *["POST /location?id=ID", "HEAD /location?id=ID", "GET /location?id=ID&x=" + "x" * 8000],
    ]
    headers = [["X: y"], ["Accept: text/html"], ["Sec-Purpose: prefetch"], ["X-Long: " + "x" * 20_000]]
    headers += [["Accept: application/json", "Sec-Fetch-Site: cross-site"]]
    seen = set()

    def is_same(question, more):
        right = home.join("ada")  # with another id each time, as what is sent again is looked at in the end
        first, second = (said(id, question, *more) for id in (right, f"zz{right[:6]}"))
        seen.add(int(first[9:12]))
        home.ask("quit", id=right)
        return first == second

    for question, more in product(questions, headers):
        # Every other second one of the guesses is looked at, and that may be ours.
        assert any(is_same(question, more) for _ in range(3)), (question, more)
    assert seen >= {200, 400, 403, 404, 405, 414, 429, 431, 503}


def test_the_club_word_is_not_guessed(tmp_path):
    server = Server(MOCEAN_WORD="plank").start(tmp_path / "log")
    school, numbers = Place(server, SCHOOL), count()
    try:
        ada = school.join("ada", word="plank")
        with flooded(server, SCHOOL, lambda: ("join", {"name": "eve", "word": f"guess{next(numbers)}"})) as flood:
            flood.wait_until(429, 1000)
            assert flood.statuses[403] < 100
            right, wrong = (school.ask("join", name="eve", word=word) for word in ("plank", "plonk"))
            assert right == wrong
            assert right[0] == 429
            assert school.ask("join", name="ada", id=ada)[0] == 200
            assert Place(server, HOME).join("bob", word="plank")
        # With an id, no word is looked at.
        right, wrong = (Place(server, AWAY).ask("join", name="eve", id="zz", word=word) for word in ("plank", "plonk"))
        assert right == wrong
        assert "unknown-id" in right[1]
    finally:
        server.kill()


def test_one_address_fills_neither_the_ocean_nor_a_mailbox_and_the_leader_can_send_all_of_it_away(sea):
    home, bots = Place(sea, HOME), Place(sea, AWAY)
    ada = home.join("ada")
    ids = [id for number in range(50) if (id := bots.join(f"bot{number}"))]
    assert len(ids) == 45
    status, text = bots.ask("join", name="another")
    assert (status, text.split(".")[0]) == (503, "45 ships from your network sail now, and no more can")
    assert home.join("bob")

    letters = [bots.ask("sendchat", id=id, name="ada", message="spam")[0] for id in ids for _ in range(4)]
    assert letters.count(200) == MOST_OF_NEIGHBOURS < MAILBOX
    assert Place(sea, HOME).ask("sendchat", cookie=ada, name="ada", message="hello")[0] == 200

    assert AWAY in home.ask("harbour", key=KEY)[1]
    assert home.ask("harbour/clear", key=KEY, address=AWAY)[1].startswith(f"Voyages from {AWAY} that have ended: 45.")
    assert home.ask("who")[1].split("sailors=")[1].split() == ["Clem,ada,bob"]
    assert {bots.ask("location", id=id)[0] for id in ids[:3]} == {403}
    assert bots.join("another")


def test_bad_requests_do_not_get_round_the_limits(sea):
    """2000 of them are explained at once, and 1000 a second."""
    began = time.monotonic()
    with Pool(3) as pool:
        statuses = sum(pool.starmap(ask_nonsense, [(sea.port, 3000)] * 3), Counter())
    taken = time.monotonic() - began
    assert statuses[400] <= 2000 + 1000 * taken + 100
    assert statuses[400] + statuses[429] == 9000
    assert Place(sea, HOME).ask("join", name="ada")[0] == 200


def ask_nonsense(port, number):
    """How many replies had each status."""
    statuses = Counter()
    with closing(HTTPConnection(HOME, port, 10, source_address=(AWAY, 0))) as connection:
        for _ in range(number):
            connection.request("GET", "/location?format=nonsense")
            reply = connection.getresponse()
            reply.read()
            statuses[reply.status] += 1
    return statuses
