"""How often one may ask, and from where. Time is what the test says."""

from itertools import count, product
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game import sailors
from game.errors import OceanFull, TooFast
from game.ocean import Ocean
from game.sailors import MOST_HOMES, NAP
from server.settings import Settings
from tests.conftest import Player, game, is_plain
from web import limits as module
from web.limits import MOST_PACED, Limits, Pace
from web.request import address_of

HERE, THERE = "192.0.2.1", "198.51.100.9"
FORMS = ("text", "json", "page")


@pytest.fixture
def limits():
    return Limits()


@pytest.fixture
def ada(clock):
    """A player who has joined at an address, in a game with limits."""
    player = Player(game(clock=clock, limits=True), address=HERE)
    player.id = player.join("ada")
    return player


def times(action, *arguments):
    """How often an action can be done before it is too fast, and then how long to wait."""
    for number in range(100_000):
        try:
            action(*arguments)
        except TooFast as problem:
            return number, problem.fields["wait"]


GUESSES = (f"guess{number}" for number in count())


def flood(app, address, number=370):
    """Guess so many ids at an address. Returns how many of them were looked at."""
    eve = Player(app, address=address)
    return [eve.ask("/location", id=next(GUESSES)).status_code for _ in range(number)].count(403)


# ---- Sailors and strangers ----


def test_a_sailor_asks_50_times_a_second_and_100_at_once(limits, ocean):
    ada, bob = ocean.join("ada", address=HERE), ocean.join("bob", address=HERE)
    assert times(limits.count_request, ada, HERE, ocean.now) == (100, 1)
    limits.count_request(bob, HERE, ocean.now)
    ocean.now += 1
    assert times(limits.count_request, ada, HERE, ocean.now)[0] == 50


def test_requests_without_an_id_have_a_ceiling_and_it_spares_sailors(limits, ocean):
    ada = ocean.join("ada", address=HERE)
    assert times(limits.count_request, None, HERE, ocean.now)[0] == 2000
    limits.count_request(ada, HERE, ocean.now)
    limits.count_request(None, THERE, ocean.now)


@pytest.mark.parametrize("url", ["/?format=nonsense", "/%FF?%FF", "/?" + "x" * 8000, "/?a=1&a=2"])
def test_bad_requests_are_counted_like_others(clock, url):
    player = Player(game(clock=clock, limits=True))
    statuses = [player.ask(url).status_code for _ in range(2001)]
    assert set(statuses[:2000]) <= {400, 414}
    assert statuses[2000] == player.ask("/begin").status_code == 429
    clock.now += 1
    assert player.ask(url).status_code in (400, 414)


# ---- Joining ----


def test_a_class_behind_one_address_can_join_within_a_minute(limits, ocean):
    for _ in range(120):
        limits.count_join(HERE, ocean.now)
    for _ in range(20 * 15):
        ocean.now += 3
        limits.count_join(HERE, ocean.now)
    assert times(limits.count_join, HERE, ocean.now)[0] < 2


def test_one_address_cannot_fill_the_ocean_with_ships():
    ocean = Ocean(most_awake=5, most_per_address=3)
    bots = [ocean.join(f"bot{number}", address=HERE) for number in range(3)]
    with pytest.raises(OceanFull, match="3 ships from your network sail now"):
        ocean.join("bot3", address=HERE)
    ocean.now += NAP - 1
    for bot in bots:
        ocean.wake(bot.id, THERE)  # they count where they joined, wherever they go
    ada = ocean.join("ada", address=THERE)
    with pytest.raises(OceanFull):
        ocean.join("bot3", address=HERE)
    ocean.now += NAP
    for bot in bots[:2]:
        ocean.wake(bot.id, HERE)
    ocean.join("bot3", address=HERE)
    with pytest.raises(OceanFull):
        ocean.wake(bots[2].id, THERE)
    ocean.wake(ada.id, HERE)


def test_names_that_were_never_used_go_first(ocean, monkeypatch):
    monkeypatch.setattr(sailors, "MOST_KEPT", 4)
    sailor, speaker, idle, awake = (ocean.join(name) for name in ("sailor", "speaker", "idle", "awake"))
    ocean.turn(sailor, 90)
    ocean.send(speaker, "hello")
    ocean.now += NAP
    ocean.wake(awake.id)
    ocean.join("bob")
    assert {one.name for one in ocean.crew.by_id.values()} == {"sailor", "speaker", "awake", "bob"}
    with pytest.raises(OceanFull):
        ocean.join("carol")
    assert idle.id not in ocean.crew.by_id


# ---- Guessing ids ----


