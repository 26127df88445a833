"""A grammar of requests: every route, key and format, with values that are right, nearly right, nasty or nonsense.

Hypothesis would make a few hundred of these a second; a seeded random generator makes as many as can be sent, so a
million take minutes. The same seed makes the same requests.
"""

import json
import re
import socket
from multiprocessing import Pool
from random import Random
from urllib.parse import quote, quote_plus

from tests.attack.target import KEY
from tests.test_steps import NASTY

COMMON = ["id", "format"]
ROUTES = {
    "": [], "mocean": [], "status": [], "health": [], "who": [], "chart": [], "steps": [],
    "begin": ["message"], "beguine": ["message"], "sirduke": ["message"], "euler": ["message"],
    "meruprastarah": ["message"], "join": ["name", "id", "word"], "sendchat": ["id", "message", "name"],
    "popchat": ["id", "after"], "location": ["id"], "velocity": ["id"], "heading": ["id", "degrees"],
    "speed": ["id", "speed"], "accel": ["id", "ctrl"], "stop": ["id"], "dive": ["id", "depth"], "ping": ["id"],
    "look": ["id"], "get": ["id", "item"], "inventory": ["id"], "quit": ["id"], "map": ["follow"],
    "harbour": ["key"], "harbour/mute": ["key", "name"], "harbour/unmute": ["key", "name"],
    "harbour/newid": ["key", "name"], "harbour/say": ["key", "message"], "harbour/tide": ["key"],
    "harbour/clear": ["key", "address", "idle"],
    "harbour/ban": ["key", "name", "minutes", "address"], "harbour/unban": ["key", "name"],
    "harbour/ashore": ["key", "name"], "harbour/pause": ["key"], "harbour/resume": ["key"],
}  # fmt: skip
# Seldom asked, or nobody would play any more.
ENDINGS = ["quit", "harbour/ban", "harbour/ashore", "harbour/clear", "harbour/newid", "harbour/pause"]
STRANGE_ROUTES = [
    "wp-login.php",
    ".env",
    "../etc/passwd",
    "%2e%2e/",
    "join/",
    "//join",
    "JOIN",
    "é",
    "a" * 300,
    "%00",
    "?",
]
NUMBERS = ["0", "1", "-1", "90", "4.5", "1e3", "1e999", "nan", "inf", "-0", "٣", "1_000", "0x10", "1,5", "", " 7 "]
NAMES = ["ada", "bob", "Clem", "harbour", "C1em", "Zoë", "李小龍", "аda", "a", "<b>", "x\u202ey", "ada2", "..", "fuck"]
TEXTS = [*NASTY, "hello", "http://evil.com", "{{x}}", "% if", "'; DROP TABLE sailors; --", "\0", "é" * 199]
TEXTS += ["\r\nSet-Cookie: a=b"]
STRANGE_ROUTES.append("a" * 300)
NUMBERS.append("9" * 400)
NAMES.append("a" * 17)
VALUES = {
    **dict.fromkeys(["degrees", "speed", "depth", "after", "minutes"], NUMBERS),
    **dict.fromkeys(["name", "follow"], NAMES),
    **dict.fromkeys(["message", "word"], TEXTS),
    "ctrl": [*"wasdWx", "ww", ""],
    "item": ["pearl", "PEARL", "boat-hook", "gold", ""],
    "format": ["json", "text", "page", "xml", ""],
    "address": ["yes", "no", "x", "127.0.0.1"],
    "idle": ["yes", "no", "x"],
}
METHODS = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get", "GET\0", "G" * 50]
HEADERS = [
    "Accept: text/html", "Accept: application/json", "Accept: */*;q=nonsense", "Cookie: id=x; key=y", "Cookie: ;;==;",
    "Sec-Purpose: prefetch", "X-Moz: prefetch", "Sec-Fetch-Site: cross-site", "Content-Length: 3", "Content-Length: -1",
    "X-Forwarded-For: 1.2.3.4", "X-HTTP-Method-Override: DELETE", "Expect: 100-continue", "Range: bytes=0-1",
    "If-None-Match: *", "Transfer-Encoding: chunked", "Host: evil.com", "X: " + "y" * 5000,
]  # fmt: skip

# Which error words may come with which status: the protocol's table.
ERRORS = {
    400: {"missing-key", "unknown-key", "bad-value"},
    403: {"unknown-id", "wrong-word", "wrong-key", "banned", "muted", "cross-site"},
    404: {"no-route", "no-sailor", "no-item"},
    405: {"bad-method"},
    409: {"name-taken", "mailbox-full", "cannot"},
    414: {"too-long"},
    429: {"too-fast"},
    431: {"too-long"},
    503: {"ocean-full", "paused", "prefetch"},
}


