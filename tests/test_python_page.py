"""The page /python in a real browser: programs that are kept, the editor, the console, and the requests shown."""

import os
import re

import pytest

from tests.conftest import ROOT, Player, game
from tests.fleet import CHROMIUM, WHY_NOT, a_browser
from web import python

IN_CI = os.environ.get("CI") == "true"
in_a_browser = pytest.mark.skipif(not IN_CI, reason="they take a minute; with Chromium: CI=true make test")
PHONE, CHROMEBOOK = {"width": 390, "height": 844}, {"width": 1366, "height": 640}
LOADED = 90_000  # milliseconds, after which Python has surely been loaded


def test_where_the_files_are_missing_the_page_says_which_command_brings_them(monkeypatch):
    monkeypatch.setitem(python.FOR_PAGE, "pyodide", "")
    page = Player(game()).ask("/python", headers={"Accept": "text/html"}).text
    assert "<pre>make python</pre>" in page
    assert "<script src=" not in page.partition("<main")[2]


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM, WHY_NOT
    with a_browser("--host-resolver-rules=MAP sea.example 127.0.0.1") as browser:
        yield browser


@pytest.fixture(scope="module")
def address(server):
    """The server's address as others in its network write it: with no name to which browsers allow more."""
    return f"http://sea.example:{server.port}/"


@pytest.fixture(scope="module")
def complaints():
    """What the browser complained of since somebody looked."""
    return []


@pytest.fixture(autouse=True)
def no_complaints(complaints):
    """Sees that the browser had no complaint, such as something that the policy of the page forbids."""
    yield
    seen = complaints[:]
    complaints.clear()
    assert not seen


