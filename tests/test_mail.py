"""Letters to one sailor, and what is said to everyone. In test_invariants.py the same happens in any order."""

from contextlib import suppress

import pytest

from game import mail
from game.clem import clem_answer
from game.errors import BadValue, MailboxFull, NoSailor
from game.mail import BROADCASTS, MAILBOX, MOST_OF_NEIGHBOURS, MOST_OF_ONE, NO_MESSAGE
from game.ocean import CHAT_WAITS
from game.sailors import NAP


@pytest.fixture
def crew(ocean):
    return [ocean.join(name) for name in ("ada", "bob", "carol")]


def read_all(ocean, sailor):
    """All messages that wait for a sailor, taken out."""
    messages = [message.message for message, _ in iter(lambda: ocean.mail.pop(sailor), (NO_MESSAGE, 0))]
    assert not ocean.status(sailor) & CHAT_WAITS
    return messages


def test_a_letter_reaches_only_the_one_it_is_for(ocean, crew):
    ada, bob, carol = crew
    number, reached = ocean.send(ada, " hi\n", "BOB")
    assert reached == 1
    assert ocean.status(bob) & CHAT_WAITS
    letter, waiting = ocean.mail.pop(bob)
    assert (letter, waiting) == ((number, "ada", "hi", ocean.now), 0)
    assert read_all(ocean, ada) == read_all(ocean, carol) == []
    assert ocean.chart()["chat"] == []
    with pytest.raises(NoSailor, match="zed"):
        ocean.send(ada, "hi", "zed")
    with pytest.raises(BadValue):
        ocean.send(ada, "", "bob")


def test_a_broadcast_reaches_all_others_who_are_awake_then(ocean, crew):
    ada, bob, carol = crew
    ocean.now += NAP
    ocean.wake(ada.id), ocean.wake(bob.id)
    assert ocean.send(ada, "hello, all")[1] == 1
    dora = ocean.join("dora")
    ocean.wake(carol.id)
    assert ocean.status(bob) & CHAT_WAITS
    assert read_all(ocean, bob) == ["hello, all"]
    assert read_all(ocean, ada) == read_all(ocean, carol) == read_all(ocean, dora) == []
    assert ocean.chart()["chat"][0]["message"] == "hello, all"


def test_what_was_said_before_a_nap_still_waits_after_many_naps(ocean, crew):
    ada, bob, _ = crew
    for nap in range(5):
        ocean.send(ada, f"before {nap}")
        ocean.now += NAP
        ocean.wake(ada.id)
        for _ in range(30):
            ocean.send(ada, "meanwhile")
        ocean.send(ada, f"letter {nap}", "bob")
        ocean.wake(bob.id)
    assert len(bob.missed) <= BROADCASTS  # or who never reads would have a longer row in the logbook with each nap
    assert read_all(ocean, bob) == [
        *["letter 0", "letter 1"],  # what was said before them is not among the last 100 broadcasts
        *(f"{said} {nap}" for nap in (2, 3, 4) for said in ("before", "letter")),
    ]


def test_a_full_mailbox_is_said_to_the_sender_and_no_broadcast_fills_it(ocean, crew):
    ada, bob, _ = crew
    writers = [ocean.join(f"writer{number}") for number in range(MAILBOX // MOST_OF_ONE)]
    for number in range(MAILBOX):
        ocean.send(writers[number % len(writers)], f"letter {number}", "bob")
        ocean.send(ada, f"broadcast {number}")
    with pytest.raises(MailboxFull, match="bob"):
        ocean.send(ada, "hi", "bob")
    ocean.send(ada, "the last broadcast")  # now the oldest of them is one too many
    assert ocean.mail.pop(bob)[1] == MAILBOX + BROADCASTS - 1
    assert ocean.send(ada, "hi", "bob")[1] == 1
    said = read_all(ocean, bob)
    assert said[:3] == ["letter 1", "broadcast 1", "letter 2"]
    assert said[-2:] == ["the last broadcast", "hi"]


def test_neither_one_sailor_nor_one_network_can_fill_a_mailbox(ocean):
    bob, eve = ocean.join("bob", address="home"), ocean.join("eve", address="net")
    for _ in range(MOST_OF_ONE):
        ocean.send(eve, "hi", "bob")
    with pytest.raises(MailboxFull, match="20 of your letters wait for bob"):
        ocean.send(eve, "hi", "bob")
    bots = [ocean.join(f"bot{number}", address="net") for number in range(MOST_OF_NEIGHBOURS - MOST_OF_ONE)]
    for bot in bots:
        ocean.send(bot, "hi", "bob")
    with pytest.raises(MailboxFull, match="50 letters from your network wait for bob"):
        ocean.send(bots[0], "hi", "bob")
    friend = ocean.join("friend", address="elsewhere")
    for _ in range(MOST_OF_ONE):
        ocean.send(friend, "hello", "bob")
    ocean.send(eve, "hi", "friend")
    assert len(read_all(ocean, bob)) == MOST_OF_NEIGHBOURS + MOST_OF_ONE
    ocean.send(eve, "hi", "bob")


def test_any_number_can_be_sent_as_after(player):
    player.join("ada")
    player.json("/sendchat", message="hi", name="ada")
    for after in (0, 10**20):
        reply = player.json("/popchat", after=after)
        assert reply["ok"]
        assert reply["number"] == (after == 0)
    assert "logbook" not in player.json("/status")["reply"]


def test_clem_answers_who_writes_to_clem_and_who_is_alone(ocean):
    ada = ocean.join("ada")
    for name in ("clem", None):
        number, reached = ocean.send(ada, "hello", name)
        assert reached == 1
        answer, _ = ocean.mail.pop(ada)
        assert (answer.number, answer.sender) == (number + 1, "Clem")
        assert "ada" in answer.message
    bob = ocean.join("bob")
    ocean.send(ada, "is anybody there?")
    ocean.send(ada, "where are you?", "Clem")
    assert read_all(ocean, bob) == ["is anybody there?"]
    assert len(read_all(ocean, ada)) == 1
    for _ in range(MAILBOX + 1):
        ocean.send(ada, "hello", "Clem")
    assert len(read_all(ocean, ada)) == MAILBOX


def test_clem_answers_who_names_it_among_others_by_a_letter(ocean, crew):
    ada, bob, _ = crew
    for text in ("Clem, where are you?", "hi clem", "what does CLEM: say"):
        assert ocean.send(ada, text)[1] == 2
    assert ocean.send(ada, "clementine is late")[1] == 2
    assert ocean.send(ada, "ask Clem", "bob")[1] == 1
    letters = read_all(ocean, ada)
    assert len(letters) == 3
    assert letters[0].startswith("I am at x ")
    assert len(read_all(ocean, bob)) == 5  # what ada said, and nothing from Clem


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("where is treasure", "Treasure lies on seamounts."),
        ("Where are the treasures?", "Treasure lies on seamounts."),
        ("where is a seamount?", "Use the route ping."),
        ("hello, where are you?", "I am at x "),
        ("hello", "Ahoy, ada!"),
    ],
)
def test_clem_understands_what_is_asked(message, answer):
    assert clem_answer("ada", message, number=1, now=0).startswith(answer)


