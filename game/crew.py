"""The crew: who is aboard, by which name and id, who is awake, and who may not come back for a while.

It is the part of an ocean that knows nothing of the sea: `ocean.py` makes an Ocean of it.

Words: a sailor who isn't heard for a while is *asleep*, and not shown. Who goes *ashore* has no ship any more.
"""

import math
from collections import OrderedDict
from itertools import chain, count

from manners import RESERVED_NAMES, look, same_name
from planet import CLEM
from troubles import Banned, NameTaken, NoSailor, OceanFull, UnknownId

NAP = 15 * 60  # seconds without a request after which a sailor is asleep
MOST_KEPT = 10_000  # sailors whose ships and names are kept
GIVEN_AWAY = 60 * 24 * 3600  # seconds without a request after which somebody else may have the name

SAMPLE_NAMES = ["ada", "grace", "sylvia", "jacques", "jeanne", "marie", "vasco", "zheng", "tupaia", "sindbad"]


class Crew:
    """All sailors, awake and asleep."""

    def __init__(self, most_awake=500):
        self.now = 0.0
        self.most_awake = most_awake
        self.sailors = {}  # by id
        self.touched = set()  # the ids of those who may have changed: what the logbook looks at
        self.names = {}  # the same sailors by same_name
        self.looks = {}  # the same by look
        self.awake = OrderedDict()  # the same by id, but no sleepers, and who was heard longest ago comes first
        self.bans = {}  # until when, by “name ada”, “id abcdefgh” or “address 10.0.0.1”

    # -- Coming and going

    def take_aboard(self, sailor):
        """Add a sailor, who has been heard of later than all others."""
        self.sailors[sailor.id] = self.names[same_name(sailor.name)] = self.awake[sailor.id] = sailor
        self.looks[look(sailor.name)] = sailor
        self.touched.add(sailor.id)

    def send_ashore(self, sailor):
        """End a voyage: the name is free again."""
        self.touched.add(sailor.id)
        del self.sailors[sailor.id], self.names[same_name(sailor.name)]
        self.looks.pop(look(sailor.name), None)
        self.awake.pop(sailor.id, None)

    def find(self, name):
        """The sailor of this name, to whom something may be done. Raises NoSailor."""
        sailor = self.names.get(same_name(name))
        if not sailor:
            raise NoSailor(f"No sailor has the name “{name[:40]}”. Ask the route who for all names.", "who")
        self.touched.add(sailor.id)
        return sailor

    def known(self, id):
        """The sailor with this id, awake or not. Raises UnknownId or Banned."""
        sailor = self.sailors.get(id.strip().lower())
        if not sailor:
            self.need_no_ban(f"id {id.strip().lower()}")
            raise UnknownId(f"No sailor has the id “{id[:20]}”. Check each letter, or join to get an id.", "join")
        return sailor

    def belongs(self, id, name):
        """True if this is the id of the sailor with this name."""
        return id in self.sailors and self.names.get(same_name(name)) is self.sailors[id]

    # -- Names

    def holder(self, name):
        """The sailor who has this name or one that looks like it, or None."""
        return self.names.get(same_name(name)) or self.looks.get(look(name))

    def is_taken(self, name):
        """True if a new sailor can't have the name."""
        holder = self.holder(name)
        is_reserved = bool({same_name(name), look(name)} & RESERVED_NAMES)
        return is_reserved or bool(holder and not self.is_given_away(holder))

    def is_given_away(self, sailor):
        """True for one who hasn't been heard for so long that somebody else may have the name."""
        return self.now - sailor.heard >= GIVEN_AWAY

    def need_name(self, name):
        """Raises NameTaken or Banned."""
        if self.is_taken(name):
            raise NameTaken(f"The name {name} is taken: choose another one. If it is your name, send your id too.")
        self.need_no_ban(f"name {look(name)}")

    def free_name(self):
        """A name that a new sailor can take."""
        numbered = (f"sailor{number}" for number in count(len(self.names)))
        return next(name for name in chain(SAMPLE_NAMES, numbered) if not self.is_taken(name))

    # -- Room

    def is_asleep(self, sailor):
        return self.now - sailor.heard >= NAP

    def awake_sailors(self):
        """All who are not asleep."""
        while self.awake and self.is_asleep(next(iter(self.awake.values()))):
            self.awake.popitem(last=False)
        return self.awake.values()

    def need_room(self):
        """Raises OceanFull if no other ship may sail now."""
        if len(self.awake_sailors()) >= self.most_awake:
            raise OceanFull(f"The ocean is full: {self.most_awake} ships sail now. Try again in a few minutes.", "who")

    def need_berth(self):
        """Have room to keep one more sailor: if need be, one who will hardly come back goes. Raises OceanFull."""
        if len(self.sailors) >= MOST_KEPT:
            longest_ago = min(self.sailors.values(), key=lambda sailor: sailor.heard)
            if not self.is_given_away(longest_ago):
                raise OceanFull(f"The ocean is full: {MOST_KEPT} ships are kept. Ask your club leader.", "who")
            self.send_ashore(longest_ago)

    def who(self):
        """The names of the robot and of all who are awake."""
        return [CLEM, *sorted((sailor.name for sailor in self.awake_sailors()), key=str.casefold)]

    # -- What the harbour master can do

    def mute(self, name, muted=True):
        """Let a sailor say nothing from now on, or with False everything again. Returns the sailor. Raises NoSailor."""
        sailor = self.find(name)
        sailor.muted = muted
        return sailor

    def ban(self, seconds, *whom):
        """Let nobody of these come aboard for a while. They are written like “name ada” or “address 10.0.0.1”."""
        self.bans = {who: until for who, until in self.bans.items() if until > self.now}
        self.bans.update(dict.fromkeys(whom, self.now + seconds))

    def unban(self, who):
        """Take back a ban, and those that were made together with it. Raises NoSailor."""
        if who not in self.bans:
            raise NoSailor("Nobody with this name is banned.")
        self.bans = {other: until for other, until in self.bans.items() if until != self.bans[who]}

    def banned(self):
        """Who may not come aboard, and for how many seconds more."""
        return [(who, until - self.now) for who, until in self.bans.items() if until > self.now]

    def need_no_ban(self, who):
        """Raises Banned."""
        left = self.bans.get(who, 0) - self.now
        if left > 0:
            raise Banned(
                f"You can't play now. Talk to your club leader, or come back in {math.ceil(left / 60)} min.",
                "who",
            )
