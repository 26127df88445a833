"""Mail: letters to one sailor, and broadcasts, which are said to everyone.

    >>> from game.ocean import World
    >>> from game.sailors import Sailor
    >>> mail, bob = Mail(World()), Sailor("bob", id="bcdefghj", x=0, y=0, since=0, heard=0)
    >>> mail.post("ada", "hello", now=1000, receiver=bob)
    Message(number=1, sender='ada', message='hello', sent=1000)
    >>> mail.pop(bob)
    (Message(number=1, sender='ada', message='hello', sent=1000), 0)

A letter waits in a mailbox. A broadcast is kept once, however many sailors there are, and each sailor knows the number
of the last one that he or she has read.

All letters together have a limit, too, as memory has one. When it is reached, the fullest mailbox makes room for the
next letter. So whoever writes thousands of letters presses out only these, and the few that others wrote stay.
"""

from collections import defaultdict, deque
from typing import NamedTuple

from game.errors import MailboxFull
from game.moderation import mentions, same_name

MAILBOX = 100  # letters that fit into a mailbox
MOST_LETTERS = 20_000  # that fit into all mailboxes together: with the longest words, about 25 MB of memory
MOST_OF_ONE = 20  # of them from one sailor
MOST_OF_NEIGHBOURS = 50  # of them from all who joined from one network address
BROADCASTS = 100  # that are kept, until each sailor who was awake has read them
LAST_SAID = 50  # messages to anyone that the club's leader sees


class Message(NamedTuple):
    """What somebody said. Every message in the ocean has a number of its own, one more than the one before."""

    number: int
    sender: str
    message: str
    sent: float


NO_MESSAGE = Message(0, "", "", 0.0)


