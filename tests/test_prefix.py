"""Clubs that are found by path, as example.org/reds, where one name serves many: all links stay in the club."""

import re

import pytest

from server.settings import networks
from tests.conftest import Player, game

KEY = "correct-horse-battery"
PROXY = "127.0.0.1"
REDS = {"X-Forwarded-Prefix": "/reds", "X-Forwarded-For": "203.0.113.7", "Accept": "text/html"}


class Neighbour(Player):
    """Asks by a proxy, which has taken /reds off the path."""

    def page(self, url, **keys):
        return self.ask(url, headers=REDS, **keys).text


@pytest.fixture
def ada():
    ada = Neighbour(game(harbour_key=KEY, word="plank", proxies=networks(PROXY)), address=PROXY)
    ada.id = ada.json("/join", name="ada", word="plank")["id"]
    return ada


def leading_out(page):
    """The links of a page that don't stay in the club."""
    return [url for url in re.findall(r'(?:href|src|action)="([^"]*)"', page) if not re.match("/reds/|[#?]|data:", url)]


def test_all_links_of_all_pages_stay_in_the_club(ada):
    ada.json("/sendchat", id=ada.id, message='<a href="/x"> href="/x" hello')
    for route in ada.app.public_routes():
        page = ada.page(route.example(ada.ocean, {"id": ada.id}, word="plank"))
        assert 'href="/reds/' in page
        assert not leading_out(page), route.rule
    for url in ("/no-such-route", "/heading?degrees=north", "/harbour/cards"):
        assert not leading_out(ada.page(url))


def test_what_a_page_shows_can_be_typed(ada):
    page = ada.page("/heading?degrees=north")
    assert '<a href="/reds/heading?degrees=90">localhost/reds/heading?degrees=90</a>' in page
    assert "requests.get(&#039;http://localhost/reds/heading" in page
    cards = ada.ask("/harbour/cards", headers={**REDS, "X-Harbour-Key": KEY}).text
    assert "<code>http://localhost/reds/begin?message=7</code>" in cards


def test_what_a_player_wrote_is_shown_as_it_is(ada):
    ada.json("/sendchat", id=ada.id, message='<a href="/who">')
    assert "&lt;a href=&quot;/who&quot;&gt;" in ada.page("/chart")


def test_a_browser_sends_cookies_to_this_club_alone(ada):
    joined = ada.ask("/join?name=bob&word=plank", headers=REDS)
    assert {re.search("Path=([^;]*)", cookie)[1] for cookie in joined.headers.getlist("Set-Cookie")} == {"/reds/"}
    opened = ada.ask("/harbour", headers={**REDS, "X-Harbour-Key": KEY})
    paths = {re.search("Path=([^;]*)", cookie)[1] for cookie in opened.headers.getlist("Set-Cookie")}
    assert paths == {"/reds/harbour", "/reds/harbour.csv"}


def test_a_key_that_was_typed_leads_to_the_harbour_of_this_club(ada):
    answer = ada.ask(f"/harbour?key={KEY}", headers={**REDS, "Accept-Language": "en"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/reds/harbour")


@pytest.mark.parametrize(
    "prefix", ["//evil.example", '/"onload="', "/reds/", "reds", "/../x", "/é", "/" + "a" * 99 + "<"]
)
def test_nonsense_is_no_prefix(ada, prefix):
    page = ada.ask(
        "/who", headers={"X-Forwarded-Prefix": prefix.encode("utf-8").decode("latin-1"), "Accept": "text/html"}
    ).text
    assert 'href="/who"' in page or 'href="/map"' in page


def test_only_a_proxy_can_say_where_the_club_is(ada):
    ada.address = "203.0.113.9"
    assert "/reds/" not in ada.page("/who")
