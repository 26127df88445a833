"""The world: ships and their sailors, who sees whom, discoveries and treasure.

Plain Python: no HTTP, no files, no clock. Whoever uses it sets the time, then asks for one thing:

    >>> ocean = Ocean()
    >>> ocean.now = 0                       # seconds, by any clock
    >>> ada = ocean.join("ada")
    >>> ocean.sail(ada, x=895, y=450, heading=90, speed=5)
    >>> ocean.now = 2
    >>> ocean.place(ada)                    # she left the map on the right and came in on the left
    (5.0, 450.0)

Words: a *sailor* is a player, with one ship. To *sound* is to measure how deep the sea floor is. A *tide* is one
round of the treasure hunt. Who goes *ashore* has no ship any more.

Nothing moves by itself. A ship is remembered as a place, a heading, a speed and the time when that was so;
where it is now is worked out when somebody asks. Sailors call this dead reckoning.
"""

import math
from dataclasses import dataclass, field
from heapq import nsmallest
from random import Random
from secrets import compare_digest, token_hex

from game.book import DAY, Book, frozen
from game.chart import chart_of, facts_of_ship
from game.clem import CLEM, HINTS_APART, asks_for_hint, clem_answer, clem_hint, clem_place
from game.errors import BadValue, Cannot, MailboxFull, Muted, NoItem, NoSailor, OceanFull, Paused, TooFast, UnknownId
from game.grid import Grid
from game.legs import Leg, end_of, leg_of
from game.mail import MOST_OF_NEIGHBOURS, MOST_OF_ONE, Mail
from game.moderation import HARBOUR, MOST_MUTES, MUTE_LASTS, Bans, Moderator, look_alike, mentions, same_name
from game.planet import (
    BERTHS,
    FASTEST,
    MOCEAN,
    REACH_DOWN,
    SIZE,
    TREASURES,
    bearing,
    compass,
    direction,
    distance,
    reckon,
    wrap,
)
from game.sailors import NAP, Crew, Sailor, is_asleep, is_given_away, new_id
from game.sea import TOPS, lay_out
from game.soundings import UNKNOWN, noted

MOST_SEEN = 100  # ships that a look shows
FORETOLD = 60  # seconds beforehand that one tells where a ship will be; it has to sail as many metres
LONGEST_LESSON = 2 * 3600  # seconds
NEWS = 12  # great moments that are kept
SOUNDER_RESTS = 1  # seconds from one ping of a ship to the next
SOUNDING_SPEED = 3  # metres a second: whoever is faster sounds too coarsely to tell a summit from a slope

# What one key press does: which order, and by how much (metres a second, degrees).
ACCELERATE = {"w": ("speed", +2), "s": ("speed", -2), "a": ("heading", -10), "d": ("heading", +10)}

# The bits of a ship's status.
CHAT_WAITS, SHIP_IN_SIGHT, TREASURE_IN_REACH, UNDER_WATER, PAUSED, EYES_UP = 1, 2, 4, 8, 16, 32


@dataclass
class World:
    """What the logbook keeps, apart from sailors and their mail. What has a default can be added."""

    tide: int = 1
    last_number: int = 0  # of all messages
    paused: float = 0.0  # since when all ships stand still, or 0
    pauses: float = 0.0  # seconds that all pauses before took
    found: dict = field(default_factory=dict)  # the seamounts discovered in this season, and by whom
    raised: dict = field(default_factory=dict)  # the treasure brought up in this season, and by whom
    season: int = 1
    began: float = 0.0  # when this season began, or 0 if nobody knows
    past: tuple = ()  # the seasons before: see Book
    seed: str | None = None  # from which the sea is laid out; "" for the sea of old
    news: tuple = ()  # the last great moments, as (time, sentence, kind, name), see Ocean.tell
    firsts: dict = field(default_factory=dict)  # the badges, and who had them first
    bans: dict = field(default_factory=dict)  # see Bans
    mutes: dict = field(default_factory=dict)  # in the same form, of those who have gone
    soundings: str = UNKNOWN  # of the sea floor in this season, see soundings.py
    lesson: int = 0  # the number of the lesson that the class has now, or 0
    lesson_began: float = 0.0
    eyes: str = ""  # what the leader says to all who should look up, or ""
    looked: float = 0.0  # when it was last looked for what is old, see Ocean.forget_old


