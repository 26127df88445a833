"""An upgrade whose terminal goes, that is ended or killed, or that isn't alone, under a real systemd.

`pytest -rP` shows how long players got no answer meanwhile.
"""

import os
from time import time

import pexpect
import pytest

import mocean
from tests.box import PYTHON, install, what_is_missing
from tests.conftest import wait_until
from tests.upgrades import (
    NEW,
    NO_NETWORK,
    WHEELS,
    box_with_wheels,
    changed_copy,
    fresh_service,
    installed,
    upgrade,
)

MISSING = what_is_missing()
if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd and take minutes; as root: CI=true make test", allow_module_level=True)
elif MISSING:
    pytest.fail(f"the service can't be tested under systemd: {MISSING}", pytrace=False)

LOCK = "/run/mocean-install.lock"
STAGES = {"building": "Building", "rehearsing": "Trying it", "switching": "Switching"}


@pytest.fixture(scope="module")
def box():
    with box_with_wheels() as box:
        yield box


@pytest.fixture
def service(box):
    return fresh_service(box)


def begin_upgrade(box, stage, *changes):
    """A terminal in which an upgrade is under way and has come to a stage."""
    code = changed_copy(box, NEW, *changes)
    if stage == "building":
        box.run("sh", "-c", f"echo '# so it needs a new environment' >> {code}/requirements.lock", check=True)
    words = box.command("make", "-C", code, "install", PYTHON)
    environment = {**os.environ, **NO_NETWORK, "WHEELS": WHEELS}
    terminal = pexpect.spawn(words[0], words[1:], env=environment, timeout=60)
    terminal.expect(STAGES[stage])
    return terminal


def send(box, terminal, name):
    """Let a signal come to an upgrade, as it usually does."""
    if name == "SIGHUP":
        terminal.ptyproc.fileobj.close()  # somebody closes the window
        terminal.closed = terminal.ptyproc.closed = True  # pexpect would close that number again
    elif name == "SIGINT":
        terminal.sendintr()  # Ctrl-C
    else:
        box.run("sh", "-c", f"kill -{name[3:]} $(cat {LOCK})", check=True)


def said(box, since):
    """What an installer has said in the system's log since a time."""
    return box.run("journalctl", "-t", "mocean", f"--since=@{since:.6f}").stdout


def wait_for_the_end(box, terminal):
    """Wait until an upgrade has ended, with all that it had begun."""
    terminal.wait()
    box.run("flock", LOCK, "true", check=True, timeout=60)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM"])
def test_a_signal_leaves_the_old_version_running_or_the_new_one(service, name, stage):
    box, before, boot = service.box, installed(service.box), service.ask("status")["boot"]
    began = time()
    with service.polled(f"{name} while {stage}"):
        terminal = begin_upgrade(box, stage)
        send(box, terminal, name)
        wait_for_the_end(box, terminal)
    status = service.ask("status")
    assert service.fact("ActiveState") == "active"
    if stage == "switching":
        assert (status["version"][:3], status["boot"]) == ("99.", boot + 1)
    else:
        assert (status["version"], status["boot"]) == (mocean.VERSION, boot)
        assert installed(box) == before
        # By which, is not always the same: with Ctrl-C, another process of the terminal's may end first, and hang up.
        wait_until(lambda: "Ended by SIG" in said(box, began))


@pytest.mark.parametrize("stage", STAGES)
def test_after_a_kill_the_next_upgrade_works_and_cleans_up(service, stage):
    box, id = service.box, service.ask("join", name="ada")["id"]
    service.change("ExecStop=/usr/bin/sleep 2")  # so that there is time to hit the moment
    terminal = begin_upgrade(box, stage)
    if stage == "switching":
        wait_until(lambda: service.fact("ActiveState") == "deactivating")
    box.run("sh", "-c", f"kill -KILL $(cat {LOCK})", check=True)
    wait_for_the_end(box, terminal)
    result = upgrade(box, NEW)
    assert result.returncode == 0, result.stderr
    assert service.ask("status")["version"].startswith("99.")
    assert service.ask("location", id=id)["ok"]
    assert len(installed(box)) == 5, installed(box)  # two links, two releases, one environment


def test_of_two_at_once_the_second_says_who_is_at_work(service):
    box = service.box
    terminal = begin_upgrade(box, "rehearsing")
    pid = box.run("cat", LOCK).stdout
    for target in ("install", "rollback", "uninstall"):
        second = install(box, target=target)
        assert second.returncode != 0
        assert f"Another one is at work: process {pid}." in second.stderr
    terminal.expect(pexpect.EOF)
    assert service.ask("status")["version"].startswith("99.")
