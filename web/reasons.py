"""Reasons: why a sailor needs help. The leader reads them at http://localhost:8080/harbour

Each is a function of what the leader sees of a sailor, see `observed` in glance.py. It says why help is needed, or
nothing. The most urgent one comes first. Three lines are enough for another one:

    @reason("0")
    def has_no_badge(one):
        return "no badge yet" if not one["badges"] else ""
"""

MANY = 900  # requests in a minute: nobody needs so many, so there is no pause in a loop
SAME = 5  # times the same error
STUCK, TRIES = 5, 3  # minutes at a puzzle, and answers to it
SILENT = 5  # minutes without a request
REASONS = []


def reason(sign):
    """Make a function the check of a reason, shown with this sign."""

    def add(find):
        REASONS.append((sign, find))
        return find

    return add


def first_reason(one):
    """The sign and the words of the first reason for which a sailor needs help, both "" if there is none."""
    return next(((sign, words) for sign, find in REASONS if (words := find(one))), ("", ""))


@reason("∞")
def asks_without_end(one):
    many = one["requests_a_minute"]
    return f"{many} requests in a minute: an endless loop?" if many >= MANY else ""


@reason("!")
def repeats_an_error(one):
    is_here = one["same_error"] >= SAME and one["silent"] < SILENT * 60
    return f"the same error {one['same_error']} times: {one['error']}" if is_here else ""


@reason("?")
def is_stuck(one):
    tries = one["tries"][one["puzzle"] - 1] if one["puzzle"] else 0
    if tries < TRIES or one["minutes"] < STUCK:
        return ""
    last = "".join(f", last {answer}" for answer in one["wrong"][-1:])
    return f"stuck on puzzle {one['puzzle']} for {one['minutes']} min, {tries} tries{last}"


@reason("…")
def is_silent(one):
    return f"silent for {one['silent'] // 60} min" if one["silent"] >= SILENT * 60 else ""
