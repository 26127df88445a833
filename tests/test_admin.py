"""The harbour master: by URL and by command line, at the real server, and what the ocean does then."""

import os
import re
import subprocess
import sys

import pytest
import requests

from crew import GIVEN_AWAY, MOST_KEPT
from harbour import Watch, token, url_of
from ocean import CHAT_WAITS, NAP, PAUSED
from planet import SIZE, TREASURES
from sailors import Sailor
from tests.conftest import ROOT, UWSGI, Server, free_port
from troubles import Banned, Muted, NameTaken, OceanFull, Paused, TooFast, UnknownId

KEY = "correct-horse-battery"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path_factory.mktemp("harbour") / "log")
    yield server
    server.kill()


def command(server, *words, key=KEY):
    """What `python harbour.py WORDS` says, and its exit code."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(server.port), "MOCEAN_HARBOUR_KEY": key}
    result = subprocess.run(
        [sys.executable, ROOT / "harbour.py", *words], env=environment, capture_output=True, text=True, timeout=30
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
        page = browser.get(harbour.url + "harbour", params={"key": KEY}, headers=PAGE)
        assert page.url == harbour.url + "harbour"
        assert "The ocean is open" in page.text
        assert KEY not in page.text
        cookie = page.history[0].headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert KEY not in cookie
        assert browser.get(harbour.url + "harbour/pause", headers=PAGE).ok
        assert browser.get(harbour.url + "harbour/resume", headers=PAGE).ok
    assert KEY not in requests.get(harbour.url + "harbour/nope", params={"key": KEY}).text
    assert KEY not in harbour.log.read_text()
    assert token(KEY) not in harbour.log.read_text()


def test_head_and_prefetch_do_not_act(harbour):
    harbour.json("join", name="held")
    url = f"{harbour.url}harbour/ashore?name=held&key={KEY}"
    assert requests.head(url).status_code == 200
    assert requests.get(url, headers={"Sec-Purpose": "prefetch"}).status_code == 503
    assert "held" in harbour.json("who")["sailors"]


def test_guessing_the_key_is_slow_and_does_not_lock_out_the_token(tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path / "log")
    try:
        statuses = [server.ask("harbour", key=f"guess-number-{number}").status_code for number in range(12)]
        assert statuses == [403] * 10 + [429] * 2
        assert server.ask("harbour", key=KEY).status_code == 429
        assert command(server) == ("The ocean is open. Aboard: 0.", 0)
    finally:
        server.kill()


def test_a_key_that_is_too_short_stops_the_start_and_is_not_told():
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), "MOCEAN_HARBOUR_KEY": "plank-plank"}
    result = subprocess.run([UWSGI, "uwsgi.ini"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert result.returncode != 0
    assert "MOCEAN_HARBOUR_KEY needs 12 or more characters" in result.stdout
    assert "plank" not in result.stdout


# ---- The commands, in a terminal ----


def test_a_lesson(harbour):
    ada, bob = (harbour.json("join", name=name)["id"] for name in ("Adele", "Bobby"))
    harbour.ask("heading", id=ada, degrees="nort")
    harbour.ask("sendchat", id=ada, message="a secret", name="Bobby")
    seen = requests.get(harbour.url + "harbour", params={"format": "json"}, cookies={"key": token(KEY)}).json()
    adele = next(sailor for sailor in seen["sailors"] if sailor["name"] == "Adele")
    assert adele["requests_a_minute"] == 3
    assert adele["address"] == "127.0.0.1"
    assert "/heading: The key “degrees”" in adele["errors"]
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
    assert requests.get(harbour.url + "join?name=Robert", cookies={"id": bob}).status_code == 403
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
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Harbour: Adele is muted\.$", log, re.MULTILINE)
    for secret in (ada, bob, new, "a secret", "Come back"):
        assert secret not in log


def test_the_command_line_says_what_is_wrong(harbour):
    assert command(harbour, key="")[1] == 1
    assert "not the harbour key" in command(harbour, key="another key of the sea")[0]
    assert url_of(["ban", "ada", "minutes=5"]) == "/harbour/ban?minutes=5&name=ada"
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


# ---- What the ocean does ----


def test_in_a_pause_ships_and_the_robot_stand_still_and_go_on_without_a_jump(ocean):
    ada = ocean.join("ada")
    ocean.sail(ada, x=100.0, y=450.0, heading=90.0, speed=10.0)
    ocean.now += 5
    before, clem = ocean.place(ada), ocean.chart()["sailors"][0]
    ocean.pause()
    ocean.pause()
    ocean.now += 600
    ocean.sailor(ada.id)
    assert ocean.place(ada) == before
    assert ocean.velocity(ada) == (0, 0)
    assert [ship["speed"] for ship in ocean.chart()["sailors"]] == [0, 0]
    assert ocean.chart()["sailors"][0]["x"] == clem["x"]
    assert ocean.status(ada) & (PAUSED | CHAT_WAITS) == PAUSED | CHAT_WAITS
    for act in (ocean.sail, ocean.get, ocean.turn, ocean.set_speed, ocean.accelerate, ocean.dive, ocean.send):
        with pytest.raises(Paused):
            act(ada, *{ocean.sail: [], ocean.get: ["pearl"], ocean.accelerate: ["w"], ocean.send: ["hi"]}.get(act, [1]))
    for act in (lambda: ocean.join("bob"), lambda: ocean.quit(ada.id)):
        with pytest.raises(Paused):
            act()
    assert ocean.join("ada", ada.id) is ada
    assert ocean.pop(ada)[0].sender == "Harbour"
    ocean.resume()
    assert ocean.place(ada) == before
    assert ocean.chart()["sailors"][0]["x"] == clem["x"]
    ocean.now += 2
    assert ocean.place(ada) == pytest.approx(((before[0] + 20) % SIZE, before[1]))


def test_who_fell_asleep_in_a_pause_lies_where_it_began(ocean):
    ada = ocean.join("ada")
    ocean.sail(ada, x=100.0, y=450.0, heading=90.0, speed=1.0)
    ocean.now += 10
    ocean.pause()
    ocean.now += 2 * NAP
    ocean.resume()
    ocean.now += 100
    assert ocean.place(ada) == (110, 450)
    assert ocean.location(ocean.sailor(ada.id))["speed"] == 0


def test_whoever_is_sent_ashore_leaves_name_and_treasure(ocean):
    ada, pearl = ocean.join("ada"), ocean.treasures["pearl"]
    ocean.sail(ada, x=pearl.x, y=pearl.y, depth=pearl.depth)
    ocean.get(ada, "pearl")
    ocean.send_ashore(ada)
    assert {*ocean.treasures} == {*TREASURES}
    with pytest.raises(UnknownId):
        ocean.sailor(ada.id)
    assert ocean.join("ada") is not ada


def test_a_new_id_ends_the_old_one_and_keeps_all_else(ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    ocean.send(bob, "hi", "ada")
    old = ada.id
    assert ocean.give_new_id("ADA") is ada
    assert ocean.sailor(ada.id).mailbox[0].message == "hi"
    with pytest.raises(UnknownId):
        ocean.sailor(old)
    assert sorted(ocean.who()) == ["Clem", "ada", "bob"]


def test_a_ban_ends_by_itself(ocean):
    ada = ocean.join("ada")
    ocean.send_ashore(ada)
    ocean.ban(60, "name ada", f"id {ada.id}")
    with pytest.raises(Banned, match="in 1 min"):
        ocean.join("Ada")
    with pytest.raises(Banned):
        ocean.sailor(ada.id)
    assert ocean.banned() == [("name ada", 60), (f"id {ada.id}", 60)]
    ocean.now += 60
    assert ocean.banned() == []
    assert ocean.join("ada")


def test_talking_has_a_pace_and_a_mute_ends_it(ocean):
    from pace import Pace

    ocean.chat_pace = Pace(rate=1, burst=5)
    ada = ocean.join("ada")
    for _ in range(5):
        ocean.send(ada, "hi")
    with pytest.raises(TooFast) as trouble:
        ocean.send(ada, "hi")
    assert trouble.value.fields == {"wait": 1}
    ocean.now += 1
    ocean.send(ada, "hi")
    ocean.mute("ada")
    with pytest.raises(Muted):
        ocean.send(ada, "hi")


# ---- Full ----


def test_a_name_is_given_away_after_60_days_and_not_before(ocean):
    ada = ocean.join("ada")
    ada.items.append("pearl")
    ocean.treasures.pop("pearl")
    ocean.now += GIVEN_AWAY - 1
    with pytest.raises(NameTaken):
        ocean.join("ada")
    ocean.now += 1
    assert ocean.join("ada") is not ada
    assert "pearl" in ocean.treasures


def test_only_so_many_names_are_kept(ocean):
    for number in range(MOST_KEPT):
        ocean.take_aboard(Sailor(f"old{number}", f"{number}", 0.0, 0.0, since=0.0, heard=float(number)))
    ocean.now = NAP + float(MOST_KEPT)
    with pytest.raises(OceanFull):
        ocean.join("ada")
    ocean.now = float(GIVEN_AWAY)
    ocean.join("ada")
    assert len(ocean.sailors) == MOST_KEPT
    assert "old0" not in ocean.names
    assert "old1" in ocean.names


def test_the_watch_counts_and_forgets():
    watch, ada = Watch(), Sailor("ada", "a", 0.0, 0.0, 0.0, 0.0)
    for second in range(180):
        watch.note(ada, 6000.0 + second, "here")
        assert watch.a_minute(ada, 6000.0 + second) <= 61
    assert 59 <= watch.a_minute(ada, 6180.0) <= 60
    assert watch.a_minute(ada, 6240.0) <= 1
    for number in range(2000):
        watch.note(Sailor(f"s{number}", f"{number}", 0.0, 0.0, 0.0, 0.0), 7000.0, "here")
    assert len(watch.asked) == 1000


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
