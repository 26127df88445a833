"""The chart: liveries, soundings, who leads, of whom the news speak, and what everybody may know of one ship."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game import errors
from game.ocean import Ocean
from game.planet import SIZE
from game.sailors import NAP
from game.soundings import noted
from tests.conftest import SEED, Player, game

DEPTHS = string.digits + string.ascii_lowercase + string.ascii_uppercase
NAMES = ["ada", "bob", "carol", "dora"]


def looks(ocean):
    """The livery of each ship that is on the chart."""
    return {ship["name"]: ship["look"] for ship in ocean.chart()["sailors"] if ship["kind"] == "ship"}


def sound(ocean, sailor, x, y):
    """A ping at a place."""
    ocean.now += 1
    ocean.sail(sailor, x=x, y=y, speed=0.0)
    return ocean.sound(sailor)


def explore(ocean, sailor, mounts, treasures=0):
    """Let a sailor discover these seamounts, and raise so many treasures."""
    for mount in mounts:
        sound(ocean, sailor, mount.x, mount.y)
    for treasure in [*ocean.treasures.values()][:treasures]:
        ocean.sail(sailor, x=treasure.x, y=treasure.y, depth=treasure.depth)
        ocean.get(sailor, treasure.name)
    ocean.dive(sailor, 0)


# ---- Liveries ----


def test_a_class_of_28_has_28_liveries_and_the_robot_has_its_own(ocean):
    for number in range(28):
        ocean.join(f"ship{number}")
    assert sorted(looks(ocean).values()) == [*range(28)]
    assert ocean.chart()["sailors"][0]["look"] == -1


def test_who_comes_back_has_the_same_livery_unless_another_ship_has_it_now(ocean):
    ada, bob, carol = map(ocean.join, NAMES[:3])
    ocean.now += NAP
    dora = ocean.join("dora")
    assert dora.look == ada.look == 0
    ocean.wake(carol.id)
    ocean.wake(ada.id)
    assert looks(ocean) == {"dora": 0, "carol": 2, "ada": 1}
    ocean.wake(bob.id)
    assert looks(ocean)["bob"] == 3


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["ask", "quit", "wait"])), max_size=30))
def test_no_two_ships_ever_look_alike(deeds):
    ocean = Ocean(seed=SEED)
    for name, deed in deeds:
        sailor = ocean.crew.by_name.get(name)
        if deed == "wait":
            ocean.now += NAP / 2
        elif not sailor:
            ocean.join(name)
        else:
            ocean.quit(sailor.id) if deed == "quit" else ocean.wake(sailor.id)
        assert len({*looks(ocean).values()}) == len(looks(ocean))


# ---- Soundings ----


def test_the_first_ping_in_a_square_is_on_the_chart_of_all_until_the_season_ends(player, clock):
    player.join("ada")
    ocean, empty = player.ocean, ["." * 60] * 60
    assert player.json("/soundings")["rows"] == empty
    ada = ocean.find("ada")
    corners = {(0, 0): (59, 0), (14.9, 15): (58, 0), (899.9, 899.9): (0, 59), (450, 899): (0, 30)}
    for x, y in corners:
        sound(ocean, ada, x, y)
    ocean.world.soundings = noted(ocean.world.soundings, 14, 14, depth=9)  # in the first square again
    reply = player.json("/soundings")
    assert (reply["size"], reply["square"], reply["sounded"]) == (900, 15, 4)
    for (x, y), (row, column) in corners.items():
        assert reply["rows"][row][column] == DEPTHS[round(ocean.sea.floor(x, y))]
    assert player.json("/chart")["sounded"] == 4
    assert player.ask("/soundings").text.splitlines()[-60:] == [f"rows: {row}" for row in reply["rows"]]
    assert "\n".join(reply["rows"]) in player.page("/soundings")
    ocean.begin_season("")
    clock.now += 1
    assert (player.json("/chart")["sounded"], player.json("/soundings")["rows"]) == (0, empty)


@given(st.floats(0, SIZE, exclude_max=True), st.floats(0, SIZE, exclude_max=True))
def test_any_place_has_its_square_and_each_depth_its_character(x, y):
    ocean = Ocean(seed=SEED)
    sound(ocean, ocean.join("ada"), x, y)
    place = ocean.world.soundings.index(DEPTHS[round(ocean.sea.floor(x, y))])
    assert (place % 60, place // 60) == (x // 15, 59 - y // 15)


# ---- Great moments, and who leads ----


def test_the_news_tell_what_happened_and_to_whom(ocean):
    ada, mounts = ocean.join("ada"), ocean.sea.seamounts
    explore(ocean, ada, mounts[:1], treasures=10)
    ocean.honour(ada, "Summit", cheer=False)
    explore(ocean, ada, mounts[1:])
    ocean.tell("A storm is coming.")
    told = [(moment["kind"], moment["name"]) for moment in ocean.chart()["news"]]
    assert told == [*[("discovery", "ada")] * 11, ("", "")]
    explore(ocean, ada, (), treasures=10)
    told = [(moment["kind"], moment["name"]) for moment in ocean.chart()["news"]]
    assert told[-3:] == [("treasure", "ada"), ("treasure", "ada"), ("season", "")]
    ocean.honour(ada, "Summit", cheer=False)
    ocean.turn_tide("The tide turns.")
    told = [(moment["kind"], moment["name"]) for moment in ocean.chart()["news"]]
    assert told[-2:] == [("badge", "ada"), ("tide", "")]


def test_the_three_who_found_most_lead(ocean):
    mounts = ocean.sea.seamounts
    for name, some, treasures in (("ada", mounts[:1], 0), ("bob", (), 2), ("carol", mounts[1:4], 1), ("dora", (), 1)):
        explore(ocean, ocean.join(name), some, treasures)
    assert ocean.chart()["best"] == [
        {"name": "carol", "seamounts": 3, "treasures": 1},
        {"name": "bob", "seamounts": 0, "treasures": 2},
        {"name": "ada", "seamounts": 1, "treasures": 0},
    ]
    ocean.begin_season("")
    assert ocean.chart()["best"] == []


def test_the_chart_tells_when_a_ship_was_heard_from_and_when_it_got_its_last_order(ocean):
    ada = ocean.join("ada")
    ocean.now += 10
    ocean.turn(ada, 90)
    ocean.now += 20
    ocean.wake(ada.id)
    robot, ship = ocean.chart()["sailors"]
    assert (ship["heard"], ship["since"]) == (ocean.now, ocean.now - 20)
    assert robot["heard"] == robot["since"] == ocean.now


# ---- One ship ----


def test_all_may_know_what_one_has_found_and_earned_and_how_the_ship_sails(player, clock):
    player.join("ada")
    ocean = player.ocean
    ada, top, heard = ocean.find("ada"), ocean.sea.seamounts[0], clock.now
    explore(ocean, ada, [top], treasures=1)
    ocean.honour(ada, "Summit", cheer=False)
    ocean.sail(ada, heading=90.0, speed=4.0)
    stranger = player.another()
    known = stranger.json("/ship?name=ADA")
    assert (known["name"], known["look"], known["badges"]) == ("ada", 0, ["Summit"])
    assert (known["seamounts"], known["treasures"]) == ([top.name], [*ada.items])
    assert (known["heard"], known["heading"], known["speed"]) == (heard, 90, 4)
    player.ask("/dive?depth=5")
    hidden = stranger.json("/ship?name=ada")
    assert (hidden["heading"], hidden["speed"], hidden["asked"]) == (None, None, "/dive")
    assert stranger.json("/ship?name=Clem")["look"] == -1
    assert stranger.json("/ship?name=zed")["error"] == "no-sailor"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/heading?degrees=90", "/heading?degrees=90"),
        ("/foretell?x=1.5&y=2", "/foretell?x=1.5&y=2"),
        ("/accel?ctrl=W", "/accel?ctrl=W"),
        ("/location?id=ID&format=json", "/location"),
        ("/sendchat?message=12345", "/sendchat"),
        ("/popchat?after=7", "/popchat?after=7"),
        ("/join?name=ada&id=ID", "/join"),
        ("/badges?name=ada", "/badges"),
        ("/begin?message=7", "/begin"),
        ("/euler?message=7", "/stop"),  # as nobody may be told where the puzzles are
        ("/nowhere-else", "/stop"),
        ("/heading?degrees=silly-words", "/stop"),
    ],
)
def test_all_may_know_what_one_asked_last_but_no_text_and_no_secret_route(player, url, shown):
    id = player.join("ada")
    player.ask("/stop")
    player.ask(url.replace("ID", id))
    assert player.another().json("/ship?name=ada")["asked"] == shown


def test_what_one_asked_goes_with_the_voyage(player):
    player.ask(f"/quit?id={player.join('ada')}")
    player.another().join("ada")
    assert player.ocean.crew.asked.keys() == player.ocean.crew.by_id.keys()
    player.ocean.give_new_id("ada")
    assert player.json("/ship?name=ada")["asked"] == ""
    assert not player.ocean.crew.asked


# ---- In the logbook ----


def test_an_older_logbook_has_news_without_a_kind_and_no_soundings():
    ocean = Ocean(seed=SEED)
    ocean.restore([], [], [], {"news": [[5.0, "ada brought up the pearl."]]})
    moment = {"time": 5.0, "news": "ada brought up the pearl.", "kind": "", "name": ""}
    assert (ocean.chart()["news"], ocean.chart()["sounded"]) == ([moment], 0)


def test_after_a_restart_the_chart_is_the_same(tmp_path, clock):
    first = Player(game(clock=clock, logbook=str(tmp_path / "logbook.sqlite3")))
    for name in NAMES:
        first.another().join(name)
    explore(first.ocean, first.ocean.find("dora"), first.ocean.sea.seamounts[:2], treasures=2)
    first.another().join("erin")  # which writes all that has changed
    before = first.json("/chart")
    first.app.logbook.close()
    clock.now += 1
    second = Player(game(clock=clock, logbook=str(tmp_path / "logbook.sqlite3")))
    after = second.json("/chart")
    for fact in ("sounded", "best", "news", "seamounts"):
        assert before[fact] == after[fact], fact
    assert looks(first.ocean) == looks(second.ocean)


def test_of_an_erased_sailor_nothing_is_left_for_all_to_know(player):
    player.join("ada")
    ocean = player.ocean
    explore(ocean, ocean.find("ada"), ocean.sea.seamounts[:1], treasures=1)
    ocean.tell("Well done!", name="ada")
    assert ocean.chart()["best"]
    ocean.erase("ada")
    assert ocean.chart()["best"] == ocean.chart()["news"] == []
    assert "ada" not in str(ocean.chart())
    with pytest.raises(errors.NoSailor):
        ocean.ship("ada")
    assert not ocean.crew.asked
