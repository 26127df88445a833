"""Somebody rents a machine and follows docs/admin.md: every command in it is typed as it is printed, and must succeed.

It is one story, on one computer: a box with a network of its own, in which the ports are free that the handbook names.
The *reader* is an ordinary user, who may use sudo. In the order of the text, the reader types each line of the blocks
`sh`, and each command in running text and tables that no block has, and writes each block `ini` into its file.

What can't be as it is printed is in the tables of the first part, and only there.
"""

import json
import os
import re
import shutil
import subprocess
from urllib.parse import urlencode

import pexpect
import pytest

from tests.box import Box, what_is_missing
from tests.conftest import ROOT, wait_until
from tests.documents import BLOCK, sections

MISSING = what_is_missing()
if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd and take minutes; as root: CI=true make test", allow_module_level=True)
elif MISSING:
    pytest.fail(f"the handbook can't be followed under systemd: {MISSING}", pytrace=False)

HANDBOOK = (ROOT / "docs/admin.md").read_text(encoding="utf-8")
REPOSITORY = f"{Box.CODE}/repository"
NAME = "ocean.localhost"  # which curl finds by itself, and Caddy certifies by itself

# ---- What is not as it is printed ----

# What the reader has to replace.
REPLACED = {
    "ADDRESS-OF-THIS-REPOSITORY": REPOSITORY,
    "YOUR-NAME": NAME,
    "COPY=FILE": "COPY=copy.sqlite3",
    "MOCEAN_LOGBOOK=FILE": "MOCEAN_LOGBOOK=copy.sqlite3",
    "sqlite3 FILE": "sqlite3 copy.sqlite3",
}

# Commands that the text talks about, but doesn't ask anybody to type.
ONLY_NAMED = {"make install", "systemctl edit", "systemctl start"}

# What goes on until Ctrl-C, and what it prints before.
ENDLESS = {
    r"^journalctl .*-f\b": "mocean",
    r"\bmake run$": "Mocean is open",
    r"\buwsgi ": "spawned uWSGI worker",
    r"^python mocean.py$": "Listening on",
}
BY_HAND = r"\bmake run$|\buwsgi |^python mocean.py$"  # these need the port of the service

# Sections for those who have not done what the others say. They come last, after "Uninstall".
OTHER_WAYS = ["With conda"]

# Programs and settings in place of a network. Debian's own packages are there already, see .ci/run.
STAND_INS = {
    # Whatever is to be installed must exist.
    "/etc/apt/apt.conf.d/99-no-network": 'APT::Get::Simulate "true";\nAcquire::Retries "0";\n',
    # The packages of Python are in a folder.
    "/etc/pip.conf": f"[global]\nno-index = true\nfind-links = {Box.CODE}/wheels\n",
    # certbot proves by a page at port 80 that the name is ours. Then there is a certificate, here one of our own.
    "/usr/local/bin/certbot": """#!/bin/sh -e
        [ "$1 $2 $3 $5" = "certonly --webroot -w -d" ]
        mkdir -p "$4/.well-known/acme-challenge" "/etc/letsencrypt/live/$6"
        echo "it is ours" > "$4/.well-known/acme-challenge/proof"
        curl -sf "http://$6/.well-known/acme-challenge/proof"
        cd "/etc/letsencrypt/live/$6"
        openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$6" -keyout privkey.pem -out fullchain.pem
        """,
    # conda has what pip has. It is where it puts itself, and `conda init` has added it to the shell.
    "/home/reader/miniconda3/bin/conda": """#!/bin/sh -e
        [ "$1 $2" = "env create" ]
        folder=$(dirname "$0")/../envs/mocean-env
        [ "$3" = --prefix ] && folder=$4 && shift 2
        [ "$3 $4" = "-f environment.yml" ]
        python3 -m venv "$folder"
        "$folder/bin/pip" install bottle pyuwsgi requests badwords-py
        """,
    "/home/reader/.bash_profile": """
        PS1='[$?]> '
        export SYSTEMD_COLORS=0 CONDA_EXE=~/miniconda3/bin/conda
        conda() {
            [ "$1" != activate ] || . ~/"miniconda3/envs/$2/bin/activate"
            [ "$1" = activate ] || "$CONDA_EXE" "$@"
        }
        """,
    "/home/reader/.inputrc": "set enable-bracketed-paste off\n",
}

# ---- What is done before a line in which a pattern is found, and what must be so after it ----

BEFORE, AFTER = {}, {}


def before(pattern):
    return lambda action: BEFORE.setdefault(pattern, action)


def after(pattern):
    return lambda action: AFTER.setdefault(pattern, action)


@after("^sudo make install")
def the_newest_version_answers(reader):
    assert re.search(r"mocean\.service: .*\d ships? sailing", reader.seen)
    version = re.search('VERSION = "(.*)"', reader.box.run("cat", "/home/reader/mocean/mocean.py").stdout)[1]
    assert reader.ask("status")["version"].startswith(version)


