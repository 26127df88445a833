"""Whatever changes a sailor is noticed, so that the logbook keeps it, and asking is no change."""

import pytest

from game.sailors import Sailor


@pytest.fixture
def ocean(ocean, monkeypatch):
    """An ocean with ada and bob, in a program whose class Sailor has got the lines `hats = None` and `cheers = 0`."""
    monkeypatch.setattr(Sailor, "hats", None, raising=False)
    monkeypatch.setattr(Sailor, "cheers", 0, raising=False)
    for name in ("ada", "bob"):
        ocean.join(name)
    return ocean


def changes_by(ocean, action, *arguments):
    """The names of those whom an action seems to have changed."""
    ocean.crew.changes.clear()
    action(*arguments)
    return {sailor.name for id, sailor in ocean.crew.by_id.items() if id in ocean.crew.changes}


def test_whoever_changes_a_sailor_in_whatever_way(ocean):
    ada, bob = ocean.find("ada"), ocean.find("bob")
    for change in (
        lambda: setattr(bob, "depth", 3.0),
        lambda: setattr(bob, "cheers", 1),
        lambda: setattr(bob, "cheers", ["hurrah"]),
        lambda: setattr(bob, "items", (*bob.items, "pearl")),
        lambda: setattr(bob, "hats", ["red"]),
        lambda: bob.hats.append({"color": "blue"}),
        lambda: bob.hats[1].update(color="green"),
        lambda: bob.hats.clear(),
        lambda: setattr(bob, "hats", {"red", "blue"}),
        lambda: bob.hats.remove("red"),
        lambda: setattr(bob, "hats", None),
        lambda: setattr(bob, "hats", []),
        lambda: delattr(bob, "hats"),
        lambda: setattr(bob, "friends", []),
        lambda: bob.friends.append("ada"),
    ):
        assert changes_by(ocean, change) == {"bob"}
        assert (ada.hats, ada.cheers) == (None, 0)
        assert not hasattr(ada, "friends")
    assert bob.hats is None
    del Sailor.friends


def test_who_comes_or_goes_or_gets_another_id(ocean):
    assert changes_by(ocean, ocean.join, "carol") == {"carol"}
    bob = ocean.find("bob")
    for change in (lambda: ocean.give_new_id("bob"), lambda: ocean.send_ashore(bob)):
        id = bob.id
        changes_by(ocean, change)
        assert {id, bob.id} <= ocean.crew.changes


def test_asking_changes_nobody(ocean):
    ada = ocean.find("ada")
    ada.hats = ["red"]
    for ask in (ocean.location, ocean.velocity, ocean.look, ocean.status, ocean.depth, ocean.mail.pop):
        assert changes_by(ocean, ask, ada) == set()
    for ask in (ocean.who, ocean.chart, ocean.free_name, lambda: dict(vars(ada))):
        assert changes_by(ocean, ask) == set()
    ocean.now += 100
    assert changes_by(ocean, ocean.wake, ada.id) == set()
