"""The admin: what the club's leader can see and do, at http://localhost:8080/harbour

The routes exist only if MOCEAN_HARBOUR_KEY is set. A browser asks for that key once, and remembers that it had it. A
program sends it with each request, as `key` or in the header X-Harbour-Key. In a terminal on the computer of the server
it is `python -m server.harbour`.

A route here is like any other, but none of them is reached without the key: see `Application.__init__`.
"""

import hmac
import logging
from urllib.parse import unquote, urlencode

from bottle import Bottle, HTTPResponse

from game.errors import BadValue, Cannot
from game.moderation import HARBOUR, LONGEST_BAN
from game.words import count
from web.errors import MissingKey, WrongKey
from web.glance import at_a_glance, observed
from web.routes import number, one_of, text, whole_number
from web.tables import as_table

FORMS = (  # what the page of the harbour goes on with
    "harbour/say harbour/mute harbour/unmute harbour/ashore harbour/ban harbour/clear harbour/newid harbour/erase "
    "harbour/pause harbour/resume harbour/tide harbour/season harbour/lock "
    "harbour/cards"
)
FORMS_OF_ONE = "harbour/say harbour/newid harbour/mute harbour/unmute harbour/ashore harbour/ban"  # on that of a sailor
PATHS = ("/harbour", "/harbour.csv")  # for which a browser remembers the key
minutes_long = number(f"a number of minutes, like 60, at most {LONGEST_BAN // 60}", 60)
number_of_lesson = whole_number("the number of a lesson, like 2, or 0 for none", 1)
eyes_up = text("a sentence for all, like Look at me", "Look at me")

log = logging.getLogger(__name__)
app = Bottle()


# ---- The key ----


class Lock:
    """Opens to those who have the key, or the token that a browser gets instead. `limits` counts wrong keys."""

    def __init__(self, key, token, limits=None):
        self.key, self.token, self.limits = key, token, limits

    def open(self, request):
        """Let in whoever has sent the key or the token. Raises MissingKey, WrongKey, or TooFast after many wrong ones.

        The token can't be guessed, so nobody can lock out a browser that has it, nor the terminal.
        """
        typed = request.sent.pop("key", "").strip()  # no page shows it
        if typed and not request.is_program:
            raise without_key(request)
        # Other sites can't send this header, so theirs are no tries. The page sends it as it would stand in a URL.
        sent = unquote(request.environ.get("HTTP_X_HARBOUR_KEY", "")).strip() or typed
        if not (is_same(request.cookie("key"), self.token) or is_same(sent, self.token)):
            self.check_key(sent, request)
            for path in PATHS:
                request.remember("key", self.token, path)
        request.is_leader = True

    def check_key(self, key, request):
        """Raises MissingKey, WrongKey or TooFast."""
        if not key:
            raise MissingKey("The key “key” is missing. It is the harbour key, which the club leader has.", "")
        is_right = is_same(key, self.key)
        if self.limits:
            self.limits.count_key(request.address, is_right, request.ocean.now)
        if not is_right:
            raise WrongKey("This is not the harbour key. The club leader has it.", "")


def is_same(sent, secret):
    """True if what was sent is the secret. How long this takes tells nothing about the secret."""
    return hmac.compare_digest(sent.encode(), secret.encode())


def without_key(request):
    """The reply that lets a browser ask the same without the key: what was typed into a URL is on the screen that the
    class sees and in the browser's history, and any page can make a browser try keys. So there it isn't even looked at.
    """
    url = request.prefix + request.path + ("?" + urlencode(request.sent) if request.sent else "")
    return HTTPResponse(status=303, headers={"Location": url, "Cache-Control": "no-store"})


# ---- What the leader sees ----


@app.get("/harbour", view="harbour", glance=at_a_glance, secret=True, then=FORMS)
def harbour(ocean, request):
    """Show who is aboard, who needs help and why, and what was said."""
    world = ocean.world
    state = f"The ocean is {'paused' if world.paused else 'open'}. Aboard: {len(ocean.awake_sailors())}."
    return dict(
        reply=f"{state} {request.app.logbook.news}".strip(),
        paused=bool(world.paused),
        eyes=world.eyes,
        lesson=world.lesson,
        season=world.season,
        seed=world.seed,
        sailors=at_a_glance(request),
        messages=[{**message._asdict(), "to": to} for message, to in ocean.mail.last_said],
        bans=lasting(ocean.bans, ocean.now),
        mutes=lasting(ocean.mutes, ocean.now),  # of those who have gone
        commands=[command(route) for route in request.app.routes.values() if route.guard],
    )


