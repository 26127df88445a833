"""The launch: what can't work is a sentence before uWSGI runs, and what can becomes the server."""

import os
import socket
import subprocess
import sys

import pytest
import requests

from tests.conftest import ROOT, Server, free_port, wait_until

LAUNCH = (sys.executable, "-m", "server.launch")


def launch(*words, python=sys.executable, cwd=ROOT, **environment):
    """What the launch says that refuses to start, with these settings."""
    command = [python, "-m", "server.launch", *words]
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), **environment}
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=30)
    assert (result.returncode, result.stdout) == (78, ""), result.stderr
    return result.stderr


# ---- What is refused ----


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "The setting PORT is a number from 1 to 65535, like 8080. It can't be “eighty”."),
        ("MOCEAN_WROD", "plank", "MOCEAN_WROD is no setting. Did you mean MOCEAN_WORD?"),
        (
            "MOCEAN_LANGUAGES",
            "xx",
            "The setting MOCEAN_LANGUAGES is one or more codes of languages, like en,de. It can't",
        ),
        ("HOST", "192.0.2.1", "of 192.0.2.1 can't be used: [Errno 99] Cannot assign requested address."),
    ],
)
def test_a_setting_that_can_not_be_used_is_one_sentence(name, value, sentence):
    refusal = launch(**{name: value})
    assert sentence in refusal
    assert len(refusal.splitlines()) == 1


