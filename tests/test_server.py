"""The real server: uWSGI in a process of its own, as its users start it."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import venv
from contextlib import ExitStack, suppress

import bottle
import pytest
import requests

from server import startup
from tests.conftest import ROOT, UWSGI, Server, free_port, wait_until
from tests.slow import Slow, small_server
from tests.test_steps import NASTY


def test_one_url_three_readers(server):
    assert server.ask("begin").text.startswith("Puzzle 1 of 5.")
    assert server.json("begin")["stage"] == 1
    assert "<h1>Puzzle 1 of 5." in requests.get(server.url + "begin", headers={"Accept": "text/html"}, timeout=5).text


@pytest.mark.parametrize("message", NASTY)
def test_nasty_messages_are_answered_by_the_real_thing(server, message):
    for route in ("begin", "beguine", "sirduke", "euler", "meruprastarah"):
        assert server.ask(route, message=message).status_code == 200


def raw(server, request):
    """What the server answers to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /begin?message=ñ😀 HTTP/1.1", 200),
        ("GET /begin?message=%F1 HTTP/1.1", 400),
        ("GET /begin?message=%00 HTTP/1.0", 200),
        ("GET /\xff HTTP/1.1", 404),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", 404),
        ("GET /begin?" + "x" * 9000 + " HTTP/1.1", 414),
        ("BREW /begin HTTP/1.1", 405),
        ("TRACE /begin HTTP/1.1", 405),
        ("PROPFIND /begin HTTP/1.1", 405),
        ("OPTIONS /begin HTTP/1.1", 405),
        ("GET\0 /begin HTTP/1.1", 405),
        ("POST /begin HTTP/1.1\r\nContent-Length: 5", 405),
        ("POST /begin HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 5", 405),
        ("GET /begin HTTP/1.1\r\nX-HTTP-Method-Override: DELETE", 200),
        ("GET /begin HTTP/1.1\r\nContent-Length: 5", 400),
        ("get /begin HTTP/1.1\r\nContent-Length: 5", 400),
        ("get /begin HTTP/1.1", 200),
        ("GET /begin HTTP/1.1\r\nTransfer-Encoding: chunked", 400),
        ("GET /begin HTTP/1.1\r\nContent-Length: 0", 200),
        ("GET /begin?message=1&message=2 HTTP/1.1", 400),
        ("GET /begin?%00=1 HTTP/1.1", 400),
        ("GET /begin%00 HTTP/1.1", 404),
        ("GET /begin HTTP/1.1\r\nX-Long: " + "x" * 17000, 431),
        ("GET /begin HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: image", 403),
        ("GET /begin HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: document", 200),
    ],
)
def test_odd_requests_get_the_right_status(server, request_line, status):
    reply = raw(server, f"{request_line}\r\nHost: localhost\r\nConnection: close\r\n\r\nxxxxx".encode())
    assert reply.split()[1] == str(status).encode()


