"""Moderation: which names and messages are fit for a school, and who may not come aboard.

    >>> moderator = Moderator()
    >>> moderator.proper_name("  Zoe\u0308 ")
    'Zoë'
    >>> moderator.proper_message("Look at www.example.com")
    Traceback (most recent call last):
    game.errors.BadValue: You can't send links here. Say it in words.

Which words are rude, the library `badwords` knows. It looks for whole words, so Scunthorpe, Essex and Arsenal are left
in peace.

Words: a *script* is a set of letters, like Latin or Cyrillic. A *mark* is what some scripts put on a letter. Texts that
people can't tell apart are *look-alikes*. *NFKC* is the form of Unicode in which equal texts are equal.
"""

import codecs
import math
import re
import unicodedata
from functools import lru_cache

from game.clem import CLEM
from game.errors import BadValue, Banned, NoSailor
from game.lookalikes import LOOKS
from game.planet import MOCEAN
from game.unfit import BARRED, UNKIND, why_unfit

try:
    from badwords import Options, ProfanityFilter
except ImportError:  # with Bottle alone one can still try a change
    ProfanityFilter = None

CHAT_LENGTH = 200  # characters in a message
MOST_MARKS = 3  # on one letter: no script needs more, and some people pile up dozens
HARBOUR = "Harbour"  # who speaks when the club's leader does
LONGEST_BAN = 366 * 24 * 3600  # seconds
MUTE_LASTS = 14 * 24 * 3600  # seconds for which who was muted and has gone stays so: until the lesson after the next
MOST_MUTES = 200  # names and ids that have gone and are muted

# Words that the list of the library lacks. Nobody should come across them here, so each letter is moved by 13.
RUDE = codecs.decode(
    """
    sx nmmubyr nubyr qvxurnq fuyg ubeav phzz sphx sphxf sipx piag gubg gubgf fcnm fcnmm yvogneq cbeauho
    jgs tgsb jgshpx
    """,
    "rot13",
).split()
# What the list has besides: names of people and places, words of the sea, and harmless or mild ones. Some are unkind in
# company, see unfit.py.
INNOCENT = ["Dick", "Dyke", "Fanny", "Wang", "Hooker", "Lolita", "balls", "hell", "suck", "sucks", "tit", "poop"]
INNOCENT += ["snatch", "snowballing", "escort", "flange", "screwing", "hardcore"]
HARMLESS = re.compile(
    r"""\b(?: how\ to\ (?:kill|murder) | tied\ up | girl\ on | taste\ my | tainted\ love | jelly\ donut |
    (?:blue|great|coal|marsh|willow)\ tits | sex\ ed(?:ucation)? | cocks?\ crow(?:s|ed|ing)? )\b""",
    re.IGNORECASE | re.VERBOSE,
)


class Moderator:
    """Decides which names and messages are fit for everyone.

    `languages` are codes like "en" and "de", whose rude words are refused; ValueError if the words of one aren't known.
    `more` are words of the club's own; one that begins with - is allowed.
    """

    def __init__(self, languages=("en",), more=()):
        self.words = None
        if ProfanityFilter:
            self.words = ProfanityFilter()
            options = Options(split_on_punctuation=True, collapse_repeats=True, leetspeak=True)
            self.words.init(list(languages), options=options)
            self.words.add_words([*RUDE, *(word for word in more if not word.startswith("-"))])
            self.words.add_whitelist([*INNOCENT, *(word[1:] for word in more if word.startswith("-"))])

    def proper_name(self, text):
        """The text as a sailor's name: 2 to 16 letters, digits, - or _ of one script, not rude. Raises BadValue."""
        name = unicodedata.normalize("NFKC", text).strip()
        if not (2 <= len(name) <= 16 and all(map(fits_a_name, name))) or is_mark(name[0]) or INVISIBLE.search(name):
            raise BadValue(f"A name needs 2 to 16 letters, digits, - or _. You sent “{text[:40]}”.")
        if not is_one_script(name):
            raise BadValue(f"“{name}” mixes letters of several alphabets. Use letters of only one.")
        if why_unfit(name) or self.is_rude(name):
            raise BadValue("This name is not kind to everyone here. Please choose another one.")
        return name

    def proper_message(self, text):
        """The text as a chat message: one line of 1 to 200 characters that can be seen. Raises BadValue.

        Links, what is private and words that hurt are refused: see unfit.py.
        """
        line = tidy(text)
        if not 1 <= len(line) <= CHAT_LENGTH:
            raise BadValue(f"A message needs 1 to {CHAT_LENGTH} characters. Yours has {len(line)}.")
        unfit = why_unfit(line) or (UNKIND if self.is_rude(line) else None)
        if unfit:
            raise BadValue(unfit)
        return line

    def is_rude(self, text):
        """True if a rude word is in the text, also as r.u.d.e, r u d e, ruuude, rud3, rude99 or xXrudeXx."""
        if not self.words:
            return False
        line = BARRED.sub("i", text.translate(SIGNS))
        spelled = SPELLED.sub(lambda letters: re.sub(r"\W", "", letters[0]), line)
        plain = DECORATION.sub(" ", line)
        guesses = {STARRED.sub(vowel, line) for vowel in "uia"} if "*" in line else set()
        return any(map(self.has_rude_word, {line, spelled, plain, *guesses}))

    def has_rude_word(self, text):
        return self.words.is_profane(text) and self.words.is_profane(HARMLESS.sub(" ", text))


