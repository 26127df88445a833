"""Mocean, the game server: each URL is a command, such as http://localhost:8080/join?name=ada

Here are the routes of the ocean game; those of the puzzles are in `steps.py` and join in below.

To add a route, write a function under `@app.get("/its-name")`. Its parameters are the keys of its URL; a parameter
`sailor` is the player who asks. Its first line of text is its entry in the rules at `/mocean`. It returns a dict with
`reply`, a sentence for people, and any fields for programs; or only a sentence; or nothing.

`make run` starts it: uWSGI serves `application`. To try a change, `python mocean.py` is enough.
"""

import os
import secrets
import socket
import sys
from time import time
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler

from bottle import Bottle, request, response

# uWSGI looks for modules where it was started, and that may be anywhere.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import steps
from logbook import SYNC, Logbook, LogbookTrouble, default_file
from ocean import ACCELERATE, Ocean
from planet import SIZE, TREASURES
from replies import Key, Replies, cookie, number, one_of, refusal, sent, whole_number
from troubles import Trouble

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

VERSION = "0.1.0"
COOKIE_AGE = 60 * 24 * 3600  # seconds that a browser remembers an id


# ---- Starting up ----


def setting(name, default, read=str, kind="a text"):
    """What the environment says, or the default. Nonsense stops the start with a sentence."""
    text = os.environ.get(name, "").strip()
    try:
        return read(text) if text else default
    except ValueError:
        sys.exit(f"The setting {name} is {kind}, like {default}. It can't be “{text}”.")


def refuse_company():
    """Stop if several processes or threads would serve: each process would have an ocean of its own."""
    threads = int(uwsgi.opt.get("threads", 1)) if uwsgi else 1
    if uwsgi and (uwsgi.numproc > 1 or threads > 1):
        sys.exit(
            f"Mocean needs one uWSGI process with one thread, not {uwsgi.numproc} with {threads}: the ocean is in the "
            "memory of one process. Leave out the options processes, workers and threads."
        )


refuse_company()
CLUB_WORD = setting("MOCEAN_WORD", None)
MOST_AWAKE = setting("MOCEAN_MOST_AWAKE", 500, whole_number, "a whole number")
logbook = Logbook(
    setting("MOCEAN_LOGBOOK", default_file(os.environ)),
    setting("MOCEAN_SYNC", "normal", one_of(SYNC), "normal or full"),
)
ocean = None  # until the first request: uWSGI makes its worker, and each new one, from a program that has no ocean yet
began = None  # the time of that request


def check_logbook():
    """Stop if the logbook can't be used, before anybody plays."""
    try:
        logbook.check()
    except LogbookTrouble as trouble:
        sys.exit(f"Mocean can't start. {trouble}")


if uwsgi:
    check_logbook()

# What the parameters of the routes stand for. Others are plain texts.
KEYS = {
    "sailor": Key("your secret id: join tells you", read=lambda id: ocean.sailor(id), name="id", given_by="join"),
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
}

app = application = Bottle()


@app.hook("before_request")
def note_for_log():
    """Tell uWSGI's log what was asked: without the keys, which may be secret, and encoded, so that it is one line."""
    if uwsgi:
        uwsgi.set_logvar("asked", quote(f"{request.method[:10]} {request.path[:100]}", safe="/ "))


replies = Replies(KEYS)
app.install(replies)


@app.hook("before_request")
def begin_request():
    """Have an ocean, tell it the time, and wake who asks."""
    if not ocean:
        open_logbook()
    ocean.now = time()
    id = sent().get("id") or cookie("id")
    if id:
        ocean.hear(id)


def open_logbook():
    """Make the ocean what the logbook says."""
    global ocean, began
    try:
        began = began or time()
        ocean = logbook.read(Ocean(MOST_AWAKE), time())
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


# ---- Front doors ----


@app.get("/")
def front_door():
    """Show where to start, and who is sailing."""
    return dict(
        reply="Welcome! Here are two games. Steps has five puzzles: start with /begin. "
        "Mocean is an ocean with many ships: start with /join?name=YOUR-NAME",
        steps="/steps",
        mocean="/mocean",
        sailors=ocean.who(),
    )


@app.get("/mocean")
def rules():
    """Show these rules."""
    return dict(
        reply="Mocean is a small ocean planet. Join with a name, sail, talk, dive, and find what there is to find.",
        routes=replies.rules(),
    )


@app.get("/status")
def status():
    """Show how the server is: its version, how long it has been up (in seconds), and how many are sailing."""
    uptime, sailors = round(ocean.now - began, 3), len(ocean.who())
    return dict(
        reply=f"Up for {uptime:.0f} seconds, with {sailors} aboard. {logbook.news or 'All is well.'}",
        version=VERSION,
        boot=logbook.boot,
        uptime=uptime,
        sailors=sailors,
        time=round(ocean.now, 3),
    )


# ---- Coming and going ----


class WrongWord(Trouble):
    status, word = 403, "wrong-word"


def check_word(word):
    """Raises WrongWord if the club has a word and this is not it."""
    if CLUB_WORD and not secrets.compare_digest((word or "").encode(), CLUB_WORD.encode()):
        raise WrongWord("To join, send the club word as the key word. Your club leader knows it.", "mocean")


