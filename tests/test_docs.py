"""The words and the program agree: whatever the documents say can be done is done here, with a real server.

What counts as said, in README.md, SECURITY.md, docs/*.md and examples/README.md:

- a program in a block `python` runs, and prints what the block `text` below it shows; what stands there behind
  `input` is typed, `...` stands for anything, and a last line `^C` means that Ctrl-C ends it
- a recipe, "Open `FILE` and find the line `LINE`. Below it, write:", is followed on a copy of the code
- each URL is asked; if the text goes on with: the server says `...`, or a table has a column of that name, it does
- each line of a block `sh` is run, but for those in NOT_HERE
- links, files, make targets, routes, keys, settings, errors, limits and commands exist, and none is left out
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import traceback
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import harbour
import mocean
import ocean as sea
import troubles
from gate import Gate
from logbook import Logbook
from ocean import Ocean
from tests.conftest import ROOT, Server, copy_code

DOCUMENTS = ["README.md", "SECURITY.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))]
DOCUMENTS += ["examples/README.md"] if (ROOT / "examples/README.md").exists() else []
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}
README, HANDBOOK, LESSONS = TEXTS["README.md"], TEXTS["docs/admin.md"], TEXTS["docs/leader.md"]
ALL = "\n".join(TEXTS.values())
EXCERPTS = {"docs/client.md"}  # its blocks are pieces of client.py
KEY = "a-key-for-the-tests"

# Lines of shell that no test can run here: they need root, systemd, the network, or a server that goes on for ever.
# Those with systemd are tried by test_service.py, `make run` by test_make.py, the examples by test_examples.py.
NOT_HERE = r"sudo |git |cd mocean$|journalctl |system(ctl|d-analyze) |make (run|test)$|uwsgi --http|python examples/"


# ---- Reading the documents ----


def blocks(text):
    """The blocks of code as (language, code without its margin), in their order."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [(language, re.sub(f"^{margin}", "", code, flags=re.MULTILINE)) for margin, language, code in found]


def prose(text):
    """The text without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)


def sections(text):
    """What stands below each heading."""
    code = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
    masked = code.sub(lambda block: re.sub("^#", "_", block[0], flags=re.MULTILINE), text)
    starts = [0, *(heading.start() for heading in re.finditer("^#+ ", masked, re.MULTILINE)), len(text)]
    return [text[start:end] for start, end in pairwise(starts)]


def tables(text, *columns):
    """The rows of all tables whose first columns have these names."""
    rows, is_wanted = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        if not cells:
            is_wanted = False
        elif [*columns] == cells[: len(columns)]:
            is_wanted = True
        elif is_wanted and not set(line) <= set("|- "):
            rows.append(cells)
    return rows


def pattern(shown):
    """A pattern for what a text shows, with ... for anything."""
    return ".*?".join(map(re.escape, shown.split("...")))


RECIPE = re.compile(
    r"Open `(?P<file>[^`]+)` and (?:find the line `(?P<line>[^`]+)`|go to its end)\.\s+"
    r"\d\. (?P<where>Above|Below) (?:it|the last line), write[^:]*:\n+"
    r"(?P<margin> *)```python\n(?P<code>.*?)^ *```",
    re.DOTALL | re.MULTILINE,
)


def follow(recipe, folder):
    """Do what a recipe says, as a beginner would."""
    file = folder / recipe["file"]
    code = re.sub(f"^{recipe['margin']}", "", recipe["code"], flags=re.MULTILINE)
    lines = file.read_text(encoding="utf-8").splitlines()
    if recipe["line"]:
        places = [number for number, line in enumerate(lines) if line.strip() == recipe["line"]]
        assert len(places) == 1, f"{file.name} has {len(places)} lines {recipe['line']}"
        place = places[0]
        margin = re.match(" *", lines[place])[0] + "    " * lines[place].endswith("{")
        code = re.sub("^(?=.)", margin, code, flags=re.MULTILINE)
        place += recipe["where"] == "Below"
    else:
        place = len(lines)
    lines[place:place] = ["", "", *code.splitlines(), "", ""] if code.startswith("@") else code.splitlines()
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def follow_all_recipes(folder):
    """Do what all documents say, and see that no recipe is written in another way."""
    recipes = [recipe for text in TEXTS.values() for recipe in RECIPE.finditer(text)]
    assert len(recipes) == len(re.findall(r"^\d\. Open `\w", ALL, re.MULTILINE))
    for recipe in recipes:
        follow(recipe, folder)


# ---- Servers ----


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server as it is, with a harbour master."""
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path_factory.mktemp("server") / "log")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """A server after all recipes were followed on a copy of the code."""
    folder = copy_code(tmp_path_factory.mktemp("copy"))
    follow_all_recipes(folder)
    server = Server(cwd=folder, MOCEAN_LOGBOOK=str(folder / "logbook.sqlite3")).start(folder / "log")
    yield server
    server.kill()


