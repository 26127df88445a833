"""A short run of what `make crash` does at length."""

from tests.crash import Crash


def test_thirty_kills_lose_nothing(tmp_path):
    crash = Crash(tmp_path, kills=30).run()
    print(crash.report)
    assert crash.faults == []
    assert len(crash.times) == 30
