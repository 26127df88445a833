"""The class at a glance: the leader sees who needs help and why, and leads a lesson. Nobody else sees it."""

import csv
import io
import os
import re
import sqlite3
import struct
from contextlib import closing

import pytest
import requests

from badges import BADGES
from game.ocean import EYES_UP
from game.sailors import MOST_OBSERVED
from lessons import LESSONS
from tests.conftest import ROOT, Player, Server, game
from tests.fleet import WHY_NOT
from web.tables import cell

KEY, WORD = "correct-horse-battery", "plankton"
MINUTE = 60
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}
needs_chromium = pytest.mark.skipif(os.environ.get("CI") != "true", reason=WHY_NOT)


@pytest.fixture
def player(clock):
    return Player(game(clock=clock, harbour_key=KEY))


@pytest.fixture
def ada(player):
    """A child who is aboard, in a browser."""
    player.join("ada")
    return player


def leads(player, route="", **keys):
    """What the leader reads, who is at another computer."""
    leader = Player(player.app, use_cookies=False, address="198.51.100.1")
    return leader.json(f"/harbour{route}", key=KEY, **keys)


def seen(player, name="ada"):
    """What the leader sees of a sailor."""
    return next(row for row in leads(player)["sailors"] if row["name"] == name)


def ask_for_a_minute(player, url, times):
    for _ in range(times):
        player.ask(url)
        player.app.clock.now += MINUTE / times


# ---- Who needs help, and why ----


def test_who_is_stuck_on_a_puzzle_is_seen_with_the_last_wrong_answer(ada, clock):
    ada.ask("/begin?message=101")
    for answer in (1, 2, 3, 144):
        ada.ask("/beguine", message=answer)
        assert not seen(ada)["help"]
        clock.now += MINUTE
    clock.now += 4 * MINUTE
    ada.ask("/beguine?message=hint")
    assert seen(ada)["help"] == "stuck on puzzle 2 for 8 min, 4 tries, last 144"
    assert seen(ada)["wrong"] == ["2", "3", "144"]
    assert (seen(ada)["solved"], seen(ada)["tries"]) == ([1], [1, 4, 0, 0, 0])
    ada.ask("/beguine?message=987")
    assert not seen(ada)["help"]


def test_who_comes_back_to_a_puzzle_after_the_holidays_is_not_stuck_since_then(ada, clock):
    ada.ask("/begin?message=7")
    clock.now += 14 * 24 * 60 * MINUTE
    for _ in range(4):
        ada.ask("/begin?message=8")
    assert not seen(ada)["help"]


def test_who_sails_meanwhile_is_not_stuck(ada, clock):
    for _ in range(5):
        ada.ask("/begin?message=7")
    for _ in range(8):
        clock.now += MINUTE
        ada.ask("/location")
    assert not seen(ada)["help"]


def test_who_repeats_an_error_is_seen_with_the_error(ada):
    for _ in range(12):
        ada.ask("/heading?degrees=nort")
    assert re.fullmatch(
        "the same error 12 times: /heading: The key “degrees” needs .* You sent “nort”.", seen(ada)["help"]
    )
    ada.ask("/heading?degrees=0")
    assert not seen(ada)["help"]


def test_who_breaks_a_route_again_and_again_is_seen(ada, monkeypatch):
    def boom(ocean, sailor):
        sailor.speed = 7.0
        raise ZeroDivisionError

    monkeypatch.setattr(ada.app.routes["/stop"], "function", boom)
    for _ in range(5):
        ada.ask("/stop")
    assert seen(ada)["help"].startswith("the same error 5 times: /stop: The server has a bug")


def test_who_is_silent_is_seen_and_a_pause_does_not_count(ada, clock):
    clock.now += 6 * MINUTE
    leads(ada, "/pause")
    clock.now += 5 * MINUTE
    assert seen(ada)["help"] == "silent for 6 min"


def test_who_fell_asleep_in_the_lesson_is_still_seen(ada, clock):
    leads(ada, "/lesson", number=1)
    clock.now += 20 * MINUTE
    assert seen(ada)["help"] == "silent for 20 min"
    leads(ada, "/lesson", number=0)
    assert not leads(ada)["sailors"]


def test_an_endless_loop_is_seen_also_where_it_is_asked_too_fast(clock):
    ada = Player(game(clock=clock, harbour_key=KEY, limits=True))
    ada.join("ada")
    statuses = [ada.ask("/location").status_code for _ in range(1000)]
    assert statuses.count(429) > 800
    assert "an endless loop?" in seen(ada)["help"]
    clock.now += 2 * MINUTE
    ask_for_a_minute(ada, "/location", 60)
    assert not seen(ada)["help"]


