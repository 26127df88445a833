"""The workshop: a class edits the program while ten play. Whatever is saved, they play on, and the author reads why."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest
import requests

from tests.conftest import Server, copy_code, free_port, is_alive, wait_until

LAUNCH = (sys.executable, "-m", "server.launch")
BROWSER = {"Accept": "text/html"}
USED, NOT_USED = "What you saved is used now.", "What you saved is not used yet, and the game goes on without it."
PLACE = "# ---- Put together ----"


def workshop(folder, *command, **settings):
    """A server that is started like `make run`, in a folder with the program to edit. It has a logbook."""
    copy_code(folder)
    settings = {"MOCEAN_LOGBOOK": str(folder / "logbook.sqlite3"), **settings}
    return Server(*command or LAUNCH, cwd=folder, **settings).start(folder / "log")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server, in a folder whose name has a space, as a beginner's may."""
    folder = tmp_path_factory.mktemp("workshop") / "my club"
    folder.mkdir()
    server = workshop(folder)
    yield server
    server.kill()


def save(server, file, text):
    """Save a file as an editor does. Returns how much the terminal had shown before."""
    shown = len(server.log.read_text())
    (server.cwd / file).write_text(text, encoding="utf-8")
    return shown


def said_since(server, shown):
    return server.log.read_text()[shown:]


def wait_for(server, shown, pattern):
    """Wait until the terminal shows what matches a pattern. Trying a program takes a moment, and CI is slow."""
    wait_until(lambda: re.search(pattern, said_since(server, shown)), seconds=60)


@contextmanager
def edited(server, file, edit):
    """Edit a file, and wait until the workshop says something: gives that. In the end, undo it."""
    path = server.cwd / file
    before = path.read_text(encoding="utf-8")
    shown = save(server, file, edit(before))
    try:
        wait_for(server, shown, "What you saved is.*\n")
        yield re.search(f"{USED}|{NOT_USED}.*", said_since(server, shown), re.DOTALL)[0]
    finally:
        shown = save(server, file, before)
        wait_for(server, shown, USED)


def adds(code):
    """An edit of mocean.py that adds something where routes are added."""
    return lambda text: text.replace(PLACE, f"{code}\n\n\n{PLACE}")


