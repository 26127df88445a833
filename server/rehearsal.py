"""The rehearsal: a new release plays for a moment, in a club's own conditions, while the club's server plays on.

The club's unit, with all that the admin has changed in it, runs the new program on a spare port, with the club's
settings and a copy of its logbook. There we do what players do: join, sail, talk, look around, and quit.
"""

import json
import re
import secrets
import shutil
import socket
import sqlite3
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import randrange
from urllib.parse import urlencode

from game.sailors import MOST_KEPT
from server import clubs
from server.commands import Failed, check_signals, systemctl, uninterrupted
from server.releases import PROGRAM
from server.settings import read_file

NAME = "mocean-rehearsal"
UNIT = Path(f"/run/systemd/system/{NAME}.service")
CHANGES = UNIT.with_name(f"{UNIT.name}.d")  # what `systemctl edit` has changed in the club's unit, and what we change
SETTINGS = clubs.settings_file(NAME)
LOGBOOK = clubs.STATE / NAME / "logbook.sqlite3"
PATIENCE = 15  # seconds to wait for a reply
OTHERS = re.compile(r"^(OnFailure=|Wants=mocean).*\n", re.MULTILINE)  # lines that name other units of ours


def rehearse(release, club):
    """Try a release as the server of a club. Raises Failed."""
    try:
        with stage(release, club):
            clubs.start(NAME)
            play(clubs.settings_of(NAME))
    except Failed as problem:
        raise Failed(f"{club}: {problem}") from None


# ---- The stage ----


@contextmanager
def stage(release, club):
    """A unit like the club's, with a release as its program and a copy of the club's logbook."""
    try:
        put_up(release, club)
        yield
    finally:
        with uninterrupted():
            strike()


def put_up(release, club):
    """Write all that a rehearsal needs."""
    UNIT.write_text(adapted((release / "mocean.service").read_text(), release))
    CHANGES.mkdir(exist_ok=True)
    drop_ins = map(Path, systemctl("show", "--value", "--property=DropInPaths", club).split())
    for drop_in in filter(Path.exists, drop_ins):  # systemd may not have heard yet that one is gone
        (CHANGES / drop_in.name).write_text(adapted(drop_in.read_text(), release))
    (CHANGES / "zz-rehearsal.conf").write_text("[Service]\nRestart=no\n")
    SETTINGS.touch(0o600)
    SETTINGS.write_text(changed_settings(clubs.settings_file(club)))
    LOGBOOK.parent.mkdir(mode=0o700, exist_ok=True)
    clubs.copy_logbook(club, LOGBOOK)
    make_room(LOGBOOK)
    systemctl("daemon-reload")


def strike():
    """Remove all that belongs to a rehearsal, also to one that was killed."""
    if not UNIT.exists():
        return
    clubs.stop(NAME)
    for folder in (LOGBOOK.parent, CHANGES):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (clubs.STATE.parent / NAME, SETTINGS, UNIT):
        file.unlink(missing_ok=True)
    systemctl("daemon-reload")


def adapted(text, release):
    """The text of a unit, for a rehearsal of a release."""
    return OTHERS.sub("", text).replace(str(PROGRAM), str(release))


def changed_settings(file):
    """What a club's file of settings says, except for what must be different in a rehearsal."""
    changes = {"HOST": "127.0.0.1", "PORT": spare_port(), "MOCEAN_LOGBOOK": LOGBOOK}
    # Whatever goes on in the ocean, there has to be room for us, and somebody who can end a pause.
    changes |= {"MOCEAN_LIMITS": "off", "MOCEAN_MOST_AWAKE": MOST_KEPT + 1, "MOCEAN_MOST_PER_ADDRESS": MOST_KEPT + 1}
    if not read_file(file).get("MOCEAN_HARBOUR_KEY"):
        changes["MOCEAN_HARBOUR_KEY"] = secrets.token_hex()
    lines = file.read_text().splitlines() if file.exists() else []
    kept = ["" if line.partition("=")[0].strip() in changes else line for line in lines]  # under the same numbers
    return "\n".join([*kept, *(f"{name}={value}" for name, value in changes.items())]) + "\n"