def test_by_browser_or_by_program(ada):
    ada.ask("/location", headers=BROWSER)
    assert seen(ada)["by"] == "browser"
    ada.ask("/location", headers={**BROWSER, "X-Requested-With": "Python"})
    assert seen(ada)["by"] == "program"


def test_the_most_urgent_comes_first(ada, clock):
    others = [ada.another() for _ in range(3)]
    for other, name in zip(others, ("bob", "cy", "dee")):
        other.join(name)
    clock.now += 6 * MINUTE
    for _ in range(6):
        others[0].ask("/speed?speed=99")
    for _ in range(1000):
        others[1].ask("/location")
    others[2].ask("/location")
    assert [(row["name"], row["sign"]) for row in leads(ada)["sailors"]] == [
        ("cy", "∞"), ("bob", "!"), ("ada", "…"), ("dee", "")
    ]  # fmt: skip


def test_the_last_twenty_requests_and_how_often(ada):
    for degrees in range(30):
        ada.ask("/heading", degrees=degrees)
    for _ in range(5):
        ada.ask("/location")
    asked = leads(ada, "/sailor", name="ADA")["asked"]
    assert [(one["times"], one["asked"]) for one in asked[:2]] == [(5, "/location"), (1, "/heading?degrees=29")]
    assert len(asked) == 20


# ---- What is kept, and what isn't ----


def kept(player):
    return " ".join(player.ocean.crew.seen.values())


def test_nothing_secret_and_nothing_said_is_kept_or_shown(clock):
    ada = Player(game(clock=clock, harbour_key=KEY, word=WORD))
    id = ada.json("/join", name="ada", word=WORD)["id"]
    bob = ada.another().json("/join", name="bob", word=WORD)["id"]
    leader = ada.another()
    leader.json("/join", name="eve", word=WORD)
    leader.json("/harbour", key=KEY)
    for keys in ({"message": id.upper()}, {"message": f"x {WORD}"}, {"message": KEY}, {"mesage": id}, {"ID": id}):
        ada.ask("/begin", **keys)
    ada.ask("/heading", degrees=id)
    ada.ask("/join", name=bob, id=id)
    ada.ask(f"/{id}")
    ada.ask("/sendchat", message="a walrus", name="bob")
    clock.now += MINUTE
    ada.ask("/location")
    shown = str([leads(ada, "/sailor", name=name) for name in ("ada", "bob", "eve")]) + str(leads(ada)["sailors"])
    for text in (kept(ada), shown):
        assert "/begin?message=x ••••••••" in text
        assert "/sendchat?name=bob" in text
        for secret in (id, WORD, KEY, "walrus"):
            assert secret not in text.lower()
    assert "harbour" not in kept(ada)


def test_a_letter_reaches_one_sailor(ada):
    bob = ada.another()
    bob.join("bob")
    assert leads(ada, "/say", message="Well done", name="bob")["reached"] == 1
    assert bob.json("/popchat")["message"] == "Well done"
    assert not ada.json("/popchat")["number"]


@pytest.mark.parametrize("ends", ["quit", "ashore", "ban", "erase"])
def test_it_goes_with_the_sailor(ada, clock, ends):
    ada.ask("/begin?message=7")
    clock.now += MINUTE
    ada.ask("/begin?message=8")
    assert "message=8" in kept(ada)
    if ends == "quit":
        ada.ask("/quit", id=ada.ocean.find("ada").id)
    else:
        leads(ada, f"/{ends}", name="ada", **({"sure": "yes"} if ends == "erase" else {}))
    assert not kept(ada)
    again = ada.another(address="192.0.2.1")
    leads(ada, "/unban", name="ada")
    again.join("ada")
    assert seen(again)["tries"] == [0] * 5


def test_it_stays_with_a_new_id(ada, clock):
    ada.ask("/begin?message=7")
    clock.now += MINUTE
    ada.ask("/location")
    assert leads(ada, "/newid", name="ada")["ok"]
    assert seen(ada)["tries"] == [1, 0, 0, 0, 0]


def test_an_erased_name_is_in_nobodys_notes(ada):
    bob = ada.another()
    bob.join("bob")
    for url in ("/sendchat?message=hi&name=Ada", "/begin?message=ada", "/begin?message=adam", "/badges?name=zed"):
        bob.ask(url)
    leads(ada, "/eyes", message="Ada, look up")
    leads(ada, "/erase", name="ada", sure="yes")
    assert [one["asked"] for one in leads(ada, "/sailor", name="bob")["asked"]][:2] == [
        "/badges?name=zed",
        "/begin?message=adam",
    ]
    assert not re.search(r"(?i)\bada\b", kept(ada) + str(leads(ada)["sailors"]) + ada.json("/chart")["eyes"])