@app.get("/harbour.csv", secret=True, instead="harbour")
def harbour_as_file(request):
    """Hand out what is known of everybody who has a ship, as a table for a spreadsheet."""
    rows = at_a_glance(request, everybody=True)
    return as_table(rows, [column for column in (rows or [{}])[0] if column != "address"])


@app.get("/harbour/sailor", view="sailor", secret=True, then=FORMS_OF_ONE, instead="harbour")
def about(ocean, request, name):
    """Show what a sailor asked last, and what you can do."""
    sailor = ocean.find(name)
    seen = observed(request, sailor)
    asked = [
        {"when": f"{ocean.now - one.when:.0f} s ago", "times": one.times, "asked": one.what, "error": one.error}
        for one in reversed(request.app.activity.of(sailor, ocean.crew).asked)
    ]
    return dict(reply=f"{sailor.name}: {seen['help'] or 'all is well.'}", **seen, asked=asked)


def lasting(bans, now):
    """What the leader sees of bans or mutes."""
    return [{"who": who, "minutes": round(left / 60, 1)} for who, left in bans.left(now)]


def command(route):
    """What the leader sees of a command."""
    return {"command": route.rule, "keys": ", ".join(route.names), "does": route.does}


# ---- What the leader can do ----


def logged(sentence):
    """Write into the log what the leader has done. Returns it, to be the reply."""
    log.info("Harbour: %s", sentence)
    return sentence


@app.get("/harbour/mute", secret=True, then="harbour", instead="harbour")
def mute(ocean, name):
    """Let a sailor say nothing until you unmute. If the sailor goes, name and browser stay mute for two weeks."""
    sailor = ocean.find(name)
    sailor.muted = True
    return logged(f"{sailor.name} is muted.")


@app.get("/harbour/unmute", secret=True, then="harbour", instead="harbour")
def unmute(ocean, name):
    """Let a sailor talk again, also one who has gone."""
    return logged(f"{ocean.unmute(name)} may talk.")


@app.get("/harbour/ashore", secret=True, then="harbour", instead="harbour")
def ashore(ocean, name):
    """End a voyage: the name is free, the treasure back in the sea."""
    sailor = ocean.find(name)
    ocean.send_ashore(sailor)
    return logged(f"{sailor.name} is ashore.")


@app.get("/harbour/ban", secret=True, then="harbour", instead="harbour")
def ban(ocean, request, name, minutes: minutes_long = 60.0, address: one_of("yes", "no") = "no"):
    """End a voyage, and keep the sailor out for some minutes. With address=yes, nobody new joins from that network."""
    sailor = ocean.find(name)
    home = request.app.activity.of(sailor, ocean.crew).address if address == "yes" else None
    ocean.ban(sailor, minutes * 60, *([f"address {home}"] if home else []))
    return logged(f"{sailor.name} is banned for {minutes:g} minutes{f', with the address {home}' if home else ''}.")


@app.get("/harbour/clear", secret=True, then="harbour", instead="harbour")
def clear(ocean, address, idle: one_of("yes", "no") = "no"):
    """End the voyages of all who came from a network address. With idle=yes, only of those who never did anything."""
    number = ocean.send_all_ashore(address, only_idle=idle == "yes")
    return logged(f"Voyages from {address} that have ended: {number}.")


@app.get("/harbour/unban", secret=True, then="harbour", instead="harbour")
def unban(ocean, name):
    """Take a ban back."""
    ocean.unban(name)
    return logged(f"{name} is welcome again.")


@app.get("/harbour/newid", secret=True, then="harbour", instead="harbour")
def newid(ocean, name):
    """Give another id to a sailor who has lost the old one."""
    sailor = ocean.give_new_id(name)
    return dict(reply=logged(f"{sailor.name} has a new id.") + f" It is {sailor.id}", name=sailor.name, id=sailor.id)