SIGNS = str.maketrans("$@_", "sa ")  # used as letters, or between words
STARRED = re.compile(r"(?<=[^\W\d])\*+(?=[^\W\d])")  # used as a vowel
SPELLED = re.compile(r"\b\w(?:\W+\w\b){2,}")
DECORATION = re.compile(r"(?<=[^\W\d])\d+|\d+(?=[^\W\d])|\b[xX]+(?=\w)|(?<=\w)[xX]+\b")


# ---- Names ----


def fits_a_name(character):
    return character in "-_" or character.isalpha() or character.isdecimal() or is_mark(character)


def is_mark(character):
    """True for what some scripts set on a letter, like the vowels of Hindi."""
    return unicodedata.category(character).startswith("M")


def is_one_script(name):
    """True if all letters are of one script, or of some that are written together, as in Japan."""
    scripts = {script(character) for character in name} - {""}
    return len(scripts) <= 1 or any(scripts <= together for together in WRITTEN_TOGETHER)


def script(character):
    """The script of a letter, by the first word of its Unicode name. "" for what goes with every script."""
    if character in "-_0123456789":
        return ""
    first = re.split("[ -]", unicodedata.name(character, "UNKNOWN"))[0]
    return "" if first in ("COMBINING", "MODIFIER") else first


WRITTEN_TOGETHER = [{"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"}, {"CJK", "BOPOMOFO"}]


def same_name(name):
    """What two names have in common that differ only in case or Unicode form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().casefold())


def mentions(text, name):
    """True if a text has a name in it, as a word of its own."""
    return bool(re.search(rf"(?<!\w){re.escape(same_name(name))}(?!\w)", same_name(text)))


def look_alike(name):
    """What two names have in common that people can't tell apart: C1em, CIem, Clern and Clem."""
    # Before the case is folded away, as the capital I looks like an l, and the capital L does not.
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).strip())
    return same_name(letters.translate(LOOKS)).replace("rn", "m").replace("vv", "w")


# Letters and marks of Unicode that show nothing, which would let somebody pose as somebody else.
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


@lru_cache(maxsize=100)  # as whatever proposes a name that is free asks for the same ones
def is_reserved(name):
    """True for the name of who speaks for the game or the club, however it is dressed up: Harbour_, Clëm, T3acher2."""
    forms = (name, name.strip(DIGITS), name.casefold(), name.casefold().strip(DIGITS))
    return not RESERVED.isdisjoint(map(at_a_glance, forms))


def at_a_glance(name):
    """What somebody in a hurry reads: the plain letters of a name, and those that digits stand for."""
    letters = unicodedata.normalize("NFD", look_alike(name)).translate(GLANCE)
    return "".join(letter for letter in letters if letter.isalpha() and unicodedata.category(letter) != "Lm")


DIGITS = "0123456789-_"
GLANCE = str.maketrans("i£34578", "lleastb")  # £ stands for a capital L in the table

