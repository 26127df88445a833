"""What the pages of other sites can do to a player, and to the leader, in a real browser over plain HTTP."""

import os
import struct
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from tests.conftest import ROOT, Handler, Server, serving
from tests.fleet import CHROMIUM, WHY_NOT, a_browser
from web import python

IN_CI = os.environ.get("CI") == "true"
pytestmark = pytest.mark.skipif(not IN_CI, reason="they take a minute; with Chromium: CI=true make test")

EVERY_HOST_IS_HERE = "--host-resolver-rules=MAP * 127.0.0.1"
# Browsers say to the second, one's own computer, which site asks. To the first they don't.
CLUBS = ["club.example", "127.0.0.1"]
KEY = "correct-horse-battery"

# How a page leads somebody to a URL: each has something with id='x' to click, or goes there by itself.
WAYS = {
    "link": "<a id='x' href='{url}'>x</a>",
    "link without referrer": "<a id='x' rel=noreferrer href='{url}'>x</a>",
    "form": "<form action='{path}'>{inputs}<button id='x'>x</button></form>",
    "window": "<button id='x' onclick='window.open(`{url}`, `_self`)'>x</button>",
    "script": "<script>location = '{url}'</script>",
    "refresh": "<meta http-equiv=refresh content='0;url={url}'>",
    "redirection": "<a id='x' href='/redirection?{url}'>x</a>",
}
# What a page asks for by itself.
PARTS = """<img src='{url}'><script src='{url}'></script><iframe src='{url}'></iframe><object data='{url}'></object>
<script>fetch('{url}', {{ mode: 'no-cors', credentials: 'include' }})</script>"""


def page_with(way, path, **keys):
    """A page that asks a URL in one of these ways."""
    url = f"{path}?{'&'.join(f'{name}={quote(value)}' for name, value in keys.items())}"
    inputs = "".join(f"<input name='{name}' value='{value}'>" for name, value in keys.items())
    return way.format(url=url, path=path, inputs=inputs)


@contextmanager
def site_with(body, host="evil.example"):
    """Another site, all of whose pages have this body, and whose `redirection?URL` leads to that URL."""

    class Page(Handler):
        def do_GET(self):
            route, _, url = self.path.partition("?")
            self.send_response(302 if route == "/redirection" else 200)
            self.send_header("Location", url)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    with serving(Page) as site:
        yield f"http://{host}:{site.server_port}/"


def be_led(page, body, host="evil.example"):
    """Go to a page of another site, and wherever that leads."""
    with site_with(body, host) as url:
        if "id='x'" in body:
            page.goto(url)
            page.click("#x")
        else:
            page.goto(url, wait_until="commit")  # it may be gone before it has loaded
        page.wait_for_url(lambda now: not now.startswith(url))


def look_at(page, body, host="evil.example"):
    """Go to a page of another site, and wait until it has all that it asks for."""
    with site_with(body, host) as url:
        page.goto(url, wait_until="networkidle")


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM, WHY_NOT
    with a_browser(EVERY_HOST_IS_HERE) as browser:
        yield browser


@pytest.fixture
def page(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def server(tmp_path):
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path / "log")
    yield server
    server.kill()


@pytest.fixture(params=CLUBS)
def club(server, request):
    """The URL of the server, as one that browsers say more and less to."""
    return f"http://{request.param}:{server.port}/"


def heading_of(page):
    return page.locator("h1").inner_text()


def who_sails(page, club):
    page.goto(club)
    return page.locator("header b").inner_text()


# ---- Links ----


@pytest.mark.parametrize("way", WAYS)
def test_no_link_swaps_the_ship_under_somebodys_hands(page, server, club, way):
    mallory = server.json("join", name="mallory")["id"]
    page.goto(club + "join?name=ada")
    for keys in ({"name": "mallory", "id": mallory}, {"name": "eve"}):
        be_led(page, page_with(WAYS[way], club + "join", **keys))
        assert heading_of(page).startswith("Another website sent you here")
        assert mallory not in page.content()
        page.reload()
        assert heading_of(page).startswith("Another website sent you here")
        assert who_sails(page, club) == "ada"
    assert "eve" not in server.json("who")["sailors"]


