"""What `make` does, and that all ways to install give the same."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import mocean
from tests.conftest import ROOT, Server

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None


@pytest.mark.skipif(not tomllib, reason="reading pyproject.toml needs Python 3.11")
def test_conda_and_pip_install_the_same_versions():
    import yaml

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = {line.partition(";")[0].strip().replace("pyuwsgi", "uwsgi") for line in project["dependency-groups"]["run"]}
    assert conda["name"] == "mocean-env"
    *packages, from_pypi = conda["dependencies"]
    assert {*packages, *from_pypi["pip"]} == pip | {"python" + project["project"]["requires-python"], "pip"}
    assert project["project"]["version"] == mocean.VERSION
    assert f"## {mocean.VERSION}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="it asks PyPI; to run it: CI=true make test")
def test_the_lock_fits_what_pyproject_asks_for(copy_of_code):
    """uv changes a lock only where it has to, so a package that came out today is no reason."""
    commands = re.findall("uv (pip compile .*)", make("--dry-run", "--always-make", "lock").stdout)
    for command in commands:
        words = [word for word in shlex.split(command) if word != "--upgrade"]
        lock = copy_of_code / words[-1]
        before = lock.read_text()
        uv = subprocess.run(
            [Path(sys.executable).with_name("uv"), *words], cwd=copy_of_code, capture_output=True, text=True
        )
        assert uv.returncode == 0, uv.stderr
        assert lock.read_text() == before, "the lock doesn't fit: make lock"
    assert len(commands) == 2


def make(*words, cwd=ROOT):
    # `make test` tells its children that make runs them, and they would report that.
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
    lessons = (ROOT / "docs/leader.md").read_text(encoding="utf-8")
    sentence = re.search(r"`(Port 8080 of 0\.0\.0\.0 .*?)\.\.\.`", lessons)[1]
    assert sentence.replace("8080", str(server.port)).replace("0.0.0.0", "127.0.0.1") in result.stderr
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
