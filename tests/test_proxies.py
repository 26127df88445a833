"""The files of deploy/, which an admin copies, in the real nginx, Caddy and nftables before the real server."""

import os
import re
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from secrets import token_hex
from threading import Thread

import pytest

from tests.conftest import ROOT, Server, free_port
from tests.fleet import a_browser
from tests.slow import ATTACKER, Slow, small_server

NAME = "reds.example.org"
KEY = "a-key-for-the-tests"
FORGED = dict.fromkeys(("X-Forwarded-For", "X_Forwarded_For", "X-Forwarded_For", "x_forwarded-for"), "192.0.2.99")
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # how TLS begins

if os.environ.get("CI") != "true":
    pytest.skip("they need root, nginx, Caddy and nftables: CI=true make test", allow_module_level=True)


# ---- The proxies ----


class Proxy:
    """A proxy before a server, with its file of deploy/: only ports and places are others, and deadlines shorter."""

    def __init__(self, file, folder, server):
        self.folder, self.server, self.port, self.plain_port = folder, server, free_port(), free_port()
        self.log, self.file = folder / "output.log", folder / file
        text = (ROOT / "deploy" / file).read_text().replace("10s", "1s")
        text = text.replace("127.0.0.1:8081", f"127.0.0.1:{server.port}")
        text, command = self.caddy(text) if file == "Caddyfile" else self.nginx(text)
        self.file.write_text(text)
        with self.log.open("w") as log:
            environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
            self.process = subprocess.Popen([*command, self.file], stdout=log, stderr=log, env=environment)

    def caddy(self, text):
        """Its file with certificates of its own, and how it is started."""
        ports = f"\thttp_port {self.plain_port}\n\thttps_port {self.port}\n"
        text = text.replace("{\n", "{\n\tadmin off\n\tskip_install_trust\n" + ports, 1)
        text = text.replace(f"{NAME} {{", f"{NAME}:{self.port} {{\n\ttls internal")
        return text, ["caddy", "run", "--adapter", "caddyfile", "--config"]

    def nginx(self, text):
        """The same. Not every computer has IPv6."""
        keys = ("-keyout", self.folder / "privkey.pem", "-out", self.folder / "fullchain.pem")
        request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}", *keys]
        subprocess.run(request, check=True, capture_output=True)
        text = re.sub(r".*listen \[::\].*\n", "", text)
        for ours, theirs in {
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            f"/etc/letsencrypt/live/{NAME}": f"{self.folder}",
            "/var/log/nginx": f"{self.folder}",
            "/run/nginx.pid": f"{self.folder}/nginx.pid",
        }.items():
            assert ours in text
            text = text.replace(ours, theirs)
        return text, ["nginx", "-g", "daemon off;", "-c"]

    def connect(self, address="127.0.0.1"):
        """A connection with TLS, from an address of this computer."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = socket.create_connection(("127.0.0.1", self.port), 10, (address, 0))
        return context.wrap_socket(connection, server_hostname=NAME)

    def respond(self, path, headers=(), address="127.0.0.1"):
        """The response, with its `text`."""
        connection = HTTPConnection(NAME)
        with self.connect(address) as connection.sock:
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            response.text = response.read().decode()
            return response

    def ask(self, path, headers=(), address="127.0.0.1"):
        """The reply, as text."""
        return self.respond(path, headers, address).text

    def send(self, *lines):
        """Send a request as it is, with TLS and to the port for plain HTTP. Returns what comes back."""
        for connection in (self.connect(), socket.create_connection(("127.0.0.1", self.plain_port), 10)):
            with connection, suppress(OSError):
                connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
                yield connection.makefile(errors="replace").read()

    def wait(self):
        """Wait until it answers."""
        for _ in range(200):
            with suppress(OSError):
                self.connect().close()
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module", params=["Caddyfile", "nginx.conf"])
def proxy(request, tmp_path_factory):
    """A proxy before a server with the settings of the handbook."""
    server = Server(MOCEAN_PROXIES="127.0.0.1", MOCEAN_HOSTS=NAME, MOCEAN_HARBOUR_KEY=KEY)
    with ExitStack() as stack:
        server.start(tmp_path_factory.mktemp("server") / "log")
        stack.callback(server.kill)
        proxy = Proxy(request.param, tmp_path_factory.mktemp("proxy"), server)
        stack.callback(proxy.stop)
        proxy.wait()
        yield proxy


def test_nobody_behind_a_proxy_chooses_an_address(proxy):
    for number, headers in enumerate([{}, FORGED, *({name: value} for name, value in FORGED.items())]):
        name = f"ada{number}"
        id = re.search("^id=(.*)", proxy.ask(f"/join?name={name}", headers, ATTACKER), re.MULTILINE)[1]
        proxy.ask(f"/location?id={id}", headers, ATTACKER)
        aboard = {sailor["name"]: sailor["address"] for sailor in proxy.server.json("harbour", key=KEY)["sailors"]}
        assert aboard[name] == ATTACKER, headers


@contextmanager
def breaking_off(port):
    """A server that is ended in the middle of its first reply."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it")

        thread = Thread(target=serve)
        thread.start()
        yield
        thread.join()


