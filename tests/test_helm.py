"""The helm in a real browser: a newcomer finds a summit by it, and each URL that it shows works when typed."""

import os
import time

import pytest
import requests

from tests.conftest import Server
from tests.fleet import SEA, write_logbook

pytestmark = pytest.mark.skipif(os.environ.get("CI") != "true", reason="with Chromium: CI=true make test")


@pytest.fixture
def sea(tmp_path):
    """A real server, and the id of ada, who lies on the slope of a seamount, south of its summit."""
    mount = SEA.seamounts[0]
    file = tmp_path / "logbook.sqlite3"
    ids = write_logbook(file, [("ada", mount.x, (mount.y - 0.3 * mount.radius) % 900, 0, 0)])
    server = Server(MOCEAN_LOGBOOK=str(file)).start(tmp_path / "log")
    yield server, ids["ada"]
    server.kill()


@pytest.fixture
def page(open_browser, sea):
    server, secret = sea
    page = open_browser(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(f"{server.url}join?name=ada&id={secret}")
    page.goto(f"{server.url}helm")
    return page


def press(page, key):
    """Press a key, and wait for the reply. Returns the URL that is shown."""
    page.keyboard.press(key)
    page.wait_for_function("() => document.getElementById('said').textContent")
    return page.locator("#url").inner_text()


def test_a_newcomer_finds_a_summit_by_the_helm_alone(page, sea):
    server, secret = sea
    typed = {press(page, "ArrowUp")}
    deadline = time.monotonic() + 60
    while not server.json("chart")["seamounts"]:
        assert time.monotonic() < deadline, page.locator("#said").inner_text()
        typed.add(press(page, "p"))
        page.wait_for_timeout(1100)  # the sounder needs a second from one ping to the next
    typed.update(press(page, key) for key in "wasdxeqlgp")
    page.wait_for_timeout(1100)  # as before: ping is asked once more
    for url in typed:
        answer = requests.get(url, params={"id": secret}, timeout=10)
        assert answer.status_code in (200, 409), answer.text  # 409: a treasure out of reach, as the helm says too


def test_a_phone_is_a_steering_wheel(page, sea):
    server, secret = sea
    before = server.json("location", id=secret)["heading"]
    for button in page.locator(".wheel button").all():
        box = button.bounding_box()
        assert box["width"] >= 44
        assert box["y"] + box["height"] <= 844
    page.get_by_role("button", name="right").tap()
    page.wait_for_function("() => document.getElementById('said').textContent.startsWith('You are at')")
    assert server.json("location", id=secret)["heading"] == before + 10
    assert page.locator("#heading").inner_text() == "10°"


def test_who_steers_a_ship_sees_it_under_water(page, sea):
    press(page, "e")
    page.wait_for_function("() => picture.fleet.find('ada')?.depth > 0")


def test_waiting_chat_is_shown(page, sea):
    server, _ = sea
    bob = server.json("join", name="bob")["id"]
    server.json("sendchat", id=bob, message="hello", name="ada")
    page.locator("#mail").wait_for()


def test_a_mistake_shows_its_sentence_and_what_to_try(page):
    page.evaluate("document.querySelector('[value=ping]').value = 'pong'")
    press(page, "x")
    page.get_by_role("button", name="ping").click()
    page.wait_for_function("() => document.getElementById('try').textContent.includes('/')")
    assert "pong" in page.locator("#said").inner_text()


def test_who_has_no_ship_is_asked_to_join(open_browser, sea):
    page = open_browser()
    page.goto(f"{sea[0].url}helm")
    page.get_by_label("name").fill("eve")
    page.get_by_role("button", name="Ask /join").click()
    page.goto(f"{sea[0].url}helm")
    assert page.locator("#helm").get_attribute("data-sailor") == "eve"
