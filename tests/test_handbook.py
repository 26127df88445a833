"""Somebody rents a machine and follows docs/admin.md: every command in it is typed as it is printed, and must succeed.
Then many clubs come, and docs/district.md is followed.

It is one story, on one computer: a box with a network of its own, in which the ports are free that the text names. The
*reader* is an ordinary user, who may use sudo. In the order of the text, the reader types each line of the blocks `sh`,
and each command in running text and tables that no block has, and writes each block `ini` into its file.

The README's way to a server of one's own is part of the story. What can't be as it is printed is in the tables below.
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

HANDBOOK, README, DISTRICT = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("docs/admin.md", "README.md", "docs/district.md")
)
REPOSITORY = f"{Box.CODE}/repository"
NAME = "ocean.localhost"  # of the server: curl finds it, and Caddy certifies it, without a network

# ---- What is not as it is printed ----

REPLACED = {
    "ADDRESS-OF-THIS-REPOSITORY": REPOSITORY,
    "YOUR-NAME": NAME,
    "YOUR-DOMAIN": NAME,
    "sqlite3 FILE": "sqlite3 $(ls backups/* | tail -1)",
}
NOT_TYPED = {
    "git clone": "it is named; the handbook types it",
    "make install": "it is named; sudo is typed before it",
    "systemctl edit": "it is named; sudo is typed before it",
    "systemctl start": "it is named; sudo is typed before it",
    "make test": "it runs this",
    "make image IMAGE=registry.example.org/mocean:0.4.0": "test_container.py does",
    "python -m bench.district": "it takes half an hour",
    "python -m server.fetch": "for Windows",
    ".venv/bin/python -m pip install zeroconf": "it asks PyPI",
    "crontab -e": "for the other machine, which isn't there",
    "ssh -L": "for the other machine, which isn't there",
}
# These go on until Ctrl-C, and print this before.
SERVERS = {
    r"\bmake .*run\b": "Mocean is open",
    r"^uwsgi |server\.launch": "spawned uWSGI http",
    r"^python mocean.py$": "Listening on",
}
ENDLESS = {**SERVERS, r"journalctl .*-f$": "mocean", r"^make play$": "begin> "}
EDITORS = r"^sudo (nano|systemctl edit) "  # the next block `ini` is typed there
# Who does what this section says hasn't done what the others say: it comes last, after "Uninstall".
OTHER_WAY = "With conda"

# In place of a network. Debian's packages are there already: see .ci/run.
STAND_INS = {
    # What is to be installed must exist.
    "/etc/apt/apt.conf.d/99-no-network": 'APT::Get::Simulate "true";\nAcquire::Retries "0";\n',
    "/etc/pip.conf": f"[global]\nno-index = true\nfind-links = {Box.CODE}/wheels\n",
    # certbot proves by a page at port 80 that the name is ours. Then it has a certificate: here, one of our own.
    "/usr/local/bin/certbot": """#!/bin/sh -e
        [ "$1 $2 $3 $5" = "certonly --webroot -w -d" ]
        mkdir -p "$4/.well-known/acme-challenge" "/etc/letsencrypt/live/$6"
        echo "it is ours" > "$4/.well-known/acme-challenge/proof"
        curl -sf "http://$6/.well-known/acme-challenge/proof"
        cd "/etc/letsencrypt/live/$6"
        openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$6" -keyout privkey.pem -out fullchain.pem
        """,
    # npm brings two packages, of which nobody reads the files here.
    "/usr/local/bin/npm": """#!/bin/sh -e
        [ "$1" = ci ]
        for package in pyodide ace-builds; do
            mkdir -p node_modules/$package
            echo '{"version": "1.2.3"}' > node_modules/$package/package.json
        done
        """,
    # conda lies where it puts itself, and its `conda init` has changed the shell. Here it installs what pip has.
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
        export SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat CONDA_EXE=~/miniconda3/bin/conda
        conda() {
            if [ "$1" = activate ]; then . ~/miniconda3/envs/"$2"/bin/activate; else "$CONDA_EXE" "$@"; fi
        }
        """,
    "/home/reader/.inputrc": "set enable-bracketed-paste off\n",
}

# ---- What a text tells its reader to do ----


def title(section):
    """Its heading, without the number."""
    return re.match(r"#* *(?:\d+\. )?(.*)", section.lstrip())[1]