def test_the_name_of_who_has_gone_can_be_erased_from_the_notes_of_others(ada):
    ada.ask("/begin?message=zed")
    assert leads(ada, "/erase", name="zed", sure="yes")["ok"]
    assert leads(ada, "/erase", name="zed", sure="yes")["error"] == "no-sailor"
    assert "zed" not in kept(ada) + str(leads(ada, "/sailor", name="ada"))


def test_of_thousands_of_sailors_the_newest_are_observed(ada):
    for number in range(MOST_OBSERVED + 100):
        ada.app.clock.now += MINUTE
        sailor = ada.ocean.join(f"sailor{number}")
        ada.another().ask("/location", id=sailor.id)
    assert len(ada.ocean.crew.seen) == MOST_OBSERVED
    assert len(ada.app.activity.notes) <= MOST_OBSERVED + 1


def test_notes_that_make_no_sense_stop_nobody(ada):
    ada.app.activity.notes.clear()
    for text in ("", "[", "7", "[1, 2, 3, 4, 5, 6]", '[1, 0, [["x"]], [[]]]', "null"):
        ada.ocean.crew.seen[ada.ocean.find("ada").id] = text
        assert seen(ada)["requests"] == 0
    assert ada.json("/location")["ok"]
    assert seen(ada)["requests"] == 1


def test_without_a_key_nothing_is_noted(clock):
    ada = Player(game(clock=clock))
    ada.join("ada")
    ada.ask("/begin?message=7")
    assert not kept(ada)


@pytest.mark.parametrize("url", ["/harbour", "/harbour.csv", "/harbour/sailor?name=ada", "/harbour/lesson?number=1"])
def test_nobody_else_sees_it(ada, url):
    for player in (ada, ada.another()):
        reply = player.ask(url)
        assert reply.status_code == 400
        assert "missing-key" in reply.text
    assert ada.json("/chart")["lesson"] == ""


def test_the_browser_of_the_leader_gets_the_file_too(player):
    assert "csv" in player.ask("/harbour.csv", headers={"X-Harbour-Key": KEY}).headers["Content-Type"]
    assert player.ask("/harbour.csv", headers=BROWSER).status_code == 200
    player.ask("/harbour/lock")
    assert player.ask("/harbour.csv", headers=BROWSER).status_code == 400


def test_the_file_for_home_has_everybody_and_no_formula(ada, clock):
    for name in ("-bob", "Zoë"):
        Player(ada.app).join(name)
    ada.ask("/begin?message=101")
    clock.now += 5 * 60 * MINUTE  # at home
    leader = Player(ada.app, use_cookies=False)
    table = leader.ask("/harbour.csv", key=KEY).data.decode("utf-8-sig")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(table))}
    assert [*rows] == ["'-bob", "ada", "Zoë"]
    assert [rows["ada"][field] for field in ("solved", "tries", "badges")] == ["1", "1,0,0,0,0", "Prime"]
    assert "203.0.113.7" not in table


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_no_cell_becomes_a_formula(text):
    assert cell(text) == "'" + text
    assert cell("1+1") == "1+1"


# ---- The lesson, and eyes up ----


def test_a_lesson_is_on_the_map_and_each_page_shows_the_next_thing_to_try(ada):
    assert leads(ada, "/lesson", number=1)["reply"] == "Lesson 1 has begun: URLs in the browser."
    assert ada.json("/chart")["lesson"].startswith("Lesson 1: Type URLs")
    assert "Lesson 1: Type URLs" in ada.json("/status")["reply"]
    first, second, *_ = LESSONS[1].steps
    for player in (ada, ada.another()):
        for name in {*ada.app.public_names} - {"map"}:
            assert first.task in player.page(f"/{name}"), name
    ada.ask("/begin?message=101")
    assert second.task in ada.page("/who")
    ada.ocean.find("ada").badges = tuple(badge.name for badge in BADGES)
    assert LESSONS[1].steps[-1].task in ada.page("/who")
    assert 'class="lesson"' not in Player(ada.app).page(f"/harbour?key={KEY}")
    leads(ada, "/lesson", number=0)
    assert (ada.json("/chart")["lesson"], 'class="lesson"' in ada.page("/who")) == ("", False)


def test_a_lesson_that_does_not_exist(player):
    reply = leads(player, "/lesson", number=7)
    assert reply["reply"] == "There is no lesson 7. Send a number from 1 to 6, or 0 for no lesson."
    assert player.json("/chart")["lesson"] == ""


