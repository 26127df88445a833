"""Steps: puzzles. Each is a route, and solving one names the next: http://localhost:8080/begin?message=7

A puzzle is a function from a message to (solved, sentence), and nothing else: the sentence coaches, so it says what is
wrong with this message and never what the answer is. Its hints are for whoever asks for one, each stronger than the one
before. The puzzles stand in the order in which they are played; add another at the end of this file, and the last one
will lead to it.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import NamedTuple
from unicodedata import normalize

from web.errors import show
from web.mistakes import Mistake
from web.routes import App, text

app = App()
answer = text("your answer", "hello")


class Puzzle(NamedTuple):
    """One stage of the game."""

    route: str  # without the slash
    task: str  # what the player is asked to send
    hints: tuple  # sentences, from a gentle one to a strong one
    check: Callable


PUZZLES = []


def puzzle(route, task, hints=()):
    """Make a function (of a message, giving solved and a sentence) the check of the next stage, at this route."""

    def add(check):
        if route[1:] in [one.route for one in PUZZLES]:
            raise Mistake(f"There are two puzzles {route}. Give one of them another name.", check)
        PUZZLES.append(Puzzle(route[1:], task, hints, check))
        stage = len(PUZZLES)

        @app.get(route, secret=stage > 1, view="stage", puzzles=PUZZLES, stages=stages, is_finished=is_finished)
        def ask(request, message: answer = None):
            return play(stage, message, request.asker, request.ocean)

        ask.check = check  # where a mistake is said to be
        ask.__doc__ = f"See puzzle {stage} of Steps, or send your answer as the key message."
        return check

    return add


def play(stage, message=None, sailor=None, ocean=None):
    """The reply of a stage, counted from 1, to a message; without one it states the puzzle.

    If a sailor asks, what he or she has solved is remembered, and the ocean is told of who has solved all.
    """
    puzzle = PUZZLES[stage - 1]
    facts = dict(solved=False, stage=stage, next=None)
    if not message:
        return dict(reply=f"Puzzle {stage} of {len(PUZZLES)}. {puzzle.task}", **facts)
    if asked := re.fullmatch(r"hints?\W*(\d{0,3})\W*", message.strip().lower()):
        return give_hint(puzzle, int(asked[1] or 0), sailor, facts)
    solved, sentence = puzzle.check(message)
    if not solved:
        return dict(reply=sentence, **facts)
    next_route = PUZZLES[stage].route if stage < len(PUZZLES) else None
    news = note_solved(puzzle, sailor, ocean) if sailor else ""
    if is_finished(stage, sailor):
        news = "You have solved all puzzles."
    way_on = f"The next route is {next_route}" if next_route else "Now go to sea: ask the route mocean."
    return dict(reply=" ".join(filter(None, [sentence, news, way_on])), solved=True, stage=stage, next=next_route)


def give_hint(puzzle, number, sailor, facts):
    """The reply to who asks for the hint of a number or, with 0, for the next one: of a stranger that is the first."""
    had = sailor.hints.count(puzzle.route) if sailor else 0
    number = min(number or had + 1, len(puzzle.hints))
    if not number:
        return dict(reply="This puzzle has no hints. Read it once more, word by word.", **facts)
    if number > had and sailor:
        sailor.hints += (puzzle.route,) * (number - had)
    more = f" For the next one, send hint {number + 1}." if number < len(puzzle.hints) else ""
    return dict(reply=f"Hint {number} of {len(puzzle.hints)}: {puzzle.hints[number - 1]}{more}", **facts, hint=number)


# ---- Who has solved what ----


def note_solved(puzzle, sailor, ocean):
    """Remember that a sailor has solved a puzzle. Returns a sentence about that, or "" if it isn't the first time."""
    if puzzle.route in sailor.solved:
        return ""
    sailor.solved += (puzzle.route,)
    left = len(unsolved(sailor))
    if not left:
        ocean.tell(f"{sailor.name} has solved all {len(PUZZLES)} puzzles!", name=sailor.name)
    return f"You have solved {len(PUZZLES) - left} of {len(PUZZLES)} puzzles now."


def unsolved(sailor):
    """The routes of the puzzles that a sailor hasn't solved."""
    return [puzzle.route for puzzle in PUZZLES if puzzle.route not in sailor.solved]


def is_finished(stage, sailor):
    """True if who has just solved a stage has solved all puzzles; of a stranger only the last stage tells."""
    return not unsolved(sailor) if sailor else stage == len(PUZZLES)


def stages(stage, has_solved, sailor):
    """All stages as the player at one of them sees them: pairs of the route, or "" if it isn't found yet, and a word.

    Whoever is at a stage knows all routes before it, and whoever has solved one knows the next.
    """
    solved = {puzzle.route for puzzle in PUZZLES if sailor and puzzle.route in sailor.solved}
    if has_solved:
        solved.update(puzzle.route for puzzle in PUZZLES[(0 if is_finished(stage, sailor) else stage - 1) : stage])
    known = max([stage, *(number + 1 for number, puzzle in enumerate(PUZZLES, 1) if puzzle.route in solved)])
    return [
        (puzzle.route, "solved" if puzzle.route in solved else "open") if number <= known else ("", "not found yet")
        for number, puzzle in enumerate(PUZZLES, 1)
    ]


