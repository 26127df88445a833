"""What was sailed can be seen again: each ship where it was, as long as it is kept, and nobody's secret."""

import csv
import os
import signal
import stat
from datetime import datetime
from random import Random

import pytest

from game.planet import distance, reckon
from game.sailors import NAP
from tests.conftest import Clock, Player, Server, fill, game, is_plain, wait_until
from web.routes import App

START = 1_764_167_412.0
HOUR = 3600
KEY = "the key of the tests"
GONE = dict.fromkeys(["x", "y", "heading", "speed", "depth"])
NEWS = "ada has found a “whale”, \n and says hello!"


class Voyage:
    """A game with a logbook in a file, its clock, and players by name, each with an id."""

    def __init__(self, file, **settings):
        self.file, self.settings, self.clock = file, {"harbour_key": KEY, **settings}, Clock(START)
        self.ids = {}
        self.begin()

    def begin(self):
        self.player = Player(game(clock=self.clock, logbook=str(self.file), **self.settings), use_cookies=False)

    def restart(self):
        """End the game as kill -9 does, which writes nothing more, and begin it anew."""
        self.player.app.logbook.close()
        self.begin()

    @property
    def tracks(self):
        return self.player.app.logbook.tracks

    def ask(self, route, who=None, **keys):
        return self.player.json(route, **({"id": self.ids[who]} if who else {}), **keys)

    def join(self, *names):
        self.ids.update({name: self.ask("/join", name=name)["id"] for name in names})

    def sailed(self, start=START, **keys):
        """All legs since a time, however many replies they take."""
        legs = []
        while start is not None:
            reply = self.ask("/tracks", **{"from": start}, **keys)
            legs += reply["tracks"]
            start = reply["next"]
        return legs

    def pages(self):
        return sorted(self.file.with_name("tracks").glob("*"))


@pytest.fixture
def voyage(tmp_path):
    voyage = Voyage(tmp_path / "logbook.sqlite3")
    yield voyage
    voyage.player.app.logbook.close()


def place_at(legs, name, time):
    """Where a ship was by its legs: x, y and depth, or None if it isn't shown."""
    leg = [leg for leg in legs if leg["name"] == name and leg["time"] <= time][-1:]
    if not leg or leg[0]["x"] is None:
        return None
    (leg,) = leg
    return *reckon(leg["x"], leg["y"], leg["heading"], leg["speed"], time - leg["time"]), leg["depth"]


class Lesson(Voyage):
    """An hour and more in which six ships do what comes to their minds."""

    def __init__(self, file, seed):
        super().__init__(file)
        self.random = Random(seed)
        self.told = []  # the season, the name and the reply to each question where a ship is
        self.silent = {}  # until when somebody says nothing
        self.join("ada", "bob", "cleo", "dan", "eve", "finn")
        orders = [self.speed, self.turn, self.accel, self.dive, self.look_around, self.resume]
        self.orders = orders * 10 + [self.pause, self.be_silent, self.leave, self.begin_season, self.restart_after_it]

    def sail(self):
        while self.clock.now < START + 1.2 * HOUR:
            self.clock.now += self.random.expovariate(1 / 5)
            name = self.random.choice([*self.ids])
            if self.clock.now >= self.silent.get(name, 0):
                self.random.choice(self.orders)(name)
                reply = self.ask("/location", name)
                self.told.append((self.player.ocean.world.season, name, reply))

    def speed(self, name):
        self.ask("/speed", name, speed=self.random.choice([0, 0.5, 4.5, 5, 17, 40]))

    def turn(self, name):
        self.ask("/heading", name, degrees=self.random.uniform(0, 360))

    def accel(self, name):
        self.ask("/accel", name, ctrl=self.random.choice("wasd"))

    def dive(self, name):
        self.ask("/dive", name, depth=self.random.choice([0, 0, 2, 90]))

    def look_around(self, name):
        self.ask("/who")

    def pause(self, name):
        self.ask("/harbour/pause", key=KEY)

    def resume(self, name):
        self.ask("/harbour/resume", key=KEY)

    def be_silent(self, name):
        self.silent[name] = self.clock.now + self.random.choice([60, NAP - 1, NAP + 60])

    def leave(self, name):
        if self.ask("/quit", name)["ok"]:  # not in a pause
            self.join(name)

    def begin_season(self, name):
        self.ask("/location", name)  # so that the ocean knows the time
        self.player.ocean.begin_season("All is found.")

    def restart_after_it(self, name):
        self.ask("/location", name)
        self.restart()


