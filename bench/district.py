"""Measure a district: a thousand clubs that sleep, wake, are played and upgraded, under a systemd of their own.

    python -m bench.district                         all of it, in half an hour: as root
    python -m bench.district wake play --minutes=1   some stages. `make` goes before each, as they need its clubs
    python -m bench.district --clubs=40 --wakes=20 --awake=4 --children=5 --minutes=0.2 --races=40    all, in a minute

Prints a table with a sentence a row. Children and clubs share this computer: what the children take up is told, too.
"""

import argparse
import asyncio
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from urllib.parse import urlencode

from bench.load import percentile
from bench.servers import figure
from server.rehearsal import spare_port
from tests.box import what_is_missing
from tests.upgrades import NEW, box_with_wheels, fresh_service, upgrade

PATIENCE = 60  # seconds to wait for a reply
CALM = [*["location"] * 8, "popchat", "heading", *["location"] * 9, "sendchat"]  # what children ask for
NEWER = ("mocean.py", 'VERSION = "', 'VERSION = "98.')
DROWSY = [("web/application.py", "QUIET = 60", "QUIET = 0.5"), ("game/sailors.py", "NAP = 15 * 60", "NAP = 0")]
DROP_IN = "/etc/systemd/system/mocean@.service.d/races.conf"
CADDYFILE = """{{
    admin off
}}
http://:{port} {{
    bind 127.0.0.1
    reverse_proxy unix/{doors}/mocean@{{labels.2}}.sock
}}
"""


class Failed(Exception):
    """Who was not served, and why."""


class District:
    """A box with clubs, and the ways to them: by their doors, or through a proxy at a port."""

    def __init__(self, box, clubs):
        self.box, self.port, self.words = box, None, {}
        self.names = [f"club-{number}" for number in range(clubs)]
        self.doors = Path(f"/proc/{box.pid}/root/run/mocean-doors")

    def order(self, *words):
        """What an admin types. Returns what it prints."""
        return self.box.run(*words, check=True, timeout=600).stdout

    def make(self, *words):
        return self.order("make", "--silent", "-C", self.box.CODE, *words)

    async def ask(self, club, route, asker=0, **keys):
        """What a club replies to somebody, a number, who has an address of his or her own. Raises Failed."""
        address = f"{asker >> 16 & 255}.{asker >> 8 & 255}.{asker & 255}"
        lines = [
            f"GET /{route}?{urlencode({**keys, 'format': 'json'})} HTTP/1.0",
            f"Host: {club}.example.org",
            f"X-Forwarded-For: 10.{address}",
        ]
        try:
            if self.port:
                way = asyncio.open_connection("127.0.0.1", self.port, local_addr=(f"127.{address}", 0))
            else:
                way = asyncio.open_unix_connection(self.doors / f"mocean@{club}.sock")
            reader, writer = await way
            writer.write("\r\n".join([*lines, "\r\n"]).encode())
            answer = await asyncio.wait_for(reader.read(), PATIENCE)
            writer.close()
            reply = json.loads(answer.partition(b"\r\n\r\n")[2])
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            raise Failed(f"{club} /{route}: {error or type(error).__name__}") from error
        if not reply["ok"]:
            raise Failed(f"{club} /{route}: {reply['reply']}")
        return reply

    async def wait_for(self, club, route="status", asker=0, **keys):
        """The milliseconds until a club has answered. Raises Failed."""
        began = time.perf_counter()
        await self.ask(club, route, asker, **keys)
        return (time.perf_counter() - began) * 1000

    def cgroup(self, club):
        """The folder that exists while a club is awake."""
        return self.box.cgroup / f"system.slice/system-mocean.slice/mocean@{club}.service"

    def wait_until_started(self, *clubs):
        """Return when systemd, too, knows that they are awake: who is stopped before counts as failed."""
        self.box.run("systemctl", "start", *(f"mocean@{club}.service" for club in clubs))

    def put_to_sleep(self, *clubs):
        self.wait_until_started(*clubs)
        self.order("systemctl", "stop", *(f"mocean@{club}.service" for club in clubs))

    def cpu(self, *clubs):
        """The seconds of CPU time that clubs have used since they woke; without any, that of all in the box."""
        groups = [self.cgroup(club) for club in clubs] or [self.box.cgroup]
        return sum(figure(group / "cpu.stat", "usage_usec") for group in groups) / 1e6

    def memory(self, *clubs):
        """The megabytes of clubs."""
        return sum(pss(pid) for club in clubs for pid in (self.cgroup(club) / "cgroup.procs").read_text().split())

    def disk(self, club):
        """The kilobytes of a club's files: settings, logbook, copies and tracks."""
        files = f"/etc/mocean@{club}.env", f"/var/lib/private/mocean@{club}"
        return int(self.box.run("du", "-ck", *files).stdout.split()[-2])


