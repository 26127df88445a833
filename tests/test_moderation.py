"""Which names and messages are fit for a school, and which only look as if they were not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import manners
from manners import CHAT_LENGTH, RESERVED_NAMES, look, proper_message, proper_name
from troubles import BadValue

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
    try:
        manners.teach(["en", "de"], ["plonker", "-bitch"])
        assert proper_name("bitch") == "bitch"
        for rude in ("plonker", "P l o n k e r", "Arschloch"):
            with pytest.raises(BadValue):
                proper_message(rude)
    finally:
        manners.teach()
    assert proper_message("Arschloch, plonker")


@pytest.mark.parametrize(
    "message",
    [
        "http://example.com",
        "look: HTTPS://x",
        "www.example.org",
        "go to evil.com now",
        "evil.com",
        "discord.gg/abc",
        "youtu.be/dQw4w9",
        "ｅｖｉｌ．ｃｏｍ",
        "a.b.example.co.uk",
        "evil.co\u200bm",
    ],
)
def test_links_are_refused(message):
    with pytest.raises(BadValue, match="links"):
        proper_message(message)


@pytest.mark.parametrize(
    "message",
    [
        "x=412.5",
        "hello.world",
        "Wow...great",
        "so.What now",
        "time.sleep(1)",
        "requests.get(url)",
        "see steps.py",
        "1/2",
    ],
)
def test_what_only_looks_like_a_link_is_sent(message):
    assert proper_message(message) == message


@pytest.mark.parametrize("message", ["👩‍🚀", "👨‍👩‍👧", "می‌خواهم", "क्‍ष", "Việt Nam", "สวัสดี", "Zoe\u0308 ❤️"])
def test_messages_of_any_script_arrive_as_they_were(message):
    assert proper_message(message).encode() == manners.unicodedata.normalize("NFC", message).encode()


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("a\u202eb\u2066c", "abc"),
        ("a\u200bd\ufeffa\u200d", "ada"),
        ("Z" + "\u0317" * 50 + "!", "Z" + "\u0317" * 3 + "!"),
        ("one\ntwo\x1b[31m\0", "onetwo[31m"),
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


@pytest.mark.parametrize(
    "name", ["佐々木", "カナ漢ひら", "한글", "محمد", "O-Neil", "Ğöksu", "नमस्ते2", "ʻAka", "Иван_2", "٣محمد"]
)
def test_names_of_one_script(name):
    assert proper_name(name) == manners.unicodedata.normalize("NFKC", name)


@pytest.mark.parametrize("name", ["С1em", "МOcean", "аda", "pаul", "aδa", "adа1", "क्a", "漢a"])
def test_names_that_mix_scripts_are_refused(name):
    with pytest.raises(BadValue, match="alphabets"):
        proper_name(name)


@pytest.mark.parametrize("name", ["C1em", "CIem", "clem", "M0cean", "Мосеап", "harb0ur", "HARBOUR", "Harbour-Master"])
def test_reserved_names_and_their_look_alikes(name):
    assert look(name) in RESERVED_NAMES or manners.same_name(name) in RESERVED_NAMES


def test_a_look_alike_of_another_sailor_is_taken(ocean):
    ocean.join("Paul1")
    for name in ("PauIl", "paul1", "Paull"):
        assert ocean.is_taken(name)
    ocean.join("расе")  # in Cyrillic
    assert ocean.is_taken("pace")
    assert not ocean.is_taken("Pauline")
    ocean.join("Ian")
    assert not ocean.is_taken("Lan")
