"""The words and the program agree: whatever the documents say can be done is done here, with a real server.

What counts as said, in README.md, SECURITY.md, docs/*.md and examples/README.md:

- a program in a block `python` runs, and prints what the block `text` below it shows; what is shown there after the
  prompt of `input` is typed, `...` stands for anything, and a last line `^C` means that Ctrl-C ends it
- a recipe, "Open `FILE` and find the line `LINE`. Below it, write:", is followed on a copy of the code
- each URL is asked; if the text goes on with: the server says `...`, or a table has a column of that name, it does
- each line of a block `sh` is run, except those in NOT_HERE, and those of the handbook: test_handbook.py types these
- links, files, make targets, routes, keys, settings, errors, limits and commands exist, and none is left out
"""

import os
import re
import shlex
import subprocess
import sys
import traceback
from collections import defaultdict
from dataclasses import fields
from io import StringIO
from textwrap import dedent, indent
from time import sleep
from urllib.parse import parse_qs, urlsplit

import bottle
import pexpect
import pytest
import requests

import mocean
from game import ocean as sea
from server.settings import Settings
from tests.conftest import ROOT, Player, Server, copy_code, game
from tests.documents import blocks, prose, sections, tables
from tests.fleet import write_logbook
from web.errors import STATUS, HeadersTooLong
from web.limits import Limits

DOCUMENTS = ["README.md", "SECURITY.md", "examples/README.md"]
DOCUMENTS += sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}
README, HANDBOOK, LESSONS, DISTRICT = (
    TEXTS[name] for name in ("README.md", "docs/admin.md", "docs/leader.md", "docs/district.md")
)
ALL = "\n".join(TEXTS.values())
EXCERPTS = {"docs/client.md"}  # its blocks are pieces of client.py
KEY = "a-key-for-the-tests"

# Lines of shell that go on for ever: `make run` is tried by test_make.py, the examples by test_examples.py.
NOT_HERE = r"make (run|test)$|python examples/|sudo nmcli "


def pattern(shown):
    """A pattern for what a text shows, with ... for anything."""
    return ".*?".join(map(re.escape, shown.split("...")))


# ---- Recipes ----

RECIPE = re.compile(
    r"Open `(?P<file>[^`]+)` and (?:find the line `(?P<line>[^`]+)`|go to its end)\.\s+"
    r"\d\. (?P<where>Above|Below) (?:it|the last line), write:\n+"
    r" *```python\n(?P<code>.*?)^ *```",
    re.DOTALL | re.MULTILINE,
)


def follow(recipe, folder):
    """Do what a recipe says, as a beginner would."""
    file = folder / recipe["file"]
    code = dedent(recipe["code"])
    lines = file.read_text(encoding="utf-8").splitlines()
    place = len(lines)
    if recipe["line"]:
        places = [number for number, line in enumerate(lines) if line.strip() == recipe["line"]]
        assert len(places) == 1, f"{file.name} has {len(places)} lines {recipe['line']}"
        code = indent(code, re.match(" *", lines[places[0]])[0])
        place = places[0] + (recipe["where"] == "Below")
    lines[place:place] = ["", "", *code.splitlines(), "", ""] if code.startswith("@") else code.splitlines()
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def follow_all_recipes(folder):
    """Do what all documents say."""
    for recipe in RECIPE.finditer(ALL):
        follow(recipe, folder)
    return folder


@pytest.mark.parametrize("section", [s for s in sections(ALL) if "\n1. Open `" in s], ids=lambda s: s.split("\n")[0])
def test_a_recipe_touches_one_file(section):
    assert RECIPE.search(section), "it is written like the others"
    assert len(re.findall(r"^\d\. Open `\w", section, re.MULTILINE)) == 1


# ---- Servers ----


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server as it is, with a harbour master."""
    server = Server(MOCEAN_HARBOUR_KEY=KEY).start(tmp_path_factory.mktemp("server") / "log")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """A server after all recipes were followed on a copy of the code. A diver's ship lies above the new treasure."""
    folder = follow_all_recipes(copy_code(tmp_path_factory.mktemp("copy")))
    logbook = folder / "logbook.sqlite3"
    server = Server(cwd=folder, MOCEAN_LOGBOOK=str(logbook), MOCEAN_HARBOUR_KEY=KEY)
    server.diver = write_logbook(logbook, [("diver", *place_of_telescope(folder), 0, 0)])["diver"]
    yield server.start(folder / "log")
    server.kill()