def test_who_wants_to_join_by_a_link_can_say_so(page, club):
    page.goto(club + "join?name=ada")
    be_led(page, page_with(WAYS["link"], club + "join", name="eve"))
    page.get_by_role("button", name="Ask /join").click()
    assert heading_of(page).startswith("Welcome aboard, eve!")
    assert who_sails(page, club) == "eve"


def test_who_has_no_ship_joins_by_a_link_in_the_class_chat(page, club):
    be_led(page, page_with(WAYS["link without referrer"], club + "join", name="ada"))
    assert heading_of(page).startswith("Welcome aboard, ada!")
    assert who_sails(page, club) == "ada"
    id = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"].startswith("id"))
    page.goto(f"{club}quit?id={id}")
    be_led(page, page_with(WAYS["link"], club + "join", name="bob"))
    assert heading_of(page).startswith("Welcome aboard, bob!")


def test_a_browser_that_has_lost_the_id_gets_one_from_our_own_page(page, server, club):
    page.goto(club + "join?name=ada")
    page.context.clear_cookies(name=f"id-{server.port}")
    page.goto(club)
    page.locator('form[action="/join"] input').fill("bob")
    page.get_by_role("button", name="Ask /join").click()
    assert heading_of(page).startswith("Welcome aboard, bob!")


def test_what_another_site_asks_by_itself_swaps_no_ship(page, club):
    page.goto(club + "join?name=ada")
    look_at(page, page_with(PARTS, club + "join", name="eve"))
    assert who_sails(page, club) == "ada"


# ---- Python in the page ----

# What a script of another site can try: each resolves if it works.
TRIES = """async (club) => {
  const event = (element, url) => new Promise((resolve, reject) => {
    Object.assign(element, { src: url, data: url, onload: resolve, onerror: () => reject(Error("refused")) });
    document.body.append(element);
  });
  const script = (path) => event(document.createElement("script"), club + path);
  const tries = {
    page: () => fetch(`${club}python`, { credentials: "include" }),
    blind: () => fetch(`${club}python`, { mode: "no-cors", credentials: "include" }),
    wheel: () => fetch(`${club}fetched/LARGE`, { mode: "no-cors" }),
    module: () => import(`${club}static/python/runner.js`),
    worker: () => new Worker(`${club}static/python/worker.js`, { type: "module" }),
    script: () => script("static/python/worker.js"),
    fetched: () => script("fetched/LARGE"),
    object: () => event(document.createElement("object"), `${club}python`),
    window: () => window.open(`${club}python`).document.title || Promise.reject(Error("still empty")),
  };
  const worked = [];
  for (const [name, attempt] of Object.entries(tries)) {
    try {
      await attempt();
      worked.push(name);
    } catch {}
  }
  return worked;
}"""


def test_no_other_site_reads_or_runs_anything_of_the_page_of_python(page, club):
    page.goto(club + "join?name=ada")
    name = next(path for path in python.NAMES if path.endswith("pyodide.mjs"))
    with site_with("<iframe></iframe>") as url:
        page.goto(url)
        assert page.evaluate(TRIES.replace("LARGE", name), club) == []
        with pytest.raises(Exception, match="BLOCKED_BY_RESPONSE"):
            page.frames[1].goto(club + "python")
        with page.expect_popup() as opened:
            page.evaluate("(url) => { window.other = window.open(url); }", club + "python")
        opened.value.get_by_role("button", name="Run ").wait_for()
        refused = page.evaluate("() => { try { return other.document.title; } catch (error) { return error.name; } }")
        assert refused in ("SecurityError", "")


# ---- Other ports of the same host ----


@pytest.mark.parametrize("host", CLUBS)
def test_two_oceans_on_one_host_keep_their_sailors_apart(page, server, tmp_path, host):
    other = Server().start(tmp_path / "log of the other")
    try:
        first, second = (f"http://{host}:{one.port}/" for one in (server, other))
        page.goto(first + "join?name=ada")
        page.goto(second + "join?name=bob")
        assert who_sails(page, first) == "ada"
        assert who_sails(page, second) == "bob"
    finally:
        other.kill()


