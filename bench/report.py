"""Figures for people: medians, their spread, tables."""

import statistics


def medians(turns):
    """The turn whose every figure is the median of those of some turns, but all their errors."""
    middle = type(turns[0])(*map(statistics.median, zip(*turns)))
    return middle._replace(errors=sum(turn.errors for turn in turns))


def spread(figures):
    """Half the way from the lowest to the highest figure, as a share of the median."""
    return (max(figures) - min(figures)) / 2 / statistics.median(figures)


def ratio(figure, turns, to):
    """How many times that of the others a figure was, like "cpu": the median of all rounds, so that drift matters less.

    A noisy computer can be half as fast for a minute, but within a round all had about the same.
    """
    return statistics.median(getattr(one, figure) / getattr(other, figure) for one, other in zip(turns, to))


def markdown(rows):
    """A table of dicts that have the same keys: the first column is text, the others are figures."""
    rows = list(rows)
    lines = [list(rows[0]), ["---", *["---:"] * (len(rows[0]) - 1)], *[list(row.values()) for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