def pss(pid):
    """The megabytes of a process. What several share counts once, in parts."""
    with suppress(OSError):  # it has just ended
        return figure(Path(f"/proc/{pid}/smaps_rollup"), "\nPss:") / 1024
    return 0


def seconds_of(work, *args):
    began = time.monotonic()
    work(*args)
    return time.monotonic() - began


def spread(figures, unit="ms"):
    """What tells most about many figures, in words."""
    p50, p99 = (percentile(figures, percent) for percent in (50, 99))
    return f"p50 {p50:.1f}, p99 {p99:.1f}, at most {max(figures):.1f} {unit}"


# ---- The stages: each yields sentences ----


async def make(district, options):
    """Make the clubs, and see what they take up while they sleep."""
    number, first = options.clubs, district.names[0]
    district.box.write("/root/clubs.csv", "\n".join(["name", *district.names]))
    systemd, kernel = pss(district.box.pid), figure(Path("/proc/meminfo"), "Slab:")
    seconds = seconds_of(district.make, "club", "FILE=/root/clubs.csv", "DOMAIN=example.org")
    systemd, kernel = pss(district.box.pid) - systemd, figure(Path("/proc/meminfo"), "Slab:") - kernel
    words = district.order("grep", "--recursive", "--include=mocean@*.env", "MOCEAN_WORD", "/etc")
    district.words = dict(re.findall("mocean@(.*).env:MOCEAN_WORD=(.*)", words))
    assert set(district.words) == set(district.names)
    assert not any(district.cgroup(club).exists() for club in district.names)
    yield f"{number:,} clubs were made from a file in {seconds:.1f} s. All sleep: no process runs for any of them."
    yield (
        f"A club that was never played takes up {systemd / number * 1024:.0f} kB of systemd's memory, "
        f"{kernel / number:.0f} kB of the kernel's, and {district.disk(first)} kB of the disk."
    )
    yield f"`make clubs` lists all in {seconds_of(district.make, 'clubs'):.1f} s."
    yield f"One more club is made in {seconds_of(district.make, 'club', 'NAME=late'):.1f} s."
    seconds = seconds_of(district.order, "systemctl", "daemon-reload")
    yield f"systemd reads all units again in {seconds:.1f} s. Whoever wakes a club meanwhile waits so much longer."
    doors = "cd /etc/systemd/system/sockets.target.wants && systemctl $0 mocean@*"
    close, open_again = (seconds_of(district.order, "sh", "-c", doors, verb) for verb in ("stop", "start"))
    yield f"All doors are closed in {close:.1f} s, and opened in {open_again:.1f} s."


async def wake_up(district, clubs):
    """Wake clubs one after the other, and put each to sleep again. Returns milliseconds, and seconds of CPU time."""
    waits, cpu = [], []
    for club in clubs:
        waits.append(await district.wait_for(club))
        await asyncio.to_thread(district.wait_until_started, club)
        cpu.append(district.cpu(club))
        await asyncio.to_thread(district.put_to_sleep, club)
    return waits, cpu


async def wake(district, options):
    """Wake clubs while nobody else plays."""
    clubs = [district.names[number % options.clubs] for number in range(options.wakes)]
    waits, cpu = await wake_up(district, clubs)
    yield f"{options.wakes} clubs woke one after the other: the first reply came after {spread(waits)}."
    yield f"To wake takes {percentile(cpu, 50):.2f} s of CPU time."
    yield f"A club that was never played, but has woken, has {district.disk(clubs[0])} kB on the disk."


class Child:
    """Somebody whose program asks once in a second or two."""

    def __init__(self, district, club, number):
        self.district, self.club, self.number = district, club, number
        self.waits, self.failures = [], []

    async def play(self, seconds):
        until = time.monotonic() + seconds
        keys = {"heading": {"degrees": self.number % 360}, "sendchat": {"message": "ahoy"}}
        try:
            joining = {"name": f"child{self.number}", "word": self.district.words[self.club]}
            id = (await self.district.ask(self.club, "join", self.number, **joining))["id"]
            while time.monotonic() < until:
                await asyncio.sleep(random.uniform(1, 2))
                route = random.choice(CALM)
                self.waits.append(
                    await self.district.wait_for(self.club, route, self.number, id=id, **keys.get(route, {}))
                )
        except Failed as problem:  # which no child should see: this one gives up
            self.failures.append(problem)


