"""The ocean by itself: no HTTP, and time is what the test says it is."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manners import CHAT_LENGTH, same_name
from ocean import CHAT_WAITS, MAILBOX, NAP, SHIP_IN_SIGHT, TREASURE_IN_REACH, UNDER_WATER, Ocean
from planet import SEAMOUNTS, SIZE, TREASURES, distance, lay_out, seafloor
from sailors import NO_MESSAGE
from troubles import BadValue, Cannot, MailboxFull, NameTaken, NoItem, NoSailor, OceanFull, UnknownId


def sail_to(ocean, sailor, x, y, depth=0.0):
    """Put a ship somewhere, at rest."""
    ocean.sail(sailor, x=x, y=y, depth=depth, speed=0.0)


def read_all(ocean, sailor):
    """All messages of a mailbox, taken out."""
    letters = iter(lambda: ocean.pop(sailor)[0], NO_MESSAGE)
    return [letter.message for letter in letters]


# ---- Coming and going ----


def test_joining_gives_a_ship_at_rest_and_an_id(ocean):
    ada = ocean.join("ada")
    assert len(ada.id) == 8
    assert not set(ada.id) & set("01ilo")
    assert ocean.sailor(f" {ada.id.upper()} ") is ada
    assert ocean.location(ada)["speed"] == 0
    assert ocean.who() == ["Clem", "ada"]


def test_the_id_brings_the_same_ship_back_and_nothing_else_does(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    assert ocean.join("Ada", ada.id) is ada
    with pytest.raises(NameTaken):
        ocean.join("ada")
    with pytest.raises(UnknownId):
        ocean.join("ada", "aaaaaaaa")
    with pytest.raises(Cannot):
        ocean.join("ada", bob.id)
    with pytest.raises(Cannot):
        ocean.join("carol", bob.id)


@pytest.mark.parametrize("name", ["al", "Ada_Lovelace-16x", "Zoë", "Дмитрий", "नमस्ते", "李小龍", "x1"])
def test_names_may_be_of_any_script(ocean, name):
    assert ocean.join(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "a" * 17,
        "a b",
        "<b>",
        "😀😀",
        "a\u202eb",
        "\u0301a",
        "ada!",
        "a\0b",
        "ada\ufe0f",
        "Clem\u034f",
        "\u3164\u3164",
    ],
)
def test_other_names_are_refused(ocean, name):
    with pytest.raises(BadValue):
        ocean.join(name)


@pytest.mark.parametrize(
    ("one", "other"), [("ada", "ADA"), ("Zoë", "Zoe\u0308"), ("ada", "ａｄａ"), ("Straße", "STRASSE")]
)
def test_names_that_differ_in_case_or_form_are_the_same(ocean, one, other):
    ocean.join(one)
    with pytest.raises(NameTaken):
        ocean.join(other)


@given(st.text(max_size=20))
def test_no_text_as_a_name_breaks_anything(name):
    ocean = Ocean()
    try:
        sailor = ocean.join(name)
    except (BadValue, NameTaken):
        return
    assert ocean.names[same_name(name)] is sailor
    assert ocean.who() == ["Clem", sailor.name]


@pytest.mark.parametrize("name", ["Clem", "CLEM", "mocean"])
def test_nobody_can_be_the_robot_or_the_ocean(ocean, name):
    with pytest.raises(NameTaken):
        ocean.join(name)


def test_quitting_frees_the_name_and_ends_the_id(ocean):
    ada = ocean.join("ada")
    assert ocean.quit(ada.id) == "ada"
    assert ocean.who() == ["Clem"]
    with pytest.raises(UnknownId):
        ocean.sailor(ada.id)
    assert ocean.join("ada").id != ada.id


def test_a_free_name_can_always_be_had(ocean):
    for _ in range(30):
        ocean.join(ocean.free_name())
    assert len(ocean.who()) == 31


def test_a_sailor_who_is_not_heard_falls_asleep_at_anchor_and_wakes(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    ocean.sail(ada, heading=90, speed=1)
    x, y = ocean.place(ada)
    ocean.now += NAP - 1
    ocean.sailor(bob.id)
    assert ocean.who() == ["Clem", "ada", "bob"]
    ocean.now += 1
    assert ocean.who() == ["Clem", "bob"]
    assert [ship["name"] for ship in ocean.chart()["sailors"]] == ["Clem", "bob"]
    ocean.now += 100
    assert ocean.sailor(ada.id) is ada
    assert ocean.who() == ["Clem", "ada", "bob"]
    ocean.now += 100
    assert ocean.place(ada) == pytest.approx(((x + NAP) % SIZE, y))
    assert ocean.location(ada)["speed"] == 0


def test_a_full_ocean_lets_in_those_who_fit():
    ocean = Ocean(most_awake=2)
    ada, bob = ocean.join("ada"), ocean.join("bob")
    with pytest.raises(OceanFull):
        ocean.join("carol")
    ocean.now += NAP
    ocean.join("carol")
    ocean.sailor(bob.id)
    with pytest.raises(OceanFull):
        ocean.sailor(ada.id)
    ocean.quit(bob.id)
    assert ocean.sailor(ada.id) is ada


# ---- Sailing ----


def test_a_ship_sails_on_by_itself(ocean):
    ada = ocean.join("ada")
    sail_to(ocean, ada, 895, 450)
    ocean.turn(ada, 90)
    ocean.set_speed(ada, 10)
    ocean.now += 1
    assert ocean.place(ada) == pytest.approx((5, 450))
    assert ocean.velocity(ada) == pytest.approx((10, 0))


@given(st.lists(st.floats(0, 30), max_size=20), st.floats(-720, 720), st.floats(0, 40))
def test_asking_often_does_not_change_the_course(pauses, heading, speed):
    often, once = Ocean(), Ocean()
    for ocean in (often, once):
        ocean.turn(ocean.join("ada"), heading)
        ocean.set_speed(ocean.names["ada"], speed)
    for pause in pauses:
        often.now += pause
        often.location(often.sailor(often.names["ada"].id))
    once.now = often.now
    once.names["ada"].heard = often.names["ada"].heard
    assert often.place(often.names["ada"]) == once.place(once.names["ada"])


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("wasd")), max_size=20))
def test_orders_change_the_course_but_never_move_the_ship(keys):
    ocean = Ocean()
    ada = ocean.join("ada")
    for pause, ctrl in keys:
        ocean.now += pause
        before = ocean.place(ada)
        ocean.accelerate(ada, ctrl)
        assert distance(*before, *ocean.place(ada)) < 1e-6
        assert 0 <= ada.speed <= 40
        assert 0 <= ada.heading < 360


def test_a_clock_that_goes_back_never_breaks_a_voyage(ocean):
    ada = ocean.join("ada")
    ocean.sail(ada, x=100, y=450, heading=90, speed=1)
    ocean.now -= 50
    assert ocean.place(ada) == (100, 450)
    ocean.turn(ada, 0)
    ocean.status(ada)
    assert ocean.who() == ["Clem", "ada"]


def test_speed_has_limits(ocean):
    ada = ocean.join("ada")
    ocean.set_speed(ada, 40)
    for speed in (40.1, -0.1, 1e300):
        with pytest.raises(BadValue):
            ocean.set_speed(ada, speed)
    ocean.dive(ada, 10)
    assert ada.speed == 5
    with pytest.raises(Cannot):
        ocean.set_speed(ada, 6)
    with pytest.raises(BadValue):
        ocean.set_speed(ada, 41)
    ocean.dive(ada, 0)
    ocean.set_speed(ada, 6)


def test_diving_goes_down_to_the_floor_and_no_deeper(ocean):
    ada = ocean.join("ada")
    ocean.dive(ada, 30)
    assert ocean.status(ada) & UNDER_WATER
    with pytest.raises(Cannot, match=r"30\.0 m"):
        ocean.dive(ada, 30.1)
    with pytest.raises(BadValue):
        ocean.dive(ada, -1)
    assert ocean.depth(ada) == 30
    ocean.dive(ada, 0)
    assert not ocean.status(ada) & UNDER_WATER


def test_a_ship_under_water_rises_over_a_seamount_and_sinks_again_behind(ocean):
    ada, top = ocean.join("ada"), SEAMOUNTS[0]
    ocean.sail(ada, x=top.x - 100, y=top.y, heading=90, speed=5, depth=28)
    depths = []
    for _ in range(41):
        depths.append(ocean.depth(ada))
        assert depths[-1] <= seafloor(*ocean.place(ada))
        ocean.now += 1
    assert depths[0] == depths[-1] == 28
    assert min(depths) == pytest.approx(top.depth)


# ---- Seeing ----


def test_ships_see_each_other_within_20_metres(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    sail_to(ocean, ada, 890, 450)
    sail_to(ocean, bob, 9, 450)
    assert ocean.status(ada) & ocean.status(bob) & SHIP_IN_SIGHT
    thing = ocean.look(ada)[0]
    assert (thing["kind"], thing["name"], thing["distance"], thing["bearing"]) == ("ship", "bob", 19, 90)
    sail_to(ocean, bob, 11, 450)
    ocean.now += 1
    assert not ocean.status(ada) & SHIP_IN_SIGHT
    assert ocean.look(ada) == []


def test_a_ship_can_dive_to_the_depth_that_ping_tells(ocean):
    ada, top = ocean.join("ada"), SEAMOUNTS[1]
    for step in range(100):
        sail_to(ocean, ada, top.x + step / 2, top.y)
        ocean.dive(ada, round(ocean.sound(ada)[0], 2))


def test_treasure_is_reached_from_where_the_ship_really_is(ocean):
    """Ordered to go deeper than the floor, the ship lies on it, and there is the treasure."""
    ada, pearl = ocean.join("ada"), ocean.treasures["pearl"]
    sail_to(ocean, ada, pearl.x, pearl.y, depth=29.0)
    assert ocean.get(ada, "pearl") == "pearl"


def test_it_is_dark_in_the_deep(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    sail_to(ocean, ada, 450, 450, depth=20)
    sail_to(ocean, bob, 465, 450)
    assert ocean.status(bob) & SHIP_IN_SIGHT
    assert not ocean.status(ada) & SHIP_IN_SIGHT
    ada.items.append("lantern")
    ocean.now += 1
    assert ocean.status(ada) & SHIP_IN_SIGHT


@given(st.lists(st.tuples(st.integers(0, 899), st.integers(0, 899)), min_size=1, max_size=40), st.booleans())
def test_the_lookout_sees_what_comparing_all_ships_would_see(places, crowded):
    ocean = Ocean()
    for number, (x, y) in enumerate(places):
        sail_to(ocean, ocean.join(f"ship{number}"), *((x / 9, y / 9) if crowded else (x, y)))
    ocean.names["ship0"].items.append("binoculars")
    for me in ocean.sailors.values():
        sight = 100 if me.items else 20
        others = {s.name for s in ocean.sailors.values() if s is not me and distance(me.x, me.y, s.x, s.y) <= sight}
        seen = {thing["name"] for thing in ocean.look(me) if thing["kind"] == "ship"}
        assert seen == others
        assert bool(ocean.status(me) & SHIP_IN_SIGHT) == bool(
            ocean.look(me) and {"Clem", *others} & names(ocean.look(me))
        )


def names(things):
    return {thing["name"] for thing in things}


def test_a_fast_ship_is_seen_as_soon_as_it_comes_into_sight():
    """Also where so many sail that looks around are rare."""
    ocean = Ocean(most_awake=4000)
    ada, bob, *_ = [ocean.join(f"ship{number}") for number in range(3000)]
    for sailor in ocean.sailors.values():
        sail_to(ocean, sailor, 800, 800)
    sail_to(ocean, ada, 100, 100)
    ocean.sail(bob, x=100, y=150, heading=180, speed=40)
    ocean.look(ada)
    ocean.now += 1
    assert [thing["name"] for thing in ocean.look(ada)] == [bob.name]


def test_one_look_around_serves_all_polls_of_a_quarter_of_a_second(ocean, monkeypatch):
    sailors = [ocean.join(f"ship{number}") for number in range(100)]
    looks = []
    look_around = ocean.lookout.look_around
    monkeypatch.setattr(ocean.lookout, "look_around", lambda *all: (looks.append(1), look_around(*all)))
    for poll in range(1000):
        ocean.now = 2000 + poll / 1000
        ocean.location(sailors[poll % 100])
    assert 4 <= len(looks) <= 5


# ---- Exploring ----


def test_the_first_to_sound_a_slope_discovers_the_seamount(ocean):
    ada, bob, top = ocean.join("ada"), ocean.join("bob"), SEAMOUNTS[3]
    for sailor in (ada, bob):
        sail_to(ocean, sailor, top.x + top.radius - 1, top.y)
    floor, clearance, found = ocean.sound(ada)
    assert floor == clearance < 30
    assert found == top
    assert ocean.sound(bob)[2] is None
    assert "ada discovered the seamount Davidson!" in read_all(ocean, bob)
    assert ocean.chart()["seamounts"][0]["found_by"] == "ada"
    assert ocean.chart()["chat"][0]["sender"] == "Mocean"


def test_sounding_the_plain_discovers_nothing(ocean):
    assert ocean.sound(ocean.join("ada")) == (30, 30, None)
    assert ocean.chart()["seamounts"] == []


def test_treasure_is_taken_from_near_and_at_its_depth(ocean):
    ada, pearl = ocean.join("ada"), ocean.treasures["pearl"]
    sail_to(ocean, ada, pearl.x + 50, pearl.y)
    with pytest.raises(Cannot):
        ocean.get(ada, "pearl")
    sail_to(ocean, ada, pearl.x, pearl.y)
    assert "pearl" in names(ocean.look(ada))
    assert not ocean.status(ada) & TREASURE_IN_REACH
    with pytest.raises(Cannot):
        ocean.get(ada, "pearl")
    ocean.dive(ada, pearl.depth)
    assert ocean.status(ada) & TREASURE_IN_REACH
    assert ocean.get(ada, "PEARL") == "pearl"
    assert ocean.get(ada, "pearl") == "pearl"
    assert ada.items == ["pearl"]
    assert "pearl" not in names(ocean.look(ada))


def test_nobody_else_gets_what_somebody_holds_until_he_quits(ocean):
    ada, bob, pearl = ocean.join("ada"), ocean.join("bob"), ocean.treasures["pearl"]
    for sailor in (ada, bob):
        sail_to(ocean, sailor, pearl.x, pearl.y, pearl.depth)
    ocean.get(ada, "pearl")
    with pytest.raises(Cannot, match="Another ship"):
        ocean.get(bob, "pearl")
    ocean.quit(ada.id)
    assert ocean.get(bob, "pearl") == "pearl"


@pytest.mark.parametrize("item", ["gold", "", "😀", "treasure"])
def test_there_is_no_other_item(ocean, item):
    with pytest.raises(NoItem):
        ocean.get(ocean.join("ada"), item)


def test_treasure_helps(ocean):
    ada = ocean.join("ada")
    sail_to(ocean, ada, 450, 450)
    ada.items += ["copper keel", "big propeller", "binoculars", "boat hook"]
    ocean.set_speed(ada, 60)
    ocean.dive(ada, 1)
    assert ada.speed == 10
    assert ada.ability("reach") == 35
    bob = ocean.join("bob")
    sail_to(ocean, bob, 450, 540)
    assert names(ocean.look(ada)) == {"bob"}


def test_when_all_is_found_a_new_tide_lays_it_out_again(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    for treasure in lay_out(1).values():
        sail_to(ocean, ada, treasure.x, treasure.y, treasure.depth)
        ocean.get(ada, treasure.name)
        if treasure.name == "copper keel":
            ocean.sail(ada, depth=0.0, speed=60.0)
    assert ocean.tide == 2
    assert ocean.treasures == lay_out(2)
    assert ada.items == []
    assert ada.speed <= 40
    assert any("new tide" in message for message in read_all(ocean, bob))


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([*TREASURES]), st.booleans()), max_size=60))
def test_treasure_is_never_made_nor_lost(moves):
    ocean = Ocean()
    for name in ("ada", "bob", "carol"):
        ocean.join(name)
    for who, item, quits in moves:
        sailor = [*ocean.sailors.values()][who]
        place = lay_out(ocean.tide)[item]
        sail_to(ocean, sailor, place.x, place.y, place.depth)
        try:
            ocean.get(sailor, item)
        except Cannot:
            assert item not in ocean.treasures
        if quits:
            ocean.quit(sailor.id)
            ocean.join(sailor.name)
        held = [item for sailor in ocean.sailors.values() for item in sailor.items]
        assert sorted([*held, *ocean.treasures]) == sorted(TREASURES)


# ---- Mail ----


def test_a_message_to_one_reaches_only_that_one(ocean):
    ada, bob, carol = (ocean.join(name) for name in ("ada", "bob", "carol"))
    number, reached, full = ocean.send(ada, "hi", "BOB")
    assert (reached, full) == (1, 0)
    assert ocean.status(bob) & CHAT_WAITS
    letter, waiting = ocean.pop(bob)
    assert (letter.number, letter.sender, letter.message, waiting) == (number, "ada", "hi", 0)
    assert read_all(ocean, ada) == read_all(ocean, carol) == []
    assert ocean.chart()["chat"] == []


def test_a_message_to_all_reaches_all_others_who_are_awake(ocean):
    ada, bob, carol = (ocean.join(name) for name in ("ada", "bob", "carol"))
    ocean.now += NAP
    ocean.sailor(ada.id), ocean.sailor(bob.id)
    assert ocean.send(ada, "hello, all")[1:] == (1, 0)
    assert read_all(ocean, bob) == ["hello, all"]
    assert read_all(ocean, ada) == read_all(ocean, carol) == []
    assert ocean.chart()["chat"][0]["message"] == "hello, all"


@given(st.lists(st.sampled_from(["send", "pop", "after", "after again"]), max_size=50))
def test_a_reader_with_after_loses_and_doubles_nothing(actions):
    """The network may lose any reply: then the same question is asked again."""
    ocean = Ocean()
    ada, bob = ocean.join("ada"), ocean.join("bob")
    sent, read, last = [], [], 0
    for action in actions:
        if action == "send":
            sent.append(f"message {len(sent)}")
            ocean.send(ada, sent[-1], "bob")
        elif action == "after again":
            ocean.pop(bob, after=last)  # its reply is lost
        elif action == "pop" and last == 0 and not read:
            continue
        else:
            letter, waiting = ocean.pop(bob, after=last)
            assert waiting == max(0, len(sent) - len(read) - 1)
            if letter.number:
                last = letter.number
                read.append(letter.message)
    assert read == sent[: len(read)]


@given(st.lists(st.integers(1, 5), max_size=30))
def test_popchat_gives_messages_in_order_and_each_once(batches):
    ocean = Ocean()
    ada, bob = ocean.join("ada"), ocean.join("bob")
    for batch in batches:
        numbers = [ocean.send(ada, "x", "bob")[0] for _ in range(batch)]
        assert [ocean.pop(bob)[0].number for _ in range(batch)] == numbers
    assert ocean.pop(bob) == (NO_MESSAGE, 0)


def test_a_full_mailbox_is_said_to_the_sender(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    for _ in range(MAILBOX):
        ocean.send(ada, "hi", "bob")
    with pytest.raises(MailboxFull, match="bob"):
        ocean.send(ada, "hi", "bob")
    assert ocean.send(ada, "hi")[1:] == (0, 1)
    assert len(read_all(ocean, bob)) == MAILBOX
    ocean.send(ada, "hi", "bob")


def test_nobody_can_write_to_nobody(ocean):
    with pytest.raises(NoSailor, match="zed"):
        ocean.send(ocean.join("ada"), "hi", "zed")


def test_a_message_is_one_line_of_200_characters(ocean):
    ada = ocean.join("ada")
    ocean.send(ada, " a\nb\0c\u2028d\x85e ", "ada")
    assert read_all(ocean, ada) == ["abcde"]
    ocean.send(ada, "x" * CHAT_LENGTH, "ada")
    for message in ("x" * (CHAT_LENGTH + 1), "\n", ""):
        with pytest.raises(BadValue):
            ocean.send(ada, message, "ada")


def test_clem_answers_whoever_is_alone(ocean):
    ada = ocean.join("ada")
    number, reached, _ = ocean.send(ada, "hello", "clem")
    assert reached == 1
    letter, _ = ocean.pop(ada)
    assert letter.sender == "Clem"
    assert letter.number > number
    assert "ada" in letter.message


def test_clem_also_answers_who_is_alone_and_speaks_to_everyone(ocean):
    ada = ocean.join("ada")
    assert ocean.send(ada, "is anybody there?")[1] == 1
    assert ocean.pop(ada)[0].sender == "Clem"
    bob = ocean.join("bob")
    ocean.send(ada, "is anybody there?")
    assert read_all(ocean, ada) == []
    assert read_all(ocean, bob) == ["is anybody there?"]


def test_clem_is_heard_only_by_whom_he_answers(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    before = copy.copy(bob.mailbox)
    ocean.send(ada, "where are you?", "Clem")
    assert bob.mailbox == before