def steps(section):
    """The steps in their order, each as (how it is printed: "sh", "ini" or "" for running text; what)."""
    found = []
    for step in re.finditer(rf"{BLOCK.pattern}|`([^`]+)`", section, re.DOTALL | re.MULTILINE):
        language, block, words = step.groups()
        if language == "sh":
            found += [("sh", line.strip()) for line in block.splitlines()]
        elif language == "ini":
            found.append(("ini", block))
        elif words and is_command(words):
            found.append(("", " ".join(words.split())))
    return [step for step in found if bare(step[1]) not in NOT_TYPED]


def is_command(words):
    program = re.match(r"(?:\w+=\S+ )*(\S+) ", words)
    return bool(program) and (program[1] in ("conda", "python", "uwsgi") or bool(shutil.which(program[1])))


def bare(line):
    """A line of shell without its comment."""
    return line.partition(" #")[0].strip()


OWN_SERVER = next(section for section in sections(README) if title(section) == "Run your own server")
FIRST, *OTHERS, LAST = (section for section in sections(HANDBOOK) if section.startswith("##") and steps(section))
NEEDS_A_CLUSTER = "Kubernetes"
CLUBS = [
    section
    for section in sections(DISTRICT)
    if section.startswith("##") and steps(section) and title(section) != NEEDS_A_CLUSTER
]
STORY = sorted([FIRST, OWN_SERVER, *OTHERS, *CLUBS, LAST], key=lambda section: title(section) == OTHER_WAY)
IN_BLOCKS = {bare(what) for section in STORY for how, what in steps(section) if how == "sh"}

# ---- The reader ----

DOWN, ENTER, SAVE, LEAVE = "\x1b[B", "\r", "\x13", "\x18"  # keys; the last two are nano's: Ctrl-S, Ctrl-X
PROMPT = r"\[(\d+)\]> "  # with the exit status of the last line


class Reader:
    """An ordinary user at a terminal of a computer in a box."""

    def __init__(self, box):
        self.box, self.editing = box, ""

    def log_in(self):
        """Open a terminal with so many lines that nothing has to be paged."""
        program, *words = self.box.command("su", "--login", "reader")
        self.terminal = pexpect.spawn(program, words, encoding="utf-8", dimensions=(2000, 200), timeout=300)
        self.wait()

    def log_out(self):
        self.terminal.sendeof()
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()

    def wait(self):
        """Wait for the prompt. What was printed before is `seen`. Returns the exit status."""
        self.terminal.expect(PROMPT)
        self.seen = self.terminal.before
        return int(self.terminal.match[1])

    def follow(self, section):
        """Do what a section says."""
        self.log_in()
        if ("sh", "cd mocean") not in steps(section):
            self.type("cd mocean")
        for how, what in steps(section):
            for word, replacement in REPLACED.items():
                what = what.replace(word, replacement)
            if how == "ini":
                self.write(what)
            elif re.search(EDITORS, what):
                self.open_editor(what)
            elif how == "sh" or what not in IN_BLOCKS:
                self.do(what)
        self.log_out()

    def do(self, line):
        """Type a line, with what is told below about this line."""
        is_server = any(re.search(pattern, line) for pattern in SERVERS)
        if is_server:
            self.box.run("systemctl", "stop", "mocean")  # which has the port
        self.meet(BEFORE, line)
        self.type(line)
        self.meet(AFTER, line)
        if is_server:
            self.box.run("systemctl", "start", "mocean")

    def meet(self, promises, line):
        for pattern, action in promises.items():
            if found := re.search(pattern, bare(line)):
                action(self, **found.groupdict())

    def type(self, line):
        """Type a line. It must succeed, or go on until Ctrl-C."""
        self.terminal.sendline(line)
        self.terminal.expect("\n")  # the line itself
        sign = next((sign for pattern, sign in ENDLESS.items() if re.search(pattern, bare(line))), None)
        if sign:
            goes_on = self.terminal.expect([PROMPT, re.escape(sign)])
            assert goes_on, f"{line}\n{self.terminal.before}"
            port = re.search(r"PORT=(\d+)|$", line)[1] or 8080
            wait_until(lambda: self.ask("status", f"http://localhost:{port}"))
            self.terminal.sendintr()
        status = self.wait()
        print(f"$ {line}\n{self.seen}")
        assert not status or sign, f"{line}\n{self.seen}"

    def open_editor(self, line):
        """Type a line that opens an editor."""
        self.editing = line
        self.terminal.sendline(line)
        self.terminal.expect("Exit")  # the last word of its help

    def write(self, text):
        """Write settings: into the editor that is open, or into the file that they name, where they change others."""
        if self.editing:
            self.terminal.send(DOWN * 2 + text.replace("\n", ENTER) + SAVE + LEAVE)
            assert not self.wait(), self.seen
            self.meet(AFTER, self.editing)
            self.editing = ""
        else:
            file = re.match("# (/etc/.*)\n", text)[1]
            lines = self.box.run("cat", file).stdout.splitlines() + text.splitlines()
            self.box.write(file, "\n".join({line.partition("=")[0]: line for line in lines}.values()))

    def ask(self, route, at="http://localhost:8080", **keys):
        """What a server on this computer says."""
        url = f"{at}/{route}?{urlencode({**keys, 'format': 'json'})}"
        reply = self.box.run("curl", "--silent", "--insecure", url).stdout
        return json.loads(reply) if reply else {}