async def play(district, options):
    """Wake clubs at once, and let a class play in each. Meanwhile others wake, one after the other."""
    awake, others = district.names[: options.awake], district.names[options.awake :]
    waits = await asyncio.gather(*map(district.wait_for, awake))
    yield f"{options.awake} clubs were woken at once: the first replies came after {spread(waits)}."
    district.wait_until_started(*awake)
    seconds = 60 * options.minutes
    children = [Child(district, club, number) for number, club in enumerate(awake * options.children, 1)]
    with caddy(district) if options.caddy else nullcontext():
        cpu, whole, ours = district.cpu(*awake), district.cpu(), time.process_time()
        *_, (wakings, _) = await asyncio.gather(
            *(child.play(seconds) for child in children),
            wake_up(district, random.choices(others, k=max(1, int(seconds / 10)))),
        )
        cpu, whole, ours = district.cpu(*awake) - cpu, district.cpu() - whole, time.process_time() - ours
    waits = [wait for child in children for wait in child.waits]
    failures = [failure for child in children for failure in child.failures]
    way = "through Caddy" if options.caddy else "by the doors"
    yield (
        f"{len(children)} children played {options.minutes:g} minutes {way}: {len(waits):,} replies came after "
        f"{spread(waits)}. {len(failures)} requests failed{f', such as: {failures[0]}' if failures else ''}."
    )
    yield (
        f"The clubs used {cpu / seconds:.0%} of a core, {cpu / len(waits) * 1000:.2f} ms a request. "
        f"With systemd, its log and the clubs that woke meanwhile it was {whole / seconds:.0%}, and the children used "
        f"{ours / seconds:.0%}."
    )
    yield f"{len(wakings)} other clubs woke meanwhile: the first reply came after {spread(wakings)}."
    memory = district.memory(*awake)
    yield f"A club that is played takes up {memory / len(awake):.1f} MB, all take up {memory:.0f} MB."
    district.put_to_sleep(*awake)  # at which a logbook's WAL goes
    yield f"A club that was played so long, and sleeps, has {district.disk(awake[0])} kB on the disk."


@contextmanager
def caddy(district):
    """Let all come through a proxy."""
    district.port = spare_port()
    with tempfile.NamedTemporaryFile("w", prefix="mocean-bench-") as file:
        file.write(CADDYFILE.format(port=district.port, doors=district.doors))
        file.flush()
        words = ["caddy", "run", "--adapter", "caddyfile", "--config", file.name]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(2)  # until it listens
                yield
            finally:
                district.port = None
                process.terminate()


