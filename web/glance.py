"""The class at a glance: what the leader sees of each sailor, on the page of the harbour and in a file for at home."""

from datetime import datetime

from web.reasons import REASONS, first_reason

SIGNS = [*[sign for sign, _ in REASONS], ""]  # the most urgent comes first
AT_PUZZLE = 5 * 60  # seconds after a look at a puzzle in which a sailor is at it


def at_a_glance(request, everybody=False):
    """The class, or everybody who has a ship: first who needs help most urgently, and then by name."""
    ocean = request.ocean
    rows = [observed(request, one) for one in (ocean.crew.by_id.values() if everybody else ocean.at_the_lesson())]
    return sorted(rows, key=lambda row: (SIGNS.index(row["sign"]), row["name"].casefold()))


def observed(request, sailor):
    """What the leader sees of a sailor. `solved` and `puzzle` are numbers of puzzles; `tries` has one for each."""
    ocean, puzzles = request.ocean, request.app.puzzles
    now, notes = ocean.now, request.app.activity.of(sailor, ocean.crew)
    number, began = puzzle_of(sailor, notes, puzzles, now)
    errors = [one for one in notes.asked if one.error]
    is_wrong = bool(errors) and errors[-1] is notes.asked[-1]
    one = {
        "solved": [number for number, route in enumerate(puzzles, 1) if route in sailor.solved],
        "puzzle": number,
        "minutes": int(now - began) // 60,
        "tries": [notes.puzzles[route][2] if route in notes.puzzles else 0 for route in puzzles],
        "wrong": notes.wrong_answers(puzzles[number - 1])[-3:] if number else [],
        "badges": sailor.badges,
        "heard": datetime.fromtimestamp(sailor.heard).isoformat(" ", "minutes"),
        "silent": int((ocean.world.paused or now) - sailor.heard),  # seconds, as in a pause all are
        "requests": notes.total,
        "requests_a_minute": notes.a_minute(now),
        "by": "program" if notes.is_program else "browser",
        "address": notes.address or next(iter(sailor.homes), None),
        "muted": sailor.muted,
        "error": f"{errors[-1].what.partition('?')[0]}: {errors[-1].error}" if errors else "",
        "same_error": sum(one.times for one in errors if one.error == errors[-1].error) if is_wrong else 0,
    }
    sign, words = first_reason(one)
    return {"name": sailor.name, "sign": sign, "help": words, **one}


def puzzle_of(sailor, notes, puzzles, now):
    """The number of the puzzle at which a sailor is, and since when; 0 and now for who is at none."""
    looks = [(number, *notes.puzzles[route]) for number, route in enumerate(puzzles, 1) if route in notes.puzzles]
    at = [one for one in looks if puzzles[one[0] - 1] not in sailor.solved and now - one[2] < AT_PUZZLE]
    return max(at, key=lambda one: one[2], default=(0, now))[:2]
