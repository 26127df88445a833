"""Limits: how often one may ask.

    limits = Limits()
    limits.count_request(sailor, "192.0.2.7", now=1000)         # counts a request, or raises TooFast
    limits.count_id(sailor, "abcdefgh", "192.0.2.7", now=1000)  # raises TooFast if nobody may be told whose id this is

A whole class may share one address, so what a sailor does is counted by sailor. What a stranger does is counted by
address: asking without an id, joining, and guessing ids, club words or keys.

Words: a sailor is *at home* at the few addresses from which he or she has played, which the logbook keeps. A *guess* is
a club word, or an id at an address that is no home of its sailor. While there are too many wrong guesses from an
address, no guess from there is looked at, and the reply is the same for a right one and a wrong one. So a flood of
guesses locks out nobody: at home an id is no guess; with name and id, `join` works from anywhere, see session.py; and a
guess that is sent three times is looked at slowly, as one who guesses does not send the same again.

How hopeless is guessing? There are 31 ** 8 ids. On average, one address finds the id of one of so many ships after

                                                              30 ships      420          10,000
    1 a second, if they have not played there                 870 years     64 years     2.7 years
    1,000 a second by `join`, each with the name of one       14 years      14 years     14 years
    1,000 a second, if they have played there, and sleep      320 days      23 days      1 day
    5,000 a second, if they play there now                    64 days       5 days       (at most 420 can)

The last is as fast as the server answers: with a limit there, one who guesses would lock out a class.
"""

from collections import OrderedDict

from game.errors import TooFast
from game.sailors import is_asleep

MOST_GUESSES = 10_000  # of each kind that are remembered
MOST_PACED = 20_000  # those whom one Pace remembers
KNOCKING = 45  # seconds for which the right key of the harbour has to be sent while many wrong ones come
KNOCKS_APART = 10  # seconds between two of them, at most
AGAIN = 1  # seconds after which a guess that was not looked at can be sent again
PATIENCE = 2  # how often it is not looked at


class Limits:
    """What has been asked, and how often. Its times are those of the ocean."""

    def __init__(self):
        self.requests = Pace(rate=50, burst=100)  # of a sailor
        self.strangers = Pace(rate=1000, burst=2000)  # of all others, of an address
        self.chat = Talk()
        self.joins = Pace(rate=20 / 60, burst=120)  # of an address
        self.ids, self.words = Guesses(rate=0.5), Guesses(rate=0.1)
        self.keys = Pace(rate=0.1, burst=10)  # keys of the harbour, of an address
        self.knocks = OrderedDict()  # who sends keys meanwhile: since when, and when last

    def count_request(self, sailor, address, now):
        """Count a request with the id of this sailor, or with a wrong one or none. Raises TooFast.

        Only who is awake and at home counts as a sailor: otherwise it would show which id is right. Returns whether.
        """
        is_sailor = sailor is not None and address in sailor.homes and not is_asleep(sailor, now)
        wait = self.requests.wait(sailor.id, now) if is_sailor else self.strangers.wait(address, now)
        if wait:
            raise TooFast("You ask too fast.", wait)
        return is_sailor

    def count_id(self, sailor, id, address, now):
        """Count an id, which is that of this sailor, or None if it is wrong. Raises TooFast after many wrong ones."""
        is_home = sailor is not None and address in sailor.homes
        if not is_home and not self.ids.may_be_told(id, sailor is not None, address, now):
            reply = "Many wrong ids came from your network. With your name and your id, join works at once."
            raise TooFast(reply, AGAIN, "join", name="YOUR-NAME", id="YOUR-ID")

    def count_word(self, word, is_right, address, now):
        """Count a club word. Raises TooFast after many wrong ones."""
        if not self.words.may_be_told(word, is_right, address, now):
            raise TooFast("Many wrong club words came from your network.", AGAIN, "")

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


class Talk:
    """How often one may talk: a sailor, and all together who joined from one address."""

    def __init__(self):
        self.own = Pace(rate=1, burst=5)
        self.shared = Pace(rate=30, burst=150)  # a class whose sailors all talk as fast as they may

    def wait(self, sailor, now):
        """0 if the sailor may talk now, and it counts as done; else the seconds to wait."""
        home = sailor.homes[:1]
        return self.shared.left(home, now) or self.own.wait(sailor.id, now) or self.shared.wait(home, now)


class Guesses:
    """Guesses of a secret, by address: 60 wrong ones at once, then `rate` a second. The same again doesn't count."""

    def __init__(self, rate):
        self.wrong = Pace(rate, burst=60)
        self.repeated = Pace(rate, burst=30)  # looked at because they were sent again and again
        # By a number that stands for address and guess: wrong ones that were told, and how often others were not.
        self.told, self.untold = OrderedDict(), OrderedDict()

    def may_be_told(self, guess, is_right, address, now):
        """True if whoever sent a guess may be told whether it is right. If it is False, that says nothing about it."""
        known = hash((address, guess))
        if known in self.told:
            return True
        if self.wrong.left(address, now) and not self.is_patient(known, address, now):
            return False
        if not is_right:
            self.wrong.wait(address, now)
            remember(self.told, known, True)
        return True

    def is_patient(self, known, address, now):
        """True for a guess that has been sent before, as long as there are not many of those."""
        times = self.untold.get(known, 0)
        remember(self.untold, known, times + 1)
        return times >= PATIENCE and not self.repeated.wait(address, now)


def remember(memory, key, value):
    """Put something into an OrderedDict as its newest item, and forget the oldest if there are many."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MOST_GUESSES:
        memory.popitem(last=False)


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
