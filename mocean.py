"""Mocean, the game server: each URL is a command, such as http://localhost:8080/join?name=ada

Here are the routes of the ocean game; those of the puzzles are in `steps.py` and join in below.

To add a route, write a function under `@app.get("/its-name")`. Its parameters are the keys of its URL; a parameter
`sailor` is the player who asks. Its first line of text is its entry in the rules at `/mocean`. It returns a dict with
`reply`, a sentence for people, and any fields for programs; or only a sentence; or nothing.

`make run` starts it: uWSGI serves `application`. To try a change, `python mocean.py` is enough.
"""

import os
import secrets
import sys
from contextlib import suppress
from time import time
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler

from bottle import Bottle, request, response

# uWSGI looks for modules where it was started, and that may be anywhere.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harbour
import manners
import pages
import steps
from gate import Gate, address_of, networks
from logbook import SYNC, Logbook, LogbookTrouble, default_file
from ocean import ACCELERATE, Ocean
from planet import CLEM, SIZE, TREASURES
from replies import Key, Replies, cookie, number, one_of, refusal, sent, value_of, whole_number
from settings import free_address, refuse_start, setting
from troubles import TooFast, WrongWord

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

VERSION = "0.1.0"
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
ocean = None  # until the first request: uWSGI makes its worker, and each new one, from a program that has no ocean yet
began = None  # the time of that request


def check_logbook():
    """Stop if the logbook can't be used, before anybody plays."""
    try:
        logbook.check()
    except LogbookTrouble as trouble:
        refuse_start(f"Mocean can't start. {trouble}")


def say_how_open():
    """Tell the log what a leader should know."""
    if not CLUB_WORD:
        print("Anybody may join: no club word is set. MOCEAN_WORD sets one.", flush=True)
    if not manners.RUDE:
        print("Rude words are not refused: python -m pip install badwords-py", flush=True)


manners.teach(LANGUAGES, RUDE_WORDS)
if uwsgi:
    check_logbook()
    say_how_open()

# What the parameters of the routes stand for. Others are plain texts.
KEYS = {
    "sailor": Key("your secret id: join tells you", read=lambda id: asking(id), name="id", given_by="join"),
    "id": Key("the secret id that join told you", example="YOUR-ID"),
    "name": Key("the name of a sailor", example=lambda: ocean.free_name()),
    "word": Key("the club word: ask your club leader"),
    "message": Key("what you want to say", "hello"),
    "after": Key("the number of the last message that you have read, like 12", 0, whole_number),
    "degrees": Key("a heading in degrees, like 90 for east", 90, number),
    "speed": Key("a speed in metres a second, like 4.5", 4.5, number),
    "ctrl": Key("w (faster), s (slower), a (left) or d (right)", "w", one_of(ACCELERATE)),
    "depth": Key("a depth in metres, like 2.5", 2.5, number),
    "item": Key("the name of a treasure", "pearl"),
    "follow": Key("the name of a ship", CLEM),
    "ocean": Key(
        "the harbour key, which the club leader has", read=lambda key: unlocked(key), name="key", given_by="harbour"
    ),
    "minutes": Key("a number of minutes, like 60", 60, number),
    "address": Key("yes or no", "no"),
}

app = application = Bottle()


@app.hook("before_request")
def note_for_log():
    """Tell uWSGI's log what was asked: without the keys, which may be secret, and encoded, so that it is one line."""
    if uwsgi:
        uwsgi.set_logvar("asked", quote(f"{request.method[:10]} {request.path[:100]}", safe="/ "))


replies = Replies(KEYS, aboard=lambda: whose_ship(), on_trouble=lambda trouble: note_trouble(trouble))
app.install(replies)


@app.hook("before_request")
def begin_request():
    """Have an ocean, tell it the time, and wake who asks."""
    if not ocean:
        open_logbook()
    ocean.now = time()
    try:
        request.environ["mocean.sailor"] = let_in(value_of("id"))
    except TooFast as trouble:
        raise refusal(trouble) from None


def let_in(id):
    """The sailor with this id, who wakes, or None. Raises TooFast."""
    sailor = gate.admit(ocean, id, visitor()) if gate else ocean.hear(id)
    if sailor and lock:
        harbour.watch.note(sailor, ocean.now, visitor())
    return sailor


