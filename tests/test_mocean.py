"""The routes of the ocean game, asked without a network."""

import re
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest

from game.mail import MAILBOX
from game.planet import TREASURES
from game.sailors import NAP
from tests.conftest import Player, game, is_plain

LOCATION = ["x", "y", "depth", "heading", "speed", "status", "time"]

# Every route of the protocol: how it is asked, and the fields of its reply.
PROTOCOL = [
    ("/join?name=bob", ["name", "id", *LOCATION]),
    ("/quit?id=ID", ["name"]),
    ("/who", ["count", "sailors"]),
    ("/sendchat?id=ID&message=hi", ["number", "reached"]),
    ("/sendchat?id=ID&message=hi&name=ada", ["number", "reached"]),
    ("/popchat?id=ID", ["number", "sender", "message", "sent", "waiting"]),
    ("/popchat?id=ID&after=3", ["number", "sender", "message", "sent", "waiting"]),
    ("/location?id=ID", LOCATION),
    ("/velocity?id=ID", ["vx", "vy", "heading", "speed", "time"]),
    ("/heading?id=ID&degrees=90", LOCATION),
    ("/speed?id=ID&speed=4.5", LOCATION),
    ("/accel?id=ID&ctrl=w", LOCATION),
    ("/stop?id=ID", LOCATION),
    ("/dive?id=ID&depth=2", LOCATION),
    ("/ping?id=ID", ["seafloor", "clearance"]),
    ("/look?id=ID", ["things"]),
    ("/inventory?id=ID", ["items"]),
    (
        "/chart",
        [
            "size",
            "time",
            "sailors",
            "seamounts",
            "chat",
            "hidden",
            "treasures",
            "paused",
            "season",
            "sounded",
            "best",
            "news",
            "eyes",
            "lesson",
        ],
    ),
    ("/soundings", ["size", "square", "sounded", "rows"]),
    ("/ship?name=ada", ["name", "look", "badges", "seamounts", "treasures", "heard", "asked", "heading", "speed"]),
    ("/status", ["version", "boot", "uptime", "sailors", "time"]),
    ("/mocean", ["routes"]),
    ("/begin", ["solved", "stage", "next"]),
    ("/euler?message=1", ["solved", "stage", "next"]),
]


@pytest.mark.parametrize(("url", "fields"), PROTOCOL)
def test_replies_have_the_fields_of_the_protocol(player, url, fields):
    url = url.replace("ID", player.join("ada"))
    reply = player.json(url)
    assert list(reply) == ["ok", "reply", *fields]
    assert is_plain(reply["reply"])
    assert reply["ok"] is True


@pytest.mark.parametrize(("url", "fields"), PROTOCOL)
def test_as_text_each_field_has_its_line_and_each_record_one_of_its_own(player, url, fields):
    lines = player.ask(url.replace("ID", player.join("ada"))).text.splitlines()[1:]
    assert [*dict.fromkeys(re.match(r"\w+(?=[=:])", line)[0] for line in lines)] == fields


def test_every_public_route_is_in_the_rules_with_its_keys(player):
    rules = {rule["route"]: rule for rule in player.json("/mocean")["routes"]}
    assert rules["/sendchat"]["keys"] == ["id", "message", "name"]
    assert rules["/heading"]["example"] == "/heading?id=YOUR-ID&degrees=90"
    assert rules["/join"]["example"] == "/join?name=ada"
    assert {url.partition("?")[0] for url, _ in PROTOCOL} - {"/euler"} <= set(rules)
    for rule in rules.values():
        assert is_plain(rule["does"]), rule
    assert not {"/beguine", "/sirduke", "/euler", "/meruprastarah"} & set(rules)


def test_the_examples_in_the_rules_work(player):
    id = player.join("ada")
    for rule in player.json("/mocean", id=id)["routes"]:
        if rule["route"] not in ("/get", "/quit"):
            assert player.json(rule["example"])["ok"], rule


