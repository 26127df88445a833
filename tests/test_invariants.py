"""Random sailors against a model: treasure and chat are never made nor lost, and nobody acts for or reads another.

The model is what a person would keep on paper: who is aboard, what each holds, and which letters wait for each.
"""

from itertools import chain

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import mocean
from ocean import MAILBOX, NAP, Ocean
from planet import TREASURES, lay_out
from tests.conftest import Player
from troubles import Cannot, MailboxFull, NoSailor, Paused

NAMES = ["ada", "bob", "carol", "dora"]
WHO = st.sampled_from(NAMES)


class OceanAndModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ocean, self.held, self.mail = Ocean(), {}, {}
        self.ocean.now, self.sent = 1000.0, 0

    def sailor(self, name):
        """Whoever asks, who joins first if need be."""
        if name not in self.held:
            self.ocean.join(name)
            self.held[name], self.mail[name] = [], []
        return self.ocean.sailor(self.ocean.names[name].id)

    def go(self, name):
        del self.held[name], self.mail[name]

    @rule(name=WHO, to=WHO)
    def write(self, name, to):
        self.sent += 1
        sailor = self.sailor(name)
        try:
            self.ocean.send(sailor, f"letter {self.sent}", to)
        except (NoSailor, MailboxFull):
            assert to not in self.held or len(self.mail[to]) >= MAILBOX
        else:
            self.mail[to].append((name, f"letter {self.sent}"))

    @rule(name=WHO)
    def write_to_all(self, name):
        self.sent += 1
        sailor = self.sailor(name)
        awake = {other for other in self.ocean.who() if other != "Clem"} - {name}
        self.ocean.send(sailor, f"letter {self.sent}")
        for other in awake:
            if len(self.mail[other]) < MAILBOX:
                self.mail[other].append((name, f"letter {self.sent}"))
        if not awake:
            self.mail[name].append(("Clem", self.ocean.sailor(sailor.id).mailbox[-1].message))

    @rule(name=WHO, again=st.booleans())
    def read(self, name, again):
        """Each gets just what was written to that one, once, in order, and with `after` as often as asked."""
        sailor = self.sailor(name)
        if again:
            first = self.ocean.pop(sailor, after=0)[0]
            assert first == self.ocean.pop(sailor, after=0)[0]
        letter, waiting = self.ocean.pop(sailor)
        expected = self.mail[name].pop(0) if self.mail[name] else ("", "")
        assert (letter.sender, letter.message, waiting) == (*expected, len(self.mail[name]))

    @rule(name=WHO, item=st.sampled_from([*TREASURES]))
    def take(self, name, item):
        sailor, place = self.sailor(name), lay_out(self.ocean.tide)[item]
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
        for name in self.ocean.who()[1:]:
            if len(self.mail[name]) < MAILBOX:
                self.mail[name].append(("Mocean", self.ocean.names[name].mailbox[-1].message))

    @rule(name=WHO, how=st.sampled_from(["quit", "ashore", "ban"]))
    def leave(self, name, how):
        sailor = self.sailor(name)
        if how == "quit":
            self.ocean.quit(sailor.id)
        else:
            self.ocean.send_ashore(sailor)
        if how == "ban":
            self.ocean.ban(60, f"name {name}", f"id {sailor.id}")
            self.ocean.now += 61
        self.go(name)

    @rule(name=WHO)
    def lose_the_id(self, name):
        old = self.sailor(name).id
        assert self.ocean.give_new_id(name).id != old

    @rule(name=WHO)
    def sleep_in_a_pause(self, name):
        sailor = self.sailor(name)
        self.ocean.pause()
        place = self.ocean.place(sailor)
        with pytest.raises(Paused):
            self.ocean.send(sailor, "hello")
        self.ocean.now += 2 * NAP
        assert self.ocean.place(sailor) == place
        self.ocean.resume()
        self.ocean.now += 1
        assert self.ocean.place(sailor) == place
        for name, letters in self.mail.items():  # what the harbour master said is not what this is about
            box = self.ocean.names[name].mailbox
            for letter in [letter for letter in box if letter.sender == "Harbour"]:
                box.remove(letter)
            assert len(box) == len(letters)

    @invariant()
    def all_treasure_is_somewhere_once(self):
        held = {name: sailor.items for name, sailor in self.ocean.names.items()}
        assert {name: sorted(items) for name, items in held.items()} == {
            name: sorted(items) for name, items in self.held.items()
        }
        assert sorted([*chain(*held.values()), *self.ocean.treasures]) == sorted(TREASURES)

    @invariant()
    def all_mail_is_where_it_was_sent(self):
        boxes = {
            name: [(one.sender, one.message) for one in sailor.mailbox] for name, sailor in self.ocean.names.items()
        }
        assert boxes == self.mail


TestOceanAndModel = OceanAndModel.TestCase
TestOceanAndModel.settings = settings(max_examples=60, stateful_step_count=40)


# ---- Nobody acts for another ----


@pytest.mark.parametrize(
    "attempt",
    [
        "/speed?speed=9&name=ada",
        "/speed?speed=9&id=ada",
        "/speed?speed=9&id=%00ID",
        "/speed?speed=9&id=WRONG&id=ID",
        "/speed?speed=9&sailor=ada",
        "/join?name=ada",
        "/join?name=ADA&id=OWN",
        "/join?name=%20ada%20",
        "/join?name=a%EF%BD%84a",
        "/join?name=аdа",
        "/quit?name=ada&id=OWN",
        "/popchat?name=ada",
        "/popchat?id=OWN&after=0",
        "/sendchat?id=OWN&message=hi&sender=ada&name=bob",
        "/harbour/newid?name=ada",
        "/harbour?key=",
    ],
)
@pytest.mark.parametrize("cookies", ["", "id=", "id=ada", "id=WRONG; id=OWN", "key=OWN", "id=ID%20"])
def test_two_sailors_cannot_act_for_each_other(player, attempt, cookies):
    """Eve has an id of her own and knows all names: nothing that she sends moves ada's ship or reads her mail."""
    ada, eve = player.join("ada"), Player().join("eve")
    player.json("/sendchat", id=ada, message="secret", name="ada")
    ship = player.json("/location", id=ada)
    # ID is nearly ada's id: its last letter is missing.
    url = (
        attempt.replace("WRONG", "aaaaaaaa")
        .replace("OWN", eve)
        .replace("%00ID", "%00" + ada[:-1])
        .replace("ID", ada[:-1])
    )
    cookies = cookies.replace("WRONG", "aaaaaaaa").replace("OWN", eve).replace("ID", ada[:-1])
    stranger = Player()
    stranger.browser.delete_cookie("id")
    reply = stranger.ask(url, headers={"Cookie": cookies, "Accept": "application/json"})
    assert ada not in reply.text
    assert "secret" not in reply.text
    assert player.json("/location", id=ada) == ship
    letters = [letter for letter in mocean.ocean.names["ada"].mailbox if letter.sender != "ada"]
    assert letters == [] or attempt.startswith("/sendchat")
