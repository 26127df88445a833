"""The files of deploy/, which an admin copies, in the real nginx, Caddy and nftables before the real server."""

import os
import re
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from server.door import Door
from tests.conftest import ROOT, UWSGI, Server, free_port
from tests.fleet import a_browser, write_logbook
from tests.slow import ATTACKER, Slow, small_server

NAME = "reds.example.org"
MODE = re.search("^SocketMode=(.*)", (ROOT / "deploy/mocean@.socket").read_text(), re.MULTILINE)[1]
DISTRICT = ["district.Caddyfile", "district-nginx.conf"]
# A server at the door of a club, as systemd would start it. The tests themselves come by a port.
OPEN_A_DOOR = f"""
import os, socket, sys
door = socket.socket(socket.AF_UNIX)
door.bind(os.environ["DOOR"])
os.chmod(os.environ["DOOR"], 0o{MODE})
door.listen(1024)
os.dup2(door.fileno(), 3)
os.set_inheritable(3, True)
os.execv(sys.argv[1], sys.argv[1:])
"""
WITH_DOOR = (
    sys.executable,
    "-c",
    OPEN_A_DOOR,
    UWSGI,
    "uwsgi.ini",
    "--http=127.0.0.1:PORT",
    "--http-to=mocean-PORT.sock",
)
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
        text = (ROOT / "deploy" / file).read_text().replace("10s", "1s").replace("/run/mocean-doors", str(folder))
        text = text.replace(":8081", f":{server.port}").replace(":8079", f":{free_port()}")
        text, command = self.caddy(text) if "Caddyfile" in file else self.nginx(text)
        self.file.write_text(text)
        with self.log.open("w") as log:
            environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
            self.process = subprocess.Popen([*command, self.file], stdout=log, stderr=log, env=environment)

    def caddy(self, text):
        """Its file with certificates of its own, and how it is started."""
        ports = f"\thttp_port {self.plain_port}\n\thttps_port {self.port}\n"
        text = text.replace("{\n", "{\n\tadmin off\n\tskip_install_trust\n" + ports, 1)
        text = text.replace(f"{NAME} {{", f"{NAME}:{self.port} {{\n\ttls internal")
        text = text.replace("\t\ton_demand\n", "\t\ton_demand\n\t\tissuer internal\n")
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
            "/etc/letsencrypt/live/reds.example.org": f"{self.folder}",
            "/etc/letsencrypt/live/example.org": f"{self.folder}",
            "/var/log/nginx": f"{self.folder}",
            "/run/nginx.pid": f"{self.folder}/nginx.pid",
        }.items():
            text = text.replace(ours, theirs)
        return text, ["nginx", "-g", "daemon off;", "-c"]

    def connect(self, address="127.0.0.1", name=NAME):
        """A connection with TLS to a name, from an address of this computer."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = socket.create_connection(("127.0.0.1", self.port), 10, (address, 0))
        return context.wrap_socket(connection, server_hostname=name)

    def respond(self, path, headers=(), address="127.0.0.1", name=NAME):
        """The response, with its `text`."""
        connection = HTTPConnection(name)
        with self.connect(address, name) as connection.sock:
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            response.text = response.read().decode()
            return response

    def ask(self, path, headers=(), address="127.0.0.1", name=NAME):
        """The reply, as text."""
        return self.respond(path, headers, address, name).text

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


@pytest.fixture(scope="module", params=["Caddyfile", "nginx.conf", *DISTRICT])
def proxy(request):
    """A proxy before a server with the settings of the handbook."""
    with before_a_server(request.param) as proxy:
        yield proxy


@pytest.fixture(scope="module", params=DISTRICT)
def district(request):
    """The proxy of a district, in which there is one club, reds."""
    with before_a_server(request.param) as proxy:
        yield proxy


@contextmanager
def before_a_server(file):
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mocean-")))
        folder.chmod(0o755)  # nginx works as another user
        settings = {"MOCEAN_HOSTS": f"{NAME},example.org", "MOCEAN_HARBOUR_KEY": KEY}
        if file in DISTRICT:
            server = Server(*WITH_DOOR, DOOR=f"{folder}/mocean@reds.sock", **settings)
        else:
            server = Server(MOCEAN_PROXIES="127.0.0.1", **settings)
        server.start(folder / "server")
        stack.callback(server.kill)
        proxy = Proxy(file, folder, server)
        stack.callback(proxy.stop)
        proxy.wait()
        yield proxy


@contextmanager
def stopped(server):
    """While it is stopped, only its door is there, if it has one."""
    server.kill()
    try:
        yield
    finally:
        Path(server.environment.get("DOOR", "none")).unlink(missing_ok=True)
        server.start(server.log)


def test_nobody_behind_a_proxy_chooses_an_address(proxy):
    for number, headers in enumerate([{}, FORGED, *({name: value} for name, value in FORGED.items())]):
        name = f"ada{number}"
        id = re.search("^id=(.*)", proxy.ask(f"/join?name={name}", headers, ATTACKER), re.MULTILINE)[1]
        proxy.ask(f"/location?id={id}", headers, ATTACKER)
        aboard = {sailor["name"]: sailor["address"] for sailor in proxy.server.json("harbour", key=KEY)["sailors"]}
        assert aboard[name] == ATTACKER, headers


@contextmanager
def breaking_off(server, said=b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it"):
    """In the place of a server, one that ends in the middle of its replies. Yields a list of what was sent to it."""
    with listening_like(server) as listener:
        sent = []

        def serve():
            with suppress(OSError):  # until it is shut
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        sent.append(connection.recv(10_000))
                        connection.sendall(said)

        thread = Thread(target=serve)
        thread.start()
        yield sent
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def listening_like(server):
    """A socket that listens where a server did that has ended."""
    door = server.environment.get("DOOR")
    if not door:
        return socket.create_server(("127.0.0.1", server.port))
    Path(door).unlink()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(door)
    Path(door).chmod(int(MODE, 8))
    listener.listen()
    return listener


def test_a_proxy_writes_nothing_that_players_send_to_a_log(proxy):
    """Not even while the server is down or breaks off. nginx has a place for a log that it isn't told of."""
    secret = token_hex(8)
    asked = f"/sendchat?id={secret}&message={secret}"
    assert "No sailor has the id" in proxy.ask(asked)
    with stopped(proxy.server):
        assert "No sailor" not in proxy.ask(asked)
        with breaking_off(proxy.server), suppress(HTTPException):
            proxy.ask(asked)
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


