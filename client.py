"""A program that plays both games: python client.py http://ADDRESS:8080

What you type is an answer to the puzzle, or a command: a route of the server, then the values of its keys.

    look, speed 5           ask a route, as /look and /speed?speed=5 would, or speed speed=5
    sendchat hello there    say something: a message is all that stands behind the command
    join ada                go to sea; your id is sent along from now on, and chat comes by itself
    begin, sea              go back to the puzzles, or to sea
    route beguine           answer this route from now on: a puzzle, or sendchat, or accel
    help                    show all commands of this server
    exit                    leave (quit does the same; /quit ends your voyage)
"""

import os
import re
import sys
import threading
import time
from difflib import get_close_matches
from urllib.parse import parse_qsl

import requests
from requests.adapters import HTTPAdapter, Retry

ACT_TWICE = ["accel", "join", "popchat", "quit", "sendchat"]  # ask these twice, and something happens twice
CHAT_WAITS = 1  # the bit of a ship's status that says so
OBEYED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")  # what a terminal would obey
BOLD, DIM, RED, CYAN = 1, 2, 31, 36  # as terminals number them
HAS_COLOURS = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class PatientRetry(Retry):
    """Asks again if no reply comes, or when the server says so, as every Retry does. This one tells the player."""

    def increment(self, *args, error=None, **kwargs):
        next_try = super().increment(*args, error=error, **kwargs)  # raises the error if it is time to give up
        print("No reply yet. I am trying again." if error else "Too fast. I am waiting as long as the server says.")
        return next_try


class Client:
    def __init__(self, address):
        self.address = (address if "://" in address else "http://" + address).rstrip("/")
        self.routes = {}  # those that the server is known to have: the names of their keys
        self.route = "begin"  # where a line goes that is no command; "" at sea
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
                try:
                    self.obey(line)
                except ValueError as problem:
                    print(clean(f"It failed: {problem}", RED))
                except requests.RequestException:
                    print(clean(f"No reply from {self.address}. Your question may have arrived all the same.", RED))
        except (EOFError, KeyboardInterrupt):
            print()
        print("Goodbye!")

    def prompt(self):
        return f"{self.route or (f'{self.name} at sea' if self.id else 'ashore')}> "

    def obey(self, line):
        """Do what one line says."""
        command, _, rest = line.partition(" ")
        if command == "help":
            self.help()
        elif command == "route" or line == "sea":
            self.route = rest.strip(" /")
        elif question := read_question(line) or self.read_command(command.lower(), rest):
            self.ask(*question)
        elif self.route:
            self.ask(*(self.read_command(self.route, line) or (self.route, {"message": line})))
        elif line:
            near = get_close_matches(command, [*self.routes, "exit", "help", "route"], 1, 0.7)
            hint = f"Did you mean {near[0]}?" if near else f"To say it to everyone, type: sendchat {line}"
            print(clean(f"“{line}” is no command. help shows them all. {hint}", RED))

    def help(self):
        """Show all commands. The server's quit is none, as it means something else here."""
        print(__doc__)
        for rule in self.learn():
            name = rule["route"][1:]
            if name != "quit":
                print(clean(" ".join([name, *map(str.upper, self.routes[name])]), BOLD) + clean(f": {rule['does']}"))

    def learn(self):
        """Ask the server for its rules, and remember which keys each route takes. Returns the rules."""
        reply = self.session.get(f"{self.address}/mocean", params={"format": "json"}, timeout=10)
        rules = [rule for rule in reply.json().get("routes", []) if rule["route"] != "/"]
        self.routes.update({rule["route"][1:]: [key for key in rule["keys"] if key != "id"] for rule in rules})
        return rules

    def read_command(self, route, rest):
        """(route, keys) of a line like `speed 5`; None if the server has no such route, or it takes no values."""
        if route.isidentifier() and route not in self.routes:
            self.learn()  # it may be new
        names = self.routes.get(route)
        if names is None or (rest and not names):
            return None
        splits = names.index("message") if "message" in names else len(names) - 1  # a message takes all that is left
        return route, dict(zip(names, rest.split(None, splits)))

    def ask(self, route, keys):
        """Ask the server, print its reply, and remember what it says about us."""
        if self.id and (route != "join" or keys.get("name") == self.name):
            keys = {"id": self.id, **keys}
        reply = self.session.get(f"{self.address}/{route}", params=keys, timeout=10)
        sentence, newline, more = reply.text.partition("\n")
        print(clean(sentence, BOLD if reply.ok else RED) + newline + clean(more))
        print(clean(f"({reply.elapsed.total_seconds() * 1000:.0f} ms for {reply.url})\n", DIM))
        facts = dict(re.findall(r"^(\w+)=(\w+)$", more, re.MULTILINE))
        if (route == "join" and "id" in facts) or (route == "quit" and reply.ok):
            self.id, self.name, self.route = facts.get("id"), keys.get("name"), ""
        elif "stage" in facts:  # a puzzle says this
            self.route = route
            self.routes[facts.get("next", route)] = ["message"]

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
        print(f"\r{clean(text.ljust(len(self.prompt())), CYAN)}\n{self.prompt()}", end="", flush=True)


def read_question(line):
    """(route, keys) of a line like `join name=ada`, `/who` or `/join?name=ada`; None for any other."""
    if question := re.fullmatch(r"/?([\w-]+)\s+(\w+=.*)", line):
        return question[1], dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", question[2]))
    route, _, query = line[1:].partition("?")
    return (route, dict(parse_qsl(query, keep_blank_values=True))) if line.startswith("/") else None


def clean(text, colour=0):
    """Text that is safe to print, in a colour where the terminal has colours."""
    text = OBEYED.sub("?", text)
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and HAS_COLOURS else text


if __name__ == "__main__":
    if os.name == "nt":
        os.system("")  # after this, an older console of Windows has colours too
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console may not know every emoji, and may send half of one
    Client(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080").run()
