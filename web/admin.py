"""The admin: what the club's leader can see and do, at http://localhost:8080/harbour

The routes exist only if MOCEAN_HARBOUR_KEY is set. A browser asks for that key once, and remembers that it had it. A
program sends it with each request, as `key` or in the header X-Harbour-Key. In a terminal on the computer of the server
it is `python -m server.harbour`.

A route here is like any other, but none of them is reached without the key: see `Application.__init__`.
"""

import hmac
import logging
from collections import OrderedDict, deque
from urllib.parse import unquote, urlencode

from bottle import Bottle, HTTPResponse

from game.errors import Cannot
from game.moderation import HARBOUR, LONGEST_BAN, look_alike, mentions
from web.errors import MissingKey, WrongKey
from web.routes import number, one_of

FORMS = (  # what the page of the harbour goes on with
    "harbour/say harbour/mute harbour/unmute harbour/ashore harbour/ban harbour/clear harbour/newid harbour/erase "
    "harbour/pause harbour/resume harbour/tide harbour/season harbour/lock "
    "harbour/cards"
)
MOST_OBSERVED = 1000  # sailors whose requests and errors are remembered
minutes_long = number(f"a number of minutes, like 60, at most {LONGEST_BAN // 60}", 60)

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
            request.remember("key", self.token, path="/harbour")
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
    url = request.path + ("?" + urlencode(request.sent) if request.sent else "")
    return HTTPResponse(status=303, headers={"Location": url, "Cache-Control": "no-store"})


# ---- What the leader sees ----


class Activity:
    """Counts what sailors ask, and keeps the errors they get, so that the leader sees who is stuck. In memory only."""

    def __init__(self):
        # By id: the minute, how many requests were in it and in the one before, and the network address.
        self.asked = OrderedDict()
        self.errors = {}  # by id: the last few, each as (when, route, problem)

    def note(self, sailor, now, address, route, problem=None):
        """Count a request, and keep the problem with it, if there was one."""
        minute = now // 60
        seen = self.asked.get(sailor.id)
        if not seen or seen[0] != minute:
            before = seen[1] if seen and seen[0] == minute - 1 else 0
            seen = self.asked[sailor.id] = [minute, 0, before, address]
            self.asked.move_to_end(sailor.id)
            if len(self.asked) > MOST_OBSERVED:
                self.errors.pop(self.asked.popitem(last=False)[0], None)
        seen[1] += 1
        seen[3] = address
        if problem:
            self.errors.setdefault(sailor.id, deque(maxlen=3)).append((now, route, str(problem)))

    def erase(self, name, sailor=None):
        """Forget a sailor, and the errors of others in which the name stands."""
        if sailor:
            self.asked.pop(sailor.id, None)
            self.errors.pop(sailor.id, None)
        for errors in self.errors.values():
            for error in [error for error in errors if mentions(error[2], name)]:
                errors.remove(error)

    def address(self, sailor):
        """Where the last request came from, or None."""
        return self.asked[sailor.id][3] if sailor.id in self.asked else None

    def a_minute(self, sailor, now):
        """About how many requests came in the last 60 seconds."""
        minute, count, before, _ = self.asked.get(sailor.id, (0, 0, 0, None))
        passed = now / 60 - minute
        return round(count + before * (1 - passed) if passed < 1 else count * max(0.0, 2 - passed))

    def last_errors(self, sailor, now):
        """The last errors of a sailor in words, the newest first."""
        errors = reversed(self.errors.get(sailor.id, ()))
        return " / ".join(f"{now - when:.0f} s ago at {route}: {sentence}" for when, route, sentence in errors)


@app.get("/harbour", secret=True, then=FORMS)
def harbour(ocean, request):
    """Show who is aboard, who is stuck, and what was said."""
    sailors = sorted(ocean.awake_sailors(), key=lambda sailor: look_alike(sailor.name))
    state = f"The ocean is {'paused' if ocean.world.paused else 'open'}. Aboard: {len(sailors)}."
    return dict(
        reply=f"{state} {request.app.logbook.news}".strip(),
        paused=bool(ocean.world.paused),
        season=ocean.world.season,
        seed=ocean.world.seed,
        sailors=[observed(sailor, ocean.now, request.app.activity) for sailor in sailors],
        messages=[{**message._asdict(), "to": to} for message, to in ocean.mail.last_said],
        bans=lasting(ocean.bans, ocean.now),
        mutes=lasting(ocean.mutes, ocean.now),  # of those who have gone
        commands=[command(route) for route in request.app.routes.values() if route.guard],
    )


def lasting(bans, now):
    """What the leader sees of bans or mutes."""
    return [{"who": who, "minutes": round(left / 60, 1)} for who, left in bans.left(now)]


def observed(sailor, now, activity):
    """What the leader sees of a sailor."""
    return {
        "name": sailor.name,
        "heard": f"{now - sailor.heard:.0f} s ago",
        "requests_a_minute": activity.a_minute(sailor, now),
        "address": activity.address(sailor) or next(iter(sailor.homes), None),
        "muted": sailor.muted,
        "errors": activity.last_errors(sailor, now),
    }


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
    home = request.app.activity.address(sailor) if address == "yes" else None
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
    request.app.activity.erase(name, ocean.erase(name))
    return logged("A sailor is erased. Only the log, and copies of the logbook, may still tell of that one.")


@app.get("/harbour/say", secret=True, then="harbour")
def say(ocean, message):
    """Say something to everyone, as Harbour."""
    reached = ocean.announce(ocean.moderator.proper_message(message), HARBOUR)[1]
    return dict(reply=logged(f"A message went to {reached} sailors."), reached=reached)


@app.get("/harbour/pause", secret=True, then="harbour")
def pause(ocean):
    """Let all ships stand still, and all sailors only look."""
    ocean.pause()
    return logged("The ocean is paused.")


@app.get("/harbour/resume", secret=True, then="harbour")
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
    request.forget("key", path="/harbour")
    return "This browser has forgotten the harbour key."


@app.get("/harbour/cards", secret=True, view="cards", then="harbour")
def cards(request):
    """Print cards for the children, with the address, the club word and the first URLs."""
    server = f"{'https' if request.is_https else 'http'}://{request.host}"
    keys = {"name": "YOUR-NAME", "word": request.app.settings.word}
    join = urlencode({name: value for name, value in keys.items() if value})
    return dict(
        reply=f"Print this page. The cards show the address by which you have opened it: {request.host}",
        urls=[f"{server}/begin", f"{server}/begin?message=7", f"{server}/join?{join}"],
        python=f"{server}/python",
    )
