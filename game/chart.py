"""The chart: what everybody may know of the ocean, and of one ship. The map draws it.

Whose ship is under water or asleep is not on it.
"""

from game.clem import CLEM, CLEM_SPEED, clem_place
from game.moderation import same_name
from game.planet import SIZE
from game.sailors import is_asleep
from game.soundings import sounded

WORDS = 20  # broadcasts that the chart shows
CLEM_LOOK = -1  # the livery of the robot; those of ships are 0, 1, 2, ...


def chart_of(ocean):
    """Ships on the surface, found seamounts, words to all, who found what, and how much is left to find."""
    world, mounts = ocean.world, ocean.discovered()
    ships = [ship_of(ocean, sailor) for sailor in ocean.awake_sailors() if not sailor.depth]
    return {
        "sailors": [robot_of(ocean), *ships],
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


def ship_of(ocean, sailor):
    """A sailor's ship as the chart shows it."""
    course = sailor.heading, ocean.speed(sailor)
    return charted("ship", sailor.name, *ocean.place(sailor), *course, sailor.look, sailor.heard, sailor.since)


def robot_of(ocean):
    """The robot as the chart shows it."""
    speed = 0 if ocean.world.paused else CLEM_SPEED
    return charted("robot", CLEM, *clem_place(ocean.robot_time()), speed, CLEM_LOOK, ocean.now, ocean.now)


def charted(kind, name, x, y, heading, speed, look, heard, since):
    """A ship as the chart shows it: `heard` is when it last asked for something, `since` when it last got an order."""
    return {
        "kind": kind,
        "name": name,
        "x": round(x, 2) % SIZE,
        "y": round(y, 2) % SIZE,
        "heading": round(heading, 2) % 360,
        "speed": round(speed, 2),
        "look": look,
        "heard": round(heard, 3),
        "since": round(since, 3),
    }


def facts_of_ship(ocean, name):
    """What everybody may know of the ship of this name; its course, if the chart shows it. Raises NoSailor."""
    is_robot = same_name(name) == same_name(CLEM)
    sailor = None if is_robot else ocean.find(name)
    ship = robot_of(ocean) if is_robot else ship_of(ocean, sailor)
    if sailor and (sailor.depth or is_asleep(sailor, ocean.now)):
        ship.update(heading=None, speed=None)
    return {
        "name": ship["name"],
        "look": ship["look"],
        "badges": [*sailor.badges] if sailor else [],
        "seamounts": [mount for mount, by in ocean.world.found.items() if same_name(by) == same_name(name)],
        "treasures": [*sailor.items] if sailor else [],
        "heard": ship["heard"],
        "asked": ocean.crew.asked.get(sailor.id, "") if sailor else "",
        "heading": ship["heading"],
        "speed": ship["speed"],
    }
