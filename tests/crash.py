"""Kill the real server again and again while it is played, and see that nothing is lost: python -m tests.crash KILLS

Each player keeps a list of what it was told. What it was not told, because the reply was lost with the server, may have
happened or not; what it was told must be true for ever, and may not be true twice.
"""

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

import requests

from game.planet import TREASURES
from tests.conftest import Server, copy_code, is_alive

PLAYERS = 4
PARTS = ["worker", "router", "master", "all"]

# A route that a student might add: to be where a treasure is, without sailing there for minutes.
END_OF_ROUTES = "# ---- Put together ----"
ROUTE = '''@app.get("/beam")
def beam(ocean, sailor, item):
    """Be where a treasure is."""
    place = ocean.treasures.get(item)
    if place:
        ocean.sail(sailor, x=place.x, y=place.y, depth=place.depth, speed=0.0)


'''


class Player(Thread):
    """Plays as fast as it can, and notes what it is told and what it finds wrong."""

    def __init__(self, server, number, ended):
        super().__init__()
        self.server, self.number, self.ended = server, number, ended
        self.random = random.Random(number)
        self.asked = self.told = self.lives = self.tried = self.last = 0
        self.sent, self.received, self.faults = [], [], []
        self.session = requests.Session()  # so connections are open when the server dies
        self.begin_life()

    def run(self):
        while not self.ended.is_set():
            self.random.choice([self.steer] * 4 + [self.chat] * 3 + [self.read] * 5 + [self.take] * 2)()
            if self.random.random() < 0.005:
                self.quit()

    # -- Asking

    def ask(self, route, **keys):
        """The reply, or None if it was lost."""
        self.asked += 1
        try:
            url = self.server.url + route
            reply = self.session.get(url, params={**keys, "format": "json"}, timeout=10).json()
        except (requests.RequestException, ValueError):
            time.sleep(0.01)
            return None
        self.told += 1
        return reply

    def insist(self, route, **keys):
        """The reply to something that is safe to ask again; None if the test ends first."""
        while not self.ended.is_set():
            reply = self.ask(route, **keys)
            if reply:
                self.expect(reply["ok"], route, reply)
                return reply
        return None

    def expect(self, truth, *what):
        if not truth:
            self.faults.append((self.name_now(), *what))

    # -- Playing

    def name_now(self):
        return f"player{self.number}-{self.lives}"

    def begin_life(self):
        """Join with a new name: if the reply is lost, nobody knows the id of the old one."""
        self.id, self.items, self.courses = None, [], [0]
        while not self.id and not self.ended.is_set():
            self.lives += 1
            reply = self.ask("join", name=self.name_now())
            self.id = reply["id"] if reply else None

    def steer(self):
        """The course is the last one that was acknowledged, or one that was asked for since."""
        degrees = self.random.randrange(360)
        self.courses.append(degrees)
        reply = self.ask("heading", id=self.id, degrees=degrees)
        if reply:
            self.expect(reply.get("heading") == degrees, "heading", degrees, reply)
            self.courses = [degrees]
        ship = self.insist("location", id=self.id)
        self.expect(not ship or ship.get("heading") in self.courses, "course", self.courses, ship)

    def chat(self):
        """Write to the reader of the next player, or to everyone: no reader ever quits or sleeps."""
        name = self.random.choice([f"reader{(self.number + 1) % PLAYERS}", None])
        self.tried += 1
        message = f"{self.number}:{self.tried}"
        reply = self.ask("sendchat", id=self.id, message=message, **({"name": name} if name else {}))
        if reply and reply["ok"]:
            self.sent.append((message, name))
        else:
            self.expect(not reply or reply["error"] == "mailbox-full", "sendchat", reply)

    def read(self):
        """Read all that waits for our reader, by `after`, so that a lost reply costs nothing."""
        letter = self.insist("popchat", id=self.reader, after=self.last)
        while letter and letter["number"]:
            self.last = letter["number"]
            self.received.append(letter["message"])
            letter = self.insist("popchat", id=self.reader, after=self.last)

    def take(self):
        """Take a treasure. Never the last one, so that there is no new tide."""
        item = self.random.choice([*TREASURES][1:])
        self.ask("beam", id=self.id, item=item)
        reply = self.ask("get", id=self.id, item=item)
        if reply and reply["ok"]:
            self.items.append(item)
        held = self.insist("inventory", id=self.id)
        self.expect(not held or set(self.items) <= set(held["items"]), "inventory", self.items, held)

    def quit(self):
        """Quitting twice is told apart by its error."""
        reply = None
        while not reply and not self.ended.is_set():
            reply = self.ask("quit", id=self.id)
        self.expect(not reply or reply["ok"] or reply["error"] == "unknown-id", "quit", reply)
        if reply:
            self.begin_life()