@pytest.mark.parametrize("seed", range(3))
def test_each_ship_is_where_its_sailor_was_told(tmp_path, seed):
    lesson = Lesson(tmp_path / "logbook.sqlite3", seed)
    lesson.sail()
    legs, now = lesson.sailed(), lesson.player.ocean.world.season
    assert now > 2
    for season, name, reply in lesson.random.sample(lesson.told, 200):
        time, under_water = reply["time"], bool(reply["status"] & 8)
        at_once = lesson.ask("/tracks", **{"from": time, "to": time, "name": name})["tracks"]
        for shown in (place_at(legs, name, time), place_at(at_once, name, time)):
            if season == now and under_water:
                assert shown is None
            else:
                assert distance(*shown[:2], reply["x"], reply["y"]) < 0.1, (name, reply, shown)
                assert (shown[2] > 0) == under_water
    lesson.player.app.logbook.close()


def test_whoever_falls_asleep_or_quits_is_gone_from_then_on(voyage):
    voyage.join("ada", "bob")
    voyage.ask("/speed", "ada", speed=2)
    for _ in range(NAP):
        voyage.clock.now += 2
        voyage.ask("/location", "bob")
    voyage.ask("/who")
    voyage.ask("/quit", "bob")
    ends = [(leg["name"], leg["time"]) for leg in voyage.sailed() if leg["x"] is None]
    assert ends == [("ada", START + NAP), ("bob", voyage.clock.now)]
    assert not voyage.sailed(voyage.clock.now)


def test_whoever_comes_back_was_away_from_the_nap_on(voyage):
    voyage.join("ada")
    voyage.ask("/speed", "ada", speed=2)
    voyage.clock.now += HOUR
    voyage.ask("/location", "ada")
    legs = voyage.sailed()
    assert [place_at(legs, "ada", START + away) is None for away in (NAP - 1, NAP, HOUR - 1, HOUR)] == [0, 1, 1, 0]


def test_ships_that_a_dead_server_has_lost_do_not_sail_on_for_ever(voyage):
    voyage.join("ada")
    voyage.ask("/speed", "ada", speed=2)
    voyage.restart()
    voyage.clock.now += 30 * HOUR
    assert place_at(voyage.sailed(), "ada", START + NAP - 1)
    assert not place_at(voyage.sailed(), "ada", START + NAP)
    voyage.join("bob")
    assert not place_at(voyage.sailed(), "ada", START + NAP)


def test_under_water_a_ship_is_hidden_until_the_season_is_over(voyage):
    voyage.join("ada")
    voyage.clock.now += 60
    voyage.ask("/dive", "ada", depth=2)
    dived, voyage.clock.now = voyage.clock.now, voyage.clock.now + 60
    assert voyage.sailed(name="ada")[1:] == [dict(GONE, name="ada", time=dived)]
    assert "2.0" not in voyage.player.ask("/tracks.csv", **{"from": dived}).text
    voyage.ask("/location", "ada")
    voyage.player.ocean.begin_season("All is found.")
    voyage.ask("/location", "ada")
    legs = voyage.sailed()
    assert place_at(legs, "ada", dived)[2] == 2
    assert place_at(legs, "ada", voyage.clock.now) is None  # who is still there


