"""The harbour master: what the club's leader can see and do, at http://localhost:8080/harbour?key=THE-KEY

The routes exist only if MOCEAN_HARBOUR_KEY is set. A browser remembers that it sent the key; a program sends it with
each request. On the computer of the server the same commands work in a terminal, with the same setting:

    python harbour.py                    who is aboard, and what was said
    python harbour.py mute ada
    python harbour.py ban ada minutes=30
    python harbour.py say Please come back to shore!

A route here is like any other; its parameter `ocean` stands for the key. Who gives a command is not a sailor.

Words: a *token* is what a browser keeps instead of the key: from it nobody can work out the key.
"""

import hmac
import os
import sys
from collections import OrderedDict, deque
from datetime import datetime
from inspect import getdoc, signature
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from bottle import Bottle, HTTPResponse, request

from keys import sent
from manners import HARBOUR, look, proper_message
from replies import wanted_format
from settings import refuse_start, way_in
from troubles import Trouble

SHORTEST_KEY = 12  # characters
FORMS = (  # what the page of the harbour goes on with
    "harbour/say harbour/mute harbour/unmute harbour/ashore harbour/ban harbour/newid harbour/pause harbour/resume "
    "harbour/tide"
)
MOST_WATCHED = 1000  # sailors of whom the errors are remembered

app = Bottle()


# ---- The key ----


def proper_key(text):
    """The key from the settings. If it is too short the start is refused, without saying what it is."""
    if len(text) < SHORTEST_KEY:
        refuse_start(f"The setting MOCEAN_HARBOUR_KEY needs {SHORTEST_KEY} or more characters, not {len(text)}.")
    return text


class WrongKey(Trouble):
    status, word = 403, "wrong-key"


def token(key):
    """What shows that somebody has the key."""
    return hmac.new(key.encode(), b"harbour", "sha256").hexdigest()


class Lock:
    """Opens to those who have the key. `gate` counts the wrong ones, if there are limits."""

    def __init__(self, key, gate=None):
        self.key, self.token, self.gate = key.encode(), token(key), gate

    def open(self, text, address, now):
        """Let in who has sent the key or the token. Raises WrongKey, or TooFast after many wrong ones.

        The token can't be guessed, so nobody can lock the leader out by guessing. A browser gets it as a cookie, and is
        sent on to the same URL without the key: then the key is not on the screen that the class sees.
        """
        sent().pop("key", None)  # no page shows it
        if hmac.compare_digest(text.encode(), self.token.encode()):
            return
        if self.gate:
            self.gate.count_key(address, now)
        if not hmac.compare_digest(text.encode(), self.key):
            if self.gate:
                self.gate.count_key(address, now, is_wrong=True)
            raise WrongKey("This is not the harbour key. The club leader has it.", "")
        if wanted_format() == "page":
            answer = HTTPResponse(status=303, headers={"Location": without_key(), "Cache-Control": "no-store"})
            answer.set_cookie("key", self.token, path="/harbour", httponly=True, samesite="strict")
            raise answer


def without_key():
    """The path and the other keys of the URL that was asked."""
    return request.path + ("?" + urlencode(sent()) if sent() else "")


# ---- What the harbour master sees ----


class Watch:
    """Counts what sailors ask, and keeps the errors they get, so that the leader sees who is stuck. In memory only."""

    def __init__(self):
        # By id: the minute, how many requests were in it and in the one before, and the network address.
        self.asked = OrderedDict()
        self.errors = {}  # by id: the last few, each as (when, route, trouble)

    def note(self, sailor, now, address):
        """Count a request."""
        minute = now // 60
        seen = self.asked.get(sailor.id)
        if not seen or seen[0] != minute:
            before = seen[1] if seen and seen[0] == minute - 1 else 0
            seen = self.asked[sailor.id] = [minute, 0, before, address]
            self.asked.move_to_end(sailor.id)
            if len(self.asked) > MOST_WATCHED:
                self.errors.pop(self.asked.popitem(last=False)[0], None)
        seen[1] += 1
        seen[3] = address

    def note_error(self, sailor, now, route, trouble):
        """Keep an error of a sailor whose request has been counted."""
        self.errors.setdefault(sailor.id, deque(maxlen=3)).append((now, route, str(trouble)))

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


watch = Watch()


@app.get("/harbour", secret=True, then=FORMS)
def harbour(ocean):
    """Show who is aboard, who is stuck, and what was said."""
    return dict(
        reply=f"The ocean is {'paused' if ocean.paused else 'open'}. Aboard: {len(ocean.awake_sailors())}.",
        paused=bool(ocean.paused),
        sailors=[seen(sailor, ocean) for sailor in sorted(ocean.awake_sailors(), key=lambda sailor: look(sailor.name))],
        messages=[{**letter._asdict(), "to": to} for letter, to in ocean.last_said],
        bans=[{"who": who, "minutes": round(left / 60, 1)} for who, left in ocean.banned()],
        commands=[command(route) for route in app.routes],
    )


