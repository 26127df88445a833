"""Mocean, the game server: each URL is a command, such as http://localhost:8080/join?name=ada

Here are the routes of the ocean game; those of the puzzles are in `steps.py` and join in below.

To add a route, write a function under `@app.get("/its-name")`. Its parameters are the keys of its URL, except for two:
`sailor` is the player who asks, and `ocean` the whole ocean. A key that is a number says so: `times: whole_number`. The
first line of its docstring is its entry in the rules at `/mocean`. It returns a dict with `reply`, a sentence for
people, and any fields for programs; or only a sentence.

`make run` starts it: uWSGI serves `application`, and takes over whatever you save, if that works. Without uWSGI,
`python mocean.py` does so too.
"""

import os
import sys

# uWSGI looks for modules where it was started, and that may be anywhere.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import badges
import lessons
import steps
from game.clem import CLEM
from game.ocean import ACCELERATE, FORETOLD, in_sight
from game.planet import SIZE, TREASURES
from game.soundings import SQUARE, rows, sounded
from game.words import count
from server import disk, local_name, startup, workshop
from server.clock import SteadyClock
from server.logbook import Logbook
from server.tracks import COLUMNS, MOST_ROWS, Tracks, as_text, folder_of
from server.version import with_commit
from web import development, metrics, openapi, python, session
from web.application import Application
from web.pages import Lines
from web.routes import SECRET_ID, App, moment, number, one_of, text, whole_number
from web.tables import as_table

VERSION = "0.4.0"
FULL_VERSION = with_commit(VERSION)

app = App()

# What the keys of the routes can be. One without an entry here is any text.
free_name = text("a name of your own, like ada", lambda ocean: ocean.free_name() if ocean else "ada")
club_word = text("the club word, which your club leader knows", "plank")
words = text("what you want to say, like hello", "hello")
message_number = whole_number("the number of the last message that you read, like 12", 0)
heading_degrees = number("a heading in degrees, like 90 for east", 90)
metres = number("a place in metres, like 412.5", 412.5)
metres_a_second = number("a speed in metres a second, like 4.5", 4.5)
metres_deep = number("a depth in metres, like 2.5", 2.5)
control = one_of(*ACCELERATE, what="w (faster), s (slower), a (left) or d (right)")
treasure = text("the name of a treasure, like pearl", "pearl")
times = one_of("1", "5", "20", "60", what="how many times as fast: 1, 5, 20 or 60")
past_moment = moment(moment.what, lambda ocean: as_text(ocean.now) if ocean else moment.example)
ship_name = text("the name of a ship, like Clem", CLEM)


# ---- Front doors ----


@app.get("/", view="door")
def front_door(ocean, request):
    """Show where to start, and who is sailing."""
    if request.app.settings.word:
        start = "With the club word you can join: /join?name=YOUR-NAME&word=CLUB-WORD"
    else:
        start = "Anybody may join: /join?name=YOUR-NAME"
    words = [
        f"Welcome! Steps is a game of {len(steps.PUZZLES)} puzzles: start with /begin.",
        f"Mocean is an ocean with many ships. {start}",
        request.app.logbook.notice,
    ]
    return dict(
        reply=" ".join(filter(None, words)),
        steps="/steps",
        mocean="/mocean",
        sailors=ocean.who(),
        news=[news for _, news, *_ in ocean.world.news[::-1]],
    )


@app.get("/mocean", view="rules", shared=True)
def rules(request):
    """Show these rules. They are also at /openapi.json, in the form of OpenAPI."""
    return dict(
        reply="Mocean is a small ocean planet. Join with a name, sail, talk, dive, and find what there is to find. "
        "Be kind: your club leader can read all chat, also messages to one sailor.",
        routes=request.app.rules(request),
    )


@app.get("/openapi.json", secret=True, shared=True)
def rules_for_programs(request, ocean):
    """Hand out the rules as a file in the form of OpenAPI."""
    return openapi.as_file(openapi.document(request.app.public_routes(), ocean, "Mocean", VERSION))


