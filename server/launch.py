"""The launch: sees that the server can work, and becomes it. What can't work is said in a sentence, before uWSGI runs.

    python -m server.launch                 with the settings in the environment: what `make run` does
    python -m server.launch mocean@reds     and with those in /etc/mocean@reds.env: what systemd does

It becomes uWSGI by `exec`, which runs another program in the same process. So to systemd both are the main process: its
exit status says whether it is any use to start again, and uWSGI may say that it is ready.

It needs nothing but Python's standard library, as it tells of an environment whose packages this Python doesn't find.
"""

import os
import re
import sys
import traceback
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from server import local_name, workshop
from server.backup import alone_in
from server.door import passed_on
from server.settings import BadSetting, Settings, in_url, refuse_start, settings_of

HERE = Path(__file__).resolve().parents[1]
START_LOCK = "/run/{}.lock"  # whoever holds it lets no server of this name start
HELD = "/opt/mocean.held"  # with the releases on which single clubs stay, by the names of their services
UWSGI = Path(sys.executable).with_name("uwsgi")


def wait_our_turn(service):
    """While a command has stopped this server, to copy or change its logbook, don't start it."""
    with suppress(FileNotFoundError), alone_in(START_LOCK.format(service)):
        pass


def stay(service):
    """If a club is held on another release, become the launch of that one: see releases.hold."""
    release = Path(f"{HELD}/{service}").resolve()
    if release.is_dir() and release != HERE:
        os.chdir(release)
        python = release / "env/bin/python"
        os.execv(python, [python, "-m", "server.launch", service])


def launch(service=None):
    """Become uWSGI, for a service of this name or, in a workshop, for whoever typed `make run`. Raises BadSetting."""
    if service:
        os.environ.update({name: value for name, value in settings_of(service).items() if value})
    settings = Settings.read(os.environ)
    if door := passed_on():
        os.environ.update(DOOR=door)  # for uwsgi.ini
    else:
        settings.check_address()
        host, port = in_url(settings.host), settings.port
        name = "localhost" if settings.host in ("0.0.0.0", "::", "127.0.0.1") else host
        os.environ.update(HOST=host, PORT=str(port), WAY_IN=name if port == 80 else f"{name}:{port}")  # for uwsgi.ini
        if local_name.is_possible(settings):
            os.environ["LOCAL_NAME"] = service.rpartition("@")[2] if service else "mocean"
    if not service:
        workshop.open_for_uwsgi(settings)
    os.execv(UWSGI, [UWSGI, HERE / "uwsgi.ini"])


def what_is_missing(environment, cure):
    """What an environment, a folder with Python packages, lacks for this Python, as a sentence, or ""."""
    if find_spec("bottle") and UWSGI.exists():
        return ""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    made_for = made_for_python(environment)
    what = "lacks packages"
    if made_for not in ("", here):
        what = f"was made for Python {made_for}, but this computer now has Python {here}"
    return f"The environment {environment} {what}. To make it anew, type: {cure}"


def made_for_python(environment):
    """The version of Python that an environment was made for, like 3.11, or "" if it doesn't say so."""
    notes = Path(environment, "pyvenv.cfg")
    version = notes.exists() and re.search(r"^version\w* *= *(\d+\.\d+)", notes.read_text(), re.MULTILINE)
    return version[1] if version else ""


def main():
    service = next(iter(sys.argv[1:]), None)
    if service:
        wait_our_turn(service)
        stay(service)
    if missing := what_is_missing(sys.prefix, "sudo make install" if service else "make clean run"):
        refuse_start(missing)
    try:
        launch(service)
    except BadSetting as problem:
        refuse_start(str(problem))
    except Exception:  # such as a mistake in game/, where the languages are looked up
        traceback.print_exc()
        sys.exit(workshop.CANNOT_LOAD)


if __name__ == "__main__":
    main()
