"""Whatever somebody mistypes, the reply proposes a URL that works as it stands, for that player and at that moment."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from game.errors import Cannot
from game.planet import REACH_DOWN
from tests.conftest import Player, game

KEY, JSON = "a key of the sea", {"Accept": "application/json"}
ROUTES = sorted(game(harbour_key=KEY).routes)
ROUTES = [rule for rule in ROUTES if not re.search(r"<|\.(ico|txt|json|js|csv)$|/(lock|erase|season)", rule)]
BAD = ["", " ", "north", "-1", "1e999", "nan", "😀", "x" * 300, "9" * 30, "nobody", "<b>", "/stop", "a&b"]


class Ship:
    """A player of a new game, and how a URL is asked as this player would."""

    def __init__(self, who, word):
        player = Player(game(word=word, harbour_key=KEY))
        player.join = lambda name: player.json("/join", name=name, word=word)["id"]
        player.another().json("/join", name="bob", word=word)
        self.keys = {}
        self.player = player if who == "browser" else Player(player.app, use_cookies=False)
        if who != "stranger":
            id = player.join("ada")
            self.keys = {"id": id} if who == "program" else {}

    def json(self, path, **keys):
        if path.startswith("/harbour"):
            keys["key"] = KEY
        return self.player.json(path, **{**self.keys, **keys})


def mistakes(path, keys):
    """URLs that somebody may type who means this one, as pairs of a path and keys."""
    yield path, {}
    yield path, {**keys, "nonsense": "1"}
    yield path, {**keys, "id": "abcdefgh"}
    yield path, {**keys, "Id": ""}
    yield path, {**keys, "format": "xml"}
    for name, value in keys.items():
        for misspelled in (name[:-1], name.upper(), name + name[-1]):
            yield path, {**{other: keys[other] for other in keys if other != name}, misspelled: value}
        for bad in BAD:
            yield path, {**keys, name: bad}
    for misspelled in (path[:-1], path + path[-1], path.upper(), path.replace("e", "", 1), path + "/up"):
        yield misspelled, keys
    pairs = urlencode(keys)
    for glued in (f"{path}/{pairs}", f"{path}&{pairs}"):
        yield glued, {}


@pytest.mark.parametrize(
    ("rule", "who", "word"),
    [
        *[(rule, who, None) for rule in ROUTES for who in ("stranger", "browser", "program")],
        *[
            (rule, who, "plank")
            for rule in ("/join", "/quit", "/location")
            for who in ("stranger", "browser", "program")
        ],
    ],
)
def test_what_is_proposed_works_as_it_stands(rule, who, word):
    app = Ship("stranger", word).player.app
    example = urlsplit(app.routes[rule].example(None, {}))
    keys = dict(parse_qsl(example.query))
    if rule == "/join":
        keys = {"name": "zoe", "word": "plank"} if word else {"name": "zoe"}
    ship, tried = Ship(who, word), 0
    for path, sent in mistakes(example.path, keys):
        ship.player.app.clock.now += 1  # as the sounder has to rest
        if "name" in keys:  # which somebody has from then on
            ship = Ship(who, word)
        reply = ship.json(path, **sent)
        if not reply["ok"]:
            tried += 1
            proposed = ship.player.ask(reply["try"].replace("YOUR-KEY", quote(KEY)), headers=JSON)
            assert proposed.status_code == 200, (path, sent, reply, proposed.json)
    assert tried


@pytest.mark.parametrize(
    ("asked", "proposed"),
    [
        ("/begin?mesage=7", "/begin?message=7"),
        ("/begin?MESSAGE=a%20b%26c", "/begin?message=a%20b%26c"),
        ("/headin?degrees=45", "/heading?degrees=45"),
        ("/heading?degree=45", "/heading?degrees=45"),
        ("/heading?degree=north", "/heading?degrees=90"),
        ("/sendchat?message=hi&nam=bob", "/sendchat?message=hi&name=bob"),
        ("/sendchat?message=www.example.com", "/sendchat?message=hello"),
        ("/join?nam=zoe", "/join?name=zoe"),
        ("/gett?item=pearl", "/look"),
        ("/get?itm=pearl", "/look"),
    ],
)
def test_what_was_right_stays(player, asked, proposed):
    player.join("ada")
    assert player.json(asked)["try"] == proposed


def test_a_program_keeps_its_id_and_the_name_to_which_it_writes(player):
    id = player.another().join("ada")
    player.another().join("bob")
    for asked in ("/sendchat?message=hi&nam=bob", "/sendcht?message=hi&name=bob"):
        assert player.json(f"{asked}&id={id}")["try"] == f"/sendchat?id={id}&message=hi&name=bob"


def test_an_id_under_a_misspelled_key_is_kept(player):
    program, id = Player(player.app, use_cookies=False), player.join("ada")
    for asked, proposed in ((f"/location?Id={id}", "/location?id="), (f"/join?name=ada&ID={id}", "/join?name=ada&id=")):
        assert program.json(asked)["try"] == proposed + id
        assert program.json(proposed + id)["name" if "join" in asked else "ok"]
        assert proposed.replace("&", "&amp;") + "YOUR-ID" in program.page(asked)
        assert id not in program.page(asked)


def test_no_page_proposes_a_secret(player):
    id = player.another().join("ada")
    page = player.page(f"/join?nam=ada&id={id}")
    assert id not in page
    assert "/join?name=ada&amp;id=YOUR-ID" in page
    assert player.json(f"/join?nam=ada&id={id}")["try"] == f"/join?name=ada&id={id}"
    assert player.json("/join?nam=zoe&id=abcdefgh")["try"] == "/join?name=zoe"  # that is nobody's id
    club = Player(game(word="plank"))
    assert "plink" not in club.page("/join?nam=ada&word=plink")
    assert club.json("/join?nam=ada&word=plank")["try"] == "/join?name=ada&word=plank"


# ---- The club word ----


def test_a_wrong_club_word_is_called_wrong_and_a_missing_one_missing():
    club = Player(game(word="plank"))
    missing, wrong = club.json("/join?name=ada"), club.json("/join?name=ada&word=plink")
    assert "send the club word" in missing["reply"]
    assert wrong["reply"] == "That is not the club word. Your club leader knows it."
    assert missing["error"] == wrong["error"] == "wrong-word"
    assert "/join?name=YOUR-NAME&word=CLUB-WORD" in club.ask(wrong["try"]).text


def test_each_form_to_join_asks_for_the_club_word_where_there_is_one():
    club, open_sea = Player(game(word="plank")), Player(game())
    id = club.another().json("/join", name="bob", word="plank")["id"]
    for url in ("/", "/mocean", "/join", "/join?name=ada", f"/quit?id={id}"):
        form = re.search(r'<form action="/join">.*?</form>', club.page(url), re.DOTALL)[0]
        assert re.search('<b>word</b>: the club word, which your club leader knows</span>\n<input name="word"', form), (
            url
        )
        assert 'name="word"' not in open_sea.page(url), url
    example = next(rule["example"] for rule in club.json("/mocean")["routes"] if rule["route"] == "/join")
    assert example == "/join?name=ada&word=CLUB-WORD"


# ---- Treasure ----


@pytest.fixture
def near(player):
    """A function that puts ada's ship so many metres away from the pearl, to the north."""
    player.join("ada")
    ada, pearl = player.ocean.find("ada"), player.ocean.treasures["pearl"]
    return lambda metres, **orders: player.ocean.sail(ada, x=pearl.x, y=pearl.y + metres, **orders)


