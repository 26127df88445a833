"""The clock of the game: the time of day, but it never goes back.

The clock of a computer may be set back while the server runs. Ships would then wait until it is as late again.
"""

import time


class SteadyClock:
    """The time in seconds, as time.time() has it. After that was set back, it goes on as if nothing had happened.

    It follows a clock that is set forward: some computers know the time only when they have asked others.
    What depends on that should be able to wait, as that clock may be wrong: see Ocean.forget_old.
    """

    def __init__(self, wall=time.time, passing=time.monotonic):
        # What a clock on the wall shows, and what a stopwatch does. Between two steps they go equally fast.
        self.wall, self.passing = wall, passing
        self.offset = wall() - passing()

    def __call__(self):
        shown = self.wall()  # before the other clock, so that a delay between the two doesn't count
        passed = self.passing()
        self.offset = max(self.offset, shown - passed)
        return self.offset + passed
