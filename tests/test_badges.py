"""The badges: each is earned by what its sentence says, is told, and lasts."""

import re

import pytest

import badges
from bench import term
from game.planet import reckon
from tests.conftest import Clock, Player, game

BROWSER = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"}


class Sailor:
    """A player with a ship, who notes which badges the replies tell."""

    def __init__(self, player, name="ada"):
        self.player, self.name, self.told = player, name, []
        self.id = player.json("/join", name=name)["id"]

    @property
    def sailor(self):
        return self.player.ocean.find(self.name)

    def ask(self, route, **keys):
        reply = self.player.json(f"/{route}", id=self.id, **keys)
        self.told += [told.partition(":")[0] for told in reply.get("badge", "").split("! ") if told]
        return reply


@pytest.fixture
def ada(player):
    return Sailor(player)


def names(player, name="ada"):
    return {badge["badge"] for badge in player.json("/badges", name=name)["badges"]}


ANSWERS = {"begin": 101, "beguine": 987, "sirduke": "wigs", "euler": 50005000, "meruprastarah": "1 5 10 10 5 1"}


@pytest.mark.parametrize("stage", range(5))
def test_a_solved_puzzle_is_a_badge_for_who_is_known(player, ada, stage):
    route, answer = [*ANSWERS.items()][stage]
    assert "badge" not in player.another().json(f"/{route}", message=answer)
    assert "badge" not in ada.ask(route, message="7")
    badge = badges.BADGES[stage]
    assert ada.ask(route, message=answer)["badge"] == f"{badge.name}: {badge.sentence}"
    assert "badge" not in ada.ask(route, message=answer)
    assert names(player) == {badge.name}


def test_a_talk(player, ada):
    bob = Sailor(player.another(), "bob")
    ada.ask("sendchat", message="ahoy", name="Clem")
    ada.ask("popchat")
    ada.ask("sendchat", message="ahoy", name="BOB")
    bob.ask("popchat")
    assert names(player) == names(player, "bob") == set()
    bob.ask("sendchat", message="hello", name="ada")
    assert "badge" not in ada.ask("popchat")
    assert "Talk" in ada.ask("sendchat", message="how are you?", name="bob")["badge"]


def test_a_mistake_that_is_mended(ada):
    ada.ask("heading", degree=90)
    assert "badge" not in ada.ask("speed", speed=1)
    assert "Mended" in ada.ask("heading", degrees=90)["badge"]


def test_ten_questions_of_a_program_and_none_of_a_browser(player, ada):
    for _ in range(12):
        player.ask("/location", headers=BROWSER)
    assert names(player) == set()
    for _ in range(8):
        player.ask("/who")  # which is the same for all, and does not count
        ada.ask("look")
    assert names(player) >= {"Programmer", "Reader of JSON"}  # this is the tenth


def test_a_file_stays_a_file_and_the_badge_comes_with_the_next_reply(player, ada):
    for _ in range(8):  # after the join
        ada.ask("look")
    assert player.ask("/openapi.json").json["openapi"]
    assert "Programmer" in ada.ask("look")["badge"]


def test_who_was_away_and_comes_back_by_id(player, ada, clock):
    assert "badge" not in player.another().json("/join", name="ada", id=ada.id)
    clock.now += 61
    assert "Home again" in player.another().json("/join", name="ada", id=ada.id)["badge"]
    assert "Home again" not in player.json("/join", name="bob").get("badge", "")


def test_a_thousand_metres(ada, clock):
    ada.ask("speed", speed=40)
    clock.now += 24
    assert "badge" not in ada.ask("heading", degrees=90)
    clock.now += 1
    assert "Thousand metres" in ada.ask("heading", degrees=0)["badge"]


