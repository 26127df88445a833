"""The bridge: what happens to each request before its route runs, and after. The routes are in `mocean.py`.

Before: is the ocean there, what time is it, who asks, and not too fast? After: what has changed goes to the logbook,
and only then the reply is sent.

Here are also the settings, the logbook and the ocean that all routes share, and what the keys of the routes stand for.
"""

import os
import secrets
from contextlib import suppress
from time import time
from urllib.parse import quote

from bottle import request, response

import harbour
import manners
from gate import Gate, address_of, networks
from keys import Key, cookie, number, one_of, sent, value_of, whole_number
from logbook import SYNC, Logbook, LogbookTrouble, default_file
from ocean import ACCELERATE, Ocean
from planet import CLEM
from replies import Replies, refusal
from settings import refuse_start, setting
from troubles import TooFast, WrongWord

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

COOKIE_AGE = 60 * 24 * 3600  # seconds that a browser remembers an id


# ---- Starting up ----


def refuse_company():
    """Stop if several processes or threads would serve: each process would have an ocean of its own."""
    threads = int(uwsgi.opt.get("threads", 1)) if uwsgi else 1
    if uwsgi and (uwsgi.numproc > 1 or threads > 1):
        refuse_start(
            f"Mocean needs one uWSGI process with one thread, not {uwsgi.numproc} with {threads}: the ocean is in the "
            "memory of one process. Leave out the options processes, workers and threads."
        )


refuse_company()
CLUB_WORD = setting("MOCEAN_WORD", None)
HARBOUR_KEY = setting("MOCEAN_HARBOUR_KEY", None, harbour.proper_key)
LANGUAGES = setting("MOCEAN_LANGUAGES", [], manners.languages, "one or more codes of languages, like en,de") or ["en"]
RUDE_WORDS = setting("MOCEAN_RUDE_WORDS", [], manners.words)
LIMITS = setting("MOCEAN_LIMITS", "on", one_of(("on", "off")), "on or off")
PROXIES = setting("MOCEAN_PROXIES", (), networks, "one or more addresses or networks, like 127.0.0.1,10.0.0.0/8")
MOST_AWAKE = setting("MOCEAN_MOST_AWAKE", 500, whole_number, "a whole number")
logbook = Logbook(
    setting("MOCEAN_LOGBOOK", default_file(os.environ)),
    setting("MOCEAN_SYNC", "normal", one_of(SYNC), "normal or full"),
)
gate = Gate() if LIMITS == "on" else None
lock = harbour.Lock(HARBOUR_KEY, gate) if HARBOUR_KEY else None
ocean = Ocean(MOST_AWAKE, gate and gate.chat)
# False until the first request: uWSGI makes its worker, and each new one, from a program that hasn't read the logbook.
# False again when the logbook could not be written: then the ocean must become again what the logbook says.
is_read = False
began = None  # the time of the first request


def check():
    """Before anybody plays: stop if the logbook can't be used, and tell the log what a leader should know."""
    try:
        logbook.check()
    except LogbookTrouble as trouble:
        refuse_start(f"Mocean can't start. {trouble}")
    if not CLUB_WORD:
        print("Anybody may join: no club word is set. MOCEAN_WORD sets one.", flush=True)
    if not manners.RUDE:
        print("Rude words are not refused. To refuse them: python -m pip install badwords-py", flush=True)


manners.teach(LANGUAGES, RUDE_WORDS)
if uwsgi:
    check()


# What the parameters of the routes stand for. Others are plain texts.
KEYS = {
    "sailor": Key("your secret id, from the route join", "YOUR-ID", lambda id: asking(id), name="id", given_by="join"),
    "id": Key("your secret id, from the route join", example="YOUR-ID"),
    "name": Key("the name of a sailor, like ada", example=lambda: ocean.free_name()),
    "word": Key("the club word, if your club has one"),
    "message": Key("what you want to say, like hello", "hello"),
    "after": Key("the number of the last message that you read, like 12", 0, whole_number),
    "degrees": Key("a heading in degrees, like 90 for east", 90, number),
    "speed": Key("a speed in metres a second, like 4.5", 4.5, number),
    "ctrl": Key("w (faster), s (slower), a (left) or d (right)", "w", one_of(ACCELERATE)),
    "depth": Key("a depth in metres, like 2.5", 2.5, number),
    "item": Key("the name of a treasure, like pearl", "pearl"),
    "follow": Key("the name of a ship, like Clem", CLEM),
    "ocean": Key(
        "the harbour key, which the club leader has", read=lambda key: unlocked(key), name="key", given_by="harbour"
    ),
    "minutes": Key("a number of minutes, like 60", 60, number),
    "address": Key("yes to keep out the network too, or no", "no"),
}


def set_up(app):
    """Let all requests to an app come over the bridge. Returns its Replies, which know all routes."""
    replies = Replies(KEYS, aboard=whose_ship, on_trouble=note_trouble)
    app.install(replies)
    app.add_hook("before_request", begin_request)
    app.install(keep_logbook)
    return replies


def set_up_part(app):
    """The same for an app that will be merged into that one: it has the other's hooks then, but not its plugins."""
    app.install(Replies(KEYS))
    app.install(keep_logbook)


