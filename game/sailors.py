"""Sailors: what the game knows of a player with a ship, and who is aboard.

To give sailors something more, add a line with a default to the class `Sailor`, like `hats: int = 0`. The logbook keeps
it.

Words: a sailor who hasn't been heard from for a while is *asleep*, and not shown.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from itertools import chain, count
from operator import attrgetter

from game.errors import NameTaken, NoSailor, OceanFull, UnknownId
from game.moderation import is_reserved, look_alike, same_name
from game.planet import ABILITIES, TREASURES
from game.tracked import Tracked

ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which look alike

NAP = 15 * 60  # seconds without a request after which a sailor is asleep
NOTE_HEARD = 60  # seconds: how exactly the logbook knows when somebody was heard from
MOST_KEPT = 10_000  # sailors whose ships and names are kept
MOST_OBSERVED = 1000  # sailors of whom what the leader sees is kept
LIVERIES = 1000  # nobody tells more ships than that apart
MOST_HOMES = 4  # network addresses of a sailor that are kept
GIVEN_AWAY = 60 * 24 * 3600  # seconds without a request after which somebody else may have the name

SAMPLE_NAMES = ["ada", "grace", "sylvia", "jacques", "jeanne", "marie", "vasco", "zheng", "tupaia", "sindbad"]


@dataclass(eq=False)
class Sailor(Tracked):
    """A player with a ship that was at x, y at the time `since`, and has sailed on like this ever since."""

    name: str
    id: str
    x: float
    y: float
    since: float
    heard: float  # the time of the last request
    logged: float = 0.0  # the time of the last request of which the logbook was told
    heading: float = 0.0
    speed: float = 0.0
    depth: float = 0.0  # as ordered; Ocean.depth is what the sea floor makes of it
    muted: bool = False  # by the club's leader
    items: tuple = ()  # the names of the treasure aboard
    last_read: int = 0  # the number of the last message to everyone that was read
    missed: tuple = ()  # the numbers of later ones that were said while the sailor slept
    homes: tuple = ()  # the network addresses of this sailor: where the voyage began, then the newest ones
    is_idle: bool = False  # True until the first order or word
    badges: tuple = ()  # the names of those earned: see badges.py
    sailed: float = 0.0  # metres, until `since`
    solved: tuple = ()  # the routes of the puzzles of Steps that were solved
    hints: tuple = ()  # the route of such a puzzle, once for each of its hints that was given
    look: int = 0  # the number of the ship's livery: see Crew.dress

    # What only some sailors ever have: without a type, so that it takes up no memory in the others.
    sounded = -1.0  # the time of the last ping
    hinted = 0.0  # when Clem last told where there is something to find
    foretold = ()  # where the ship was said to be at a time, and how far it had sailed then: x, y, time, metres
    judged = ()  # how far off that was, and how far the ship had sailed since: metres, metres

    def ability(self, what):
        """The best of what the ship can do by itself and with each thing aboard, see planet.ABILITIES."""
        return max([ABILITIES[what], *(TREASURES.get(item, {}).get(what, 0) for item in self.items)])

    def top_speed(self, depth):
        """Metres a second, at most, at a depth."""
        return float(self.ability("diving speed" if depth else "speed"))

    def sight(self, depth):
        """How many metres the sailor sees from a depth."""
        return self.ability("sight") / (1 + depth / self.ability("clarity"))

    def note_home(self, address):
        """Remember another network address from which the sailor plays."""
        self.homes = (*self.homes[:1], address, *self.homes[1 : MOST_HOMES - 1])


def new_id():
    """A secret of 8 letters and digits: one of 31 ** 8, some 850 billion."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(8))