def test_the_example_for_get_is_honest(player):
    """It can't work from the harbour: the reply says why, and leads on."""
    reply = player.json("/get", id=player.join("ada"), item="pearl")
    assert (reply["error"], reply["try"].partition("?")[0]) == ("cannot", "/look")


# ---- Errors ----

ERRORS = [
    ("/heading?degrees=90", 400, "missing-key", "“id”"),
    ("/heading?id=ID", 400, "missing-key", "“degrees”"),
    ("/heading?id=ID&degrees=", 400, "missing-key", "“degrees”"),
    ("/quit", 400, "missing-key", "“id”"),
    ("/join", 400, "missing-key", "“name”"),
    ("/get?id=ID", 400, "missing-key", "“item”"),
    ("/heading?id=ID&degree=90", 400, "unknown-key", "“degree”. Did you mean “degrees”?"),
    ("/who?x=1", 400, "unknown-key", "“x”"),
    ("/join?nam=bob", 400, "unknown-key", "“nam”. Did you mean “name”?"),
    ("/heading?id=ID&degrees=north", 400, "bad-value", "“north”"),
    ("/heading?id=ID&degrees=inf", 400, "bad-value", "“inf”"),
    ("/speed?id=ID&speed=41", 400, "bad-value", "41"),
    ("/speed?id=ID&speed=-1", 400, "bad-value", "-1"),
    ("/speed?id=ID&speed=nan", 400, "bad-value", "“nan”"),
    ("/accel?id=ID&ctrl=x", 400, "bad-value", "“x”"),
    ("/dive?id=ID&depth=-1", 400, "bad-value", "-1"),
    ("/popchat?id=ID&after=-1", 400, "bad-value", "“-1”"),
    ("/popchat?id=ID&after=" + "9" * 5000, 400, "bad-value", "9..."),
    ("/sendchat?id=ID&message=" + "x" * 201, 400, "bad-value", "201"),
    ("/sendchat?id=ID&message=%00", 400, "bad-value", "0"),
    ("/join?name=a", 400, "bad-value", "“a”"),
    ("/join?name=%3Cscript%3E", 400, "bad-value", "“<script>”"),
    ("/location?id=ID&format=xml", 400, "bad-value", "“xml”"),
    ("/location?id=aaaaaaaa", 403, "unknown-id", "“aaaaaaaa”"),
    ("/join?name=bob&id=aaaaaaaa", 403, "unknown-id", "“aaaaaaaa”"),
    ("/quit?id=aaaaaaaa", 403, "unknown-id", "“aaaaaaaa”"),
    ("/headin?id=ID", 404, "no-route", "Did you mean /heading?"),
    ("/begine", 404, "no-route", "Did you mean /begin?"),
    ("/wp-login.php", 404, "no-route", "“/wp-login.php”"),
    ("/sendchat?id=ID&message=hi&name=zed", 404, "no-sailor", "“zed”"),
    ("/get?id=ID&item=gold", 404, "no-item", "“gold”"),
    ("/join?name=ADA", 409, "name-taken", "ADA"),
    ("/join?name=Clem", 409, "name-taken", "Clem"),
    ("/join?name=bob&id=ID", 409, "cannot", "ada"),
    ("/dive?id=ID&depth=31", 409, "cannot", "31"),
    ("/get?id=ID&item=pearl", 409, "cannot", "pearl"),
    ("/location?id=ID&x=" + "1" * 9000, 414, "too-long", "8000"),
]


@pytest.mark.parametrize(("url", "status", "error", "said"), ERRORS)
def test_each_error_says_what_is_wrong_and_what_works(player, url, status, error, said):
    id = player.another().join("ada")  # in another browser: the cookie that join sets would stand in for a missing id
    response = player.ask(url.replace("ID", id), headers={"Accept": "application/json"})
    assert (response.status_code, response.json["ok"], response.json["error"]) == (status, False, error)
    assert said in response.json["reply"]
    assert list(response.json) == ["ok", "error", "reply", "try"]
    assert is_plain(response.json["reply"])
    assert player.json(response.json["try"])["ok"], response.json["try"]