def test_great_moments_are_told_with_the_legs(voyage):
    voyage.join("ada")
    voyage.ask("/location", "ada")
    voyage.clock.now += 1
    voyage.player.ocean.now = voyage.clock.now
    voyage.player.ocean.tell(NEWS)
    voyage.ask("/sendchat", "ada", message="this is chat")
    reply = voyage.ask("/tracks", **{"from": START})
    assert (
        [(one["time"], one["news"]) for one in reply["news"]]
        == [(START + 1, NEWS)]
        == [(one["time"], one["news"]) for one in voyage.ask("/chart")["news"]]
    )
    assert "this is chat" not in voyage.pages()[0].read_text()
    assert voyage.ids["ada"] not in voyage.pages()[0].read_text()


def test_what_failed_leaves_no_trace(voyage):
    voyage.join("ada")
    before, part = voyage.sailed(), App()

    @part.get("/wreck")
    def wreck(ocean, sailor):
        ocean.sail(sailor, heading=90)
        ocean.tell("ada sails east!")
        raise RuntimeError

    voyage.player.app.add(part)
    voyage.clock.now += 1
    assert voyage.ask("/wreck", "ada")["error"] == "bug"
    assert voyage.ask("/location", "ada")["heading"] == 0
    assert voyage.sailed() == before
    assert voyage.ask("/tracks", **{"from": START})["news"] == []


# ---- How it is asked for ----


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("from=yesterday", "You sent “yesterday”"),
        ("from=1e400", "You sent “1e400”"),
        ("from=-1", "You sent “-1”"),
        ("from=2026-13-01", "You sent “2026-13-01”"),
        ("from=9000-01-01T00:00", "is before 9000-01-01T00:00"),
        ("from=2025-11-26T14:00&to=2025-11-26T13:00", "2025-11-26T13:00 is before 2025-11-26T14:00"),
        ("from=100&to=0", "is before"),
        ("from=2025-11-26T14:00&to=soon", "You sent “soon”"),
        ("form=2025-11-26T14:00", "Did you mean “from”?"),
    ],
)
def test_a_moment_that_cannot_be_gets_a_sentence(voyage, keys, words):
    for route in ("/tracks?", "/tracks.csv?"):
        reply = voyage.player.json(route + keys)
        assert not reply["ok"]
        assert words in reply["reply"]
        assert is_plain(reply["reply"])
        assert voyage.player.ask(reply["try"]).status_code == 200 or "unknown-key" in reply["error"]


@pytest.mark.parametrize("spelled", ["2025-11-26T14:30", " 2025-11-26 14:30 ", "2025-11-26+14:30:00"])
def test_a_moment_is_spelled_by_the_clock_of_the_computer(voyage, spelled):
    voyage.join("ada")
    asked = voyage.player.json(f"/tracks?from={spelled}")
    assert asked["from"] == datetime(2025, 11, 26, 14, 30).timestamp()
    assert asked == {**voyage.ask("/tracks", **{"from": asked["from"]})}


def test_long_lessons_come_in_several_replies(voyage, monkeypatch):
    monkeypatch.setattr("server.tracks.LONGEST_PAGE", 20_000)
    voyage.join("ada", "bob")
    for number in range(2500):
        voyage.clock.now += 1
        voyage.ask("/heading", "ada", degrees=number % 360)
        voyage.ask("/location", "bob")
    first = voyage.ask("/tracks", **{"from": START + 100})
    assert 2000 <= len(first["tracks"]) < 2100
    assert first["to"] == first["next"] < voyage.clock.now
    second = voyage.ask("/tracks", **{"from": first["next"]})
    assert (second["next"], second["to"]) == (None, voyage.clock.now)
    assert {leg["name"] for leg in second["tracks"] if leg["time"] <= first["next"]} == {"ada", "bob"}
    turns = {leg["time"]: leg["heading"] for leg in [*first["tracks"], *second["tracks"]] if leg["name"] == "ada"}
    assert [turns[START + 1 + number] for number in range(100, 2500)] == [number % 360 for number in range(100, 2500)]
    assert len(voyage.pages()) > 5


