"""How tests read the documents."""

import re
from itertools import pairwise
from textwrap import dedent

BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def blocks(text):
    """The blocks of code as (language, code without its margin), in their order."""
    return [(language, dedent(code)) for language, code in BLOCK.findall(text)]


def prose(text):
    """The text without its blocks of code."""
    return BLOCK.sub("", text)


def sections(text):
    """Each heading with what is below it."""
    masked = BLOCK.sub(lambda block: block[0].replace("#", "_"), text)
    starts = [0, *(heading.start() for heading in re.finditer("^#+ ", masked, re.MULTILINE)), len(text)]
    return [text[start:end] for start, end in pairwise(starts)]


def tables(text, *columns):
    """The rows of all tables whose first columns have these names."""
    rows, is_wanted = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")] if line.startswith("|") else []
        if not cells:
            is_wanted = False
        elif [*columns] == cells[: len(columns)]:
            is_wanted = True
        elif is_wanted and not set(line) <= set("|- "):
            rows.append(cells)
    return rows