def test_under_water_a_ship_is_slow(player):
    id = player.join("ada")
    player.json("/dive", id=id, depth=10)
    reply = player.json("/speed", id=id, speed=20)
    assert (reply["error"], player.json(reply["try"])["depth"]) == ("cannot", 0)
    assert player.json("/speed", id=id, speed=20)["speed"] == 20


def test_a_full_mailbox(player):
    id = player.join("ada")
    for _ in range(MAILBOX):
        player.json("/sendchat", id=id, message="hi", name="ada")
    response = player.ask("/sendchat", id=id, message="hi", name="ada")
    assert (response.status_code, response.text.splitlines()[2]) == (409, "error=mailbox-full")


def test_a_sailor_without_room_to_wake_can_still_quit(clock):
    player = Player(game(clock=clock, most_awake=1))
    id = player.join("ada")
    clock.now += NAP
    player.another().join("bob")
    assert player.json("/location", id=id)["error"] == "ocean-full"
    assert player.json("/quit", id=id)["ok"]


def test_a_full_ocean():
    player = Player(game(most_awake=1))
    player.join("ada")
    response = player.ask("/join?name=bob&format=json")
    assert (response.status_code, response.json["error"]) == (503, "ocean-full")
    assert player.json(response.json["try"])["ok"]


@pytest.mark.parametrize("word", ["", "&word=", "&word=plank", "&word=ñ"])
def test_the_club_word(word):
    player = Player(game(word="Planke-ø"))
    response = player.ask(f"/join?name=ada&format=json{word}")
    assert (response.status_code, response.json["error"]) == (403, "wrong-word")
    assert player.json(response.json["try"])["ok"]
    assert "Planke" not in response.text
    assert player.json("/join", name="ada", word="Planke-ø")["ok"]


