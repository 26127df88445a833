"""Limits: how often one may ask.

    limits = Limits()
    limits.admit(sailor, "abcdefgh", "192.0.2.7", now=1000)    # counts a request, or raises TooFast

A whole class may share one address, so what a sailor does is counted by sailor. Only what a stranger does is counted by
address: asking without an id, joining, and guessing ids or keys.

How hopeless is guessing? There are 31 ** 8 ids. With one guess a second, a stranger who wants the ship of any of 10,000
sailors needs 2.7 years on average. From the address where a sailor plays, that sailor's id can be tried as fast as the
server answers, as otherwise one who guesses would lock out a class: in a lesson with 30 ships that succeeds once in
1,500.
"""

from collections import OrderedDict

from game.errors import TooFast

MOST_GUESSES = 10_000  # wrong ids that are remembered
MOST_HOMES = 20_000  # sailors whose addresses are remembered
MOST_PACED = 20_000  # those whom one Pace remembers
KNOCKING = 45  # seconds for which the right key of the harbour has to be sent while many wrong ones come
KNOCKS_APART = 10  # seconds between two of them, at most


class Limits:
    """What has been asked, and how often. Its times are those of the ocean."""

    def __init__(self):
        self.requests = Pace(rate=50, burst=100)  # of a sailor
        self.chat = Pace(rate=1, burst=5)  # of a sailor
        self.strangers = Pace(rate=1000, burst=2000)  # requests without an id, of an address
        # One address can't fill the ocean: those who joined 15 minutes ago sleep, so at most 120 + 15 * 20 are awake.
        self.joins = Pace(rate=20 / 60, burst=120)
        self.guesses = Pace(rate=1, burst=60)  # wrong ids, of an address
        self.keys = Pace(rate=0.1, burst=10)  # keys of the harbour, of an address
        self.knocks = OrderedDict()  # who sends keys meanwhile: since when, and when last
        self.guessed = OrderedDict()  # (address, wrong id), so that asking with the same one again isn't another guess
        self.homes = {}  # from which address each sailor was last heard, by id

    def admit(self, sailor, id, address, now):
        """Count a request with an id, which is that of this sailor, or None if it is wrong or "". Raises TooFast.

        A right id that is new at an address is treated like a wrong one: otherwise guessing would show which is right.
        """
        if id and (not sailor or self.homes.get(sailor.id) != address):
            self.count_guess(sailor, id, address, now)
        wait = self.requests.wait(sailor.id, now) if sailor else self.strangers.wait(address, now)
        if wait:
            raise TooFast("You ask too fast.", wait)

    def count_guess(self, sailor, id, address, now):
        """Note where a sailor is at home, or that an id is wrong. Raises TooFast after many wrong ones."""
        guess = (address, id[:20])
        if guess in self.guessed:
            return
        wait = self.guesses.left(address, now) if sailor else self.guesses.wait(address, now)
        if wait:
            raise TooFast("Many wrong ids came from your network.", wait)
        if sailor:
            self.note_home(sailor, address)
        else:
            self.guessed[guess] = True
            if len(self.guessed) > MOST_GUESSES:
                self.guessed.popitem(last=False)

    def note_home(self, sailor, address):
        """Note where a sailor is at home."""
        self.homes[sailor.id] = address
        if len(self.homes) > MOST_HOMES:
            self.homes.clear()  # those who have gone, too; whoever is still here is at home again with the next request

    def count_join(self, address, now):
        """Raises TooFast after many new ships from one address."""
        wait = self.joins.wait(address, now)
        if wait:
            raise TooFast("Many ships joined from your network just now.", wait, "who")

    def count_key(self, address, is_right, now):
        """Raises TooFast after many wrong keys of the harbour from one address, even for a right one.

        Otherwise guessing would go on. But whoever keeps sending the right one gets in within a minute, however many
        wrong ones come meanwhile: so the leader can't be locked out. Until then no reply tells which is right.
        """
        if self.keys.left(address, now):
            has_knocked = self.knock((address, is_right), now)
            if not (has_knocked and is_right):
                raise TooFast("Many wrong keys came from your network. Keep asking: the right one opens soon.", 5)
        elif not is_right:
            self.keys.wait(address, now)

    def knock(self, who, now):
        """Note that somebody sends a key. True if that has been going on for long enough, without a break."""
        since, last = self.knocks.pop(who, (now, now))
        if not 0 <= now - last <= KNOCKS_APART:
            since = now
        self.knocks[who] = since, now
        if len(self.knocks) > MOST_PACED:
            self.knocks.popitem(last=False)
        return now - since >= KNOCKING


class Pace:
    """How often one may do something: `rate` times a second, and up to `burst` times at once after a rest.

    >>> pace = Pace(rate=2, burst=3)
    >>> [round(pace.wait("ada", now=1000), 3) for _ in range(4)]      # three may pass, the next one in half a second
    [0, 0, 0, 0.5]

    It is known as the generic cell rate algorithm (GCRA): for each who asks it remembers when the next one would be
    due, if all came evenly. Whoever comes early by more than the burst allows has to wait.
    """

    def __init__(self, rate, burst):
        self.gap = 1 / rate
        self.slack = (burst - 1) * self.gap + 1e-5  # seconds that one may be early, and what floats lose
        self.due = {}  # when the next one is due, by who asks

    def wait(self, who, now):
        """0 if it may be done now, and it counts as done; else the seconds to wait. `now` is in seconds."""
        due = self.due.get(who, now)
        early = due - now
        if early < 0 or early > self.slack + self.gap:  # rested, or the clock has been set back
            due, early = now, 0
        if early > self.slack:
            return early - self.slack
        self.due[who] = due + self.gap
        if len(self.due) > MOST_PACED:
            self.forget(now)
        return 0

    def left(self, who, now):
        """What `wait` would say, without counting."""
        early = self.due.get(who, now) - now
        return early - self.slack if self.slack < early <= self.slack + self.gap else 0

    def forget(self, now):
        """Forget all who have rested, and if that isn't half of them, the oldest."""
        self.due = {who: due for who, due in self.due.items() if due > now}
        for who in [*self.due][: max(0, len(self.due) - MOST_PACED // 2)]:
            del self.due[who]
