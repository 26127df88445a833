"""Any route: keys in, one reply out in three forms, and every error as a sentence."""

import json
import re
import signal
from contextlib import nullcontext
from datetime import date
from html.parser import HTMLParser

import pytest
from bottle import Bottle, abort, redirect, request
from hypothesis import given
from hypothesis import strategies as st

from game.errors import Problem
from tests.conftest import Player, game, is_plain
from web.errors import STATUS
from web.mistakes import Mistake
from web.replies import one_line
from web.routes import App, number, one_of, whole_number

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def app():
    """An app with routes of every sort that a student might write."""
    app = Bottle()

    @app.get("/")
    def door():
        """Stand at the door."""
        return "Welcome."

    @app.get("/cheer")
    def cheer(name, times: whole_number = 1):
        """Cheer for somebody."""
        return dict(reply=f"Hooray for {name}!", times=times, names=[name, "you"], nobody=None, true=True)

    @app.get("/measure")
    def measure(size: number("a size", 1.5), mood: one_of("merry", "calm") = "calm"):
        return dict(reply="Measured.", size=size, mood=mood)

    @app.get("/count")
    def count(start: int = 0, step: float = 1.0, what: str = "sheep"):
        return dict(reply="Counted.", start=start, step=step, what=what)

    @app.get("/hello/<name>")
    def hello(name, times: whole_number = 1):
        return f"Hello {name} {times}"

    @app.get("/things")
    def things():
        return dict(reply="Two.", things=[dict(name="a b", x=1.5), dict(name="<b>", x=2)], none=[])

    @app.get("/whoami")
    def whoami():
        return f"You asked {request.path} and {request.query.decode().x}."

    app.get("/nothing")(lambda: None)
    app.get("/number")(lambda: 42)
    app.get("/fields")(lambda: {"x": 1, "day": date(2026, 11, 25)})
    app.get("/broken")(lambda: 1 / 0)
    app.get("/exit")(lambda: exit())
    app.get("/abort")(lambda: abort(418, "Not today."))
    app.get("/away")(lambda: redirect("/nothing"))
    app.get("/hidden", secret=True)(lambda: "You found it.")
    return game(app)


@pytest.fixture
def ask(app):
    return lambda url, **headers: Player(app).ask(url, headers=headers)


def test_text_is_a_sentence_and_a_line_for_each_field(ask):
    response = ask("/cheer?name=ada")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text == "Hooray for ada!\ntimes=1\nnames=ada,you\nnobody=\ntrue=true"


def test_records_take_a_line_each(ask):
    assert ask("/things").text == "Two.\nthings: name=a b; x=1.5\nthings: name=<b>; x=2\nnone="


@pytest.mark.parametrize(
    "how", [("/cheer?name=ada&format=json", {}), ("/cheer?name=ada", {"Accept": "application/json"})]
)
def test_json_is_one_object(ask, how):
    url, headers = how
    response = ask(url, **headers)
    assert response.headers["Content-Type"] == "application/json"
    expected = {"reply": "Hooray for ada!", "times": 1, "names": ["ada", "you"], "nobody": None, "true": True}
    assert response.json == {"ok": True, **expected}


def test_a_browser_gets_a_page(ask):
    response = ask("/cheer?name=ada", Accept=BROWSER)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    for part in ("<h1>Hooray for ada!</h1>", ">you<", "localhost", "/cheer", "requests.get(", 'name="times"'):
        assert part in response.text


def test_the_key_format_beats_the_header(ask):
    assert ask("/number?format=text", Accept=BROWSER).text == "42"
    assert ask("/number?format=page").text.startswith("<!doctype html>")
    assert ask("/number?format=xml").status_code == 400


