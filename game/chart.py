"""The chart: what everybody may know of the ocean, and of one ship. The map draws it.

Whose ship is under water or asleep is not on it.
"""

from game.clem import CLEM, CLEM_SPEED, clem_place
from game.moderation import same_name
from game.planet import SIZE
from game.sailors import Sailor, is_asleep
from game.soundings import sounded

WORDS = 20  # broadcasts that the chart shows
CLEM_LOOK = -1  # the livery of the robot; those of ships are 0, 1, 2, ...


def chart_of(ocean):
    """Ships on the surface, found seamounts, words to all, who found what, and how much is left to find."""
    world, mounts = ocean.world, ocean.discovered()
    ships = [ship_of(ocean, sailor) for sailor in ocean.awake_sailors() if not sailor.depth]
    return {
        "sailors": [ship_of(ocean, robot_of(ocean), "robot"), *ships],
        "seamounts": [{**mount._asdict(), "found_by": world.found[mount.name]} for mount in mounts],
        "chat": [message._asdict() for message, _ in ocean.mail.broadcasts][-WORDS:],
        "hidden": len(ocean.sea.seamounts) - len(world.found),
        "treasures": len(ocean.treasures),
        "paused": bool(world.paused),
        "season": world.season,
        "sounded": sounded(world.soundings),
        "best": ocean.book.best(),
        "news": [dict(zip(("time", "news", "kind", "name"), moment)) for moment in world.news],
        "eyes": world.eyes,
    }


def ship_of(ocean, sailor, kind="ship"):
    """A ship as the chart shows it: `heard` is when it last asked for something, `since` when it last got an order."""
    x, y = ocean.place(sailor)
    return {
        "kind": kind,
        "name": sailor.name,
        "x": round(x, 2) % SIZE,
        "y": round(y, 2) % SIZE,
        "heading": round(sailor.heading, 2) % 360,
        "speed": round(ocean.speed(sailor), 2),
        "look": sailor.look,
        "heard": int(sailor.heard),
        "since": int(sailor.since),
    }


def robot_of(ocean):
    """The robot, as if it were a sailor with a ship."""
    x, y, heading = clem_place(ocean.robot_time())
    course = dict(since=ocean.now, heard=ocean.now, heading=heading, speed=CLEM_SPEED)
    return Sailor(CLEM, "", x, y, **course, look=CLEM_LOOK)


def facts_of_ship(ocean, name):
    """What everybody may know of the ship of this name. If the chart doesn't show it, nobody is told how it sails.

    Raises NoSailor.
    """
    sailor = robot_of(ocean) if same_name(name) == same_name(CLEM) else ocean.find(name)
    ship, asked = ship_of(ocean, sailor), ocean.crew.asked.get(sailor.id, "")
    if sailor.depth or is_asleep(sailor, ocean.now):
        ship["heading"], ship["speed"], asked = None, None, asked.partition("?")[0]
    return {
        "name": sailor.name,
        "look": sailor.look,
        "badges": [*sailor.badges],
        "seamounts": [mount for mount, by in ocean.world.found.items() if same_name(by) == same_name(name)],
        "treasures": [*sailor.items],
        "heard": ship["heard"],
        "asked": asked,
        "heading": ship["heading"],
        "speed": ship["speed"],
    }