def test_a_proxy_writes_nothing_that_players_send_to_a_log(proxy):
    """Not even while the server is down or breaks off. nginx has a place for a log that it isn't told of."""
    secret = token_hex(8)
    asked = f"/sendchat?id={secret}&message={secret}"
    assert "No sailor has the id" in proxy.ask(asked)
    proxy.server.kill()
    try:
        assert "No sailor" not in proxy.ask(asked)
        with breaking_off(proxy.server.port), suppress(HTTPException):
            proxy.ask(asked)
    finally:
        proxy.server.start(proxy.server.log)
    *_, redirected = proxy.send(f"GET {asked} HTTP/1.0", f"Host: {NAME}")
    assert f"location: https://{NAME}{asked}" in redirected.replace("Location:", "location:")
    for bad in (
        [f"GET {asked} HTTP/1.1"],
        [f"GET {asked} HTTP/1.1", f"Host: {NAME}", f"Host: {secret}"],
        [f"GET {asked} HTTP/1.1", f"Host: {secret} and more"],
        [f"GET {asked} HTTP/9.9", f"Host: {NAME}"],
        [f"GET {asked}{'x' * 40_000} HTTP/1.1", f"Host: {NAME}", "Connection: close"],
        [f"GET {asked} HTTP/1.1", f"Host: {NAME}", f"X-Long: {secret * 4000}", "Connection: close"],
        [f"{secret} {asked} HTTP/1.1", f"Host: {NAME}", "Connection: close"],
        [f"GET {asked}"],
    ):
        list(proxy.send(*bad))
    logs = [*proxy.folder.glob("*.log"), *Path("/var/log/nginx").glob("*.log"), *Path("/var/log/caddy").glob("*.log")]
    assert proxy.log in logs
    assert not any(secret in log.read_text() for log in logs)


def test_behind_https_each_cookie_is_for_https_only(proxy):
    joined = proxy.respond("/join?name=sue")
    opened = proxy.respond("/harbour", {"X-Harbour-Key": KEY})
    cookies = joined.headers.get_all("Set-Cookie") + opened.headers.get_all("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["id", "aboard", "key", "key"]
    assert all("; Secure" in cookie for cookie in cookies)
    id = re.search("^id=(.*)", joined.text, re.MULTILINE)[1]
    assert "; Secure" in proxy.respond(f"/quit?id={id}", {"Cookie": f"id={id}"}).headers["Set-Cookie"]


def test_in_a_browser_a_ship_from_before_https_is_kept_and_made_safe(proxy):
    id = re.search("^id=(.*)", proxy.ask("/join?name=ann"), re.MULTILINE)[1]
    old = {"name": f"id-{proxy.port}", "value": id, "domain": NAME, "path": "/", "httpOnly": True, "sameSite": "Strict"}
    url = f"https://{NAME}:{proxy.port}"
    with a_browser(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        context = browser.new_context(ignore_https_errors=True)
        context.add_cookies([old])
        page = context.new_page()
        page.goto(f"{url}/location")
        assert page.locator("h1").inner_text().startswith("You are at x ")
        page.goto(f"{url}/join?name=ann")
        cookies = {cookie["name"]: cookie for cookie in context.cookies()}
        assert cookies[old["name"]]["value"] == id
        assert [cookie["secure"] for cookie in cookies.values()] == [True, True]
        assert page.goto(f"{url}/location").ok


@pytest.mark.parametrize("port", ["", ":8443"])
def test_a_page_shows_the_address_that_the_browser_has(proxy, port):
    page = proxy.ask("/begin", {"Host": NAME + port, "Accept": "text/html", "X-Forwarded-Proto": "gopher"})
    assert f"https://{NAME}{port}/begin" in page


def test_the_numbers_are_not_for_those_who_come_by_a_proxy(proxy):
    assert proxy.respond("/metrics").status == 400  # there is a key, and it is missing
    assert proxy.respond("/metrics", {"X-Harbour-Key": KEY}).status == 200
    assert proxy.server.ask("metrics").status_code == 200
    assert proxy.respond("/health").status == 200


def test_what_is_too_long_still_gets_our_sentence(proxy):
    assert proxy.ask("/begin?message=" + "x" * 9000).startswith("Your URL has ")
    assert proxy.ask("/begin", {"X-Long": "x" * 15900, "X-Longer": "x" * 1000}).startswith("Your headers have ")


def test_a_proxy_cuts_off_who_never_finishes_a_request(proxy):
    """A byte now and then is not enough, whether there is TLS already or not. Meanwhile a player is served."""
    with Slow() as slow:
        slow.open(1000, proxy.port, HALF_A_HELLO)
        for _ in range(100):
            slow.add(proxy.connect(ATTACKER))
        deadline = time.monotonic() + 30
        while slow.drip():
            assert " sailing, " in proxy.ask("/status")
            assert time.monotonic() < deadline, f"{len(slow.open_ones)} connections are still open"
            time.sleep(0.2)


# ---- The firewall ----


def test_with_the_firewall_one_address_cannot_take_up_all_connections():
    """In a network of its own, as the rule is for the whole computer."""
    command = ["unshare", "--net", sys.executable, "-c", "from tests.test_proxies import crowd; crowd()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def crowd():
    """One address opens more connections than the server has, and others are served."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with Slow() as slow, small_server(1100) as server:
        rules = (ROOT / "deploy/firewall.nft").read_text().replace("8080", str(server.port))
        for _ in range(2):  # it may be loaded again
            subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)
        slow.open(1200, server.port)
        assert len(slow.open_ones) == 1000
        assert server.answers()
