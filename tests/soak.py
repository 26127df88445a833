"""A soak: the service under a real systemd for MINUTES, with a small class that plays. As root: make soak MINUTES=35

Prints, as Markdown, what the service uses at the start and at the end: memory and open files, and its restarts.
Whatever keeps growing would show here.
"""

import random
import sys
import threading
import time

from tests.box import Box, Service, install, what_is_missing
from tests.conftest import ROOT

PLAYERS = 10

QUESTIONS = [
    ("location", {}),
    ("popchat", {}),
    ("look", {}),
    ("speed", {"speed": 5}),
    ("heading", {"degrees": 10}),
    ("sendchat", {"message": "ahoy"}),
]


def play(service, name, until):
    """Sail, chat and poll twice a second. Whatever goes wrong ends it and is printed."""
    id = service.ask("join", name=name)["id"]
    while time.monotonic() < until:
        route, keys = random.choice(QUESTIONS)
        assert service.ask(route, id=id, **keys)["ok"] or route == "sendchat"  # a mailbox may be full
        time.sleep(0.5)


def health(service):
    """A row of the table."""
    pids = service.pids()
    megabytes = sum(service.memory_of(pid) for pid in pids)
    files = sum(len(service.box.run("ls", f"/proc/{pid}/fd").stdout.split()) for pid in pids)
    return f"{service.fact('NRestarts')} | {len(pids)} | {megabytes:.1f} | {files} | {service.ask('status')['reply']}"


def soak(minutes):
    with Box(ROOT) as box:
        service = Service(box)
        service.settings()
        assert install(box).returncode == 0
        until = time.monotonic() + minutes * 60
        players = [threading.Thread(target=play, args=(service, f"sailor{n}", until)) for n in range(PLAYERS)]
        for player in players:
            player.start()
        time.sleep(10)
        print("| when | restarts | processes | memory in MB | open files | status |\n|---|---|---|---|---|---|")
        print(f"| start | {health(service)} |", flush=True)
        for player in players:
            player.join()
        print(f"| after {minutes:g} min | {health(service)} |")


if __name__ == "__main__":
    sys.exit(what_is_missing() or soak(float(sys.argv[1])))
