"""The seasons' book: who discovered and raised what, in this season and in all before.

>>> from game.ocean import World
>>> book = Book(World())
>>> book.note_discovery("Bowie", "ada")
>>> book.note_raised("pearl", "bob")
>>> book.close(now=1000)
>>> book.seasons(now=2000)[1]  # after the present one
{'season': 1, 'days': 0.0, 'discovered': {'Bowie': 'ada'}, 'raised': {'pearl': 'bob'}}

To *raise* a treasure is to bring it up. What is written here stays, except for the name of somebody who is forgotten.
"""

from collections import Counter

from game.moderation import same_name
from game.words import count

SOMEBODY = "somebody"  # who stands in the place of a name that is forgotten
DAY = 24 * 3600  # seconds


class Book:
    """What the World of an ocean knows of its seasons. Seasons that are over are tuples: nobody changes them."""

    def __init__(self, world):
        self.world = world

    def note_discovery(self, mount, name):
        self.world.found[mount] = name

    def note_raised(self, item, name):
        tide = self.world.tide
        self.world.raised[item if tide == 1 else f"{item} of tide {tide}"] = name

    def close(self, now):
        """The season is over: from now on, the next one is written down."""
        world = self.world
        season = (world.season, world.began, now, tuple(world.found.items()), tuple(world.raised.items()))
        world.past += (season,)
        world.season, world.began, world.tide = world.season + 1, now, 1
        world.found, world.raised = {}, {}

    def seasons(self, now):
        """All seasons as dicts, the newest first: this one, too."""
        world = self.world
        this = (world.season, world.began, now, world.found, world.raised)
        return [
            {
                "season": number,
                "days": round((ended - (began or ended)) / DAY, 1),
                "discovered": dict(found),
                "raised": dict(raised),
            }
            for number, began, ended, found, raised in [*world.past, this][::-1]
        ]

    def honours(self):
        """Who did most in this season, as a sentence, or ""."""
        best = [
            f"{name} {did} {count(number, thing)}"
            for did, thing, names in (
                ("discovered", "seamount", self.world.found.values()),
                ("raised", "treasure", self.world.raised.values()),
            )
            for name, number in Counter(names).most_common(1)
        ]
        return f"{' and '.join(best)}." if best else ""

    def best(self):
        """The three sailors, at most, who found most in this season, the best first."""
        mounts, treasures = Counter(self.world.found.values()), Counter(self.world.raised.values())
        names = [name for name, _ in (mounts + treasures).most_common() if name != SOMEBODY]
        return [{"name": name, "seamounts": mounts[name], "treasures": treasures[name]} for name in names[:3]]

    def forget(self, name):
        """Let nothing tell of the sailor of a name. What that one discovered in this season, others can discover again.

        Returns how often the name stood in the book.
        """
        world, number = self.world, 0
        for by in (*world.found.values(), *world.raised.values()):
            number += same_name(by) == same_name(name)
        world.found = {mount: by for mount, by in world.found.items() if same_name(by) != same_name(name)}
        world.raised = dict(without(name, world.raised.items()))
        past = tuple((*season[:3], without(name, season[3]), without(name, season[4])) for season in world.past)
        number += sum(old != new for old, new in zip(world.past, past))
        if number:
            world.past = past
        return number


def without(name, pairs):
    """Pairs of a thing and who found it, with somebody in the place of a name."""
    return tuple((thing, SOMEBODY if same_name(by) == same_name(name) else by) for thing, by in pairs)


def frozen(value):
    """What JSON has made a list of, as a tuple again, and all lists in it."""
    return tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value
