"""Tracks: what was sailed, leg by leg, so that a lesson can be seen again.

They stand in files of their own beside the logbook, as they are many and nobody needs them to play. Such a file, a
*page*, is of an hour at most, and named by the millisecond when it began: 1764167412000.jsonl. Each line is a *row* in
JSON: a Leg of game/legs.py, or news. A page begins with where all ships are: so whoever reads it needs no other one,
and a server that was killed begins a new one.
"""

import json
import logging
import os
import re
from bisect import bisect
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from math import inf
from operator import itemgetter
from pathlib import Path

from game.book import DAY
from game.errors import BadValue, Cannot
from game.legs import Leg, leg_of
from game.moderation import mentions, same_name
from game.sailors import NAP

HOUR = 3600  # seconds
REST = 60  # seconds after a failure in which nothing is tried
LONGEST_PAGE = 200_000  # bytes: reading a page keeps others waiting for some milliseconds
MOST_PAGES = 10  # that are read for a reply
MOST, MOST_ROWS = 2000, 10_000  # legs in a reply and in a table, or some more
COLUMNS = Leg._fields[:-1]  # that everybody may see

as_json = json.JSONEncoder(ensure_ascii=False).encode
time_of = itemgetter(0)  # of a row
log = logging.getLogger(__name__)


def folder_of(logbook):
    """The folder with the tracks that belong to a logbook, if that is a file. Two logbooks in one place have two."""
    if logbook == ":memory:":
        return None
    file = Path(logbook).resolve()
    return file.with_name("tracks" if file.stem == "logbook" else f"{file.stem}-tracks")


