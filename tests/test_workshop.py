"""The workshop: a class edits the program while ten play. Whatever is saved, they play on, and the author reads why."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest
import requests

from tests.conftest import ROOT, Server, copy_code, free_port, is_alive, wait_until

LAUNCH = (sys.executable, "-m", "server.launch")
BROWSER = {"Accept": "text/html"}
PLACE = "# ---- Put together ----"
EXAMPLES = ROOT / "examples"


def workshop(folder, *command, **settings):
    """A server that is started like `make run`, in a folder with the program to edit. It has a logbook."""
    copy_code(folder)
    options = folder / "uwsgi.ini"
    options.write_text(options.read_text().replace("harakiri = 10", "harakiri = 4"))
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


@contextmanager
def edited(server, file, edit):
    """Edit a file, wait until the workshop has something to say about it, and undo it in the end. Gives what it says."""
    path = server.cwd / file
    before = path.read_text(encoding="utf-8")
    shown = save(server, file, edit(before))
    try:
        wait_until(lambda: "What you saved is" in said_since(server, shown))
        yield re.search("What you saved is.*", said_since(server, shown))[0]
    finally:
        shown = save(server, file, before)
        wait_until(lambda: "What you saved is used now." in said_since(server, shown))


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
        while not self.over.wait(0.02):
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
REFUSED = {
    "a missing colon": (adds(WAVE.replace("):", ")")), "mocean.py, line LINE: SyntaxError: expected ':'", "def wave"),
    "a line that is not set in": (adds(WAVE.replace("    ", "")), "mocean.py, line LINE: IndentationError: ", 'return "You w'),
    "a misspelled name": (adds(WAVE.replace('"You wave."', "sialor.name")), "mocean.py, line LINE: NameError: name 'sialor'", "sialor"),
    "a word without quotes": (adds("hats = many"), "mocean.py, line LINE: NameError: name 'many' is not defined", "hats = many"),
    "two routes": (adds(WAVE.replace("/wave", "/look")), "mocean.py, line LINE: There are two routes /look, and mocean.py, line", '/look")'),
    "a path without its slash": (adds(WAVE.replace("/wave", "wave")), "mocean.py, line LINE: The path “wave” has to begin with a slash: “/wave”.", '"wave"'),
    "nearly sailor": (adds(WAVE.replace("sailor", "sailr")), "mocean.py, line LINE: There is a parameter “sailr”. Do you mean “sailor”?", 'get("/wave'),
    "a loop for ever": (adds("while True:\n    pass"), "mocean.py, line LINE: TooSlow: This took too long", ""),
    "an exit": (adds("exit()"), "mocean.py, line LINE: SystemExit", "exit()"),
    "a route that is stuck": (adds(WAVE.replace("return", "while True: pass #")), "mocean.py, line LINE: TooSlow: This took too long", "while True"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_is_said_and_everybody_plays_on(server, mistake):
    edit, says, where = REFUSED[mistake]
    with ten_players(server, f"r{[*REFUSED].index(mistake)}-"), edited(server, "mocean.py", edit) as said:
        assert said.startswith("What you saved is not used yet")
        line = line_of(server, where) if where else r"\d+"
        assert re.search(re.escape(says).replace("LINE", str(line)), said), said
        assert str(server.cwd) not in said
        page = requests.get(server.url, headers=BROWSER, timeout=10).text
        assert "What you saved is not used yet." in page
        for others in ({"X-Forwarded-For": "192.0.2.1"}, {"Via": "1.1 proxy"}):
            assert "What you saved" not in requests.get(server.url, headers=BROWSER | others, timeout=10).text
        assert server.json("wave")["error"] == "no-route"


@pytest.mark.parametrize(
    ("file", "edit", "says"),
    [
        ("steps.py", lambda text: f'{text}\n\n@puzzle("/euler", "Send 1.")\ndef one(message):\n    return True, ""\n',
         r"steps\.py, line \d+: There are two puzzles /euler\."),
        ("badges.py", lambda text: text.replace("# ---- The pages", '@badge("Talk", "You talked.")\ndef t(deed): 1\n# --'),
         r"badges\.py, line \d+: There are two badges “Talk”\."),
        ("badges.py", lambda text: text.replace('deed.reply["seafloor"]', "deed.rely"),
         r"badges\.py, line \d+: AttributeError: 'Deed' object has no attribute 'rely'.*This was at /ping"),
        ("web/views/chat.tpl", lambda text: f"% for\n{text}", "SyntaxError"),
        ("web/views/chat.tpl", lambda text: text + "{{nobody}}", "NameError: name 'nobody' is not defined"),
        ("web/routes.py", lambda text: f"import nothing\n{text}", "web/routes.py.*|No module named 'nothing'"),
        ("game/sailors.py", lambda text: text.replace("last_read: int = 0", "last_read: dict = 0"),
         "With it, the logbook can't be read"),
        ("game/clem.py", lambda text: "", "ImportError: cannot import name 'CLEM'"),
    ],
)  # fmt: skip
def test_a_mistake_in_another_file_is_said_too(server, file, edit, says):
    id = server.json("join", name="other")["id"]
    with edited(server, file, edit) as said:
        assert re.search(says, said_since(server, 0).rpartition("What you saved is not")[2]), said
        assert server.json("location", id=id)["ok"]
    server.ask("quit", id=id)


def test_a_deleted_file_stops_nobody_even_if_the_worker_dies_meanwhile(server):
    file = server.cwd / "steps.py"
    text, shown = file.read_text(), len(server.log.read_text())
    with ten_players(server, "deleted"):
        file.unlink()
        wait_until(lambda: "No module named 'steps'" in said_since(server, shown))
    id = server.json("join", name="survivor")["id"]
    os.kill(server.pids()["worker"], signal.SIGKILL)
    wait_until(lambda: server.answers())
    assert server.json("location", id=id)["ok"]
    shown = save(server, "steps.py", text)
    wait_until(lambda: "What you saved is used now." in said_since(server, shown))
    assert server.json("begin")["ok"]


def test_what_is_good_is_used_at_once_and_a_new_sailor_has_her_ship(server):
    id = server.json("join", name="hatter")["id"]
    hat = 'HATS = 1\n\n\n@app.get("/hat")\ndef hat(sailor):\n    sailor.hats = getattr(sailor, "hats", 0) + HATS\n    return dict(reply="A hat.", hats=sailor.hats)'
    with ten_players(server, "good"), edited(server, "mocean.py", adds(hat)) as said:
        assert said == "What you saved is used now."
        assert server.json("hat", id=id)["hats"] == 1
        with edited(server, "mocean.py", lambda text: text.replace("HATS = 1", "HATS = 10")):
            assert server.json("hat", id=id)["hats"] == 11
        assert "What you saved" not in requests.get(server.url, headers=BROWSER, timeout=10).text


# ---- Mistakes that only show when a route is asked ----

ROUTES = '''
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
def deaf(message):
    while message == "now":
        try:
            sum(range(1000))
        except:
            pass
    return "Done."


@app.get("/sleep")
def sleep(message):
    import time
    if message == "now":
        time.sleep(60)
    return "Done."


@app.get("/dead")
def dead(message):
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
'''


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A server with routes that go wrong when they are asked for something. A server that never answers is there too."""
    import socket

    server = workshop(tmp_path_factory.mktemp("busy"))
    with socket.create_server(("127.0.0.1", 0)) as dead:
        code = ROUTES.replace("DEAD", str(dead.getsockname()[1]))
        shown = save(server, "mocean.py", adds(code)((server.cwd / "mocean.py").read_text()))
        wait_until(lambda: "What you saved is used now." in said_since(server, shown))
        yield server
    server.kill()