class Crew:
    """All sailors, awake and asleep. The time `now` is in seconds, by any clock."""

    def __init__(self):
        self.by_id = {}
        self.by_name = {}  # the same sailors by same_name
        self.by_look = {}  # the same by look_alike
        # What the logbook has to write: the ids of those who may have changed, come or gone. And those of whom it
        # only needs to know once a minute that they were heard from.
        self.changes, self.polled = set(), set()
        self.asked = {}  # by id, what all may know of the last request: not worth a line in the logbook
        # By id, those of whom it was noted last come last: what the leader sees of a sailor, as a text of whoever notes
        # it. And the ids of those whose text is new to the logbook: it writes them when there is something to write.
        self.seen, self.noted = {}, set()
        self.recent = (
            OrderedDict()
        )  # by id, those who were awake when last looked at; first whoever was heard from longest ago
        self.dozed = []  # those who have fallen asleep since somebody emptied this list

    def add(self, sailor):
        """Take aboard somebody who was heard from later than all others."""
        self.by_id[sailor.id] = self.by_name[same_name(sailor.name)] = self.recent[sailor.id] = sailor
        self.by_look[look_alike(sailor.name)] = sailor
        sailor.track(self.changes)

    def remove(self, sailor):
        """Send somebody ashore: the name is free again."""
        self.changes.add(sailor.id)
        del self.by_id[sailor.id], self.by_name[same_name(sailor.name)]
        if self.by_look.get(look_alike(sailor.name)) is sailor:  # two of an older logbook may look alike
            del self.by_look[look_alike(sailor.name)]
        self.recent.pop(sailor.id, None)
        self.asked.pop(sailor.id, None)
        self.note_seen(sailor.id, None)

    def replace_id(self, sailor, id):
        """Give a sailor another id. The old one ends."""
        old_id = sailor.id
        self.changes.add(old_id)
        del self.by_id[old_id]
        sailor.id = id
        self.by_id[id] = sailor
        self.asked.pop(old_id, None)
        self.note_seen(id, self.note_seen(old_id, None))
        self.recent = OrderedDict((awake.id, awake) for awake in self.recent.values())  # in the same order

    def restore(self, sailors, doubtful):
        """Let these sailors, whom a logbook has kept, take the place of those with the doubtful ids.

        Those go under whatever name they are found: a route that failed may have changed it.
        """
        gone = {self.by_id.pop(id) for id in doubtful if id in self.by_id}
        for sailors_by in (self.by_name, self.by_look, self.recent):
            for key in [key for key, sailor in sailors_by.items() if sailor in gone]:
                del sailors_by[key]
        for sailor in sailors:
            self.add(sailor)
        awake = sorted(self.recent.values(), key=attrgetter("heard"))
        self.recent = OrderedDict((sailor.id, sailor) for sailor in awake)

    # -- Finding

    def with_id(self, id):
        """The sailor with this id, awake or not. Raises UnknownId."""
        sailor = self.by_id.get(id.strip().lower())
        if not sailor:
            raise UnknownId(f"No sailor has the id “{id[:20]}”. Check each letter, or join to get an id.", "join")
        return sailor

    def with_name(self, name):
        """The sailor with this name. Raises NoSailor."""
        sailor = self.by_name.get(same_name(name))
        if not sailor:
            raise NoSailor(f"No sailor has the name “{name[:40]}”. Ask the route who for all names.", "who")
        return sailor

    def holder(self, name):
        """The sailor who has this name or one that looks like it, or None."""
        return self.by_name.get(same_name(name)) or self.by_look.get(look_alike(name))

    # -- Sleeping

    def note_heard(self, sailor, now):
        """Note that a sailor was heard from, and is therefore awake."""
        attributes = vars(sailor)  # these two don't count as a change: otherwise each poll would be written
        attributes["heard"] = now
        if not 0 <= now - sailor.logged < NOTE_HEARD:
            attributes["logged"] = now
            self.polled.add(sailor.id)
        self.recent[sailor.id] = sailor
        self.recent.move_to_end(sailor.id)

    def note_seen(self, id, text):
        """Keep what the leader sees of a sailor, or with None nothing. Returns what was kept before, or None."""
        before = self.seen.pop(id, None)
        self.noted.add(id)
        if text is not None:
            self.seen[id] = text
            if len(self.seen) > MOST_OBSERVED:
                self.note_seen(next(iter(self.seen)), None)
        return before

    def awake(self, now):
        """All who are not asleep. First comes whoever was heard from longest ago."""
        while self.recent and is_asleep(next(iter(self.recent.values())), now):
            self.dozed.append(self.recent.popitem(last=False)[1])
        return self.recent.values()

    def dress(self, sailor, now):
        """Let the ship keep its livery or, if another one that is awake has it, give it the lowest free number."""
        awake = self.awake(now)
        if len(awake) <= LIVERIES:
            taken = {other.look for other in awake if other is not sailor}
            if sailor.look in taken:
                sailor.look = next(look for look in count() if look not in taken)

    # -- Names and room

    def is_taken(self, name, now):
        """True if a new sailor can't have the name."""
        holder = self.holder(name)
        return bool(holder and not is_given_away(holder, now)) or is_reserved(name)

    def make_room_for(self, name, now):
        """Have room to keep a new sailor of this name. Returns those who have to go. Raises NameTaken or OceanFull."""
        if self.is_taken(name, now):
            raise NameTaken(f"The name {name} is taken: choose another one. If it is your name, send your id too.")
        going = {self.holder(name)} - {None}
        if len(self.by_id) - len(going) >= MOST_KEPT:
            unused = [sailor for sailor in self.by_id.values() if is_unused(sailor, now)]
            first = min(unused or self.by_id.values(), key=lambda sailor: sailor.heard)
            if not (unused or is_given_away(first, now)):
                raise OceanFull(f"The ocean is full: {MOST_KEPT} ships are kept. Ask your club leader.", "who")
            going.add(first)
        return going

    def free_name(self, now):
        """A name that a new sailor can take."""
        numbered = (f"sailor{number}" for number in count(len(self.by_name)))
        return next(name for name in chain(SAMPLE_NAMES, numbered) if not self.is_taken(name, now))


def is_asleep(sailor, now):
    """True for one who hasn't been heard from for a while, or only in a future that a wrong clock has shown."""
    return abs(now - sailor.heard) >= NAP


def is_given_away(sailor, now):
    """True for one who hasn't been heard from for so long that somebody else may have the name."""
    return now - sailor.heard >= GIVEN_AWAY


def is_unused(sailor, now):
    """True for one who joined, never did anything and is asleep: if no more names can be kept, these go first."""
    return sailor.is_idle and is_asleep(sailor, now)