@after("^sudo systemctl restart mocean$")
def the_club_word_is_asked_for(reader):
    assert reader.box.run("stat", "--format=%a", "/etc/mocean.env").stdout == "600\n"
    assert reader.ask("join", name="ada")["error"] == "wrong-word"
    reader.id = reader.ask("join", name="ada", word="plank")["id"]


@after("^systemctl status mocean$")
def it_shows_how_the_game_is_and_the_log(reader):
    assert re.search(r'Status: "\d ships? sailing, 0 asleep, ', reader.seen)
    assert "Mocean is open" in reader.seen


@after("^journalctl -u mocean$")
def the_log_tells_of_requests_that_failed(reader):
    assert "GET /join 403 wrong-word" in reader.seen


@before('grep " 5')
def the_server_gets_something_wrong(reader):
    reader.type("curl -s -H 'Sec-Purpose: prefetch' localhost:8080/who")


@after('grep " 5')
def only_that_is_found(reader):
    assert re.fullmatch(r".*GET /who 503 prefetch\s*", reader.seen)


@after(r"server\.harbour say ")
def everybody_hears_it(reader):
    assert "Please come back to shore!" in reader.ask("popchat", id=reader.id)["message"]


@before("^git pull$")
def somebody_publishes_a_new_version(reader):
    reader.type(
        f"cd {REPOSITORY} && sed -i 's/^VERSION = \"/&99./' mocean.py && git commit -qam 'Better' && cd ~/mocean"
    )


@before("apt install nginx")
def the_reader_has_chosen_nginx(reader):
    reader.type("sudo systemctl stop caddy")


@after("apt install (?P<server>nginx|caddy)")
def debian_starts_what_it_installs(reader, server):
    reader.type(f"sudo systemctl start {server}")


@after("systemctl restart (caddy|nginx) mocean")
def the_proxy_speaks_https(reader):
    wait_until(lambda: reader.ask("status", server=f"https://{NAME}"))
    assert reader.ask("join", server=f"https://{NAME}", name="ada", id=reader.id)["ok"]


@before("^sudo systemctl enable --now mocean@reds")
def the_other_clubs_have_settings_too(reader):
    for club, port in (("blues", 8082), ("greens", 8083)):
        reader.type(f"sed s/8081/{port}/ /etc/mocean@reds.env | sudo tee /etc/mocean@{club}.env")


@after("^sudo systemctl enable --now mocean@reds")
def each_club_has_an_ocean(reader):
    for port in (8081, 8082, 8083):
        assert reader.ask("join", f"http://localhost:{port}", name="bob", word="plank")["ok"]


@after("^sudo systemctl enable --now mocean$")
def the_program_of_conda_answers(reader):
    assert reader.ask("status", "http://localhost:8081")["ok"]


# ---- The reader ----


DOWN, ENTER, SAVE, LEAVE = "\x1b[B", "\r", "\x13", "\x18"  # keys; the last two are nano's: Ctrl-S, Ctrl-X
PROMPT = r"\[(\d+)\]> "  # with the exit status of the last line


class Reader:
    """An ordinary user at a terminal of a computer in a box."""

    def __init__(self, box):
        self.box = box

    def log_in(self):
        """Open a terminal of so many lines that nothing needs to be paged."""
        program, *words = self.box.inside("su", "--login", "reader")
        self.terminal = pexpect.spawn(program, words, encoding="utf-8", dimensions=(2000, 200), timeout=120)
        self.wait()

    def log_out(self):
        self.terminal.sendeof()
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()

    def wait(self):
        """Wait for the prompt. Returns the exit status."""
        self.terminal.expect(PROMPT)
        return int(self.terminal.match[1])

    def type(self, line):
        """Type a line. It must succeed, or go on until Ctrl-C."""
        sign = next((sign for pattern, sign in ENDLESS.items() if re.search(pattern, without_comment(line))), None)
        self.terminal.sendline(line)
        self.terminal.expect("\n")  # the line itself
        if sign:
            self.terminal.expect([sign, PROMPT])
            assert self.terminal.after == sign, f"{line}\n{self.terminal.before}"
            self.terminal.sendintr()
        status = self.wait()
        self.seen = self.terminal.before
        assert not status or sign, f"{line}\n{self.seen}"

    def ask(self, route, server="http://localhost:8080", **keys):
        """What a server of this computer says."""
        url = f"{server}/{route}?{urlencode({**keys, 'format': 'json'})}"
        reply = self.box.run("curl", "--silent", "--insecure", url).stdout
        return json.loads(reply) if reply else {}

    def follow(self, section):
        """Do what a section says."""
        self.log_in()
        if "cd mocean" not in section:
            self.type("cd mocean")
        for kind, text in steps(section):
            if kind == "ini":
                self.write(text)
            elif "systemctl edit" in text:
                self.terminal.sendline(text)
                self.terminal.expect("Exit")
            else:
                self.do(text)
        self.log_out()

    def do(self, line):
        """Type a line, and see that what is promised for it is so."""
        command = without_comment(line)
        by_hand = re.search(BY_HAND, command)
        if by_hand:
            self.type("sudo systemctl stop mocean")
        self.promises(BEFORE, command)
        self.type(line)
        print(f"$ {line}\n{self.seen}")
        self.promises(AFTER, command)
        if by_hand:
            self.type("sudo systemctl start mocean")

    def promises(self, table, line):
        for pattern, action in table.items():
            if found := re.search(pattern, line):
                action(self, **found.groupdict())

    def write(self, text):
        """Write settings: into the editor that is open or, changing what is there, into the file that they name."""
        if text.startswith("["):
            self.terminal.send(DOWN * 2 + text.replace("\n", ENTER) + SAVE + LEAVE)
            assert not self.wait()
            assert text in self.box.run("systemctl", "cat", "mocean").stdout
            return
        file = re.match("# (/etc/.*)\n", text)[1]
        settings = {
            line.partition("=")[0]: line for line in [*self.box.run("cat", file).stdout.split(), *text.split("\n")]
        }
        self.box.write(file, "\n".join(settings.values()))