# ---- What happens before a line in which a pattern is found, and what is so after it ----

BEFORE, AFTER = {}, {}


def before(pattern):
    return lambda action: BEFORE.setdefault(pattern, action)


def after(pattern):
    return lambda action: AFTER.setdefault(pattern, action)


@before("^make play$")
def somebody_has_started_a_server(reader):
    where = ("--uid=reader", "--working-directory=/home/reader/mocean")
    reader.box.run("systemd-run", "--unit=terminal", *where, "make", "run", check=True)
    wait_until(lambda: reader.ask("status"))


@after("^make play$")
def somebody_stops_it(reader):
    reader.box.run("systemctl", "stop", "terminal", check=True)


@after("^sudo make install(?!.*CANARY)")
def the_newest_version_answers(reader):
    assert re.search(r"mocean: .*\d ships? sailing", reader.seen)
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


@after("journalctl -u mocean$")
def the_log_tells_of_requests_that_failed(reader):
    assert "GET /join 403 wrong-word" in reader.seen


@before(r'grep ".*5\.\. ')
def the_server_refuses_for_reasons_of_its_own(reader):
    reader.type("curl -s -H 'Sec-Purpose: prefetch' localhost:8080/who")


@after(r'grep ".*5\.\. ')
def only_that_is_found(reader):
    assert re.fullmatch(r".*GET /who 503 prefetch\s*", reader.seen)


@before("--club reds mute ada$")
def reds_play_already(reader):
    reader.type("sudo sed s/8080/8081/ /etc/mocean.env | sudo tee /etc/mocean@reds.env")
    reader.type("sudo systemctl start mocean@reds")
    assert reader.ask("join", "http://localhost:8081", name="ada", word="plank")["ok"]


@after("--club reds mute ada$")
def they_stop_again(reader):
    reader.type("sudo systemctl stop mocean@reds")


@after(r"server\.harbour say ")
def everybody_hears_it(reader):
    assert "Please come back to shore!" in reader.ask("popchat", id=reader.id)["message"]


@after("^sudo systemctl edit ")
def systemd_has_read_the_change(reader):
    assert reader.box.run("systemctl", "show", "--property=MemoryMax", "mocean").stdout == "MemoryMax=134217728\n"


@before("chmod 755 /etc/mocean-failed$")
def the_reader_has_made_a_program(reader):
    reader.box.write("/etc/mocean-failed", '#!/bin/sh\n(echo "$1"; cat) > /root/message\n')


@after("start mocean-failed@mocean$")
def the_message_has_arrived(reader):
    assert re.match("mocean\n.*Started mocean", reader.box.run("cat", "/root/message").stdout, re.DOTALL)


@before("make restore .*COPY=(?P<copy>.*)")
def there_is_such_a_copy(reader, copy):
    reader.ask("heading", id=reader.id, degrees=11)
    reader.type(f"sudo make backup CLUB=mocean COPY=/var/lib/mocean/backups/{copy}")
    reader.ask("heading", id=reader.id, degrees=22)


@after("make restore .*COPY=")
def all_is_as_it_was(reader):
    assert reader.ask("location", id=reader.id)["heading"] == 11


@after("^sudo make rollback$")
def the_version_before_answers(reader):
    assert "99." not in reader.ask("status")["version"]
    assert reader.ask("location", id=reader.id)["ok"]


@before("^git pull$")
def somebody_publishes_a_new_version(reader):
    reader.type(f"""sed -i 's/^VERSION = "/&99./' {REPOSITORY}/mocean.py && git -C {REPOSITORY} commit -qam 'Better'""")