@pytest.mark.parametrize(
    ("turn", "sides", "is_square"), [(90, 4, True), (-90, 4, True), (90, 2, False), (60, 5, False)]
)
def test_a_square(ada, clock, turn, sides, is_square):
    ada.ask("speed", speed=10)
    for corner in range(sides + (sides == 4)):
        ada.ask("heading", degrees=30 + turn * corner)
        clock.now += 10
    assert ("Square" in ada.told) == is_square
    ada.ask("stop")
    assert ("Square" in ada.told) == is_square


def test_no_square_with_sides_that_differ(ada, clock):
    ada.ask("speed", speed=10)
    for seconds in (10, 12, 10, 12, 10, 12):
        ada.ask("heading", degrees=ada.sailor.heading + 90)
        clock.now += seconds
    assert "Square" not in ada.told


@pytest.mark.parametrize(("pause", "is_calm"), [(1, True), (0.1, False), (6, False)])
def test_a_minute_of_calm_polling(ada, clock, pause, is_calm):
    for _ in range(int(70 / pause)):
        ada.ask("location")
        clock.now += pause
    assert ("Calm" in ada.told) == is_calm


def test_who_is_told_to_wait_and_waits():
    clock = Clock()
    ada = Sailor(Player(game(clock=clock, limits=True)))
    while ada.ask("location")["ok"]:
        pass
    clock.now += 0.1
    assert ada.ask("look").get("badge", "") == "" or "Patient" not in ada.told
    clock.now += 1
    ada.ask("location")
    ada.ask("look")
    assert "Patient" in ada.told


def test_chat_that_is_read_with_after(player, ada):
    bob = Sailor(player.another(), "bob")
    for word in ("one", "two"):
        bob.ask("sendchat", message=word)
    number = ada.ask("popchat")["number"]
    assert "badge" not in ada.ask("popchat", after=number + 7)
    bob.ask("sendchat", message="three")
    number = ada.ask("popchat")["number"]
    assert "Never twice" in ada.ask("popchat", after=number)["badge"]


def test_an_encounter(player, ada, clock):
    assert "badge" not in ada.ask("look")
    bob = Sailor(player.another(), "bob")
    player.ocean.sail(bob.sailor, x=100.0, y=100.0)
    player.ocean.sail(ada.sailor, x=110.0, y=100.0)
    clock.now += 1
    assert "Encounter" in ada.ask("look")["badge"]


@pytest.mark.parametrize(("off", "is_right"), [(0, True), (4.9, True), (5.1, False)])
def test_foretelling(ada, clock, off, is_right):
    assert ada.ask("foretell")["off"] is None
    ada.ask("speed", speed=10)
    ship = ada.ask("location")
    x, y = reckon(ship["x"], ship["y"], ship["heading"], ship["speed"], 60)
    ada.ask("foretell", x=x + off, y=y)
    clock.now += 59
    assert "Not yet" in ada.ask("foretell")["reply"]
    clock.now += 5
    ada.ask("heading", degrees=270)  # a turn after that minute changes nothing
    clock.now += 50
    assert ada.ask("foretell")["off"] == pytest.approx(off, abs=0.02)
    assert ("Navigator" in ada.told) == is_right


def test_who_lies_still_or_turns_is_no_navigator(ada, clock):
    ship = ada.ask("location")
    ada.ask("foretell", x=ship["x"], y=ship["y"])
    clock.now += 61
    assert ada.ask("foretell")["off"] is None
    ada.ask("speed", speed=10)
    ada.ask("foretell", x=ship["x"], y=ship["y"] + 600)
    clock.now += 30
    ada.ask("heading", degrees=180)
    clock.now += 31
    assert ada.ask("foretell")["off"] > 100
    assert "Navigator" not in ada.told


@pytest.mark.parametrize(("turns", "is_line"), [((), True), ((10,), False)])
def test_a_line_of_twenty_depths(ada, clock, turns, is_line):
    ada.ask("speed", speed=5)
    for number in range(21):
        if number in turns:
            ada.ask("heading", degrees=90)
        ada.ask("ping")
        clock.now += 2
    assert ("Line of depths" in ada.told) == is_line