# ---- The handbook ----


def title(section):
    """Its heading, without the number."""
    return re.match(r"#* *(?:\d+\. )?(.*)", section.lstrip())[1]


def steps(section):
    """What the reader has to do, in order: ("sh", a command) or ("ini", lines of a file)."""
    found = []
    for step in re.finditer(rf"{BLOCK.pattern}|`([^`]+)`", section, re.DOTALL | re.MULTILINE):
        language, block, words = step.groups()
        if language == "sh":
            found += [("sh", replaced(line.strip())) for line in block.splitlines()]
        elif language == "ini":
            found.append(("ini", replaced(block)))
        elif words and is_command(words) and words not in ONLY_NAMED | IN_BLOCKS:
            found.append(("sh", replaced(words)))
    return found


def is_command(words):
    program = re.match(r"(?:\w+=\S+ )*(\S+) ", words)
    return bool(program) and (program[1] in ("conda", "uwsgi", "python") or bool(shutil.which(program[1])))


def replaced(text):
    for word, replacement in REPLACED.items():
        text = text.replace(word, replacement)
    return text


def without_comment(line):
    return line.partition(" #")[0].strip()


IN_BLOCKS = {
    without_comment(line) for kind, code in BLOCK.findall(HANDBOOK) for line in code.splitlines() if kind == "sh"
}
STORY = sorted(filter(steps, sections(HANDBOOK)), key=lambda section: title(section) in OTHER_WAYS)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    shutil.copytree(ROOT, folder / "repository", ignore=shutil.ignore_patterns(".git", ".venv"))
    get_wheels(folder)
    folder.chmod(0o755)
    with Box(folder, own_network=True) as box:
        box.run("rm", "-rf", "/root/.config", "/root/.pip")  # what this computer's root has chosen
        box.run("useradd", "--create-home", "--shell", "/bin/bash", "reader", check=True)
        box.write("/etc/sudoers.d/reader", "reader ALL=(ALL) NOPASSWD: ALL")
        for file, text in STAND_INS.items():
            box.write(file, text)
            box.run("chmod", "755", file)
        box.run("chown", "-R", "reader", "/home/reader", REPOSITORY, check=True)
        reader = Reader(box)
        reader.log_in()
        reader.type("git config --global user.name Ada; git config --global user.email ada@example.org")
        reader.type(f"cd {REPOSITORY} && git init --quiet && git add . && git commit --quiet --message 'The program'")
        reader.log_out()
        yield reader


def get_wheels(folder):
    """Fetch the Python packages that have to be installed, for the Python that root has in the box."""
    secure_path = {**os.environ, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    pip = folder / "env/bin/pip"
    for command in (
        ["python3", "-m", "venv", folder / "env"],
        [pip, "install", "--quiet", "pip>=25.1"],
        [pip, "download", "--quiet", "--dest", folder / "wheels", "pip>=25.1", "--group", f"{ROOT}/pyproject.toml:run"],
    ):
        subprocess.run(command, env=secure_path, check=True)


@pytest.mark.parametrize("section", STORY, ids=title)
def test_every_command_succeeds(reader, section):
    reader.follow(section)


def test_the_tables_name_what_is_printed():
    lines = [without_comment(text) for section in STORY for kind, text in steps(section) if kind == "sh"]
    for pattern in [*BEFORE, *AFTER, *ENDLESS]:
        assert any(re.search(pattern, line) for line in lines), pattern
    for words in [*ONLY_NAMED, *REPLACED, *OTHER_WAYS]:
        assert words in HANDBOOK, words
