"""The page of results, as Markdown: the verdict, and a table for each kind of load."""

import statistics

from bench.parts import ratios
from bench.servers import BARE, MOCEAN

PAGE = """# How fast Mocean is

Written by `python -m bench` on {date}: {machine}.

*CPU µs* is what all processes of a server used for a request, in user and kernel, in microseconds: the figure to trust,
as the load comes from the same computer. The servers took turns of {seconds:g} s in {rounds} rounds, and in fewer and
longer ones for what is dear. A figure is the median of the rounds, a ratio that of the ratios within each, and half of
the rounds lie within ±. Except for the lesson at the end, a loop that gives way to all others kept each core awake.

The peers play the same small game in memory, without a logbook, limits and checks: see `bench/peers/`. Bare Bottle says
no more than hello, under our `uwsgi.ini`. Mocean has its limits off, unless it says otherwise.

"""


def page(turns, targets, is_judged, **facts):
    """All that was seen, the verdict first."""
    text = PAGE.format(**facts) + section("Verdict", verdict(targets, is_judged))
    for title in dict.fromkeys(title for title, _ in turns):
        text += section(title, rows({name: them for (table, name), them in turns.items() if table == title}))
    return text


def verdict(targets, is_judged):
    for what, seen, aim in targets:
        met = {"met": "yes" if seen <= aim else "**no**"} if is_judged else {}
        yield {"target": what, "at most": f"{aim:g}", "seen": f"{seen:.2f}", **met}


def rows(turns):
    """A row for each name and its turns."""
    for name, them in turns.items():
        beside = [one for one in (BARE, MOCEAN, "served") if one in turns]
        yield {
            "": name,
            "CPU µs": with_spread([turn.cpu for turn in them], 0),
            **{f": {one}": with_spread(ratios(them, turns[one]), 2) for one in beside},
            "requests/s": f"{statistics.median(turn.rate for turn in them):,.0f}",
            "p50 ms": f"{statistics.median(turn.p50 for turn in them):.1f}",
            "p99 ms": f"{statistics.median(turn.p99 for turn in them):.1f}",
            "failed": f"{max(turn.failed for turn in them):.0%}",
        }


def with_spread(figures, digits):
    """The median, and how far from it half of the figures lie at most."""
    ordered, median = sorted(figures), statistics.median(figures)
    quarter = len(ordered) // 4
    return f"{median:,.{digits}f} ±{(ordered[-1 - quarter] - ordered[quarter]) / 2 / median:.0%}"


def section(title, rows):
    """A table of dicts that have the same keys: the first column is text, the others are figures."""
    rows = list(rows)
    lines = [list(rows[0]), ["---", *["---:"] * (len(rows[0]) - 1)], *[list(row.values()) for row in rows]]
    return f"## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