@app.get("/steps", then="begin", view="steps", stages=stages)
def steps():
    """Say how to play Steps."""
    first = PUZZLES[0].route
    return dict(
        reply=f"Steps has {len(PUZZLES)} puzzles. When you solve one, it tells you the route of the next. "
        f"Ask the route {first} to start, and send your answer as the key message. If you are stuck, send hint.",
        start=f"/{first}?message=7",
        stages=len(PUZZLES),
    )


# ---- Reading numbers ----

MOST_DIGITS = 24
TOO_LONG = 10**MOST_DIGITS  # stands for all numbers from here up, so that no calculation takes long


class NotANumber(ValueError):
    """A message that is no whole number. The sentence says why."""


def read_number(message):
    """The whole number that a message means: 101, +101, 101.0 or 1,009. Raises NotANumber."""
    text = normalize("NFKC", message).strip()
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text):
        text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotANumber(f"{show(message)} is not a number. Send digits, like 42.") from None
    if not number.is_finite():
        raise NotANumber(f"{show(message)} is not a whole number. Send digits, like 42.")
    if number and number.adjusted() >= MOST_DIGITS:
        return TOO_LONG if number > 0 else -TOO_LONG
    if number != int(number):
        raise NotANumber(f"{show(message)} is between two whole numbers. Send a whole number, like 42.")
    return int(number)


def takes_a_number(check):
    """Turn a check of a whole number into a check of a message."""

    @wraps(check)
    def check_message(message):
        try:
            return check(read_number(message))
        except NotANumber as reason:
            return False, str(reason)

    return check_message


# ---- Stage 1 ----


@puzzle(
    "/begin",
    "Send a prime number that is greater than 100.",
    hints=(
        "Only 1 and the number itself divide a prime number. So 7 is one, and 9 is not, as 3 divides it.",
        "Leave out even numbers, and those that end in 5. Which of the others can you divide by 3 or by 7?",
        "You need not go far. Try the numbers just above 100, one after the other.",
    ),
)
@takes_a_number
def begin(number):
    if number < 0:
        return False, "That number is below zero. Prime numbers begin at 2."
    if number in (0, 1):
        return False, f"{number} is not a prime number: the smallest one is 2."
    if number == TOO_LONG:
        return False, f"Your number has more than {MOST_DIGITS} digits. Send a shorter one."
    if is_prime(number):
        return number > 100, f"{number} is a prime number{'. Well done!' if number > 100 else ', but it is too small.'}"
    divisor = next((d for d in range(2, 1000) if number % d == 0), None)
    if divisor == 2:
        return False, f"{number} is even, so 2 divides it. It is not a prime number."
    if divisor:
        return False, f"{number} is not a prime number: {divisor} divides it."
    return False, f"{number} is not a prime number, but that is hard to see. Good try! Send a smaller one."


WITNESSES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41]


def is_prime(number):
    """True for a prime number, at once and without doubt, up to 3.3e24.

    The test is that of Miller and Rabin. That these 13 witnesses never err up to 3,317,044,064,679,887,385,961,980
    was shown by Sorenson and Webster, "Strong pseudoprimes to twelve prime bases" (2015).
    """
    if number < 2 or any(number % witness == 0 for witness in WITNESSES):
        return number in WITNESSES
    return all(might_be_prime(number, witness) for witness in WITNESSES)


def might_be_prime(number, witness):
    """False if the witness proves that an odd number is not prime: for a prime p, only 1 and p - 1 squared give 1."""
    exponent = number - 1
    while exponent % 2 == 0:
        exponent //= 2
    power = pow(witness, exponent, number)
    if power == 1:
        return True
    while exponent < number - 1 and power != number - 1:
        power = power * power % number
        exponent *= 2
    return power == number - 1


# ---- Stage 2 ----


@puzzle(
    "/beguine",
    "Send the seventeenth Fibonacci number. They begin with 0, 1, 1, 2, 3, 5. Count 0 as the first one.",
    hints=(
        "Each number is the sum of the two before it. So after 3 and 5 comes 8, and then 13.",
        "In Python, start with a, b = 0, 1. Then do this sixteen times: a, b = b, a + b. Now print a.",
        "Number fifteen is 377, and number sixteen is 610.",
    ),
)
@takes_a_number
def beguine(number):
    numbers = fibonacci_below(TOO_LONG)
    answer = numbers[16]
    side = "high" if number > answer else "low"
    if number == answer:
        return True, f"{number} is right."
    if number < 0:
        return False, "Fibonacci numbers begin at 0 and grow. Yours is below zero."
    if number == numbers[17]:
        return False, f"{number} is next to the answer. Did you count 0 as the first one?"
    if number in numbers:
        place = numbers.index(number) + 1
        return False, f"{number} is Fibonacci number {place}, if you count 0 as the first. It is too {side}."
    if number == TOO_LONG:
        return False, "That number is much too high."
    return False, f"{number} is too {side}, and not a Fibonacci number. Each of those is the sum of the two before it."