class Tags(HTMLParser):
    """Which tags, attributes and texts a page has."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, sorted(name for name, _ in attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.strip()))
def test_whatever_is_sent_a_page_keeps_its_form(app, text):
    """The page for any text has the tags that the page for `ada` has, but for the list of how the text is spelled."""
    pages = [Player(app).ask("/cheer", name=name, format="page") for name in ("ada", text)]
    assert [page.status_code for page in pages] == [200, 200]
    ada, other = (re.sub('<div class="meanings">.*?</div>', "", page.text, flags=re.DOTALL) for page in pages)
    assert Tags(ada).tags == Tags(other).tags


def test_a_page_shows_the_text_itself(ask):
    page = ask("/cheer?name=%3Cscript%3Ealert(1)%3C/script%3E", Accept=BROWSER).text
    assert "<script>" not in page
    assert "Hooray for <script>alert(1)</script>!" in Tags(page).texts


@pytest.mark.parametrize(("url", "text"), [("/number", "42"), ("/fields", "Done.\nx=1\nday=2026-11-25")])
def test_a_route_may_return_whatever_it_likes(ask, url, text):
    assert ask(url).text == text


@pytest.mark.parametrize("url", ["/number/", "//number", "///number//"])
def test_needless_slashes_do_not_matter(app, url):
    """In Python, url + route easily has two of them."""
    assert Player(app).browser.get("/", environ_overrides={"PATH_INFO": url}).text == "42"


@pytest.mark.parametrize("query", ["x=%ff", "x=1&x=2", "x=" + "1" * 9000, "&".join(f"x{i}=1" for i in range(60))])
def test_json_that_was_asked_for_comes_even_if_the_query_cannot_be_read(ask, query):
    assert ask(f"/nothing?format=json&{query}").json["ok"] is False
    assert ask(f"/nothing?{query}&format=json").json["ok"] is False


def test_parts_of_the_path_are_bottles(ask):
    assert ask("/hello/ada?times=2").text == "Hello ada 2"


@pytest.mark.parametrize(
    ("url", "status", "error", "said", "instead"),
    [
        ("/cheer", 400, "missing-key", "“name” is missing", "/cheer?name=hello"),
        ("/cheer?name=", 400, "missing-key", "“name”", "/cheer?name=hello"),
        ("/cheer?name=%20", 400, "missing-key", "“name”", "/cheer?name=hello"),
        ("/cheer?nam=ada", 400, "unknown-key", "“nam”. Did you mean “name”?", "/cheer?name=ada"),
        ("/cheer?name=ada&x=1", 400, "unknown-key", "“x”. It takes name, times", "/cheer?name=ada"),
        ("/nothing?x=1", 400, "unknown-key", "no keys", "/nothing"),
        ("/cheer?name=ada&times=two", 400, "bad-value", "“two”", "/cheer?name=ada"),
        ("/cheer?name=ada&times=-1", 400, "bad-value", "“-1”", "/cheer?name=ada"),
        ("/cheer?name=a&name=b", 400, "bad-value", "“name” more than once", "/"),
        ("/cheer?name=%ff", 400, "bad-value", "UTF-8", "/"),
        ("/cheer?" + "&".join(f"x{i}=1" for i in range(60)), 400, "bad-value", "50 keys", "/"),
        ("/measure", 400, "missing-key", "a size", "/measure?size=1.5"),
        ("/measure?size=nan", 400, "bad-value", "“nan”", "/measure?size=1.5"),
        ("/measure?size=1e999", 400, "bad-value", "“1e999”", "/measure?size=1.5"),
        ("/measure?size=1,5", 400, "bad-value", "“1,5”", "/measure?size=1.5"),
        ("/measure?size=1&mood=sad", 400, "bad-value", "one of merry, calm", "/measure?size=1"),
        ("/count?start=1.5", 400, "bad-value", "a whole number", "/count"),
        ("/cheer?Name=ada&tims=3", 400, "unknown-key", "“Name”. Did you mean “name”?", "/cheer?name=ada&times=3"),
        ("/cheer?nam=bob&name=ada", 400, "unknown-key", "“nam”", "/cheer?name=ada"),
        ("/cheer?nam=" + "x" * 300, 400, "unknown-key", "“nam”", "/cheer?name=hello"),
        ("/measure?sise=big", 400, "unknown-key", "“sise”", "/measure?size=1.5"),
        ("/chear?name=ada", 404, "no-route", "Did you mean /cheer?", "/cheer?name=ada"),
        ("/chear", 404, "no-route", "Did you mean /cheer?", "/cheer?name=hello"),
        ("/cheer/up", 404, "no-route", "Did you mean /cheer?", "/cheer?name=hello"),
        ("/Cheer", 404, "no-route", "Did you mean /cheer?", "/cheer?name=hello"),
        ("/hiden", 404, "no-route", "front door", "/"),
        ("/.env", 404, "no-route", "“/.env”", "/"),
        ("/%00%0a%ff", 404, "no-route", "There is no route", "/"),
        ("/" + "x" * 9000, 414, "too-long", "9001 characters", "/"),
        ("/cheer?name=" + "x" * 9000, 414, "too-long", "characters", "/"),
        ("/abort", 400, "bad-value", "Not today.", "/"),
        ("/broken", 500, "bug", "not your fault", "/"),
        ("/exit", 500, "bug", "not your fault", "/"),
    ],
)
def test_errors_say_what_is_wrong_and_what_works(ask, url, status, error, said, instead):
    response = ask(url, Accept="application/json")
    assert response.status_code == status
    assert (response.json["ok"], response.json["error"], response.json["try"]) == (False, error, instead)
    assert said in response.json["reply"]
    assert is_plain(response.json["reply"])
    assert ask(instead).status_code == 200
    text = ask(url)
    assert text.status_code == status
    assert text.text.splitlines()[0] == response.json["reply"]
    assert f"ok=false\nerror={error}\ntry={instead}" in text.text
    page = ask(url, Accept=BROWSER)
    assert page.status_code == status
    assert "<h1>" in page.text


def test_a_method_that_is_refused_may_have_a_path_with_parts(app):
    assert Player(app).browser.post("/hello/ada?format=json").json["try"] == "/"


def test_giant_headers_are_refused(ask):
    response = ask("/nothing", **{"X-Junk": "x" * 20000})
    assert (response.status_code, response.text.splitlines()[2]) == (431, "error=too-long")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused(app, method):
    response = Player(app).browser.open("/cheer?name=ada&format=json", method=method, data="x" * 1000)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.json["error"] == "bad-method"
    assert f"“{method}”" in response.json["reply"]
    assert Player(app).browser.get(response.json["try"]).status_code == 200


def test_all_replies_have_the_headers_that_keep_browsers_safe(ask):
    for url in ("/", "/cheer", "/nowhere", "/broken", "/things?format=json"):
        headers = ask(url).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        for rule in ("default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
            assert rule in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]


def test_raw_utf8_in_a_url_is_read_like_encoded_utf8(app):
    environ = {"QUERY_STRING": "name=ñ😀".encode().decode("latin-1"), "PATH_INFO": "/cheer", "REQUEST_METHOD": "GET"}
    assert Player(app).browser.open(environ_overrides=environ, path="/cheer").text.startswith("Hooray for ñ😀!")


def test_every_kind_of_problem_has_a_status():
    def kinds(kind):
        return [kind, *(grandchild for child in kind.__subclasses__() for grandchild in kinds(child))]

    assert {kind.word for kind in kinds(Problem)} - {"logbook"} <= STATUS.keys()
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize(("query", "start"), [("start=-3&step=0.5", -3), ("what=cats", 0)])
def test_pythons_own_types_say_what_a_key_is(ask, query, start):
    assert ask(f"/count?{query}&format=json").json["start"] == start


def test_a_parameter_that_can_be_nothing_stops_the_start_with_a_sentence():
    app = Bottle()
    app.get("/list")(lambda: None)

    @app.get("/odd")
    def odd(things: list):
        pass

    with pytest.raises(Mistake, match=r"line \d+: The parameter things can't be .*list"):
        game(app)


def test_two_routes_of_one_name_stop_the_start_with_a_sentence():
    app = Bottle()
    for reply in ("mine", "yours"):
        app.get("/look")(lambda reply=reply: reply)
    with pytest.raises(Mistake, match=r"line \d+: There are two routes /look, and .*, line \d+ has the other"):
        game(app)


def test_a_function_may_be_called_like_one_of_pythons_own():
    app = App()

    @app.get("/sum")
    @app.get("/all")
    def sum(numbers):
        return f"Together {sum(map(int, numbers.split(',')))}."

    player = Player(game(app))
    assert [player.ask(route, numbers="1,2,3").text for route in ("/sum", "/all")] == ["Together 6."] * 2


@pytest.mark.parametrize(
    ("parameter", "is_refused"),
    [(name, True) for name in ("sailr", "Sailor", "sailors", "sialor", "saylor", "Ocean", "oceans", "reqest")]
    + [(name, False) for name in ("sail", "tailor", "quest", "oar", "name", "sailors: whole_number")],
)
def test_a_parameter_that_is_nearly_sailor_is_refused(parameter, is_refused):
    app = App()
    exec(f"def route({parameter}): return 'Done.'", {"whole_number": whole_number}, found := {})
    app.get("/route")(found["route"])
    with pytest.raises(Mistake, match="Do you mean “") if is_refused else nullcontext():
        game(app)


def test_a_page_that_would_lead_nowhere_stops_the_start_with_a_sentence():
    app = Bottle()
    app.get("/wave", then="lok")(lambda: None)
    with pytest.raises(Mistake, match="The page of /wave can't go on with /lok"):
        game(app)


def test_a_route_may_use_what_bottles_manual_shows(ask):
    assert ask("/whoami?format=text").text == "You asked /whoami and ."
    assert ask("/away").headers["Location"].endswith("/nothing")


def test_a_signal_that_comes_when_no_route_is_at_work_ends_nobody(ask):
    signal.raise_signal(signal.SIGALRM)
    assert ask("/number").text == "42"


def test_a_bug_is_logged_with_its_traceback_and_not_told(ask, caplog):
    assert "ZeroDivisionError" not in ask("/broken").text
    assert "ZeroDivisionError" in caplog.text


@given(st.recursive(st.one_of(st.text(), st.floats(), st.booleans(), st.none()), st.lists))
def test_a_field_of_text_is_always_one_line(value):
    assert len(one_line(value).splitlines()) <= 1


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_any_query_gets_json_that_can_be_read(app, keys):
    response = Player(app).browser.get("/cheer", query_string=keys, headers={"Accept": "application/json"})
    if response.headers["Content-Type"] == "application/json":
        assert json.loads(response.text)["ok"] is (response.status_code == 200)