# ---- Programs ----


def typed_and_printed(program, shown):
    """What a session shows to be typed behind the program's prompt, line by line, and a pattern for what is printed."""
    prompt = re.search(r'input\("(.*?)"\)|$', program)[1]
    shown = shown.removesuffix("^C\n")
    if not prompt:
        return "", re.compile(pattern(shown), re.DOTALL)
    lines = f"^{prompt}(.*\n)"
    printed = re.sub(lines, prompt, shown, flags=re.MULTILINE) + prompt  # what is typed is not printed by the program
    return "".join(re.findall(lines, shown, re.MULTILINE)), re.compile(pattern(printed), re.DOTALL)


def session(program, shown, folder):
    """Run a program, type what the session shows to be typed, and see that it prints the rest."""
    script = Path(folder) / "program.py"
    script.write_text(program, encoding="utf-8")
    typed, printed = typed_and_printed(program, shown)
    running = subprocess.Popen(
        [sys.executable, "-u", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    try:
        if shown.endswith("^C\n"):
            return interrupt(running, printed)
        heard, problems = running.communicate(typed, timeout=30)
        assert printed.fullmatch(heard), heard + problems
        # A program with a prompt asks until Ctrl-C; here the typing ends.
        assert running.returncode == 0 or (typed and "EOFError" in problems), problems
        return heard
    finally:
        running.kill()
        running.communicate()


def interrupt(running, printed):
    """Wait until a program that goes on for ever has printed this, then press Ctrl-C."""
    heard = ""
    while not printed.match(heard):
        line = running.stdout.readline()
        assert line, heard + running.stderr.read()
        heard += line
    running.send_signal(signal.SIGINT)
    assert running.wait(10) != 0
    return heard


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in EXCERPTS])
def test_programs_print_what_the_text_shows(name, server, tmp_path):
    id = "YOUR-ID"
    code = blocks(RECIPE.sub("", TEXTS[name]))
    for (language, program), (below, shown) in zip(code, [*code[1:], ("", "")]):
        if language == "python":
            assert below == "text", f"What does this print?\n{program}"
            program = program.replace("http://localhost:8080/", server.url).replace("YOUR-ID", id)
            new_id = re.search(r"Your id is (\w+)", session(program, shown, tmp_path))
            id = new_id[1] if new_id else id


def test_the_clubs_own_loop_is_short():
    loop = next(code for language, code in blocks(README) if language == "python" and "while True" in code)
    assert len(loop.splitlines()) < 15


@pytest.mark.parametrize("row", tables(LESSONS, "run", "Python says"), ids=lambda row: row[0])
def test_python_says_what_the_lessons_say(row, server):
    program, sentence = (cell.strip("`") for cell in row[:2])
    try:
        exec(program, {"requests": requests, "url": server.url})
    except Exception as problem:
        said = traceback.format_exception_only(problem)[-1]
    else:
        said = "nothing"
    assert sentence in said


# ---- URLs ----

URL = r"(?:https?://(?:localhost|YOUR-ADDRESS):8080)?(/(?!etc|opt|var|run\b|usr)[^` ]*)"
HARMLESS = ("no-sailor", "cannot", "no-item", "name-taken", "banned")  # right URLs, but not at this moment