# ---- Before and after each route ----


def begin_request():
    """Have an ocean, tell it the time, and wake who asks."""
    if not is_read:
        open_logbook()
    ocean.now = time()
    try:
        # Only a GET acts. Other methods don't even wake anybody.
        request.environ["mocean.sailor"] = let_in(value_of("id") if request.method == "GET" else "")
    except TooFast as trouble:
        raise refusal(trouble) from None


def let_in(id):
    """The sailor with this id, who wakes, or None. Raises TooFast."""
    address = visitor()
    sailor = gate.admit(ocean, id, address) if gate else ocean.hear(id)
    if sailor and lock:
        harbour.watch.note(sailor, ocean.now, address)
    return sailor


def visitor():
    """The network address of who asks."""
    return address_of(request.environ, PROXIES)


def asking(id):
    """The sailor who asks: found already, or else it is the trouble why not."""
    find = ocean.sailor if request.method == "GET" else ocean.known  # which wakes nobody
    return request.environ.get("mocean.sailor") or find(id)


def unlocked(key):
    """The ocean, for who has the key of the harbour. Raises WrongKey or TooFast."""
    lock.open(key, visitor(), ocean.now)
    return ocean


def note_trouble(trouble):
    """Let the log and the leader see which errors there are."""
    if uwsgi:
        # Without the keys, which may be secret, and encoded, so that it is one line.
        uwsgi.set_logvar("asked", quote(f"{request.method[:10]} {request.path[:100]}", safe="/ "))
    sailor = request.environ.get("mocean.sailor")
    if lock and sailor:
        harbour.watch.note_error(sailor, ocean.now, request.path, trouble)


def open_logbook():
    """Make the ocean what the logbook says."""
    global is_read, began
    began = began or time()
    try:
        logbook.read(ocean, time())
        is_read = True
    except LogbookTrouble as trouble:
        raise refusal(trouble) from trouble


def keep_logbook(route):
    """A plugin: what a route has changed is in the logbook before its reply is sent. If it can't be, it is undone."""

    def kept(**arguments):
        global is_read
        try:
            return route(**arguments)
        finally:
            try:
                logbook.write(ocean)
            except LogbookTrouble:
                is_read = False
                raise

    return kept


# ---- Coming aboard ----


def check_word(word):
    """Raises WrongWord if the club has a word and this is not it."""
    if CLUB_WORD and not secrets.compare_digest((word or "").encode(), CLUB_WORD.encode()):
        raise WrongWord("To join, send the club word as the key “word”. Your club leader knows it.", "mocean")


def check_stranger(id, known, word):
    """Raises WrongWord, or if somebody new comes, without an id, what `knock` raises."""
    if not id:
        knock(known)
    check_word(word)


def knock(known):
    """Raises TooFast or Banned if nobody new may come from this address, or from this browser, whose id is known."""
    if gate:
        gate.count_join(visitor(), ocean.now)
    ocean.need_no_ban(f"address {visitor()}")
    ocean.need_no_ban(f"id {known}")


def welcome(sailor):
    """A sailor has come aboard: note from where, and let the browser keep the id."""
    if gate:
        gate.welcome(sailor, visitor())
    if lock:
        harbour.watch.note(sailor, ocean.now, visitor())
    remember(sailor)


# ---- What a browser remembers ----


def remember(sailor):
    """Let the browser keep the sailor's id, so that URLs typed from now on need none."""
    response.set_cookie("id", sailor.id, path="/", max_age=COOKIE_AGE, httponly=True, samesite="strict")
    request.environ["mocean.kept"] = sailor.id


def forget():
    """Let the browser forget the id that it kept."""
    response.delete_cookie("id", path="/")
    request.environ["mocean.kept"] = ""


def whose_ship():
    """The name of the sailor whose ship the links and forms of this page will sail, and a note where that may surprise.

    No page shows an id, so links work by the cookie alone. A browser that knows no sailor yet therefore keeps the id
    that a page was asked with. One that does know a sailor goes on with that one until the next join: otherwise a link
    from a classmate could quietly swap the ship under somebody's hands.
    """
    if not is_read:
        return "", ""
    before, asked = aboard(kept_so_far()), aboard(request.environ.get("mocean.sailor")) if sent().get("id") else None
    now = ocean.sailors.get(request.environ["mocean.kept"]) if "mocean.kept" in request.environ else before
    if asked and not now:
        remember(asked)
        return asked.name, f"This browser now sails the ship of {asked.name}. Your URLs need no id any more."
    if now and before and now is not before:
        return now.name, f"This browser now sails the ship of {now.name}, not the ship of {before.name}."
    if now and asked and now is not asked:
        note = f"The links here sail the ship of {now.name}. To sail the ship of {asked.name}, join again."
        return now.name, note
    return (now.name, "") if now else ("", "")


def kept_so_far():
    """The sailor whose id the browser has kept, or None. It too must pass the gate, or a page would help to guess."""
    with suppress(TooFast):
        return let_in(cookie("id")) if sent().get("id") else request.environ.get("mocean.sailor")


def aboard(sailor):
    """The sailor, or None if this one has just quit."""
    return sailor if sailor and sailor.id in ocean.sailors else None