@pytest.mark.parametrize("taken", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_a_sentence(taken):
    with socket.create_server((taken, 0)) as other:
        port = other.getsockname()[1]
        assert launch(PORT=str(port)).startswith(f"Port {port} of 127.0.0.1 can't be used: ")


def test_a_service_has_the_settings_of_its_file_and_they_win(tmp_path):
    """systemd has put a copy of it into the folder that only the service can look into."""
    copy = tmp_path / "settings.env"
    copy.write_text("HOST=127.0.0.1\nPORT=eighty\n")
    assert "It can't be “eighty”." in launch("mocean", RUNTIME_DIRECTORY=str(tmp_path))
    copy.write_text("HOST=127.0.0.1\nexport MOCEAN_WORD=plank\n")
    refusal = launch("mocean@reds", RUNTIME_DIRECTORY=str(tmp_path))
    assert refusal == "/etc/mocean@reds.env, line 2: Leave out the word export. Write only NAME=VALUE.\n"
    port = free_port()
    copy.write_text(f"PORT={port}\nMOCEAN_WORD='plank'\nHOST=\n")
    server = Server(*LAUNCH, "mocean@reds", RUNTIME_DIRECTORY=str(tmp_path), MOCEAN_LIMITS="off", MOCEAN_WORD="shark")
    server.port, server.url = port, f"http://127.0.0.1:{port}/"
    server.start(tmp_path / "log")
    try:
        assert server.json("join", name="ada", word="shark")["error"] == "wrong-word"
        assert server.json("join", name="ada", word="plank")["ok"]
    finally:
        server.kill()


def test_a_club_without_a_file_is_refused(tmp_path):
    refusal = launch("mocean@nobody", RUNTIME_DIRECTORY=str(tmp_path))
    assert refusal.startswith("There is no /etc/mocean@nobody.env. Write the settings of this club into it")


@pytest.mark.skipif(os.path.exists("/etc/mocean.env"), reason="this computer has a service with settings")
def test_the_nameless_service_needs_no_file(tmp_path):
    server = Server(*LAUNCH, "mocean", RUNTIME_DIRECTORY=str(tmp_path)).start(tmp_path / "log")
    server.kill()


def test_a_mistake_in_the_game_is_not_tried_again(copy_of_code):
    """The launch comes across it where it looks up languages. Otherwise uWSGI does, and says the same."""
    (copy_of_code / "game/moderation.py").write_text("def (")
    environment = {**os.environ, "PORT": str(free_port()), "MOCEAN_LANGUAGES": "en"}
    result = subprocess.run(LAUNCH, cwd=copy_of_code, env=environment, capture_output=True, text=True, timeout=30)
    assert result.returncode == 22
    assert "SyntaxError" in result.stderr


# ---- An environment for another Python ----


@pytest.fixture
def old_environment(copy_of_code):
    """The program, and what `make run` had made for it before Python was upgraded. Returns the Python in there."""
    folder = copy_of_code / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    notes = folder / "pyvenv.cfg"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"version = {version}." in notes.read_text()
    notes.write_text(notes.read_text().replace(f"version = {version}.", "version = 3.9."))
    for made in ("bin/pip", "bin/uwsgi", "run"):
        (folder / made).touch(mode=0o755)
    return folder / "bin/python"


@pytest.mark.parametrize(("words", "cure"), [((), "make clean run"), (("mocean",), "sudo make install")])
def test_an_environment_for_another_python_is_a_sentence(old_environment, words, cure):
    refusal = launch(*words, python=old_environment, cwd=old_environment.parents[2])
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    what = f"was made for Python 3.9, but this computer now has Python {version}"
    assert refusal == f"The environment {old_environment.parents[1]} {what}. To make it anew, type: {cure}\n"


def make_run(folder, **environment):
    """What `make run` says that can't, without what make itself adds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | environment
    result = subprocess.run(["make", "run"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode
    return [line for line in (result.stdout + result.stderr).splitlines() if not line.startswith("make: ***")]


def test_make_run_says_it_too(old_environment):
    (line,) = make_run(old_environment.parents[2])
    assert line.endswith("To make it anew, type: make clean run")


def test_make_run_says_what_is_wrong_once_and_nothing_of_uwsgi(copy_of_code):
    (copy_of_code / ".venv").symlink_to(os.path.dirname(os.path.dirname(sys.executable)))
    for name, value in (("MOCEAN_WROD", "plank"), ("MOCEAN_MOST_AWAKE", "many"), ("PORT", "eighty")):
        (line,) = make_run(copy_of_code, **{name: value})
        assert name in line


# ---- IPv6 ----


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6")


@needs_ipv6
@pytest.mark.parametrize(
    ("host", "reached_at", "shown"),
    [
        ("::", ["127.0.0.1", "[::1]"], "localhost"),
        ("[::]", ["127.0.0.1", "[::1]"], "localhost"),
        ("::1", ["[::1]"], "[::1]"),
    ],
)
def test_ipv6(host, reached_at, shown, tmp_path):
    key = "correct-horse-battery"
    server = Server(*LAUNCH, HOST=host, MOCEAN_HARBOUR_KEY=key, MOCEAN_HOSTS="reds.example.org")
    server.url = f"http://{reached_at[0]}:{server.port}/"
    server.start(tmp_path / "log")

    def run(*words):
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=30)

    try:
        # The master writes the log, and may be a moment late.
        wait_until(lambda: f"Mocean is open: http://{shown}:{server.port}/" in server.log.read_text())
        for name, address in zip(("ada", "bob"), reached_at):
            url = f"http://{address}:{server.port}"
            assert requests.get(f"{url}/join?name={name}", timeout=10).ok
            page = requests.get(f"{url}/begin?message=7", headers={"Accept": "text/html"}, timeout=10).text
            assert f"{url}/begin" in page
        sailors = server.ask("harbour", key=key, format="json").json()["sailors"]
        addresses = {"127.0.0.1": "127.0.0.1", "[::1]": "::/64"}
        assert [sailor["address"] for sailor in sailors] == [addresses[address] for address in reached_at]
        assert run("server.harbour", "say", "ahoy").stdout.startswith("A message went to ")
        assert run("server.watchdog", "mocean").returncode == 0
        taken = run("server.launch")
        assert f"Port {server.port} of {host.strip('[]')} can't be used: " in taken.stderr
    finally:
        server.kill()


@needs_ipv6
def test_without_the_launch_ipv6_needs_brackets(tmp_path):
    """As the comment in uwsgi.ini says."""
    server = Server(HOST="[::]").start(tmp_path / "log")
    try:
        assert requests.get(f"http://[::1]:{server.port}/status", timeout=10).ok
    finally:
        server.kill()