def spare_port():
    """A port of this computer that nobody uses, from a range in which no outgoing connection can take it meanwhile."""
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", randrange(20000, 32000))) as spare:
            return spare.getsockname()[1]


def make_room(logbook):
    """Take out what an ocean has of ships beyond one less than it can keep."""
    if logbook.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(logbook)) as connection, connection:
            too_many = f"SELECT id FROM sailors LIMIT -1 OFFSET {MOST_KEPT - 1}"
            connection.execute(f"DELETE FROM sailors WHERE id IN ({too_many})")


# ---- The play ----


def play(settings):
    """Play both games for a moment, as players do. Raises Failed, which says where the server fell short."""
    ask = Player(settings).ask
    ask("harbour/resume", harbour=True)  # the club's leader may have paused the ocean
    ask("begin", "solved", message=101)
    me = join(ask, settings.word)
    sailor = {"id": me["id"]}
    ask("heading", degrees=90, **sailor)
    ask("speed", speed=5, **sailor)
    ship = ask("location", "x", "y", "depth", "status", "time", **sailor)
    if (ship["heading"], ship["speed"]) != (90, 5):
        raise Failed(f"/location doesn't tell what /heading and /speed have set: {ship}")
    ask("ping", "seafloor", **sailor)
    ask("look", "things", **sailor)
    ask("sendchat", "number", message="ahoy", name=me["name"], **sailor)
    letter = ask("popchat", **sailor)
    if letter["message"] != "ahoy":
        raise Failed(f"/popchat doesn't bring what /sendchat has taken: {letter}")
    for route in ("who", "chart"):
        if me["name"] not in str(ask(route)["sailors"]):
            raise Failed(f"/{route} doesn't show who has just joined")
    ask("", as_page=True)
    ask("quit", **sailor)


def join(ask, word):
    """Join with a name that nobody has, and that fits the club. Returns the reply. Raises Failed."""
    word = {"word": word} if word else {}
    for _ in range(20):
        try:
            return ask("join", "id", name=f"guest{randrange(1000, 10_000)}", **word)
        except Refused as problem:
            refusal = problem
    raise refusal


class Refused(Failed):
    """What a server says to a mistake of ours."""


class Player:
    """Somebody who plays on this computer, at a network address that no ban names."""

    def __init__(self, settings):
        self.settings = settings
        self.home = f"127.{randrange(1, 255)}.{randrange(1, 255)}.{randrange(1, 255)}"

    def ask(self, route, *fields, as_page=False, harbour=False, **keys):
        """The reply to a request: a page, or a dict that has these fields. Raises Failed or Refused."""
        check_signals()
        try:
            status, text = self.get(f"/{route}?{urlencode(keys)}", as_page, harbour)
        except (OSError, HTTPException) as error:
            raise Failed(f"/{route} was not answered: {error or type(error).__name__}") from None
        if as_page and status == 200 and "</html>" in text:
            return text
        try:
            reply = json.loads(text)
            lost = {"reply", *fields} - reply.keys()
        except (ValueError, AttributeError):
            raise Failed(f"/{route} answered {status}: {text[:200]}") from None
        if status != 200:
            kind = Refused if status in (400, 409) else Failed
            raise kind(f"/{route} answered {status}: {reply.get('reply')}")
        if lost or reply["ok"] is not True:
            raise Failed(f"/{route} answered without {', '.join(lost) or 'ok'}: {text[:200]}")
        return reply

    def get(self, url, as_page, harbour):
        """The status and the text of the reply. Raises OSError or HTTPException."""
        headers = {"Accept": "text/html" if as_page else "application/json"}
        if harbour:
            headers["X-Harbour-Key"] = self.settings.harbour_token
        connection = HTTPConnection(*self.settings.way_in, timeout=PATIENCE, source_address=(self.home, 0))
        with closing(connection):
            connection.request("GET", url, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
