"""Installing, upgrading, going back and removing the service, under a real systemd in a box of its own.

`pytest -rP` shows how long players got no answer meanwhile.
"""

import os

import pytest
import requests

import mocean
from server.migrations import MIGRATIONS
from tests.box import PYTHON, Box, Service, install, what_is_missing
from tests.conftest import wait_until
from tests.upgrades import (
    CHANGED,
    MIGRATES,
    NEW,
    NO_NETWORK,
    WHEELS,
    box_with_wheels,
    changed_copy,
    fails_at,
    fresh_service,
    installed,
    upgrade,
)

MISSING = what_is_missing()
if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd and take minutes; as root: CI=true make test", allow_module_level=True)
elif MISSING:
    pytest.fail(f"the service can't be tested under systemd: {MISSING}", pytrace=False)


@pytest.fixture(scope="module")
def box():
    with box_with_wheels() as box:
        yield box


@pytest.fixture
def service(box):
    return fresh_service(box)


def club(service, name):
    """Another club on the same computer."""
    another = Service(service.box, f"mocean@{name}")
    another.settings()
    another.start()
    return another


def version_of(logbook):
    """A command that prints the version of a logbook."""
    query = f"import sqlite3; print(sqlite3.connect('file:{logbook}?mode=ro', uri=True)"
    return ("/usr/bin/python3", "-c", query + '.execute("PRAGMA user_version").fetchone()[0])')


# ---- Install ----


def test_a_fresh_computer_needs_no_network_if_it_has_the_packages(box):
    assert installed(box) == []
    service = Service(box)
    service.settings()
    result = install(box, changed_copy(box), **NO_NETWORK)
    assert result.returncode != 0
    assert "badwords-py" in result.stderr  # which pip can't find
    assert installed(box) == []  # it left the machine as it was
    result = install(box, CHANGED, WHEELS=WHEELS, **NO_NETWORK)
    assert result.returncode == 0, result.stderr
    assert service.ask("begin", message=101)["solved"]
    assert service.systemctl("is-enabled", "mocean").stdout.strip() == "enabled"
    assert "mocean: 0 ships sailing, 0 asleep, " in result.stdout
    assert f"10 treasures left. Version {mocean.VERSION}.\n" in result.stdout


# ---- Upgrade, and back ----


def test_an_upgrade_and_the_way_back_keep_the_game_and_need_no_packages(service):
    box = service.box
    id = service.ask("join", name="ada")["id"]
    environment = box.run("readlink", "-f", "/opt/mocean/env").stdout
    code = changed_copy(box, NEW)
    box.write(f"{code}/deploy/mocean-gulls@.service", "[Unit]\nDescription=Gulls\n[Service]\nExecStart=/bin/true\n")
    with service.polled("upgrade"):
        result = install(box, code, **NO_NETWORK)  # and no folder with packages
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Version 99.{mocean.VERSION}. Before, it was {mocean.VERSION}." in result.stdout
    assert service.ask("status")["version"] == f"99.{mocean.VERSION}"
    assert f"Version 99.{mocean.VERSION}" in service.status()
    assert service.ask("heading", id=id, degrees=42)["ok"]
    assert box.run("readlink", "-f", "/opt/mocean/env").stdout == environment
    assert box.run("systemctl", "cat", "mocean-gulls@reds").returncode == 0
    with service.polled("rollback"):
        result = install(box, target="rollback", **NO_NETWORK)
    assert result.returncode == 0, result.stderr
    assert f"Version {mocean.VERSION}. Before, it was 99." in result.stdout
    assert service.ask("status")["version"] == mocean.VERSION
    assert service.ask("location", id=id)["heading"] == 42
    assert box.run("systemctl", "cat", "mocean-gulls@reds").returncode != 0
    assert install(box, target="rollback").returncode == 0  # forward again
    assert service.ask("status")["version"].startswith("99.")
    assert len(box.run("sh", "-c", "ls -d /opt/mocean-20* /opt/mocean-env-*").stdout.split()) == 3


