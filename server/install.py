"""Install the server as a service of this computer, upgrade it, or remove it: what `sudo make install` runs.

A *release* is one version of the program with its own Python environment, in a folder such as
/opt/mocean-20270131-170000. The link /opt/mocean says which release is in use. A new release is built beside it, then
rehearsed: the new unit runs the new program on a spare port, with the real settings and a copy of the logbook. Only if
that works is the server stopped, for the second that it takes to switch. If the new release then doesn't answer, the
old one is put back. The logbook itself is never touched.

Needs root, systemd, and nothing but Python's standard library.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from game.errors import printable_lines
from server.settings import BadSetting, settings_of

HERE = Path(__file__).resolve().parents[1]
PROGRAM = Path("/opt/mocean")
UNITS = Path("/etc/systemd/system")
NAMES = ("mocean.service", "mocean@.service")  # one file under two names: it says why
STATE = Path("/var/lib/private")  # where systemd keeps the files of a service with DynamicUser=yes
REHEARSAL = "mocean-rehearsal"
NOT_NEEDED = shutil.ignore_patterns(".*", "tests", "bench", "__pycache__", "*.sqlite3*", "*.sock")


class Failed(Exception):
    """Why it can't be done, as a sentence."""


def run(*command, **options):
    """Run a command and return everything it prints, as others can have a say in that: printable. Raises Failed."""
    words = list(map(str, command))
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    out = printable_lines(result.stdout)
    if result.returncode:
        raise Failed(f"{' '.join(words)}\n{out}")
    return out


def systemctl(*words):
    return run("systemctl", *words)


def start(*units):
    """Start units. Raises Failed, with the last lines of the log."""
    for unit in units:
        try:
            systemctl("start", unit)
        except Failed:
            log = run("journalctl", "--unit", unit, "--lines", 25, "--output", "cat", "--no-pager")
            raise Failed(f"{unit} does not start. The last lines of its log:\n\n{log}") from None


def stop(units):
    """Stop units, and forget that they have failed."""
    if units:
        systemctl("stop", *units)
        # Or an earlier failure would count against the next start. It complains about units that haven't failed.
        subprocess.run(["systemctl", "reset-failed", *units], check=False, capture_output=True)


# ---- Install ----


def install():
    """Build a release, rehearse it, and switch to it."""
    check_machine()
    check_place()
    os.umask(0o022)  # everybody may read what is installed
    release = Path(f"{PROGRAM}-{datetime.now():%Y%m%d-%H%M%S}")
    try:
        build(release)
        rehearse(release)
        switch(release)
    except BaseException:
        shutil.rmtree(release, ignore_errors=True)
        raise
    for old in set(releases()) - {release}:
        shutil.rmtree(old)
    for server in servers("active"):
        print(f"{server}: {systemctl('show', '--value', '--property=StatusText', server).strip()}")


def releases():
    """The folders of all releases."""
    return PROGRAM.parent.glob(f"{PROGRAM.name}-20??????-??????")


def servers(*states):
    """The names of the units in these states: active, failed and so on."""
    names = ("mocean.service", "mocean@*.service")
    lines = systemctl("list-units", "--plain", "--no-legend", f"--state={','.join(states)}", *names).splitlines()
    return [line.split()[0] for line in lines]


def check_machine():
    """Raises Failed if services can't be installed here, or not by this user."""
    if os.geteuid():
        raise Failed("Only root may install a service. Type: sudo make install")
    if not Path("/run/systemd/system").exists():
        raise Failed("This computer is not run by systemd. To start the server by hand, type: make run")


def check_place():
    """Raises Failed if the service could not see its Python, or if the program's place is taken."""
    if sys.base_prefix.startswith(("/home/", "/root/")):
        raise Failed(
            f"The Python in {sys.base_prefix} is in a home directory, which services can't see. "
            "Name another one: sudo make install PYTHON=/usr/bin/python3"
        )
    if PROGRAM.exists() and not PROGRAM.is_symlink():
        raise Failed(f"{PROGRAM} was made by hand. Move it away first.")


def build(release):
    """Copy the program into a new folder and make its environment there."""
    print(f"Building {release} ...", flush=True)
    shutil.copytree(HERE, release, ignore=NOT_NEEDED)
    run("make", "-C", release, "env/run", "VENV=env", f"PYTHON={sys.executable}")
    run(release / "env/bin/python", "-m", "compileall", "-q", release)
    # The files may be private to whoever cloned the program, and the service runs as another user.
    run("chmod", "-R", "u=rwX,go=rX", release)


def rehearse(release):
    """Run the new unit with the new program beside the old one. Raises Failed."""
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    print(f"Trying it on port {port} ...", flush=True)
    with rehearsal(release, HOST="127.0.0.1", PORT=port, MOCEAN_LOGBOOK="") as unit:
        verify(unit)
        copy_logbook(release)
        start(unit.name)


