"""The planet: its geometry, its sea floor, its treasure and its robot."""

import math
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from game import clem, planet
from game.planet import BERTHS, SIZE, TREASURES, bearing, distance, reckon
from game.sea import PLAIN, SUMMIT, TOPS, lay_out

places = st.floats(0, SIZE, exclude_max=True)
headings = st.floats(0, 360, exclude_max=True)


@pytest.mark.parametrize(("heading", "expected"), [(0, (10, 15)), (90, (15, 10)), (180, (10, 5)), (270, (5, 10))])
def test_headings_are_those_of_a_compass(heading, expected):
    assert reckon(10, 10, heading, speed=5, seconds=1) == pytest.approx(expected)


@given(st.floats(-1e9, 1e9))
@example(-1e-20)
def test_no_place_is_off_the_map_and_no_heading_off_the_compass(number):
    assert 0 <= planet.wrap(number) < SIZE
    assert 0 <= planet.compass(number) < 360


@given(places, places, headings, st.floats(0, 60), st.floats(0, 1000), st.floats(0, 1000))
def test_two_legs_lead_where_one_long_leg_leads(x, y, heading, speed, first, second):
    halfway = reckon(x, y, heading, speed, first)
    assert distance(*reckon(*halfway, heading, speed, second), *reckon(x, y, heading, speed, first + second)) < 1e-6


@given(places, places, places, places)
def test_steering_by_bearing_and_distance_arrives(x, y, to_x, to_y):
    metres = distance(x, y, to_x, to_y)
    assert metres <= SIZE / 2 * math.sqrt(2)
    assert distance(*reckon(x, y, bearing(x, y, to_x, to_y), metres, 1), to_x, to_y) < 1e-6


def test_the_short_way_may_lead_across_the_edge():
    assert distance(890, 5, 10, 895) == pytest.approx(math.hypot(20, 10))
    assert bearing(890, 450, 10, 450) == 90


seas = st.builds(lay_out, st.text(min_size=1, max_size=5), st.integers(1, 50)) | st.just(lay_out("", 1))


@given(seas)
def test_the_floor_has_a_dozen_tops_and_one_trench(sea):
    assert len({mount.name for mount in sea.seamounts}) == 12
    for mount in sea.seamounts:
        assert sea.floor(mount.x, mount.y) == pytest.approx(mount.depth)
        assert sea.seamount_at(mount.x, mount.y) == sea.summit_at(mount.x, mount.y) == mount
        assert sea.summit_at(mount.x + SUMMIT + 0.1, mount.y) is None
        assert distance(mount.x, mount.y, SIZE / 2, SIZE / 2) >= mount.radius + BERTHS
    trench = sea.trench
    assert sea.floor((trench.west + trench.east) / 2, trench.y) == PLAIN + trench.deeper
    for one, other in combinations(sea.seamounts, 2):
        assert distance(one.x, one.y, other.x, other.y) >= one.radius + other.radius


@given(seas, places, places)
def test_the_floor_is_always_under_water_and_rises_only_on_seamounts(sea, x, y):
    assert TOPS[0] <= sea.floor(x, y) <= PLAIN + sea.trench.deeper
    if not sea.seamount_at(x, y):
        assert sea.floor(x, y) >= PLAIN


@given(seas, st.integers(1, 20))
def test_every_tide_lays_each_treasure_on_a_seamount_of_its_own(sea, tide):
    places = sea.hide(tide)
    assert places == sea.hide(tide) != sea.hide(tide + 1)
    assert list(places) == list(TREASURES)
    assert len({sea.seamount_at(*treasure[1:3]) for treasure in places.values()} - {None}) == len(TREASURES)


def test_each_seed_and_each_season_has_a_sea_of_its_own():
    seas = {seed: [lay_out(seed, season) for season in range(1, 10)] for seed in ("reds", "blues")}
    places = [(mount.x, mount.y) for one in seas.values() for sea in one for mount in sea.seamounts]
    assert len(set(places)) > 0.99 * len(places)
    assert seas["reds"] == [lay_out("reds", season) for season in range(1, 10)]
    assert len({mount.name for sea in seas["reds"] for mount in sea.seamounts}) > 40


@given(st.floats(0, 2e9))
def test_clem_sails_as_the_chart_says(now):
    x, y, heading = clem.clem_place(now)
    assert distance(*reckon(x, y, heading, clem.CLEM_SPEED, 1), *clem.clem_place(now + 1)[:2]) < 0.05


def test_clem_knows_some_words_and_has_something_to_say_to_all_others():
    x, y, _ = clem.clem_place(50)
    assert f"x {x:.0f}, y {y:.0f}" in clem.clem_answer("ada", "Where are you?", 1, 50)
    assert "ada" in clem.clem_answer("ada", "HELLO", 1, 50)
    others = {clem.clem_answer("{x}", "{number} 😀", number, 50) for number in range(1, 10)}
    assert len(others) > 1
    assert all(others)