def line_of(server, text):
    """The number of the line in mocean.py that has a text."""
    lines = (server.cwd / "mocean.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


class Player(Thread):
    """Polls until it is told to stop, and keeps what went wrong."""

    def __init__(self, server, name):
        super().__init__()
        self.server, self.name, self.over = server, name, Event()
        self.id = server.json("join", name=name)["id"]
        self.failures, self.longest = [], 0
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            began = time.perf_counter()
            try:
                reply = requests.get(f"{self.server.url}location?id={self.id}&format=json", timeout=30).json()
                if not reply["ok"]:
                    self.failures.append(reply)
            except requests.RequestException as failure:
                self.failures.append(failure)
            self.longest = max(self.longest, time.perf_counter() - began)


@contextmanager
def ten_players(server, tag):
    """Ten who play on. In the end nothing has failed for them."""
    players = [Player(server, f"{tag}{number}") for number in range(10)]
    try:
        yield players
    finally:
        for player in players:
            player.over.set()
        for player in players:
            player.join()
    print(f"{tag}: the longest wait was {max(player.longest for player in players):.2f} s", file=sys.stderr)
    assert [failure for player in players for failure in player.failures] == []


# ---- Ten mistakes that are seen when a file is saved ----

WAVE = '@app.get("/wave")\ndef wave(sailor):\n    return "You wave."'
# What is added to mocean.py, what the author reads after “mocean.py, line LINE: ”, and what stands in that line.
REFUSED = {
    "a missing colon": (WAVE.replace("):", ")"), "SyntaxError: expected ':'", "def wave"),
    "a line that is not set in": (WAVE.replace("    ", ""), "IndentationError: ", 'return "You w'),
    "a misspelled name": (WAVE.replace('"You wave."', "sialor.name"), "NameError: name 'sialor'", "sialor"),
    "a word without quotes": ("hats = many", "NameError: name 'many' is not defined", "hats = many"),
    "two routes": (WAVE.replace("/wave", "/who"), "There are two routes /who, and mocean.py, line", '"/who")'),
    "no slash": (WAVE.replace("/wave", "wave"), "The path “wave” has to begin with a slash: “/wave”.", '"wave"'),
    "nearly sailor": (
        WAVE.replace("sailor", "sailr"),
        "There is a parameter “sailr”. Do you mean “sailor”?",
        '"/wave"',
    ),
    "a loop for ever": ("while True: hats = 1", "TooSlow: This took too long", "while True"),
    "an exit": ("exit()", "SystemExit", "exit()"),
    "a route that is stuck": (
        WAVE.replace("return", "while True: pass #"),
        "TooSlow: This took too long",
        "while True",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_is_said_and_everybody_plays_on(server, mistake):
    code, says, where = REFUSED[mistake]
    with ten_players(server, f"r{[*REFUSED].index(mistake)}-"), edited(server, "mocean.py", adds(code)) as said:
        assert f"{NOT_USED} mocean.py, line {line_of(server, where)}: {says}" in said
        assert server.json("wave")["error"] == "no-route"
        page = requests.get(server.url, headers=BROWSER, timeout=10).text
        assert "What you saved is not used yet." in page
        for header in ("X-Forwarded-For", "Via"):  # of a proxy, which asks for somebody elsewhere
            page = requests.get(server.url, headers={**BROWSER, header: "192.0.2.1"}, timeout=10).text
            assert "What you saved" not in page


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        ("steps.py", "# ---- Stage 5", '@puzzle("/euler", "Send 1.")\ndef one(message):\n    return True, ""\n\n#',
         r"steps\.py, line \d+: There are two puzzles /euler\."),
        ("badges.py", "# ---- The pages", '@badge("Talk", "You talked.")\ndef talk(deed): return True\n\n#',
         r"badges\.py, line \d+: There are two badges “Talk”\."),
        ("badges.py", 'deed.reply["seafloor"]', "deed.rely", r"badges\.py, line \d+: AttributeError: .* was at /ping"),
        ("web/views/chat.tpl", "<", "{{nobody}}<", "NameError: name 'nobody' is not defined"),
        ("web/routes.py", "import inspect", "import inspekt", "ModuleNotFoundError: No module named 'inspekt'"),
        ("game/clem.py", "CLEM", "Clem", r"ImportError: cannot import name 'CLEM'"),
        ("game/sailors.py", "last_read: int = 0", "last_read: dict = 0", "With it, the logbook can't be used any more"),
    ],
)  # fmt: skip
def test_a_mistake_in_another_file_is_said_too(server, file, before, after, says):
    id = server.json("join", name="other")["id"]
    with edited(server, file, lambda text: text.replace(before, after)) as said:
        assert said.startswith(NOT_USED)
        assert re.search(says, said), said
        assert server.json("location", id=id)["ok"]
    server.ask("quit", id=id)


def test_a_deleted_file_stops_nobody_even_if_the_worker_dies_meanwhile(server):
    file = server.cwd / "steps.py"
    text, shown = file.read_text(), len(server.log.read_text())
    with ten_players(server, "deleted"):
        file.unlink()
        wait_for(server, shown, "No module named 'steps'")
    id = server.json("join", name="survivor")["id"]
    os.kill(server.pids()["worker"], signal.SIGKILL)
    wait_until(server.answers)
    assert server.json("location", id=id)["ok"]
    shown = save(server, "steps.py", text)
    wait_for(server, shown, USED)
    assert server.json("begin")["ok"]


HAT = """HATS = 1


@app.get("/hat")
def hat(sailor):
    sailor.hats = getattr(sailor, "hats", 0) + HATS
    return dict(reply="A hat.", hats=sailor.hats)"""


def test_what_is_good_is_used_and_everybody_keeps_ship_and_hats(server):
    id = server.json("join", name="hatter")["id"]
    with ten_players(server, "good"), edited(server, "mocean.py", adds(HAT)) as said:
        assert said == USED
        assert server.json("hat", id=id)["hats"] == 1
        with edited(server, "mocean.py", lambda text: text.replace("HATS = 1", "HATS = 10")):
            assert server.json("hat", id=id)["hats"] == 11
        assert "What you saved" not in requests.get(server.url, headers=BROWSER, timeout=10).text


def test_a_file_that_is_saved_step_by_step_is_used_in_the_end(server):
    path = server.cwd / "mocean.py"
    text, shown = path.read_text(), len(server.log.read_text())
    for number in range(30):
        path.write_text(text[: number * 50])
        time.sleep(0.01)
    path.write_text(adds(WAVE)(text))
    wait_for(server, shown, USED)
    assert server.json("wave")["error"] == "missing-key"
    shown = save(server, "mocean.py", text)
    wait_for(server, shown, USED)


# ---- Mistakes that only show when a route is asked ----

ROUTES = """
@app.get("/silent")
def silent(sailor):
    sailor.hats = 1


@app.get("/loop")
def loop(sailor, message):
    sailor.hats = 2
    sailor.badges += ("Loop",)
    while message == "now":
        pass
    return "Done."


@app.get("/deaf")
def deaf(sailor, message):
    while message == "now":
        try:
            sum(range(1000))
        except:
            pass
    return "Done."


@app.get("/sleep")
def sleep(sailor, message):
    import time
    if message == "now":
        time.sleep(60)
    return "Done."


@app.get("/dead")
def dead(sailor, message):
    import requests
    if message == "now":
        requests.get("http://127.0.0.1:DEAD/")
    return "Done."


@app.get("/broken")
def broken(ocean, sailor, message):
    ocean.turn(sailor, 123.0)
    sailor.hats = 3
    if message == "now":
        return sailor.hat
    return "Done."


@app.get("/leave")
def leave(sailor, message):
    sailor.hats = 4
    if message == "now":
        exit()
    return "Done."


@app.get("/power")
def power(message):
    if message == "now":
        sum(range(10 ** 12))
    return "Done."


@app.get("/print")
def print(message):
    return "Printed."


@app.get("/double")
def double(message):
    print("doubling")
    return " ".join(map(str, [message, message]))
"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A server with these routes. Another server, which they ask, never answers."""
    server = workshop(tmp_path_factory.mktemp("busy"))
    with socket.create_server(("127.0.0.1", 0)) as dead:
        code = ROUTES.replace("DEAD", str(dead.getsockname()[1]))
        shown = save(server, "mocean.py", adds(code)((server.cwd / "mocean.py").read_text()))
        wait_for(server, shown, USED)
        yield server
    server.kill()


@pytest.mark.parametrize(
    ("route", "line", "error"),
    [
        ("loop", "", "TooSlow: This took too long"),
        ("sleep", "time.sleep(60)", "TooSlow: This took too long"),
        ("dead", "requests.get(", "TooSlow: This took too long"),
        ("deaf", "", "TooSlow: This took too long"),
        ("broken", "return sailor.hat", "AttributeError: 'Sailor' object has no attribute 'hat'"),
        ("leave", "exit()", "SystemExit"),
    ],
)
def test_a_route_that_goes_wrong_is_ended_and_undone(busy, route, line, error):
    id = busy.json("join", name=f"author-{route}")["id"]
    before = busy.json("location", id=id)
    with ten_players(busy, f"{route}-"):
        reply = busy.json(route, id=id, message="now")
    first = reply["traceback"][0]
    assert (reply["error"], first["file"], first["function"]) == ("bug", "mocean.py", route)
    assert line in first["code"]
    assert f"The route /{route} has a bug. mocean.py, line {first['line']}: {error}" in reply["reply"]
    after = busy.json("location", id=id)
    assert [after[name] for name in ("x", "y", "heading")] == [before[name] for name in ("x", "y", "heading")]
    assert "Loop" not in str(busy.json("badges", name=f"author-{route}")["badges"])
    wait_until(lambda: f'File "mocean.py", line {first["line"]}, in {route}' in busy.log.read_text())


def test_a_page_on_this_computer_shows_the_traceback(busy):
    id = busy.json("join", name="reader")["id"]
    page = requests.get(f"{busy.url}broken?id={id}&message=now", headers=BROWSER, timeout=10).text
    assert page.index("return sailor.hat") < page.index("web/application.py")


def test_others_read_a_kind_sentence_and_nothing_of_the_program(busy):
    id = busy.json("join", name="stranger")["id"]
    for form in ("text", "json", "page"):
        url = f"{busy.url}broken?id={id}&message=now&format={form}"
        reply = requests.get(url, headers={"X-Real-IP": "192.0.2.1"}, timeout=10)
        assert reply.status_code == 500
        assert "this is not your fault" in reply.text
        assert "mocean.py" not in reply.text


def test_what_no_signal_ends_is_ended_by_uwsgi_and_the_log_names_its_line(busy):
    id = busy.json("join", name="patient")["id"]
    line = line_of(busy, "sum(range(10 ** 12))")
    with pytest.raises(requests.RequestException):
        requests.get(f"{busy.url}power?message=now", timeout=1)
    wait_for(busy, 0, rf'mocean.py", line {line} in power')
    assert busy.json("location", id=id)["ok"]


def test_a_route_without_return_says_so(busy):
    id = busy.json("join", name="silent")["id"]
    for _ in range(2):
        assert "line with return" in busy.json("silent", id=id)["reply"]
    line = line_of(busy, '/silent")')
    wait_until(lambda: f"mocean.py, line {line}: the function of /silent returns nothing." in busy.log.read_text())
    assert busy.log.read_text().count("/silent returns nothing") == 1


def test_a_function_may_be_called_like_one_of_pythons_own(busy):
    assert busy.ask("double", message="hi").text == "hi hi"
    assert busy.ask("print", message="hi").text == "Printed."
    wait_until(lambda: "doubling" in busy.log.read_text())


# ---- Without a server, and the end ----


def check(folder):
    command = [sys.executable, "-m", "server.workshop"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_make_check_says_the_same_without_a_server(copy_of_code):
    assert check(copy_of_code).returncode == 0
    program = copy_of_code / "mocean.py"
    program.write_text(adds(WAVE.replace("):", ")"))(program.read_text()))
    result = check(copy_of_code)
    assert result.returncode == 1
    assert re.fullmatch(
        r"mocean.py, line \d+: SyntaxError: expected ':'. The line is: def wave\(sailor\)\n?", result.stderr
    )
    assert not (copy_of_code / "logbook.sqlite3").exists()


def test_a_program_that_is_no_good_at_the_start_is_a_sentence(copy_of_code):
    (copy_of_code / "steps.py").write_text("def (")
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port())}
    result = subprocess.run(LAUNCH, cwd=copy_of_code, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 22
    assert result.stderr.startswith("The program can't start. steps.py, line 1: SyntaxError")
    assert not [*copy_of_code.glob(".workshop*")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_leaves_nothing(tmp_path, number):
    server = workshop(tmp_path)
    try:
        pids = server.pids()
        os.killpg(server.process.pid, number)
        server.process.wait(10)
        wait_until(lambda: not any(map(is_alive, pids.values())))
        assert not [*tmp_path.glob(".workshop*"), *tmp_path.glob("*.sock")]
    finally:
        server.kill()


def test_a_service_takes_nothing_over(copy_of_code):
    server = Server(*LAUNCH, "mocean", cwd=copy_of_code, RUNTIME_DIRECTORY=str(copy_of_code))
    server.start(copy_of_code / "log")
    try:
        assert "uWSGI mule" not in server.log.read_text()
        assert not [*copy_of_code.glob(".workshop*")]
        save(server, "mocean.py", "def (")
        os.kill(server.pids()["worker"], signal.SIGKILL)
        wait_until(server.answers)
        assert "What you saved" not in requests.get(server.url, headers=BROWSER, timeout=10).text
    finally:
        server.kill()


# ---- Without uWSGI ----


def test_python_mocean_py_does_not_die_of_a_mistake_either(tmp_path):
    server = workshop(tmp_path, sys.executable, "mocean.py", HOST=" 127.0.0.1 ", MOCEAN_WORD='"plank"')
    try:
        id = server.json("join", name="ada", word="plank")["id"]
        with edited(server, "mocean.py", adds(WAVE.replace("):", ")"))) as said:
            assert "SyntaxError: expected ':'" in said
            assert server.json("location", id=id)["ok"]
            assert "What you saved is not used yet." in requests.get(server.url, headers=BROWSER, timeout=10).text
        with edited(server, "mocean.py", adds(WAVE)):
            wait_until(server.answers)
            assert server.json("wave", id=id)["reply"] == "You wave."
        server.stop()
        assert not [*tmp_path.glob(".workshop*")]
        assert not server.answers()
    finally:
        server.kill()
