"""The session: how somebody comes aboard and leaves, and what the browser remembers of it."""

import secrets

from game.errors import WrongWord
from web.errors import CrossSite


def join(request, name, id, word):
    """Take somebody aboard, and let the browser remember the id. Returns the sailor.

    Raises CrossSite, TooFast, Banned, WrongWord or what Ocean.join raises.
    """
    refuse_swap(request, name)
    app, ocean, known = request.app, request.ocean, request.cookie("id")
    id = id or (known if ocean.is_id_of(known, name) else None)
    if not id:
        if app.limits:
            app.limits.count_join(request.address, ocean.now)
        for who in (f"address {request.address}", f"id {known}"):
            ocean.bans.check(who, ocean.now)
    check_word(word, app.settings.word)
    request.asker = ocean.join(name, id)
    if app.limits:
        app.limits.note_home(request.asker, request.address)
    request.remember("id", request.asker.id)
    request.remember("aboard", "yes", site="Lax")
    return request.asker


def refuse_swap(request, name):
    """Raises CrossSite if a link on another site would swap the ship under somebody's hands."""
    if request.is_led_here():
        why = "Another website sent you here, and this browser has a ship already. To join, ask again on this page."
        raise CrossSite(why, name=name[:16])


def check_word(word, club_word):
    """Raises WrongWord if the club has a word and this is not it."""
    if club_word and not secrets.compare_digest((word or "").encode(), club_word.encode()):
        raise WrongWord("To join, send the club word as the key “word”. Your club leader knows it.", "mocean")


def quit(request, id):
    """End a voyage, and let the browser forget the id. Returns the sailor's name. Raises what Ocean.quit raises."""
    name = request.ocean.quit(id)
    if request.cookie("id") == id:
        request.forget("id")
        request.forget("aboard")
    if request.asker and request.asker.id not in request.ocean.crew.by_id:
        request.asker = None
    return name