@app.get("/status", then="who chart")
def status(ocean, request):
    """Show how many seconds the server has been up, and how many sailors are here."""
    return dict(
        reply=state(ocean, request.app),
        version=FULL_VERSION,
        boot=request.app.logbook.boot,
        uptime=round(ocean.now - request.app.began, 3),
        sailors=len(ocean.who()),
        time=round(ocean.now, 3),
    )


@app.get("/health", then="status", secret=True, head=True, patient=True, who=metrics.as_monitor)
def health(ocean, request):
    """Show whether players can play, for programs that watch the server. If they can't, this fails and says why."""
    request.app.logbook.test_write(ocean)
    return dict(reply=state(ocean, request.app), version=FULL_VERSION)


@app.get("/metrics", secret=True, head=True, patient=True, who=metrics.as_insider)
def numbers(request):
    """Hand out numbers about the server, in the form that Prometheus reads."""
    return metrics.as_file(request, disk.look_at(request.app.logbook.file))


def state(ocean, app):
    """How the game is, and what the club's leader should know."""
    uptime, sailing = ocean.now - app.began, len(ocean.awake_sailors())
    asleep, left = len(ocean.crew.by_id) - sailing, len(ocean.treasures)
    game = f"{count(sailing, 'ship')} sailing, {asleep} asleep, {in_words(uptime)} without a restart, "
    news = [
        f"{game}{count(left, 'treasure')} left.",
        "The ocean is paused." if ocean.world.paused else "",
        f"Eyes up: “{ocean.world.eyes}”." if ocean.world.eyes else "",
        lessons.in_words(ocean.world.lesson),
        app.logbook.news,
    ]
    return " ".join(filter(None, news))