def test_guessing_ids_is_slow(ada, clock):
    assert flood(ada.app, THERE) == 60
    clock.now += 10
    assert flood(ada.app, THERE) == 5
    assert flood(ada.app, "203.0.113.5") == 60


@pytest.mark.parametrize("form", FORMS)
def test_what_is_refused_is_the_same_for_a_right_id_and_a_wrong_one(ada, form):
    """Whatever is asked, and by whichever way the id comes: while it is not looked up, nothing shows what it is."""
    ada.another().join("bob")
    flood(ada.app, THERE)
    routes = (
        "?", "location", "heading", "heading?degrees=90", "heading?degrees=x", "nope?a=b", "nonsense", "quit", "join",
        "join?name=bob", "join?name=x", "join?name=", "location?format=x", "location?a=1&a=2", "chart", "steps", "who",
        "begin", "mocean", "location?x=" + "y" * 8000, "status", "popchat", "sendchat?message=hi", "openapi.json",
    )  # fmt: skip
    headers = ({}, {"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Site": "cross-site"}, {"X-Long": "y" * 20_000})
    seen = set()
    for route, method, more, by_cookie in product(routes, ("GET", "HEAD", "POST"), headers, (False, True)):
        said = []
        for id in (ada.id, "zzzzzzzz"):
            ada.app.limits.ids.untold.clear()  # as if nobody had sent this before
            query = f"{'&' if '?' in route else '?'}format={form}" + ("" if by_cookie else f"&id={id}")
            eve = Player(ada.app, use_cookies=False, address=THERE)
            reply = eve.ask(f"/{route}{query}", method, {**more, **({"Cookie": f"id={id}"} if by_cookie else {})})
            said.append((reply.status_code, str(reply.headers).replace(id, "ID"), reply.text.replace(id, "ID")))
        assert said[0] == said[1], (route, method, more, by_cookie)
        seen.add(said[0][0])
    assert seen == {200, 400, 403, 404, 405, 409, 414, 429, 431, 503}


def test_what_is_refused_says_how_to_come_back(ada):
    flood(ada.app, THERE)
    eve = Player(ada.app, address=THERE)
    reply = eve.json("/location", id=ada.id)
    assert (reply["error"], reply["wait"]) == ("too-fast", 1)
    assert reply["try"] == "/join?name=YOUR-NAME&id=YOUR-ID"
    assert is_plain(reply["reply"])


def test_at_home_an_id_is_looked_up_whatever_others_try(ada, clock):
    flood(ada.app, HERE, 1990)
    assert ada.json("/location")["ok"]
    clock.now += NAP
    flood(ada.app, HERE, 1990)
    assert ada.json("/location")["ok"]


def test_where_home_is_outlasts_a_restart(tmp_path, clock):
    file = str(tmp_path / "logbook.sqlite3")
    id = Player(game(clock=clock, limits=True, logbook=file), address=HERE).join("ada")
    (Path(file + "-lock")).unlink()  # as if that server had ended
    app = game(clock=clock, limits=True, logbook=file)
    flood(app, HERE)
    flood(app, THERE)
    assert Player(app, address=HERE).json("/location", id=id)["ok"]
    assert not Player(app, address=THERE).json("/location", id=id)["ok"]


def test_a_home_is_written_once_and_the_first_and_newest_are_kept(ada):
    homes = [HERE]
    for number in range(10):
        homes.append(f"10.0.0.{number}")
        ada.address = homes[-1]
        assert ada.json("/location")["ok"]
        assert not ada.app.logbook.is_behind(ada.ocean)
        with patch.object(ada.app.logbook, "commit") as commit:
            assert ada.json("/location")["ok"]
        assert not commit.called
    assert ada.ocean.find("ada").homes == (HERE, *homes[:-MOST_HOMES:-1])


def test_with_name_and_id_one_comes_back_from_anywhere(ada):
    flood(ada.app, THERE)
    bob = Player(ada.app, address=THERE)
    for keys in ({"name": "ada", "id": "zzzzzzzz"}, {"name": "bob", "id": ada.id}, {"name": "ad", "id": ada.id}):
        assert bob.json("/join", **keys)["error"] == "too-fast"
    assert bob.json("/join", name="Ada", id=ada.id.upper())["ok"]
    assert bob.json("/location")["ok"]  # at home from now on


def test_a_browser_comes_back_by_its_name_alone(ada):
    flood(ada.app, THERE)
    ada.address = THERE
    assert ada.json("/location")["error"] == "too-fast"
    assert ada.json("/join", name="ada")["id"] == ada.id
    assert ada.json("/location")["ok"]