def test_who_asks_for_no_moment_is_shown_when_ships_sailed(voyage):
    assert voyage.ask("/tracks")["hours"] == []
    voyage.join("ada")
    voyage.clock.now += 26 * HOUR
    voyage.join("bob", "cleo")
    hours = voyage.ask("/tracks")["hours"]
    assert [hour["ships"] for hour in hours] == [1, 2]
    assert hours[0]["from"] == datetime.fromtimestamp(START).strftime("%Y-%m-%dT%H:%M")
    assert hours[0]["again"] == f"/map?from={hours[0]['from']}"
    assert f'<a href="{hours[1]["again"]}">' in voyage.player.page("/tracks")


def test_a_spreadsheet_gets_the_same_legs(voyage):
    voyage.join("ada", "-cleo")
    voyage.clock.now += 1
    voyage.ask("/speed", "ada", speed=4.5)
    voyage.ask("/quit", "-cleo")
    response = voyage.player.ask("/tracks.csv", **{"from": START})
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(response.text.lstrip("\ufeff").splitlines()))
    assert [(row["name"], row["time"], row["speed"]) for row in rows] == [
        (leg["name"].replace("-", "'-"), str(leg["time"]), "" if leg["x"] is None else str(leg["speed"]))
        for leg in voyage.sailed()
    ]


# ---- How long it is kept ----


def test_old_hours_are_forgotten(tmp_path):
    voyage = Voyage(tmp_path / "logbook.sqlite3", tracks_days=2)
    for _ in range(4):
        voyage.restart()
        voyage.ask("/join", name=f"ship{voyage.clock.now:.0f}")
        voyage.clock.now += 24 * HOUR
    assert len(voyage.pages()) == 3  # of today, and of the two days before
    voyage.settings["tracks_days"] = 0
    voyage.restart()
    voyage.ask("/join", name="bob")
    assert voyage.pages() == []
    assert voyage.sailed() == []
    voyage.player.app.logbook.close()


def test_the_oldest_is_forgotten_when_it_gets_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("server.tracks.LONGEST_PAGE", 100_000)
    voyage = Voyage(tmp_path / "logbook.sqlite3", tracks_size=1)
    voyage.join("ada")
    ocean = voyage.player.ocean
    for _ in range(300):
        voyage.clock.now += 1
        ocean.log(*[ocean.find("ada")] * 100)
        voyage.ask("/heading", "ada", degrees=voyage.clock.now % 360)
        assert sum(page.stat().st_size for page in voyage.pages()) <= 1_000_000
    legs = voyage.sailed()
    assert START < legs[0]["time"] < legs[-1]["time"] == voyage.clock.now
    voyage.player.app.logbook.close()


def test_only_the_server_can_read_it(voyage):
    voyage.join("ada")
    (page,) = voyage.pages()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (page.parent, page)] == [0o700, 0o600]


def test_two_logbooks_in_a_folder_have_two(tmp_path):
    for name in ("logbook", "reds"):
        voyage = Voyage(tmp_path / f"{name}.sqlite3")
        voyage.join("ada")
        voyage.player.app.logbook.close()
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"tracks", "reds-tracks"}


# ---- Erasing ----


def test_nothing_is_left_of_an_erased_sailor(voyage):
    voyage.join("ada", "bob", "Zoë")
    for name in ("ada", "Zoë"):
        voyage.clock.now += HOUR
        voyage.ask("/speed", name, speed=2)
        voyage.player.ocean.tell(f"{name} did it!")
    before = [leg for leg in voyage.sailed() if leg["name"] != "Zoë"]
    assert voyage.ask("/harbour/erase", key=KEY, name="zoë", sure="yes")["ok"]
    voyage.ask("/heading", "bob", degrees=5)
    assert not any("Zoë" in page.read_text() for page in voyage.pages())
    assert [leg for leg in voyage.sailed() if leg["time"] < voyage.clock.now] == before
    assert [one["news"] for one in voyage.ask("/tracks", **{"from": START})["news"]] == ["ada did it!"]
    assert all(stat.S_IMODE(page.stat().st_mode) == 0o600 for page in voyage.pages())


