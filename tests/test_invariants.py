"""Random sailors against a model: treasure and chat are never made nor lost, and nobody acts for or reads another.

The model is what a person would keep on paper: when each was heard from, what each holds, and what waits for each.
"""

from itertools import chain

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from game.errors import Cannot, MailboxFull, NoSailor
from game.mail import BROADCASTS, MAILBOX, MOST_OF_ONE, NO_MESSAGE
from game.ocean import CHAT_WAITS, Ocean
from game.planet import TREASURES
from game.sailors import NAP
from tests.conftest import Player

NAMES = ["ada", "bob", "carol", "dora"]
WHO = st.sampled_from(NAMES)
HOW_OFTEN = st.sampled_from([1, 1, 2, MAILBOX // 2, MAILBOX])


class OceanAndModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ocean = Ocean()
        self.ocean.now = 1000.0
        self.heard, self.held = {}, {}  # by name
        self.letters, self.broadcasts = {}, {}  # by name, those that wait, each as (number, sender)
        self.said = [0]  # the numbers of all broadcasts

    def sailor(self, name):
        """Whoever asks, who joins first if need be."""
        if name not in self.held:
            self.ocean.join(name)
            self.held[name], self.letters[name], self.broadcasts[name] = [], [], []
        self.heard[name] = self.ocean.now
        return self.ocean.wake(self.ocean.find(name).id)

    def awake(self):
        return {name for name, heard in self.heard.items() if self.ocean.now - heard < NAP}

    def waiting(self, name):
        """What the sailor of a name has to read: of what is said to everyone, only if it is among the last 100."""
        oldest = self.said[-BROADCASTS:][0]
        return sorted([*self.letters[name], *(one for one in self.broadcasts[name] if one[0] >= oldest)])

    def was_said(self, sender, hearers):
        """The last message was to everyone."""
        self.said.append(self.ocean.world.last_number)
        for name in hearers:
            self.broadcasts[name].append((self.said[-1], sender))

    # -- What may happen

    @rule(seconds=st.sampled_from([1, NAP - 1, NAP, 3 * NAP]))
    def time_passes(self, seconds):
        self.ocean.now += seconds

    @rule(name=WHO, to=WHO, times=HOW_OFTEN)
    def write(self, name, to, times):
        sailor = self.sailor(name)
        for _ in range(times):
            try:
                number, _ = self.ocean.send(sailor, "hello", to)
            except NoSailor:
                assert to not in self.held
            except MailboxFull:
                own = [sender for _, sender in self.letters[to]].count(name)
                assert len(self.letters[to]) == MAILBOX or own == MOST_OF_ONE
            else:
                self.letters[to].append((number, name))
                assert len(self.letters[to]) <= MAILBOX

    @rule(name=WHO, times=HOW_OFTEN)
    def say_to_everyone(self, name, times):
        sailor, others = self.sailor(name), self.awake() - {name}
        for _ in range(times):
            number, reached = self.ocean.send(sailor, "hello")
            assert reached == len(others) or (reached == 1 and not others)
            if not others and len(self.letters[name]) < MAILBOX:
                self.letters[name].append((number + 1, "Clem"))
            self.said.append(number)
            for other in others:
                self.broadcasts[other].append((number, name))

    @rule(name=WHO, after=st.none() | st.integers(0, 500))
    def read(self, name, after):
        """Each gets just what was written to that one, in order, once or with `after` as often as asked."""
        sailor = self.sailor(name)
        for _ in range(1 if after is None else 2):
            expected = [one for one in self.waiting(name) if one[0] > (after or 0)] or [(0, "")]
            message, waiting = self.ocean.mail.pop(sailor, after)
            assert (message[:2], waiting) == (expected[0], len(expected) - 1)
        read = expected[0][0] if after is None else after
        for kind in (self.letters, self.broadcasts):
            kind[name] = [one for one in kind[name] if one[0] > read]

    @rule(name=WHO, item=st.sampled_from([*TREASURES]))
    def take(self, name, item):
        sailor, place = self.sailor(name), self.ocean.sea.hide(self.ocean.world.tide)[item]
        self.ocean.sail(sailor, x=place.x, y=place.y, depth=place.depth, speed=0.0)
        try:
            self.ocean.get(sailor, item)
        except Cannot:
            assert any(item in items for other, items in self.held.items() if other != name)
        else:
            self.held[name] = [*dict.fromkeys([*self.held[name], item])]
        if sum(map(len, self.held.values())) == len(TREASURES):
            self.tide_turned()

    @rule()
    def new_tide(self):
        self.ocean.turn_tide("A new tide.")
        self.tide_turned()

    def tide_turned(self):
        self.held = {name: [] for name in self.held}
        self.was_said("Mocean", self.awake())

    @rule(seconds=st.sampled_from([1, 2 * NAP]))
    def pause(self, seconds):
        self.ocean.pause()
        self.was_said("Harbour", self.awake())
        self.ocean.now += seconds
        self.ocean.resume()
        self.was_said("Harbour", self.awake())
        assert self.ocean.announce("Sail on!", "Harbour")[1] == len(self.awake())
        self.was_said("Harbour", self.awake())

    @rule(name=WHO, go=st.sampled_from([lambda ocean, sailor: ocean.quit(sailor.id), Ocean.send_ashore]))
    def leave(self, name, go):
        go(self.ocean, self.sailor(name))
        for facts in (self.heard, self.held, self.letters, self.broadcasts):
            del facts[name]

    @rule(name=WHO)
    def lose_the_id(self, name):
        if name in self.held:
            self.ocean.give_new_id(name)

    # -- What is always true

    @invariant()
    def those_who_were_heard_are_awake(self):
        assert self.ocean.who() == ["Clem", *sorted(self.awake())]

    @invariant()
    def all_treasure_is_somewhere_once(self):
        assert {name: [*self.ocean.find(name).items] for name in self.held} == self.held
        assert sorted([*chain(*self.held.values()), *self.ocean.treasures]) == sorted(TREASURES)

    @invariant()
    def all_letters_are_kept_and_no_others(self):
        kept = [letter.number for what, _, letter in self.ocean.mail.entries() if what == "letter"]
        assert sorted(kept) == sorted(number for number, _ in chain(*self.letters.values()))

    @invariant()
    def the_status_of_whoever_is_awake_tells_of_mail(self):
        for name in self.awake():
            assert bool(self.ocean.status(self.ocean.find(name)) & CHAT_WAITS) == bool(self.waiting(name))

    def teardown(self):
        """In the end, each reads all."""
        for name in self.held:
            for message in [*self.waiting(name), NO_MESSAGE[:2]]:
                assert self.ocean.mail.pop(self.sailor(name))[0][:2] == message


TestOceanAndModel = OceanAndModel.TestCase
TestOceanAndModel.settings = settings(max_examples=60, stateful_step_count=40)


# ---- Nobody acts for another ----


@pytest.mark.parametrize(
    "attempt",
    [
        "/speed?speed=9&name=ada",
        "/speed?speed=9&id=ada",
        "/speed?speed=9&id=%00NEARLY",
        "/speed?speed=9&id=WRONG&id=NEARLY",
        "/speed?speed=9&sailor=ada",
        "/join?name=ada",
        "/join?name=ADA&id=OWN",
        "/join?name=%20ada%20",
        "/join?name=a%EF%BD%84a",
        "/join?name=аdа",
        "/quit?name=ada&id=OWN",
        "/popchat?name=ada",
        "/popchat?id=OWN&after=0",
        "/sendchat?id=OWN&message=hi&sender=ada&name=ada",
        "/harbour/newid?name=ada",
        "/harbour?key=",
    ],
)
@pytest.mark.parametrize("cookies", ["", "id=", "id=ada", "id=WRONG; id=OWN", "key=OWN", "id=NEARLY%20"])
def test_two_sailors_cannot_act_for_each_other(player, attempt, cookies):
    """Eve has an id of her own and knows all names: nothing that she sends moves ada's ship or reads her mail."""
    ada, eve = player.join("ada"), player.another().join("eve")
    player.json("/sendchat", message="secret", name="ada")
    before = player.json("/location"), player.json("/popchat", after=0)
    for word, meaning in (("WRONG", "aaaaaaaa"), ("OWN", eve), ("NEARLY", ada[:-1])):
        attempt, cookies = attempt.replace(word, meaning), cookies.replace(word, meaning)
    stranger = Player(player.app, use_cookies=False)
    reply = stranger.ask(attempt, headers={"Cookie": cookies, "Accept": "application/json"})
    assert ada not in reply.text
    assert "secret" not in reply.text
    assert (player.json("/location"), player.json("/popchat", after=0)) == before
