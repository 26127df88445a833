"""The results as a picture."""

import matplotlib

matplotlib.use("Agg")  # draws without a screen
from matplotlib import pyplot

from bench.growth import SAILORS
from bench.race import PEERS
from bench.report import medians

SEA, SKY, SAND = "#0b6e8f", "#7fc4dd", "#d9a441"


def draw(seen, file):
    """Four panels: CPU time and rate of all contestants, cost by sailors, and a school's waiting times."""
    figure, ((cost, rate), (growth, school)) = pyplot.subplots(2, 2, figsize=(13, 9), layout="constrained")
    turns = {name: medians(them) for name, them in seen["race"][0]["location"].items()}
    bars(cost, {name: turn.cpu for name, turn in turns.items()}, "location: CPU µs a request (less is better)")
    bars(rate, {name: turn.rate for name, turn in turns.items()}, "location: requests a second (more is better)")
    for route in dict.fromkeys(route for route, _, _ in seen["growth"]):
        costs = [medians(seen["growth"][route, "json", number]).cpu for number in SAILORS]
        growth.plot(SAILORS, costs, marker="o", label=route)
    growth.set(xscale="log", yscale="log", title="CPU µs a request, by sailors", xlabel="sailors")
    growth.legend(fontsize="small")
    rows = [row for row in seen["school"][0] if "requests" not in row["sailors"]]
    for percentile, color in (("p50 ms", SKY), ("p99 ms", SEA)):
        school.plot([row["sailors"] for row in rows], [float(row[percentile]) for row in rows], color, marker="o")
    school.set(
        yscale="log", title="a school: milliseconds a request, p50 and p99", xlabel="sailors, each twice a second"
    )
    figure.savefig(file, dpi=80)


def bars(panel, figures, title):
    """One bar a contestant: ours, the limits, the peers."""
    peers = {one.name for one in PEERS}
    colors = [SEA if name == "Mocean" else SAND if name in peers else SKY for name in figures]
    panel.bar_label(panel.barh([*figures], [*figures.values()], color=colors), fmt=" {:,.0f}")
    panel.set_title(title)
    panel.invert_yaxis()
    panel.margins(x=0.15)