@pytest.mark.parametrize("name", ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"])
@pytest.mark.parametrize("value", ["prefetch", "prefetch;prerender", "Prerender", "preview"])
def test_a_prefetch_does_not_act(player, name, value):
    response = player.ask("/join?name=ada&format=json", headers={name: value})
    assert (response.status_code, response.json["error"]) == (503, "prefetch")
    assert player.json("/who")["sailors"] == ["Clem"]


def test_head_does_not_act(player):
    response = player.ask("/join?name=ada", method="HEAD")
    assert (response.status_code, response.text) == (200, "")
    assert "Set-Cookie" not in response.headers
    assert player.json("/who")["sailors"] == ["Clem"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_get_acts(player, method):
    response = player.ask("/join?name=ada&format=json", method=method)
    assert (response.status_code, response.json["error"]) == (405, "bad-method")
    assert player.json("/who")["sailors"] == ["Clem"]
    assert player.json(response.json["try"])["ok"]


def test_thousands_of_the_same_refusal_are_a_line_a_second(player, clock, caplog):
    caplog.set_level("INFO")
    for _ in range(3):
        for _ in range(500):
            player.ask("/heading?degrees=north&id=secretid")
        clock.now += 1
    player.ask("/sendchat&message=secret&id=secretid")
    assert caplog.messages == [
        "GET /heading 403 unknown-id",
        "GET /heading 403 unknown-id (499 more)",
        "GET /heading 403 unknown-id (499 more)",
        "GET (no route) 404 no-route",
    ]


def test_secret_routes_are_not_told(player):
    for route in ("/beguin", "/beguinee", "/sirduk", "/sirduke/x", "/EULER", "/meru", "/meruprastara"):
        assert not re.search("beguine|sirduke|euler|meruprastarah", player.ask(route).text.replace(route, "").lower())


@pytest.mark.parametrize("form", ["text", "json", "page"])
def test_a_loop_without_a_sleep_is_told_to_wait(clock, form):
    player = Player(game(clock=clock, limits=True))
    id = player.join("ada")
    bob = player.another()
    bob.join("bob")
    for _ in range(100):
        assert player.ask("/heading", id=id, degrees="1").status_code == 200
    refused = player.ask("/heading", id=id, degrees="1", format=form)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert "time.sleep(1)" in refused.text
    assert player.ask("/nonsense", id=id).status_code == 429
    assert bob.json("/location")["ok"]
    reply = player.json("/heading", id=id, degrees="1")
    assert (reply["error"], reply["wait"]) == ("too-fast", 1)
    clock.now += reply["wait"]
    assert player.json(reply["try"])["ok"]


# ---- Ids and cookies ----


def test_the_id_is_told_to_nobody_else(player):
    id = player.join("ada")
    player.json("/sendchat", id=id, message="hi")
    player.json("/speed", id=id, speed=1)
    other = player.another()
    bob = other.join("bob")
    for url in ("/", "/who", "/chart", "/mocean", "/status", f"/look?id={bob}", f"/popchat?id={bob}", "/join?name=ada"):
        assert id not in other.ask(url).text


@pytest.mark.parametrize(
    ("remote", "scheme", "is_https"),
    [
        ("10.0.0.1", "https", True),
        ("10.0.0.1", "HTTPS, http", True),
        ("10.0.0.1", "http", False),
        ("10.0.0.1", None, False),
        ("203.0.113.7", "https", False),
    ],
)
def test_only_a_proxy_of_ours_is_believed_that_a_browser_came_by_https(remote, scheme, is_https):
    player = Player(game(proxies=(ip_network("10.0.0.0/8"),)), address=remote)
    headers = {"Accept": "text/html", **({"X-Forwarded-Proto": scheme} if scheme else {})}
    joined = player.ask("/join?name=ada", headers=headers)
    assert ["; Secure" in cookie for cookie in joined.headers.getlist("Set-Cookie")] == [is_https, is_https]
    assert ("https://localhost/join" in joined.text, "http://localhost/join" in joined.text) == (is_https, not is_https)


def test_a_browser_remembers_the_id(player):
    response = player.ask("/join?name=ada")
    cookie = response.headers["Set-Cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    id = response.text.split("id=")[1].split()[0]
    assert player.json("/speed?speed=3")["speed"] == 3
    assert player.json("/join?name=ada")["id"] == id  # the page is loaded again
    other = player.join("bob")  # a second ship from the same browser
    assert other != id
    assert player.json("/speed", id=id, speed=2)["ok"]  # the key wins over the cookie
    assert player.json("/location", id=id)["speed"] == 2
    assert player.json("/location", id=other)["speed"] == 0


@pytest.mark.parametrize("junk", ["a,b=1", "a/b=1", "[x]=1", "ñ=1", "=", ";;", '"', "id", "$Path=1", "a=" + "x" * 3000])
def test_cookies_of_other_programs_are_passed_over(player, junk):
    id = player.join("ada")
    stranger = Player(player.app, use_cookies=False).browser
    for cookies in (f"{junk}; id={id}", f"id={id}; {junk}"):
        cookies = cookies.encode().decode("latin-1")
        reply = stranger.get("/location?format=json", environ_overrides={"HTTP_COOKIE": cookies}).json
        assert reply["ok"], reply
        assert stranger.get("/headin", environ_overrides={"HTTP_COOKIE": cookies}).status_code == 404


def test_a_browser_remembers_a_ship_for_each_port_of_a_host(player):
    hosts = ("club.example", "club.example:8080", "club.example:8081", "[::1]:8080")
    names = [
        player.browser.get("/join?name=ada-" + str(number), base_url=f"http://{host}")
        .headers["Set-Cookie"]
        .split("=")[0]
        for number, host in enumerate(hosts)
    ]
    assert names == ["id", "id-8080", "id-8081", "id-8080"]
    ship = player.browser.get("/location", base_url="http://club.example:8080", headers={"Accept": "text/html"})
    assert "You sail as <b><bdi>ada-1<" in ship.text


@pytest.mark.parametrize(
    ("cookies", "headers", "is_welcome"),
    [
        ("", {}, True),  # a link in the class chat
        ("", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, True),
        ("aboard=yes; id=ID", {}, True),
        ("aboard=yes; id=ID", {"Sec-Fetch-Site": "none"}, True),
        ("aboard=yes", {}, False),  # a link on another site, while somebody is aboard
        ("aboard=yes", {"Referer": "http://evil.example/localhost/"}, False),
        ("aboard=yes", {"Referer": "http://localhost.evil.example/"}, False),
        ("aboard=yes", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, False),
        ("aboard=yes; id=ID", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "document"}, False),
        ("aboard=yes", {"Referer": "http://localhost/"}, True),  # the browser has lost the id
        ("aboard=yes", {"Sec-Fetch-Site": "same-origin"}, True),
    ],
)
def test_a_link_on_another_site_joins_only_where_nobody_is_aboard(player, cookies, headers, is_welcome):
    stranger, cookies = Player(player.app, use_cookies=False), cookies.replace("ID", player.join("ada"))
    headers = {**headers, "Cookie": cookies, "Accept": "application/json"}
    reply = stranger.ask("/join?name=bob", headers=headers)
    assert reply.status_code == (200 if is_welcome else 403)
    assert ("Set-Cookie" in reply.headers) == is_welcome
    assert ("bob" in player.json("/who")["sailors"]) == is_welcome
    if not is_welcome:
        assert (reply.json["error"], reply.json["try"]) == ("cross-site", "/join?name=bob")
        assert is_plain(reply.json["reply"])


def test_a_link_on_another_port_steers_no_ship(player):
    player.join("ada")
    link = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "document", "Accept": "application/json"}
    assert player.ask("/speed?speed=9", headers=link).json["error"] == "missing-key"
    assert player.ask("/who", headers=link).json["ok"]
    image = {**link, "Sec-Fetch-Dest": "image"}
    assert player.ask("/who", headers=image).json["error"] == "cross-site"
    assert player.json("/location")["speed"] == 0


def test_no_link_can_end_a_friends_voyage(player):
    id = player.join("ada")
    assert player.json("/quit")["error"] == "missing-key"
    response = player.ask(f"/quit?id={id}")
    assert response.text == "Goodbye, ada! Your voyage has ended.\nname=ada"
    assert player.json("/location")["error"] == "missing-key"


def test_the_id_is_on_no_page_but_that_of_join(player):
    page = {"Accept": "text/html"}
    id = re.search(r"id=(\w+)", player.ask("/join?name=ada").text)[1]
    assert id in player.ask("/join?name=ada", headers=page).text
    for url in (
        "/",
        "/mocean",
        "/location",
        f"/location?id={id}",
        f"/heading?id={id}",
        f"/headin?id={id}",
        "/dive?depth=99",
    ):
        assert id not in player.ask(url, headers=page).text


# ---- Playing ----


def test_the_ship_sails_by_the_servers_clock(player, clock):
    id = player.join("ada")
    player.json("/heading", id=id, degrees=90)
    before = player.json("/speed", id=id, speed=10)
    clock.now += 3
    after = player.json("/location", id=id)
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((30, 0))
    assert after["time"] - before["time"] == 3
    assert player.json("/velocity", id=id)["vx"] == 10
    assert player.json("/stop", id=id)["speed"] == 0


def test_any_request_with_the_id_wakes_a_sleeper(player, clock):
    id = player.join("ada")
    clock.now += NAP
    assert player.another().json("/who")["sailors"] == ["Clem"]
    player.json("/begin")  # the browser's cookie is as good
    assert player.another().json("/who")["sailors"] == ["Clem", "ada"]
    clock.now += NAP
    player.another().json("/begin", id=id)
    assert player.another().json("/who") == {
        "ok": True,
        "reply": "Aboard now: 2.",
        "count": 2,
        "sailors": ["Clem", "ada"],
    }


def test_all_who_ask_for_the_chart_at_the_same_time_get_the_same_one(player, clock):
    """Except for whoever has changed something since it was made."""

    def chart(address):
        return player.another(address).json("/chart")

    before = chart("192.0.2.1")
    player.json("/join", name="ada")
    clock.now += 0.125
    assert chart("192.0.2.1") == chart("192.0.2.2") == before
    player.json("/join", name="bob")
    assert len(player.json("/chart")["sailors"]) == len(chart("192.0.2.2")["sailors"]) == 3
    clock.now += 0.125
    assert chart("192.0.2.1")["time"] == clock.now


def test_the_chart_shows_what_everybody_may_know(player):
    id, top = player.join("ada"), player.ocean.sea.seamounts[2]
    player.ocean.sail(player.ocean.find("ada"), x=top.x, y=top.y)
    assert "You are the first" in player.json("/ping", id=id)["reply"]
    player.json("/sendchat", id=id, message="ahoy")
    player.json("/sendchat", id=id, message="psst", name="ada")
    chart = player.json("/chart")
    assert chart["size"] == 900
    assert [ship["name"] for ship in chart["sailors"]] == ["Clem", "ada"]
    assert chart["seamounts"] == [{**top._asdict(), "found_by": "ada"}]
    assert [said["message"] for said in chart["chat"]] == [f"ada discovered the seamount {top.name}!", "ahoy"]
    assert (chart["hidden"], chart["treasures"]) == (11, len(TREASURES))
    player.json("/dive", id=id, depth=1)
    assert [ship["name"] for ship in player.json("/chart")["sailors"]] == ["Clem"]


def test_a_treasure_says_how_it_helps(player):
    id, keel = player.join("ada"), player.ocean.treasures["copper keel"]
    player.ocean.sail(player.ocean.find("ada"), x=keel.x, y=keel.y, depth=keel.depth)
    assert player.json("/look", id=id)["things"][0]["name"] == "copper keel"
    assert player.json("/get", id=id, item="copper-keel")["reply"] == "You have the copper keel. Your speed is now 60."
    assert player.json("/inventory", id=id)["items"] == ["copper keel"]
    assert set(TREASURES["copper keel"]) == {"speed"}


def test_boot_differs_after_each_start(player, clock):
    first = player.json("/status")
    clock.now += 10
    assert player.json("/status")["boot"] == first["boot"]
    assert player.json("/status")["uptime"] == 10
    assert Player(game(clock=clock)).json("/status")["boot"] != first["boot"]


def test_a_try_keeps_the_id_of_who_asks(player):
    id = player.join("ada")
    instead = player.json("/heading", id=id)["try"]
    assert parse_qs(urlsplit(instead).query) == {"id": [id], "degrees": ["90"]}


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_only_a_get_wakes_a_sailor(player, clock, method):
    id = player.join("ada")
    clock.now += 16 * 60
    player.browser.delete_cookie("id")
    player.ask("/location", method=method, id=id)
    assert player.json("/who")["sailors"] == ["Clem"]
    player.ask("/location", id=id)
    assert player.json("/who")["sailors"] == ["Clem", "ada"]


def test_what_is_refused_has_changed_nothing_that_would_have_to_be_undone(player):
    """Otherwise the whole ocean would be read again, which takes long with many ships."""
    ada, bob = player.join("ada"), player.join("bob")
    for _ in range(MAILBOX):
        player.ocean.mail.post("Clem", "hi", 0, player.ocean.find("bob"))
    player.json("/location", id=ada)
    ocean = player.ocean
    for route in (
        f"/sendchat?id={ada}&message=hi&name=bob",
        f"/sendchat?id={ada}&message=hi&name=nobody",
        f"/sendchat?id={ada}&message=www.example.com",
        f"/dive?id={ada}&depth=1000",
        f"/speed?id={ada}&speed=1000",
        f"/get?id={ada}&item=pearl",
        f"/get?id={ada}&item=gold",
        f"/join?name=ada&id={bob}",
        "/join?name=ada",
        "/quit?id=aaaaaaaa",
        "/nope",
    ):
        assert not player.json(route)["ok"]
        assert player.ocean is ocean, route
