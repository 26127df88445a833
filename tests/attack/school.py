"""A day in school: a class behind one address. Most poll, sail and talk; two have no sleep in their loops."""

import random
import statistics
import time
from collections import Counter, defaultdict
from threading import Event, Thread

import requests

POLL = 0.2  # seconds between two polls


class Student(Thread):
    """One student's program, and the student who starts it anew now and then."""

    def __init__(self, target, number, ended, is_hasty):
        super().__init__(daemon=True)
        self.target, self.name, self.ended, self.is_hasty = target, f"student{number}", ended, is_hasty
        self.random, self.id, self.last = random.Random(number), None, 0
        self.times, self.statuses = defaultdict(list), Counter()

    def run(self):
        while not self.ended.is_set():
            with requests.Session() as self.web:
                self.ask("join", name=self.name, **({"id": self.id} if self.id else {}))
                lesson = time.monotonic() + self.random.uniform(20, 90)  # until the program is started anew
                while time.monotonic() < lesson and not self.ended.is_set():
                    self.play()

    def play(self):
        """One turn of the loop."""
        ship = self.ask("location", id=self.id)
        if self.is_hasty:
            return
        if ship.get("status", 0) & 1:
            self.last = self.ask("popchat", id=self.id, after=self.last).get("number", 0)
        chance = self.random.random()
        if chance < 0.05:
            self.ask("sendchat", id=self.id, message=f"hello from {self.name}")
        elif chance < 0.2:
            self.ask("heading", id=self.id, degrees=self.random.randrange(360))
        elif chance < 0.3:
            self.ask("speed", id=self.id, speed=self.random.randrange(20))
        elif chance < 0.35:
            self.ask(self.random.choice(["look", "ping"]), id=self.id)
        elif chance < 0.37:
            self.ask("chart")
        self.ended.wait(POLL)

    def ask(self, route, **keys):
        began = time.perf_counter()
        reply = self.web.get(self.target.url + route, params={**keys, "format": "json"}, timeout=30)
        self.times[route].append((time.perf_counter() - began) * 1000)
        self.statuses[reply.status_code] += 1
        if route == "join" and reply.ok:
            self.id = reply.json()["id"]
        return reply.json()


def school(target, minutes, students=30, hasty=2):
    """So many minutes of it."""
    ended = Event()
    everybody = [Student(target, number, ended, number < hasty) for number in range(students)]
    for student in everybody:
        student.start()
    time.sleep(minutes * 60)
    ended.set()
    for student in everybody:
        student.join()
    calm, fast = everybody[hasty:], everybody[:hasty]
    statuses = sum((student.statuses for student in calm), Counter())
    rows = [("replies to the calm ones, by status", str(dict(statuses)), set(statuses) == {200})]
    for route in sorted({route for student in calm for route in student.times}):
        times = sorted(time for student in calm for time in student.times.get(route, []))
        p99 = statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
        rows.append(
            (f"{route}, {len(times)} times", f"median {statistics.median(times):.1f} ms, p99 {p99:.1f} ms", p99 < 100)
        )
    statuses = sum((student.statuses for student in fast), Counter())
    return [*rows, ("replies to the hasty ones, by status", str(dict(statuses)), statuses[429] > 0)]