def place_of_telescope(folder):
    """Where the line of Python in the text says that it lies, as (x, y)."""
    shown = next(code for language, code in blocks(README) if language == "sh" and "lay_out" in code)
    program = shlex.split(shown)[2].replace("YOUR-SEED", "")  # the logbook has the sea of before there were seeds
    place = subprocess.check_output([sys.executable, "-c", program], cwd=folder, text=True)
    return [float(re.search(rf"\b{name}=([\d.]+)", place)[1]) for name in ("x", "y")]


# ---- Programs ----


def session(program, shown, folder):
    """Run a program in a terminal, type what `shown` has after its prompt, and see that the rest appears. Returns all.

    A program that goes on for ever is ended with Ctrl-C.
    """
    script = folder / "program.py"
    script.write_text(program, encoding="utf-8")
    asks = re.search(r'input\("(.*?)"\)', program)
    typed = re.findall(f"^{asks[1]}(.*)", shown, re.MULTILINE) if asks else []
    is_endless = asks or shown.endswith("^C\n")
    shown = pattern(shown.removesuffix("^C\n"))
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with pexpect.spawn(sys.executable, [str(script)], encoding="utf-8", env=environment) as terminal, StringIO() as log:
        terminal.logfile_read = log
        for line in typed:
            terminal.expect_exact(asks[1])
            terminal.sendline(line)
        if is_endless:
            terminal.expect(asks[1] if asks else shown.replace("\\\n", "\r\n"))
            terminal.send("\x03")  # after a moment, so that a program that has just asked something is listening
        terminal.expect(pexpect.EOF)
        seen = log.getvalue().replace("\r\n", "\n")
    assert re.fullmatch(shown + (".*KeyboardInterrupt\n" if is_endless else ""), seen, re.DOTALL), seen
    return seen


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in EXCERPTS])
def test_programs_print_what_the_text_shows(name, server, tmp_path):
    id = server.json("join", name=f"reader-of-{DOCUMENTS.index(name)}")["id"]
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
    with pytest.raises(Exception) as problem:  # noqa: PT011, each row has another one
        exec(program, {"requests": requests, "url": server.url})
    assert sentence in traceback.format_exception_only(problem.value)[-1]


# ---- URLs ----

URL = r"(?:https?://(?:localhost|YOUR-ADDRESS):8080)?(/(?!etc|opt|var|root|run\b|usr)[^` ]*)"
HARMLESS = ("no-sailor", "cannot", "no-item", "name-taken", "banned")  # right URLs, but not at this moment


def questions(text):
    """The URLs in a text, each with what the server should say, or ""."""
    said = {row[0].strip("`"): row[1] for row in tables(text, "type this", "the server says") if "`" in row[1]}
    for mention in re.finditer(rf"`({URL})`(?::?\s+the server says\s+(`[^`]+`))?", prose(text)):
        url, path, sentence = mention.groups()
        yield path, (said.get(url) or sentence or "").strip("`")


def ask_all(text, server):
    """Ask all URLs of a text, one after the other in one browser, as a reader would."""
    reader = requests.Session()
    reader.get(server.url + "join?name=reader")
    reader.get(server.url + "harbour", params={"key": KEY})
    wrong = []
    for path, sentence in questions(text):
        path = path.replace("THE-KEY", KEY).replace("YOUR-ID", reader.cookies[f"id-{server.port}"])
        reply = reader.get(server.url + path[1:], timeout=10)
        if not fits(reply, path, sentence):
            wrong.append((path, sentence, reply.text.partition("\n")[0]))
        if path.startswith("/ping"):
            sleep(1)  # which the sounder needs
        if path == "/harbour/lock":
            reader.get(server.url + "harbour", params={"key": KEY})
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


# ---- What the recipes make ----