def seen(sailor, ocean):
    """What the leader sees of a sailor."""
    return {
        "name": sailor.name,
        "heard": f"{ocean.now - sailor.heard:.0f} s ago",
        "requests_a_minute": watch.a_minute(sailor, ocean.now),
        "address": watch.address(sailor),
        "muted": sailor.muted,
        "errors": watch.last_errors(sailor, ocean.now),
    }


def command(route):
    """What the leader sees of a command."""
    keys = [name for name in signature(route.callback).parameters if name != "ocean"]
    return {"command": route.rule, "keys": ", ".join(keys), "does": getdoc(route.callback).partition("\n")[0]}


# ---- What the harbour master can do ----


def note(sentence):
    """Write into the log, with the time, what the leader has done. Returns it, to be the reply."""
    print(f"{datetime.now():%Y-%m-%d %H:%M:%S} Harbour: {sentence}", flush=True)
    return sentence


@app.get("/harbour/mute", secret=True, then="harbour")
def mute(ocean, name):
    """Let a sailor say nothing until you unmute."""
    return note(f"{ocean.mute(name).name} is muted.")


@app.get("/harbour/unmute", secret=True, then="harbour")
def unmute(ocean, name):
    """Let a sailor talk again."""
    return note(f"{ocean.mute(name, False).name} may talk.")


@app.get("/harbour/ashore", secret=True, then="harbour")
def ashore(ocean, name):
    """End a voyage: the name is free, the treasure back in the sea."""
    sailor = ocean.find(name)
    ocean.send_ashore(sailor)
    return note(f"{sailor.name} is ashore.")


@app.get("/harbour/ban", secret=True, then="harbour")
def ban(ocean, name, minutes=60.0, address=None):
    """End a voyage, and keep the sailor out for some minutes. With address=yes, nobody new joins from that network."""
    sailor = ocean.find(name)
    home = watch.address(sailor) if (address or "no").lower() != "no" else None
    ocean.send_ashore(sailor)
    ocean.ban(minutes * 60, f"name {look(sailor.name)}", f"id {sailor.id}", *([f"address {home}"] if home else []))
    return note(f"{sailor.name} is banned for {minutes:g} minutes{', with the address ' + home if home else ''}.")


@app.get("/harbour/unban", secret=True, then="harbour")
def unban(ocean, name):
    """Take a ban back."""
    ocean.unban(f"name {look(name)}")
    return note(f"{name} is welcome again.")


@app.get("/harbour/newid", secret=True, then="harbour")
def newid(ocean, name):
    """Give another id to a sailor who has lost the old one."""
    sailor = ocean.give_new_id(name)
    return dict(reply=note(f"{sailor.name} has a new id.") + f" It is {sailor.id}", name=sailor.name, id=sailor.id)


@app.get("/harbour/say", secret=True, then="harbour")
def say(ocean, message):
    """Say something to everyone, as Harbour."""
    reached = ocean.tell_everyone(HARBOUR, proper_message(message))[1]
    return dict(reply=note(f"A message went to {reached} mailboxes."), reached=reached)


@app.get("/harbour/pause", secret=True, then="harbour")
def pause(ocean):
    """Let all ships stand still, and all sailors only look."""
    ocean.pause()
    return note("The ocean is paused.")


@app.get("/harbour/resume", secret=True, then="harbour")
def resume(ocean):
    """Go on after a pause."""
    ocean.resume()
    return note("The ocean is open.")


@app.get("/harbour/tide", secret=True, then="harbour")
def tide(ocean):
    """Begin a new tide: all treasure is taken and hidden again."""
    ocean.turn_tide("A new tide hides all treasure again!")
    return note(f"Tide {ocean.tide} has begun.")


# ---- In a terminal: python harbour.py COMMAND ----


def main(words):
    """Ask the server of this computer, and print its reply. Returns an error or None."""
    key = os.environ.get("MOCEAN_HARBOUR_KEY", "")
    if not key:
        return "Set MOCEAN_HARBOUR_KEY to the key that the server has."
    host, port = way_in()
    url = f"http://{host}:{port}{url_of(words)}"
    try:
        question = Request(url, headers={"Cookie": f"key={token(key)}"})
        print(build_opener(ProxyHandler({})).open(question, timeout=10).read().decode())
    except HTTPError as error:
        return error.read().decode()
    except URLError as error:
        return f"No server answers at {url.partition('?')[0]}: {error.reason}"


def url_of(words):
    """The path and keys of a command in words: `ban ada minutes=30` is /harbour/ban?name=ada&minutes=30."""
    if not words:
        return "/harbour"
    command, *rest = words
    keys = dict(word.split("=", 1) for word in rest if word.startswith(("minutes=", "address=")))
    text = " ".join(word for word in rest if word.partition("=")[0] not in keys)
    if text:
        keys["message" if command == "say" else "name"] = text
    return f"/harbour/{quote(command)}?{urlencode(keys)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