def test_wrong_ids_by_join_are_guesses_too(ada):
    eve = Player(ada.app, address=THERE)
    errors = [eve.json("/join", name="ada", id=f"guess{number}")["error"] for number in range(70)]
    assert errors == ["unknown-id"] * 60 + ["too-fast"] * 10


def test_a_program_that_polls_gets_in_with_the_third_request(ada, clock):
    """And so does a whole class of them."""
    players = [ada, *(ada.another(HERE) for _ in range(29))]
    for number, player in enumerate(players[1:]):
        player.id = player.join(f"sailor{number}")
    flood(ada.app, THERE)
    for player in players:
        player.address = THERE
    tries = []
    for _ in range(3):
        tries.append([player.json("/location", id=player.id)["ok"] for player in players])
        clock.now += 1
        flood(ada.app, THERE)
    assert tries == [[False] * 30, [False] * 30, [True] * 30]


def test_one_who_guesses_gains_little_by_guessing_again(ada, clock):
    """Each second 100 ids, each of them three times, and some of them for ever."""
    flood(ada.app, THERE)
    eve = Player(ada.app, address=THERE)
    for second in range(60):
        for number in range(60):
            for _ in range(3):
                eve.ask("/location", id=f"again{second // 2 * number}")
        clock.now += 1
    assert len(ada.app.limits.ids.told) <= 60 + 30 + 60


def test_a_cookie_never_keeps_a_browser_from_what_needs_no_sailor(ada):
    flood(ada.app, THERE)
    ada.address = THERE
    assert ada.ask("/location").status_code == 429
    for route in ("", "mocean", "map", "chart", "who", "status", "begin?message=hint", "static/sea.css"):
        assert ada.ask(f"/{route}", headers={"Accept": "text/html"}).status_code == 200, route


def test_an_old_id_in_a_loop_is_one_guess(ada):
    """A class whose ids all ended, as with a new logbook, is told so and not locked out."""
    player = Player(ada.app, address=THERE)
    assert {player.json("/location", id="oldoldid")["error"] for _ in range(500)} == {"unknown-id"}
    assert flood(ada.app, THERE) == 59


def test_what_is_remembered_of_guesses_has_an_end(ada, clock, monkeypatch):
    monkeypatch.setattr(module, "MOST_GUESSES", 100)
    for _ in range(100):
        flood(ada.app, THERE, 20)
        clock.now += 10
    ids = ada.app.limits.ids
    assert len(ids.told) == len(ids.untold) == 100


# ---- Guessing the club word ----


@pytest.fixture
def club(clock):
    """A player of a club with a word."""
    return Player(game(clock=clock, limits=True, word="plank"), address=THERE)


def test_guessing_the_club_word_is_slow_and_tells_nothing(club, clock):
    for made_up in ({}, {"id": "abcdefgh"}, {"id": ""}):
        for number in range(200):
            assert not club.json("/join", name="eve", word=f"word{number}", **made_up)["ok"]
    assert len(club.app.limits.words.told) == 60
    wrong, right = (club.ask("/join", name="eve", word=word) for word in ("plonk", "plank"))
    assert wrong.status_code == 429
    assert (wrong.text, wrong.headers) == (right.text, right.headers)
    assert club.another(HERE).json("/join", name="ada", word="plank")["ok"]
    clock.now += 10
    assert club.json("/join", name="eve", word="plank")["ok"]


def test_a_class_that_mistypes_the_word_is_not_locked_out(club):
    for number in range(30):
        child = club.another(THERE)
        for word in ("Plank", "plnk", "planke", f"plank{number}"):
            error = child.json("/join", name=f"child{number}", word=word)["error"]
            assert error == "wrong-word", word
        assert child.json("/join", name=f"child{number}", word="plank")["ok"]


def test_the_word_that_is_sent_again_and_again_opens_during_a_flood(club):
    for number in range(200):
        club.json("/join", name="eve", word=f"word{number}")
    children = [club.another(THERE) for _ in range(30)]
    for _ in range(3):
        said = [child.json("/join", name=f"child{n}", word="plank")["ok"] for n, child in enumerate(children)]
    assert all(said)


def test_who_comes_back_needs_no_word(club):
    id = club.json("/join", name="ada", word="plank")["id"]
    eve = club.another(THERE)
    for number in range(200):
        eve.json("/join", name="eve", word=f"word{number}")
    assert club.another(THERE).json("/join", name="ada", id=id)["ok"]
    assert club.json("/join", name="ada")["id"] == id
    reply = club.another(HERE).json("/join", name="ada", id="zzzzzzzz", word="plank")
    assert reply["error"] == "unknown-id"
    flood(club.app, HERE)
    assert club.another(HERE).json("/location", id=id)["try"] == "/join?name=YOUR-NAME&id=YOUR-ID"


