"""Pages as a program sees them: what is in them, what is not, and the files that they use."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from bottle import Bottle

from game.sailors import NAP
from tests.conftest import ROOT, Player, game
from tests.hostile import HOSTILE
from tests.test_replies import Tags
from web import pages

PAGE = {"Accept": "text/html"}


def text_of(page):
    """What a person reads on a page."""
    return " ".join(" ".join(Tags(page).texts).split())


def links_of(page):
    return re.findall('href="(/[^"]*)"', page)


def python_of(page):
    """The two lines of Python on a page."""
    return re.search('<pre id="python">(.*?)</pre>', page, re.DOTALL)[1].replace("&#039;", "'").replace("&amp;", "&")


# ---- Any route ----


def test_a_route_of_a_student_needs_no_template():
    app = Bottle()

    @app.get("/wave")
    def wave(times=3):
        """Wave at everyone."""
        table = [{"who": "ada", "seen": True}, {"who": "bob", "waved": 2}]
        return dict(reply="You wave.", times=times, nobody=None, empty=[], table=table, inside=[{"deep": [{"x": 1}]}])

    page = Player(game(app)).page("/wave")
    assert "<h1>You wave.</h1>" in page
    assert 'action="/wave"' in page
    assert "Wave at everyone." in text_of(page)
    assert '<th scope="col">waved</th>' in page
    assert page.count("<table ") == 3


def test_an_error_is_as_kind_as_a_success(player):
    player.join("ada")
    page = player.page("/heading?degrees=north")
    assert '<a href="/heading?degrees=90">localhost/heading?degrees=90</a>' in page
    assert 'name="degrees" value="north"' in page  # to be mended


# ---- What was sent ----


def test_the_url_is_taken_apart(player):
    page = player.page("/begin?message=hello%20w%C3%B6rld+1&x=")
    parts = re.findall(r'class="part (\w+)"><code>(.*?)</code>', page)
    assert parts == [
        ("address", "localhost"),
        ("route", "/begin"),
        ("key", "message"),
        ("value", "hello%20w%C3%B6rld+1"),
        ("key", "x"),
        ("value", ""),
    ]
    text = text_of(page)
    assert "hello%20w%C3%B6rld+1 means hello wörld 1" in text
    for spelled in ("%20 stands for a space", "%C3%B6 stands for ö", "+ stands for a space"):
        assert spelled in text


def test_a_page_says_no_more_than_there_is_to_say(player):
    """About a URL without keys or values, spelled plainly, and fields that every reply has."""
    page = player.page("/who")
    assert re.findall(r'class="part (\w+)"', page) == ["address", "route"]
    assert not re.search("means|stands for|<dt>(ok|reply|try)<", page.partition("What you sent")[2])
    assert re.findall(r'class="part (\w+)"', player.page("/who?x")) == ["address", "route", "key"]
    assert re.findall(r'class="between">([?&=])', player.page("/who?x=1&y=2").replace("&amp;", "&")) == [*"?=&="]
    assert "something invisible" in text_of(player.page("/who?x=%07"))
    assert not re.search("<code>/x{201}", player.page("/" + "x" * 7900))


def test_forms_have_what_is_needed_and_what_is_to_be_mended(player):
    page = player.page("/who")
    assert re.findall('<input name="([^"]*)"', page) == ["id", "message"]  # of sendchat, without the name
    player.join("ada")
    page = player.page("/who")
    assert re.findall('<input name="([^"]*)"', page) == ["message"]
    assert "The links here" not in page
    assert 'name="degrees" value="90"' not in player.page("/heading?degrees=90")
    assert 'name="message" value="7"' in player.page("/begin?massage=7")
    assert 'href="/begin?message=7"' in player.page("/begin?massage=7")


def test_what_a_player_writes_is_no_link_and_an_example_is_one(player):
    player.join("ada")
    player.json("/sendchat", message="/stop", name="ada")
    page = player.page("/popchat")
    assert "/stop" in text_of(page)
    assert "/stop" not in links_of(page)
    assert "/heading?degrees=90" in links_of(player.page("/mocean"))


@pytest.mark.parametrize(
    ("host", "address", "port", "club"),
    [
        ("example.org:8080", "example.org", "8080", None),
        ("example.org", "example.org", None, None),
        ("example.org:8080/reds", "example.org", "8080", "reds"),
        ("example.org/reds", "example.org", None, "reds"),
        ("[::1]:80", "[::1]", "80", None),
        ("[::1]", "[::1]", None, None),
    ],
)
def test_the_address_the_port_and_the_club(host, address, port, club):
    parts = pages.take_apart(f"http://{host}", "/who", "")
    kinds = {part.kind: part.text for part in parts}
    assert (kinds["address"], kinds.get("port"), kinds.get("club"), kinds["route"]) == (address, port, club, "/who")
    assert "".join(part.text for part in parts) == f"http://{host}/who"


@pytest.mark.parametrize(
    "query", ["x=%ff", "x=1&x=2", "=&&=", "&", "x", "?", "%", "%zz=%e", "x=" + "%F0%9F%98%80" * 500]
)
def test_any_query_can_be_taken_apart(player, query):
    assert "What you sent" in player.page(f"/who?{query}")


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("/who", "requests.get('http://localhost/who')"),
        ("/who?format=page", "requests.get('http://localhost/who')"),
        ("/begin?message=a%20b'", "requests.get('http://localhost/begin', params={'message': \"a b'\"})"),
        ("/hö", "requests.get('http://localhost/h%C3%B6')"),
        ("/join?name=bob&word=plank", "params={'id': 'YOUR-ID', 'name': 'bob', 'word': 'YOUR-WORD'})"),
        ("/location", "requests.get('http://localhost/location')"),
        ("/location?id=zzzzzzzz", "requests.get('http://localhost/location', params={'id': 'YOUR-ID'})"),
    ],
)
def test_the_same_in_python(player, url, line):
    page = player.page(url)
    assert line in python_of(page).replace("&quot;", '"')


def test_in_python_an_id_takes_the_place_of_the_cookie(player):
    player.join("ada")
    page = player.page("/heading?degrees=90")
    assert "params={'id': 'YOUR-ID', 'degrees': '90'}" in python_of(page)
    assert "params" not in python_of(player.page("/quit"))  # it wants the key: no cookie helps


def test_what_cannot_be_said_in_python_is_not(player):
    assert "requests" not in player.page("/who?x=1&x=2")


# ---- Whose ship ----


def test_a_page_asked_with_an_id_asks_for_it_again_and_says_how_the_browser_learns_it(player):
    id = player.another().join("ada")
    page = player.page(f"/heading?id={id}&degrees=90")
    assert "This browser does not remember ada yet." in text_of(page)
    assert "You sail as ada" in text_of(page)
    assert id not in page
    assert re.search(r'<form action="/location">.*?<input name="id"', page, re.DOTALL)
    assert "/heading?id=YOUR-ID&amp;degrees=90" in player.page(f"/heading?id={id}")
    player.page(f"/join?name=ada&id={id}")
    page = player.page(f"/heading?id={id}&degrees=90")
    assert "does not remember" not in page
    assert '<a href="/location">' in page


def test_only_join_sets_a_cookie_and_only_quit_takes_it_away(player):
    id = player.join("ada")
    routes = [rule["example"] for rule in player.json("/mocean")["routes"] if rule["route"] not in ("/join", "/quit")]
    for url in [*routes, "/nowhere"]:
        for how in ("GET", "HEAD"):
            response = player.another().ask(f"{url}{'&' if '?' in url else '?'}id={id}", method=how, headers=PAGE)
            assert "Set-Cookie" not in response.headers, url
    for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Site": "cross-site"}):
        response = player.another().ask(f"/join?name=ada&id={id}", headers={**PAGE, **headers})
        assert "Set-Cookie" not in response.headers


def test_a_link_from_a_classmate_does_not_swap_the_ship(player):
    bob = player.another().join("bob")
    player.join("ada")
    page = player.page(f"/location?id={bob}")
    assert "The links here sail the ship that joined in this browser." in text_of(page)
    assert bob not in page
    assert "You sail as ada" in text_of(player.page("/"))


def test_a_join_swaps_the_ship(player):
    player.join("ada")
    assert "You sail as bob" in text_of(player.page("/join?name=bob"))
    assert "You sail as bob" in text_of(player.page("/"))


def test_who_quits_sails_no_more(player):
    id = player.join("ada")
    page = player.page(f"/quit?id={id}")
    assert "You sail" not in text_of(page)
    assert id not in page
    assert player.json("/location")["error"] == "missing-key"


def test_no_page_has_a_secret(player):
    id = player.another().join("ada")
    assert id not in player.page(f"/heading?id={id}&degrees=north")
    spelled = "".join(f"%{ord(letter):x}" for letter in id)
    assert not re.search("|".join(re.findall("%..", spelled)), player.page(f"/location?id={spelled}"))
    player.page(f"/join?name=ada&id={id}")
    for url in (
        f"/location?id={id}",
        f"/location?ID={id}",
        f"/location?%20id={id}",
        f"/sendchat?message=hi&id={id}",
        f"/heading?id={id}&degrees=%20",
        f"/nowhere?id={id}",
        "/join?name=bob&word=" + id,
        "/who?key=" + id,
        "/mocean",
        "/map",
    ):
        page = player.page(url)
        assert id not in page, url


@pytest.mark.parametrize(
    "url", ["/who?" + "&" * 7000, "/who?" + "&".join(f"k{n}=" for n in range(900)), "/" + "x" * 7900]
)
def test_no_url_makes_a_page_large(player, url):
    assert len(player.page(url)) < 40_000


# ---- Chat ----


def test_each_page_shows_that_chat_waits_to_whoever_the_browser_knows(player, clock):
    bob = player.another().join("bob")
    id = player.join("ada")
    assert "Chat waits" not in text_of(player.page("/location"))
    player.another().json("/sendchat", id=bob, message="hello")
    player.another().json("/sendchat", id=bob, message="psst", name="ada")
    for url in ("/", "/location", "/mocean", "/heading?degrees=x", "/nowhere", "/begin"):
        assert '<a href="/popchat">Chat waits <b>2</b></a>' in player.page(url), url
    assert "Chat waits 1" in text_of(player.page("/popchat"))
    assert "Chat waits" not in text_of(player.page("/popchat"))
    player.another().json("/sendchat", id=bob, message="more")
    assert "Chat waits" not in text_of(player.another().page("/location", id=id))  # there, the link would not work
    assert "Chat waits" not in text_of(player.another().page("/"))


def talk_on(page):
    """The conversation on a page: how each message is marked, who said it, and what."""
    talk = re.search('<ol class="talk">(.*?)</ol>', page, re.DOTALL)[1]
    return re.findall(r'<li class="(\w+)">.*?<bdi>(.*?)</bdi>.*?<p><bdi>(.*?)</bdi></p>', talk, re.DOTALL)


def test_popchat_shows_a_conversation_and_takes_out_one_message(player, clock):
    bob, carol = player.another(), player.another()
    for one, name in ((bob, "bob"), (carol, "carol"), (player, "ada")):
        one.join(name)
    player.json("/sendchat", message="hello all")
    bob.json("/sendchat", message="hello ada")
    bob.json("/sendchat", message="a secret", name="carol")
    clock.now += 60
    bob.json("/sendchat", message="for ada <b>", name="ada")
    carol.json("/sendchat", message="ahoy")
    page = player.page("/popchat")
    assert talk_on(page) == [
        ("mine", "ada", "hello all"),
        ("latest", "bob", "hello ada"),
        ("waits", "bob", "for ada &lt;b&gt;"),
        ("waits", "carol", "ahoy"),
    ]
    assert '<time datetime="1970-01-12T13:47:40+00:00">13:47 UTC</time>' in page
    read_all = re.search(r'href="(/popchat\?after=\d+)">I have read them', page)[1]
    assert player.json("/popchat", after=0)["message"] == "for ada <b>"
    page = player.page(read_all)
    assert "There is no message for you." in text_of(page)
    assert [message for _, _, message in talk_on(page)] == ["hello all", "hello ada", "ahoy"]
    assert "a secret" not in page


def test_what_was_said_while_one_slept_is_in_no_conversation(player, clock):
    bob = player.another()
    bob.join("bob")
    player.join("ada")
    bob.json("/sendchat", message="before")
    clock.now += NAP
    bob.json("/sendchat", message="meanwhile")
    assert [message for _, _, message in talk_on(player.page("/popchat"))] == ["before"]


def test_a_mailbox_with_a_lot_in_it_makes_no_endless_page(player):
    player.join("ada")
    for number in range(60):
        player.ocean.mail.post("bob", f"letter {number}", 0, player.ocean.find("ada"))
    page = player.page("/popchat?after=0")
    assert len(talk_on(page)) == 20
    assert "40 more wait." in text_of(page)
    last = re.search(r"(/popchat\?after=\d+)", page)[1]
    assert player.json(last)["message"] == "letter 20"


# ---- Names of routes ----


def test_the_name_of_a_route_in_a_sentence_is_not_broken(player):
    assert 'Did you mean <span class="whole">/begin</span>?' in player.page("/beginn")
    assert pages.unbroken("Ask /get or /gets <b>", ["", "get", "a.b"]) == (
        'Ask <span class="whole">/get</span> or /gets &lt;b&gt;'
    )


# ---- Steps ----

SOLUTIONS = {"begin": "101", "beguine": "987", "sirduke": "wigs", "euler": "50005000", "meruprastarah": "1,5,10,10,5,1"}


@pytest.mark.parametrize("stage", range(5))
def test_no_stage_names_a_later_one(player, stage):
    route, solution = list(SOLUTIONS.items())[stage]
    later = list(SOLUTIONS)[stage + 1 :]
    for url in (f"/{route}", f"/{route}?message=12", f"/{route}?massage=12"):
        page = player.page(url)
        assert not [name for name in later if name in page]
    page = player.page(f"/{route}?message={solution}")
    assert [name for name in later if name in page] == later[:1]
    assert ['href="/' + name in page for name in list(SOLUTIONS)[: stage + 1]] == [True] * (stage + 1)


# ---- Hostile words ----

SLOTS = ["/{}", "/begin?message={}", "/begin?{}=1", "/sendchat?message={}", "/join?name={}", "/map?follow={}"]


def kinds_of(page):
    """The tags on a page, each with the names of its attributes."""
    return {(tag, *attributes) for tag, attributes in Tags(page).tags}


@pytest.mark.parametrize("slot", SLOTS)
def test_hostile_words_bring_no_tag_of_their_own(player, slot):
    player.join("ada")
    urls = [rule["example"] for rule in player.json("/mocean")["routes"]]
    ours = set().union(
        *[kinds_of(player.page(url)) for url in [*urls, "/heading?degrees=%20x", "/begin?x=1", "/join?x=1"]]
    )
    for word in HOSTILE:
        page = player.ask(slot.format(quote(word, safe="")), headers=PAGE).text
        assert kinds_of(page) <= ours, word
        assert [page.count(end) for end in ("</title>", "</h1>", "</main>", "</html>")] == [1, 1, 1, 1], word


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto"])
def test_hostile_headers_bring_no_tag_either(player, header):
    for url in ("/", "/who", "/map"):
        ours = kinds_of(player.ask(url, headers={**PAGE, "Host": "reds.example"}).text) | {
            ("div", "class"),
            ("ul",),
            ("li",),
            ("bdi",),
            ("p", "class"),
        }
        for word in HOSTILE:
            environ = {
                "HTTP_" + header.upper().replace("-", "_"): word.encode().decode("latin-1"),
                "HTTP_ACCEPT": "text/html",
            }
            page = player.browser.get(url, environ_overrides=environ).text
            assert kinds_of(page) <= ours, word


# ---- Files ----


TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".ico": "image/x-icon"}


@pytest.mark.parametrize("name", sorted(pages.STATIC))
def test_each_file_is_served(player, name):
    url = f"/{name}" if name in ("favicon.ico", "robots.txt") else f"/static/{name}"
    response = player.ask(url)
    assert response.status_code == 200
    assert response.data == (ROOT / "web/static" / name).read_bytes()
    assert response.headers["Content-Type"].startswith(TYPES.get(Path(name).suffix, "text/plain"))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-cache"
    response.close()
    head = player.ask(url, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == response.headers["Content-Length"]
    assert player.ask(url, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("name", ["x.css", "..%2fpages.py", "%2e%2e/pages.py", "../pages.py", "%00", ".", "views"])
def test_no_other_file_is(player, name):
    response = player.ask(f"/static/{name}")
    assert response.status_code == 404
    assert "no-route" in response.text
    assert player.browser.post("/static/sea.css").status_code == 405


def test_pages_load_nothing_from_elsewhere(player):
    files = [file for folder in ("views", "static") for file in (ROOT / "web" / folder).rglob("*.*")]
    for file in (file for file in files if file.suffix != ".py"):
        words = file.read_bytes().decode("utf-8", "replace")
        assert not re.search(r"(src|href|url\(|import|fetch)\W*(https?:)?//", words), file
        assert not re.search(r"<style|\sstyle=|\son\w+=|innerHTML|\beval\b", words), file
