"""How often one may ask, and from where. Time is what the test says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.errors import TooFast
from game.sailors import NAP
from server.settings import Settings
from web.limits import MOST_GUESSES, MOST_HOMES, MOST_PACED, Limits, Pace
from web.request import address_of

HERE, THERE = "192.0.2.1", "198.51.100.9"


@pytest.fixture
def limits():
    return Limits()


@pytest.fixture
def admit(limits, ocean):
    """A function that asks with an id from an address."""
    return lambda id, address: limits.admit(ocean.crew.by_id.get(id), id, address, ocean.now)


def times(action, *arguments):
    """How often an action can be done before it is too fast, and then how long to wait."""
    for number in range(100_000):
        try:
            action(*arguments)
        except TooFast as problem:
            return number, problem.fields["wait"]


def test_a_sailor_asks_50_times_a_second_and_100_at_once(admit, ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    assert times(admit, ada.id, HERE) == (100, 1)
    admit(bob.id, HERE)
    ocean.now += 1
    assert times(admit, ada.id, HERE)[0] == 50


def test_a_class_behind_one_address_can_join_within_a_minute(limits, ocean):
    for _ in range(120):
        limits.count_join(HERE, ocean.now)
    for _ in range(20 * 15):
        ocean.now += 3
        limits.count_join(HERE, ocean.now)
    assert times(limits.count_join, HERE, ocean.now)[0] < 2


def test_one_address_cannot_fill_the_ocean_with_ships(limits, ocean):
    for second in range(3 * NAP):
        ocean.now += 1
        try:
            limits.count_join(HERE, ocean.now)
        except TooFast:
            continue
        ocean.join(f"bot{second}")
    assert len(ocean.awake_sailors()) <= 420 < ocean.most_awake


def test_guessing_ids_is_slow_and_tells_nothing(admit, ocean):
    ada = ocean.join("ada")
    guesses = (f"guess{number}" for number in range(1000))
    assert times(lambda: admit(next(guesses), THERE)) == (60, 1)
    with pytest.raises(TooFast) as wrong:
        admit("aaaaaaaa", THERE)
    with pytest.raises(TooFast) as right:
        admit(ada.id, THERE)
    assert str(wrong.value) == str(right.value)
    admit(ada.id, HERE)


def test_a_guesser_locks_out_nobody_who_plays_at_the_same_address(admit, limits, ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    admit(ada.id, HERE)
    limits.note_home(bob, HERE)
    guesses = (f"guess{number}" for number in range(1000))
    times(lambda: admit(next(guesses), HERE))
    admit(ada.id, HERE)
    admit(bob.id, HERE)


def test_an_old_id_in_a_loop_is_one_guess(admit):
    """A class whose ids all ended, as with a new logbook, is told so and not locked out."""
    for _ in range(500):
        admit("oldoldid", HERE)
    guesses = (f"guess{number}" for number in range(1000))
    assert times(lambda: admit(next(guesses), HERE))[0] == 59


def test_requests_without_an_id_have_a_ceiling_and_it_spares_sailors(admit, ocean):
    ada = ocean.join("ada")
    assert times(admit, "", HERE)[0] == 2000
    admit(ada.id, HERE)
    admit("", THERE)


def test_what_is_remembered_of_guesses_and_homes_has_an_end(admit, limits, ocean):
    ada = ocean.join("ada")
    for number in range(MOST_GUESSES + 100):
        ocean.now += 1
        admit(f"guess{number}", HERE)
    assert len(limits.guessed) == MOST_GUESSES
    for number in range(MOST_HOMES + 1):
        limits.homes[number] = HERE
    admit(ada.id, HERE)
    assert len(limits.homes) <= MOST_HOMES
    admit(ada.id, HERE)


def opens_after(limits, pauses, is_right=True):
    """After how many seconds among wrong keys one is let in that is sent with these pauses, or None."""
    passed = 0
    for pause in [0, *pauses]:
        passed += pause
        times(limits.count_key, HERE, False, passed)
        try:
            limits.count_key(HERE, is_right, passed)
        except TooFast:
            continue
        return passed
    return None


def test_among_many_wrong_keys_the_right_one_is_let_in_if_it_keeps_coming(limits):
    assert opens_after(limits, [5] * 20) == 45
    assert opens_after(Limits(), [9] * 20) == 45
    assert opens_after(Limits(), [11] * 20) is None  # so that a guess costs six requests
    assert opens_after(Limits(), [9, 9, 9, 30, 9, 9, 9]) is None
    assert opens_after(Limits(), [1] * 1000, is_right=False) is None


def test_what_is_remembered_of_knocks_has_an_end(limits):
    for number in range(MOST_PACED + 9):
        limits.knock((number, True), 1000)
    assert len(limits.knocks) == MOST_PACED


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("192.0.2.1", "", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "10.0.0.0/8", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.5", "10.0.0.0/8", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.5", "10.0.0.0/8", "unclear"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "10.0.0.0/8,127.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.0/8", "10.0.0.3"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1", "unclear"),
        ("10.0.0.1", "nonsense", "10.0.0.1", "unclear"),
        ("10.0.0.1", "10.0.0.1, 203.0.113.5", "10.0.0.1", "unclear"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.1", "10.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5,", "10.0.0.1", "unclear"),
        ("2001:db8::1", "", "", "2001:db8::/64"),
        ("2001:db8::ffff:1", "", "", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "203.0.113.5", "192.0.2.1", "203.0.113.5"),
        ("::1", "2001:db8:1:2:3::4", "::1", "2001:db8:1:2::/64"),
    ],
)
def test_whose_word_about_the_address_is_believed(remote, forwarded, proxies, address):
    environ = {"REMOTE_ADDR": remote, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})}
    assert address_of(environ, Settings.read({"MOCEAN_PROXIES": proxies}).proxies) == address


# ---- Pace ----


def test_a_burst_and_then_one_by_one():
    pace = Pace(rate=2, burst=3)
    assert [pace.wait("ada", 1000) for _ in range(4)] == [0, 0, 0, pytest.approx(0.5, abs=1e-4)]
    assert pace.wait("ada", 1000.5) == 0
    assert pace.wait("ada", 1000.5) == pytest.approx(0.5, abs=1e-4)
    assert pace.wait("bob", 1000.5) == 0
    assert [pace.wait("ada", 2000) for _ in range(4)][:3] == [0, 0, 0]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_never_more_than_the_burst_and_the_rate_and_a_wait_is_worth_it(pauses):
    pace, now, passed = Pace(rate=2, burst=5), 1000.0, []
    for pause in pauses:
        now += pause
        wait = pace.wait("ada", now)
        if wait:
            assert pace.left("ada", now) == wait
            assert pace.left("ada", now + wait + 1e-6) == 0
        else:
            passed.append(now)
    for number, first in enumerate(passed):
        assert len([time for time in passed[number:] if time < first + 4]) <= 5 + 2 * 4


def test_a_clock_that_is_set_back_locks_nobody_out():
    pace = Pace(rate=1, burst=2)
    assert [pace.wait("ada", 1000) for _ in range(2)] == [0, 0]
    assert pace.wait("ada", 10) == 0


def test_it_forgets_those_who_have_rested_and_then_the_oldest():
    pace = Pace(rate=1, burst=1)
    for number in range(3 * MOST_PACED):
        pace.wait(number, 1000)
        assert len(pace.due) <= MOST_PACED
    assert pace.wait(3 * MOST_PACED - 1, 1000.5) == pytest.approx(0.5, abs=1e-4)
    pace.forget(2000)
    assert not pace.due