# ---- Talking ----


def test_all_who_joined_at_one_address_talk_30_times_a_second(limits, ocean):
    ocean.chat_pace = limits.chat
    ships = [ocean.join(f"ship{number}", address=HERE) for number in range(119)]
    ada = ocean.join("ada", address=THERE)

    def talk():
        for ship in ships:
            times(ocean.send, ship, "hi")
        return ocean.world.last_number

    assert talk() == 150
    assert times(ocean.send, ada, "hi")[0] == 5
    ocean.now += 1
    assert talk() == 155 + 30


def opens_after(limits, pauses, is_right=True):
    """After how many seconds among wrong keys one is let in that is sent with these pauses, or None."""
    passed = 0
    for pause in [0, *pauses]:
        passed += pause
        times(limits.count_key, HERE, False, passed)
        try:
            limits.count_key(HERE, is_right, passed)
        except TooFast:
            continue
        return passed
    return None


def test_among_many_wrong_keys_the_right_one_is_let_in_if_it_keeps_coming(limits):
    assert opens_after(limits, [5] * 20) == 45
    assert opens_after(Limits(), [9] * 20) == 45
    assert opens_after(Limits(), [11] * 20) is None  # so that a guess costs six requests
    assert opens_after(Limits(), [9, 9, 9, 30, 9, 9, 9]) is None
    assert opens_after(Limits(), [1] * 1000, is_right=False) is None


def test_what_is_remembered_of_knocks_has_an_end(limits):
    for number in range(MOST_PACED + 9):
        limits.knock((number, True), 1000)
    assert len(limits.knocks) == MOST_PACED


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("192.0.2.1", "", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "10.0.0.0/8", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.5", "10.0.0.0/8", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.5", "10.0.0.0/8", "unclear"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "10.0.0.0/8,127.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.0/8", "10.0.0.3"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1", "unclear"),
        ("10.0.0.1", "nonsense", "10.0.0.1", "unclear"),
        ("10.0.0.1", "10.0.0.1, 203.0.113.5", "10.0.0.1", "unclear"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.1", "10.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5,", "10.0.0.1", "unclear"),
        ("2001:db8::1", "", "", "2001:db8::/64"),
        ("2001:db8::ffff:1", "", "", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "203.0.113.5", "192.0.2.1", "203.0.113.5"),
        ("::ffff:192.0.2.1", "", "", "192.0.2.1"),
        ("::1", "2001:db8:1:2:3::4", "::1", "2001:db8:1:2::/64"),
    ],
)
def test_whose_word_about_the_address_is_believed(remote, forwarded, proxies, address):
    environ = {"REMOTE_ADDR": remote, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})}
    assert address_of(environ, Settings.read({"MOCEAN_PROXIES": proxies}).proxies) == address


# ---- Pace ----


def test_a_burst_and_then_one_by_one():
    pace = Pace(rate=2, burst=3)
    assert [pace.wait("ada", 1000) for _ in range(4)] == [0, 0, 0, pytest.approx(0.5, abs=1e-4)]
    assert pace.wait("ada", 1000.5) == 0
    assert pace.wait("ada", 1000.5) == pytest.approx(0.5, abs=1e-4)
    assert pace.wait("bob", 1000.5) == 0
    assert [pace.wait("ada", 2000) for _ in range(4)][:3] == [0, 0, 0]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_never_more_than_the_burst_and_the_rate_and_a_wait_is_worth_it(pauses):
    pace, now, passed = Pace(rate=2, burst=5), 1000.0, []
    for pause in pauses:
        now += pause
        wait = pace.wait("ada", now)
        if wait:
            assert pace.left("ada", now) == wait
            assert pace.left("ada", now + wait + 1e-6) == 0
        else:
            passed.append(now)
    for number, first in enumerate(passed):
        assert len([time for time in passed[number:] if time < first + 4]) <= 5 + 2 * 4


def test_a_clock_that_is_set_back_locks_nobody_out():
    pace = Pace(rate=1, burst=2)
    assert [pace.wait("ada", 1000) for _ in range(2)] == [0, 0]
    assert pace.wait("ada", 10) == 0


def test_it_forgets_those_who_have_rested_and_then_the_oldest():
    pace = Pace(rate=1, burst=1)
    for number in range(3 * MOST_PACED):
        pace.wait(number, 1000)
        assert len(pace.due) <= MOST_PACED
    assert pace.wait(3 * MOST_PACED - 1, 1000.5) == pytest.approx(0.5, abs=1e-4)
    pace.forget(2000)
    assert not pace.due
