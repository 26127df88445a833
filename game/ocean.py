"""The world: sailors and their ships, who sees whom, mail, discoveries and treasure.

Plain Python: no HTTP, no files, no clock. Whoever uses it sets the time, then asks for one thing:

    >>> ocean = Ocean()
    >>> ocean.now = 0                       # seconds, by any clock
    >>> ada = ocean.join("ada")
    >>> ocean.sail(ada, x=895, y=450, heading=90, speed=5)
    >>> ocean.now = 2
    >>> ocean.place(ada)                    # she left the map on the right and came in on the left
    (5.0, 450.0)

Words: a *sailor* is a player, with one ship. To *sound* is to measure how deep the sea floor is. A *tide* is one
round of the treasure hunt. Who goes *ashore* has no ship any more. What never changes, the sea floor for one, is in
`planet.py`.

Nothing moves by itself. A ship is remembered as a place, a heading, a speed and the time when that was so;
where it is now is worked out when somebody asks. Sailors call this dead reckoning.
"""

import math
from collections import deque
from random import Random

from crew import NAP, Crew
from lookout import Lookout, charted, sighting
from manners import HARBOUR, proper_message, proper_name, same_name
from planet import (
    CLEM,
    CLEM_SPEED,
    FASTEST,
    MOCEAN,
    SEAMOUNTS,
    SIZE,
    TREASURES,
    clem_answer,
    clem_place,
    compass,
    distance,
    lay_out,
    reckon,
    seafloor,
    seamount_at,
    wrap,
)
from sailors import NO_MESSAGE, Message, Sailor, new_id
from troubles import (
    BadValue,
    Banned,
    Cannot,
    MailboxFull,
    Muted,
    NoItem,
    OceanFull,
    Paused,
    TooFast,
    UnknownId,
)

MAILBOX = 100  # messages that fit into a mailbox
LAST_WORDS = 20  # messages to everyone that the chart shows
LAST_SAID = 50  # messages to anyone that the harbour master sees
BERTHS = 50  # metres: new ships lie within this of the middle of the ocean, so that they see each other
REACH_DOWN = 3  # metres: a treasure this much deeper or higher than the ship is still at its depth

# What one key press does: which order, and by how much (metres a second, degrees).
ACCELERATE = {"w": ("speed", +2), "s": ("speed", -2), "a": ("heading", -10), "d": ("heading", +10)}

# The bits of a ship's status.
CHAT_WAITS, SHIP_IN_SIGHT, TREASURE_IN_REACH, UNDER_WATER, PAUSED = 1, 2, 4, 8, 16