async def races(district, options):
    """Let three come at once in the moment in which a club falls asleep, again and again."""
    originals = {file: district.box.change(f"/opt/mocean/{file}", old, new) for file, old, new in DROWSY}
    district.box.write(DROP_IN, "[Service]\nWatchdogSec=1\n[Unit]\nStartLimitBurst=0\n")
    district.order("systemctl", "daemon-reload")
    clubs, tally, began = district.names[: options.racers], Counter(), time.monotonic()
    await asyncio.gather(*(race(district, club, options.races // len(clubs), tally) for club in clubs))
    seconds = time.monotonic() - began
    district.put_to_sleep(*clubs)
    for file, text in originals.items():
        district.box.write(f"/opt/mocean/{file}", text)
    district.order("rm", DROP_IN)
    district.order("systemctl", "daemon-reload")
    yield (
        f"{tally['races']:,} times three came at once as a club fell asleep, in {seconds:.0f} s in {len(clubs)} clubs: "
        f"{tally['woke']:,} times a new server answered, and {tally['met']:,} times the old one was still ending."
    )
    yield f"{tally['failed']} times a request failed, and {tally['lost']} times something was lost."


async def race(district, club, number, tally):
    """Come as the server falls asleep or has done so, and see that it knows what it was told before."""
    me = {"id": (await district.ask(club, "join", name="ada", word=district.words[club]))["id"]}
    told = boot = None
    for turn in range(number):
        if turn % 5:
            await asyncio.sleep(random.uniform(0.45, 1))  # somewhere near the moment
        while not turn % 5 and district.cgroup(club).exists():
            await asyncio.sleep(0.01)
        was_up = district.cgroup(club).exists()
        tally["races"] += 1
        try:
            ship, letter, status = await asyncio.gather(
                district.ask(club, "location", **me), district.ask(club, "popchat", **me), district.ask(club, "status")
            )
            tally["lost"] += told is not None and (ship["heading"], letter["message"]) != (told, str(told))
            tally["woke"] += status["boot"] != boot
            tally["met"] += status["boot"] != boot and was_up
            told = turn % 360
            await district.ask(club, "heading", degrees=told, **me)
            await district.ask(club, "sendchat", name="ada", message=told, **me)
            boot = (await district.ask(club, "status"))["boot"]
        except Failed as problem:
            print(problem, file=sys.stderr)
            tally["failed"] += 1


async def upgrade_all(district, options):
    """Upgrade the clubs, some of which are awake and polled. One that sleeps has a broken setting."""
    awake, broken, sleeper = district.names[: options.awake], district.names[options.awake], district.names[-1]
    old = (await district.ask(broken, "status"))["version"]
    district.put_to_sleep(broken)
    district.order("sh", "-c", f"echo MOCEAN_LIMITS=perhaps >> /etc/mocean@{broken}.env")
    await asyncio.gather(*map(district.wait_for, awake))
    for change, version, canary in ((NEW, "99.", ""), (NEWER, "98.", awake[-1])):
        gaps = {club: [] for club in awake}
        polls = [asyncio.create_task(poll(district, club, gaps[club])) for club in awake]
        began = time.time()
        result = await asyncio.to_thread(upgrade, district.box, change, CANARY=canary)
        seconds = time.time() - began
        assert not any(task.done() for task in polls), polls
        for task in polls:
            task.cancel()
        assert result.returncode == 0, result.stdout + result.stderr
        assert f"mocean@{broken} sleeps, and will stay on {old}" in result.stdout, result.stdout
        for club in (*awake, sleeper):
            assert (await district.ask(club, "status"))["version"].startswith(version), club
        district.put_to_sleep(sleeper)
        yield (
            f"{options.clubs:,} clubs, of which {len(awake)} were awake and polled, were upgraded in {seconds:.0f} s "
            f"with {f'the canary {canary}' if canary else 'no canary'}{phases(district, began)}. The longest time that "
            f"a club gave no answer was {spread([max(them) for them in gaps.values()], 's')}."
        )
    district.order("sed", "-i", "/perhaps/d", f"/etc/mocean@{broken}.env")
    assert (await district.ask(broken, "status"))["version"] == old
    yield f"{broken}, which had a broken setting, was named each time. With that mended, it woke on {old} as before."
    district.put_to_sleep(broken, *awake)


async def poll(district, club, gaps):
    """Ask again and again, and note the seconds from each answer to the next."""
    answered = time.monotonic()
    while True:
        await asyncio.sleep(random.uniform(0.05, 0.1))
        await district.ask(club, "status")
        gaps.append(time.monotonic() - answered)
        answered = time.monotonic()


def phases(district, since):
    """How long the parts of an upgrade took, by what it wrote to the log."""
    log = district.order("journalctl", "--identifier=mocean", "--output=short-unix", f"--since=@{since:.3f}")
    tried, (switched,) = (
        [float(when) for when in re.findall(rf"^([\d.]+) .*: {word} ", log, re.MULTILINE)]
        for word in ("Trying", "Switching")
    )
    return f", {switched - tried[0]:.0f} s of it for {len(tried)} rehearsals"


STAGES = {"make": make, "wake": wake, "play": play, "races": races, "upgrade": upgrade_all}


async def run(district, stages, options):
    print("| stage | what was seen |\n|---|---|", flush=True)
    for name in stages:
        async for sentence in STAGES[name](district, options):
            print(f"| {name} | {sentence} |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.district", description=__doc__.partition("\n")[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"only these: {', '.join(STAGES)}")
    for name, default, what in (
        ("clubs", 1000, "clubs in the district"),
        ("wakes", 200, "times that one is woken"),
        ("awake", 30, "clubs that are played, or awake during the upgrade"),
        ("children", 28, "children in each of them"),
        ("minutes", 10.0, "minutes for which they play"),
        ("races", 2000, "times that somebody comes as a club falls asleep"),
        ("racers", 6, "clubs in which that happens side by side"),
    ):
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{what} ({default})")
    parser.add_argument("--caddy", action="store_true", help="the children come through Caddy, not by the doors")
    options = parser.parse_args()
    if unknown := set(options.stages) - set(STAGES):
        parser.error(f"no such stage: {', '.join(unknown)}")
    if missing := what_is_missing():
        parser.error(missing)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that also `kill` leaves no box behind
    with box_with_wheels() as box:
        fresh_service(box)
        box.run("systemctl", "disable", "--now", "mocean", check=True)
        chosen = [name for name in STAGES if name == "make" or name in (options.stages or STAGES)]
        asyncio.run(run(District(box, options.clubs), chosen, options))


if __name__ == "__main__":
    main()