def test_a_connection_stays_open_for_the_next_request(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for route in (b"begin", b"nope", b"who"):
            connection.sendall(b"GET /" + route + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"\r\nConnection: close" not in connection.recv(65536)


def test_a_long_reply_does_not_wait_for_the_client_to_tell_that_its_beginning_arrived():
    """On connections that stay open, that would cost up to 40 ms: see Nagle's algorithm."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        startup.hurry_replies()
        with socket.create_connection(listener.getsockname()):
            connection, _ = listener.accept()
            with connection:
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_request_with_a_body_is_the_last_one_of_its_connection(server):
    """Otherwise the body might be taken for the next request, or the next one would find a closed connection."""
    with requests.Session() as session:
        for turn in range(50):
            with suppress(requests.ConnectionError):  # the reply may be lost if it comes before the body is sent
                assert not session.request(["GET", "POST"][turn % 2], server.url + "begin", data="xxx", timeout=5).ok
            assert session.get(server.url + "begin", timeout=5).ok


def test_a_reply_says_so_if_it_is_the_last_one_of_its_connection(server):
    assert b"\r\nConnection: close\r\n" in raw(
        server, b"POST /begin HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxxx"
    )
    with requests.Session() as session:
        for _ in range(200):
            reply = session.get(server.url + "begin", headers={"Connection": "close"}, timeout=5)
            assert reply.headers["Connection"] == "close"


@pytest.mark.parametrize("form", ["text", "json", "page"])
def test_every_reply_has_the_headers_that_keep_it_here(server, form):
    for route in ("begin", "location", "nope"):
        headers = server.ask(route, format=form).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"


def test_limits_on_the_real_server(server):
    """A burst passes; then the reply says how long to wait, and that the wait is worth it."""
    id = server.json("join", name="hasty")["id"]
    replies = [server.ask("sendchat", id=id, message="hi", name="hasty", format="json") for _ in range(7)]
    assert [reply.status_code for reply in replies[:5]] == [200] * 5
    refused = next(reply for reply in replies if reply.status_code == 429)
    assert list(refused.json()) == ["ok", "error", "reply", "wait", "try"]
    assert (refused.json()["error"], refused.json()["wait"]) == ("too-fast", 1)
    assert refused.headers["Retry-After"] == "1"
    assert "time.sleep(1)" in refused.json()["reply"]
    assert server.json(refused.json()["try"][1:].partition("?")[0], id=id)["ok"]
    time.sleep(refused.json()["wait"])
    assert server.ask("sendchat", id=id, message="hi", name="hasty").ok


def test_a_proxy_is_believed_only_if_it_is_named(tmp_path):
    """Forty join through one proxy, each from an address of their own; from one address a hundred and twenty can."""
    server = Server(MOCEAN_PROXIES="127.0.0.0/8").start(tmp_path / "log")
    try:

        def join(name, address):
            return requests.get(server.url + "join", {"name": name}, headers={"X-Forwarded-For": address}).status_code

        assert {join(f"a{number}", f"192.0.2.{number}") for number in range(40)} == {200}
        assert {join(f"b{number}", "203.0.113.1") for number in range(120)} == {200}
        assert join("last", "203.0.113.1") == 429
        assert join("last", "203.0.113.2") == 200
    finally:
        server.kill()


def test_nobody_chooses_an_address_by_a_header(tmp_path):
    """In any spelling, in any order: not directly, and not through a proxy that passes on what it gets."""
    server = Server(MOCEAN_PROXIES="127.0.0.2", MOCEAN_HARBOUR_KEY="a-key-for-the-tests").start(tmp_path / "log")

    def address(name, source, *headers):
        """Where the server thinks that a new sailor is."""
        for path in (f"/join?name={name}&format=json", "/harbour?key=a-key-for-the-tests&format=json"):
            with socket.create_connection(("127.0.0.1", server.port), 10, (source, 0)) as connection:
                lines = [f"GET {path} HTTP/1.0", "Host: x", *headers, "", ""]
                connection.sendall("\r\n".join(lines).encode())
                reply = json.loads(connection.makefile().read().partition("\n\n")[2])
        return next(sailor["address"] for sailor in reply["sailors"] if sailor["name"] == name)

    true, forged, twin = "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.99", "X_Forwarded_For: 192.0.2.99"
    try:
        assert address("ada", "127.0.0.3") == "127.0.0.3"
        assert address("bob", "127.0.0.3", forged) == "127.0.0.3"
        assert address("eve", "127.0.0.3", forged, twin) == "127.0.0.3"
        assert address("fay", "127.0.0.2", true) == "192.0.2.1"
        assert address("gus", "127.0.0.2", true, twin) == "unclear"
        assert address("hal", "127.0.0.2", twin, true) == "unclear"
        assert address("ian", "127.0.0.2", forged, true) == "unclear"
    finally:
        server.kill()


def test_names_that_others_have_pointed_here_are_refused(tmp_path):
    server = Server(MOCEAN_HOSTS="reds.example.org, blues.example.org").start(tmp_path / "log")

    def ask(*headers):
        return raw(server, "\r\n".join(["GET /chart HTTP/1.0", *headers, "", ""]).encode()).decode()

    ours = ["reds.example.org", "Blues.Example.Org.", f"reds.example.org:{server.port}", "localhost:8080", "127.0.0.1"]
    others = ["evil.example", "evil.reds.example.org", "reds.example.org.evil.example", "127.0.0.1.evil.example"]
    try:
        for name in [*ours, f"127.0.0.1:{server.port}", "[::1]:8080", "203.0.113.7", "[2001:db8::1]"]:
            assert ask(f"Host: {name}").split()[1] == "200", name
        for headers in [*([f"Host: {name}"] for name in others), ["Host: localhost", "Host: evil.example"], []]:
            reply = ask(*headers)
            assert reply.split()[1] == "403", headers
            assert "error=cross-site" in reply
            assert "Ask for reds.example.org instead." in reply
            assert "Clem" not in reply
    finally:
        server.kill()


def test_a_bug_is_a_sentence_from_the_real_thing_too(copy_of_code, tmp_path):
    routes = copy_of_code / "mocean.py"
    bugs = 'app.get("/broken")(lambda: 1 / 0)\napp.get("/exit")(lambda: sys.exit("bye"))\n\n\n# ---- Put together ----'
    routes.write_text(routes.read_text().replace("# ---- Put together ----", bugs))
    server = Server(cwd=copy_of_code).start(tmp_path / "log")
    try:
        id = server.json("join", name="ada")["id"]
        for route in ("broken", "exit"):
            reply = server.ask(route, format="json")
            assert (reply.status_code, reply.json()["error"]) == (500, "bug")
        assert server.json("location", id=id)["ok"]
        wait_until(lambda: "ZeroDivisionError" in server.log.read_text())
    finally:
        server.kill()


def test_a_route_that_never_ends_is_ended_and_the_voyage_goes_on(copy_of_code, tmp_path):
    routes, options = copy_of_code / "mocean.py", copy_of_code / "uwsgi.ini"
    stuck = (
        '@app.get("/stuck")\ndef stuck(sailor, message):\n    while True:\n        pass\n\n\n# ---- Put together ----'
    )
    routes.write_text(routes.read_text().replace("# ---- Put together ----", stuck))
    options.write_text(options.read_text().replace("harakiri = 10", "harakiri = 1"))
    server = Server(cwd=copy_of_code, MOCEAN_LOGBOOK=str(tmp_path / "logbook.sqlite3")).start(tmp_path / "log")
    try:
        id = server.json("join", name="ada")["id"]
        with pytest.raises(requests.ConnectionError):
            server.ask("stuck", id=id, message="secretmessage")
        assert server.json("location", id=id)["ok"]
        wait_until(lambda: re.search(r'mocean.py", line \d+ in stuck', server.log.read_text()))
        assert id not in server.log.read_text()
        assert "secretmessage" not in server.log.read_text()
    finally:
        server.kill()


def test_senders_who_never_finish_keep_nobody_waiting(server):
    with ExitStack() as stack:
        for _ in range(30):
            sender = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sender.sendall(b"POST /begin HTTP/1.1\r\nHost: x\r\nContent-Length: 4096\r\n\r\nx")
        assert requests.get(server.url + "status", timeout=4).ok
        assert sender.recv(100).startswith(b"HTTP/1.1 405")


@pytest.mark.parametrize("query", ["&" * 30_000, "&" * 7000, "a=" + "<" * 7000, "id=" + "<" * 2000, "%22=" * 1900])
def test_what_is_refused_gets_a_small_reply_that_nobody_has_to_read(server, query):
    """Large replies that are never read would fill all that uWSGI can hold, and then the worker would wait."""
    for form in ("text/html", "application/json", "*/*"):
        for route in ("join", "location", "nope"):
            ask = f"GET /{route}?{query} HTTP/1.1\r\nHost: x\r\nAccept: {form}\r\nConnection: close\r\n\r\n".encode()
            assert len(raw(server, ask)) < 10_000
    with ExitStack() as stack:
        for _ in range(30):
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            reader.sendall(ask.replace(b"*/*", b"text/html"))
        assert all(requests.get(server.url + "status", timeout=4).ok for _ in range(20))


def test_the_log_is_private_and_cannot_be_forged(server):
    id = server.json("join", name="logged")["id"]
    server.ask("sendchat", id=id, message="secretmessage", name="nobody")
    server.ask("no%0aGET /forged 200 1 ms")
    raw(server, b"\x1b[31mRED /begin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    raw(server, b"GET /begin?message=x\nGET\t/forged HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    for _ in range(20):  # hang up before the reply comes
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(f"GET /popchat?id={id}&message=secretmessage HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.ask("status")
    wait_until(lambda: "GET /sendchat 404" in server.log.read_text())  # uWSGI's master writes it, when it comes to that
    log = server.log.read_text()
    assert "/status" not in log
    assert id not in log
    assert "secretmessage" not in log
    assert not any(line.startswith("GET /forged") for line in log.splitlines())
    assert "\x1b" not in log


def test_without_a_club_word_it_says_that_anybody_may_join(server, tmp_path):
    assert "Anybody may join" in server.log.read_text()
    assert "Anybody may join" in server.json("")["reply"]
    closed = Server(MOCEAN_WORD="plank").start(tmp_path / "log")
    try:
        assert "Anybody may join" not in closed.log.read_text()
        assert "Anybody may join" not in closed.json("")["reply"]
        assert closed.json("join", name="ada")["error"] == "wrong-word"
        assert closed.json("join", name="ada", word="plank")["ok"]
        assert "plank" not in closed.log.read_text()
    finally:
        closed.kill()


def test_it_says_which_address_to_open(server):
    assert f"\nMocean is open: http://localhost:{server.port}/\n" in server.log.read_text()


def test_only_we_can_talk_to_the_worker(server):
    assert stat.S_IMODE((ROOT / f"mocean-{server.port}.sock").stat().st_mode) & 0o077 == 0


def test_a_connection_that_says_nothing_keeps_nobody_waiting(server):
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"GET /beg")
        assert server.ask("status").ok


def test_over_a_thousand_half_open_connections_keep_nobody_out(tmp_path):
    """Even if whoever starts the server may have no more than 1024 open files, unless a program asks for more."""
    server = Server("sh", "-c", f"ulimit -S -n 1024; exec {UWSGI} uwsgi.ini")
    with Slow() as slow:
        try:
            server.start(tmp_path / "log")
            slow.open(1100, server.port)
            assert slow.drip() == 1100
            assert server.ask("status").ok
        finally:
            server.kill()


def test_half_open_connections_that_say_no_more_are_cut_off():
    with small_server(connections=80, patience=2) as server, Slow() as slow:
        slow.open(90, server.port)
        with pytest.raises(requests.Timeout):
            requests.get(server.url + "status", timeout=0.5)
        wait_until(server.answers)


def test_when_half_open_connections_end_the_server_is_there_again():
    with small_server(connections=80) as server:
        boot = server.json("status")["boot"]
        with Slow() as slow:
            slow.open(90, server.port)
            with pytest.raises(requests.Timeout):
                requests.get(server.url + "status", timeout=0.5)
            assert slow.drip() == 90
        wait_until(server.answers)
        assert server.json("status")["boot"] == boot


def test_a_killed_worker_is_replaced(tmp_path):
    server = Server().start(tmp_path / "log")
    try:
        boot = server.json("status")["boot"]
        workers = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True)
        for pid in workers.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        while not server.answers():
            time.sleep(0.05)
        assert server.json("status")["boot"] != boot
        server.stop()
    finally:
        server.kill()
    assert not server.answers()
    assert not (ROOT / f"mocean-{server.port}.sock").exists()


def test_as_the_club_has_always_started_it(tmp_path):
    """From any other folder, even one with a module of the same name."""
    (tmp_path / "steps.py").write_text("raise SystemExit('the wrong steps.py')")
    command = [UWSGI, "--http", "127.0.0.1:PORT", "--wsgi-file", ROOT / "mocean.py", "--master", "--die-on-term"]
    server = Server(*command, cwd=tmp_path).start(tmp_path / "log")
    try:
        assert server.json("begin", message="7" * 1000)["solved"] is False
        assert server.json("join", name="ada")["ok"]
        # There the router closes each connection, and a session has to be told.
        with requests.Session() as session:
            assert all(session.get(server.url + "status", timeout=5).ok for _ in range(500))
            assert session.get(server.url + "status", timeout=5).headers["Connection"] == "close"
    finally:
        server.kill()


@pytest.mark.parametrize("several", [["--processes", "2"], ["--workers", "3"], ["--threads", "2"]])
def test_more_than_one_ocean_is_refused(several):
    address = f"127.0.0.1:{free_port()}"
    command = [UWSGI, "--http", address, "--wsgi-file", ROOT / "mocean.py", "--master", *several]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == 78
    assert "one uWSGI process with one thread" in result.stderr


# ---- Without uWSGI ----


@pytest.fixture(scope="module")
def python_with_bottle(tmp_path_factory):
    """A Python that has Bottle and nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder)
    shutil.copy(bottle.__file__, next(folder.glob("lib/python*/site-packages")) / "bottle.py")
    return folder / "bin" / "python"


def test_bottle_alone_is_enough(python_with_bottle, copy_of_code):
    server = Server(python_with_bottle, "mocean.py", cwd=copy_of_code).start(copy_of_code / "log")
    try:
        with ExitStack() as stack:
            for _ in range(5):  # as browsers do, without a question
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            assert server.json("join", name="ada")["ok"]
        assert server.ask("hello").status_code == 404
        assert "name=ada" not in server.log.read_text()
    finally:
        server.kill()


def test_a_taken_port_is_a_sentence(python_with_bottle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(taken.getsockname()[1])}
        command = [python_with_bottle, ROOT / "mocean.py"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    assert result.returncode == 78
    assert "can't be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_application_can_be_imported(python_with_bottle):
    command = [python_with_bottle, "-c", "from mocean import application; print(type(application).__name__)"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert result.stdout == "Application\n"
    assert sys.version_info >= (3, 10)
