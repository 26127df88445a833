"""What a part of the benchmark has found: targets and tables, as Markdown."""

import statistics
from typing import NamedTuple


class Target(NamedTuple):
    """A figure, and what it should be at most."""

    what: str
    seen: float
    aim: float


class Table(NamedTuple):
    title: str
    note: str
    rows: list  # dicts with the same keys: the first value is text, the others are figures


class Found(NamedTuple):
    """All that a part has found. `failed` is the largest share of requests that failed in any turn."""

    targets: list
    tables: list
    failed: float = 0


def middle(turns, field="cpu"):
    """The median of a field of some turns."""
    return statistics.median(getattr(turn, field) for turn in turns)


def ratios(turns, others, field="cpu"):
    """How many times that of the others a field was, in each round.

    A noisy computer can be half as fast for a minute, but within a round all had about the same.
    """
    return [getattr(one, field) / getattr(other, field) for one, other in zip(turns, others)]


def ratio(turns, others):
    """How many times the others' CPU time was used: the median of the rounds."""
    return statistics.median(ratios(turns, others))


def with_spread(figures, digits=0):
    """The median as text, and how far from it half of the figures lie at most."""
    ordered, median = sorted(figures), statistics.median(figures)
    quarter = len(ordered) // 4
    spread = (ordered[-1 - quarter] - ordered[quarter]) / 2 / median if median else 0
    return f"{median:,.{digits}f} ±{spread:.0%}"


def row(name, turns, **others):
    """A row for some turns: what they cost, and how many times what others did, by the heads of these columns."""
    return {
        "": name,
        "CPU µs": with_spread([turn.cpu for turn in turns]),
        **{head: with_spread(ratios(turns, them), 2) for head, them in others.items()},
        "requests/s": f"{middle(turns, 'rate'):,.0f}",
        "p50 ms": f"{middle(turns, 'p50'):.1f}",
        "p99 ms": f"{middle(turns, 'p99'):.1f}",
        "bytes written": f"{middle(turns, 'written'):,.0f}",
        "failed": f"{max(turn.failed for turn in turns):.0%}",
    }


def most_failed(turns):
    """The largest share of requests that failed in some turns, by name."""
    return max(turn.failed for them in turns.values() for turn in them)


def page(found, is_judged):
    """All that was found: the verdict first."""
    targets = [target for one in found for target in one.targets]
    verdict = [
        {
            "target": what,
            "at most": f"{aim:g}",
            "seen": f"{seen:,.2f}",
            **({"met": "yes" if seen <= aim else "**no**"} if is_judged else {}),
        }
        for what, seen, aim in targets
    ]
    tables = [Table("Verdict", "", verdict), *[table for one in found for table in one.tables]]
    return "\n\n".join("\n\n".join(filter(None, [f"## {title}", note, markdown(rows)])) for title, note, rows in tables)


def markdown(rows):
    lines = [list(rows[0]), ["---", *["---:"] * (len(rows[0]) - 1)], *[list(row.values()) for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