def verify(unit):
    """Raises Failed if systemd does not understand all of a unit: it would merely skip the rest."""
    words = run("systemd-analyze", "verify", unit)
    if "ignoring" in words:
        raise Failed(f"systemd does not understand the unit:\n\n{words}")


@contextmanager
def rehearsal(release, **changes):
    """The path of a unit like the new one, except for where its program is and for its settings."""
    unit = Path(f"/run/systemd/system/{REHEARSAL}.service")
    environment = Path(f"/run/{REHEARSAL}.env")
    environment.touch(mode=0o600)
    settings_of("mocean")  # or why these can't be used
    settings = Path("/etc/mocean.env")
    lines = settings.read_text().splitlines() if settings.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in changes]
    environment.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in changes.items())]))
    text = (release / "mocean.service").read_text().replace(str(PROGRAM), str(release))
    text = text.replace("/etc/%N.env", str(environment))
    unit.write_text(text.replace("[Install]", "[Service]\nRestart=no\n\n[Install]"))
    systemctl("daemon-reload")
    try:
        yield unit
    finally:
        stop([unit.name])
        shutil.rmtree(STATE / REHEARSAL, ignore_errors=True)
        (STATE.parent / REHEARSAL).unlink(missing_ok=True)
        unit.unlink()
        environment.unlink()
        systemctl("daemon-reload")


def copy_logbook(release):
    """Give the rehearsal a copy of the logbook, as the new program may have to convert it to a new version."""
    logbook = STATE / "mocean" / "logbook.sqlite3"
    if logbook.exists():
        (STATE / REHEARSAL).mkdir(mode=0o700, exist_ok=True)
        copy = STATE / REHEARSAL / logbook.name
        python, environment = release / "env/bin/python", {"MOCEAN_LOGBOOK": str(logbook)}
        run(python, "-m", "server.backup", copy, cwd=release, env=environment)


def switch(release):
    """Let the servers, or a first one, run the new release. If that fails, they run the old one again."""
    old, old_unit = PROGRAM.resolve(), UNITS / NAMES[0]
    is_first = not old_unit.exists()
    old_text = "" if is_first else old_unit.read_text()
    running, failed = servers("active", "activating"), servers("failed")
    print("Switching ...", flush=True)
    try:
        stop(running + failed)
        place(release, (release / "mocean.service").read_text())
        start(*NAMES[:1] if is_first else running)
        if is_first:
            systemctl("enable", NAMES[0])
    except BaseException:
        print("It does not work. Going back ...", flush=True)
        stop(servers("active", "activating", "failed"))
        if is_first:
            remove_program()
        else:
            place(old, old_text)
        try_to_start(running)
        raise
    try_to_start(failed)


def try_to_start(units):
    """Start what can be started. Units that had failed before may have reasons of their own."""
    for unit in units:
        try:
            start(unit)
        except Failed as problem:
            print(problem)


def place(release, unit):
    """Make this release and the text of this unit the ones in use."""
    link = PROGRAM.with_name(f"{PROGRAM.name}.new")
    link.unlink(missing_ok=True)
    link.symlink_to(release)
    link.replace(PROGRAM)
    for name in NAMES:
        (UNITS / name).write_text(unit)
    systemctl("daemon-reload")


# ---- Uninstall ----


def uninstall(with_logbook):
    """Remove the program, and the logbooks if told so. The settings stay."""
    check_machine()
    stop(servers("active", "activating", "failed"))
    subprocess.run(["systemctl", "disable", *NAMES], check=False, capture_output=True)  # complains without units
    remove_program()
    for release in releases():
        shutil.rmtree(release)
    if with_logbook:
        for folder in [STATE / "mocean", *STATE.glob("mocean@*")]:
            shutil.rmtree(folder, ignore_errors=True)
            (STATE.parent / folder.name).unlink(missing_ok=True)
        print("The program and the logbooks are gone. The settings are still in /etc.")
    else:
        print(f"The program is gone. The logbooks are still in {STATE.parent}/mocean*, the settings in /etc.")


def remove_program():
    """Remove the link and the units."""
    PROGRAM.unlink(missing_ok=True)
    for name in NAMES:
        (UNITS / name).unlink(missing_ok=True)
    systemctl("daemon-reload")


def main():
    parser = argparse.ArgumentParser("python -m server.install", description="Make Mocean a service, or upgrade it.")
    parser.add_argument("--uninstall", action="store_true", help="remove the service")
    parser.add_argument("--logbook", choices=["keep", "remove"], default="keep", help="what to do with it then")
    options = parser.parse_args()
    try:
        uninstall(options.logbook == "remove") if options.uninstall else install()
    except (Failed, BadSetting, OSError) as problem:
        sys.exit(f"\n{problem}")


if __name__ == "__main__":
    main()
