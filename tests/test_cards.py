"""The cards that the leader prints for the children: what is on them, for whom, and that a sheet of paper is enough."""

import os
import re

import pytest

from tests.conftest import Player, Server, game
from tests.fleet import CHROMIUM, WHY_NOT, a_browser

KEY = "correct-horse-battery"
IN_CI = os.environ.get("CI") == "true"


def test_the_cards_have_the_address_by_which_they_are_opened_and_the_club_word():
    leader = Player(game(harbour_key=KEY, word="sea & plank"))
    page = leader.page("/harbour/cards", key=KEY)
    assert page.count("<article>") == page.count("<code>http://localhost/begin?message=7</code>") == 8
    assert "http://localhost/join?name=YOUR-NAME&amp;word=sea+%26+plank" in page
    last = leader.json("/harbour/cards")["urls"][-1]
    joined = Player(leader.app).json(last.replace("YOUR-NAME", "ada"))
    assert joined["name"] == "ada"


def test_a_club_without_a_word_has_none_on_its_cards():
    assert "word" not in Player(game(harbour_key=KEY)).json("/harbour/cards", key=KEY)["urls"][-1]


def test_nobody_else_sees_the_cards():
    child = Player(game(harbour_key=KEY, word="plank"))
    assert "plank" not in child.page("/harbour/cards")
    assert child.json("/harbour/cards")["error"] == "missing-key"


@pytest.mark.skipif(not IN_CI, reason="it needs Chromium: CI=true make test")
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_eight_cards_fit_on_a_sheet(paper, tmp_path):
    assert CHROMIUM, WHY_NOT
    server = Server(MOCEAN_HARBOUR_KEY=KEY, MOCEAN_WORD="plank").start(tmp_path / "log")
    try:
        with a_browser("--host-resolver-rules=MAP *.example 127.0.0.1") as browser:
            page = browser.new_page(extra_http_headers={"X-Harbour-Key": KEY})
            page.goto(f"http://reds.club.example:{server.port}/harbour/cards")
            assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))) == 1
            page.emulate_media(media="print")
            assert page.get_by_text("begin?message=7").nth(0).is_visible()
            assert not page.get_by_role("heading", name="What you sent").is_visible()
    finally:
        server.kill()