def be_at_home(sailor):
    """Note where a sailor who has come aboard is at home."""
    if gate:
        gate.welcome(sailor, visitor())
    if lock:
        harbour.watch.note(sailor, ocean.now, visitor())


def visitor():
    """The network address of who asks."""
    return address_of(request.environ, PROXIES)


def asking(id):
    """The sailor who asks: found already, or else it is the trouble why not."""
    return request.environ.get("mocean.sailor") or ocean.sailor(id)


def unlocked(key):
    """The ocean, for who has the key of the harbour. Raises WrongKey or TooFast."""
    lock.open(key, visitor(), ocean.now)
    return ocean


def note_trouble(trouble):
    """Let the leader see which errors a sailor gets."""
    sailor = request.environ.get("mocean.sailor")
    if lock and ocean and sailor:
        harbour.watch.note_error(sailor, ocean.now, request.path, trouble)


def open_logbook():
    """Make the ocean what the logbook says."""
    global ocean, began
    try:
        began = began or time()
        ocean = logbook.read(Ocean(MOST_AWAKE, gate and gate.chat), time())
    except LogbookTrouble as trouble:
        raise refusal(trouble) from trouble


def keep_logbook(route):
    """A plugin: what a route has changed is in the logbook before its reply is sent. If it can't be, it is undone."""

    def kept(**arguments):
        global ocean
        try:
            return route(**arguments)
        finally:
            try:
                logbook.write(ocean)
            except LogbookTrouble:
                ocean = None
                raise

    return kept


app.install(keep_logbook)


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
    if not ocean:
        return "", ""
    before, asked = aboard(kept_so_far()), aboard(request.environ.get("mocean.sailor")) if sent().get("id") else None
    now = ocean.sailors.get(request.environ["mocean.kept"]) if "mocean.kept" in request.environ else before
    if asked and not now:
        remember(asked)
        return asked.name, f"From now on this browser sails the ship of {asked.name}: URLs need no id any more."
    if now and before and now is not before:
        return now.name, f"This browser now sails the ship of {now.name}, no longer that of {before.name}."
    if now and asked and now is not asked:
        note = f"This browser sails the ship of {now.name}, and so do the links here. To sail {asked.name}, join again."
        return now.name, note
    return (now.name, "") if now else ("", "")


def kept_so_far():
    """The sailor whose id the browser has kept, or None. It too must pass the gate, or a page would help to guess."""
    with suppress(TooFast):
        return let_in(cookie("id")) if sent().get("id") else request.environ.get("mocean.sailor")


def aboard(sailor):
    """The sailor, or None if this one has just quit."""
    return sailor if sailor and sailor.id in ocean.sailors else None


# ---- Front doors ----


@app.get("/", view="door", word=bool(CLUB_WORD))
def front_door():
    """Show where to start, and who is sailing."""
    if CLUB_WORD:
        start = "To join you need the club word: /join?name=YOUR-NAME&word=CLUB-WORD"
    else:
        start = "Anybody may join: /join?name=YOUR-NAME"
    return dict(
        reply="Welcome! Here are two games. Steps has five puzzles: start with /begin. "
        f"Mocean is an ocean with many ships. {start}",
        steps="/steps",
        mocean="/mocean",
        sailors=ocean.who(),
    )


@app.get("/mocean", view="rules", word=bool(CLUB_WORD))
def rules():
    """Show these rules."""
    return dict(
        reply="Mocean is a small ocean planet. Join with a name, sail, talk, dive, and find what there is to find. "
        "Be kind: your club leader can read all chat, also what you say to one sailor.",
        routes=replies.rules(),
    )


@app.get("/status", then="who chart")
def status():
    """Show how the server is: its version, how long it has been up (in seconds), who sails and what is left to find."""
    uptime, sailing = ocean.now - began, len(ocean.awake_sailors())
    asleep, left = len(ocean.sailors) - sailing, len(ocean.treasures)
    game = f"{count(sailing, 'ship')} sailing, {asleep} asleep, {in_words(uptime)} without a restart, "
    news = [f"{game}{count(left, 'treasure')} left.", "The ocean is paused." if ocean.paused else "", logbook.news]
    return dict(
        reply=" ".join(filter(None, news)),
        version=VERSION,
        boot=logbook.boot,
        uptime=round(uptime, 3),
        sailors=len(ocean.who()),
        time=round(ocean.now, 3),
    )