def questions(text):
    """The URLs in a text, each with what the server shall say, or ""."""
    said = {row[0].strip("`"): row[1] for row in tables(text, "type this", "the server says") if "`" in row[1]}
    for mention in re.finditer(rf"`({URL})`(?:\s+the server says\s+|: the server says\s+)?(`[^`]+`)?", prose(text)):
        url, path, sentence = mention.groups()
        is_said = "the server says" in mention[0]
        yield path, (said.get(url) or (sentence if is_said else "") or "").strip("`")


def ask_all(text, server):
    """Ask all URLs of a text, one after the other in one browser, as a reader would."""
    reader = requests.Session()
    reader.get(server.url + "join?name=reader")
    reader.get(server.url + "harbour", params={"key": KEY}, headers={"Accept": "text/html"})
    wrong = []
    for path, sentence in questions(text):
        path = path.replace("THE-KEY", KEY).replace("YOUR-ID", reader.cookies["id"])
        reply = reader.get(server.url + path[1:], timeout=10)
        if not fits(reply, path, sentence):
            wrong.append((path, sentence, reply.text.partition("\n")[0]))
        if path.startswith("/quit"):
            reader.get(server.url + "join?name=reader2")
    assert not wrong, "\n".join(map(str, wrong))


def fits(reply, path, sentence):
    """True if a reply begins with the sentence or, where the text tells none, if the path is right."""
    if sentence or reply.ok:
        return re.match(pattern(sentence), reply.text, re.DOTALL)
    error = re.search(r"^error=(.*)", reply.text, re.MULTILINE)[1]
    return error in HARMLESS or (error == "missing-key" and "?" not in path)


def parts(text, with_recipes):
    """The sections of a text that have recipes, or else all others."""
    return "\n".join(section for section in sections(text) if bool(RECIPE.search(section)) == with_recipes)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_server_says_what_the_text_says(name, server):
    try:
        ask_all(parts(TEXTS[name], with_recipes=False), server)
    finally:
        for sailor in server.json("who")["sailors"]:
            server.ask("harbour/ashore", key=KEY, name=sailor)


def test_the_server_says_what_the_recipes_say(changed):
    ask_all(parts(ALL, with_recipes=True), changed)


# ---- Recipes ----


def test_a_student_adds_a_route(changed):
    wave = next(recipe["code"] for recipe in RECIPE.finditer(README))
    assert len(wave.splitlines()) <= 10
    ada, bob = (changed.json("join", name=name)["id"] for name in ("ada", "bob"))
    assert changed.ask("wave", id=ada, message="hello").text == "Everyone sees you wave."
    assert changed.json("popchat", id=bob)["message"] == "ada waves: hello"
    assert changed.json("wave", id=ada)["error"] == "missing-key"
    rule = next(rule for rule in changed.json("mocean")["routes"] if rule["route"] == "/wave")
    assert rule["keys"] == ["id", "message"]
    assert rule["does"] == "Wave at everyone."
    assert rule["example"] == "/wave?id=YOUR-ID&message=hello"
    assert "/wave" in changed.json("openapi.json")["paths"]


def test_a_student_adds_a_key_that_is_a_number(changed):
    assert changed.json("cheer", name="ada", times=3)["cheers"] == 3
    assert changed.json("cheer", name="ada", times=10**9)["cheers"] == 10
    assert changed.json("cheer", name="ada", times="-3")["error"] == "bad-value"


def test_a_student_adds_something_to_remember(changed):
    id = changed.json("join", name="hatter")["id"]
    assert [changed.json("hat", id=id)["hats"] for _ in range(2)] == [1, 2]
    changed.kill()
    changed.start(changed.log)
    assert changed.json("hat", id=id)["hats"] == 3


def test_a_student_adds_a_puzzle(changed):
    stages = changed.json("steps")["stages"]
    fifth = changed.json("meruprastarah", message="1,5,10,10,5,1")
    assert (fifth["stage"], fifth["next"]) == (stages - 1, "mirror")
    assert "all puzzles" not in fifth["reply"]
    assert changed.json("mirror", message="noon")["solved"] is False
    sixth = changed.json("mirror", message="Level")
    assert (sixth["stage"], sixth["solved"], sixth["next"]) == (6, True, None)
    assert "You have solved all puzzles" in sixth["reply"]
    assert f"{stages} puzzles" in changed.json("")["reply"]
    assert "mirror" not in changed.ask("mocean").text, "a later stage is not told early"


