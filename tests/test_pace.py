"""How often, with time as the test says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pace import MOST, Pace


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
    for number in range(3 * MOST):
        pace.wait(number, 1000)
        assert len(pace.due) <= MOST
    assert pace.wait(3 * MOST - 1, 1000.5) == pytest.approx(0.5, abs=1e-4)
    pace.forget(2000)
    assert not pace.due
