"""Which names and messages are fit for a school, and which only look as if they were not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.errors import BadValue
from game.moderation import CHAT_LENGTH, Moderator

moderator = Moderator()
proper_name, proper_message = moderator.proper_name, moderator.proper_message

# A filter that looks into the middle of words would refuse these.
INNOCENT = """
Scunthorpe Dick Essex Arsenal Penistone cockpit assassin class grape therapist Sussex Middlesex cocktail
Dickens shiitake Lightwater Hancock peacock bass passion assignment analysis titanic document cucumber Saturday
Hitchcock raccoon cocoon sextant Montenegro snigger Vietnam Fanny Wang Nigel Regina Virginia Cummings mishit canal
"""
RUDE = ["fuck", "FUCK", "f.u.c.k", "f u c k", "fuuuuck", "sh1t", "$hit", "motherfucker", "bitch", "xXshitXx", "shit_99"]


@pytest.mark.parametrize("word", INNOCENT.split())
def test_innocent_words_are_names_and_messages(word):
    assert proper_name(word) == word
    assert proper_message(f"I come from {word}!") == f"I come from {word}!"


@pytest.mark.parametrize("word", RUDE)
def test_rude_words_are_neither(word):
    with pytest.raises(BadValue, match="not kind") as refusal:
        proper_message(f"you {word}")
    assert word not in str(refusal.value)
    with pytest.raises(BadValue):
        proper_name(word)


def test_a_club_can_add_words_and_allow_others_and_choose_languages():
    club = Moderator(["en", "de"], ["plonker", "-bitch"])
    assert club.proper_name("bitch") == "bitch"
    for rude in ("plonker", "P l o n k e r", "Arschloch"):
        assert proper_message(rude)
        with pytest.raises(BadValue, match="not kind"):
            club.proper_message(rude)
    with pytest.raises(ValueError, match="xx"):
        Moderator(["xx"])


@pytest.mark.parametrize(
    "message",
    [
        *["http://example.com", "look: HTTPS://x", "www.example.org", "go to evil.com now", "evil.com"],
        *["discord.gg/abc", "youtu.be/dQw4w9", "ｅｖｉｌ．ｃｏｍ", "a.b.example.co.uk", "evil.co\u200bm"],
    ],
)
def test_links_are_refused(message):
    with pytest.raises(BadValue, match="links"):
        proper_message(message)


@pytest.mark.parametrize(
    "message",
    [
        *["x=412.5", "hello.world", "Wow...great", "so.What now", "1/2", "see steps.py"],  # only look like links
        *["time.sleep(1)", "requests.get(url)"],
        *["👩‍🚀", "👨‍👩‍👧", "می‌خواهم", "क्‍ष", "Việt Nam", "สวัสดี", "Zoë ❤️"],
    ],
)
def test_messages_arrive_as_they_were(message):
    assert proper_message(message) == message


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("a\u202eb\u2066c", "abc"),
        ("a\u200bd\ufeffa\u200d", "ada"),
        ("Z" + "\u0317" * 50 + "!", "Z" + "\u0317" * 3 + "!"),
        ("one\ntwo\u2028\x85\x1b[31m\0 ", "onetwo[31m"),
        ("Zoe\u0308", "Zoë"),
        ("\U000e0041\ue000x", "x"),
    ],
)
def test_what_changes_how_others_see_it_is_left_out(sent, seen):
    assert proper_message(sent) == seen


@given(st.text(max_size=300))
def test_any_text_is_a_message_or_is_refused(text):
    try:
        line = proper_message(text)
    except BadValue:
        return
    assert 1 <= len(line) <= CHAT_LENGTH
    assert line == proper_message(line)


def test_a_message_has_up_to_200_characters():
    assert proper_message("x" * CHAT_LENGTH)
    for message in ("x" * (CHAT_LENGTH + 1), "\n", ""):
        with pytest.raises(BadValue, match="1 to 200 characters"):
            proper_message(message)


@pytest.mark.parametrize(
    "name",
    [
        *["al", "x1", "Ada_Lovelace-16x", "O-Neil", "Zoë", "Ğöksu", "ʻAka", "Дмитрий", "Иван_2", "नमस्ते2"],
        *["佐々木", "カナ漢ひら", "李小龍", "한글", "محمد", "٣محمد"],
    ],
)
def test_names_may_be_of_any_script(name):
    assert proper_name(f" {name} ") == name


@pytest.mark.parametrize("name", ["С1em", "МOcean", "аda", "pаul", "aδa", "adа1", "क्a", "漢a"])
def test_names_that_mix_scripts_are_refused(name):
    with pytest.raises(BadValue, match="alphabets"):
        proper_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *["", "a", "a" * 17, "a b", "<b>", "ada!", "😀😀", "a\0b"],
        *["a\u202eb", "\u0301a", "ada\ufe0f", "Clem\u034f", "\u3164\u3164"],  # which can't be seen
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(BadValue, match="2 to 16 letters"):
        proper_name(name)