@app.get("/harbour/erase", secret=True, then="harbour", instead="harbour")
def erase(ocean, request, name, sure: one_of("no", "yes") = "no"):
    """Erase a sailor for ever, with all that was said by, to or about that one. It asks first whether you are sure."""
    if sure == "no":
        question = f"This erases all that is kept of {name[:40]}, for ever. If you are sure, send sure=yes too."
        raise Cannot(question, "harbour/erase", name=name, sure="yes")
    app = request.app
    ocean.erase(name, app.activity.erase(name, ocean.crew) + app.logbook.tracks.forget(name))
    return logged("A sailor is erased. Only the log, and copies of the logbook, may still tell of that one.")


@app.get("/harbour/say", secret=True, then="harbour")
def say(ocean, message, name=None):
    """Say something to everyone, as Harbour, or with a name to one sailor."""
    words = ocean.moderator.proper_message(message)
    if name:
        ocean.mail.post(HARBOUR, words, ocean.now, ocean.find(name))
    reached = 1 if name else ocean.announce(words, HARBOUR)[1]
    return dict(reply=logged(f"A message went to {count(reached, 'sailor')}."), reached=reached)


@app.get("/harbour/lesson", view="harbour", glance=at_a_glance, secret=True, then="harbour")
def lesson(ocean, request, number: number_of_lesson):
    """Begin a lesson, or with 0 end it: the map shows its task, and each page the next thing to try."""
    lessons = request.app.lessons
    if number and number not in lessons:
        raise BadValue(f"There is no lesson {number}. Send a number from 1 to {len(lessons)}, or 0 for no lesson.")
    ocean.begin_lesson(number)
    return logged(f"Lesson {number} has begun: {lessons[number].title}." if number else "There is no lesson now.")


@app.get("/harbour/eyes", view="harbour", glance=at_a_glance, secret=True, then="harbour")
def eyes(ocean, message: eyes_up = None):
    """Show a sentence on every page, and set the bit 32 in the status of all ships. Without a message, end that."""
    ocean.world.eyes = ocean.moderator.proper_message(message) if message else ""
    return logged("Eyes up! Every page shows your sentence." if message else "The pages are as before.")


@app.get("/harbour/pause", view="harbour", glance=at_a_glance, secret=True, then="harbour")
def pause(ocean):
    """Let all ships stand still, and all sailors only look."""
    ocean.pause()
    return logged("The ocean is paused.")


@app.get("/harbour/resume", view="harbour", glance=at_a_glance, secret=True, then="harbour")
def resume(ocean):
    """Go on after a pause."""
    ocean.resume()
    return logged("The ocean is open.")


@app.get("/harbour/tide", secret=True, then="harbour")
def tide(ocean):
    """Begin a new tide: all treasure is taken and hidden again."""
    ocean.turn_tide("The tide turns.")
    return logged(f"Tide {ocean.world.tide} has begun.")


@app.get("/harbour/season", secret=True, then="harbour seasons")
def season(ocean, sure: one_of("no", "yes") = "no"):
    """Begin a new season, with another sea; the book keeps who found what. It asks first whether you are sure."""
    if sure == "no":
        question = f"This ends season {ocean.world.season} for everybody. If you are sure, send sure=yes too."
        raise Cannot(question, "harbour/season", sure="yes")
    ocean.begin_season("")
    return logged(f"Season {ocean.world.season} has begun.")


@app.get("/harbour/lock", secret=True, then="harbour")
def lock(request):
    """Let this browser forget the key, on a computer that others use too."""
    for path in PATHS:
        request.forget("key", path)
    return "This browser has forgotten the harbour key."


@app.get("/harbour/cards", secret=True, view="cards", then="harbour")
def cards(request):
    """Print cards for the children, with the address, the club word and the first URLs."""
    keys = {"name": "YOUR-NAME", "word": request.app.settings.word}
    join = urlencode({name: value for name, value in keys.items() if value})
    return dict(
        reply=f"Print this page. The cards show the address by which you have opened it: {request.front_door}/",
        urls=[f"{request.front_door}/{way}" for way in ("begin", "begin?message=7", f"join?{join}")],
        python=f"{request.front_door}/python",
    )