def test_one_who_has_gone_can_be_erased_from_what_was_sailed(voyage):
    voyage.join("ada", "bob")
    voyage.ask("/quit", "ada")
    assert voyage.ask("/harbour/erase", key=KEY, name="ada", sure="yes")["ok"]
    assert {leg["name"] for leg in voyage.sailed()} == {"bob"}
    assert voyage.ask("/harbour/erase", key=KEY, name="ada", sure="yes")["error"] == "no-sailor"


# ---- When something is wrong ----


def test_a_torn_or_damaged_page_costs_nobody_anything(voyage):
    voyage.join("ada", "bob")
    legs, (page,) = voyage.sailed(), voyage.pages()
    page.write_bytes(page.read_bytes() + b'5\n[]\n{}\n["ada"]\n["a","b"]\n\xff\0\n["ada", 17641674')
    voyage.restart()
    assert [leg["name"] for leg in voyage.sailed()][:2] == ["ada", "bob"]
    assert voyage.sailed()[: len(legs)] == legs
    assert voyage.ask("/harbour/erase", key=KEY, name="ada", sure="yes")["ok"]
    for page in voyage.pages():
        page.unlink()
    assert voyage.ask("/heading", "bob", degrees=5)["ok"]
    assert voyage.ask("/tracks")["ok"]


def test_a_folder_that_cannot_be_made_costs_nobody_anything(tmp_path, caplog):
    (tmp_path / "tracks").write_text("This is a file.")
    voyage = Voyage(tmp_path / "logbook.sqlite3")
    voyage.join("ada")
    assert voyage.ask("/speed", "ada", speed=2)["ok"]
    assert voyage.sailed() == []
    assert "what is sailed isn't kept" in caplog.text
    (tmp_path / "tracks").unlink()
    voyage.clock.now += 60
    assert voyage.ask("/heading", "ada", degrees=5)["ok"]
    assert [leg["heading"] for leg in voyage.sailed()] == [5]
    voyage.player.app.logbook.close()


def test_a_full_disk_costs_no_player_anything(small_disk, tmp_path):
    """The logbook is on another disk here, which has room."""
    (tmp_path / "tracks").symlink_to(small_disk)
    voyage = Voyage(tmp_path / "logbook.sqlite3")
    voyage.join("ada")
    junk = fill(small_disk)
    for number in range(200):
        voyage.clock.now += 1
        assert voyage.ask("/heading", "ada", degrees=number)["ok"]
    junk.unlink()
    voyage.clock.now += 60
    voyage.ask("/heading", "ada", degrees=300)
    assert place_at(voyage.sailed(), "ada", voyage.clock.now)
    assert voyage.sailed()[-1]["heading"] == 300
    assert len(voyage.pages()) < 10
    voyage.player.app.logbook.close()


def test_no_leg_is_lost_when_the_server_is_killed(tmp_path):
    server = Server(MOCEAN_LOGBOOK=str(tmp_path / "logbook.sqlite3")).start(tmp_path / "log")
    try:
        began, told = server.json("status")["time"], {}
        id = server.json("join", name="ada")["id"]
        for _ in range(3):
            for number in range(50):
                reply = server.json("heading", id=id, degrees=number)
                told[reply["time"]] = reply["heading"]
            os.kill(server.pids()["worker"], signal.SIGKILL)
            wait_until(server.answers)
        server.kill()
        server.start(tmp_path / "log")
        legs = server.json("tracks", **{"from": began})["tracks"]
        assert {leg["time"]: leg["heading"] for leg in legs}.items() >= told.items()
    finally:
        server.kill()