def test_going_back_before_a_migration_brings_the_copy_and_keeps_the_newer_logbook(service):
    box, logbook = service.box, "/var/lib/private/mocean/logbook.sqlite3"
    id = service.ask("join", name="ada")["id"]
    service.ask("heading", id=id, degrees=42)
    assert upgrade(box, NEW, MIGRATES).returncode == 0
    service.ask("join", name="bob")
    service.ask("heading", id=id, degrees=43)
    box.run("mv", "/var/lib/private/mocean/backups", "/root/backups", check=True)
    boot = service.ask("status")["boot"]
    refused = install(box, target="rollback")
    assert refused.returncode != 0
    assert f"mocean: the logbook has version {len(MIGRATIONS) + 1}." in refused.stderr
    assert service.ask("status")["boot"] == boot  # it wasn't even stopped
    box.run("mv", "/root/backups", "/var/lib/private/mocean/backups", check=True)
    with service.polled("rollback before a migration"):
        result = install(box, target="rollback")
    assert result.returncode == 0, result.stderr
    assert service.ask("status")["version"] == mocean.VERSION
    assert service.ask("location", id=id)["heading"] == 42
    assert service.ask("join", name="bob")["ok"]  # as nobody of that name is in the copy
    newer = result.stdout.partition("COPY=")[2].split()[0]
    assert newer.startswith(logbook)
    assert box.run(*version_of(newer)).stdout.strip() == str(len(MIGRATIONS) + 1)
    assert box.run("stat", "-c", "%U", logbook).stdout == box.run("stat", "-c", "%U", newer).stdout


def test_an_upgrade_that_migrates_and_then_fails_comes_back_with_everything(service):
    id = service.ask("join", name="ada")["id"]
    service.ask("heading", id=id, degrees=42)
    before = installed(service.box)
    with service.polled("upgrade that migrates and then fails"):
        result = upgrade(service.box, NEW, MIGRATES, fails_at(service))
    assert result.returncode != 0
    assert "not on this port" in result.stderr
    assert service.ask("status")["version"] == mocean.VERSION
    assert service.ask("location", id=id)["heading"] == 42
    assert service.ask("heading", id=id, degrees=43)["ok"]
    assert service.fact("ActiveState") == "active"
    assert installed(service.box) == before


def test_of_three_clubs_one_that_fails_stays_on_its_version(service):
    clubs = [service, club(service, "blues"), club(service, "reds")]
    ids = [club.ask("join", name="ada")["id"] for club in clubs]
    with clubs[0].polled("upgrade of three clubs"), clubs[1].polled("the one that fails"), clubs[2].polled("the last"):
        result = upgrade(service.box, NEW, fails_at(clubs[1]))
    assert result.returncode == 0, result.stderr
    assert f"mocean@blues stays on {mocean.VERSION}" in result.stdout
    for club_, id in zip(clubs, ids):
        assert club_.ask("status")["version"].startswith("99.") == (club_ != clubs[1])
        assert club_.ask("location", id=id)["ok"]
    assert upgrade(service.box, NEW).returncode == 0
    assert clubs[1].ask("status")["version"].startswith("99.")


def test_if_the_first_of_three_clubs_fails_none_is_touched(service):
    clubs = [service, club(service, "blues"), club(service, "reds")]
    boots = [club.ask("status")["boot"] for club in clubs]
    result = upgrade(service.box, NEW, fails_at(clubs[0]))
    assert "mocean does not start" in result.stderr
    assert all(club.ask("status")["version"] == mocean.VERSION for club in clubs)
    assert [club.ask("status")["boot"] for club in clubs[1:]] == boots[1:]


# ---- The page /python ----


def test_the_page_for_python_gets_its_files_from_where_they_are_and_nothing_else_needs_them(service):
    box, code = service.box, changed_copy(service.box)
    box.run("sh", "-c", f"rm -rf {code}/web/fetched /opt/mocean/web/fetched")
    result = install(box, code, FETCH="yes", **NO_NETWORK)
    assert result.returncode == 0, result.stderr
    assert "What the page /python needs can't be fetched" in result.stdout
    assert "make python" in service.ask("python")["reply"]
    box.write(f"{code}/web/fetched/pyodide-1.2.3/pyodide.mjs", "export const here = true;\n")
    for _ in ("it is in the folder of the program", "it is only in the release in use"):
        assert install(box, code).returncode == 0
        assert "make python" not in service.ask("python")["reply"]
        reply = requests.get(service.url + "fetched/pyodide-1.2.3/pyodide.mjs", timeout=10)
        assert (reply.status_code, reply.text) == (200, "export const here = true;\n")
        box.run("rm", "-r", f"{code}/web/fetched")


# ---- What is not installed ----


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("mocean.py", "app = App()", "app = App("), "SyntaxError"),
        (("mocean.service", "Type=notify", "Type=perhaps"), "perhaps"),
        (
            ("mocean.py", 'return located(ocean, sailor)\n\n\n@app.get("/fore', 'return 1 / 0\n\n\n@app.get("/fore'),
            "mocean@reds: /location answered 500: ",
        ),
    ],
    ids=["syntax", "unit", "location"],
)
def test_a_broken_version_is_not_installed_and_the_old_one_plays_on(service, change, reason):
    reds = club(service, "reds")
    service.systemctl("stop", "mocean")
    before, boot = installed(service.box), reds.ask("status")["boot"]
    result = upgrade(service.box, NEW, change)
    assert result.returncode != 0
    assert reason in result.stderr
    assert reds.ask("status")["boot"] == boot  # it wasn't even stopped
    assert installed(service.box) == before


