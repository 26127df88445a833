"""A program that plays both games: python client.py http://ADDRESS:8080

What you type is sent to the route begin as its key message. The reply is printed, with its time and its URL.

    route NAME             ask another route from now on; key NAME changes the key
    join name=ada          ask any route, once, with any keys
    /who                   the same for a route without keys; a URL's end like /join?name=ada works too
    exit                   leave (quit does the same)

After a join the program remembers your id and sends it along. From then on it looks into your mailbox by itself.
"""

import re
import sys
import threading
import time
from urllib.parse import parse_qsl

import requests

PAUSES = [0.5, 1, 2, 4]  # seconds before each new try; then it gives up
ACT_TWICE = {"sendchat", "accel", "join", "quit"}  # asked again after a lost reply, these would do something else
CHAT_WAITS = 1  # the bit of a ship's status that says so


class Client:
    def __init__(self, address):
        self.address = (address if "://" in address else "http://" + address).rstrip("/")
        self.route, self.key = "begin", "message"
        self.id, self.name, self.last_read = None, None, 0  # our sailor, and the number of the last chat printed
        self.pause, self.is_away = 1.0, False  # seconds between two polls; whether the last one got no answer

    def run(self):
        """Read lines and do what they say, until exit, Ctrl-C or the end of the input."""
        print(__doc__)
        threading.Thread(target=self.poll, daemon=True).start()
        try:
            while self.obey(input(self.prompt()).strip()):
                pass
        except (EOFError, KeyboardInterrupt):
            print()
        print("Goodbye!")

    def prompt(self):
        return f"{self.route} {self.key}> "

    def obey(self, line):
        """Do what one line says. False if it says to leave."""
        command, _, rest = line.partition(" ")
        if command in ("route", "key"):
            setattr(self, command, (rest or input(f"{command}: ")).strip(" /"))
        elif line not in ("exit", "quit"):
            self.ask(*(read_question(line) or (self.route, {self.key: line})))
        return line not in ("exit", "quit")

    def ask(self, route, keys):
        """Ask the server, and print its reply."""
        if self.id and (route != "join" or keys.get("name") == self.name):
            keys = {"id": self.id, **keys}
        try:
            reply = self.get(route, keys)
        except requests.RequestException as problem:
            return print(sentence_for(problem, self.address))
        print(f"{reply.text}\n({reply.elapsed.total_seconds() * 1000:.0f} ms for {reply.url})\n")
        new_id = re.search(r"^id=(\w+)$", reply.text, re.MULTILINE)
        if route == "join" and new_id and new_id[1] != self.id:
            self.id, self.name, self.last_read = new_id[1], keys["name"], 0
        elif route == "quit" and reply.ok:
            self.id = None

    def get(self, route, keys, pauses=PAUSES):
        """The server's reply. Tries again what is safe to repeat, after growing pauses. Waits if we ask too fast."""
        for pause in [*pauses, None]:
            try:
                while (reply := requests.get(f"{self.address}/{route}", params=keys, timeout=10)).status_code == 429:
                    time.sleep(int(reply.headers.get("Retry-After", 1)))
                return reply
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as problem:
                if pause is None or not may_repeat(route, keys, problem):
                    raise
                print(f"{sentence_for(problem, self.address)} I try again in {pause} s.")
                time.sleep(pause)

    def poll(self):
        """In a thread of its own: look after the ship for ever. Says when the server goes away and comes back."""
        while True:
            time.sleep(self.pause)
            is_away = False
            try:
                if self.id:
                    self.look_after_ship(self.id)
            except (requests.RequestException, ValueError):
                is_away, self.pause = True, min(2 * self.pause, 10)
            if is_away != self.is_away:
                self.is_away = is_away
                self.say("The server does not answer. I keep trying." if is_away else "The server is back.")

    def look_after_ship(self, id):
        """One poll, and the chat that waits. The slower the network, the longer is the pause until the next poll."""
        began = time.perf_counter()
        ship = self.get_json("location", id=id)
        self.pause = min(max(0.5, 5 * (time.perf_counter() - began)), 10)
        if ship.get("error") == "unknown-id" and id == self.id:
            self.id = None
            self.say("The server does not know your id any more. Please join again.")
        while ship.get("status", 0) & CHAT_WAITS and id == self.id:
            letter = self.get_json("popchat", id=id, after=self.last_read)  # so a lost reply loses nothing
            if not letter.get("number"):
                break
            self.last_read = letter["number"]
            self.say(f"[chat] {letter['sender']}: {letter['message']}")

    def get_json(self, route, **keys):
        return self.get(route, {**keys, "format": "json"}, pauses=[]).json()

    def say(self, text):
        """Print something while somebody is typing."""
        print(f"\r{text.ljust(len(self.prompt()))}\n{self.prompt()}", end="", flush=True)


def read_question(line):
    """(route, keys) of a line like `join name=ada`, `/who` or `/join?name=ada`; None for any other."""
    if line.startswith("/") and "?" in line:
        route, _, query = line[1:].partition("?")
        return route, dict(parse_qsl(query, keep_blank_values=True))
    route, _, rest = line.lstrip("/").partition(" ")
    first, *pieces = re.split(r"(?:^|\s+)(\w+)=", rest)
    is_question = re.fullmatch(r"[\w-]*", route) and not first.strip() and (pieces or line.startswith("/"))
    return (route, dict(zip(pieces[::2], pieces[1::2]))) if is_question else None


def may_repeat(route, keys, problem):
    """True if a question can be asked again: it never arrived, or nothing more happens when it arrives twice."""
    never_arrived = isinstance(problem, requests.ConnectTimeout) or "NewConnectionError" in repr(problem)
    acts_once = route not in ACT_TWICE or (route == "join" and "id" in keys)
    return never_arrived or (acts_once and (route != "popchat" or "after" in keys))


def sentence_for(problem, address):
    """What went wrong on the way to the server, in words."""
    if isinstance(problem, requests.ConnectionError):
        return f"No server answers at {address}."
    return f"{address} did not answer in time." if isinstance(problem, requests.Timeout) else f"It failed: {problem}"


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console may not know every emoji, and may send half of one
    Client(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080").run()
