"""The harbour master: by URL and by command line, at the real server, and what the ocean does then."""

import os
import re
import struct
import subprocess
import sys
from urllib.parse import quote

import pytest
import requests
from bottle import Bottle

from game.ocean import PAUSED
from server.harbour import url_of
from server.settings import Settings
from tests.conftest import ROOT, Player, Server, game
from web import admin

KEY = "correct-horse-battery"
TOKEN = Settings(harbour_key=KEY).harbour_token
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path_factory.mktemp("harbour") / "log")
    yield server
    server.kill()


def command(server, *words, key=KEY):
    """What `python -m server.harbour WORDS` says, and its exit code."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(server.port), "MOCEAN_HARBOUR_KEY": key}
    result = subprocess.run(
        [sys.executable, "-m", "server.harbour", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "Traceback" not in result.stderr
    return (result.stdout or result.stderr).splitlines()[0], result.returncode


# ---- The key ----


def test_without_a_key_the_routes_do_not_exist(server):
    for method in ("GET", "POST", "HEAD"):
        for route in ("harbour", "harbour/mute"):
            url = f"{server.url}{route}?key={KEY}&name=ada&format=json"
            known, unknown = (requests.request(method, url.replace("harbour", name)) for name in ("harbour", "Xarbour"))
            assert known.status_code == unknown.status_code == 404
            assert known.text.replace("harbour", "Xarbour") == unknown.text
    assert "harbour/" not in server.ask("mocean").text


def test_the_routes_are_not_in_the_rules_and_want_the_key(harbour):
    assert not [rule for rule in harbour.json("mocean")["routes"] if "harbour" in rule["route"]]
    assert "harbour" not in harbour.ask("harbou").text.replace("“/harbou”", "")
    ada = harbour.json("join", name="ada")["id"]
    for keys in ({}, {"id": ada}, {"key": ada}, {"key": KEY[:-1]}, {"key": KEY.upper()}, {"key": ""}):
        reply = harbour.ask("harbour/ashore", name="ada", **keys)
        assert reply.status_code in (400, 403), keys
    assert harbour.json("location", id=ada)["ok"]


def test_a_browser_keeps_a_token_and_never_shows_the_key(harbour):
    with requests.Session() as browser:
        browser.headers.update(BROWSER)
        locked = browser.get(harbour.url + "harbour")
        assert (locked.status_code, 'id="lock"' in locked.text) == (400, True)
        opened = browser.get(harbour.url + "harbour", headers={"X-Harbour-Key": KEY})
        cookie = opened.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert int(re.search("max-age=([0-9]+)", cookie)[1]) > 30 * 24 * 3600
        page = browser.get(harbour.url + "harbour")
        assert "&#039;key&#039;: &#039;YOUR-KEY&#039;" in page.text  # which a program would have to send
        assert "The ocean is open" in page.text
        for text in (cookie, opened.text, page.text):
            assert KEY not in text
        assert browser.get(harbour.url + "harbour/pause").ok
        assert browser.get(harbour.url + "harbour/resume").ok
        assert browser.get(harbour.url + "harbour/lock").ok
        assert browser.get(harbour.url + "harbour").status_code == 400
    assert KEY not in requests.get(harbour.url + "harbour/nope", params={"key": KEY}).text
    assert KEY not in harbour.log.read_text()
    assert TOKEN not in harbour.log.read_text()


def test_a_browser_is_led_away_from_a_url_with_a_key_and_not_told_whether_it_is_right(harbour):
    for key in (KEY, "nonsense-nonsense"):
        reply = requests.get(f"{harbour.url}harbour/say?message=a+b&key={key}", headers=BROWSER, allow_redirects=False)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/harbour/say?message=a+b")
        assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("key", ["correct horse", "k\u00f6nig-der-see-%41", "\u00bd+&=?# \u2603 <>"])
def test_any_key_can_be_sent_in_the_header(key):
    player = Player(game(harbour_key=key))
    assert player.ask("/harbour", headers={"X-Harbour-Key": quote(key, safe="")}).status_code == 200
    assert Player(player.app).ask("/harbour", headers={"X-Harbour-Key": quote(key + "x")}).status_code == 403


def test_head_and_prefetch_do_not_act(harbour):
    harbour.json("join", name="held")
    url = f"{harbour.url}harbour/ashore?name=held&key={KEY}"
    assert requests.head(url).status_code == 200
    assert requests.get(url, headers={"Sec-Purpose": "prefetch"}).status_code == 503
    assert "held" in harbour.json("who")["sailors"]


@pytest.fixture
def guessed(tmp_path):
    """A server that has been sent many wrong keys from here. Its clock goes on with each request, and never waits."""
    clock = tmp_path / "clock"
    clock.write_bytes(struct.pack("d", 1_000_000))
    clocked = {"PYTHONPATH": str(ROOT / "tests/clock"), "TEST_CLOCK": str(clock), "LATENCY": "0.05"}
    server = Server(MOCEAN_HARBOUR_KEY=KEY, **clocked).start(tmp_path / "log")
    for number in range(20):
        server.ask("harbour", key=f"guess-number-{number}")
    yield server
    server.kill()


def test_guessing_the_key_is_slow_and_does_not_lock_out_who_has_opened_the_harbour_before(tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path / "log")
    try:
        leader = requests.Session()
        assert leader.get(server.url + "harbour", params={"key": KEY}).ok
        statuses = [server.ask("harbour", key=f"guess-number-{number}").status_code for number in range(12)]
        assert statuses == [403] * 10 + [429] * 2
        assert leader.get(server.url + "harbour").ok
        assert leader.get(server.url + "harbour", params={"key": KEY}).ok
        assert command(server) == ("The ocean is open. Aboard: 0.", 0)
    finally:
        server.kill()


def test_elsewhere_the_key_opens_within_a_minute_of_asking_and_wrong_ones_go_on_being_slow(guessed):
    """Between two tries of the leader come 40 wrong keys, one of them again and again."""
    right = wrong = 0
    judged, began = set(), guessed.json("status")["time"]
    while guessed.ask("harbour", key=KEY).status_code == 429:
        right += 1
        for number in range(40):
            key = "always-the-same" if number == 7 else f"{right}-{number}-wrong"
            status = guessed.ask("harbour", key=key).status_code
            judged.add(status)
            wrong += status == 403
    taken = guessed.json("status")["time"] - began
    assert 40 < taken < 60
    assert judged == {403, 429}
    assert wrong <= taken / 10 + 1


def test_while_keys_are_limited_no_reply_tells_which_is_right(guessed):
    def answer(key, **headers):
        reply = requests.get(guessed.url + "harbour/mute", params={"name": "nobody", "key": key}, headers=headers)
        return reply.status_code, reply.content, {**reply.headers}

    assert answer(KEY)[0] == 429
    assert answer(KEY) == answer(KEY[:-1] + "x") == answer("x") == answer("n\u00f6")


def test_what_other_sites_make_a_browser_ask_is_no_try(harbour):
    """Over plain HTTP it doesn't say who asks. These are Chromium's headers for images, programs, styles and frames."""
    for accept in ("image/avif,image/webp,*/*;q=0.8", "*/*", "text/css,*/*;q=0.1", "text/html,*/*;q=0.8"):
        for number in range(14):
            headers = {"Accept": accept, "Accept-Language": "en-US,en;q=0.9"}
            reply = requests.get(harbour.url + "harbour", params={"key": f"x{number}"}, headers=headers)
            assert reply.status_code == 400
    assert harbour.ask("harbour", key=KEY).ok
    preflight = requests.options(harbour.url + "harbour", headers={"Access-Control-Request-Headers": "x-harbour-key"})
    assert preflight.status_code == 405  # so a browser sends no other site's key in the header
    assert not [name for name in preflight.headers if name.lower().startswith("access-control")]


def test_a_browser_with_the_token_of_an_old_key_is_asked_for_the_new_one_and_that_is_no_try(harbour):
    old = {f"key-{harbour.port}": Settings(harbour_key="the-key-of-last-year").harbour_token}
    statuses = {requests.get(harbour.url + "harbour", cookies=old).status_code for _ in range(30)}
    assert statuses == {400}


# ---- The commands, in a terminal ----


def test_a_lesson(harbour):
    ada, bob = (harbour.json("join", name=name)["id"] for name in ("Adele", "Bobby"))
    harbour.ask("heading", id=ada, degrees="nort")
    harbour.ask("sendchat", id=ada, message="a secret", name="Bobby")
    seen = requests.get(harbour.url + "harbour", params={"format": "json"}, headers={"X-Harbour-Key": TOKEN}).json()
    adele = next(sailor for sailor in seen["sailors"] if sailor["name"] == "Adele")
    assert adele["requests_a_minute"] == 3
    assert adele["address"] == "127.0.0.1"
    assert adele["error"].startswith("/heading: The key “degrees”")
    assert [(one["sender"], one["to"], one["message"]) for one in seen["messages"]][-1:] == [
        ("Adele", "Bobby", "a secret")
    ]

    assert command(harbour, "mute", "Adele") == ("Adele is muted.", 0)
    assert harbour.json("sendchat", id=ada, message="hi")["error"] == "muted"
    assert harbour.json("speed", id=ada, speed=3)["ok"]
    assert command(harbour, "unmute", "Adele")[1] == 0
    assert harbour.json("sendchat", id=ada, message="hi")["ok"]

    assert command(harbour, "say", "Come", "back,", "all!")[1] == 0
    assert harbour.json("popchat", id=ada)["message"] == "Come back, all!"

    assert command(harbour, "pause") == ("The ocean is paused.", 0)
    refused = harbour.ask("heading", id=ada, degrees=3, format="json")
    assert (refused.status_code, refused.json()["error"]) == (503, "paused")
    assert harbour.json("location", id=ada)["status"] & PAUSED
    assert harbour.json("chart")["paused"]
    assert harbour.json("join", name="Adele", id=ada)["ok"]
    assert command(harbour, "resume")[1] == 0
    assert harbour.json("location", id=ada)["speed"] == 3

    new = re.search("It is (.*)", command(harbour, "newid", "Adele")[0])[1]
    assert harbour.json("location", id=ada)["error"] == "unknown-id"
    assert harbour.json("location", id=new)["speed"] == 3

    assert command(harbour, "ashore", "Adele") == ("Adele is ashore.", 0)
    assert harbour.json("location", id=new)["error"] == "unknown-id"
    assert harbour.json("join", name="Adele")["ok"]

    assert command(harbour, "ban", "Bobby", "minutes=30") == ("Bobby is banned for 30 minutes.", 0)
    banned = harbour.ask("location", id=bob, format="json")
    assert (banned.status_code, banned.json()["error"]) == (403, "banned")
    assert harbour.json("join", name="bobby")["error"] == "banned"
    assert requests.get(harbour.url + "join?name=Robert", cookies={f"id-{harbour.port}": bob}).status_code == 403
    assert harbour.json("join", name="Robert")["ok"]
    assert command(harbour, "unban", "Bobby")[1] == 0
    assert harbour.json("join", name="Bobby")["ok"]

    assert (
        command(harbour, "ban", "Bobby", "address=yes")[0]
        == "Bobby is banned for 60 minutes, with the address 127.0.0.1."
    )
    assert harbour.json("join", name="Roberta")["error"] == "banned"
    assert harbour.json("who")["count"] > 1
    assert command(harbour, "unban", "Bobby")[1] == 0

    assert command(harbour, "tide")[1] == 0
    assert command(harbour, "mute", "nobody")[1] == 1
    assert command(harbour, "frobnicate")[1] == 1
    log = harbour.log.read_text()
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO: Harbour: Adele is muted\.$", log, re.MULTILINE)
    for secret in (ada, bob, new, "a secret", "Come back"):
        assert secret not in log


def test_the_command_line_says_what_is_wrong(harbour):
    assert command(harbour, key="")[1] == 1
    assert "not the harbour key" in command(harbour, key="another key of the sea")[0]
    assert url_of(["ban", "ada", "minutes=5"]) == "/harbour/ban?minutes=5&name=ada"
    assert url_of(["clear", "192.0.2.7", "idle=yes"]) == "/harbour/clear?idle=yes&address=192.0.2.7"
    assert url_of(["say", "1=1,", "or?"]) == "/harbour/say?message=1%3D1%2C+or%3F"


def test_what_the_harbour_master_did_survives_a_restart(tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY=KEY, MOCEAN_LOGBOOK=str(tmp_path / "logbook")).start(tmp_path / "log")
    try:
        ada, bob = (server.json("join", name=name)["id"] for name in ("ada", "bob"))
        server.json("speed", id=ada, speed=40)
        for words in (["mute", "ada"], ["ban", "bob"], ["pause"]):
            assert command(server, *words)[1] == 0
        before = server.json("location", id=ada)
        server.kill()
        server.start(server.log)
        after = server.json("location", id=ada)
        assert (after["x"], after["y"], after["speed"]) == (before["x"], before["y"], 0)
        assert command(server, "resume")[1] == 0
        assert server.json("location", id=ada)["speed"] == 40
        assert server.json("sendchat", id=ada, message="hi")["error"] == "muted"
        assert server.json("location", id=bob)["error"] == "banned"
    finally:
        server.kill()


def test_who_was_muted_and_quits_comes_back_mute_by_name_and_by_browser_until_the_leader_unmutes(tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY=KEY, MOCEAN_LOGBOOK=str(tmp_path / "logbook")).start(tmp_path / "log")

    def says(browser, **keys):
        return browser.get(server.url + "sendchat", params={"message": "hi", "format": "json", **keys}).json()

    def joins(browser, name):
        return browser.get(server.url + "join", params={"name": name, "format": "json"}).json()["id"]

    try:
        with requests.Session() as browser:
            ada = joins(browser, "ada")
            assert says(browser)["ok"]
            assert command(server, "mute", "ada")[1] == 0
            assert browser.get(server.url + "quit", params={"id": ada}).ok
            server.kill()
            server.start(server.log)
            by_name = server.json("join", name="Ada")["id"]  # from a program, without cookies
            assert server.json("sendchat", id=by_name, message="hi")["error"] == "muted"
            joins(browser, "eve")
            assert says(browser)["error"] == "muted"
            assert server.json("quit", id=by_name)["ok"]
            mutes = {one["who"] for one in server.json("harbour", key=KEY)["mutes"]}
            assert mutes == {"name ada", f"id {ada}", f"id {by_name}"}
            assert command(server, "unmute", "ada") == ("ada may talk.", 0)
            assert command(server, "unmute", "eve")[1] == 0
            assert says(browser)["ok"]
            assert server.json("sendchat", id=server.json("join", name="ada")["id"], message="hi")["ok"]
            with requests.Session() as other:
                joins(other, "bob")
                assert says(other)["ok"]
    finally:
        server.kill()


@pytest.mark.parametrize("path", ["sendchat&message=hellosecret&id=ID", "sendchat/hellosecret/ID", "hellosecret?id=ID"])
def test_what_was_typed_in_place_of_a_route_is_neither_in_the_log_nor_told_to_the_leader(harbour, path):
    with requests.Session() as browser:
        name = f"typo{len(path)}"
        id = browser.get(harbour.url + "join", params={"name": name, "format": "json"}).json()["id"]
        reply = browser.get(harbour.url + path.replace("ID", id))
        assert (reply.status_code, reply.headers["Content-Type"][:4]) == (404, "text")
        seen = harbour.json("harbour", key=KEY)
        errors = next(sailor["error"] for sailor in seen["sailors"] if sailor["name"] == name)
        assert "There is no route" in errors
        for place in (harbour.log.read_text(), str(seen)):
            assert "hellosecret" not in place
            assert id not in place


def test_all_who_came_from_one_address_can_be_sent_away():
    """And first of all those who never did anything, as a class and who plagues it may share an address."""
    leader = Player(game(harbour_key=KEY))
    at = {name: leader.another(address) for name, address in (("ada", "10.0.0.1"), ("bob", "10.0.0.1"))}
    ids = {name: player.join(name) for name, player in at.items()}
    at["ada"].json("/speed", speed=1)
    bot, guest = leader.another("10.0.0.1").join("bot"), leader.another("10.0.0.2").join("guest")
    leader.another("10.0.0.1").json("/location", id=guest)
    at["bob"].json("/sendchat", message="hi")
    seen = {one["name"]: one["address"] for one in leader.json("/harbour", key=KEY)["sailors"]}
    assert seen["bot"] == "10.0.0.1"

    def clear(**keys):
        return leader.json("/harbour/clear", key=KEY, **keys)["reply"]

    assert clear(address="10.0.0.9") == "Voyages from 10.0.0.9 that have ended: 0."
    assert clear(address="10.0.0.1", idle="yes") == "Voyages from 10.0.0.1 that have ended: 2."
    assert leader.ocean.who() == ["Clem", "ada", "bob"]
    assert clear(address="10.0.0.1") == "Voyages from 10.0.0.1 that have ended: 2."
    assert leader.ocean.who() == ["Clem"]
    for id in (bot, *ids.values()):
        assert leader.json("/location", id=id)["error"] == "unknown-id"


def test_a_ban_that_is_too_long_or_too_short_is_refused(harbour):
    harbour.json("join", name="Forever")
    for minutes in ("1e308", "-5", "0", "600000"):
        reply = harbour.json("harbour/ban", key=KEY, name="Forever", minutes=minutes)
        assert reply["error"] == "bad-value", minutes
    assert "Forever" in harbour.json("who")["sailors"]


def test_a_command_is_guarded_whatever_its_function_looks_like(monkeypatch):
    """And one without a docstring is listed like the others."""
    part = Bottle()
    part.merge(admin.app)
    part.get("/harbour/boom", secret=True)(lambda: "Boom!")
    monkeypatch.setattr(admin, "app", part)
    stranger, leader = Player(game(harbour_key=KEY)), f"key={KEY}"
    assert stranger.json("/harbour/boom")["error"] == "missing-key"
    assert stranger.json("/harbour/boom?key=nonsense-nonsense")["error"] == "wrong-key"
    assert stranger.json(f"/harbour/boom?{leader}")["reply"] == "Boom!"
    commands = {one["command"]: one["does"] for one in stranger.json(f"/harbour?{leader}")["commands"]}
    assert commands["/harbour/boom"] == ""
    assert commands["/harbour/mute"]


def test_many_wrong_keys_are_answered_like_few_by_every_method(tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path / "log")
    try:
        for method in ("GET", "POST", "PATCH"):
            keys = [f"wrong-{method}-{number}" for number in range(12)]
            answers = [requests.request(method, server.url + "harbour/say", params={"key": key}) for key in keys]
            assert {answer.status_code for answer in answers} <= {400, 403, 405, 429}
        assert answers[-1].status_code == 405
        assert "Traceback" not in server.log.read_text()
    finally:
        server.kill()