RESERVED = frozenset(
    at_a_glance(form)
    for name in f"""
    {CLEM} {MOCEAN} {HARBOUR} Harbor HarbourMaster HarborMaster
    Admin Administrator SysAdmin Root System Server Staff Owner Official Support Moderator Mod Everyone Everybody
    Leader ClubLeader TheLeader Teacher TheTeacher MyTeacher HeadTeacher Headmaster Headmistress Principal Coach Tutor
    Mentor Instructor Professor Prof Sir Miss
    Lehrer Lehrerin Leiter Leiterin Clubleiter Hafenmeister Betreuer Betreuerin Schulleiter Direktor
    Professeur Professeure Enseignant Enseignante Maître Maîtresse Animateur Animatrice Directeur Directrice
    Profesor Profesora Profe Maestro Maestra Administrador Director Directora Moderador
    Professore Professoressa Insegnante Amministratore Direttore Direttrice Professora Diretor
    Leraar Lerares Juf Meester Beheerder Lärare Magister Rektor Lærer Opettaja Tanár TanárÚr
    Nauczyciel Nauczycielka Učitel Učitelka Învățător Învățătoare Profesoară Öğretmen Hoca Yönetici PakGuru BuGuru
    Учитель Учительница Админ Администратор Модератор Вчитель Вчителька Адмін Δάσκαλος Δασκάλα Καθηγητής
    先生 せんせい 선생님 선생 ครู คุณครู
    """.split()
    for form in (name, name.casefold())
)


# ---- Messages ----


def tidy(text):
    """A text without what controls how others see it, and without piles of marks on one letter."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept, marks = [], 0
    text = unicodedata.normalize("NFC", text)
    for number, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and not joins(text[number - 1 : number + 2]):
            continue
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept).strip()


def joins(letters):
    """True for a joiner between two letters that need it: in Persian, in Hindi and in many emoji."""
    return len(letters) == 3 and letters[1] in "\u200c\u200d" and letters[0] > "\u0300" and letters[2] > "\u0300"


# ---- Bans ----


class Bans:
    """Who may not come aboard, and until when: each is written like “name ada”, “id abcdefgh” or “address 10.0.0.1”.

    Times are in seconds, by any clock. `world` keeps them, see ocean.py, under the name `kept`: its mutes have the same
    form. Of more than `most`, the oldest end.
    """

    def __init__(self, world, kept="bans", most=10_000):
        self.world, self.kept, self.most = world, kept, most

    @property
    def ends(self):
        """When each ends."""
        return getattr(self.world, self.kept)

    def add(self, seconds, now, *whom):
        """Let it last for all of these for a while, of 1 second to a year. Raises BadValue."""
        if not 1 <= seconds <= LONGEST_BAN:
            longest, sent = LONGEST_BAN // 60, seconds / 60
            raise BadValue(f"A ban takes from 1 second to {longest} minutes. You sent {sent:g} minutes.")
        self.forget_old(now)
        lasting = [(who, end) for who, end in self.ends.items() if who not in whom]
        new = [(who, now + seconds) for who in whom]
        setattr(self.world, self.kept, dict([*lasting, *new][-self.most :]))

    def forget_old(self, now):
        """Forget those that are over."""
        setattr(self.world, self.kept, {who: end for who, end in self.ends.items() if end > now})

    def remove(self, who):
        """Take one back, and those that were made together with it. Raises NoSailor."""
        ends = self.ends
        if who not in ends:
            raise NoSailor("Nobody with this name is banned.")
        setattr(self.world, self.kept, {other: end for other, end in ends.items() if end != ends[who]})

    def lasts(self, who, now):
        """True if there is one now."""
        return self.ends.get(who, now) > now

    def left(self, now):
        """Who may not come aboard, and for how many seconds more. Endless bans, of old files, count as the longest."""
        return [(who, min(end - now, LONGEST_BAN)) for who, end in self.ends.items() if end > now]

    def check(self, who, now):
        """Raises Banned."""
        left = dict(self.left(now)).get(who)
        if left:
            minutes = math.ceil(left / 60)
            raise Banned(f"You can't play now. Talk to your club leader, or come back in {minutes} min.", "who")