def test_a_student_adds_a_route(changed):
    wave = RECIPE.search(README)["code"]
    assert len(wave.splitlines()) <= 10
    ada, bob = (changed.json("join", name=name)["id"] for name in ("ada", "bob"))
    assert changed.ask("wave", id=ada, message="hello").text == "Everyone sees you wave."
    assert changed.json("popchat", id=bob)["message"] == "ada waves: hello"
    assert changed.json("wave", id=ada)["error"] == "missing-key"
    rule = next(rule for rule in changed.json("mocean")["routes"] if rule["route"] == "/wave")
    example = "/wave?id=YOUR-ID&message=hello"
    assert rule == {"route": "/wave", "keys": ["id", "message"], "does": "Wave at everyone.", "example": example}
    assert "/wave" in changed.json("openapi.json")["paths"]


def test_a_student_adds_a_key_that_is_a_number(changed):
    assert [changed.json("cheer", name="ada", times=times)["cheers"] for times in (3, 10**9)] == [3, 10]


@pytest.mark.parametrize("row", tables(README, "write", "what fits", "like", "but not"), ids=lambda row: row[0])
def test_a_key_takes_what_fits(row):
    parameter, right, wrong = (row[column].strip("`") for column in (0, 2, 3))
    app, name = bottle.Bottle(), parameter.partition(":")[0]
    exec(f'@app.get("/new")\ndef new({parameter}): return dict(got={name})', {**vars(mocean), "app": app})
    player = Player(game(app))
    assert str(player.json("/new", **{name: right})["got"]) == right
    assert player.json("/new", **{name: wrong})["error"] == "bad-value"


def test_a_student_adds_something_to_remember(changed):
    id = changed.json("join", name="hatter")["id"]
    assert [changed.json("hat", id=id)["hats"] for _ in range(2)] == [1, 2]
    changed.kill()
    changed.start(changed.log)
    assert changed.json("hat", id=id)["hats"] == 3


def test_a_route_that_breaks_changes_nothing(changed):
    id = changed.json("join", name="oops")["id"]
    before = changed.json("location", id=id)
    assert changed.json("share", id=id, friends=0)["error"] == "bug"
    assert "ZeroDivisionError" in changed.log.read_text()
    after = changed.json("location", id=id)
    assert (after["x"], after["y"]) == (before["x"], before["y"])


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
    things = changed.json("look", id=changed.diver)["things"]
    depth = next(thing["depth"] for thing in things if thing["name"] == "telescope")
    changed.ask("dive", id=changed.diver, depth=depth)
    assert "Your sight is now 150." in changed.json("get", id=changed.diver, item="telescope")["reply"]
    assert changed.json("inventory", id=changed.diver)["items"] == ["telescope"]


# ---- Shell ----


def shell_lines(text):
    """Each line of shell in a text, without its comment."""
    code = [block for language, block in blocks(text) if language == "sh"]
    return sorted({line.partition(" #")[0].strip() for block in code for line in block.splitlines()})


def test_every_line_of_shell_works(copy_of_code):
    """Or it needs more than a test has."""
    follow_all_recipes(copy_of_code)
    (copy_of_code / ".venv").symlink_to(sys.prefix)
    tried = []
    for line in shell_lines("\n".join(text for text in TEXTS.values() if text not in (HANDBOOK, DISTRICT))):
        for file in re.findall(r"\bpython3? (\S+\.py)", line):
            assert (ROOT / file).exists(), line
        if not re.match(NOT_HERE, line):
            done = subprocess.run(["bash", "-c", line], cwd=copy_of_code, capture_output=True, text=True, timeout=60)
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
    told = {command.split()[3] for command in commands if len(command.split()) > 3}
    routes = game(harbour_key=KEY).routes
    in_browsers = {"lock", "cards"}  # which only they need
    assert told | in_browsers == {rule.removeprefix("/harbour/") for rule in routes if rule.startswith("/harbour/")}


# ---- What there is, and what is told ----

SETTINGS = {field.metadata["name"] for field in fields(Settings)}


def test_every_setting_is_told():
    assert {row[0].strip("`") for row in tables(HANDBOOK, "setting")} == SETTINGS
    assert set(re.findall(r"MOCEAN_[A-Z_]+", ALL)) <= SETTINGS


def test_every_route_and_key_is_told():
    rules = Player(game()).json("/mocean")["routes"]
    shown = [urlsplit(path) for path, _ in questions(README)]
    assert {rule["route"] for rule in rules} <= {url.path for url in shown}
    for rule in rules:
        keys = {key for url in shown if url.path == rule["route"] for key in parse_qs(url.query)}
        assert keys <= {*rule["keys"], "id", "format"}, rule["route"]
    keys = {key for rule in rules for key in rule["keys"]}
    assert keys <= set(re.findall(r"[?&`](\w+)[=`]", ALL))


