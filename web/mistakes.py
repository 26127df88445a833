"""Mistakes in the program: where they are, for whoever has made them.

    in_words(error)     "mocean.py, line 12: NameError: name 'sialor' is not defined. The line is: return sialor.name"

A *frame* is a function at work. Python's traceback lists those that were at work when an error came, with their lines.
"""

import inspect
import os
from traceback import extract_tb, format_exception_only

PROGRAM = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
MOST_FRAMES = 12  # of a function that calls itself there are thousands
MACHINERY = ("web", "server")  # the rooms in which a mistake of a student's shows last


class Mistake(Exception):
    """Why the program can't be used, as a sentence. If a function is to blame, it begins with its place."""

    def __init__(self, sentence, function=None):
        super().__init__(f"{place_of(function)}: {sentence}" if function else sentence)


def place_of(function):
    """Where a function is, like "mocean.py, line 12". For a puzzle or a badge, that is where its check is."""
    code = inspect.unwrap(getattr(function, "check", function)).__code__
    return f"{in_program(code.co_filename)}, line {code.co_firstlineno}"


def in_program(file):
    """The path of a file as seen from the program's folder, where it is in there."""
    return os.path.realpath(file).removeprefix(PROGRAM + os.sep)


def in_words(error):
    """Where an error has come, and what it says, as sentences."""
    if isinstance(error, Mistake):
        return str(error)
    what = format_exception_only(error)[-1].strip().removeprefix("web.patience.").rstrip(".")
    if isinstance(error, SyntaxError) and error.filename:
        file, line, code = in_program(error.filename), error.lineno, (error.text or "").strip()
    elif found := frames(error):
        file, line, _, code = found[0].values()
    else:
        return f"{what}."
    return f"{file}, line {line}: {what}.{f' The line is: {code}' if code else ''}"


def frames(error):
    """The traceback as records: functions of the files that students change first, and the last call before others."""
    records = [
        {"file": in_program(call.filename), "line": call.lineno, "function": call.name, "code": call.line}
        for call in reversed(extract_tb(error.__traceback__))
    ]
    return sorted(records, key=distance)[:MOST_FRAMES]


def distance(frame):
    """How far a frame is from what a student has written: 0 is a function in a file like mocean.py."""
    *rooms, _ = frame["file"].split(os.sep)
    if os.path.isabs(frame["file"]):  # Python's own, or a library's
        return 3
    return 2 if rooms and rooms[0] in MACHINERY else int(bool(rooms) or frame["function"] == "<module>")