class Fuzzer:
    """Makes requests from a seed, sends them, and judges the replies."""

    def __init__(self, port, seed):
        self.port, self.random, self.ids, self.faults, self.counts = port, Random(seed), ["aaaaaaaa"], [], {}
        self.connection = None

    def run(self, number):
        """Send so many requests. Returns how many had each status, and the faults."""
        for _ in range(number):
            request = self.make()
            reply = self.send(request)
            fault = self.judge(request, reply)
            if fault:
                self.faults.append((fault, request[:300], reply[:300]))
        return self.counts, self.faults[:20]

    def make(self):
        """One request, as bytes."""
        chance, choice = self.random.random, self.random.choice
        route = choice([*ROUTES]) if chance() < 0.97 else choice(STRANGE_ROUTES)
        if route in ENDINGS and chance() < 0.9:
            route = "join"
        keys = [key for key in ROUTES.get(route, ["id"]) if chance() < 0.95]
        keys += [choice([*VALUES, "nonsense", "é", ""])] if chance() < 0.05 else []
        keys += [choice(keys)] if keys and chance() < 0.02 else []
        keys += ["format"] if chance() < 0.6 else []
        query = "&".join(f"{quote_plus(key)}={self.value(key)}" for key in keys)
        method = "GET" if chance() < 0.97 else choice(METHODS)
        headers = [choice(HEADERS) for _ in range(self.random.choice([0, 0, 0, 0, 1, 3]))]
        path = quote(route, safe="/%?") + ("?" + query if query else "")
        return f"{method} /{path} HTTP/1.1\r\n{''.join(line + chr(13) + chr(10) for line in headers)}\r\n".encode()

    def value(self, key):
        """A value for a key, encoded; most often one that might work."""
        if key == "id":
            return self.random.choice(self.ids)
        if key == "key":
            return quote_plus(KEY)
        text = self.random.choice(VALUES.get(key, TEXTS))
        if key == "name" and self.random.random() < 0.5:
            text = f"{self.random.choice(['ada', 'bob', 'carol'])}{self.random.randrange(40)}"
        if self.random.random() < 0.01:
            return self.random.choice(
                ["%", "%zz", "%ff", "a&b", "=", "%F1", "+", quote_plus(text * 50, errors="replace")]
            )
        return quote_plus(text, errors="replace")

    def send(self, request):
        """The reply, over the connection of the request before unless its reply said that it would be closed."""
        self.connection = self.connection or socket.create_connection(("127.0.0.1", self.port), timeout=20)
        try:
            self.connection.sendall(request)
            if b"Content-Length: 3" in request or b"chunked" in request:
                self.connection.sendall(b"0\r\n\r\n")
            reply = self.receive(has_body=not request.startswith(b"HEAD "))
        except OSError as error:
            reply = f"nothing: {error!r}".encode()
        if b"\r\nConnection: close\r\n" in reply or not reply.startswith(b"HTTP"):
            self.connection.close()
            self.connection = None
        return reply

    def receive(self, has_body):
        """The bytes of one reply: until its length is reached, or the connection ends."""
        reply, end = b"", None
        while end is None or len(reply) < end:
            received = self.connection.recv(65536)
            if not received:
                break
            reply += received
            if end is None and b"\r\n\r\n" in reply:
                head = reply.partition(b"\r\n\r\n")[0]
                end = len(head) + 4 + int(re.search(rb"Content-Length: (\d+)", head)[1]) * has_body
        return reply

    def judge(self, request, reply):
        """What is wrong with a reply, or None. Ids in it are used from then on."""
        head, _, body = reply.partition(b"\r\n\r\n")
        if not re.match(rb"HTTP/1\.[01] \d{3} ", head):
            return None if self.router_refuses(request) else "no reply"
        status = int(head[9:12])
        self.counts[status] = self.counts.get(status, 0) + 1
        if status == 303:
            return None
        if request.startswith(b"HEAD "):
            return "a HEAD with a body" if body else None
        if len(body) < int(re.search(rb"Content-Length: (\d+)", head)[1]):
            return None if self.router_refuses(request) else "half a reply"
        return self.judge_body(status, head.lower(), body)

    def router_refuses(self, request):
        """True if uWSGI may hang up, even in the middle of a reply: not HTTP, too large, or with a body."""
        return len(request) > 30_000 or any(odd in request for odd in (b"Content-Length", b"GET\0", b"chunked"))

    def judge_body(self, status, head, body):
        text = body.decode()
        if b"no-store" not in head or b"nosniff" not in head:
            return "a header is missing"
        if b"application/json" in head:
            reply = json.loads(text)
            return self.judge_fields(status, reply.get("ok"), reply.get("error"), reply)
        if b"text/html" in head:
            return None if text.startswith("<!doctype html>") and text.rstrip().endswith("</html>") else "half a page"
        fields = dict(line.partition("=")[::2] for line in text.splitlines()[1:])
        ok = fields.get("ok") != "false"
        return self.judge_fields(status, ok, fields.get("error") if not ok else None, {"reply": text, **fields})

    def judge_fields(self, status, ok, error, reply):
        if not reply.get("reply") or ok != (status == 200):
            return "no sentence, or ok is not right"
        if ok and re.fullmatch("[a-z2-9]{8}", str(reply.get("id", ""))):
            self.ids = [*self.ids[-2:], reply["id"]]
        if not ok and error not in ERRORS.get(status, ()):
            return f"{error} is not an error of {status}"
        return None if ok or reply.get("try", "").startswith("/") else "nothing to try"


def fuzz_with(port, seed, number):
    return Fuzzer(port, seed).run(number)


def fuzz(target, number, processes=2, seed=1):
    """Send so many requests, from several processes."""
    with Pool(processes) as pool:
        jobs = [(target.port, seed * 100 + process, number // processes) for process in range(processes)]
        results = pool.starmap(fuzz_with, jobs)
    counts = {}
    for found, _ in results:
        for status, count in found.items():
            counts[status] = counts.get(status, 0) + count
    faults = [fault for _, faults in results for fault in faults]
    for fault in faults[:20]:
        print("FAULT", *fault, sep="\n    ")
    shares = ", ".join(f"{status}: {count}" for status, count in sorted(counts.items()))
    return [("requests from the grammar", shares, 500 not in counts), ("faults among them", len(faults), not faults)]
