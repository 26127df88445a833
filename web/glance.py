"""The class at a glance: what the leader sees of each sailor, on the page of the harbour and in a file for at home."""

import csv
import io
from datetime import datetime
from unicodedata import normalize

from bottle import HTTPResponse

from web.reasons import REASONS, Watched

SIGNS = [*[sign for sign, _ in REASONS], ""]  # the most urgent comes first
FORMULA = tuple("=+-@\t\r")  # how cells begin that a spreadsheet takes for a formula


def at_a_glance(request, everybody=False):
    """The class, or everybody who has a ship: first who needs help most urgently, and then by name."""
    ocean = request.ocean
    rows = [observed(request, one) for one in (ocean.crew.by_id.values() if everybody else ocean.at_the_lesson())]
    return sorted(rows, key=lambda row: (SIGNS.index(row["sign"]), row["name"].casefold()))


def observed(request, sailor):
    """What the leader sees of a sailor. `solved` and `puzzle` are numbers of puzzles; `tries` has one for each."""
    ocean, puzzles = request.ocean, request.app.puzzles
    now, notes = ocean.now, request.app.activity.of(sailor, ocean.crew)
    one = Watched(sailor, notes, ocean, puzzles)
    sign, need = one.need
    return {
        "name": sailor.name,
        "help": need,
        "sign": sign,
        "solved": [number for number, route in enumerate(puzzles, 1) if route in sailor.solved],
        "puzzle": one.puzzle,
        "minutes": int((now - one.tries.began) / 60) if one.tries else 0,
        "tries": [notes.puzzles[route].count if route in notes.puzzles else 0 for route in puzzles],
        "wrong": one.tries.wrong if one.tries else [],
        "badges": sailor.badges,
        "heard": f"{now - sailor.heard:.0f} s ago",
        "requests": notes.total,
        "requests_a_minute": notes.a_minute(now),
        "by": "program" if notes.is_program else "browser",
        "address": notes.address or next(iter(sailor.homes), None),
        "muted": sailor.muted,
        "errors": notes.errors(now),
    }


def as_table(request):
    """Bottle's response with everybody, as a file that spreadsheets open."""
    file, numbers = io.StringIO(), range(1, len(request.app.puzzles) + 1)
    table = csv.writer(file)
    tries = [f"tries at puzzle {number}" for number in numbers]
    table.writerow(["name", "needs help", "puzzles solved", *tries, "badges", "which", "requests", "by", "last heard"])
    for row in at_a_glance(request, everybody=True):
        heard = datetime.fromtimestamp(request.ocean.find(row["name"]).heard).isoformat(" ", "minutes")
        done = [len(row["solved"]), *row["tries"], len(row["badges"]), ", ".join(row["badges"])]
        table.writerow(map(cell, [row["name"], row["help"], *done, row["requests"], row["by"], heard]))
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="mocean.csv"',
        "Cache-Control": "no-store",
    }
    return HTTPResponse(
        file.getvalue().encode("utf-8-sig"), headers=headers
    )  # by its mark Excel knows that it is UTF-8


def cell(value):
    """A value as a spreadsheet shall show it: what players wrote must not become a formula."""
    text = str(value)
    return f"'{text}" if normalize("NFKC", text[:1]).startswith(FORMULA) else text