def test_treasure_depth_and_summit(player, ada, clock):
    ocean = player.ocean
    top = ocean.sea.seamounts[0]
    ocean.sail(ada.sailor, x=top.x - top.radius + 9, y=top.y)
    assert "Rising ground" in ada.ask("ping")["badge"]
    clock.now += 1
    ocean.sail(ada.sailor, x=top.x, y=top.y)
    assert "Summit" in ada.ask("ping")["badge"]
    one, other = sorted(ocean.treasures.values(), key=lambda treasure: treasure.depth)[:: len(ocean.treasures) - 1]
    assert one.depth < 20 < other.depth
    ocean.sail(ada.sailor, x=one.x, y=one.y, depth=one.depth)
    assert "Treasure hunter" in ada.ask("get", item=one.name)["badge"]
    ocean.sail(ada.sailor, x=other.x, y=other.y, depth=other.depth)
    assert "Deep diver" in ada.ask("get", item=other.name)["badge"]


# ---- What becomes of them ----


def test_firsts_are_honoured_and_great_deeds_are_told_in_chat(player, ada, clock):
    bob = Sailor(player.another(), "bob")
    for who in (ada, bob):
        who.ask("begin", message=101)
    assert [badge["first"] for badge in Player(player.app).json("/badges")["badges"][:2]] == ["ada", ""]
    news = [one["news"] for one in player.json("/chart")["news"]]
    assert news == ["ada has the badge Prime, before all others!", "bob has the badge Prime!"]
    assert bob.ask("popchat")["number"] == 0
    ada.ask("speed", speed=10)
    for corner in range(5):
        ada.ask("heading", degrees=90 * corner)
        clock.now += 10
    assert bob.ask("popchat")["message"] == "ada has the badge Square, before all others!"


def test_they_last(player, ada):
    ada.ask("begin", message=101)
    player.ocean.turn_tide("The tide turns.")
    player.ocean.begin_season("")
    assert names(player) == {"Prime"}


def test_the_certificate_shows_what_was_earned(player, ada):
    ada.ask("begin", message=101)
    page = player.page("/badges", name="ada").partition('class="certificate"')[2].partition("</section>")[0]
    assert "You found a prime number." in page
    assert "ten thousand" not in page


def test_each_has_a_name_of_its_own_and_plain_words():
    assert len({badge.name for badge in badges.BADGES}) == len(badges.BADGES) >= 20
    routes = game().routes
    for badge in badges.BADGES:
        assert badge.sentence.startswith("You")
        assert {f"/{route}" for route in badge.routes} <= routes.keys()


def test_a_term_can_be_simulated_with_a_short_lesson(monkeypatch, capsys):
    for name, value in (("LESSONS", 1), ("LESSON", 240)):
        monkeypatch.setattr(term, name, value)
    term.main()
    out = capsys.readouterr().out
    assert re.search(r"^Lesson 1: season 1 .* a new one for \d\d of 29$", out, re.MULTILINE)
    assert len(re.findall(r"^  \w.* \d+$", out, re.MULTILINE)) == len(badges.BADGES)


def test_a_student_adds_a_badge_in_five_lines(monkeypatch):
    monkeypatch.setattr(badges, "BADGES", [*badges.BADGES])

    @badges.badge("Hello", "You asked who is here.", "velocity")
    def hello(deed):
        return True

    ada = Sailor(Player(game()))
    assert ada.ask("velocity")["badge"] == "Hello: You asked who is here."


def test_a_badge_with_a_mistake_is_a_bug_that_costs_nothing(monkeypatch):
    monkeypatch.setattr(badges, "BADGES", [])

    @badges.badge("Broken", "You broke it.", "stop")
    def broken(deed):
        return 1 / 0

    ada = Sailor(Player(game()))
    assert ada.ask("stop")["error"] == "bug"
    assert ada.ask("location")["ok"]