class Ocean(Crew):
    """All that changes. Set `now`, in seconds, before asking for anything."""

    def __init__(self, most_awake=500, chat_pace=None):
        super().__init__(most_awake)
        self.chat_pace = chat_pace  # how fast one sailor may talk: a Pace, or None for as fast as may be
        self.lookout = Lookout()
        self.found = {}  # the discovered seamounts' names, and who discovered them
        self.tide = 1
        self.treasures = lay_out(self.tide)  # by name, those that nobody holds
        self.last_number = 0
        self.last_words = deque(maxlen=LAST_WORDS)  # said to everyone
        self.last_said = deque(maxlen=LAST_SAID)  # said to anyone: each is a message and to whom
        self.paused = 0.0  # since when all ships stand still, or 0
        self.pauses = 0.0  # seconds that all pauses before took

    # -- Coming and going

    def join(self, name, id=None):
        """The sailor of this name: a new one or, with the id, the one who is aboard already.

        Raises BadValue, UnknownId, Cannot (the id is another sailor's), NameTaken, Banned, Paused or OceanFull.
        """
        if id:
            return self.welcome_back(name, id)
        name = proper_name(name)
        self.need_open_sea()
        self.need_name(name)
        self.need_room()
        self.need_berth()
        # The same name gets the same berth each time, without remembering it.
        berth = Random(same_name(name))
        x, y = (SIZE / 2 + berth.uniform(-BERTHS, BERTHS) for _ in range(2))
        sailor = Sailor(name, new_id(), x, y, since=self.now, heard=self.now)
        if self.holder(name):
            self.send_ashore(self.holder(name))
        self.take_aboard(sailor)
        return sailor

    def take_aboard(self, sailor):
        """Add a sailor, who has been heard of later than all others."""
        super().take_aboard(sailor)
        for item in sailor.items:
            self.treasures.pop(item, None)

    def send_ashore(self, sailor):
        """End a voyage: the name is free again, and what the ship held is where it lay before."""
        places = lay_out(self.tide)
        self.treasures.update({item: places[item] for item in sailor.items if item in places})
        super().send_ashore(sailor)

    def quit(self, id):
        """End one's own voyage. Returns the name. Raises UnknownId or Paused."""
        sailor = self.known(id)
        self.need_open_sea()
        self.send_ashore(sailor)
        return sailor.name

    def welcome_back(self, name, id):
        """The sailor who has both this name and this id. Raises UnknownId or Cannot."""
        sailor = self.sailor(id)
        if same_name(sailor.name) != same_name(name):
            raise Cannot(f"This id belongs to {sailor.name}, not to {name[:16]}. For a new ship, send no id.")
        return sailor

    def sailor(self, id):
        """The sailor with this id, awake from now on. Raises UnknownId or OceanFull."""
        sailor = self.known(id)
        if self.is_asleep(sailor):
            self.need_room()
            self.note(sailor, speed=0.0)
        sailor.heard = self.now
        self.awake[sailor.id] = sailor
        self.awake.move_to_end(sailor.id)
        self.touched.add(sailor.id)
        return sailor

    def restore(self, now, sailors, tide, last_number, paused, pauses, found, words, bans):
        """Become what a logbook has kept, and nothing else. The sailors are in the order in which they were heard."""
        self.__init__(self.most_awake, self.chat_pace)
        self.now, self.tide, self.last_number, self.paused, self.pauses = now, tide, last_number, paused, pauses
        self.bans.update(bans)
        self.treasures = lay_out(tide)
        self.found.update(found)
        self.last_words.extend(words)
        for sailor in sailors:
            self.take_aboard(sailor)
        self.touched.clear()

    def hear(self, id):
        """The sailor with this id, who wakes even if the ocean has nothing else to do; None if there is nobody."""
        try:
            return self.sailor(id)
        except (UnknownId, Banned, OceanFull):
            return None

    # -- Sailing

    def place(self, sailor):
        """Where the ship is now, as (x, y). A sleeper's ship lies at anchor since the nap began."""
        until = min(self.paused or self.now, sailor.heard + NAP)
        return reckon(sailor.x, sailor.y, sailor.heading, sailor.speed, max(0.0, until - sailor.since))

    def depth(self, sailor):
        """How deep the ship is now: as ordered, but where the sea floor is higher it rises by itself."""
        return min(sailor.depth, seafloor(*self.place(sailor))) if sailor.depth else 0.0

    def speed(self, sailor):
        """How fast the ship is now: as ordered, but in a pause all stand still."""
        return 0.0 if self.paused else sailor.speed

    def robot_time(self):
        """What the clock of the robot shows: it stands still in pauses, as where the robot sails depends on it."""
        return (self.paused or self.now) - self.pauses

    def sail(self, sailor, **orders):
        """Set any of heading, speed, depth, x and y, from here and now on. Raises Paused."""
        self.need_open_sea()
        self.note(sailor, **orders)

    def note(self, sailor, **orders):
        """Note where the ship is now, and what changes."""
        sailor.x, sailor.y = self.place(sailor)
        sailor.since = self.now
        for order, value in orders.items():
            setattr(sailor, order, value)

    def turn(self, sailor, degrees):
        """Set the heading in compass degrees; 450 and -270 are the same as 90."""
        self.sail(sailor, heading=compass(degrees))

    def set_speed(self, sailor, speed):
        """Set the speed in metres a second, from 0 to the ship's top speed. Raises BadValue or Cannot."""
        limit = sailor.top_speed(sailor.depth)
        if 0 <= speed <= limit:
            self.sail(sailor, speed=speed)
        elif limit < speed <= sailor.top_speed(depth=0):
            raise Cannot(
                f"Under water your top speed is {limit:g} m/s. You sent {speed:g}: come up to sail faster.",
                "dive",
                depth=0,
            )
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
        floor = seafloor(*self.place(sailor))
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
            "x": wrap(round(x, 2)),
            "y": wrap(round(y, 2)),
            "depth": round(self.depth(sailor), 2),
            "heading": compass(round(sailor.heading, 2)),
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
        self.keep_lookout()
        return (
            CHAT_WAITS * bool(sailor.mailbox)
            + SHIP_IN_SIGHT * (sailor.id in self.lookout.sighted)
            + TREASURE_IN_REACH * bool(self.reachable(sailor))
            + UNDER_WATER * (sailor.depth > 0)
            + PAUSED * bool(self.paused)
        )

    # -- Seeing

    def keep_lookout(self):
        """Look around if it is time to."""
        if not self.lookout.looked <= self.now < self.lookout.due:
            ships = [(s.id, *self.place(s), s.sight(self.depth(s))) for s in self.awake_sailors()]
            self.lookout.look_around(self.now, [*ships, (CLEM, *clem_place(self.robot_time())[:2], 0)])

    def look(self, sailor):
        """The ships, treasure and discovered seamounts in sight, the nearest first, with their distance and bearing."""
        self.keep_lookout()
        here, sight = self.place(sailor), sailor.sight(self.depth(sailor))
        moved = FASTEST * (self.now - self.lookout.looked)  # metres, at most, that somebody has sailed since
        near = [self.sailors[who] for who in self.lookout.near(*here, sight + moved) if who in self.awake]
        things = [
            *[("ship", ship.name, *self.place(ship), self.depth(ship)) for ship in near if ship is not sailor],
            ("robot", CLEM, *clem_place(self.robot_time())[:2], 0.0),
            *[("treasure", *treasure) for treasure in self.treasures.values()],
            *[("seamount", *mount[:4]) for mount in self.discovered()],
        ]
        seen = [sighting(*thing, *here) for thing in things if distance(*here, *thing[2:4]) <= sight]
        return sorted(seen, key=lambda thing: thing["distance"])

    def sound(self, sailor):
        """Measure the sea floor: (its depth, metres of water below the keel, a seamount just discovered or None)."""
        here = self.place(sailor)
        floor, mount = seafloor(*here), seamount_at(*here)
        news = mount if mount and mount.name not in self.found else None
        if news:
            self.found[news.name] = sailor.name
            self.tell_everyone(MOCEAN, f"{sailor.name} discovered the seamount {news.name}!", but=sailor)
        return floor, floor - self.depth(sailor), news

    def discovered(self):
        """The seamounts that somebody has discovered."""
        return [mount for mount in SEAMOUNTS if mount.name in self.found]

    # -- Treasure

    def reachable(self, sailor):
        """The names of the treasures that the ship can take from where it is."""
        depth = self.depth(sailor)
        level = [one for one in self.treasures.values() if abs(one.depth - depth) <= REACH_DOWN]
        # Most ships have no treasure at their depth: then there is nothing more to work out.
        return [one.name for one in level if distance(*self.place(sailor), one.x, one.y) <= sailor.ability("reach")]

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
            raise Cannot(f"You can't reach “{name}” from here. Go nearer, and to the same depth.", "look")
        del self.treasures[name]
        sailor.items.append(name)
        if not self.treasures:
            self.turn_tide(f"{sailor.name} found the last treasure. A new tide hides all of it again!")
        return name

    def turn_tide(self, news):
        """Lay out all treasure anew, and tell everyone why."""
        for sailor in self.sailors.values():
            self.touched.add(sailor.id)
            sailor.items.clear()
            if sailor.speed > sailor.top_speed(sailor.depth):
                self.note(sailor, speed=sailor.top_speed(sailor.depth))
        self.tide += 1
        self.treasures = lay_out(self.tide)
        self.tell_everyone(MOCEAN, news)

    # -- Mail

    def send(self, sailor, message, name=None):
        """Say something to one sailor, or without a name to all who are awake; alone at sea, to the robot.

        Returns the message's number, how many mailboxes it reached and how many of them were full.
        Raises BadValue, Muted, Paused, TooFast, NoSailor or MailboxFull.
        """
        line = proper_message(message)
        self.need_voice(sailor)
        if name is None:
            number, reached, full = self.tell_everyone(sailor.name, line, but=sailor)
            return (number, reached, full) if reached + full else self.tell_clem(sailor, line, number)
        if same_name(name) == same_name(CLEM):
            return self.tell_clem(sailor, line, self.write(sailor.name, line, CLEM).number)
        receiver = self.find(name)
        if len(receiver.mailbox) >= MAILBOX:
            raise MailboxFull(f"The mailbox of {receiver.name} is full. Try again later.", "who")
        letter = self.write(sailor.name, line, receiver.name)
        receiver.mailbox.append(letter)
        return letter.number, 1, 0

    def tell_everyone(self, sender, line, but=None):
        """Put a message into every mailbox that has room, but for the sender's. Returns as `send` does."""
        letter = self.write(sender, line, "everyone")
        self.last_words.append(letter)
        receivers = [sailor for sailor in self.awake_sailors() if sailor is not but]
        with_room = [sailor for sailor in receivers if len(sailor.mailbox) < MAILBOX]
        for sailor in with_room:
            sailor.mailbox.append(letter)
            self.touched.add(sailor.id)
        return letter.number, len(with_room), len(receivers) - len(with_room)

    def tell_clem(self, sailor, line, number):
        """The robot answers a message at once, if the answer fits into the sailor's mailbox. Returns as `send` does."""
        if len(sailor.mailbox) < MAILBOX:
            answer = clem_answer(sailor.name, line, number, self.robot_time())
            sailor.mailbox.append(self.write(CLEM, answer, sailor.name))
        return number, 1, 0

    def write(self, sender, line, to):
        """A new message with the next number."""
        self.last_number += 1
        letter = Message(self.last_number, sender, line, round(self.now, 3))
        self.last_said.append((letter, to))
        return letter

    def need_voice(self, sailor):
        """Raises Muted, Paused or TooFast if the sailor may not talk now."""
        if sailor.muted:
            raise Muted("You can sail and read, but not send messages now. Talk to your club leader.", "popchat")
        self.need_open_sea()
        wait = self.chat_pace.wait(sailor.id, self.now) if self.chat_pace else 0
        if wait:
            raise TooFast("You talk faster than others can read.", wait, "popchat")

    def pop(self, sailor, after=None):
        """The oldest message in the sailor's mailbox, or NO_MESSAGE, and how many wait behind it.

        Without `after` it is taken out. With `after`, those up to that number are forgotten and the next one stays
        where it is: so a question whose answer was lost on the way can be asked again.
        """
        mailbox = sailor.mailbox
        if after is None:
            return (mailbox.popleft() if mailbox else NO_MESSAGE), len(mailbox)
        while mailbox and mailbox[0].number <= after:
            mailbox.popleft()
        return (mailbox[0], len(mailbox) - 1) if mailbox else (NO_MESSAGE, 0)

    # -- What the harbour master can do

    def need_open_sea(self):
        """Raises Paused."""
        if self.paused:
            raise Paused("The ocean is paused: listen to your club leader. You can still look around.", "who")

    def pause(self):
        """From now on ships stand still, and nobody can do anything but look."""
        if not self.paused:
            self.paused = self.now
            self.tell_everyone(HARBOUR, "The ocean is paused.")

    def resume(self):
        """Go on where the pause began."""
        if self.paused:
            for sailor in self.sailors.values():
                if sailor.speed:
                    self.note(sailor)
                    self.touched.add(sailor.id)
            self.pauses += max(0.0, self.now - self.paused)
            self.paused = 0.0
            self.tell_everyone(HARBOUR, "The ocean is open again.")

    def give_new_id(self, name):
        """Another id for a sailor who has lost the old one, which ends. Returns the sailor. Raises NoSailor."""
        sailor = self.find(name)
        del self.sailors[sailor.id]
        was_awake = self.awake.pop(sailor.id, None)
        sailor.id = new_id()
        self.sailors[sailor.id] = sailor
        self.touched.add(sailor.id)
        return self.sailor(sailor.id) if was_awake else sailor

    # -- The chart

    def chart(self):
        """What everybody may know: ships on the surface, found seamounts, words to all, how much is left to find."""
        clem = ("robot", CLEM, *clem_place(self.robot_time()), 0 if self.paused else CLEM_SPEED)
        ships = [
            ("ship", s.name, *self.place(s), s.heading, self.speed(s)) for s in self.awake_sailors() if not s.depth
        ]
        return {
            "sailors": [charted(*ship) for ship in [clem, *ships]],
            "seamounts": [{**mount._asdict(), "found_by": self.found[mount.name]} for mount in self.discovered()],
            "chat": [letter._asdict() for letter in self.last_words],
            "hidden": len(SEAMOUNTS) - len(self.found),
            "treasures": len(self.treasures),
            "paused": bool(self.paused),
        }


def same_item(name):
    """What two spellings of an item have in common: Boat-Hook is the boat hook."""
    return "".join(filter(str.isalnum, name)).lower()