class Tracks:
    """What is kept in a folder, for some days and up to a size. Without a folder, or for 0 days, nothing is kept."""

    def __init__(self, folder, days=30, megabytes=100):
        self.folder, self.days, self.most = folder, days, megabytes * 1_000_000
        self.page, self.size, self.ends = None, 0, -inf  # the open page, its bytes, and when another one has to begin

    # -- Writing

    def write(self, ocean):
        """Write what was sailed since the last time. If that fails it is lost, as nobody needs it to play."""
        rows = ocean.take_legs()
        if not (rows and self.folder):
            return
        try:
            if ocean.now >= self.ends or self.size >= LONGEST_PAGE:
                self.begin_page(ocean.now)
                rows += [leg_of(ocean, sailor) for sailor in ocean.awake_sailors()]
            if self.page is not None:
                text = "".join(map(line_of, rows)).encode()
                self.size += os.write(self.page, text)
        except OSError as problem:
            log.warning("For %s s, what is sailed isn't kept in %s: %s", REST, self.folder, problem)
            self.close()
            self.ends = ocean.now + REST

    def begin_page(self, now):
        """Begin a page, if any are kept, and remove those that are too old or too much. Raises OSError."""
        self.close()
        left = self.most - LONGEST_PAGE
        for page in reversed(self.pages()):
            left -= page.stat().st_size
            if left < 0 or start_of(page) < now - self.days * DAY:
                page.unlink()
        if self.days:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            page = self.folder / f"{round(now, 3) * 1000:.0f}.jsonl"
            self.page = os.open(page, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.ends = now - now % HOUR + HOUR

    def close(self):
        """From now on, another page has to be begun."""
        if self.page is not None:
            os.close(self.page)
        self.page, self.size, self.ends = None, 0, -inf

    def forget(self, name):
        """Leave nothing of a sailor. Returns how many lines told of that one. Raises Cannot."""
        self.close()
        try:
            return sum([forget_on(page, name) for page in self.pages()])
        except OSError as problem:
            raise Cannot(f"What was sailed can't be erased: {problem.strerror}. Ask again in a minute.") from problem

    # -- Reading

    def pages(self):
        """The files of all pages, in the order of time."""
        pages = self.folder.glob("*.jsonl") if self.folder else ()
        return sorted([page for page in pages if page.stem.isdecimal()], key=start_of)

    def hours(self):
        """The hours in which ships sailed, with how many those were, and where the map shows them again."""
        hours = {}
        for page in self.pages():
            _, ships = hours.setdefault(start_of(page) // HOUR, (as_text(start_of(page)), set()))
            ships.update(names_on(page, page.stat().st_size))
        return [{"from": start, "ships": len(ships), "again": f"/map?from={start}"} for start, ships in hours.values()]

    def find(self, ocean, start, end=None, name=None, most=MOST):
        """How ships sailed from a time to another one or to the present; only to the time `next` if that is too much.

        Who was under water in this season is hidden. Raises BadValue.
        """
        now = round(ocean.now, 3)  # as replies have it
        end = now if end is None else min(end, now)
        if start > end:
            raise BadValue(f"The moment {as_text(end)} is before {as_text(start)}. Send an earlier from.", "tracks")
        pages, wanted = self.pages(), same_name(name or "")
        first = max(0, bisect(pages, start, key=start_of) - 1)
        legs, news, sailing, last = {}, [], set(), first + MOST_PAGES
        reached = min([end, *map(start_of, pages[last : last + 1])])
        for row in self.rows(pages[first : last + 1], start):
            if time_of(row) > reached:
                break
            if not isinstance(row, Leg):
                news += [row] if time_of(row) > start else []
            elif wanted in ("", same_name(row.name)):
                leg = Leg(row.time, row.name) if row.depth and row.season >= ocean.world.season else row
                if leg.x is not None or leg.name in sailing:
                    legs[leg.name, max(leg.time, start)] = leg  # the last one, if there are two at a time
                (sailing.discard if leg.x is None else sailing.add)(leg.name)
                if len(legs) >= most and leg.time > start:
                    reached = min(reached, leg.time)
        shown = sorted([leg for leg in legs.values() if leg.x is not None or leg.time > start])
        return {
            "tracks": [dict(zip(COLUMNS, leg)) for leg in shown],
            "news": [dict(zip(("time", "news", "kind", "name"), (*row, "", ""))) for row in news],
            "from": start,
            "to": reached,
            "next": reached if reached < end else None,
        }

    def rows(self, pages, start):
        """All rows of some pages, page by page. `start` is when the first one may have begun.

        A server that was killed has not said how the voyages ended of those who don't come back. Then these have been
        heard from, at the latest, when it wrote last.
        """
        sailing, last = set(), start
        for page in pages:
            rows = sorted(filter(None, map(row_of, read(page).split("\n"))), key=time_of)
            legs = [row for row in rows if isinstance(row, Leg)]
            back = {leg.name for leg in legs if leg.time >= start_of(page)}
            yield from [Leg(min(start_of(page), last + NAP), name) for name in sailing - back]
            yield from rows
            sailing = {leg.name for leg in {leg.name: leg for leg in legs}.values() if leg.x is not None}
            last = time_of(rows[-1]) if rows else last
        if self.page is None:
            yield from [Leg(last + NAP, name) for name in sailing]


# ---- Pages ----


def start_of(page):
    """When a page was begun, in seconds."""
    return int(page.stem) / 1000


def as_text(time):
    """A time as people write it, by the clock of this computer: 2026-11-26T14:30."""
    return datetime.fromtimestamp(time).isoformat(timespec="minutes")


def read(page):
    """The text of a page, as much as makes sense. One that has gone is empty."""
    with suppress(OSError):
        return page.read_text(encoding="utf-8", errors="replace")
    return ""


def line_of(row):
    """The line of a row. An hour after a leg began, the place is right to some centimetres."""
    if not isinstance(row, Leg) or row.x is None:
        return f"{as_json(row)}\n"
    time, name, x, y, heading, speed, depth, season = row
    course = f"{heading:.6f}, {speed:.6f}, {depth:.2f}"
    return f"[{time:.3f}, {as_json(name)}, {x:.3f}, {y:.3f}, {course}, {season}]\n"


def row_of(line):
    """The row in a line, or None if it is torn or damaged."""
    with suppress(ValueError, TypeError):
        time, *others = json.loads(line)
        return Leg(float(time), *others) if len(others) == len(COLUMNS) else (float(time), *map(str, others))


@lru_cache(maxsize=2000)
def names_on(page, size):
    """The names of all ships on a page, as long as it has this size."""
    return set(re.findall(r'^\[[\d.]+, ("[^"]*"), \d', read(page), re.MULTILINE))  # quicker than to read each row


def forget_on(page, name):
    """Write a page anew, if a sailor is on it, without that one. Returns how many lines have gone. Raises OSError."""
    text, new = read(page), page.with_suffix(".new")
    if same_name(name) not in same_name(text):
        return 0
    lines = text.split("\n")[:-1]
    kept = [line for line in lines if not tells_of(row_of(line), name)]
    try:
        new.touch(0o600)
        new.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        new.replace(page)
    finally:
        new.unlink(missing_ok=True)  # it may be what fills the disk
    return len(lines) - len(kept)


def tells_of(row, name):
    """True if a row is about a sailor, or not to be understood."""
    if isinstance(row, Leg):
        return same_name(row.name) == same_name(name)
    return not row or mentions(" ".join(row[1:]), name)