@pytest.fixture(scope="module")
def open_page(chromium, address, complaints):
    """A function that opens the page in a browser of its own."""

    def note(message):
        if message.type == "error" and "Cross-Origin-Opener-Policy header" not in message.text:
            complaints.append(message.text)

    def watch(page):
        page.set_default_timeout(LOADED)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))

    def open_one(has_python=False, **options):
        context = chromium.new_context(**options)
        context.on("page", watch)
        if not has_python:  # then nothing is loaded, and the test is quick
            context.route("**/worker.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page = context.new_page()
        page.goto(address + "python")
        return page

    return open_one


@pytest.fixture
def page(open_page):
    page = open_page()
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def shared(open_page):
    return open_page(has_python=True)


@pytest.fixture
def running(shared):
    """The page with Python, which takes some seconds to load: so tests share it. It may still be loading."""
    yield shared
    if shared.locator("[data-state=running]").count():
        shared.evaluate("document.getElementById('stop').click()")  # if it has just ended, this does nothing


def wait_until_ready(page):
    page.locator("[data-state=ready]").wait_for()


def printed(page, text):
    """Wait until the console shows a text."""
    page.locator("#console", has_text=text).wait_for()


def source(page):
    return page.evaluate("document.querySelector('#editor').env.editor.getValue()")


def write(page, program):
    page.locator("#editor textarea").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(program)


def run(page, program):
    write(page, program)
    page.keyboard.press("Control+Enter")


def names(page):
    return page.locator("#program option").all_inner_texts()


def chosen(page):
    return page.locator("#program").input_value()


def click(page, button, menu=None):
    if menu:
        page.get_by_role("button", name=menu).click()
    page.get_by_role("button", name=button).click()


def answer_dialog(page, text=None):
    page.once("dialog", lambda dialog: dialog.dismiss() if text is None else dialog.accept(text))


# ---- Programs ----


@in_a_browser
def test_the_first_program_is_that_of_the_readme_with_the_address_of_this_server(page):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    program = next(
        block for block in re.findall("```python\n(.*?)```", readme, re.DOTALL) if 'route = "begin"' in block
    )
    ours = program.replace('requests\n\nurl = "http://localhost:8080/"\n', "requests\nfrom here import url\n\n")
    assert source(page) == ours != program


@in_a_browser
def test_programs_are_kept_under_their_names(page):
    write(page, "one = 1")
    click(page, "New")
    assert "from here import url, my_id" in source(page)
    page.keyboard.insert_text("two = 2")  # the cursor is where the program goes on
    page.reload()
    assert (names(page), chosen(page)) == (["loop.py", "program.py"], "program.py")
    assert source(page).endswith("two = 2")
    page.locator("#program").select_option("loop.py")
    assert source(page) == "one = 1"
    answer_dialog(page, "the sea/2")
    click(page, "Rename", "More")
    page.reload()
    assert (names(page), chosen(page)) == (["program.py", "the sea2.py"], "the sea2.py")
    assert source(page) == "one = 1"


@in_a_browser
def test_a_name_that_is_taken_and_a_rename_that_is_cancelled_lose_nothing(page):
    write(page, "one = 1")
    click(page, "New")
    answer_dialog(page, "loop")
    click(page, "Rename", "More")
    assert names(page) == ["loop 2.py", "loop.py"]
    answer_dialog(page)
    click(page, "Rename", "More")
    assert names(page) == ["loop 2.py", "loop.py"]
    page.locator("#program").select_option("loop.py")
    assert source(page) == "one = 1"


@in_a_browser
def test_a_program_is_deleted_only_by_who_says_so_twice(page):
    write(page, "one = 1")
    for answer, is_there in ((None, True), ("", False)):
        answer_dialog(page, answer)
        click(page, "Delete", "More")
        assert (source(page) == "one = 1") is is_there
    assert 'route = "begin"' in source(page)  # after the last one, the first one comes back


@in_a_browser
def test_two_tabs_keep_each_others_programs(page):
    other = page.context.new_page()
    other.goto(page.url)
    click(other, "New")
    write(page, "mine = 1")
    write(other, "yours = 2")
    write(page, "mine = 3")
    page.locator("#program option", has_text="program.py").wait_for(state="attached")
    page.reload()
    other.reload()
    assert (chosen(page), source(page), chosen(other), source(other)) == (
        "loop.py",
        "mine = 3",
        "program.py",
        "yours = 2",
    )
    page.locator("#program").select_option("program.py")
    write(other, "yours = 4")
    page.locator(".ace_line", has_text="yours = 4").wait_for()  # also in the tab that shows the same program


@in_a_browser
def test_a_program_goes_to_a_file_and_comes_from_one(page, tmp_path):
    file = tmp_path / "mein_schiff.py"
    file.write_bytes('print("Grüße")\r\nprint(2)\r\n'.encode())
    page.get_by_role("button", name="More").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a file").click()
    chooser.value.set_files(file)
    page.locator("#program option", has_text="mein_schiff.py").wait_for(state="attached")
    assert source(page) == 'print("Grüße")\nprint(2)\n'
    page.get_by_role("button", name="More").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "mein_schiff.py"
    assert download.value.path().read_text(encoding="utf-8") == source(page)


@in_a_browser
def test_an_example_opens_as_a_copy(page):
    example = (ROOT / "examples/04_sail_a_square.py").read_text(encoding="utf-8")
    click(page, "04_sail_a_square.py", "Examples")
    assert source(page) == example
    write(page, "mine = 1")
    click(page, "04_sail_a_square.py", "Examples")
    assert source(page) == example
    assert names(page) == ["04_sail_a_square 2.py", "04_sail_a_square.py", "loop.py"]
    page.locator("#program").select_option("04_sail_a_square.py")
    assert source(page) == "mine = 1"


@in_a_browser
def test_a_full_browser_says_that_it_keeps_no_more(page):
    page.evaluate("localStorage.full = 'x'.repeat(5 * 2 ** 20 - 2000)")
    write(page, "y" * 3000)
    page.get_by_text("This browser has no room for this program. Download it").wait_for()
    assert source(page) == "y" * 3000


@in_a_browser
def test_the_program_of_a_page_opens_here_and_runs_only_when_told(running, address):
    page = running
    page.goto(address + "join?name=ada")
    page.goto(address + "speed?speed=7")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    click(page, "Run it here")
    page.wait_for_url("**/python")
    lines = ["import requests", "from here import my_id", ""]
    lines.append(f"print(requests.get('{address}speed', params={{'id': my_id, 'speed': '7'}}).text)")
    assert source(page).splitlines() == lines
    assert chosen(page) == "speed.py"
    wait_until_ready(page)
    assert not [url for url in asked if "/speed" in url]
    page.keyboard.press("Control+Enter")
    printed(page, "New speed. You are at")
    assert page.evaluate("sessionStorage.sent") is None  # it comes once


# ---- Running ----


@in_a_browser
def test_a_child_plays_by_keyboard_alone(running):
    page = running
    page.locator("#editor textarea").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type('while True:\nname = input("name: ")\nprint("Ahoy", name)')  # it indents by itself
    page.keyboard.press("Escape")
    assert page.locator(":focus").inner_text().startswith("Run")
    page.keyboard.press("Enter")
    for name in ("ada", "grace"):
        page.locator("#console input:focus").wait_for()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        printed(page, f"Ahoy {name}")
    assert page.locator("#console").text_content() == "name: ada\nAhoy ada\nname: grace\nAhoy grace\nname: "
    page.locator("#console input:focus").wait_for()
    page.keyboard.press("Control+C")
    printed(page, "You stopped it.")
    assert page.locator("#console input").count() == 0
    wait_until_ready(page)
    page.locator("#editor textarea").focus()
    run(page, "print(1 + 1)")  # a new Python goes on
    printed(page, "2")
    page.locator("#editor textarea:focus").wait_for()  # back where the child was


@in_a_browser
def test_an_error_marks_its_line_and_leads_there(running):
    page = running
    run(page, 'print("one")\n\nprint(shop)\n' + "\n" * 50)
    error = page.locator("#console .error")
    error.wait_for()
    assert "“shop” is not known" in error.locator("p").inner_text()
    assert '", line 3' in error.locator("pre").inner_text()
    assert page.locator(".ace_gutter-cell.wrong").inner_text() == "3"
    assert page.locator(".ace_marker-layer .wrong").is_visible()
    page.locator("#editor textarea").focus()
    page.keyboard.press("Control+End")
    error.get_by_role("button", name="line 3").click()
    page.keyboard.insert_text("  # here")
    assert "print(shop)  # here\n" in source(page)
    for place in (".ace_gutter-cell", ".ace_marker-layer"):
        page.locator(f"{place}.wrong, {place} .wrong").wait_for(state="detached")
    click(page, "Clear")
    assert page.locator("#console").inner_text() == ""


@in_a_browser
def test_an_endless_program_fills_no_memory_and_can_be_stopped(running):
    page = running
    run(page, 'number = 0\nwhile True:\n    print("all work and no play", number)\n    number += 1')
    printed(page, re.compile("no play [2-9]\\d{4}"))
    assert len(page.locator("#console").text_content()) <= 50_000
    page.get_by_role("button", name="Stop").click()
    printed(page, "You stopped it.")
    wait_until_ready(page)


CHATTERBOX = """\
import requests
from here import url

me = requests.get(url + "join?name=chatterbox&format=json").json()
for number in range(110):
    requests.get(url + "sendchat", params={"id": me["id"], "message": number})
print("end")
"""


@in_a_browser
def test_the_requests_of_a_program_are_shown(running):
    page = running
    run(page, CHATTERBOX)
    printed(page, "end")
    assert page.locator("#requests tr").count() == page.locator("#bars i").count() == 100
    refused = page.locator("#requests .refused").first
    route, status, milliseconds, size = refused.locator("td").all_inner_texts()
    assert (route, status) == ("/sendchat", "429")
    assert float(milliseconds) > 0
    assert int(size) > 50
    sign = "one => getComputedStyle(one.cells ? one.cells[1] : one, '::before').content"
    assert '"!' in refused.evaluate(sign)  # not by colour alone
    assert '"!' in page.locator("#bars .refused").first.evaluate(sign)


@in_a_browser
def test_a_picture_is_shown_from_when_a_program_draws_to_the_next_run(running):
    page = running
    assert not page.locator("#picture").is_visible()
    run(page, "from here import picture\npicture.track(100, 100)\npicture.track(200, 300)")
    page.locator("#picture").wait_for()
    wait_until_ready(page)
    run(page, "print('calm')")
    printed(page, "calm")
    assert not page.locator("#picture").is_visible()


# ---- For everyone ----


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(running, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = running
    page.emulate_media(color_scheme=scheme)
    run(page, 'import requests\nfrom here import url\nrequests.get(url + "who")\ninput("name: ")\nprint(1 / 0)  # no')
    page.locator("#console input").fill("ada")
    for key in ("", "Enter"):
        if key:
            page.locator("#console input").press(key)
            page.locator("#console .error").wait_for()
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


BEYOND = """() => {
    const page = document.documentElement;
    return [page.scrollWidth - innerWidth, page.scrollHeight - innerHeight];
}"""


@in_a_browser
@pytest.mark.parametrize("screen", [PHONE, CHROMEBOOK, {"width": 1920, "height": 1080}], ids=lambda one: one["width"])
def test_it_fits_the_screen(open_page, screen):
    page = open_page(viewport=screen)
    write(page, "print('x')  # " + "a long line " * 30 + "\n" * 60)
    too_wide, too_high = page.evaluate(BEYOND)
    assert too_wide <= 0
    boxes = [page.locator(f"#{part}").bounding_box() for part in ("editor", "run", "console", "bars")]
    if screen is PHONE:
        assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
        assert all(one.bounding_box()["height"] >= 44 for one in page.locator(".tools button").all())
    else:
        assert too_high <= 0
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[2]["x"]
    page.context.close()


@in_a_browser
def test_without_javascript_the_page_says_so(open_page):
    page = open_page(java_script_enabled=False)
    assert "needs JavaScript" in page.locator("noscript").inner_text()
    page.context.close()