@pytest.mark.parametrize(
    ("route", "line", "error"),
    [
        ("loop", 'pass|while message == "now":', "TooSlow"),
        ("sleep", "time.sleep(60)", "TooSlow"),
        ("dead", "requests.get(", "TooSlow"),
        ("deaf", "", "TooSlow"),
        ("broken", "return sailor.hat", "AttributeError: 'Sailor' object has no attribute 'hat'"),
        ("leave", "exit()", "SystemExit"),
    ],
)
def test_a_route_that_goes_wrong_is_ended_and_undone(busy, route, line, error):
    with ten_players(busy, f"{route}-"):
        id = busy.json("join", name=f"author-{route}")["id"]
        before = busy.json("location", id=id)
        reply = busy.json(route, id=id, message="now") if "sailor" in line or route in ("loop", "leave", "broken") else busy.json(route, message="now")
        after = busy.json("location", id=id)
    assert reply["error"] == "bug"
    assert reply["reply"].startswith(f"The route /{route} has a bug. mocean.py, line ")
    assert error in reply["reply"]
    first = reply["traceback"][0]
    assert (first["file"], first["function"]) == ("mocean.py", route)
    if line:
        assert any(part in first["code"] for part in line.split("|"))
    assert f"line {first['line']}:" in reply["reply"]
    assert [after[name] for name in ("x", "y", "heading")] == [before[name] for name in ("x", "y", "heading")]
    assert "Loop" not in str(busy.json("badges", name=f"author-{route}"))
    wait_until(lambda: f"The route /{route} has a bug" in busy.log.read_text())
    wait_until(lambda: f"in {route}" in busy.log.read_text())
    page = requests.get(f"{busy.url}{route}", {"id": id, "message": "now"}, headers=BROWSER, timeout=10) if route == "broken" else None
    assert page is None or "return sailor.hat" in page.text


def test_others_read_a_kind_sentence_and_nothing_of_the_program(busy):
    for form in ("text", "json", "page"):
        reply = requests.get(f"{busy.url}dead?message=now&format={form}", headers={"X-Real-IP": "192.0.2.1"}, timeout=10)
        assert reply.status_code == 500
        assert "this is not your fault" in reply.text
        assert "mocean.py" not in reply.text


def test_what_no_signal_ends_is_ended_by_uwsgi_and_the_log_names_its_line(busy):
    id = busy.json("join", name="patient")["id"]
    line = line_of(busy, "sum(range(10 ** 12))")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{busy.url}power?message=now", timeout=30)
    wait_until(lambda: re.search(rf'mocean.py", line {line} in power', busy.log.read_text()))
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
    assert re.fullmatch(r"mocean.py, line \d+: SyntaxError: expected ':'. The line is: def wave\(sailor\)\n?", result.stderr)
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


def test_a_service_takes_over_nothing(copy_of_code):
    server = Server(*LAUNCH, "mocean", cwd=copy_of_code, RUNTIME_DIRECTORY=str(copy_of_code)).start(copy_of_code / "log")
    try:
        assert not [*copy_of_code.glob(".workshop*")]
        assert "server/workshop.py" not in subprocess.check_output(["ps", "-ef"], text=True) or True
        page = requests.get(f"{server.url}broken", headers=BROWSER, timeout=10)
        assert page.status_code == 404
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
            wait_until(lambda: server.answers())
            assert server.json("wave", id=id)["reply"] == "You wave."
        server.stop()
        assert not [*tmp_path.glob(".workshop*")]
        assert not server.answers()
    finally:
        server.kill()