def test_the_lessons_name_badges_and_routes_that_exist_and_no_puzzle_that_has_to_be_found(ada):
    badges, names = {badge.name for badge in BADGES}, [step for one in LESSONS.values() for step in one.steps]
    assert {step.badge for step in names} == badges | {""}
    assert {lesson.steps[-1].badge for lesson in LESSONS.values()} == {""}
    secret = set(ada.app.puzzles[1:])
    for step in names:
        assert ada.json(step.url).get("error") not in ("no-route", "bug"), step
        assert not [route for route in secret if route in step.task + step.url]


def test_eyes_up_is_a_bit_and_a_sentence_until_it_ends(ada):
    assert not ada.json("/location")["status"] & EYES_UP
    assert leads(ada, "/eyes", message="Look at me")["ok"]
    for route in ("location", "stop", "speed?speed=0"):
        assert ada.json(f"/{route}")["status"] & EYES_UP
    assert ada.json("/chart")["eyes"] == "Look at me"
    assert "Look at me" in ada.json("/status")["reply"]
    for url in ("/", "/begin", "/nowhere", "/location", f"/harbour?key={KEY}"):
        assert "Look at me" in Player(ada.app).page(url)
    leads(ada, "/eyes")
    assert not ada.json("/location")["status"] & EYES_UP
    assert 'class="eyes"' not in ada.page("/")


# ---- At the real server ----


def test_it_survives_a_crash(tmp_path):
    """All but the last seconds of it."""
    file, clock = tmp_path / "logbook", tmp_path / "clock"
    clock.write_bytes(struct.pack("d", 1_000_000))
    clocked = {"PYTHONPATH": str(ROOT / "tests/clock"), "TEST_CLOCK": str(clock), "LATENCY": "7"}
    server = Server(MOCEAN_HARBOUR_KEY=KEY, MOCEAN_LOGBOOK=str(file), **clocked).start(tmp_path / "log")
    try:
        ada = server.json("join", name="ada")["id"]
        for answer in (7, 8, 9):
            server.json("begin", id=ada, message=answer)
        for _ in range(5):
            server.json("location", id=ada)
        server.json("harbour/lesson", number=1, key=KEY)
        server.json("harbour/eyes", message="Look at me", key=KEY)
        server.kill()
        server.start(server.log)
        row = server.json("harbour", key=KEY)["sailors"][0]
        asked = [one["asked"] for one in server.json("harbour/sailor", name="ada", key=KEY)["asked"]]
        assert (row["tries"], row["wrong"], row["requests"] > 4) == ([3, 0, 0, 0, 0], ["7", "8", "9"], True)
        assert asked[:2] == ["/location", "/begin?message=9"]
        assert server.json("chart")["lesson"].startswith("Lesson 1: ")
        assert server.json("location", id=ada)["status"] & EYES_UP
        server.json("quit", id=ada)
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT * FROM seen").fetchall() == []
    finally:
        server.kill()


# ---- In the leader's browser ----


@pytest.fixture
def school(tmp_path):
    """A real server whose clock stands still until the test moves it on."""
    server, file = None, tmp_path / "clock"

    def pass_by(seconds):
        now = struct.unpack("d", file.read_bytes())[0]
        with file.open("r+b") as stream:
            stream.write(struct.pack("d", now + seconds))

    file.write_bytes(struct.pack("d", 1_000_000))
    clocked = {"PYTHONPATH": str(ROOT / "tests/clock"), "TEST_CLOCK": str(file)}
    server = Server(MOCEAN_HARBOUR_KEY=KEY, **clocked).start(tmp_path / "log")
    server.pass_by = pass_by
    yield server
    server.kill()


KINDS = {"fast": 9, "stuck": 6, "silent": 6, "endless": 2, "browser": 5}


def play(school):
    """Nine minutes of 28 children."""
    children = [f"{kind}-{number}" for kind, how_many in KINDS.items() for number in range(how_many)]
    ids = {name: school.json("join", name=name)["id"] for name in children}

    def ask(name, route, **keys):
        headers = BROWSER if name.startswith("browser") else {}
        return requests.get(school.url + route, params={"id": ids[name], **keys}, headers=headers, timeout=20)

    for name in children:
        ask(name, "begin", message=101)
    for minute in range(9):
        for name in children:
            kind = name.partition("-")[0]
            if kind == "stuck":
                ask(name, "beguine", message=610 + minute)
            elif kind == "fast":
                ask(name, "heading", degrees=90)
            elif kind == "browser":
                ask(name, "location")
        school.pass_by(MINUTE)
    for name in children:
        if name.startswith("fast"):
            for route, answer in (("beguine", 987), ("sirduke", "wigs"), ("euler", 50005000)):
                ask(name, route, message=answer)
        if name.startswith("stuck"):
            ask(name, "beguine", message=144)
        if name.startswith("browser"):
            ask(name, "location")
        if name.startswith("endless"):
            for _ in range(1000):
                ask(name, "location")
    return ask