def fibonacci_below(limit):
    """0, 1, 1, 2, 3, 5 and so on, all that are less than a limit."""
    numbers = [0, 1]
    while numbers[-1] + numbers[-2] < limit:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers


# ---- Stage 3 ----


@puzzle(
    "/sirduke",
    "Duke Ellington wrote the song “Satin Doll”. Send the fourth word that is sung in it.",
    hints=(
        "The song begins: “Cigarette holder which ... me”. Somebody is thrilled, and the gap says so in old slang.",
        "The word has four letters, and rhymes with pigs.",
        "It begins with a w. Judges and clowns wear such things on their heads, made of hair.",
    ),
)
def sirduke(message):
    words = re.findall(r"[^\W\d_]+", normalize("NFKC", message).casefold())
    if words == ["wigs"]:
        return True, "Right, that is the fourth word."
    if not words:
        return False, f"Send a word made of letters. {show(message)} has none."
    if len(words) > 1:
        return False, f"You sent {len(words)} words. Send only one."
    if words[0] in ("cigarette", "holder", "which", "me"):
        return False, f"{show(words[0])} is one of the first five words. Count again!"
    if words[0] in ("satin", "doll", "baby", "she", "her", "speaks", "latin"):
        return False, f"{show(words[0])} comes later in the song. Look at how it begins."
    if words[0].startswith("wig"):
        return False, f"{show(words[0])} is almost right. Look at how it is spelled."
    return False, f"{show(words[0])} is not the fourth word. Search the web for the song, or send hint."


# ---- Stage 4 ----


@puzzle(
    "/euler",
    "Send the sum of all whole numbers from 1 to 10000: 1 + 2 + 3 + ... + 10000.",
    hints=(
        "Pair the first with the last, the second with the last but one, and so on. What does each pair add up to?",
        "Each pair adds up to 10001, like 1 + 10000 and 2 + 9999. How many pairs are there?",
        "There are 5000 pairs of 10001. In Python, sum(range(1, 10001)) is all it takes.",
    ),
)
@takes_a_number
def euler(number):
    answer = sum(range(10001))
    slips = {
        sum(range(10000)): "It is the sum from 1 to 9999. In Python, range(1, 10000) stops before 10000.",
        sum(range(101)): "It is the sum from 1 to 100. The last number here is 10000.",
        sum(range(1001)): "It is the sum from 1 to 1000. The last number here is 10000.",
        2 * answer: "It is two times the sum.",
        10000 * 10000 // 2: "You are close: what is 1 + 10000, and how many such pairs are there?",
        10000: "It is the last of the numbers. Add up all of them.",
    }
    if number == answer:
        return True, f"{number} is right."
    if number in slips:
        return False, f"{number} is not the sum. {slips[number]}"
    if number < 0:
        return False, "A sum of numbers above zero can't be below zero."
    return False, "That is too high." if number > answer else "That is too low."


# ---- Stage 5 ----


@puzzle(
    "/meruprastarah",
    "Pingala called it Meru-prastarah, we call it Pascal's triangle. "
    "Its rows begin with 1, then 1,1, then 1,2,1. Send row six.",
    hints=(
        "Each row begins and ends with 1. Each number between is the sum of the two above it.",
        "Row four is 1,3,3,1. So row five is 1, 1 + 3, 3 + 3, 3 + 1, 1.",
        "Row five is 1,4,6,4,1. Add its neighbours, and put a 1 at each end.",
    ),
)
def meruprastarah(message):
    text = normalize("NFKC", message)
    numbers = [int(digits[:9]) for digits in re.findall(r"\d+", text)]
    rows = [pascal(row) for row in range(1, 21)]
    if re.search(r"[^\d\s,;()\[\]{}.]", text) or not numbers:
        return False, f"{show(message)} is not a list of whole numbers. Send numbers with commas, like 1,2,1."
    if numbers == pascal(6):
        return True, "Right!"
    if numbers in rows:
        return False, f"That is row {rows.index(numbers) + 1} of the triangle."
    if len(numbers) == 1:
        return False, "You sent only one number. Put commas between the numbers of the row."
    if len(numbers) != 6:
        return False, f"You sent {len(numbers)} numbers. Row one has 1 and row two has 2: how many has row six?"
    if numbers[0] != 1 or numbers[-1] != 1:
        return False, "Six is the right length. But each row begins and ends with 1."
    if numbers != numbers[::-1]:
        return False, "Six is the right length. But a row is the same forwards and backwards."
    return False, "Six is the right length. But each number is the sum of the two numbers above it."


def pascal(row):
    """A row of Pascal's triangle, row 1 being [1]."""
    numbers = [1]
    for _ in range(row - 1):
        numbers = [left + right for left, right in zip([0, *numbers], [*numbers, 0])]
    return numbers
