"""The puzzles: pure functions from a message to (solved, sentence). Their hints, and who has solved what."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import steps
from steps import PUZZLES, Puzzle, is_prime, play
from tests.conftest import Player, game, is_plain

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


# ---- Hints ----


@pytest.mark.parametrize("stage", range(1, 6), ids=ROUTES)
def test_each_puzzle_has_three_hints_and_none_is_the_answer(stage):
    hints = [play(stage, message)["reply"] for message in ("hint", "hint 2", "Hint3!")]
    for number, hint in enumerate(hints, 1):
        assert hint.startswith(f"Hint {number} of 3: ")
        assert is_plain(hint)
        assert not any(re.search(rf"\b{secret}\b", hint.lower()) for secret in ANSWERS[stage - 1] + ROUTES[stage:])
        for word in re.findall(r"\w+", hint):  # nor is there one that one would only have to copy
            assert not check(ROUTES[stage - 1], word)[0], word
    assert [hint.endswith(f"For the next one, send hint {number}.") for number, hint in enumerate(hints, 2)] == [
        1,
        1,
        0,
    ]
    assert len({*hints}) == 3


@pytest.mark.parametrize(
    ("message", "number"), [("hint", 1), (" HINT ", 1), ("hints", 1), ("hint2", 2), ("hint 999", 3)]
)
def test_a_hint_is_no_wrong_answer_and_a_stranger_asks_for_it_by_its_number(message, number):
    reply = play(1, message)
    assert (reply["hint"], reply["solved"], reply["stage"], reply["next"]) == (number, False, 1, None)
    assert "not a number" not in reply["reply"]
    assert play(1, "hint")["hint"] == 1
    assert "not a number" in play(1, "a hint please")["reply"]


@pytest.mark.parametrize("how", ["cookie", "id"])
def test_whoever_is_known_gets_the_next_hint_each_time(player, how):
    id = player.join("ada")
    known = player if how == "cookie" else Player(player.app, use_cookies=False)
    keys = {} if how == "cookie" else {"id": id}
    assert [known.json("/begin", message="hint", **keys)["hint"] for _ in range(4)] == [1, 2, 3, 3]
    assert known.json("/beguine", message="hint", **keys)["hint"] == 1
    assert known.json("/beguine", message="hint 3", **keys)["hint"] == 3
    assert known.json("/beguine", message="hint 1", **keys)["hint"] == 1
    assert player.another().json("/begin", message="hint")["hint"] == 1


def test_the_third_puzzle_can_be_solved_by_its_hints():
    """They have its letters, what it rhymes with and what it means, so nobody needs to search the web."""
    hints = " ".join(PUZZLES[2].hints)
    for clue in ("four letters", "rhymes with pigs", "begins with a w", "on their heads", "hair"):
        assert clue in hints


def test_a_puzzle_of_a_student_needs_no_hints(monkeypatch):
    monkeypatch.setitem(vars(steps), "PUZZLES", [Puzzle("mine", "Send it.", (), lambda message: (False, "No."))])
    for message in ("hint", "hint 2"):
        assert play(1, message)["reply"] == "This puzzle has no hints. Read it once more, word by word."


def test_two_puzzles_show_how_their_rows_begin():
    assert "0, 1, 1, 2, 3, 5" in PUZZLES[1].task
    assert "1, then 1,1, then 1,2,1" in PUZZLES[4].task
    assert all(is_plain(puzzle.task) for puzzle in PUZZLES)


# ---- Who has solved what ----

SOLUTIONS = dict(zip(ROUTES, ["101", "987", "wigs", "50005000", "1,5,10,10,5,1"]))


def test_what_is_solved_is_remembered_of_whoever_is_known(tmp_path, clock):
    file = str(tmp_path / "logbook.sqlite3")
    player = Player(game(clock=clock, logbook=file))
    player.join("ada")
    assert player.json("/begin", message="101")["reply"].endswith(
        "You have solved 1 of 5 puzzles now. The next route is beguine"
    )
    assert "1 of 5" not in player.json("/begin", message="103")["reply"]
    player.json("/beguine", message="988")
    assert player.ocean.find("ada").solved == ("begin",)
    stranger = player.another().json("/begin", message="101")
    assert stranger["reply"] == "101 is a prime number. Well done! The next route is beguine"
    player.app.logbook.close()
    restarted = Player(game(clock=clock, logbook=file))
    assert restarted.json("/who")["ok"]
    assert restarted.ocean.find("ada").solved == ("begin",)
    restarted.app.logbook.close()


def test_who_has_solved_all_is_announced_once_in_whatever_order_it_was(player):
    bob = player.another()
    bob.join("bob")
    player.join("ada")
    last = [player.json(f"/{route}", message=SOLUTIONS[route])["reply"] for route in reversed(ROUTES)]
    assert "You have solved 1 of 5 puzzles now. Now go to sea" in last[0]
    assert "You have solved all puzzles. The next route is beguine" in last[-1]
    assert "You have solved all puzzles." in player.json("/euler", message="50005000")["reply"]
    said = [(said["sender"], said["message"]) for said in bob.json("/chart")["chat"]]
    assert said == [("Mocean", "ada has solved all 5 puzzles!")]
    letter = bob.json("/popchat")
    assert (letter["message"], letter["waiting"]) == ("ada has solved all 5 puzzles!", 0)
    assert player.json("/popchat")["number"] == 0


def test_strangers_who_solve_the_last_puzzle_are_believed_and_not_announced(player):
    assert (
        "You have solved all puzzles. Now go to sea" in player.json("/meruprastarah", message="1,5,10,10,5,1")["reply"]
    )
    assert player.json("/chart")["chat"] == []


def stages(page):
    """What a page shows of each stage: how it is marked, and its route."""
    path = re.search('<ol class="stages".*?</ol>', page, re.DOTALL)[0]
    return [(state, route) for state, route in re.findall(r'<li class="(\w+)"><a href="/(\w+)"', path)]


def test_the_page_shows_what_this_player_has_solved(player):
    assert stages(player.page("/begin")) == [("here", "begin")]
    assert stages(player.page("/beguine?message=987")) == [
        ("open", "begin"),
        ("solved", "beguine"),
        ("open", "sirduke"),
    ]
    player.join("ada")
    for route in ROUTES[:3]:
        player.json(f"/{route}", message=SOLUTIONS[route])
    solved = [("solved", route) for route in ROUTES[:3]]
    assert stages(player.page("/begin")) == [*solved, ("open", "euler")]
    assert stages(player.page("/steps")) == [*solved, ("open", "euler")]
    assert stages(player.page("/euler?message=7")) == [*solved, ("here", "euler")]
    assert "meruprastarah" not in player.page("/euler?message=7")
    assert stages(player.another().page("/steps")) == [("open", "begin")]


def test_a_wrong_answer_keeps_the_puzzle_and_what_was_sent(player):
    page = player.page("/begin?message=99")
    assert "<h1>99 is not a prime number: 3 divides it.</h1>" in page
    assert "Send a prime number that is greater than 100." in page
    assert 'name="message" value="99"' in page
    assert player.json("/begin?message=99").keys() == {"ok", "reply", "solved", "stage", "next"}
    hinted = player.page("/begin?message=hint")
    assert 'name="message" value=""' in hinted
    assert 'value="hint 2">Next hint</button>' in hinted
    assert PUZZLES[0].hints[0] in player.page("/begin?message=hint%202")  # so that none is lost
    assert '<button name="message" value="hint' not in player.page("/begin?message=hint%203")


def test_the_last_page_is_a_celebration_with_a_name(player):
    url = "/meruprastarah?message=1,5,10,10,5,1"
    assert "you</bdi> have solved all 5 puzzles!" in player.page(url)
    player.join("ada")
    assert 'class="feat"' not in player.page(url)  # the others are still open
    for route in ROUTES:
        player.json(f"/{route}", message=SOLUTIONS[route])
    assert "ada</bdi> has solved all 5 puzzles!" in player.page(url)