def test_a_package_that_is_not_the_locked_one_is_refused(service):
    before, code = installed(service.box), changed_copy(service.box, NEW)
    service.box.run("sed", "-i", "s/sha256:./sha256:0/", f"{code}/requirements.lock", check=True)
    result = install(service.box, code, WHEELS=WHEELS, **NO_NETWORK)
    assert result.returncode != 0
    assert "DO NOT MATCH THE HASHES" in result.stderr
    assert service.ask("status")["version"] == mocean.VERSION
    assert installed(service.box) == before


def test_the_errors_shown_are_those_of_this_try(service):
    for complaint in ("the first complaint", "the second complaint"):
        result = upgrade(service.box, ("mocean.py", "app = App()", f'app = App()\nsys.exit("{complaint}")'))
    assert "the second complaint" in result.stderr
    assert "the first complaint" not in result.stderr


def test_a_club_that_had_failed_keeps_nobody_from_an_upgrade(service):
    reds = Service(service.box, "mocean@reds")
    reds.settings("MOCEAN_KEEP_DAYS=many")
    assert reds.systemctl("start", reds.name).returncode != 0
    wait_until(lambda: reds.fact("ActiveState") == "failed")
    result = upgrade(service.box, NEW)
    assert result.returncode == 0, result.stderr
    assert "MOCEAN_KEEP_DAYS" in result.stdout
    assert "It had failed before, so this is only a warning." in result.stdout
    assert service.ask("status")["version"].startswith("99.")


def test_a_rehearsal_has_the_clubs_own_settings_logbook_and_unit(service):
    """And in it there is room, whatever the club's ocean is like."""
    reds = Service(service.box, "mocean@reds")
    reds.settings("MOCEAN_WORD=plank", "MOCEAN_MOST_AWAKE=1", "MOCEAN_HARBOUR_KEY=a-key-for-the-tests")
    reds.change("Environment=GULLS=7")
    reds.start()
    assert reds.ask("join", name="ada", word="plank")["ok"]
    assert reds.ask("harbour/pause", key="a-key-for-the-tests")["ok"]
    service.systemctl("stop", "mocean")
    result = upgrade(service.box, NEW, ("mocean.py", "app = App()", 'app = App()\nassert os.environ["GULLS"] == "7"'))
    assert result.returncode == 0, result.stdout + result.stderr
    assert reds.ask("status")["version"].startswith("99.")
    assert "The ocean is paused." in reds.ask("status")["reply"]


# ---- Which version it is ----


def test_the_commit_is_shown_and_git_runs_nothing_as_root(service):
    box, code = service.box, changed_copy(service.box)
    trap = f"#!/bin/sh\nid -u >> {CHANGED}/who\n"
    box.write(f"{CHANGED}/trap", trap)
    git = f"git -C {code} -c user.name=ada -c user.email=ada@example.org"
    commit = f"{git} init -q && {git} add . && {git} commit -qm First && {git} config core.fsmonitor {CHANGED}/trap"
    box.run("sh", "-c", f"chmod 755 /root {CHANGED}/trap; {commit}; chown -R 54321:54321 {CHANGED}", check=True)
    short = box.run("git", "-c", f"safe.directory={code}", "-C", code, "rev-parse", "--short", "HEAD").stdout.strip()
    assert install(box, code).returncode == 0
    assert service.ask("status")["version"] == f"{mocean.VERSION}+{short}"
    box.change(f"{CHANGED}/mocean.py", *NEW[1:])
    result = install(box, code)
    assert service.ask("status")["version"] == f"99.{mocean.VERSION}+{short}.changed"
    assert f"Before, it was {mocean.VERSION}+{short}." in result.stdout
    assert "0" not in box.run("cat", f"{CHANGED}/who").stdout.split()


# ---- Uninstall ----


def test_uninstall_leaves_the_logbook_unless_told_otherwise(service):
    service.ask("join", name="ada")
    reds, box = club(service, "reds"), service.box
    assert install(box, target="uninstall").returncode == 0
    assert not service.answers()
    assert not reds.answers()
    assert box.run("sh", "-c", "ls -d /opt/mocean* /etc/systemd/system/mocean*").stdout == ""
    assert box.run("test", "-s", "/var/lib/private/mocean/logbook.sqlite3").returncode == 0
    assert box.run("sh", "-c", "stat --format=%a /var/lib/private/mocean/tracks").stdout == "700\n"
    assert box.run("make", "-C", Box.CODE, "uninstall", PYTHON, "LOGBOOK=remove").returncode == 0
    assert box.run("sh", "-c", "ls -d /var/lib/private/mocean* /var/lib/mocean*").stdout == ""
