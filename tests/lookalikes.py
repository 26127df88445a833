"""Make game/lookalikes.py again, from a newer version of Unicode's list of what looks alike:

    python -m tests.lookalikes confusables.txt

The list is at https://www.unicode.org/Public/security/VERSION/confusables.txt, and UTS 39 explains it.
"""

import re
import sys
import unicodedata
from pathlib import Path

from game.moderation import INVISIBLE, fits_a_name
from tests.conftest import ROOT

TABLE = ROOT / "game" / "lookalikes.py"
OURS = {  # besides Unicode's: small letters that look like others in names of only such letters
    **dict(zip("пмкκĸ", "nmkkk")),
    "ӏ": "l",
    "L": "£",  # as no small letter looks like it, and the l that it becomes without its case looks like an I
}


def unicodes(text):
    """What looks like what, as Unicode's file says."""
    rows = (line.partition("#")[0].split(";") for line in text.splitlines())
    return {letters(row[0]): letters(row[1]) for row in rows if len(row) > 1}


def letters(numbers):
    return "".join(chr(int(number, 16)) for number in numbers.split())


def small_capitals():
    """The letters like ʜ, which Unicode leaves as they are."""
    names = ((letter, unicodedata.name(letter, "")) for letter in map(chr, range(0x10000)))
    found = ((letter, re.fullmatch("LATIN LETTER SMALL CAPITAL ([A-Z])", name)) for letter, name in names)
    return {letter: match[1].lower() for letter, match in found if match}


def can_be_in_a_name(letter):
    """True for what names may have, by this version of Python or a later one."""
    is_new = unicodedata.category(letter) == "Cn"
    is_seen = fits_a_name(letter) and not INVISIBLE.search(letter)
    return (is_new or is_seen) and unicodedata.normalize("NFKD", letter) == letter


def looks(unicode_text):
    """What each letter looks like in the end: an m is left as it is, and rn becomes one."""
    found = {**unicodes(unicode_text), **small_capitals(), **OURS}
    found.pop("m", None)
    known = str.maketrans(found)
    for _ in range(5):  # some look like what looks like another one
        found = {letter: look.translate(known).replace("rn", "m") for letter, look in found.items()}
    return {letter: look for letter, look in found.items() if can_be_in_a_name(letter) and look != letter}


def groups(found):
    """All letters of each look, before a = and the look. What would confuse an editor is written as a number."""
    alike = {}
    for letter, look in sorted(found.items()):
        alike.setdefault(look, []).append(letter)
    return [f"{''.join(map(shown, same))}={''.join(map(shown, look))}" for look, same in sorted(alike.items())]


def shown(letter):
    """A letter as the source of Python may have it."""
    is_plain = unicodedata.category(letter)[0] in "LNP" and unicodedata.bidirectional(letter) not in ("R", "AL", "AN")
    return letter if is_plain and letter not in "\"\\'=" else f"\\U{ord(letter):08x}".replace("\\U0000", "\\u")


def lines(words, longest=120):
    """Words in lines that are not too long."""
    line = ""
    for word in words:
        if width(line) + 1 + width(word) > longest:
            yield line
            line = ""
        line += f" {word}" if line else word
    yield line


def width(text):
    """How many columns of an editor a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def main(file):
    text = Path(file).read_text("utf-8-sig")
    before, quotes, rest = TABLE.read_text().partition('"""\\\n')
    after = rest.partition('\n"""')[2]
    version, year = re.search(r"Version: (.+)", text)[1], re.search(r"© (\d+)", text)[1]
    before = re.sub(r"version [\d.]+", f"version {version}", re.sub(r"© \d+", f"© {year}", before))
    table = "\n".join(lines(groups(looks(text))))
    TABLE.write_text(f'{before}{quotes}{table}\n"""{after}')


if __name__ == "__main__":
    main(*sys.argv[1:])
