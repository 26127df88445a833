"""A day in school: a class behind one address. Most poll, sail and talk; two have no sleep in their loops."""

import random
import statistics
import time
from collections import Counter, defaultdict
from multiprocessing import Pool
from threading import Event, Thread

import requests

POLL = 0.2  # seconds between two polls


class Student(Thread):
    """One student's program, and the student who starts it anew now and then."""

    def __init__(self, url, number, ended, is_hasty):
        super().__init__(daemon=True)
        self.url, self.name, self.ended, self.is_hasty = url, f"student{number}", ended, is_hasty
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
        try:
            response = self.web.get(self.url + route, params={**keys, "format": "json"}, timeout=30)
            reply = response.json()
        except (requests.RequestException, ValueError):
            self.statuses["lost"] += 1
            return {}
        self.times[route].append((time.perf_counter() - began) * 1000)
        self.statuses[response.status_code] += 1
        self.id = reply.get("id", self.id)
        return reply


def play(url, numbers, seconds, is_hasty):
    """Let some students play for so many seconds. Returns how long requests took, by route, and the statuses."""
    ended = Event()
    students = [Student(url, number, ended, is_hasty) for number in numbers]
    for student in students:
        student.start()
    time.sleep(seconds)
    ended.set()
    for student in students:
        student.join()
    routes = {route for student in students for route in student.times}
    times = {route: [one for student in students for one in student.times.get(route, [])] for route in routes}
    return times, sum((student.statuses for student in students), Counter())


def school(target, minutes, students=30, hasty=2):
    """So many minutes of it. Each hasty one is a process of its own, so that the calm ones measure the server alone."""
    groups = [(range(hasty, students), False), *[([number], True) for number in range(hasty)]]
    with Pool(len(groups)) as pool:
        jobs = [(target.url, numbers, minutes * 60, is_hasty) for numbers, is_hasty in groups]
        (times, statuses), *loops = pool.starmap(play, jobs, chunksize=1)
    rows = [("replies to the calm ones, by status", str(dict(statuses)), set(statuses) == {200})]
    for route, taken in sorted(times.items()):
        p99 = statistics.quantiles([*taken, *taken], n=100)[98]
        figure = f"median {statistics.median(taken):.1f} ms, p99 {p99:.1f} ms"
        rows.append((f"{route}, {len(taken)} times", figure, p99 < 100))
    statuses = sum((statuses for _, statuses in loops), Counter())
    return [*rows, ("replies to the hasty ones, by status", str(dict(statuses)), statuses[429] > 0)]