def test_another_port_of_the_same_host_neither_steers_nor_leads(page, server):
    """Where the browser says who asks, as with https and on one's own computer."""
    page.goto(server.url + "join?name=ada")
    unlock(page, server.url)
    for route, keys in (("speed", {"speed": "40"}), ("harbour/say", {"message": "boo"})):
        for way in WAYS.values():
            be_led(page, page_with(way, server.url + route, **keys), host="127.0.0.1")
            assert "is missing" in heading_of(page)
        look_at(page, page_with(PARTS, server.url + route, **keys), host="127.0.0.1")
    page.goto(server.url + "location")
    assert "speed 0.0" in heading_of(page)
    assert not server.json("chart")["chat"]
    page.goto(server.url + "harbour")
    assert heading_of(page) == "The ocean is open. Aboard: 1."


# ---- The key of the harbour ----


def unlock(page, club):
    """Type the key into the page of the harbour."""
    page.goto(club + "harbour")
    page.locator("input:focus").fill(KEY)
    page.keyboard.press("Enter")
    page.get_by_text("The ocean is open.").wait_for()


def test_the_key_stays_nowhere_in_the_browser_and_the_harbour_stays_open(chromium, server, tmp_path):
    club, profile = f"http://club.example:{server.port}/", tmp_path / "profile"

    @contextmanager
    def lasting_browser():
        options = dict(executable_path=CHROMIUM, args=[EVERY_HOST_IS_HERE])
        browser = chromium.browser_type.launch_persistent_context(profile, **options)
        yield browser.new_page()
        browser.close()

    with lasting_browser() as page:
        page.goto(club + "harbour")
        page.locator("input:focus").fill("not-the-right-key")
        page.get_by_role("button", name="Open the harbour").click()
        page.get_by_text("This is not the harbour key.").wait_for()
        unlock(page, club)
        assert page.url == club + "harbour"
    kept = {file.name: file.read_bytes() for file in profile.rglob("*") if file.is_file()}
    assert b"club.example" in kept["History"]
    assert not [name for name, content in kept.items() if KEY.encode() in content]

    with lasting_browser() as page:
        page.goto(club + "harbour")
        assert heading_of(page).startswith("The ocean is open.")
        page.goto(club + "harbour/lock")
    with lasting_browser() as page:
        page.goto(club + "harbour")
        assert page.locator("#lock").is_visible()


def test_the_page_of_the_harbour_opens_within_a_minute_whatever_others_send(page, tmp_path):
    """By the server's clock, and the page's, which don't wait."""
    clock = tmp_path / "clock"
    clock.write_bytes(struct.pack("d", 1_000_000))
    clocked = {"PYTHONPATH": str(ROOT / "tests/clock"), "TEST_CLOCK": str(clock), "LATENCY": "0.01"}
    server = Server(MOCEAN_HARBOUR_KEY=KEY, **clocked).start(tmp_path / "log")

    def now():
        return server.json("status")["time"]

    def guess():
        return [server.ask("harbour", key=f"wrong-{number}").status_code for number in range(20)]

    try:
        guess()
        page.clock.install()
        page.goto(f"http://club.example:{server.port}/harbour")
        began = now()
        page.locator("input:focus").fill(KEY)
        page.keyboard.press("Enter")
        page.get_by_text("I keep asking").wait_for()
        answer = None
        while not (answer and answer.value.ok):
            with clock.open("r+b") as file:
                file.write(struct.pack("d", now() + 4.5))
            assert guess()[-1] == 429
            with page.expect_response("**/harbour") as answer:
                page.clock.run_for(5000)
        page.get_by_text("The ocean is open.").wait_for()
        assert 40 < now() - began < 60
    finally:
        server.kill()


def test_keys_that_another_site_sends_are_no_tries(page, server, club):
    look_at(page, "".join(PARTS.format(url=f"{club}harbour?key=x{number}") for number in range(14)))
    assert [server.ask("harbour", key=f"wrong-{number}").status_code for number in range(11)] == [403] * 10 + [429]