def count(number, thing):
    """How many there are: 1 ship, 2 ships."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def in_words(seconds):
    """A span of time for people: 41 s, 12 min, 5 h or 3 days."""
    for size, unit in ((24 * 3600, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


# ---- Coming and going ----


def check_word(word):
    """Raises WrongWord if the club has a word and this is not it."""
    if CLUB_WORD and not secrets.compare_digest((word or "").encode(), CLUB_WORD.encode()):
        raise WrongWord("To join, send the club word as the key word. Your club leader knows it.", "mocean")


def knock(known):
    """Raises TooFast or Banned if nobody new may come from this address, or from this browser, whose id is known."""
    if gate:
        gate.count_join(visitor(), ocean.now)
    ocean.need_no_ban(f"address {visitor()}")
    ocean.need_no_ban(f"id {known}")


@app.get("/join", instead="mocean" if CLUB_WORD else "join", then="speed heading look sendchat")
def join(name, id=None, word=None):
    """Come aboard with a name of your own. With your id, come back to your ship."""
    known = cookie("id")
    id = id or (known if ocean.belongs(known, name) else None)
    if not id:
        knock(known)
    check_word(word)
    sailor = ocean.join(name, id)
    be_at_home(sailor)
    remember(sailor)
    welcome = f"Welcome aboard, {sailor.name}! Your id is {sailor.id}: write it down, and keep it secret."
    return {"reply": welcome, "name": sailor.name, "id": sailor.id, **ocean.location(sailor)}


@app.get("/quit", instead="mocean", then="join mocean")
def quit(id):
    """Leave the game for good: your ship goes, and your name is free for others."""
    name = ocean.quit(id)
    if cookie("id") == id:
        forget()
    return dict(reply=f"Goodbye, {name}! Your voyage has ended.", name=name)


@app.get("/who", then="sendchat map")
def who():
    """Show who is sailing: all who asked for something in the last 15 minutes, and the robot."""
    names = ocean.who()
    return dict(reply=f"Aboard now: {len(names)}.", count=len(names), sailors=names)


# ---- Talking ----


@app.get("/sendchat", then="sendchat popchat who")
def sendchat(sailor, message, name=None):
    """Say something to everyone, or with a name to one sailor; your club leader can read it. The robot Clem answers."""
    number, reached, full = ocean.send(sailor, message, name)
    note = f" Mailboxes that are full: {full}." if full else ""
    return dict(reply=f"Sent as message {number}. Mailboxes reached: {reached}.{note}", number=number, reached=reached)


@app.get("/popchat", then="popchat sendchat")
def popchat(sailor, after=None):
    """Take the oldest message out of your mailbox. With after, forget all up to that number and show the next one."""
    message, waiting = ocean.pop(sailor, after)
    sentence = f"{message.sender} says: {message.message}" if message.number else "There is no message for you."
    return dict(reply=sentence, **message._asdict(), waiting=waiting)


# ---- Sailing ----


def located(sailor, order=""):
    """The reply to all that asks for or changes a ship's place and course."""
    facts = ocean.location(sailor)
    sentence = "You are at x {x:.1f}, y {y:.1f}, depth {depth:.1f}. Heading {heading:.0f}, speed {speed:.1f}."
    return {"reply": order + sentence.format(**facts), **facts}


@app.get("/location", then="speed heading accel look")
def location(sailor):
    """Show your ship. Its status adds up: 1 chat waits, 2 a ship is in sight, 4 treasure is in reach, 8 under water."""
    return located(sailor)


@app.get("/velocity", then="speed heading location")
def velocity(sailor):
    """Show how fast your ship moves to the east (vx) and to the north (vy)."""
    vx, vy = ocean.velocity(sailor)
    facts = ocean.location(sailor)
    return dict(
        reply=f"You move {vx:.2f} m/s to the east and {vy:.2f} m/s to the north.",
        vx=round(vx, 3),
        vy=round(vy, 3),
        **{name: facts[name] for name in ("heading", "speed", "time")},
    )