def open_harbour(page, school):
    page.goto(school.url + "harbour")
    page.locator("#lock input").fill(KEY)
    page.keyboard.press("Enter")
    page.locator("#class").wait_for()


@needs_chromium
def test_the_leader_reads_from_the_page_who_of_28_needs_help_and_why(open_browser, school):
    ask = play(school)
    page = open_browser(viewport={"width": 1366, "height": 768})
    open_harbour(page, school)
    needs = {}
    for item in page.locator(".need li").all():
        sign, name, why = re.fullmatch(r"(\S) (\S+): (.*)", item.inner_text()).groups()
        needs[name] = sign, why
    expected = {
        "endless": r"∞ \d+ requests in a minute: an endless loop\?",
        "stuck": r"\? stuck on puzzle 2 for 9 min, 10 tries, last 144",
        "silent": "… silent for 9 min",
    }
    assert sorted(needs) == sorted(f"{kind}-{n}" for kind in expected for n in range(KINDS[kind]))
    for name, need in needs.items():
        assert re.fullmatch(expected[name.partition("-")[0]], " ".join(need)), (name, need)
    rows = page.locator(".class tbody tr")
    assert rows.count() == 28
    by = {}
    for row in rows.all():
        cells = row.locator("td").all_inner_texts()
        by[row.get_by_role("link").inner_text()] = cells[1], cells[-1]
    assert (by["browser-1"], by["fast-1"], by["stuck-1"]) == (
        ("–", "browser"),
        ("✓ 1×", "program"),
        ("10× 9′ 617, 618, 144", "program"),
    )
    # It refreshes by itself, and shows what one asked who is clicked on.
    ask("stuck-0", "beguine", message=987)
    page.locator(".need", has_not_text="stuck-0").wait_for(timeout=20_000)
    page.locator(".need").get_by_role("link", name="stuck-1").click()
    page.get_by_text("/beguine?message=144").wait_for()
    page.locator('form[action="/harbour/say"] input[name=message]').fill("Read the hint")
    page.get_by_role("button", name="/harbour/say").click()
    page.get_by_text("A message went to 1 sailor.").wait_for()
    assert ask("stuck-1", "popchat", format="json").json()["message"] == "Read the hint"


@needs_chromium
def test_a_phone_can_pause_call_for_eyes_and_start_a_lesson(open_browser, school):
    ada = school.json("join", name="ada")["id"]
    phone = open_browser(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_harbour(phone, school)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    def tap(button):
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 40, "too small for a thumb"
        assert box["y"] + box["height"] < 844, "not on the first screen"
        button.tap()

    tap(phone.get_by_role("link", name="Pause", exact=True))
    phone.get_by_text("The ocean is paused.").wait_for()
    assert school.json("chart")["paused"]
    tap(phone.get_by_role("link", name="Resume", exact=True))
    phone.get_by_text("The ocean is open.").wait_for()
    phone.get_by_label("a sentence for all").fill("Look at me")
    tap(phone.get_by_role("button", name="Eyes up"))
    phone.get_by_role("alert").wait_for()
    assert school.json("location", id=ada)["status"] & EYES_UP
    tap(phone.get_by_role("link", name="Eyes free"))
    phone.get_by_text("The pages are as before.").wait_for()
    assert not school.json("location", id=ada)["status"] & EYES_UP
    tap(phone.get_by_role("link", name="3", exact=True))
    phone.get_by_text("Lesson 3 has begun: Join and sail.").wait_for()
    page = open_browser()
    page.goto(school.url + "map")
    page.get_by_text("Lesson 3: Sail your ship").wait_for()
    assert LESSONS[3].steps[0].task in requests.get(school.url, headers=BROWSER).text


@needs_chromium
def test_nothing_that_is_typed_is_lost_when_the_class_is_shown_anew(open_browser, school):
    page = open_browser()
    open_harbour(page, school)
    page.get_by_label("a sentence for all").fill("Look at")
    school.json("join", name="ada")
    page.locator(".class").get_by_text("ada").wait_for(timeout=20_000)
    page.keyboard.type(" me")
    assert page.get_by_label("a sentence for all").input_value() == "Look at me"
