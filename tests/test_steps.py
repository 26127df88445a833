"""The puzzles: pure functions from a message to (solved, sentence)."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steps import PUZZLES, is_prime, play
from tests.conftest import is_plain

ROUTES = ["begin", "beguine", "sirduke", "euler", "meruprastarah"]
ANSWERS = [[], ["987"], ["wigs"], ["50005000", "50,005,000"], ["1,5,10,10,5,1", "1, 5, 10, 10, 5, 1"]]
NASTY = [
    *["7" * 1000, "-" + "9" * 1000, "9" * 24, "1e24", "1e999", "1e-999", "0e99", "nan", "inf", "-inf", "-0", "0x65"],
    *["1/2", "1,,2", "1_0", "_", ".", "-", ",", "[]", "\0", "😀", "１０１", "۱۰۱", "<script>"],
]


def check(route, message):
    return next(puzzle for puzzle in PUZZLES if puzzle.route == route).check(message)


def test_each_stage_leads_to_the_next_and_the_last_one_to_sea():
    assert [puzzle.route for puzzle in PUZZLES] == ROUTES
    replies = [play(stage, answers[0]) for stage, answers in enumerate([["101"], *ANSWERS[1:]], 1)]
    assert all(reply["solved"] for reply in replies)
    assert [reply["next"] for reply in replies] == [*ROUTES[1:], None]
    assert "mocean" in replies[-1]["reply"]


@pytest.mark.parametrize(
    ("route", "message"),
    [
        *[("begin", message) for message in ("101", " 101 ", "101.0", "+101", "1,009", "１０１", "1009")],
        *[("begin", message) for message in (str(2**61 - 1), "1000000007", "1,000,003", "101.", "1.01e2")],
        *[("beguine", message) for message in ("987", " +987.0 ", "９８７")],
        *[("sirduke", message) for message in ("wigs", "WIGS", " Wigs! ", "“wigs”")],
        *[("euler", message) for message in ("50005000", "50,005,000", "50005000.0", "5.0005e7")],
        *[("meruprastarah", message) for message in ("1,5,10,10,5,1", "1 5 10 10 5 1", "[1, 5, 10, 10, 5, 1]")],
        *[("meruprastarah", message) for message in ("(1;5;10;10;5;1)", " 1, 5,10 ,10,5,1.", "{1 5 10,10 5 1}")],
    ],
)
def test_solved(route, message):
    assert check(route, message)[0] is True


@pytest.mark.parametrize(
    ("route", "message", "hint"),
    [
        ("begin", "hello", "not a number"),
        ("begin", "nan", "not a whole number"),
        ("begin", "101.5", "between two whole numbers"),
        ("begin", "-101", "below zero"),
        ("begin", "-0", "0 is not a prime"),
        ("begin", "1", "smallest one is 2"),
        ("begin", "97", "too small"),
        ("begin", "102", "even"),
        ("begin", "1,001", "7 divides it"),
        ("begin", str(1009 * 1013), "hard to see"),
        ("begin", "7" * 1000, "more than 24 digits"),
        ("beguine", "hello", "not a number"),
        ("beguine", "-5", "below zero"),
        ("beguine", "1597", "count 0 as the first"),
        ("beguine", "610", "number 16, if you count 0 as the first. It is too low"),
        ("beguine", "2584", "too high"),
        ("beguine", "988", "too high, and not a Fibonacci number"),
        ("beguine", "4", "too low, and not a Fibonacci number"),
        ("beguine", "1e999", "much too high"),
        ("sirduke", "4", "made of letters"),
        ("sirduke", "which wigs", "2 words"),
        ("sirduke", "holder", "first five words"),
        ("sirduke", "Doll", "later in the song"),
        ("sirduke", "wig", "spelled"),
        ("sirduke", "duke", "not the fourth word"),
        ("euler", "hello", "not a number"),
        ("euler", "49995000", "stops before 10000"),
        ("euler", "5050", "1 to 100"),
        ("euler", "100010000", "two times"),
        ("euler", "50000000", "how many such pairs"),
        ("euler", "10000", "the last of the numbers"),
        ("euler", "-1", "below zero"),
        ("euler", "50005001", "too high"),
        ("euler", "50004999", "too low"),
        ("meruprastarah", "one five ten", "not a list"),
        ("meruprastarah", "1,4,6,4,1", "That is row 5"),
        ("meruprastarah", "1 6 15 20 15 6 1", "That is row 7"),
        ("meruprastarah", "15101051", "only one number"),
        ("meruprastarah", "1,5,10,5,1", "You sent 5 numbers"),
        ("meruprastarah", "0,5,10,10,5,1", "begins and ends with 1"),
        ("meruprastarah", "1,5,10,11,5,1", "forwards and backwards"),
        ("meruprastarah", "1,5,11,11,5,1", "sum of the two numbers above"),
    ],
)
def test_coached(route, message, hint):
    solved, sentence = check(route, message)
    assert solved is False
    assert hint in sentence
    assert is_plain(sentence)


@pytest.mark.parametrize("stage", range(5), ids=ROUTES)
@given(message=st.one_of(st.text(), st.from_regex(r"[\d.,e+-]{1,12}"), st.integers().map(str), st.sampled_from(NASTY)))
@example(message="")
def test_any_message_gets_a_sentence_that_gives_nothing_away(stage, message):
    reply = play(stage + 1, message)
    assert reply["stage"] == stage + 1
    if reply["solved"]:
        return
    assert reply["next"] is None
    sent = message.strip()[:40] or "nothing"  # which is told back, mostly in quotes
    said = re.sub("“.*?”", "", reply["reply"], flags=re.DOTALL).replace(sent, "").lower()
    assert not any(re.search(rf"\b{secret}\b", said) for secret in [*ANSWERS[stage], *ROUTES[stage + 1 :]])


@pytest.mark.parametrize("message", NASTY)
@pytest.mark.parametrize("route", ROUTES)
def test_nasty_messages_are_answered(route, message):
    solved, sentence = check(route, message)
    assert not solved or message in ("１０１", "۱۰۱")
    assert len(sentence) < 200


def test_primes():
    assert [number for number in range(60) if is_prime(number)] == [
        number for number in range(2, 60) if all(number % divisor for divisor in range(2, number))
    ]
    assert not is_prime(561)  # a Carmichael number
    assert not is_prime(3215031751)  # a strong pseudoprime to the bases 2, 3, 5 and 7
    assert is_prime(2**61 - 1)
    assert not is_prime((2**31 - 1) * (2**19 - 1))