class Mail:
    """All that has been said and not yet been read."""

    def __init__(self, world):
        self.world = world  # which keeps the number of the last message
        self.boxes = defaultdict(deque)  # the letters that wait, by the id of the sailor whom they are for
        self.broadcasts = deque(maxlen=BROADCASTS)  # each with the name of the sailor who needn't be told, or None
        self.last_said = deque(maxlen=LAST_SAID)  # each with whom it was for
        self.journal = []  # what the logbook has to write: see Logbook.write_mail

    # -- Writing

    def number(self, sender, text, now, receiver):
        """A new message with the next number."""
        self.world.last_number += 1
        message = Message(self.world.last_number, sender, text, round(now, 3))
        self.last_said.append((message, receiver))
        return message

    def post(self, sender, text, now, receiver):
        """Put a letter into a sailor's mailbox, and return it. Raises MailboxFull."""
        if self.is_full(receiver):
            raise MailboxFull(f"The mailbox of {receiver.name} is full. Try again later.", "who")
        if not self.has_room():
            id, box = max(self.boxes.items(), key=lambda item: len(item[1]))
            self.journal.append(("read", id, box.popleft().number))
        letter = self.number(sender, text, now, receiver.name)
        self.boxes[receiver.id].append(letter)
        self.journal.append(("letter", receiver.id, letter))
        return letter

    def broadcast(self, sender, text, now, but=None):
        """Say something to everyone who is awake, except the sailor of one name. Returns the message."""
        message = self.number(sender, text, now, "everyone")
        if len(self.broadcasts) == BROADCASTS:
            self.journal.append(("expired", None, self.broadcasts[0][0].number))
        self.broadcasts.append((message, but))
        self.journal.append(("broadcast", but, message))
        return message

    def is_full(self, sailor):
        """True for a mailbox with as many letters as fit in or, while the ocean has no room, as the fullest one has."""
        most = MAILBOX if self.has_room() else max(map(len, self.boxes.values()))
        return len(self.boxes.get(sailor.id, ())) >= most

    def has_room(self):
        return self.letters() < MOST_LETTERS

    def letters(self):
        """How many letters wait, in all mailboxes together."""
        return sum(map(len, self.boxes.values()))

    def entries(self):
        """The journal of all that is kept: what the logbook has to write into an empty file."""
        letters = [("letter", id, letter) for id, box in self.boxes.items() for letter in box]
        return letters + [("broadcast", but, message) for message, but in self.broadcasts]

    def restore(self, letters, broadcasts, doubtful):
        """Become what a logbook has kept, see Ocean.restore."""
        for id in doubtful:
            self.boxes.pop(id, None)
        for id, letter in letters:
            self.boxes[id].append(letter)
        self.broadcasts.clear()
        self.broadcasts.extend(broadcasts)
        self.journal.clear()

    # -- Reading

    def is_waiting(self, sailor):
        """True if there is something to read."""
        return bool(self.boxes.get(sailor.id)) or next(self.unread(sailor), None) is not None

    def unread(self, sailor):
        """The broadcasts that wait for a sailor, the newest first."""
        for message, but in reversed(self.broadcasts):
            if message.number <= sailor.last_read:
                return
            if but != sailor.name and message.number not in sailor.missed:
                yield message

    def waiting(self, sailor):
        """All messages that wait for a sailor, the oldest first."""
        return sorted([*self.boxes.get(sailor.id, ()), *self.unread(sailor)])

    def heard(self, sailor):
        """What was said to everyone, the oldest first, except what the sailor has yet to read or slept through."""
        unread = {message.number for message in self.unread(sailor)}.union(sailor.missed)
        return [message for message, _ in self.broadcasts if message.number not in unread]

    def pop(self, sailor, after=None):
        """The oldest message that waits for a sailor, or NO_MESSAGE, and how many wait behind it.

        Without `after` it is taken out. With `after`, those up to that number are forgotten and the next one stays
        where it is: so a question whose answer was lost on the way can be asked again.
        """
        if after is not None:
            self.forget(sailor, after)
        waiting = self.waiting(sailor)
        if not waiting:
            return NO_MESSAGE, 0
        if after is None:
            self.forget(sailor, waiting[0].number)
        return waiting[0], len(waiting) - 1

    def forget(self, sailor, number):
        """What a sailor got up to this number has been read."""
        box = self.boxes.get(sailor.id, ())
        letters = [letter.number for letter in box if letter.number <= number]
        if letters:
            for _ in letters:
                box.popleft()
            self.journal.append(("read", sailor.id, letters[-1]))
        read = next((message.number for message in self.unread(sailor) if message.number <= number), None)
        if read:
            sailor.last_read = read
            sailor.missed = tuple(missed for missed in sailor.missed if missed > read)

    # -- Coming, sleeping and going

    def begin(self, sailor):
        """A new sailor: nothing that has been said so far is for this one."""
        sailor.last_read = self.world.last_number

    def sleep_through(self, sailor, since):
        """What has been said since a time, in seconds, was not for this sailor, who slept."""
        unread = [*self.unread(sailor)]
        missed = tuple(message.number for message in unread if message.sent >= since)
        if len(missed) < len(unread):
            kept = self.broadcasts[0][0].number  # the oldest: what was missed before it needn't be known any more
            sailor.missed = (*[number for number in sailor.missed if number >= kept], *missed)
        elif missed:
            sailor.last_read, sailor.missed = missed[0], ()

    def drop(self, id):
        """Nobody has this id any more. Returns the letters that waited."""
        letters = self.boxes.pop(id, ())
        if letters:
            self.journal.append(("read", id, letters[-1].number))
        return letters

    def move(self, old_id, new_id):
        """A sailor was given another id."""
        for letter in self.drop(old_id):
            self.boxes[new_id].append(letter)
            self.journal.append(("letter", new_id, letter))

    # -- Forgetting

    def forget_before(self, time):
        """Nobody has read what was said before a time in seconds, and nobody will."""
        self.remove(lambda message, _: message.sent < time)

    def erase(self, name):
        """Forget what was said by, to or about the sailor of a name. Returns how many traces of that there were."""
        name = same_name(name)

        def is_hers(message, receiver):
            return name in (same_name(message.sender), same_name(receiver)) or mentions(message.message, name)

        return self.remove(is_hers)

    def remove(self, is_gone):
        """Forget each message of which `is_gone(message, receiver)` is true. Returns how many traces there were."""
        letters = [(id, letter) for id, box in self.boxes.items() for letter in box if is_gone(letter, "")]
        broadcasts = [one for one in self.broadcasts if is_gone(one[0], "")]
        for id, letter in letters:
            self.boxes[id].remove(letter)
            self.journal.append(("letter gone", id, letter.number))
        for one in broadcasts:
            self.broadcasts.remove(one)
            self.journal.append(("broadcast gone", None, one[0].number))
        said = [one for one in self.last_said if is_gone(*one)]
        for one in said:
            self.last_said.remove(one)
        return len(letters) + len(broadcasts) + len(said)
