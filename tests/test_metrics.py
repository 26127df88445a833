"""/metrics: numbers about the server, in the form that Prometheus reads, for the leader and for this computer."""

import os
import re
from ipaddress import ip_network
from itertools import pairwise
from math import inf
from pathlib import Path

import pytest
from bottle import Bottle

from server.disk import Disk
from tests.conftest import ROOT, Player, fill, game
from web.metrics import as_file

HANDBOOK = (ROOT / "docs/admin.md").read_text(encoding="utf-8")
KEY = "a-key-for-the-tests"
HERE = "127.0.0.1"
LABEL = r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
LINE = re.compile(rf"([a-z_]+)(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (\S+)")


def read(text):
    """The numbers in the text, by name and labels. It is as strict as the definition of the form.

    https://prometheus.io/docs/instrumenting/exposition_formats
    """
    assert text.endswith("\n")
    numbers, name, kind, seen = {}, "", "", set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in seen, "all of a metric is in one place"
            seen.add(name)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == name
            kind = line.split()[3]
            assert kind in ("counter", "gauge", "histogram")
        else:
            whole, labels, value = LINE.fullmatch(line).groups()
            assert whole.removeprefix(name) in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))
            assert (whole, labels) not in numbers
            numbers[whole, labels] = float(value)
            assert kind == "gauge" or float(value) >= 0
    return numbers


def numbers_of(player, **keys):
    """What a program on the server's own computer is told: the numbers by name and labels."""
    reply = player.another(HERE).ask("/metrics", **keys)
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(reply.text)


def requests_in(numbers):
    """How many requests there were, by (route, status, error)."""
    found = {}
    for (name, labels), value in numbers.items():
        if name == "mocean_requests_total":
            found[tuple(re.findall('="(.*?)"', labels))] = value
    return found


# ---- What is counted ----


def test_requests_are_counted_by_route_status_and_error(player):
    player.join("ada")
    for _ in range(3):
        player.ask("/location")
    player.ask("/heading?degrees=north")
    player.ask("/location", method="HEAD")
    player.ask("/who", method="POST")
    assert requests_in(numbers_of(player)) == {
        ("/join", "200", ""): 1,
        ("/location", "200", ""): 4,
        ("/heading", "400", "bad-value"): 1,
        ("/who", "405", "bad-method"): 1,
    }


def test_whatever_strangers_ask_for_makes_one_line(player):
    for path in ("/nowhere", "/.env", '/"x', "/%0a%ff", "/static/nothing.js", "/who/", "/" + "x" * 9000):
        player.ask(path)
    found = requests_in(numbers_of(player))
    assert {route for route, _, _ in found} == {"(no route)", "/static/<name:path>", "/who"}
    assert found["(no route)", "404", "no-route"] == 4
    assert found["(no route)", "414", "too-long"] == 1


def test_what_is_refused_before_any_route_sees_it_counts_for_its_route():
    player = Player(game(limits=True))
    while player.ask("/who").status_code == 200:
        pass
    assert requests_in(numbers_of(player))["/who", "429", "too-fast"] == 1


def test_a_route_with_any_name_fits_into_the_form():
    app = Bottle()
    app.get("/")(lambda: "Welcome.")
    app.get(r'/say/<what:re:[a-z"\d]+>')(lambda what: what)
    app.get("/metrics", head=True)(lambda request: as_file(request, Disk(0, 0)))
    player = Player(game(app))
    player.ask('/say/a"1')
    assert (
        r'mocean_requests_total{route="/say/<what:re:[a-z\"\\d]+>",status="200",error=""} 1'
        in player.ask("/metrics").text
    )
    numbers_of(player)


def test_times_are_in_a_histogram(player):
    for _ in range(5):
        player.ask("/who")
    numbers = numbers_of(player)
    buckets = [
        (float(re.search('le="(.*?)"', labels)[1]), value)
        for (name, labels), value in numbers.items()
        if name == "mocean_request_seconds_bucket" and 'route="/who"' in labels
    ]
    assert all(low < high and few <= many for (low, few), (high, many) in pairwise(buckets))
    assert buckets[-1] == (inf, 5)
    assert numbers["mocean_request_seconds_count", 'route="/who"'] == 5
    assert 0 < numbers["mocean_request_seconds_sum", 'route="/who"'] < 60


def test_changes_of_the_logbook_are_timed(player):
    player.join("ada")
    before = numbers_of(player)["mocean_commit_seconds_count", None]
    player.ask("/heading?degrees=7")
    player.ask("/location")
    after = numbers_of(player)
    assert after["mocean_commit_seconds_count", None] == before + 1
    assert after["mocean_commit_seconds_sum", None] > 0


def test_it_says_how_the_game_is(player, clock):
    for name in ("ada", "bob", "eve"):
        player.another().join(name)
    clock.now += 3600
    id = player.join("grace")
    player.ask("/sendchat", id=id, message="hello", name="ada")
    numbers = numbers_of(player)
    assert numbers["mocean_ships_awake", None] == 1
    assert numbers["mocean_ships_kept", None] == 4
    assert numbers["mocean_letters_waiting", None] == 1
    assert numbers["mocean_uptime_seconds", None] == 3600
    assert numbers["mocean_healthy", None] == 1
    assert numbers["process_cpu_seconds_total", None] > 0


