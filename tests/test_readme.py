"""The words and the program agree."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import mocean
from tests.conftest import ROOT, Server

README = (ROOT / "README.md").read_text(encoding="utf-8")

HANDBOOK = (ROOT / "docs/admin.md").read_text(encoding="utf-8")

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None


def blocks(language):
    """The code blocks of the README, without their margin."""
    return [
        "\n".join(line.removeprefix(margin) for line in code.splitlines())
        for margin, code in re.findall(rf"^( *)```{language}\n(.*?)^ *```", README, re.DOTALL | re.MULTILINE)
    ]


def run(program, server, tmp_path, answers=""):
    """What a Python program from the README prints, when it asks our server."""
    script = Path(tmp_path) / "program.py"
    script.write_text(program.replace("http://localhost:8080/", server.url), encoding="utf-8")
    return subprocess.run([sys.executable, script], input=answers, capture_output=True, text=True, timeout=30)


def test_the_clubs_own_loop_works(server, tmp_path):
    loop = next(code for code in blocks("python") if "while True" in code)
    assert len(loop.splitlines()) < 15
    printed = run(loop, server, tmp_path, answers="100\n101\né & #\n").stdout
    assert "2 divides it" in printed
    assert "The next route is beguine" in printed
    assert "does not know the key" in printed


def test_the_program_with_a_dictionary_works(server, tmp_path):
    program = next(code for code in blocks("python") if ".json()" in code)
    assert re.fullmatch(r"[\d.]+ [\d.]+\n", run(program, server, tmp_path).stdout)


def test_every_url_in_the_readme_works(server):
    session = requests.Session()  # like the browser of somebody who types them one after the other
    for url in re.findall(r"`http://localhost:8080(/[^`]*)`", README):
        assert session.get(server.url + url[1:], timeout=5).ok, url


def test_a_student_adds_a_route(copy_of_code, tmp_path):
    """Do what the README says: write the function below the last route, start the server, ask it."""
    wave = next(code for code in blocks("python") if "def wave" in code)
    program = copy_of_code / "mocean.py"
    before, chart, after = program.read_text(encoding="utf-8").partition('@app.get("/chart")')
    own, _, rest = after.partition("\n\n\n")
    program.write_text(f"{before}{chart}{own}\n\n\n{wave}\n\n\n{rest}", encoding="utf-8")
    assert len(wave.splitlines()) <= 10
    server = Server(cwd=copy_of_code).start(tmp_path / "log")
    try:
        ada, bob = (server.json("join", name=name)["id"] for name in ("ada", "bob"))
        assert server.ask("wave", id=ada, message="hello").text == "Everyone sees you wave."
        assert server.json("popchat", id=bob)["message"] == "ada waves: hello"
        assert server.json("wave", id=ada)["error"] == "missing-key"
        rule = next(rule for rule in server.json("mocean")["routes"] if rule["route"] == "/wave")
        assert rule["keys"] == ["id", "message"]
        assert rule["does"] == "Wave at everyone."
        assert rule["example"] == "/wave?id=YOUR-ID&message=hello"
        assert "/wave" in server.json("openapi.json")["paths"]
    finally:
        server.kill()


def test_every_setting_is_described():
    names = set(re.findall(r"MOCEAN_[A-Z_]+", (ROOT / "bridge.py").read_text(encoding="utf-8")))
    assert names == set(re.findall(r"MOCEAN_[A-Z_]+", README))
    assert names >= set(re.findall(r"MOCEAN_[A-Z_]+", HANDBOOK))


def test_every_file_that_is_named_exists():
    for name in re.findall(r"`([\w./-]+\.(?:py|ini|yml|toml|md|service|css|js|tpl|png))`", README + HANDBOOK):
        assert (ROOT / name).exists(), name


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"[`\n](?:sudo )?make ([a-z]+)", README + HANDBOOK)) <= targets


def test_the_handbook_tells_of_the_unit_as_it_is():
    unit = (ROOT / "mocean.service").read_text(encoding="utf-8")
    table = HANDBOOK.partition("## 10. ")[2].partition("## 11. ")[0]
    lines = [line for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for line in re.findall("`(.*?)`", row)]
    assert len(lines) > 15
    for line in lines:
        assert re.search("^" + re.escape(line).replace(r"\.\.\.", ".*"), unit, re.MULTILINE), line


@pytest.mark.skipif(not tomllib, reason="reading pyproject.toml needs Python 3.11")
def test_conda_and_pip_get_the_same_versions():
    import yaml

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = {line.partition(";")[0].strip().replace("pyuwsgi", "uwsgi") for line in project["dependency-groups"]["run"]}
    assert conda["name"] == "mocean-env"
    *packages, from_pypi = conda["dependencies"]
    assert {*packages, *from_pypi["pip"]} == pip | {"python" + project["project"]["requires-python"], "pip"}
    assert project["project"]["version"] == mocean.VERSION
    assert f"## {mocean.VERSION}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# ---- make ----


def make(*words, cwd=ROOT):
    # `make test` tells its children that it is make, and they would chat about it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *words], cwd=cwd, capture_output=True, text=True, timeout=120, env=environment)


def test_make_alone_lists_what_there_is():
    listed = re.findall(r"^  make (\w+)", make().stdout, re.MULTILINE)
    targets = re.search(r"\.PHONY: help (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"))[1]
    assert listed == targets.split()


def test_make_run_starts_the_server_and_ctrl_c_stops_it(tmp_path):
    server = Server("make", "run").start(tmp_path / "log")
    try:
        assert server.json("begin", message="101")["next"] == "beguine"
        assert f"Mocean is open: http://localhost:{server.port}/" in server.log.read_text()
        os.killpg(server.process.pid, signal.SIGINT)
        server.process.wait(10)
        assert not server.answers()
    finally:
        server.kill()


def test_make_run_says_that_a_port_is_taken(server):
    result = make("run", f"PORT={server.port}", "HOST=127.0.0.1")
    assert result.returncode != 0
    assert f"Port {server.port} of 127.0.0.1 can't be used" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("exit 1", "Mocean needs Python 3.10 or newer"),
        ('case "$*" in *ensurepip*) exit 1;; esac', "sudo apt install python3-venv"),
    ],
)
def test_make_run_says_what_is_missing(copy_of_code, python, sentence):
    fake = copy_of_code / "fakepython"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    result = make("run", f"PYTHON={fake}", cwd=copy_of_code)
    assert result.returncode != 0
    assert sentence in result.stdout
    assert len(result.stdout.splitlines()) == 1