@before("apt install (?P<server>nginx|caddy)")
def the_reader_has_chosen_one(reader, server):
    reader.type(f"sudo systemctl stop {'caddy' if server == 'nginx' else 'nginx'}")


@after("apt install (?P<server>nginx|caddy)")
def debian_starts_what_it_installs(reader, server):
    reader.type(f"sudo systemctl start {server}")


@after("systemctl restart (caddy|nginx) mocean")
def the_proxy_speaks_https(reader):
    wait_until(lambda: reader.ask("status", f"https://{NAME}"))
    assert reader.ask("location", f"https://{NAME}", id=reader.id)["ok"]


@before("^sudo systemctl enable --now mocean@reds")
def the_other_clubs_have_settings_too(reader):
    for club, port in (("blues", 8082), ("greens", 8083)):
        reader.type(f"sed s/8081/{port}/ /etc/mocean@reds.env | sudo tee /etc/mocean@{club}.env")


@after("^sudo systemctl enable --now mocean@reds")
def each_club_has_an_ocean(reader):
    for port in (8081, 8082, 8083):
        assert reader.ask("join", f"http://localhost:{port}", name="bob", word="plank")["ok"]


@before("^sudo make club NAME=reds")
def the_clubs_with_ports_have_gone(reader):
    reader.type("sudo systemctl disable --now mocean@reds mocean@blues mocean@greens")
    reader.type("sudo sh -c 'rm -r /etc/mocean@*.env /var/lib/private/mocean@*'")


@after("systemctl restart (nginx|caddy)$")
def who_asks_for_no_club_is_told_so(reader):
    url = f"https://{NAME}/greens/who"
    said = "There is no club at this address"
    wait_until(lambda: said in reader.box.run("curl", "--silent", "--insecure", url).stdout)


@after("^sudo make club NAME=reds")
def a_club_is_there_at_once(reader):
    word = re.search(r"club word +(\S+)", reader.seen)[1]
    assert reader.ask("join", f"https://reds.{NAME}", name="ada", word=word)["ok"]


@before("^sudo make restore CLUB=reds$")
def there_is_a_copy(reader):
    reader.type("sudo make backup CLUB=reds")


@before("CANARY=seals")
def the_canary_is_awake(reader):
    assert reader.ask("status", f"https://seals.{NAME}")["ok"]


@after("make (rollback|resume) CLUB=seals")
def the_canary_sails_on(reader):
    assert reader.ask("status", f"https://seals.{NAME}")["ok"]


@after("^sudo systemctl enable --now mocean$")
def the_program_of_conda_answers(reader):
    assert reader.ask("status", "http://localhost:8081")["ok"]


# ---- The story ----


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    folder.chmod(0o755)
    shutil.copytree(ROOT, folder / "repository", ignore=shutil.ignore_patterns(".git", ".venv", "*.sock"))
    # For the Python that root has in the box.
    root = {**os.environ, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    subprocess.run(["make", "wheels", f"WHEELS={folder}/wheels"], cwd=folder / "repository", env=root, check=True)
    for wheel in (ROOT / "web/fetched").glob("*.whl"):  # for the page /python
        shutil.copy(wheel, folder / "wheels")
    with Box(folder, own_network=True) as box:
        box.run("rm", "-rf", "/root/.config", "/root/.pip")  # what root has chosen on this computer
        box.run("useradd", "--create-home", "--shell", "/bin/bash", "reader", check=True)
        box.write("/etc/sudoers.d/reader", "reader ALL=(ALL) NOPASSWD: ALL")
        for file, text in STAND_INS.items():
            box.write(file, text)
            box.run("chmod", "755", file, check=True)
        box.run("chown", "-R", "reader", "/home/reader", REPOSITORY, check=True)
        reader = Reader(box)
        reader.log_in()
        reader.type("git config --global user.name Reader; git config --global user.email reader@example.org")
        reader.type(f"cd {REPOSITORY} && git init --quiet && git add . && git commit --quiet --message 'The program'")
        reader.log_out()
        yield reader


@pytest.mark.parametrize("section", STORY, ids=title)
def test_every_command_succeeds(reader, section):
    reader.follow(section)


def test_all_that_is_told_of_lines_fits_one():
    lines = [bare(what) for section in STORY for how, what in steps(section) if how != "ini"]
    for pattern in [*BEFORE, *AFTER, *ENDLESS]:
        assert any(re.search(pattern, line) for line in lines), pattern
    for words in [*NOT_TYPED, *REPLACED, OTHER_WAY]:
        assert words in HANDBOOK + README + DISTRICT, words
