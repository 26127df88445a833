"""Names and messages as they may be."""

import re
import unicodedata

from planet import CLEM, MOCEAN
from troubles import BadValue

CHAT_LENGTH = 200  # characters in a message


def proper_name(text):
    """The text as a sailor's name: 2 to 16 letters, digits, - or _ of any script. Raises BadValue."""
    name = unicodedata.normalize("NFKC", text).strip()
    if 2 <= len(name) <= 16 and all(map(fits_a_name, name)) and not is_mark(name[0]) and not INVISIBLE.search(name):
        return name
    raise BadValue(f"A name has 2 to 16 letters, digits, - or _. “{text[:40]}” is not such a name.")


def fits_a_name(character):
    return character in "-_" or character.isalpha() or character.isdecimal() or is_mark(character)


def is_mark(character):
    """True for what some scripts set on a letter, like the vowels of Hindi."""
    return unicodedata.category(character).startswith("M")


def same_name(name):
    """What two names have in common that differ only in case or Unicode form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().casefold())


# Letters and marks of Unicode that show nothing, with which one could pose as somebody else.
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
RESERVED_NAMES = {same_name(CLEM), same_name(MOCEAN)}


def proper_message(text):
    """The text as a chat message: one line of 1 to 200 characters, none of them control characters. Raises BadValue."""
    line = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Zl", "Zp")).strip()
    if 1 <= len(line) <= CHAT_LENGTH:
        return line
    raise BadValue(f"A message has 1 to {CHAT_LENGTH} characters. Yours, “{line[:40]}...”, has {len(line)}.")