# ---- The one door of a district ----

NO_CLUB = "There is no club at this address, or it is closed."


def test_a_club_is_found_by_its_host_and_by_its_path(district):
    joined = district.ask("/join?name=kim")
    assert joined.startswith("Welcome aboard, kim!")
    assert "kim" in district.ask("/reds/who", name="example.org")
    for path in ("/reds", "/reds/", "/reds/no-such-route"):
        page = district.ask(path, {"Accept": "text/html"}, name="example.org")
        assert 'href="/reds/mocean"' in page
    page = district.ask("/who", {"Accept": "text/html", "X-Forwarded-Prefix": "/blues"})
    assert 'href="/mocean"' in page
    page = district.ask("/reds/who", {"Accept": "text/html", "X-Forwarded-Prefix": "/blues"}, name="example.org")
    assert "/blues" not in page
    assert "https://example.org/reds/who" in page


@pytest.mark.parametrize(
    "path", ["/", "/blues/who", "/Reds/who", "/reds%2f..%2fwho", "/../reds", "/reds.sock/", "/who"]
)
def test_no_other_path_leads_to_a_club(district, path):
    answer = district.ask(path, name="example.org")
    assert NO_CLUB in answer or "no route" in answer or "400 Bad Request" in answer


@pytest.mark.parametrize(
    "host", ["x.reds.example.org", "../reds.example.org", "reds/../reds.example.org", "%72eds.example.org", "reds"]
)
def test_no_other_host_leads_to_a_club(district, host):
    lines = ["GET /who HTTP/1.1", f"Host: {host}", "Connection: close"]
    tls, plain = district.send(*lines)
    assert "Aboard now" not in tls + plain


def test_a_club_that_is_not_there_is_named_as_such(district):
    with stopped(district.server):
        down = district.respond("/who")
        assert (down.status, down.headers["Retry-After"]) == (503, "10")
        assert down.text.startswith("Your club's server gave no answer.")
        Path(district.server.environment["DOOR"]).unlink()  # it is suspended
        closed = district.respond("/who")
        assert (closed.status, closed.text.startswith(NO_CLUB)) == (404, True)
    assert district.ask("/who").startswith("Aboard now")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it"])
def test_no_request_is_sent_twice(district, said):
    """Each acts, so a second one could say something again."""
    district.ask("/status")  # over a connection that could be used again
    with stopped(district.server), breaking_off(district.server, said) as sent:
        with suppress(HTTPException):
            district.ask("/sendchat?message=once")
        time.sleep(0.5)
        assert len([request for request in sent if b"once" in request]) == 1


def test_a_certificate_is_made_for_clubs_only():
    with before_a_server("district.Caddyfile") as district:
        for name in ("blues.example.org", "reds.example.com", "x.reds.example.org"):
            with pytest.raises(ssl.SSLError):
                district.connect(name=name)
        assert district.ask("/who", name="example.org").startswith(NO_CLUB)


def test_who_does_not_read_keeps_nobody_in_the_club_waiting(tmp_path):
    """The proxy may hold all of a reply, or not: so here nobody reads at the door itself."""
    write_logbook(tmp_path / "logbook", [(f"ship-{number}", number, number, 90, 0) for number in range(1000)])
    door = str(tmp_path / "door")
    server = Server(*WITH_DOOR, DOOR=door, MOCEAN_LOGBOOK=str(tmp_path / "logbook")).start(tmp_path / "log")
    try:
        assert len(server.ask("chart", format="page").text) > 300_000
        with ExitStack() as stack:
            for _ in range(10):
                reader = stack.enter_context(closing(Door(door, 10)))
                reader.request("GET", "/chart?format=page")
            player = stack.enter_context(closing(Door(door, 10)))
            player.request("GET", "/who")
            assert player.getresponse().read().startswith(b"Aboard now")
    finally:
        server.kill()


def test_a_browser_stays_in_a_club_that_is_found_by_path(district):
    club = f"https://example.org:{district.port}/reds"
    with a_browser("--host-resolver-rules=MAP example.org 127.0.0.1") as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{club}/join?name=pat")
        assert {cookie["path"] for cookie in page.context.cookies()} == {"/reds/"}
        page.get_by_role("link", name="Helm").click()
        page.locator("#heading", has_text="°").wait_for()
        page.keyboard.press("w")
        page.get_by_text(f"{club}/accel?ctrl=w").wait_for()
        page.get_by_text("speed 2.0").wait_for()
        page.get_by_role("link", name="Map").click()
        page.wait_for_function("() => globalThis.picture?.fleet.ships.has('pat')")
        assert all(url.startswith(f"{club}/") for url in asked), asked


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
