"""What the tests of installing and upgrading share: a box with packages in it, and changes of the program."""

from contextlib import contextmanager

import mocean
from tests.box import PYTHON, Box, Service, install
from tests.conftest import ROOT

WHEELS = "/root/wheels"
NO_NETWORK = {  # pip finds nothing but what is in WHEELS
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_INDEX_URL": "http://127.0.0.1:9",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "0",
}
CHANGED = "/root/changed"

# Changes of the program: the file, a line, and what takes its place.
NEW = ("mocean.py", 'VERSION = "', 'VERSION = "99.')
MIGRATES = (
    "server/migrations.py",
    "    tell_the_kind_of_news,\n]",
    '    tell_the_kind_of_news,\n    lambda execute: execute("CREATE TABLE gulls (name TEXT)"),\n]',
)


def fails_at(service):
    """A change: on the port of this service, and on no other, the program stops after it has opened the logbook."""
    check = "startup.check(application.settings, application.logbook)\n"
    refusal = f'    if os.environ["PORT"] == "{service.port}":\n        sys.exit("not on this port")\n'
    return ("mocean.py", check, check + refusal)


def changed_copy(box, *changes):
    """A copy of the program to install, with some changes. Returns its folder."""
    copy = f"rm -rf {CHANGED} && mkdir {CHANGED} && cd {Box.CODE} && tar c --exclude='./.?*' . | tar x -C {CHANGED}"
    box.run("sh", "-c", copy, check=True)
    for file, old, new in changes:
        box.change(f"{CHANGED}/{file}", old, new)
    return CHANGED


def upgrade(box, *changes, **environment):
    return install(box, changed_copy(box, *changes), WHEELS=WHEELS, **NO_NETWORK, **environment)


def installed(box):
    """All that is there of releases and rehearsals."""
    places = "/opt/mocean* /etc/mocean-* /var/lib/mocean-* /var/lib/private/mocean-* /run/systemd/system/mocean*"
    return box.run("sh", "-c", f"ls -d {places}").stdout.split()


@contextmanager
def box_with_wheels():
    """A computer with the packages in a folder, and with nothing installed."""
    with Box(ROOT) as box:
        wheels = box.run("make", "-C", Box.CODE, "wheels", f"WHEELS={WHEELS}", "VENV=/root/venv", PYTHON)
        assert wheels.returncode == 0, wheels.stdout + wheels.stderr
        yield box


def fresh_service(box):
    """The service, with an empty logbook. It runs the program as it is here."""
    service = Service(box)
    box.run("systemctl", "stop", "mocean*")
    box.run("systemctl", "reset-failed")
    box.run("sh", "-c", "rm -rf /var/lib/private/mocean* /var/lib/mocean* /etc/mocean* /etc/systemd/system/mocean*.d")
    service.systemctl("daemon-reload")
    service.settings()
    if box.run("grep", f'VERSION = "{mocean.VERSION}"', "/opt/mocean/mocean.py").returncode:
        result = upgrade(box)
        assert result.returncode == 0, result.stdout + result.stderr
    service.systemctl("start", "mocean")
    assert service.ask("status")["version"] == mocean.VERSION
    return service