def test_it_says_how_the_files_are(tmp_path):
    file = tmp_path / "logbook.sqlite3"
    player = Player(game(logbook=str(file)))
    player.join("ada")
    numbers_of(player)
    numbers = numbers_of(player)
    files = [Path(f"{file}{ending}") for ending in ("", "-wal", "-shm")]
    assert numbers["mocean_logbook_bytes", None] == sum(one.stat().st_size for one in files)
    assert numbers["mocean_starts_total", None] == 1
    assert numbers["mocean_backup_timestamp_seconds", None] == 0
    backups = tmp_path / "backups"
    backups.mkdir()
    for day, age in ((23, 3000), (24, 1000), (25, 2000)):
        copy = backups / f"2026-11-{day}-030000-nightly.sqlite3"
        copy.touch()
        os.utime(copy, (age, age))
    assert numbers_of(player)["mocean_backup_timestamp_seconds", None] == 2000


def test_illness_is_a_number_too(small_disk, clock):
    player = Player(game(clock=clock, logbook=str(small_disk / "logbook.sqlite3")))
    assert numbers_of(player)["mocean_healthy", None] == 1
    fill(small_disk)
    for _ in range(3):
        clock.now += 60
        numbers = numbers_of(player)
    assert numbers["mocean_healthy", None] == 0


def test_the_handbook_tells_of_each_number(player):
    table = HANDBOOK.partition("| number | meaning |")[2].partition("\n\n")[0]
    rows = [row.partition(" | ")[0] for row in table.splitlines()[2:]]
    there_are = re.findall("^# HELP ([a-z_]+)", player.another(HERE).ask("/metrics").text, re.MULTILINE)
    assert [name for row in rows for name in re.findall("`(.*?)`", row)] == there_are
    assert set(re.findall(r"\b(?:mocean|process)_[a-z_]+", HANDBOOK)) <= {*there_are, "mocean_request_seconds_bucket"}


# ---- Who may see it ----

PROXIED = [
    {"X-Forwarded-For": "203.0.113.7"},
    {"X-Forwarded-For": ""},
    {"Forwarded": "for=203.0.113.7"},
    {"Via": "1.1 proxy"},
    {"X-Forwarded-Proto": "https"},
    {"X-Real-IP": "203.0.113.7"},
]


def is_unknown(player, headers=()):
    """True if for this player there is no such route, by whichever method."""
    for accept in ("*/*", "application/json", "text/html"):
        for method in ("GET", "HEAD", "POST"):
            replies = [
                player.ask(path, method, {"Accept": accept, **dict(headers)}) for path in ("/metrics", "/xetrics")
            ]
            same = [(reply.status_code, reply.text.replace("metrics", "xetrics")) for reply in replies]
            if same[0] != same[1] or same[0][0] != 404:
                return False
    return True


@pytest.mark.parametrize("address", [HERE, "127.0.0.9", "::1", "::ffff:127.0.0.1"])
def test_a_program_on_this_computer_needs_no_key(player, address):
    assert player.another(address).ask("/metrics").status_code == 200
    assert player.another(address).ask("/metrics", key="whatever").status_code == 200
    assert player.another(address).ask("/metrics", method="HEAD").status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.1", "2001:db8::7", ""])
def test_for_others_there_is_no_such_route(player, address):
    assert is_unknown(player.another(address))
    assert player.another(address).ask("/metrics", key=KEY).status_code == 404


@pytest.mark.parametrize("headers", PROXIED, ids=str)
@pytest.mark.parametrize("proxies", ["", HERE])
def test_nor_for_those_who_come_by_a_proxy_on_this_computer(headers, proxies):
    player = Player(game(proxies=(ip_network(proxies),) if proxies else ()), address=HERE)
    assert player.ask("/metrics").status_code == 200
    assert is_unknown(player, headers)


def test_the_harbour_key_opens_it_from_everywhere():
    leader = Player(game(harbour_key=KEY))
    assert leader.json("/metrics")["error"] == "missing-key"
    assert leader.json("/metrics", key="nonsense-nonsense")["error"] == "wrong-key"
    assert "mocean_requests_total{" in leader.ask("/metrics", key=KEY).text
    assert "mocean_requests_total{" in leader.another().ask("/metrics", headers={"X-Harbour-Key": KEY}).text
    assert "mocean_requests_total{" in leader.another(HERE).ask("/metrics").text


def test_nobody_guesses_the_key_there():
    player = Player(game(harbour_key=KEY, limits=True))
    replies = [player.json("/metrics", key=f"wrong-key-{number}")["error"] for number in range(20)]
    assert set(replies) == {"wrong-key", "too-fast"}


def test_the_real_server_gives_them_to_this_computer(server):
    numbers = read(server.ask("metrics").text)
    assert numbers["process_resident_memory_bytes", None] > 1e6
    assert server.ask("metrics").headers["Cache-Control"] == "no-store"