def in_words(seconds):
    """A span of time for people: 41 s, 12 min, 5 h or 3 days."""
    for size, unit in ((24 * 3600, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


# ---- Coming and going ----


@app.get("/join", then="speed heading look sendchat")
def join(request, name: free_name, id: SECRET_ID = None, word: club_word = None):
    """Join with a name of your own. With your id too, you come back to your ship."""
    sailor = session.join(request, name, id, word)
    welcome = f"Welcome aboard, {sailor.name}! Your id is {sailor.id}: write it down, and keep it secret."
    return {"reply": welcome, "name": sailor.name, "id": sailor.id, **request.ocean.location(sailor)}


@app.get("/quit", instead="mocean", then="join mocean")
def quit(request, id: SECRET_ID):
    """End your voyage: your ship is gone then, and your name is free for others."""
    name = session.quit(request, id)
    return dict(reply=f"Goodbye, {name}! Your voyage has ended.", name=name)


@app.get("/who", then="sendchat map", shared=True)
def who(ocean):
    """Show who is here: the robot, and all sailors who are awake."""
    names = ocean.who()
    return dict(reply=f"Aboard now: {len(names)}.", count=len(names), sailors=names)


# ---- Talking ----


@app.get("/sendchat", then="sendchat popchat who")
def sendchat(ocean, sailor, message: words, name=None):
    """Say something to everyone, or with a name to one sailor. Your club leader can read it. The robot Clem answers."""
    number, reached = ocean.send(sailor, message, name)
    return dict(reply=f"Sent as message {number}. Mailboxes reached: {reached}.", number=number, reached=reached)


@app.get("/popchat", view="chat", then="popchat sendchat")
def popchat(ocean, sailor, after: message_number = None):
    """Take the oldest message out of your mailbox. With after, remove all up to that number and show the next one."""
    message, waiting = ocean.mail.pop(sailor, after)
    sentence = f"{message.sender} says: {message.message}" if message.number else "There is no message for you."
    return dict(reply=sentence, **message._asdict(), waiting=waiting)


# ---- Sailing ----


def located(ocean, sailor, order=""):
    """The reply to all that asks for or changes a ship's place and course."""
    ship = ocean.location(sailor)
    place = f"You are at x {ship['x']:.1f}, y {ship['y']:.1f}, depth {ship['depth']:.1f}."
    course = f"Heading {ship['heading']:.0f}, speed {ship['speed']:.1f}."
    return {"reply": f"{order}{place} {course}", **ship}


@app.get("/location", then="speed heading accel look")
def location(ocean, sailor):
    """Show your ship. Its status adds up 1 chat, 2 ship, 4 treasure in reach, 8 under water, 16 paused, 32 eyes up."""
    return located(ocean, sailor)


@app.get("/foretell", then="location foretell heading speed")
def foretell(ocean, sailor, x: metres = None, y: metres = None):
    """Tell where your ship will be in a minute. Ask again without x and y after that, to see how right you were."""
    if x is not None and y is not None:
        due = ocean.foretell(sailor, x, y)
        return dict(reply=f"Noted: in {FORETOLD} s you will be at x {x:g}, y {y:g}.", due=round(due, 3))
    sentence, off = ocean.foretold(sailor)
    return dict(reply=sentence, off=off)


@app.get("/velocity", then="speed heading location")
def velocity(ocean, sailor):
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
def heading(ocean, sailor, degrees: heading_degrees):
    """Turn your ship: 0 is north, 90 east, 180 south, 270 west."""
    ocean.turn(sailor, degrees)
    return located(ocean, sailor, "Turned. ")


@app.get("/speed", then="heading speed stop location ping")
def speed(ocean, sailor, speed: metres_a_second):
    """Set your speed in metres a second. Under water your ship is slower."""
    ocean.set_speed(sailor, speed)
    return located(ocean, sailor, "New speed. ")


@app.get("/accel", then="accel location stop look")
def accel(ocean, sailor, ctrl: control):
    """Steer with one letter. w and s change your speed by 2 m/s. a and d turn you by 10 degrees."""
    ocean.accelerate(sailor, ctrl)
    return located(ocean, sailor)


@app.get("/stop", then="look ping dive speed")
def stop(ocean, sailor):
    """Stop your ship."""
    ocean.sail(sailor, speed=0.0)
    return located(ocean, sailor, "Stopped. ")


@app.get("/dive", then="look ping dive speed")
def dive(ocean, sailor, depth: metres_deep):
    """Dive to a depth in metres, or come up with 0. Under water the ship is slow."""
    ocean.dive(sailor, depth)
    return located(ocean, sailor, "Diving. " if depth else "On the surface. ")


# ---- Exploring ----


@app.get("/ping", then="ping dive location speed")
def ping(ocean, sailor):
    """Measure how deep the sea floor is under your ship. Where it rises, climb: a seamount is found at its summit."""
    seafloor, clearance, discovered = ocean.sound(sailor)
    news = f"You are the first on the summit of {discovered.name}!" if discovered else ocean.slope(sailor)
    return dict(
        reply=f"The sea floor is {seafloor:.1f} m down, {clearance:.1f} m below your ship. {news}".strip(),
        seafloor=round(seafloor, 2),
        clearance=round(clearance, 2),
    )


@app.get("/look", then="heading speed dive get")
def look(ocean, sailor):
    """Show the ships, treasure and known seamounts in sight, the nearest first."""
    things = ocean.look(sailor)
    return dict(reply=in_sight(things, ocean.depth(sailor)), things=things)


@app.get("/get", instead="look", then="inventory look")
def get(ocean, sailor, item: treasure):
    """Take a treasure that is within reach. Some treasure helps you."""
    item = ocean.get(sailor, item)
    news = "".join(f" Your {ability} is now {value}." for ability, value in TREASURES[item].items())
    if item not in sailor.items:
        news = " It was the last one! A new tide takes all treasure and hides it again."
    return dict(reply=f"You have the {item}.{news}", item=item)


@app.get("/inventory", then="look get")
def inventory(sailor):
    """Show the treasure that you have."""
    return dict(reply=f"You have {count(len(sailor.items), 'treasure')}.", items=[*sailor.items])


@app.get("/seasons", then="chart map", shared=True)
def seasons(ocean):
    """Show who discovered seamounts and raised treasure, in this season and in those before."""
    honours = ocean.book.honours() or "Nothing is found yet."
    return dict(reply=f"This is season {ocean.world.season}. {honours}", seasons=ocean.book.seasons(ocean.now))


@app.get("/chart", then="map who", shared=True)
def chart(ocean):
    """Show what a map needs: ships on the surface, found seamounts, and the last messages to everyone."""
    facts = dict(size=SIZE, time=round(ocean.now, 3), **ocean.chart(), lesson=lessons.in_words(ocean.world.lesson))
    return dict(reply="This is the chart of the ocean.", **facts)


@app.get("/tracks", then="tracks tracks.csv map", shared=True)
def tracks(request, ocean, from_: moment = None, to: moment = None, name=None):
    """Show how ships sailed: a leg is valid until the ship's next one. Without from, show the hours that are kept."""
    if from_ is None:
        hours = request.app.logbook.tracks.hours()
        return dict(reply=f"Hours in which ships sailed: {len(hours)}. Send a moment as from.", hours=hours)
    found = request.app.logbook.tracks.find(ocean, from_, to, name)
    more = "" if found["next"] is None else " There is more: send next as from."
    return dict(reply=f"Legs of voyages: {len(found['tracks'])}.{more}", **found)


@app.get("/tracks.csv", secret=True, instead="tracks")
def tracks_as_file(request, ocean, from_: past_moment, to: moment = None, name=None):
    """Hand out how the ships sailed, as a table for a spreadsheet."""
    found = request.app.logbook.tracks.find(ocean, from_, to, name, MOST_ROWS)
    return as_table(found["tracks"], COLUMNS)


@app.get("/soundings", then="ping chart map", shared=True)
def soundings(ocean):
    """Show how deep the sea is where it was sounded, in metres. Letters stand for more: a is 10, z 35, A 36."""
    known = ocean.world.soundings
    reply = f"{sounded(known)} of {len(known)} squares are sounded. North is up."
    return dict(reply=reply, size=SIZE, square=SQUARE, sounded=sounded(known), rows=Lines(rows(known)))


@app.get("/ship", then="ship chart map")
def ship(ocean, name: ship_name):
    """Show what all may know of a ship: its badges, its finds, and the last route that it asked."""
    facts = ocean.ship(name)
    badges, found, has = (count(len(facts[fact]), fact[:-1]) for fact in ("badges", "seamounts", "treasures"))
    return dict(reply=f"{facts['name']} has {badges}, found {found} in this season, and has {has} aboard.", **facts)


@app.get("/map", view="map", then="chart tracks")
def map(follow: ship_name = None, from_: moment = None, speed: times = None):
    """Show a live map of the ocean. With follow, it moves with that ship. With from, it plays what was sailed."""
    return dict(reply="The map works in a browser. A program gets the same facts from the route chart.")


@app.get("/helm", view="helm", then="location map")
def helm():
    """Steer your ship in a browser with keys and buttons. Each press shows the URL that it sends."""
    return dict(reply="The helm works in a browser. A program steers with the routes accel, dive and ping.")


# ---- Put together ----


def build(settings, clock=None):
    """The game, as a WSGI application. Each has an ocean of its own."""
    tracks = Tracks(folder_of(settings.logbook), settings.tracks_days, settings.tracks_size)
    logbook = Logbook(settings.logbook, settings.sync, tracks)
    parts, clock = [app, steps.app, badges.app, python.app], clock or SteadyClock()
    return Application(
        settings,
        logbook,
        parts,
        clock,
        startup.silent_closing(),
        badges.BADGES,
        lessons.LESSONS,
        startup.saved_problem if startup.WORKSHOP else None,
        local_name.ways_in,
    )


application = build(startup.read_settings(os.environ))

if __name__ == "__main__" and not startup.WORKSHOP:
    workshop.serve(application.settings)  # by other processes, which end before this one
if __name__ == "__main__" or startup.uwsgi:
    startup.check(application.settings, application.logbook)
    startup.let_sleep(application)
if __name__ == "__main__":
    development.serve(application)