def ask_clem(ocean, sailor, text="Clem, a hint please!"):
    ocean.send(sailor, text, "Clem")
    return ocean.mail.pop(sailor)[0].message


def test_clem_gives_one_hint_a_day_toward_the_nearest_summit_that_nobody_has_found(ocean, crew):
    ada, bob, _ = crew
    hidden, *others = ocean.sea.seamounts
    ocean.world.found = {mount.name: "bob" for mount in others}
    ocean.sail(ada, x=hidden.x - 150, y=hidden.y - 150)
    assert ask_clem(ocean, ada) == "Psst, ada! Some 200 m to the north-east of you is a summit that nobody has found."
    for _ in range(2):
        assert ask_clem(ocean, ada) == "I gave you a hint today, ada. Ask me again tomorrow."
    assert ask_clem(ocean, bob).startswith("Psst, bob!")
    ocean.now += 23 * 3600
    ocean.wake(ada.id)
    assert "is a summit" in ask_clem(ocean, ada)
    assert "hint" not in ask_clem(ocean, ada, "where are you?")
    ocean.now += 24 * 3600
    ocean.wake(ada.id)
    ocean.world.found[hidden.name] = "bob"
    assert ask_clem(ocean, ada) == "All summits are found, ada. But is there treasure left?"
    del ocean.world.found[hidden.name]
    assert "is a summit" in ask_clem(ocean, ada)  # as that was none


def test_a_hint_that_does_not_fit_into_the_mailbox_is_not_used_up(ocean):
    ada = ocean.join("ada")
    for _ in range(MAILBOX):
        ocean.mail.post("bob", "hi", 0, ada)
    ocean.send(ada, "hint", "Clem")
    read_all(ocean, ada)
    assert ask_clem(ocean, ada).startswith("Psst, ada!")


# ---- When the ocean is full of letters ----


def test_many_letters_to_some_press_out_none_of_others(ocean, crew, monkeypatch):
    """Eve fills some mailboxes. From then on the fullest one makes room for each letter to somebody else."""
    monkeypatch.setattr(mail, "MOST_LETTERS", 20)
    ada, bob, _ = crew
    eve, *asleep = (ocean.join(name) for name in ("eve", "sam", "sue"))
    ocean.send(ada, "the first letter", "carol")
    for number in range(40):
        with suppress(MailboxFull):
            ocean.send(eve, f"letter {number}", asleep[number % 2].name)
    for number in range(7):
        ocean.send(ada, f"hi {number}", "bob")
    assert sum(map(len, ocean.mail.boxes.values())) == 20
    assert [len(ocean.mail.boxes[sailor.id]) for sailor in asleep] == [6, 6]
    with pytest.raises(MailboxFull, match=r"^The mailbox of bob is full\."):
        ocean.send(eve, "one more", "bob")  # which is the fullest now
    assert read_all(ocean, bob) == [f"hi {number}" for number in range(7)]
    assert read_all(ocean, crew[2]) == ["the first letter"]


def test_clem_says_nothing_to_the_fullest_mailbox_of_a_full_ocean(ocean, crew, monkeypatch):
    monkeypatch.setattr(mail, "MOST_LETTERS", 2)
    for name in ("bob", "ada"):
        ocean.send(crew[0], "hello", name)
    assert ocean.send(crew[0], "hello", "Clem")[1] == 1
    assert read_all(ocean, crew[0]) == ["hello"]
