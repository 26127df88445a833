"""The service under a real systemd, with a damaged logbook or a full disk: what is saved, and what is said."""

import os
import shutil
import statistics
import time

import pytest
import requests

from bench import fleet
from tests.box import Box, Service, install, what_is_missing
from tests.conftest import ROOT, free_port, wait_until

MISSING = what_is_missing()
if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd; as root: CI=true make test", allow_module_level=True)
elif MISSING:
    pytest.fail(f"the service can't be tested under systemd: {MISSING}", pytrace=False)

STATE = "/var/lib/private/mocean"
FILE = f"{STATE}/logbook.sqlite3"
SHIPS = 200


@pytest.fixture(scope="module")
def box():
    """A computer on which Mocean has been installed."""
    with Box(ROOT) as box:
        box.write("/etc/mocean.env", f"HOST=127.0.0.1\nPORT={free_port()}\n")
        result = install(box)
        assert result.returncode == 0, result.stdout + result.stderr
        yield box


@pytest.fixture
def service(box):
    """The service, stopped, without a logbook."""
    service = Service(box)
    service.systemctl("stop", "mocean")
    service.systemctl("reset-failed")
    box.run("rm", "-rf", STATE)
    service.settings("MOCEAN_LIMITS=off", "MOCEAN_MOST_AWAKE=20000")
    yield service
    service.systemctl("stop", "mocean")


def sail(service, tmp_path, ships):
    """Start the service with so many ships at sea. Returns their ids."""
    file = tmp_path / "logbook.sqlite3"
    ids = fleet.write(str(file), ships)
    service.box.run("mkdir", "-p", STATE, check=True)
    shutil.copy(file, f"/proc/{service.box.pid}/root{FILE}")  # the folder is given to the service when it starts
    service.start()
    return ids


HARM = {
    "header": f"dd if=/dev/urandom of={FILE} bs=100 count=1 conv=notrunc",
    "three pages in the middle": f"for page in 5 9 13; do dd if=/dev/urandom of={FILE} bs=4096 count=1 seek=$page "
    "conv=notrunc; done",
    "zero length": f": > {FILE}",
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_logbook_damaged_at_rest(service, tmp_path, harm):
    """Of nineteen pages or more, three are lost, and the rest is saved. If no byte is left, a copy is taken."""
    box = service.box
    ids = sail(service, tmp_path, SHIPS)
    assert service.ask("heading", id=ids[0], degrees=7)["ok"]
    boot = service.ask("status")["boot"]
    service.systemctl("stop", "mocean")
    assert int(box.run("stat", "--format=%s", FILE).stdout) >= 19 * 4096
    box.run("mkdir", f"{STATE}/backups", check=True)
    box.run("chown", f"--reference={FILE}", f"{STATE}/backups", check=True)
    copy = f"{STATE}/backups/2026-11-25-030000-nightly.sqlite3"
    back_up = f"cd /opt/mocean && MOCEAN_LOGBOOK={FILE} env/bin/python -m server.backup {copy}"
    box.run("sh", "-c", f"{back_up} && chown --reference={FILE} {copy}", check=True)
    box.run("sh", "-c", harm, check=True)
    with service.polled(f"damage at rest ({harm.split(';')[0][:40]}), and a start"):
        began = time.monotonic()
        service.start()
        print(f"systemctl start took {time.monotonic() - began:.2f} s")
    status = service.ask("status")
    saved = len(service.ask("who")["sailors"]) - 1
    print(f"{saved} of {SHIPS} ships were saved")
    if harm == HARM["three pages in the middle"]:
        assert SHIPS - 3 * 20 <= saved < SHIPS
    else:
        assert saved == SHIPS
        assert service.ask("location", id=ids[0])["heading"] == 7
    said = "It was taken from the copy of 2026-11-25, 03:00." if harm == HARM["zero length"] else f"{saved} ships and "
    assert status["boot"] != boot
    assert "The logbook was damaged. It is kept as logbook.sqlite3.damaged-" in status["reply"]
    assert said in status["reply"]
    assert said in service.ask("")["reply"]
    wait_until(lambda: said in service.status().partition("CGroup")[0])
    assert said in box.run("journalctl", "--unit", "mocean", "--no-pager").stdout
    assert service.fact("NRestarts") == "0"


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_logbook_damaged_while_the_service_runs(service, tmp_path, harm):
    """The watchdog's question is enough for it to be noticed. Nobody loses anything, also if all is killed then."""
    ids = sail(service, tmp_path, SHIPS)
    assert service.ask("heading", id=ids[0], degrees=7)["ok"]
    with service.polled(f"damage while it runs ({harm.split(';')[0][:40]})"):
        service.box.run("sh", "-c", harm, check=True)
        wait_until(lambda: "It was written again from memory" in service.ask("status")["reply"])
    assert service.ask("heading", id=ids[1], degrees=8)["ok"]
    service.box.run("kill", "-KILL", *service.pids())
    wait_until(lambda: service.fact("NRestarts") == "1" and service.answers())
    assert [service.ask("location", id=id)["heading"] for id in ids[:2]] == [7, 8]
    assert len(service.ask("who")["sailors"]) == SHIPS + 1
    assert "damaged" not in service.ask("status")["reply"]
    service.systemctl("reset-failed", "mocean")


def test_a_full_disk_with_10_000_ships_keeps_nobody_waiting(service, tmp_path):
    """Who commands is refused, who asks gets an answer, and as soon as there is room all is well."""
    box = service.box
    box.run("mkdir", "-p", STATE, check=True)
    box.run("mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", STATE, check=True)
    try:
        ids = sail(service, tmp_path, 10_000)
        with requests.Session() as session:

            def ask(route, **keys):
                began = time.monotonic()
                reply = session.get(service.url + route, params={**keys, "format": "json"}, timeout=20).json()
                return 1000 * (time.monotonic() - began), reply

            assert ask("heading", id=ids[0], degrees=1)[1]["ok"]
            boot = ask("status")[1]["boot"]
            box.run("dd", "if=/dev/zero", f"of={STATE}/filler", "bs=1k")
            refused, answered = [], []
            with service.polled("a full disk with 10,000 ships"):
                while len(refused) < 30:
                    took, reply = ask("heading", id=ids[len(answered) % 1000], degrees=len(answered) % 360)
                    if not reply["ok"]:
                        assert reply["error"] == "logbook"
                        refused.append(took)
                    answered.append(ask("location", id=ids[0])[0])
                wait_until(lambda: "The logbook" in service.status().partition("CGroup")[0])
            for what, times in (("refused commands", refused), ("questions", answered)):
                print(f"{what}: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms")
            box.run("rm", f"{STATE}/filler")
            assert ask("heading", id=ids[0], degrees=42)[1]["heading"] == 42
            assert ask("status")[1]["boot"] == boot
            assert "can't be used" not in ask("status")[1]["reply"]
            assert len(ask("who")[1]["sailors"]) == 10_001
        assert service.fact("NRestarts") == "0"
    finally:
        service.systemctl("stop", "mocean")
        box.run("umount", STATE, check=True)