def test_the_bits_of_the_status_are_told_as_they_are():
    bits = sea.CHAT_WAITS, sea.SHIP_IN_SIGHT, sea.TREASURE_IN_REACH, sea.UNDER_WATER, sea.PAUSED, sea.EYES_UP
    words = "chat", "ship is in sight", "treasure is in reach", "under water", "paused", "eyes up"
    rows = tables(README, "bit", "meaning")
    assert [int(bit) for bit, _ in rows] == [*bits]
    assert all(word in meaning for word, (_, meaning) in zip(words, rows))


def test_all_errors_are_told_as_they_are():
    told = {(int(status), word.strip("`")) for status, word, _ in tables(HANDBOOK, "status", "`error`")}
    there_are = {(status, word) for word, status in STATUS.items()}
    assert told == {*there_are, (HeadersTooLong.status, HeadersTooLong.word)}
    assert set(re.findall(r"the error `([a-z-]+)`", prose(ALL))) <= STATUS.keys()


def test_the_limits_are_told_as_they_are():
    limits = Limits()
    paces = [limits.requests, limits.chat.own, limits.strangers, limits.joins]
    paces += [limits.ids.wrong, limits.words.wrong, limits.chat.shared, limits.keys]
    rows = tables(TEXTS["SECURITY.md"], "what", "how often")
    assert len(rows) == len(paces)
    for pace, (what, told, _) in zip(paces, rows):
        rate, span, burst = re.fullmatch(r"(\d+) a (second|minute), (\d+) at once", told).groups()
        waits = [pace.wait("ada", now=0) for _ in range(int(burst) + 1)]
        assert not any(waits[:-1]), what
        assert waits[-1] == pytest.approx({"second": 1, "minute": 60}[span] / int(rate), rel=0.02), what
    joins, strangers = rows[3][1], rows[2][1]
    assert f"{joins.split()[0]} joins a minute, or {joins.split()[3]} at once" in LESSONS
    assert f"{strangers.split()[0]} requests a second without an id" in LESSONS


def test_every_file_that_is_named_exists():
    own = set(re.findall(r"Save\s+this as `([\w.]+)`", ALL)) | {"requests.py"}  # what readers make themselves
    for name, text in TEXTS.items():
        for file in re.findall(r"`([\w./-]+\.(?:py|ini|yml|toml|md|service|css|js|tpl|png|nft))`", prose(text)):
            assert file in own or (ROOT / file).exists() or (ROOT / name).with_name(file).exists(), (name, file)


def test_the_handbook_tells_how_to_use_each_file_of_deploy():
    copied = set(re.findall(r"^sudo cp deploy/(\S+) /etc/", HANDBOOK + DISTRICT, re.MULTILINE))
    assert copied == {file.name for file in (ROOT / "deploy").iterdir()} - {
        "Containerfile",
        "kubernetes",
        "mocean@.socket",  # which `make install` copies
    }


@pytest.mark.parametrize("room", ["game", "web", "server"])
def test_each_room_lists_what_is_in_it(room):
    listed = re.findall(r"^ *(\w+\.py) ", (ROOT / room / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted({file.name for file in (ROOT / room).glob("*.py")} - {"__init__.py"})


def test_every_make_target_is_told():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = [*shell_lines(ALL), *re.findall("`([^`]+)`", prose(ALL))]
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
            assert re.fullmatch(r"https?://[\w-]+(\.[\w-]+)+(/.*)?", target), target
            continue
        file = (ROOT / name).parent / url.path if url.path else ROOT / name
        assert file.is_file(), target
        assert not url.fragment or url.fragment in anchors(file.read_text(encoding="utf-8")), target


def test_the_handbook_tells_of_the_unit_as_it_is():
    unit = (ROOT / "mocean.service").read_text(encoding="utf-8")
    table = HANDBOOK.partition("## 10. ")[2].partition("## 11. ")[0]
    lines = [line for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for line in re.findall("`(.*?)`", row)]
    assert len(lines) > 15
    for line in lines:
        assert re.search("^" + re.escape(line).replace(r"\.\.\.", ".*"), unit, re.MULTILINE), line
