"""The largest logbook that the limits allow: a server that starts with it stays well within the memory of its unit."""

import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import islice, product
from pathlib import Path
from threading import Thread
from time import time

import pytest

from game.errors import MailboxFull, OceanFull
from game.mail import BROADCASTS, MAILBOX, MOST_LETTERS
from game.ocean import Ocean
from game.sailors import MOST_HOMES, MOST_KEPT, NAP
from server.logbook import DAY, Logbook
from tests.conftest import ROOT, Server
from web.activity import LAST, LONGEST, LONGEST_ERROR, Notes

MEMORY_MAX = int(re.search(r"^MemoryMax=(\d+)M$", (ROOT / "mocean.service").read_text(), re.MULTILINE)[1])
LETTERS = [chr(number) for number in range(0x10428, 0x10450)]  # of the alphabet Deseret: each takes 4 bytes
WORDS = "\N{GRINNING FACE}" * 200


def names():
    """Names of 16 letters of 4 bytes each."""
    return map("".join, product(LETTERS, repeat=16))


def fill(file, now):
    """Write a logbook until nothing more goes in. Returns the ocean."""
    ocean, logbook = Ocean(most_awake=2 * MOST_KEPT), Logbook(str(file))
    ocean.now = now
    logbook.read(ocean, now)
    sailors = [ocean.join(name) for name in islice(names(), MOST_KEPT)]
    assert len(ocean.crew.by_id) == len(ocean.crew.by_name) == len({sailor.id for sailor in sailors}) == MOST_KEPT
    with pytest.raises(OceanFull):
        ocean.join("ada")
    for sailor in sailors:
        ocean.sail(sailor, x=100 / 3, y=200 / 3, heading=300 / 7, speed=20 / 3, depth=10 / 3)
    for sailor in sailors[:BROADCASTS]:
        ocean.send(sailor, WORDS)
    for number, sailor in enumerate(sailors):  # each has missed as many of the broadcasts as one can miss
        sailor.missed = tuple(message.number for message, _ in islice(ocean.mail.broadcasts, 1, None))
        for home in range(MOST_HOMES):
            sailor.note_home(f"2001:db8:{number:x}:{home:x}000::/64")
    for number in range(MOST_LETTERS):  # one each, and again: `post` would look into all mailboxes each time
        sender, receiver = sailors[number // MAILBOX], sailors[number % MOST_KEPT]
        ocean.mail.boxes[receiver.id].append(ocean.mail.number(sender.name, WORDS, now, receiver.name))
    ocean.mail.journal = ocean.mail.entries()
    with pytest.raises(MailboxFull):
        ocean.mail.post("ada", WORDS, now, sailors[0])
    notes = Notes(asked=[(WORDS[:LONGEST], WORDS[:LONGEST_ERROR], int(now) + n) for n in range(LAST)]).as_text()
    for sailor in sailors:
        ocean.crew.note_seen(sailor.id, notes)
    for sailor in sailors[:1000]:
        ocean.bans.add(365 * DAY, now, f"name {sailor.name}", f"id {sailor.id}", f"address {sailor.id}")
    logbook.write(ocean)
    logbook.close()
    return ocean


def memory_of(server):
    """Megabytes of all processes of a server, what they share counted once."""
    session = str(server.process.pid)
    stats = [path for path in Path("/proc").glob("[0-9]*/stat") if belongs(path, session)]
    rollups = [(path.parent / "smaps_rollup").read_text() for path in stats]
    return sum(int(re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)[1]) for text in rollups) / 1024


def belongs(stat, session):
    try:
        return stat.read_text().rpartition(")")[2].split()[3] == session
    except OSError:  # it has ended meanwhile
        return False


def test_a_server_full_of_ships_and_letters_stays_within_the_memory_of_its_unit(tmp_path):
    """With the watchdog too, as under systemd."""
    file, notify = tmp_path / "logbook.sqlite3", tmp_path / "notify"
    # In a process of its own, so that this one, which has seen many tests, has no part in it.
    program = f"from tests.test_largest import fill; fill({str(file)!r}, now={time() - 2 * NAP})"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=300)
    one, another = islice(names(), 2)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM mail").fetchone()[0] == MOST_LETTERS
        (id,) = connection.execute("SELECT id FROM sailors WHERE json_extract(facts, '$.name') = ?", [one]).fetchone()
    server = Server(MOCEAN_LOGBOOK=str(file), NOTIFY_SOCKET=str(notify), MOCEAN_HARBOUR_KEY="a key of the sea")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(notify))
        Thread(target=lambda: [*iter(lambda: systemd.recv(1000), b"the end")], daemon=True).start()
        try:
            server.start(tmp_path / "log")
            used = {"after the first request": memory_of(server)}
            for route in ("stop", "popchat", "look", "location"):
                assert server.json(route, id=id)["ok"]
            assert server.json("sendchat", id=id, name=another, message=WORDS)["ok"]
            used["after some more"] = memory_of(server)
            assert server.json("harbour/erase", name=another, sure="yes", key="a key of the sea")["ok"]
            used["after one was erased"] = memory_of(server)
        finally:
            server.kill()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"the end", str(notify))
    print(f"{file.stat().st_size / 2**20:.0f} MB of file, and of memory {used}")
    assert max(used.values()) < 0.8 * MEMORY_MAX
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM mail").fetchone()[0] <= MOST_LETTERS