@app.get("/join", instead="mocean" if CLUB_WORD else "join")
def join(name, id=None, word=None):
    """Come aboard with a name of your own. With your id, come back to your ship."""
    check_word(word)
    known = cookie("id")
    sailor = ocean.join(name, id or (known if ocean.belongs(known, name) else None))
    response.set_cookie("id", sailor.id, path="/", max_age=COOKIE_AGE, httponly=True, samesite="strict")
    welcome = f"Welcome aboard, {sailor.name}! Your id is {sailor.id}: write it down, and keep it secret."
    return {"reply": welcome, "name": sailor.name, "id": sailor.id, **ocean.location(sailor)}


@app.get("/quit", instead="mocean")
def quit(id):
    """Leave the game for good: your ship goes, and your name is free for others."""
    name = ocean.quit(id)
    if cookie("id") == id:
        response.delete_cookie("id", path="/")
    return dict(reply=f"Goodbye, {name}! Your voyage has ended.", name=name)


@app.get("/who")
def who():
    """Show who is sailing: all who asked for something in the last 15 minutes, and the robot."""
    names = ocean.who()
    return dict(reply=f"Aboard now: {len(names)}.", count=len(names), sailors=names)


# ---- Talking ----


@app.get("/sendchat")
def sendchat(sailor, message, name=None):
    """Say something to everyone, or with a name to one sailor. The robot answers you: its name is Clem."""
    number, reached, full = ocean.send(sailor, message, name)
    note = f" Mailboxes that are full: {full}." if full else ""
    return dict(reply=f"Sent as message {number}. Mailboxes reached: {reached}.{note}", number=number, reached=reached)


@app.get("/popchat")
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


@app.get("/location")
def location(sailor):
    """Show your ship. Its status adds up: 1 chat waits, 2 a ship is in sight, 4 treasure is in reach, 8 under water."""
    return located(sailor)


@app.get("/velocity")
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


@app.get("/heading")
def heading(sailor, degrees):
    """Turn your ship: 0 is north, 90 east, 180 south, 270 west."""
    ocean.turn(sailor, degrees)
    return located(sailor, "Turned. ")


@app.get("/speed")
def speed(sailor, speed):
    """Set your speed in metres a second: up to 40, and up to 5 under water."""
    ocean.set_speed(sailor, speed)
    return located(sailor, "New speed. ")


@app.get("/accel")
def accel(sailor, ctrl):
    """Steer by key: w is 2 m/s faster, s is 2 m/s slower, a is 10 degrees to the left, d is 10 degrees to the right."""
    ocean.accelerate(sailor, ctrl)
    return located(sailor)


@app.get("/stop")
def stop(sailor):
    """Stop your ship."""
    ocean.sail(sailor, speed=0.0)
    return located(sailor, "Stopped. ")


@app.get("/dive")
def dive(sailor, depth):
    """Dive to a depth in metres, or come up with 0. Under water the ship is slow."""
    ocean.dive(sailor, depth)
    return located(sailor, "Diving. " if depth else "On the surface. ")


# ---- Exploring ----


@app.get("/ping")
def ping(sailor):
    """Measure how deep the sea floor is under your ship. Where it rises, there is a seamount to discover."""
    seafloor, clearance, discovered = ocean.sound(sailor)
    news = f" You are the first to find the seamount {discovered.name}!" if discovered else ""
    return dict(
        reply=f"The sea floor is {seafloor:.1f} m down, {clearance:.1f} m below your keel.{news}",
        seafloor=round(seafloor, 2),
        clearance=round(clearance, 2),
    )


@app.get("/look")
def look(sailor):
    """Show the ships, treasure and known seamounts in sight, the nearest first."""
    things = ocean.look(sailor)
    return dict(reply=f"Things in sight: {len(things)}." if things else "You see only water.", things=things)


@app.get("/get", instead="look")
def get(sailor, item):
    """Take a treasure that is within reach. Some treasure helps you."""
    item = ocean.get(sailor, item)
    news = "".join(f" Your {ability} is now {value}." for ability, value in TREASURES[item].items())
    if item not in sailor.items:
        news = " It was the last one! A new tide takes all treasure and hides it again."
    return dict(reply=f"You have the {item}.{news}", item=item)


@app.get("/inventory")
def inventory(sailor):
    """Show what you hold."""
    return dict(reply=f"Things that you hold: {len(sailor.items)}.", items=sailor.items)


@app.get("/chart")
def chart():
    """Show all ships on the surface, the discovered seamounts, and the last words to everyone: what a map needs."""
    return dict(reply="This is the chart of the ocean.", size=SIZE, time=round(ocean.now, 3), **ocean.chart())


app.merge(steps.app)


# ---- Without uWSGI: python mocean.py ----


def address():
    """The host and the port to serve at, from HOST and PORT. Stops with a sentence if they can't be had."""
    host, port = setting("HOST", "127.0.0.1"), setting("PORT", 8080, whole_number, "a whole number")
    try:
        socket.create_server((host, port)).close()
    except (OSError, OverflowError) as error:
        reason = str(error).partition(" (while")[0]
        sys.exit(f"Port {port} of {host} can't be used: {reason}. Try another one, like PORT={port % 65535 + 1}.")
    return host, port


class PatientHandler(WSGIRequestHandler):
    """Browsers open connections before they have a question. Without a time-out, one would block this simple server."""

    timeout = 2

    def log_request(self, code="-", size="-"):
        self.log_message("%s %s %s", self.command, self.path.partition("?")[0], code)


if __name__ == "__main__":
    host, port = address()
    check_logbook()
    app.run(host=host, port=port, handler_class=PatientHandler, reloader=True)
