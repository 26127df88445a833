"""Who may come in, and how often. Time is what the test says."""

import pytest

from gate import Gate, address_of, networks
from ocean import NAP
from troubles import TooFast

HERE, THERE = "192.0.2.1", "198.51.100.9"


@pytest.fixture
def gate():
    return Gate()


def times(action, *arguments):
    """How often an action can be done before it is too fast, and then how long to wait."""
    for number in range(100_000):
        try:
            action(*arguments)
        except TooFast as trouble:
            return number, trouble.fields["wait"]


def test_a_sailor_asks_50_times_a_second_and_100_at_once(gate, ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    assert times(gate.admit, ocean, ada.id, HERE) == (100, 1)
    assert gate.admit(ocean, bob.id, HERE) is bob
    ocean.now += 1
    assert times(gate.admit, ocean, ada.id, HERE)[0] == 50


def test_a_class_behind_one_address_can_join_within_a_minute(gate, ocean):
    for _ in range(120):
        gate.count_join(HERE, ocean.now)
    for _ in range(20 * 15):
        ocean.now += 3
        gate.count_join(HERE, ocean.now)
    assert times(gate.count_join, HERE, ocean.now)[0] < 2


def test_one_address_cannot_fill_the_ocean_with_ships(gate, ocean):
    for second in range(3 * NAP):
        ocean.now += 1
        try:
            gate.count_join(HERE, ocean.now)
        except TooFast:
            continue
        ocean.join(f"bot{second}")
    assert len(ocean.awake_sailors()) <= 420 < ocean.most_awake


def test_guessing_ids_is_slow_and_tells_nothing(gate, ocean):
    ada = ocean.join("ada")
    guesses = (f"guess{number}" for number in range(1000))
    assert times(lambda: gate.admit(ocean, next(guesses), THERE)) == (60, 1)
    with pytest.raises(TooFast) as wrong:
        gate.admit(ocean, "aaaaaaaa", THERE)
    with pytest.raises(TooFast) as right:
        gate.admit(ocean, ada.id, THERE)
    assert str(wrong.value) == str(right.value)
    assert gate.admit(ocean, ada.id, HERE) is ada


def test_a_guesser_locks_out_nobody_who_plays_at_the_same_address(gate, ocean):
    ada, bob = ocean.join("ada"), ocean.join("bob")
    gate.admit(ocean, ada.id, HERE)
    gate.welcome(bob, HERE)
    times(lambda: gate.admit(ocean, f"guess{ocean.now}{len(gate.guessed)}", HERE))
    assert gate.admit(ocean, ada.id, HERE) is ada
    assert gate.admit(ocean, bob.id, HERE) is bob


def test_an_old_id_in_a_loop_is_one_guess(gate, ocean):
    """A class whose ids all ended, as with a new logbook, is told so and not locked out."""
    for _ in range(500):
        assert gate.admit(ocean, "oldoldid", HERE) is None
    assert times(lambda: gate.admit(ocean, f"guess{len(gate.guessed)}", HERE))[0] == 59


def test_requests_without_an_id_have_a_ceiling_and_it_spares_sailors(gate, ocean):
    ada = ocean.join("ada")
    assert times(gate.admit, ocean, "", HERE)[0] == 2000
    assert gate.admit(ocean, ada.id, HERE) is ada
    assert gate.admit(ocean, "", THERE) is None


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("192.0.2.1", "", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "10.0.0.0/8", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.5", "10.0.0.0/8", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.5", "10.0.0.0/8", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "10.0.0.0/8,127.0.0.1", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.0/8", "10.0.0.3"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "", "", "2001:db8::/64"),
        ("2001:db8::ffff:1", "", "", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "203.0.113.5", "192.0.2.1", "203.0.113.5"),
        ("::1", "2001:db8:1:2:3::4", "::1", "2001:db8:1:2::/64"),
    ],
)
def test_whose_word_about_the_address_is_believed(remote, forwarded, proxies, address):
    environ = {"REMOTE_ADDR": remote, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})}
    assert address_of(environ, networks(proxies)) == address
