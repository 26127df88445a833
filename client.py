"""A program that plays both games: python client.py http://ADDRESS:8080

What you type is sent to the route begin as its key message. The reply is printed, with its time and its URL. After a
join, the program sends your id along, and checks your mailbox by itself.

    route NAME             ask another route from now on; key NAME changes the key
    join name=ada          ask any route, once, with any keys; the end of a URL works too: /who or /join?name=ada
    exit                   leave (quit does the same)
"""

import re
import sys
import threading
import time
from urllib.parse import parse_qsl

import requests
from requests.adapters import HTTPAdapter, Retry

ACT_TWICE = ["accel", "join", "popchat", "quit", "sendchat"]  # ask these twice, and something happens twice
CHAT_WAITS = 1  # the bit of a ship's status that says so
OBEYED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")  # what a terminal would obey


class PatientRetry(Retry):
    """Asks again if no reply comes, or when the server says so, as every Retry does. This one tells the player."""

    def increment(self, *args, error=None, **kwargs):
        next_try = super().increment(*args, error=error, **kwargs)  # raises the error if it is time to give up
        print("No reply yet. I am trying again." if error else "Too fast. I am waiting as long as the server says.")
        return next_try


class Client:
    def __init__(self, address):
        self.address = (address if "://" in address else "http://" + address).rstrip("/")
        self.route, self.key = "begin", "message"
        self.id, self.name, self.last_read = None, None, {}  # our sailor; the number of the last chat printed, by id
        self.session, self.poll_session = requests.Session(), requests.Session()  # for the player, and for the poll
        patience = PatientRetry(4, backoff_factor=0.5)  # four more tries: at once, and after 1, 2 and 4 seconds
        self.session.mount(self.address, HTTPAdapter(max_retries=patience))
        self.poll_session.mount(self.address, HTTPAdapter(max_retries=1))
        for route in ACT_TWICE:  # asked again if the question never arrived, but not if only the reply was lost
            self.session.mount(f"{self.address}/{route}", HTTPAdapter(max_retries=patience.new(read=False)))

    def run(self):
        """Read lines and do what they say, until exit, Ctrl-C or the end of the input."""
        print(__doc__)
        threading.Thread(target=self.poll, daemon=True).start()
        try:
            while (line := input(self.prompt()).strip()) not in ("exit", "quit"):
                self.obey(line)
        except (EOFError, KeyboardInterrupt):
            print()
        print("Goodbye!")

    def prompt(self):
        return f"{self.route} {self.key}> "

    def obey(self, line):
        """Do what one line says."""
        command, _, rest = line.partition(" ")
        if command in ("route", "key"):
            setattr(self, command, (rest or input(f"{command}: ")).strip(" /"))
        else:
            self.ask(*(read_question(line) or (self.route, {self.key: line})))

    def ask(self, route, keys):
        """Ask the server, and print its reply."""
        if self.id and (route != "join" or keys.get("name") == self.name):
            keys = {"id": self.id, **keys}
        try:
            reply = self.session.get(f"{self.address}/{route}", params=keys, timeout=10)
        except ValueError as problem:
            return print(OBEYED.sub("?", f"It failed: {problem}"))
        except requests.RequestException:
            return print(f"No reply from {self.address}. Your question may have arrived all the same.")
        print(f"{OBEYED.sub('?', reply.text)}\n({reply.elapsed.total_seconds() * 1000:.0f} ms for {reply.url})\n")
        new_id = re.search(r"^id=(\w+)$", reply.text, re.MULTILINE)
        if (route == "join" and new_id) or (route == "quit" and reply.ok):
            self.id, self.name = (new_id[1], keys["name"]) if new_id else (None, None)

    def poll(self):
        """In a thread of its own: look after the ship for ever. Says when the server goes away and comes back."""
        pause, is_away = 1.0, False
        while True:
            time.sleep(pause)
            was_away, is_away = is_away, False
            try:
                pause = self.look_after_ship(self.id) if self.id else 1.0
            except (requests.RequestException, ValueError):
                pause, is_away = min(2 * pause, 10), True
            if is_away != was_away:
                self.say("The server does not answer. I keep trying." if is_away else "The server is back.")

    def look_after_ship(self, id):
        """One poll, and the chat that waits. Returns the seconds until the next poll: more on a slow network."""
        keys = {"id": id, "format": "json"}
        reply = self.poll_session.get(f"{self.address}/location", params=keys, timeout=10)
        ship = reply.json()
        if ship.get("error") == "unknown-id" and id == self.id:
            self.id = None
            self.say("The server does not know your id any more. Please join again.")
        while ship.get("status", 0) & CHAT_WAITS and id == self.id:
            keys["after"] = self.last_read.get(id, 0)  # so a lost reply loses nothing
            letter = self.poll_session.get(f"{self.address}/popchat", params=keys, timeout=10).json()
            if not letter.get("number"):
                break
            self.last_read[id] = letter["number"]
            self.say(f"[chat] {letter['sender']}: {letter['message']}")
        return min(max(0.5, 5 * reply.elapsed.total_seconds()), 10)

    def say(self, text):
        """Print something while somebody is typing."""
        print(f"\r{OBEYED.sub('?', text).ljust(len(self.prompt()))}\n{self.prompt()}", end="", flush=True)


def read_question(line):
    """(route, keys) of a line like `join name=ada`, `/who` or `/join?name=ada`; None for any other."""
    if question := re.fullmatch(r"/?([\w-]+)\s+(\w+=.*)", line):
        return question[1], dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", question[2]))
    route, _, query = line[1:].partition("?")
    return (route, dict(parse_qsl(query, keep_blank_values=True))) if line.startswith("/") else None


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console may not know every emoji, and may send half of one
    Client(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080").run()
