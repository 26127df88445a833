"""The session: how somebody comes aboard and leaves, and what the browser remembers of it."""

import secrets

from game.errors import TooFast, WrongWord
from web.errors import CrossSite


def join(request, name, id, word):
    """Take somebody aboard, and let the browser remember the id. Returns the sailor.

    Who comes back needs no club word, and is not a guess if both name and id are right: one who guesses would have to
    hit the id of one ship, and not that of any.

    Raises CrossSite, TooFast, Banned, WrongWord or what Ocean.join raises.
    """
    refuse_swap(request, name)
    ocean, known = request.ocean, request.cookie("id")
    id = id or (known if ocean.is_id_of(known, name) else None)
    if not id:
        check_newcomer(request, known, word)
    elif request.stranger and not ocean.is_id_of(id, name):
        raise request.stranger
    request.asker = ocean.join(name, id, request.address, known)
    request.remember("id", request.asker.id)
    request.remember("aboard", "yes", site="Lax")
    return request.asker


def refuse_swap(request, name):
    """Raises CrossSite if a link on another site would swap the ship under somebody's hands."""
    if request.is_led_here():
        why = "Another website sent you here, and this browser has a ship already. To join, ask again on this page."
        raise CrossSite(why, name=name[:16])


def check_newcomer(request, known, word):
    """See that somebody new, with an old id or "", may join. Raises TooFast, Banned or WrongWord."""
    limits, now = request.app.limits, request.ocean.now
    for who in (f"address {request.address}", f"id {known}"):
        request.ocean.bans.check(who, now)
    check_word(request, word or "", request.app.settings.word)
    if limits:
        limits.count_join(request.address, now)


def check_word(request, word, club_word):
    """Raises WrongWord if the club has a word and this is not it, or TooFast after many wrong ones."""
    is_right = not club_word or secrets.compare_digest(word.encode(), club_word.encode())
    if word and club_word and request.app.limits:
        request.app.limits.count_word(word, is_right, request.address, request.ocean.now)
    if not is_right:
        problem = "That is not the club word." if word else "To join, send the club word too, as the key “word”."
        raise WrongWord(f"{problem} Your club leader knows it.", "")


def quit(request, id):
    """End a voyage, and let the browser forget the id. Returns the sailor's name. Raises what Ocean.quit raises."""
    if isinstance(request.stranger, TooFast):  # nobody may be told whether the id is right
        raise request.stranger
    name = request.ocean.quit(id)
    is_mute = request.ocean.mutes.lasts(f"id {id}", request.ocean.now)  # and stays so when this browser joins again
    if request.cookie("id") == id and not is_mute:
        request.forget("id")
        request.forget("aboard")
    if request.asker and request.asker.id not in request.ocean.crew.by_id:
        request.asker = None
    return name