@app.get("/heading", then="speed heading location look")
def heading(sailor, degrees):
    """Turn your ship: 0 is north, 90 east, 180 south, 270 west."""
    ocean.turn(sailor, degrees)
    return located(sailor, "Turned. ")


@app.get("/speed", then="heading speed stop location ping")
def speed(sailor, speed):
    """Set your speed in metres a second: up to 40, and up to 5 under water."""
    ocean.set_speed(sailor, speed)
    return located(sailor, "New speed. ")


@app.get("/accel", then="accel location stop look")
def accel(sailor, ctrl):
    """Steer by key: w is 2 m/s faster, s is 2 m/s slower, a is 10 degrees to the left, d is 10 degrees to the right."""
    ocean.accelerate(sailor, ctrl)
    return located(sailor)


@app.get("/stop", then="look ping dive speed")
def stop(sailor):
    """Stop your ship."""
    ocean.sail(sailor, speed=0.0)
    return located(sailor, "Stopped. ")


@app.get("/dive", then="look ping dive speed")
def dive(sailor, depth):
    """Dive to a depth in metres, or come up with 0. Under water the ship is slow."""
    ocean.dive(sailor, depth)
    return located(sailor, "Diving. " if depth else "On the surface. ")


# ---- Exploring ----


@app.get("/ping", then="ping dive location speed")
def ping(sailor):
    """Measure how deep the sea floor is under your ship. Where it rises, there is a seamount to discover."""
    seafloor, clearance, discovered = ocean.sound(sailor)
    news = f" You are the first to find the seamount {discovered.name}!" if discovered else ""
    return dict(
        reply=f"The sea floor is {seafloor:.1f} m down, {clearance:.1f} m below your keel.{news}",
        seafloor=round(seafloor, 2),
        clearance=round(clearance, 2),
    )


@app.get("/look", then="heading speed dive get")
def look(sailor):
    """Show the ships, treasure and known seamounts in sight, the nearest first."""
    things = ocean.look(sailor)
    return dict(reply=f"Things in sight: {len(things)}." if things else "You see only water.", things=things)


@app.get("/get", instead="look", then="inventory look")
def get(sailor, item):
    """Take a treasure that is within reach. Some treasure helps you."""
    item = ocean.get(sailor, item)
    news = "".join(f" Your {ability} is now {value}." for ability, value in TREASURES[item].items())
    if item not in sailor.items:
        news = " It was the last one! A new tide takes all treasure and hides it again."
    return dict(reply=f"You have the {item}.{news}", item=item)


@app.get("/inventory", then="look get")
def inventory(sailor):
    """Show what you hold."""
    return dict(reply=f"Things that you hold: {len(sailor.items)}.", items=sailor.items)


@app.get("/chart", then="map who")
def chart():
    """Show all ships on the surface, the discovered seamounts, and the last words to everyone: what a map needs."""
    return dict(reply="This is the chart of the ocean.", size=SIZE, time=round(ocean.now, 3), **ocean.chart())


@app.get("/map", view="map", then="chart")
def map(follow=None):
    """Show the ocean as a live map, made for a projector. With follow, the view follows the ship of that name."""
    return dict(reply="The map is made for browsers: open it in one. Programs get what it shows by the route chart.")


@app.get("/favicon.ico", secret=True, skip=True)
@app.get("/robots.txt", secret=True, skip=True)
@app.get("/static/<name>", secret=True, skip=True)
def static(name=None):
    """Hand out a file that browsers ask for by themselves, or that pages are made with."""
    return pages.static(name or request.path[1:])


app.merge(steps.app)
if lock:
    for plugin in (Replies(KEYS), keep_logbook):
        harbour.app.install(plugin)
    app.merge(harbour.app)


# ---- Without uWSGI: python mocean.py ----


class PatientHandler(WSGIRequestHandler):
    """Browsers open connections before they have a question. Without a time-out, one would block this simple server."""

    timeout = 2

    def log_request(self, code="-", size="-"):
        self.log_message("%s %s %s", self.command, self.path.partition("?")[0], code)


if __name__ == "__main__":
    host, port = free_address()
    check_logbook()
    say_how_open()
    app.run(host=host, port=port, handler_class=PatientHandler, reloader=True)