class Ocean:
    """All that changes. Set `now`, in seconds, before asking for anything.

    At most `most_awake` ships sail at once, and `most_per_address` of those that joined from one network address.
    `chat_pace` says how fast one may talk: it has a method `wait(sailor, now)` that returns the seconds to wait.
    What nobody has used for `keep_days` may go, see `forget_old`. `seed` says where things lie, see sea.py: without
    one, chance does.
    """

    def __init__(self, most_awake=500, chat_pace=None, moderator=None, most_per_address=420, keep_days=365, seed=None):
        self.now, self.keep_days = 0.0, keep_days
        self.most_awake, self.most_per_address = most_awake, most_per_address
        self.chat_pace, self.moderator = chat_pace, moderator or Moderator()
        self.seed = seed
        self.world = World(seed=seed or token_hex(8))
        self.book = Book(self.world)
        self.crew, self.mail, self.bans, self.grid = Crew(), Mail(self.world), Bans(self.world), Grid()
        self.mutes = Bans(self.world, "mutes", MOST_MUTES)
        self.spread_sea()
        self.legs = []  # what was sailed, and the news, since somebody took them: see legs.py
        self.is_erased = False  # True if the logbook has to keep no trace of somebody: see Logbook.commit

    def restore(self, sailors, letters, broadcasts, world, doubtful=()):
        """Become what a logbook has kept: a new ocean altogether; one that is in use, where something has changed.

        `sailors` and `letters` are of the ids in `doubtful`, or of all for a new ocean. The sailors are in the order in
        which they were heard from. `letters` are pairs of an id and a Message, `broadcasts` pairs of a Message and a
        name or None, and `world` has the attributes of World.
        """
        kept = vars(World()) | world
        kept.update({name: frozen(kept[name]) for name in ("past", "news")})
        kept["news"] = tuple((*one, "", "")[:4] for one in kept["news"])  # older logbooks have no kind and name
        kept["began"] = kept["began"] or self.world.began
        if kept["seed"] is None:
            kept["seed"] = self.world.seed
        vars(self.world).clear()
        vars(self.world).update(kept)
        self.mail.restore(letters, broadcasts, doubtful)
        self.crew.restore(sailors, doubtful)
        self.spread_sea()
        for sailor in self.crew.by_id.values():
            for item in sailor.items:
                self.treasures.pop(item, None)
        self.legs.clear()
        self.is_erased = False
        if self.grid.filled == self.now:  # perhaps with ships that aren't there
            self.grid = Grid()
        self.crew.changes.clear()

    def doubtful(self):
        """The ids under which something may have changed since the logbook was written, and perhaps some others."""
        renamed = {id for id, sailor in self.crew.by_id.items() if sailor.id != id}  # by a route
        return [*self.crew.changes.union(renamed, (who for _, who, _ in self.mail.journal))]

    def spread_sea(self):
        """Have the sea of this season, and all the treasure of this tide in it."""
        self.sea = lay_out(self.world.seed, self.world.season)
        self.treasures = self.sea.hide(self.world.tide)  # by name, those that nobody holds

    # -- Coming and going

    def join(self, name, id=None, address=None, known=""):
        """The sailor of this name: a new one or, with the id, the one who is aboard already, awake from now on.

        `address` is the network address from which he or she plays, and `known` the id that the browser remembers, of
        whoever sailed from there before.
        Raises BadValue, UnknownId, Cannot (the id is another sailor's), NameTaken, Banned, Paused or OceanFull.
        """
        if id:
            return self.welcome_back(name, id, address)
        name = self.moderator.proper_name(name)
        self.need_open_sea()
        self.bans.check(f"name {look_alike(name)}", self.now)
        self.need_room(address)
        muted = self.was_muted(name, known)
        for going in self.crew.make_room_for(name, self.now):
            self.send_ashore(going)
        # The same name gets the same berth each time, without remembering it.
        berth = Random(same_name(name))
        x, y = (SIZE / 2 + berth.uniform(-BERTHS, BERTHS) for _ in range(2))
        sailor = Sailor(name, new_id(), x, y, self.now, heard=self.now, logged=self.now, is_idle=True, muted=muted)
        if address is not None:
            sailor.note_home(address)
        self.mail.begin(sailor)
        self.crew.add(sailor)
        self.crew.dress(sailor, self.now)
        self.log(sailor)
        return sailor

    def welcome_back(self, name, id, address=None):
        """The sailor who has both this name and this id, awake from now on. Raises UnknownId or Cannot."""
        sailor = self.wake(id, address)
        if same_name(sailor.name) != same_name(name):
            raise Cannot(f"This id belongs to {sailor.name}, not to {name[:16]}. For a new ship, send no id.")
        return sailor

    def is_id_of(self, id, name):
        """True if this is the id of the sailor with this name. Takes as long for a wrong id as for a right one."""
        sailor = self.crew.by_name.get(same_name(name))
        return sailor is not None and compare_digest(sailor.id.encode(), id.lower().encode())

    def known(self, id):
        """The sailor with this id, awake or not. Raises UnknownId or Banned."""
        try:
            return self.crew.with_id(id)
        except UnknownId:
            self.bans.check(f"id {id.strip().lower()}", self.now)
            raise

    def wake(self, id, address=None):
        """The sailor with this id, awake from now on, at home at an address. Raises UnknownId, Banned or OceanFull."""
        sailor = self.known(id)
        if address is not None and address not in sailor.homes:
            sailor.note_home(address)
        if slept := is_asleep(sailor, self.now):
            self.need_room(*sailor.homes[:1])
            self.mail.sleep_through(sailor, sailor.heard + NAP)
            self.legs.append(end_of(sailor))
            self.note(sailor, speed=0.0)
            self.crew.dress(sailor, self.now)
        self.crew.note_heard(sailor, self.now)
        if slept:
            self.log(sailor)
        return sailor

    def quit(self, id):
        """End one's own voyage. Returns the name. Raises UnknownId, Banned or Paused."""
        sailor = self.known(id)
        self.need_open_sea()
        self.send_ashore(sailor)
        return sailor.name

    def send_ashore(self, sailor):
        """End a voyage: the name is free again, and what the ship held is where it lay before."""
        if sailor.items:
            places = self.sea.hide(self.world.tide)
            self.treasures.update({item: places[item] for item in sailor.items if item in places})
        self.mail.drop(sailor.id)
        self.crew.remove(sailor)
        self.legs.append(Leg(self.now, sailor.name))
        if sailor.muted and not is_given_away(sailor, self.now):
            self.mutes.add(MUTE_LASTS, self.now, f"name {look_alike(sailor.name)}", f"id {sailor.id}")

    def forget_old(self, wall):
        """Forget the ships and the mail that nobody has used for `keep_days`, and the bans and mutes that are over.

        A clock may be set wrong by years, and back again. So goes only what was that old already the last time, on
        another day; and only by `wall`, the computer's own clock, if ours has stayed ahead of that.
        """
        today, last = min(self.now, wall), self.world.looked
        if 0 <= today - last < DAY:
            return
        self.world.looked, surely = today, min(today, last)
        long_ago = surely - self.keep_days * DAY
        for sailor in [sailor for sailor in self.crew.by_id.values() if sailor.heard < long_ago]:
            self.send_ashore(sailor)
            self.book.forget(sailor.name)
            self.forget_moments(sailor.name)
        self.mail.forget_before(long_ago)
        self.bans.forget_old(surely)
        self.mutes.forget_old(surely)

    def forget_moments(self, name):
        """Forget the news of a sailor, first badges, and a call for eyes to that one. Returns how many those were."""
        world = self.world
        known = len(world.news) + len(world.firsts) + bool(world.eyes)
        world.eyes = "" if mentions(world.eyes, name) else world.eyes
        world.news = tuple(one for one in world.news if not mentions(f"{one[1]} {one[3]}", name))
        world.firsts = {badge: by for badge, by in world.firsts.items() if same_name(by) != same_name(name)}
        return known - len(world.news) - len(world.firsts) - bool(world.eyes)

    def awake_sailors(self):
        """All who are not asleep."""
        return self.crew.awake(self.now)

    def who(self):
        """The names of the robot and of all who are awake."""
        return [CLEM, *sorted((sailor.name for sailor in self.awake_sailors()), key=str.casefold)]

    def find(self, name):
        """The sailor of this name. Raises NoSailor."""
        return self.crew.with_name(name)

    def free_name(self):
        """A name that a new sailor can take."""
        return self.crew.free_name(self.now)

    def need_room(self, address=None):
        """Raises OceanFull if no other ship may sail now, or no other one that joined from this address."""
        awake = self.awake_sailors()
        if len(awake) >= self.most_awake:
            raise OceanFull(f"The ocean is full: {self.most_awake} ships sail now. Try again in a few minutes.", "who")
        if address and sum(other.homes[:1] == (address,) for other in awake) >= self.most_per_address:
            many = f"{self.most_per_address} ships from your network sail now, and no more can."
            raise OceanFull(f"{many} Try again in a few minutes, or ask your club leader.", "who")

    # -- Sailing

    def place(self, sailor):
        """Where the ship is now, as (x, y). A sleeper's ship lies at anchor since the nap began."""
        if not sailor.speed:
            return sailor.x, sailor.y
        return reckon(sailor.x, sailor.y, sailor.heading, sailor.speed, self.underway(sailor))

    def underway(self, sailor):
        """How many seconds the ship has sailed since the last order."""
        return max(0.0, min(self.world.paused or self.now, sailor.heard + NAP) - sailor.since)

    def depth(self, sailor):
        """How deep the ship is now: as ordered, but where the sea floor is higher it rises by itself."""
        return min(sailor.depth, self.sea.floor(*self.place(sailor))) if sailor.depth > TOPS[0] else sailor.depth

    def speed(self, sailor):
        """How fast the ship is now: as ordered, but in a pause all stand still."""
        return 0.0 if self.world.paused else sailor.speed

    def robot_time(self):
        """What the clock of the robot shows: it stands still in pauses, as where the robot sails depends on it."""
        return (self.world.paused or self.now) - self.world.pauses

    def sail(self, sailor, **orders):
        """Set any of heading, speed, depth, x and y, from here and now on. Raises Paused."""
        self.need_open_sea()
        self.note(sailor, is_idle=False, **orders)

    def note(self, sailor, **orders):
        """Note where the ship is now, and what changes."""
        self.judge(sailor)
        x, y = self.place(sailor)
        if "heading" in orders:
            orders["heading"] = compass(orders["heading"])
        sailor.change(**{"x": x, "y": y, "since": self.now, "sailed": self.sailed(sailor), **orders})
        self.log(sailor)

    def log(self, *sailors):
        """Keep for later how these ships sail from now on. Of sleepers that is known already."""
        self.legs += [leg_of(self, sailor) for sailor in sailors if not is_asleep(sailor, self.now)]

    def sailed(self, sailor):
        """How many metres the ship has sailed."""
        return sailor.sailed + sailor.speed * self.underway(sailor)

    def foretell(self, sailor, x, y):
        """Note where the sailor says that the ship will be in a minute. Returns the time when that will be."""
        due = self.now + FORETOLD
        sailor.change(foretold=(wrap(x), wrap(y), due, self.sailed(sailor)), judged=())
        return due

    def judge(self, sailor):
        """When the time has come, work out how right the sailor was: from here on, the ship may turn."""
        if sailor.foretold and self.now >= sailor.foretold[2]:
            x, y, due, sailed = sailor.foretold
            seconds = max(0.0, min(due, self.world.paused or due) - sailor.since)
            there = reckon(sailor.x, sailor.y, sailor.heading, sailor.speed, seconds)
            since_then = sailor.sailed + sailor.speed * seconds - sailed
            sailor.change(foretold=(), judged=(distance(x, y, *there), since_then))

    def foretold(self, sailor):
        """How right a sailor was who had foretold where the ship would be: a sentence, and the metres or None."""
        self.judge(sailor)
        if sailor.foretold:
            return f"Not yet: ask again in {math.ceil(sailor.foretold[2] - self.now)} s.", None
        off, sailed = sailor.judged or (0.0, 0.0)
        if sailed < FORETOLD:  # as whoever lies still needs no skill
            return f"Set sail, and tell where your ship will be in {FORETOLD} s: with the keys x and y.", None
        return f"You were {off:.1f} m off.", round(off, 2)

    def take_legs(self):
        """What was sailed since the last time, and the ends of voyages by a nap, but not of those of days before."""
        naps = [s for s in self.crew.dozed if NAP <= self.now - s.heard < DAY and s.id in self.crew.by_id]
        legs = [*map(end_of, naps), *self.legs]
        self.crew.dozed.clear()
        self.legs.clear()
        return legs

    def turn(self, sailor, degrees):
        """Set the heading in compass degrees; 450 and -270 are the same as 90."""
        self.sail(sailor, heading=degrees)

    def set_speed(self, sailor, speed):
        """Set the speed in metres a second, from 0 to the ship's top speed. Raises BadValue or Cannot."""
        limit = sailor.top_speed(sailor.depth)
        if 0 <= speed <= limit:
            self.sail(sailor, speed=speed)
        elif limit < speed <= sailor.top_speed(depth=0):
            sentence = f"Under water your top speed is {limit:g} m/s. You sent {speed:g}: come up to sail faster."
            raise Cannot(sentence, "dive", depth=0)
        else:
            raise BadValue(f"Send a speed from 0 to {limit:g} m/s. You sent {speed:g}.")

    def accelerate(self, sailor, ctrl):
        """One key press, see ACCELERATE: never slower than 0 nor faster than the top speed."""
        order, step = ACCELERATE[ctrl]
        if order == "heading":
            self.turn(sailor, sailor.heading + step)
        else:
            self.sail(sailor, speed=max(0.0, min(sailor.speed + step, sailor.top_speed(sailor.depth))))

    def dive(self, sailor, depth):
        """Go to a depth in metres; 0 is the surface. Under water the ship slows down. Raises BadValue or Cannot."""
        floor = self.sea.floor(*self.place(sailor))
        if depth < 0:
            raise BadValue(f"Send a depth of 0 or more metres. You sent {depth:g}.")
        if depth > round(floor, 2):  # as the reply to ping says it
            sentence = f"You can't dive to {depth:g} m here. The sea floor is {floor:.1f} m down."
            raise Cannot(sentence, "dive", depth=math.floor(floor))
        self.sail(sailor, depth=depth, speed=min(sailor.speed, sailor.top_speed(depth)))

    def location(self, sailor):
        """The place and course of the ship, in the units of the planet, with its status bits and the time."""
        x, y = self.place(sailor)
        return {
            "x": round(x, 2) % SIZE,  # 899.999 is 0.0 on the map
            "y": round(y, 2) % SIZE,
            "depth": round(self.depth(sailor), 2),
            "heading": round(sailor.heading, 2) % 360,
            "speed": round(self.speed(sailor), 2),
            "status": self.status(sailor),
            "time": round(self.now, 3),
        }

    def velocity(self, sailor):
        """Metres a second to the east and to the north."""
        course = math.radians(sailor.heading)
        return math.sin(course) * self.speed(sailor), math.cos(course) * self.speed(sailor)

    def status(self, sailor):
        """The status bits of the ship, added up."""
        self.look_around()
        return (
            EYES_UP * bool(self.world.eyes)
            + PAUSED * bool(self.world.paused)
            + UNDER_WATER * (sailor.depth > 0)
            + TREASURE_IN_REACH * bool(self.reachable(sailor))
            + SHIP_IN_SIGHT * (sailor.id in self.grid.sighted)
            + CHAT_WAITS * self.mail.is_waiting(sailor)
        )

    # -- Seeing

    def look_around(self):
        """Note on the grid where all ships are, if that was some time ago."""
        if not self.grid.filled <= self.now < self.grid.due:
            ships = [(s.id, *self.place(s), s.sight(self.depth(s))) for s in self.awake_sailors()]
            self.grid.fill(self.now, [*ships, (CLEM, *clem_place(self.robot_time())[:2], 0)])

    def look(self, sailor):
        """The ships, treasure and discovered seamounts in sight, the nearest first, with their distance and bearing.

        In a crowd only the nearest ships.
        """
        self.look_around()
        here, sight = self.place(sailor), sailor.sight(self.depth(sailor))
        moved = FASTEST * (self.now - self.grid.filled)  # metres, at most, that somebody has sailed since
        near = [self.crew.recent[who] for who in self.grid.near(*here, sight + moved) if who in self.crew.recent]
        ships = nsmallest(MOST_SEEN + 1, near, key=lambda ship: distance(*here, *self.place(ship)))
        things = [
            *[("ship", ship.name, *self.place(ship), self.depth(ship)) for ship in ships if ship is not sailor],
            ("robot", CLEM, *clem_place(self.robot_time())[:2], 0.0),
            *[("treasure", *treasure) for treasure in self.treasures.values()],
            *[("seamount", *mount[:4]) for mount in self.discovered()],
        ]
        above = self.sea.seamount_at(*here)
        seen = [
            sighting(*thing, *here)
            for thing in things
            if distance(*here, *thing[2:4]) <= sight or (above and thing[:2] == ("seamount", above.name))
        ]
        return sorted(seen, key=lambda thing: thing["distance"])

    def sound(self, sailor):
        """Measure the sea floor: (its depth, metres of water below the keel, a seamount just discovered or None).

        Whoever does so on a summit discovers the seamount, if the ship is slow. Raises TooFast for a second ping within
        a second.
        """
        rest = SOUNDER_RESTS - (self.now - sailor.sounded)
        if 0 < rest <= SOUNDER_RESTS:
            raise TooFast("The sounder needs a second from one ping to the next.", rest)
        vars(sailor)["sounded"] = self.now  # which is not worth a line in the logbook
        here = self.place(sailor)
        floor, mount = self.sea.floor(*here), self.sea.summit_at(*here)
        self.world.soundings = noted(self.world.soundings, *here, floor)
        is_news = mount and mount.name not in self.world.found and self.speed(sailor) <= SOUNDING_SPEED
        if is_news:
            self.book.note_discovery(mount.name, sailor.name)
            self.tell(f"{sailor.name} discovered the seamount {mount.name}!", "discovery", sailor.name)
        return floor, floor - self.depth(sailor), mount if is_news else None

    def slope(self, sailor):
        """What a ping tells besides the depth of the sea floor, as a sentence, or ""."""
        mount = self.sea.seamount_at(*self.place(sailor))
        if not mount:
            return ""
        if mount.name in self.world.found:
            return f"This is the seamount {mount.name}."
        if self.speed(sailor) > SOUNDING_SPEED:
            return f"Here it rises. Sail at {SOUNDING_SPEED} m/s or slower, and you can tell where the summit is."
        return "Here it rises. Where is it highest?"

    def discovered(self):
        """The seamounts that somebody has discovered."""
        return [mount for mount in self.sea.seamounts if mount.name in self.world.found]

    def chart(self):
        """What everybody may know of the ocean: see chart.py."""
        return chart_of(self)

    def ship(self, name):
        """What everybody may know of one ship: see chart.py. Raises NoSailor."""
        return facts_of_ship(self, name)

    # -- Treasure

    def reachable(self, sailor):
        """The names of the treasures that the ship can take from where it is."""
        depth = self.depth(sailor)
        if depth < TOPS[0] - REACH_DOWN:  # all treasure lies deeper: true for most ships, which are on the surface
            return []
        here, reach = self.place(sailor), sailor.ability("reach")
        level = [one for one in self.treasures.values() if -REACH_DOWN <= one.depth - depth <= REACH_DOWN]
        return [one.name for one in level if distance(*here, one.x, one.y) <= reach]

    def get(self, sailor, item):
        """Take a treasure aboard, and return its name. Asked again, the answer is the same.

        Raises NoItem, Cannot or Paused.
        """
        name = next((name for name in TREASURES if same_item(name) == same_item(item)), None)
        if not name:
            raise NoItem(f"There is no treasure “{item[:40]}”. The route look shows what you see.", "look")
        if name in sailor.items:
            return name
        self.need_open_sea()
        if name not in self.treasures:
            raise Cannot(f"Another ship has “{name}”. Look for other treasure.", "look")
        if name not in self.reachable(sailor):
            raise self.out_of_reach(sailor, self.treasures[name])
        del self.treasures[name]
        sailor.items += (name,)
        self.book.note_raised(name, sailor.name)
        self.tell(f"{sailor.name} brought up the {name}.", "treasure", sailor.name, in_chat=False)
        if not self.treasures:
            self.begin_anew(f"{sailor.name} found the last treasure.")
        return name

    def out_of_reach(self, sailor, treasure):
        """The Cannot of who can't take a treasure from here. It proposes the next order on the way there."""
        here, depth, sentence = self.place(sailor), self.depth(sailor), f"You can't reach “{treasure.name}” from here."
        seen = sighting("treasure", *treasure, *here)
        if seen["distance"] > sailor.sight(depth):
            return Cannot(f"{sentence} You don't even see it: sail on, and look.", "look")
        sentence, floor = f"{sentence} It is {whereabouts(seen, depth)}.", self.sea.floor(*here)
        if seen["distance"] <= sailor.ability("reach") and treasure.depth - floor <= REACH_DOWN:
            if sailor.speed:
                return Cannot(f"{sentence} Stop, and dive to it.", "stop")
            return Cannot(sentence, "dive", depth=math.floor(10 * min(treasure.depth, floor)) / 10)
        if 10 < compass(seen["bearing"] - sailor.heading) < 350:
            return Cannot(sentence, "heading", degrees=round(seen["bearing"]))
        return Cannot(sentence, "look") if sailor.speed else Cannot(sentence, "speed", speed=2)

    def begin_anew(self, news):
        """All treasure is found: a new tide hides it again or, if all seamounts are found too, a new season begins."""
        if len(self.discovered()) == len(self.sea.seamounts):
            self.begin_season(news)
        else:
            self.turn_tide(news)

    def turn_tide(self, news):
        """Take all treasure back and hide it again, and tell everyone why."""
        held = [f"{s.name} had {len(s.items)}" for s in self.crew.by_id.values() if s.items]
        self.take_back()
        self.world.tide += 1
        self.spread_sea()
        whose = f"{', '.join(held)}. " if held else ""
        self.tell(f"{news} {whose}A new tide hides all treasure again!", "tide")

    def begin_season(self, news):
        """Begin a season with other seamounts and treasure, and tell everyone why. The book keeps who found what."""
        over, honours = self.world.season, self.book.honours()
        self.take_back()
        self.book.close(self.now)
        self.world.seed = self.seed or self.world.seed or token_hex(8)
        self.world.soundings = UNKNOWN
        self.spread_sea()
        words = f"{news} Season {over} is over. {honours} Season {over + 1} begins, with a new sea to explore!"
        self.tell(" ".join(words.split()), "season")
        self.log(*self.awake_sailors())  # as what was sailed under water is shown when its season is over

    def take_back(self):
        """Take all treasure from the ships, and what it made them able to do."""
        for sailor in self.crew.by_id.values():
            if sailor.items:
                sailor.items = ()
                if sailor.speed > sailor.top_speed(sailor.depth):
                    self.note(sailor, speed=sailor.top_speed(sailor.depth))

    # -- Talking

    def send(self, sailor, message, name=None):
        """Say something to one sailor, or without a name to all who are awake.

        The robot answers who writes to it, who names it, and who is alone at sea.

        Returns the message's number and how many sailors it reaches.
        Raises BadValue, Muted, Paused, TooFast, NoSailor or MailboxFull.
        """
        text = self.moderator.proper_message(message)
        self.need_voice(sailor)
        sent = self.deliver(sailor, text, name)
        if sailor.is_idle:
            sailor.is_idle = False
        return sent

    def deliver(self, sailor, text, name):
        """Send a proper message. Returns as `send` does. Raises NoSailor or MailboxFull."""
        if name is None:
            number, reached = self.announce(text, sailor.name, but=sailor.name)
            if not reached or mentions(text, CLEM):
                self.tell_clem(sailor, text, number)
            return number, reached or 1
        if same_name(name) == same_name(CLEM):
            return self.tell_clem(sailor, text, self.mail.number(sailor.name, text, self.now, CLEM).number)
        receiver = self.find(name)
        self.need_space(sailor, receiver)
        return self.mail.post(sailor.name, text, self.now, receiver).number, 1

    def announce(self, text, speaker, but=None):
        """Say something to all who are awake, except the sailor of one name. Returns as `send` does."""
        reached = len(self.awake_sailors()) - (but is not None)
        return self.mail.broadcast(speaker, text, self.now, but).number, reached

    def tell(self, news, kind="", name="", in_chat=True):
        """Keep a great moment, for the map and the front door, and say it to all but the sailor of whom it speaks.

        For the map, `kind` is discovery, treasure, badge, tide, season or another word.
        """
        self.world.news = (*self.world.news, (round(self.now, 3), news, kind, name))[-NEWS:]
        self.legs.append(self.world.news[-1])
        if in_chat:
            self.announce(news, MOCEAN, but=name or None)

    def honour(self, sailor, badge, cheer):
        """Give a sailor a badge. Whoever has it first is honoured for ever; with `cheer`, all are told in chat."""
        sailor.badges += (badge,)
        is_first = self.world.firsts.setdefault(badge, sailor.name) == sailor.name
        news = f"{sailor.name} has the badge {badge}{', before all others' if is_first else ''}!"
        self.tell(news, "badge", sailor.name, in_chat=cheer)

    def tell_clem(self, sailor, text, number):
        """The robot answers a message at once, if the answer fits into the sailor's mailbox. Returns as `send` does."""
        if not self.mail.is_full(sailor):
            answer = clem_answer(sailor.name, text, number, self.robot_time())
            self.mail.post(CLEM, self.hint(sailor) if asks_for_hint(text) else answer, self.now, sailor)
        return number, 1

    def hint(self, sailor):
        """What the robot says to who asks for a hint, of which each sailor gets one a day."""
        is_early = sailor.hinted > 0 and 0 <= self.now - sailor.hinted < HINTS_APART
        way = None if is_early else self.way_to_hidden(sailor)
        if way:
            sailor.hinted = self.now
        return clem_hint(sailor.name, way, is_early)

    def way_to_hidden(self, sailor):
        """The way to the nearest summit that nobody has discovered: metres and a bearing, or None."""
        here = self.place(sailor)
        hidden = [(mount.x, mount.y) for mount in self.sea.seamounts if mount.name not in self.world.found]
        ways = [(distance(*here, *summit), bearing(*here, *summit)) for summit in hidden]
        return min(ways, default=None)

    def need_space(self, sailor, receiver):
        """Raises MailboxFull if many letters from this sailor, or from others who joined where he or she did, wait."""
        senders = [letter.sender for letter in self.mail.boxes.get(receiver.id, ())]
        if senders.count(sailor.name) >= MOST_OF_ONE:
            raise MailboxFull(f"{MOST_OF_ONE} of your letters wait for {receiver.name}. Write again later.", "who")
        if len(senders) >= MOST_OF_NEIGHBOURS and any(sailor.homes[:1]):
            known = [self.crew.by_name.get(same_name(sender)) for sender in senders]
            if sum(other is not None and other.homes[:1] == sailor.homes[:1] for other in known) >= MOST_OF_NEIGHBOURS:
                many = f"{MOST_OF_NEIGHBOURS} letters from your network wait for {receiver.name}."
                raise MailboxFull(f"{many} Write again later.", "who")

    def need_voice(self, sailor):
        """Raises Muted, Paused or TooFast if the sailor may not talk now."""
        if sailor.muted:
            raise Muted("You can sail and read, but not send messages now. Talk to your club leader.", "popchat")
        self.need_open_sea()
        wait = self.chat_pace.wait(sailor, self.now) if self.chat_pace else 0
        if wait:
            raise TooFast("That is more talk than others can read.", wait, "popchat")

    # -- What the club's leader can do

    def need_open_sea(self):
        """Raises Paused."""
        if self.world.paused:
            raise Paused("The ocean is paused: listen to your club leader. You can still look around.", "who")

    def pause(self):
        """From now on ships stand still, and nobody can do anything but look."""
        if not self.world.paused:
            self.world.paused = self.now
            self.log(*self.awake_sailors())
            self.announce("The ocean is paused.", HARBOUR)

    def resume(self):
        """Go on where the pause began."""
        if self.world.paused:
            for sailor in self.crew.by_id.values():
                if sailor.speed:
                    self.note(sailor)
            self.world.pauses += max(0.0, self.now - self.world.paused)
            self.world.paused = 0.0
            self.log(*self.awake_sailors())
            self.announce("The ocean is open again.", HARBOUR)

    def begin_lesson(self, number):
        """From now on the class has the lesson of this number, or with 0 none."""
        self.world.lesson, self.world.lesson_began = number, self.now if number else 0.0

    def at_the_lesson(self):
        """The sailors who are awake, and those who have fallen asleep since the lesson began."""
        began = max(self.world.lesson_began, self.now - LONGEST_LESSON) if self.world.lesson else self.now
        return [s for s in self.crew.by_id.values() if s.heard >= began or not is_asleep(s, self.now)]

    def give_new_id(self, name):
        """Another id for a sailor who has lost the old one, which ends. Returns the sailor. Raises NoSailor."""
        sailor, old_id = self.find(name), self.find(name).id
        self.crew.replace_id(sailor, new_id())
        self.mail.move(old_id, sailor.id)
        return sailor

    def was_muted(self, name, known):
        """True if a new sailor has to be mute: one of this name was, or whoever has the id that a browser remembers."""
        aboard = self.crew.by_id.get(known)
        gone = (f"name {look_alike(name)}", f"id {known}")
        return bool(aboard and aboard.muted) or any(self.mutes.lasts(who, self.now) for who in gone)

    def unmute(self, name):
        """Let the sailor of this name talk again, or whoever comes back under it. Returns the name. Raises NoSailor."""
        gone, sailor = f"name {look_alike(name)}", self.crew.by_name.get(same_name(name))
        if self.mutes.lasts(gone, self.now):
            self.mutes.remove(gone)
        else:
            sailor = self.find(name)
        if sailor:
            sailor.muted = False
        return sailor.name if sailor else name

    def ban(self, sailor, seconds, *also):
        """End a voyage, and let neither this name nor this id come aboard for a while, nor `also`, see Bans.

        Raises BadValue.
        """
        self.bans.add(seconds, self.now, f"name {look_alike(sailor.name)}", f"id {sailor.id}", *also)
        self.send_ashore(sailor)

    def send_all_ashore(self, address, only_idle=False):
        """End the voyages of all who have played from a network address, or only of those who never did anything.

        Returns how many those are.
        """
        going = [s for s in self.crew.by_id.values() if address in s.homes and (s.is_idle or not only_idle)]
        for sailor in going:
            self.send_ashore(sailor)
        return len(going)

    def unban(self, name):
        """Let a sailor of this name come aboard again. Raises NoSailor."""
        self.bans.remove(f"name {look_alike(name)}")

    def erase(self, name, others=0):
        """Forget all that is kept of the sailor of a name, aboard or not: the ship, what was said by, to or about that
        one, discoveries, bans and mutes. `others` is how many traces were found elsewhere.

        Raises NoSailor if nothing is kept.
        """
        sailor, is_banned = self.crew.by_name.get(same_name(name)), f"name {look_alike(name)}" in self.world.bans
        if sailor:
            self.send_ashore(sailor)
        if is_banned:
            self.unban(name)
        if is_mute := self.mutes.lasts(f"name {look_alike(name)}", self.now):
            self.unmute(name)
        traces = others + self.mail.erase(name) + self.book.forget(name) + self.forget_moments(name)
        if not (sailor or is_banned or is_mute or traces):
            raise NoSailor(f"Nothing is kept of “{name[:40]}”.", "harbour")
        self.legs.clear()  # which tell of that voyage's end
        self.is_erased = True