def test_a_student_invents_a_treasure(changed):
    """The line of Python in the text tells where it lies. A sailor of the logbook is put there: no time to sail."""
    shown = next(code for language, code in blocks(README) if language == "sh" and "lay_out" in code)
    program = shlex.split(shown)[2]
    place = subprocess.run([sys.executable, "-c", program], cwd=changed.cwd, capture_output=True, text=True).stdout
    x, y = (float(re.search(rf"\b{name}=([\d.]+)", place)[1]) for name in ("x", "y"))
    id = changed.json("join", name="diver")["id"]
    changed.kill()
    put(changed.environment["MOCEAN_LOGBOOK"], id, x=x, y=y)
    changed.start(changed.log)
    telescope = next(thing for thing in changed.json("look", id=id)["things"] if thing["name"] == "telescope")
    changed.ask("dive", id=id, depth=telescope["depth"])
    assert "Your sight is now 150." in changed.json("get", id=id, item="telescope")["reply"]
    assert changed.json("inventory", id=id)["items"] == ["telescope"]


def put(file, id, **orders):
    """Change a sailor in a logbook that no server uses."""
    logbook, ocean = Logbook(file), Ocean()
    logbook.read(ocean, time.time())
    ocean.sail(ocean.sailor(id), **orders)
    logbook.write(ocean)
    logbook.close()


# ---- Shell ----


def shell_lines():
    """Each line of shell in the documents, without its comment."""
    code = [block for text in TEXTS.values() for language, block in blocks(text) if language == "sh"]
    lines = [line.partition(" #")[0].strip() for block in code for line in block.splitlines()]
    return sorted({line for line in lines if line and not line.startswith("#")})