class Crash:
    """One run of the test. Afterwards `report` is a line for people, and `faults` lists what went wrong."""

    def __init__(self, folder, kills, seed=1):
        routes = copy_code(Path(folder)) / "mocean.py"
        routes.write_text(routes.read_text(encoding="utf-8").replace(END_OF_ROUTES, ROUTE + END_OF_ROUTES), "utf-8")
        self.log = Path(folder) / "log"
        self.server = Server(cwd=folder, MOCEAN_LIMITS="off", MOCEAN_LOGBOOK=str(Path(folder) / "logbook.sqlite3"))
        self.kills, self.random, self.times, self.faults = kills, random.Random(seed), [], []

    def run(self):
        self.server.start(self.log)
        try:
            self.play()
        finally:
            self.server.kill()
        return self

    def play(self):
        """Let players play while the server is killed again and again, and judge what they saw."""
        ended = Event()
        try:
            players = [Player(self.server, number, ended) for number in range(PLAYERS)]
            for player in players:
                player.reader = player.insist("join", name=f"reader{player.number}")["id"]
            for player in players:
                player.start()
            for _ in range(self.kills):
                time.sleep(self.random.uniform(0.05, 0.4))
                self.kill(self.random.choice(PARTS))
        finally:
            ended.set()
            for player in players:
                player.join()
        self.judge(players)

    def kill(self, part):
        """Kill a part of the server with -9, start the whole anew if the master is dead, and wait for an answer."""
        pids = self.server.pids()
        began = time.monotonic()
        for pid in pids.values() if part == "all" else [pids[part]]:
            os.kill(pid, signal.SIGKILL)
        if part in ("master", "all"):
            self.server.process.wait()
            while any(map(is_alive, pids.values())):  # no-orphans ends the others
                time.sleep(0.005)
            self.server.start(self.log)
        while not self.server.answers():
            time.sleep(0.005)
        self.times.append(time.monotonic() - began)

    def judge(self, players):
        """Compare what the players were told with what is true in the end."""
        for player in players:
            player.ended = Event()
            player.read()
            self.faults += player.faults
        # Who has no id was about to join when the test ended.
        held = [item for player in players if player.id for item in player.insist("inventory", id=player.id)["items"]]
        self.faults += [("held twice", item) for item in held if held.count(item) > 1]
        known = {f"{player.number}:{number + 1}" for player in players for number in range(player.tried)}
        lost = doubled = 0
        for reader in players:
            names = (None, f"reader{reader.number}")
            told = {message for player in players for message, name in player.sent if name in names}
            received = Counter(reader.received)
            lost += len(told - received.keys())
            doubled += received.total() - len(received)
            self.faults += [("never sent", message) for message in received.keys() - known]
        self.faults += [("lost", lost)] * bool(lost) + [("doubled", doubled)] * bool(doubled)
        sent = sum(len(player.sent) for player in players)
        asked, told = sum(player.asked for player in players), sum(player.told for player in players)
        self.report = (
            f"{len(self.times)} kills, {asked} requests, {told} acknowledged; {sent} messages, {lost} lost, "
            f"{doubled} doubled; {len(self.faults)} faults; served again after {statistics.median(self.times):.2f} s "
            f"(median), {max(self.times):.2f} s (worst)"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kill the server while it is played.")
    parser.add_argument("kills", type=int, help="how many times")
    with tempfile.TemporaryDirectory() as folder:
        crash = Crash(folder, parser.parse_args().kills).run()
    print(crash.report, *crash.faults[:20], sep="\n")
    sys.exit(bool(crash.faults))