# ---- What a sailor sees ----


def sighting(kind, name, x, y, depth, from_x, from_y):
    """A thing as a sailor sees it from a place."""
    return {
        "kind": kind,
        "name": name,
        "x": round(x, 2) % SIZE,
        "y": round(y, 2) % SIZE,
        "depth": round(depth, 2),
        "distance": round(distance(from_x, from_y, x, y), 2),
        "bearing": round(bearing(from_x, from_y, x, y), 1) % 360,
    }


def whereabouts(thing, depth):
    """Where a thing is that was sighted from a depth: 17 m to the south and 8 m below you."""
    away, down = thing["distance"], thing["depth"] - depth
    over = f"{away:.0f} m to the {direction(thing['bearing'])}" if away >= 1 else ""
    under = f"{abs(down):.0f} m {'below' if down > 0 else 'above'} you" if abs(down) >= 1 else ""
    return " and ".join(filter(None, [over, under])) or "right here"


def in_sight(things, depth):
    """What is in sight, in words: the nearest thing, and how many more there are."""
    if not things:
        return "You see only water."
    thing, more = things[0], len(things) - 1
    name = thing["name"] if thing["kind"] == "treasure" else f"{thing['kind']} {thing['name']}"
    others = f" There is {more} more." if more == 1 else f" There are {more} more." if more else ""
    return f"You see the {name}, {whereabouts(thing, depth)}.{others}"


def same_item(name):
    """What two spellings of an item have in common: Boat-Hook is the boat hook."""
    return "".join(filter(str.isalnum, name)).lower()