def test_every_line_of_shell_works(copy_of_code):
    """Or it is a setting that exists, or it needs more than a test has."""
    follow_all_recipes(copy_of_code)
    (copy_of_code / ".venv").symlink_to(sys.prefix)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    logbook = Logbook(copy_of_code / "logbook.sqlite3")
    logbook.read(Ocean(), time.time())
    logbook.close()
    tried = []
    for line in shell_lines():
        assert all((ROOT / program).exists() for program in re.findall(r"\bpython3? (\S+\.py)", line)), line
        setting = re.match("([A-Z_]+)=", line)
        if setting:
            assert setting[1] in settings_that_exist(), line
        elif not re.match(NOT_HERE, line):
            done = subprocess.run(
                ["bash", "-c", line], cwd=copy_of_code, env=environment, capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            tried.append(line)
    assert tried


def test_every_command_of_the_harbour_master_works(server):
    commands = [row[0].strip("`") for row in tables(LESSONS, "command", "what it does")]
    for command in commands:
        if "unban" not in command:
            server.ask("harbour/unban", key=KEY, name="ada")
        server.ask("join", name="ada")
        words = [sys.executable, *command.split()[1:]]
        done = subprocess.run(words, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    told = {command.split()[2] for command in commands if len(command.split()) > 2}
    assert told == {route.rule.split("/")[2] for route in harbour.app.routes if route.rule.count("/") == 2}


# ---- What there is, and what is told ----


def settings_that_exist():
    places = (ROOT / "bridge.py").read_text(encoding="utf-8") + (ROOT / "settings.py").read_text(encoding="utf-8")
    return set(re.findall(r'setting\(\s*"([A-Z_]+)"', places))


def test_every_setting_is_told():
    assert {row[0].strip("`") for row in tables(HANDBOOK, "setting")} == settings_that_exist()
    assert set(re.findall(r"MOCEAN_[A-Z_]+", ALL)) <= settings_that_exist()


def test_every_route_and_key_is_told():
    rules = mocean.replies.rules()
    shown = [urlsplit(path) for path, _ in questions(README)]
    assert {rule["route"] for rule in rules} <= {url.path for url in shown}
    for rule in rules:
        keys = {key for url in shown if url.path == rule["route"] for key in parse_qs(url.query)}
        assert keys <= {*rule["keys"], "id", "format"}, rule["route"]
    keys = {key for rule in rules for key in rule["keys"]}
    assert keys <= set(re.findall(r"[?&`](\w+)[=`]", ALL))


def test_the_bits_of_the_status_are_told_as_they_are():
    words = {
        sea.CHAT_WAITS: "chat",
        sea.SHIP_IN_SIGHT: "ship is in sight",
        sea.TREASURE_IN_REACH: "treasure is in reach",
        sea.UNDER_WATER: "under water",
        sea.PAUSED: "paused",
    }
    told = {int(row[0]): row[1] for row in tables(README, "bit", "meaning")}
    assert told.keys() == words.keys()
    assert all(words[bit] in told[bit] for bit in words)


def kinds_of(trouble):
    """All kinds of a trouble, and theirs."""
    return {trouble}.union(*map(kinds_of, trouble.__subclasses__()))


def test_all_errors_are_told_as_they_are():
    told = {(int(status), word.strip("`")) for status, word, _ in tables(HANDBOOK, "status", "`error`")}
    assert told == {(kind.status, kind.word) for kind in kinds_of(troubles.Trouble)}
    words = {word for _, word in told}
    assert set(re.findall(r"the error `([a-z-]+)`", prose(ALL))) <= words


def test_the_limits_are_told_as_they_are():
    gate = Gate()
    paces = [gate.requests, gate.chat, gate.strangers, gate.joins, gate.guesses]
    rows = tables(TEXTS["SECURITY.md"], "what", "how often")[: len(paces)]
    for pace, (what, told, _) in zip(paces, rows):
        rate, span, burst = re.fullmatch(r"(\d+) a (second|minute), (\d+) at once", told).groups()
        assert pace.gap == pytest.approx({"second": 1, "minute": 60}[span] / int(rate)), what
        assert round(pace.slack / pace.gap) + 1 == int(burst), what
    joins, strangers = rows[3][1], rows[2][1]
    assert f"{joins.split()[0]} joins a minute, or {joins.split()[3]} at once" in LESSONS
    assert f"{strangers.split()[0]} requests a second without an id" in LESSONS


def test_every_file_that_is_named_exists():
    own = set(re.findall(r"Save this as `([\w.]+)`", ALL)) | {"requests.py"}  # what readers make themselves
    for name, text in TEXTS.items():
        for file in re.findall(r"`([\w./-]+\.(?:py|ini|yml|toml|md|service|css|js|tpl|png))`", prose(text)):
            assert file in own or (ROOT / file).exists() or (ROOT / name).with_name(file).exists(), (name, file)


def test_every_make_target_is_told():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = [*shell_lines(), *re.findall("`([^`]+)`", prose(ALL))]
    told = {target for line in commands for target in re.findall(r"^(?:sudo |\w+=\S+ )?make ([a-z]+)", line)}
    assert told == targets - {"help"}


def anchors(text):
    """The names to which links can lead: each heading in small letters, as GitHub and others make them."""
    seen = defaultdict(int)
    for heading in re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE):
        name = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        yield f"{name}-{seen[name]}" if seen[name] else name
        seen[name] += 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)]+)\)", prose(TEXTS[name])):
        url = urlsplit(target)
        if url.scheme:
            assert url.scheme in ("http", "https"), target
            assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", url.hostname or ""), target
            continue
        file = (ROOT / name).parent / url.path if url.path else ROOT / name
        assert file.is_file(), target
        if url.fragment:
            assert url.fragment in anchors(file.read_text(encoding="utf-8")), target


def test_the_handbook_tells_of_the_unit_as_it_is():
    unit = (ROOT / "mocean.service").read_text(encoding="utf-8")
    table = HANDBOOK.partition("## 10. ")[2].partition("## 11. ")[0]
    lines = [line for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for line in re.findall("`(.*?)`", row)]
    assert len(lines) > 15
    for line in lines:
        assert re.search("^" + re.escape(line).replace(r"\.\.\.", ".*"), unit, re.MULTILINE), line
