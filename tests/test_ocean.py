"""The ocean by itself: no HTTP, and time is what the test says it is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game import errors
from game.moderation import LONGEST_BAN, MOST_MUTES, MUTE_LASTS
from game.ocean import CHAT_WAITS, PAUSED, SHIP_IN_SIGHT, TREASURE_IN_REACH, UNDER_WATER, Ocean
from game.planet import SIZE, distance
from game.sailors import GIVEN_AWAY, MOST_KEPT, NAP, Sailor
from tests.conftest import SEED
from web.limits import Pace


@pytest.fixture
def ada(ocean):
    return ocean.join("ada")


@pytest.fixture
def bob(ocean):
    return ocean.join("bob")


def sail_to(ocean, sailor, x, y, depth=0.0):
    """Put a ship somewhere, at rest."""
    ocean.sail(sailor, x=x, y=y, depth=depth, speed=0.0)


def seen(ocean, sailor):
    """The names of the things that a sailor sees."""
    return {thing["name"] for thing in ocean.look(sailor)}


# ---- Coming and going ----


def test_joining_gives_a_ship_at_rest_and_an_id(ocean, ada):
    assert len(ada.id) == 8
    assert not set(ada.id) & set("01ilo")
    assert ocean.wake(f" {ada.id.upper()} ") is ada
    assert ocean.location(ada)["speed"] == 0
    assert ocean.who() == ["Clem", "ada"]


def test_the_id_brings_the_same_ship_back_and_nothing_else_does(ocean, ada, bob):
    assert ocean.join("Ada", ada.id) is ada
    with pytest.raises(errors.NameTaken):
        ocean.join("ada")
    with pytest.raises(errors.UnknownId):
        ocean.join("ada", "aaaaaaaa")
    for name in ("ada", "carol"):
        with pytest.raises(errors.Cannot, match="belongs to bob"):
            ocean.join(name, bob.id)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("ada", "ADA"), ("Zoë", "Zoe\u0308"), ("ada", "ａｄａ"), ("Straße", "STRASSE")],  # the same name
        *[("Paul1", "PauIl"), ("Paul1", "Paull"), ("расе", "pace")],  # names that look the same
    ],
)
def test_nobody_can_pass_for_another(ocean, one, other):
    ocean.join(one)
    with pytest.raises(errors.NameTaken):
        ocean.join(other)
    assert ocean.join("Lan")
    assert ocean.join("Ian")  # whose look people can tell from Lan's


@given(st.text(max_size=20))
def test_any_text_is_a_name_or_is_refused(name):
    ocean = Ocean(seed=SEED)
    try:
        sailor = ocean.join(name)
    except (errors.BadValue, errors.NameTaken):
        return
    assert ocean.find(name) is sailor
    assert ocean.who() == ["Clem", sailor.name]


@pytest.mark.parametrize("name", ["CLEM", "C1em", "CIem", "M0cean", "Мосеап", "harb0ur", "Harbour-Master"])
def test_nobody_can_pass_for_the_robot_the_ocean_or_the_leader(ocean, name):
    with pytest.raises(errors.NameTaken):
        ocean.join(name)


def test_quitting_frees_the_name_and_ends_the_id_and_some_name_is_always_free(ocean, ada):
    assert ocean.quit(ada.id) == "ada"
    assert ocean.who() == ["Clem"]
    with pytest.raises(errors.UnknownId):
        ocean.wake(ada.id)
    assert ocean.join("ada").id != ada.id
    for _ in range(30):
        assert ocean.join(ocean.free_name())


def test_a_sailor_who_is_not_heard_falls_asleep_at_anchor_and_wakes(ocean, ada, bob):
    ocean.sail(ada, heading=90, speed=1)
    x, y = ocean.place(ada)
    ocean.now += NAP - 1
    ocean.wake(bob.id)
    assert ocean.who() == ["Clem", "ada", "bob"]
    ocean.now += 1
    assert ocean.who() == ["Clem", "bob"]
    assert [ship["name"] for ship in ocean.chart()["sailors"]] == ["Clem", "bob"]
    ocean.now += 100
    assert ocean.wake(ada.id) is ada
    assert ocean.who() == ["Clem", "ada", "bob"]
    ocean.now += 100
    assert ocean.place(ada) == pytest.approx(((x + NAP) % SIZE, y))
    assert ocean.location(ada)["speed"] == 0


def test_a_full_ocean_lets_in_those_who_fit():
    ocean = Ocean(most_awake=2)
    ada, bob = ocean.join("ada"), ocean.join("bob")
    with pytest.raises(errors.OceanFull):
        ocean.join("carol")
    ocean.now += NAP
    ocean.join("carol")
    ocean.wake(bob.id)
    with pytest.raises(errors.OceanFull):
        ocean.wake(ada.id)
    ocean.quit(bob.id)
    assert ocean.wake(ada.id) is ada


def test_a_name_is_given_away_after_60_days_and_not_before(ocean, ada):
    sail_to(ocean, ada, *ocean.treasures["pearl"][1:])
    ocean.get(ada, "pearl")
    ocean.now += GIVEN_AWAY - 1
    with pytest.raises(errors.NameTaken):
        ocean.join("ada")
    ocean.now += 1
    assert ocean.join("ada") is not ada
    assert "pearl" in ocean.treasures


def test_only_so_many_names_are_kept(ocean):
    for number in range(MOST_KEPT):
        ocean.crew.add(Sailor(f"old{number}", f"{number}", 0.0, 0.0, since=0.0, heard=float(number)))
    ocean.now = NAP + float(MOST_KEPT)
    with pytest.raises(errors.OceanFull):
        ocean.join("ada")
    ocean.now = float(GIVEN_AWAY)
    ocean.join("ada")
    assert ocean.find("old1")
    with pytest.raises(errors.NoSailor):
        ocean.find("old0")


# ---- Sailing ----


def test_a_ship_sails_on_by_itself(ocean, ada):
    sail_to(ocean, ada, 895, 450)
    ocean.turn(ada, 90)
    ocean.set_speed(ada, 10)
    ocean.now += 1
    assert ocean.place(ada) == pytest.approx((5, 450))
    assert ocean.velocity(ada) == pytest.approx((10, 0))


@given(st.lists(st.floats(0, 30), max_size=20), st.floats(-720, 720), st.floats(0, 40))
def test_asking_often_does_not_change_the_course(pauses, heading, speed):
    often, once = Ocean(seed=SEED), Ocean(seed=SEED)
    for ocean in (often, once):
        ocean.join("ada")
        ocean.turn(ocean.find("ada"), heading)
        ocean.set_speed(ocean.find("ada"), speed)
    for pause in pauses:
        often.now += pause
        often.location(often.wake(often.find("ada").id))
    once.now = often.now
    assert often.place(often.find("ada")) == once.place(once.find("ada"))


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("wasd")), max_size=20))
def test_orders_change_the_course_but_never_move_the_ship(keys):
    ocean = Ocean(seed=SEED)
    ada = ocean.join("ada")
    for pause, ctrl in keys:
        ocean.now += pause
        before = ocean.place(ada)
        ocean.accelerate(ada, ctrl)
        assert distance(*before, *ocean.place(ada)) < 1e-6
        assert 0 <= ada.speed <= 40
        assert 0 <= ada.heading < 360


def test_a_clock_that_goes_back_never_breaks_a_voyage(ocean, ada):
    ocean.sail(ada, x=100, y=450, heading=90, speed=1)
    ocean.status(ada)
    ocean.now -= 50
    assert ocean.place(ada) == (100, 450)
    ocean.turn(ada, 0)
    ocean.status(ada)
    assert ocean.who() == ["Clem", "ada"]


def test_speed_has_limits(ocean, ada):
    ocean.set_speed(ada, 40)
    for speed in (40.1, -0.1, 1e300):
        with pytest.raises(errors.BadValue):
            ocean.set_speed(ada, speed)
    ocean.dive(ada, 10)
    assert ada.speed == 5
    with pytest.raises(errors.Cannot):
        ocean.set_speed(ada, 6)
    with pytest.raises(errors.BadValue):
        ocean.set_speed(ada, 41)
    ocean.dive(ada, 0)
    ocean.set_speed(ada, 6)


def test_a_number_is_never_answered_as_minus_zero(player):
    player.join("ada")
    for url in ("/speed?speed=-0", "/heading?degrees=-0", "/dive?depth=-0"):
        assert "-0" not in player.ask(url).text


def test_diving_goes_down_to_the_floor_and_no_deeper(ocean, ada):
    ocean.dive(ada, 30)
    assert ocean.status(ada) & UNDER_WATER
    with pytest.raises(errors.Cannot, match=r"30\.0 m"):
        ocean.dive(ada, 30.1)
    with pytest.raises(errors.BadValue):
        ocean.dive(ada, -1)
    assert ocean.depth(ada) == 30
    ocean.dive(ada, 0)
    assert not ocean.status(ada) & UNDER_WATER


def test_a_ship_under_water_rises_over_a_seamount_and_sinks_again_behind(ocean, ada):
    top = ocean.sea.seamounts[0]
    ocean.sail(ada, x=top.x - 100, y=top.y, heading=90, speed=5, depth=28)
    depths = []
    for _ in range(41):
        depths.append(ocean.depth(ada))
        assert depths[-1] <= ocean.sea.floor(*ocean.place(ada))
        ocean.now += 1
    assert depths[0] == depths[-1] == 28
    assert min(depths) == pytest.approx(top.depth)


# ---- Seeing ----


def test_ships_see_each_other_within_20_metres(ocean, ada, bob):
    sail_to(ocean, ada, 890, 450)
    sail_to(ocean, bob, 9, 450)
    assert ocean.status(ada) & ocean.status(bob) & SHIP_IN_SIGHT
    thing = ocean.look(ada)[0]
    assert (thing["kind"], thing["name"], thing["distance"], thing["bearing"]) == ("ship", "bob", 19, 90)
    sail_to(ocean, bob, 11, 450)
    ocean.now += 1
    assert not ocean.status(ada) & SHIP_IN_SIGHT
    assert ocean.look(ada) == []


def test_it_is_dark_in_the_deep(ocean, ada, bob):
    sail_to(ocean, ada, 450, 450, depth=20)
    sail_to(ocean, bob, 465, 450)
    assert ocean.status(bob) & SHIP_IN_SIGHT
    assert not ocean.status(ada) & SHIP_IN_SIGHT
    ada.items += ("lantern",)
    ocean.now += 1
    assert ocean.status(ada) & SHIP_IN_SIGHT


@given(st.lists(st.tuples(st.integers(0, 899), st.integers(0, 899)), min_size=1, max_size=40), st.booleans())
def test_the_grid_finds_what_comparing_all_ships_would_find(places, crowded):
    ocean = Ocean(seed=SEED)
    ships = [ocean.join(f"ship{number}") for number in range(len(places))]
    ships[0].items = ("binoculars",)
    for ship, (x, y) in zip(ships, places):
        sail_to(ocean, ship, *((x / 9, y / 9) if crowded else (x, y)))
    robot = ocean.chart()["sailors"][0]
    for me in ships:
        sight = 100 if me.items else 20
        others = {s.name for s in ships if s is not me and distance(me.x, me.y, s.x, s.y) <= sight}
        assert {thing["name"] for thing in ocean.look(me) if thing["kind"] == "ship"} == others
        sees_robot = distance(me.x, me.y, robot["x"], robot["y"]) <= sight
        assert bool(ocean.status(me) & SHIP_IN_SIGHT) == bool(others or sees_robot)


def test_the_status_sees_a_fast_ship_a_quarter_of_a_second_late_or_in_a_crowd_later_and_a_look_sees_it_at_once():
    """So polls need no look around of their own."""
    ocean = Ocean(most_awake=5000, seed=SEED)
    ada, bob = ocean.join("ada"), ocean.join("bob")
    sail_to(ocean, ada, 100, 100)
    for ships, seconds in ((2, 0.25), (5000, 2)):
        for number in range(2, ships):
            ocean.join(f"ship{number}")
        ocean.now += 10
        ocean.sail(bob, x=100, y=115 + 40 * seconds, heading=180, speed=40)
        assert not ocean.status(ada) & SHIP_IN_SIGHT
        ocean.now += seconds - 0.01
        assert not ocean.status(ada) & SHIP_IN_SIGHT
        assert seen(ocean, ada) == {"bob"}
        ocean.now += 0.02
        assert ocean.status(ada) & SHIP_IN_SIGHT


# ---- Exploring ----


def test_a_ship_can_dive_to_the_depth_that_ping_tells(ocean, ada):
    top = ocean.sea.seamounts[1]
    for step in range(100):
        ocean.now += 1
        sail_to(ocean, ada, top.x + step / 2, top.y)
        ocean.dive(ada, round(ocean.sound(ada)[0], 2))


def test_the_first_to_sound_a_summit_slowly_discovers_the_seamount(ocean, ada, bob):
    assert ocean.sound(ada) == (30, 30, None)
    assert ocean.slope(ada) == ""
    assert ocean.chart()["seamounts"] == []
    top = ocean.sea.seamounts[3]

    def sound(sailor, metres, speed=0.0):
        """A ping so far from the middle of the seamount."""
        ocean.now += 1
        ocean.sail(sailor, x=top.x - metres, y=top.y, heading=0.0, speed=speed)
        return ocean.sound(sailor)[2]

    assert sound(ada, top.radius - 1) is sound(ada, 11) is None
    assert "highest" in ocean.slope(ada)
    assert sound(ada, 9, speed=3.1) is None
    assert "slower" in ocean.slope(ada)
    assert sound(ada, 9, speed=3) == top
    assert sound(bob, 0) is None
    assert top.name in ocean.slope(bob)
    assert ocean.mail.pop(bob)[0][1:3] == ("Mocean", f"ada discovered the seamount {top.name}!")
    assert not ocean.status(ada) & CHAT_WAITS
    assert ocean.chart()["seamounts"][0]["found_by"] == "ada"


def test_the_sounder_needs_a_second_between_two_pings_of_a_ship(ocean, ada, bob):
    ocean.sound(ada)
    ocean.now += 0.99
    with pytest.raises(errors.TooFast) as refused:
        ocean.sound(ada)
    assert refused.value.fields == {"wait": 1}
    ocean.sound(bob)
    ocean.now += 0.01
    ocean.sound(ada)
    ocean.now -= 3600  # the clock was wrong
    ocean.sound(ada)


def test_treasure_is_taken_from_near_and_at_its_depth(ocean, ada):
    pearl = ocean.treasures["pearl"]
    sail_to(ocean, ada, pearl.x + 50, pearl.y, pearl.depth)
    with pytest.raises(errors.Cannot):
        ocean.get(ada, "pearl")
    sail_to(ocean, ada, pearl.x, pearl.y)
    assert "pearl" in seen(ocean, ada)
    assert not ocean.status(ada) & TREASURE_IN_REACH
    with pytest.raises(errors.Cannot):
        ocean.get(ada, "pearl")
    sail_to(ocean, ada, pearl.x, pearl.y, depth=29)  # deeper than the floor: so the ship lies on it
    assert ocean.status(ada) & TREASURE_IN_REACH
    assert [ocean.get(ada, "PEARL"), ocean.get(ada, "pearl")] == ["pearl", "pearl"]
    assert ada.items == ("pearl",)
    assert "pearl" not in seen(ocean, ada)
    for item in ("gold", "", "😀", "treasure"):
        with pytest.raises(errors.NoItem):
            ocean.get(ada, item)


@pytest.mark.parametrize("go", [lambda ocean, ada: ocean.quit(ada.id), Ocean.send_ashore])
def test_nobody_else_gets_what_somebody_holds_until_the_voyage_ends(ocean, ada, bob, go):
    for sailor in (ada, bob):
        sail_to(ocean, sailor, *ocean.treasures["pearl"][1:])
    ocean.get(ada, "pearl")
    with pytest.raises(errors.Cannot, match="Another ship"):
        ocean.get(bob, "pearl")
    go(ocean, ada)
    assert ocean.get(bob, "pearl") == "pearl"


def test_treasure_helps(ocean, ada, bob):
    sail_to(ocean, ada, 450, 450)
    sail_to(ocean, bob, 450, 540)
    ada.items = ("copper keel", "big propeller", "binoculars")
    assert seen(ocean, ada) == {"bob"}
    ocean.set_speed(ada, 60)
    ocean.dive(ada, 1)
    assert ada.speed == 10
    pearl = ocean.treasures["pearl"]
    sail_to(ocean, ada, pearl.x + 34, pearl.y, pearl.depth)
    with pytest.raises(errors.Cannot):
        ocean.get(ada, "pearl")
    ada.items += ("boat hook",)
    assert ocean.get(ada, "pearl")


def test_when_all_is_found_a_new_tide_lays_it_out_again(ocean, ada, bob):
    for treasure in ocean.sea.hide(1).values():
        sail_to(ocean, ada, *treasure[1:])
        ocean.set_speed(ada, ada.top_speed(treasure.depth))
        ocean.get(ada, treasure.name)
    assert ocean.treasures == ocean.sea.hide(2)
    assert ada.items == ()
    assert ada.speed == 5
    news = ocean.mail.pop(bob)[0].message
    assert news == "ada found the last treasure. ada had 10. A new tide hides all treasure again!"


def raise_all(ocean, sailor):
    for treasure in [*ocean.treasures.values()]:
        sail_to(ocean, sailor, *treasure[1:])
        ocean.get(sailor, treasure.name)


def test_when_all_seamounts_and_treasures_are_found_a_new_season_begins_and_the_book_keeps_the_old_one(ocean, ada, bob):
    sea, names = ocean.sea, [mount.name for mount in ocean.sea.seamounts]
    for sailor, mounts in ((ada, sea.seamounts[:8]), (bob, sea.seamounts[8:])):
        for mount in mounts:
            ocean.now += 1
            sail_to(ocean, sailor, mount.x, mount.y)
            assert ocean.sound(sailor)[2] == mount
    raise_all(ocean, bob)
    assert (ocean.world.season, ocean.world.tide) == (2, 1)
    assert ocean.sea != sea
    assert ocean.discovered() == []
    assert bob.items == ()
    this, past = ocean.book.seasons(ocean.now)
    assert (this["season"], this["discovered"], this["raised"]) == (2, {}, {})
    assert past["discovered"] == dict.fromkeys(names[:8], "ada") | dict.fromkeys(names[8:], "bob")
    assert set(past["raised"].values()) == {"bob"}
    news = ocean.chart()["news"][-1]["news"]
    assert "ada discovered 8 seamounts and bob raised 10 treasures." in news
    assert "Season 2 begins" in news


def test_the_book_forgets_who_is_erased(ocean, ada):
    raise_all(ocean, ada)
    ocean.begin_season("")
    ocean.erase("ada")
    assert "ada" not in str(ocean.book.seasons(ocean.now)) + str(ocean.world)
    assert set(ocean.book.seasons(ocean.now)[1]["raised"].values()) == {"somebody"}


# ---- What the club's leader can do ----


def course_of_clem(ocean):
    """Where the robot is and how it sails, by the chart."""
    return [ocean.chart()["sailors"][0][fact] for fact in ("x", "y", "heading", "speed")]


def test_in_a_pause_ships_and_the_robot_stand_still_and_go_on_without_a_jump(ocean, ada):
    ocean.sail(ada, x=100.0, y=450.0, heading=90.0, speed=10.0)
    ocean.now += 5
    before, clem = ocean.place(ada), course_of_clem(ocean)
    ocean.pause()
    ocean.pause()
    ocean.now += 600
    ocean.wake(ada.id)
    assert ocean.place(ada) == before
    assert ocean.velocity(ada) == (0, 0)
    assert [ship["speed"] for ship in ocean.chart()["sailors"]] == [0, 0]
    assert ocean.status(ada) & (PAUSED | CHAT_WAITS) == PAUSED | CHAT_WAITS
    assert ocean.mail.pop(ada)[0].sender == "Harbour"
    for act, *arguments in (
        *[(ocean.turn, ada, 1), (ocean.set_speed, ada, 1), (ocean.accelerate, ada, "w"), (ocean.dive, ada, 1)],
        *[(ocean.get, ada, "pearl"), (ocean.send, ada, "hi"), (ocean.join, "bob"), (ocean.quit, ada.id)],
    ):
        with pytest.raises(errors.Paused):
            act(*arguments)
    assert ocean.join("ada", ada.id) is ada
    ocean.resume()
    assert ocean.place(ada) == before
    assert course_of_clem(ocean) == clem
    ocean.now += 2
    assert ocean.place(ada) == pytest.approx((before[0] + 20, before[1]))


def test_who_fell_asleep_in_a_pause_lies_where_it_began(ocean, ada):
    ocean.sail(ada, x=100.0, y=450.0, heading=90.0, speed=1.0)
    ocean.now += 10
    ocean.pause()
    ocean.now += 2 * NAP
    ocean.resume()
    ocean.now += 100
    assert ocean.place(ada) == (110, 450)
    assert ocean.location(ocean.wake(ada.id))["speed"] == 0


def test_a_new_id_ends_the_old_one_and_keeps_all_else(ocean, ada, bob):
    ocean.send(bob, "hi", "ada")
    ocean.send(bob, "hello, all")
    old, before = ada.id, ocean.location(ada)
    assert ocean.give_new_id("ADA") is ada
    with pytest.raises(errors.UnknownId):
        ocean.wake(old)
    assert ocean.location(ocean.wake(ada.id)) == before
    assert [ocean.mail.pop(ada)[0].message for _ in range(2)] == ["hi", "hello, all"]
    assert ocean.who() == ["Clem", "ada", "bob"]


def test_a_ban_ends_by_itself_or_is_taken_back_as_a_whole(ocean, ada, bob):
    ocean.ban(ada, 60, "address 192.0.2.7")
    for comes in (lambda: ocean.join("Ada"), lambda: ocean.wake(ada.id), lambda: ocean.join("bob", ada.id)):
        with pytest.raises(errors.Banned, match="in 1 min"):
            comes()
    with pytest.raises(errors.Banned):
        ocean.bans.check("address 192.0.2.7", ocean.now)
    ocean.now += 1
    ocean.ban(bob, 60)
    assert [left for _, left in ocean.bans.left(ocean.now)] == [59, 59, 59, 60, 60]
    ocean.unban("ADA")
    assert ocean.bans.left(ocean.now) == [("name bob", 60), (f"id {bob.id}", 60)]
    assert ocean.join("ada")
    with pytest.raises(errors.NoSailor):
        ocean.unban("carol")
    ocean.now += 60
    assert ocean.bans.left(ocean.now) == []
    assert ocean.join("bob")


@pytest.mark.parametrize("seconds", [1e308, math.inf, LONGEST_BAN + 1, 0.9, 0, -5, math.nan])
def test_a_ban_of_no_time_or_of_ages_is_refused(ocean, ada, seconds):
    with pytest.raises(errors.BadValue, match="A ban takes from 1 second to 527040 minutes"):
        ocean.ban(ada, seconds)
    assert ocean.wake(ada.id) is ada
    assert ocean.bans.left(ocean.now) == []
    ocean.ban(ada, LONGEST_BAN)
    with pytest.raises(errors.Banned):
        ocean.join("ada")


def test_an_endless_ban_of_earlier_days_is_one_of_a_year(ocean):
    ocean.world.bans["name eve"] = math.inf
    with pytest.raises(errors.Banned, match="in 527040 min"):
        ocean.join("eve")
    assert ocean.bans.left(ocean.now) == [("name eve", LONGEST_BAN)]


def test_talking_has_a_pace_and_a_mute_ends_it():
    ocean = Ocean(chat_pace=Pace(rate=1, burst=5))
    ada = ocean.join("ada")
    for _ in range(5):
        ocean.send(ada, "hi")
    with pytest.raises(errors.TooFast) as problem:
        ocean.send(ada, "hi")
    assert problem.value.fields == {"wait": 1}
    ocean.now += 1
    ocean.send(ada, "hi")
    ada.muted = True
    ocean.now += 1
    with pytest.raises(errors.Muted):
        ocean.send(ada, "hi")


def test_who_was_muted_and_comes_back_is_mute_by_name_and_by_browser(ocean, ada):
    ada.muted = True
    assert ocean.join("eve", known=ada.id).muted  # a second ship from the same browser
    ocean.quit(ada.id)
    assert not ocean.join("bob").muted
    for name, known in (("ADA", ""), ("carol", ada.id)):
        again = ocean.join(name, known=known)
        assert again.muted
        ocean.quit(again.id)
    ocean.now += MUTE_LASTS
    assert not ocean.join("ada", known=ada.id).muted


def test_a_mute_can_be_taken_back_also_of_one_who_has_gone(ocean, ada):
    ada.muted = True
    ocean.quit(ada.id)
    assert ocean.unmute("Ada") == "Ada"
    assert not ocean.join("ada", known=ada.id).muted
    with pytest.raises(errors.NoSailor):
        ocean.unmute("nobody")


def test_coming_and_going_mute_does_not_fill_the_memory(ocean, ada):
    ada.muted = True
    gone = ada
    for number in range(300):
        ocean.quit(gone.id)
        gone = ocean.join(f"pirate{number}", known=gone.id)
        assert gone.muted
    assert len(ocean.world.mutes) == MOST_MUTES


def test_erasing_a_sailor_forgets_the_mute(ocean, ada):
    ada.muted = True
    ocean.quit(ada.id)
    ocean.erase("ada")
    assert ocean.world.mutes == {}
    ada = ocean.join("ada")
    ada.muted = True
    ocean.erase("ada")
    assert ocean.world.mutes == {}


def test_kept_names_that_look_alike_by_a_later_rule_sail_on(ocean):
    """An older logbook may have two such names, and one that is reserved by now."""
    kept = [Sailor(name, id, 0, 0, 0, heard=1000) for name, id in (("Mary", "a"), ("Rnary", "b"), ("Teacher", "c"))]
    ocean.restore(kept, [], [], {})
    assert ocean.who() == ["Clem", "Mary", "Rnary", "Teacher"]
    assert ocean.join("teacher", "c").name == "Teacher"
    ocean.quit("a")
    with pytest.raises(errors.NameTaken):
        ocean.join("mary")  # looks like Rnary, who is still aboard
    ocean.quit("b")
    assert ocean.join("mary")