def test_each_proposal_brings_the_treasure_nearer(player, near, clock):
    near(17)
    proposed = []
    while not (reply := player.json("/get", item="pearl"))["ok"]:
        assert reply["error"] == "cannot"
        proposed.append(reply["try"].partition("?")[0])
        assert player.json(reply["try"])["ok"]
        clock.now += 2
        assert len(proposed) < 12, proposed
    assert [*dict.fromkeys(proposed)] == ["/heading", "/speed", "/look", "/stop", "/dive"]
    assert player.json("/inventory")["items"] == ["pearl"]


def test_what_is_in_sight_but_out_of_reach_is_told_with_the_way_to_it(player, near):
    pearl = player.ocean.treasures["pearl"] if player.ocean else None
    near(17)
    pearl = player.ocean.treasures["pearl"]
    reply = player.json("/get", item="pearl")
    way = f"17 m to the south and {pearl.depth:.0f} m below you."
    assert reply["reply"] == f"You can't reach “pearl” from here. It is {way}"
    assert reply["try"] == "/heading?degrees=180"
    near(0, depth=0)
    assert player.json("/get", item="pearl")["reply"].endswith(f"It is {pearl.depth:.0f} m below you.")
    near(0, depth=pearl.depth, speed=0)
    assert player.json("/get", item="pearl")["ok"]


def test_what_is_not_in_sight_is_not_told(player, near):
    near(21)
    reply = player.json("/get", item="pearl")
    assert reply["reply"] == "You can't reach “pearl” from here. You don't even see it: sail on, and look."
    assert reply["try"] == "/look"


def test_a_treasure_deeper_than_the_floor_below_the_ship_is_sailed_to(ocean):
    ada, pearl = ocean.join("ada"), ocean.treasures["pearl"]
    deep = pearl._replace(depth=pearl.depth + 2 * REACH_DOWN)
    ocean.sail(ada, x=pearl.x, y=pearl.y + 8, heading=0)
    problem = ocean.out_of_reach(ada, deep._replace(depth=40))
    assert isinstance(problem, Cannot)
    assert (problem.instead, problem.keys) == ("heading", {"degrees": 180})
