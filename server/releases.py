"""Releases: what lies in /opt, and which of it is in use.

    /opt/mocean                     a link to the release in use
    /opt/mocean.previous            a link to the one that was in use before
    /opt/mocean.held/mocean@reds    a link to the one that this club stays on, as it could not use a newer one
    /opt/mocean-20270131-170000     a release: one version of the program. Its `env` is a link to an environment
    /opt/mocean-env-1a2b3c4d5e6f    an environment: Python and the packages of one requirements.lock

What is half-made is never in use. A release gets its name, which ends in .partial before, when it has been rehearsed.
An environment is whole when `make` has put the file `run` into it.
"""

import os
import re
import shutil
import sys
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from server import launch
from server.clubs import stop
from server.commands import Failed, run, say, systemctl
from server.version import COMMIT, HERE, with_commit

PROGRAM, PREVIOUS, HELD = Path("/opt/mocean"), Path("/opt/mocean.previous"), Path(launch.HELD)
UNITS = Path("/etc/systemd/system")
NAMES = ("mocean.service", "mocean@.service")  # one file under two names: it says why
OURS = re.compile(r"mocean-(20\d{6}-\d{6}(\.partial)?|env-[0-9a-f]{12})")  # the names of folders
FETCHED = "web/fetched"
NOT_NEEDED = shutil.ignore_patterns(".*", "tests", "bench", "wheels", "__pycache__", "*.sqlite3*", "*.jsonl", "*.sock")


def in_use():
    """The release in use, or None."""
    return PROGRAM.resolve() if PROGRAM.exists() else None


def held():
    """The releases on which single clubs are held: see `hold`."""
    return {link.resolve() for link in HELD.glob("*")}


def used_by(club):
    """The release that a club's server uses, or will when it starts."""
    return (HELD / club).resolve() if (HELD / club).exists() else in_use()


def hold(club, release):
    """Let one club stay on a release, whatever the others use. Its server is started by that: see launch.py."""
    HELD.mkdir(exist_ok=True)
    link(HELD / club, release)


def let_go(club):
    """Let a club use the release of all again."""
    (HELD / club).unlink(missing_ok=True)


def misfits(release):
    """The clubs of a district whose settings or logbook a release can't use, each with what is wrong."""
    if not (release / "server/district.py").exists():  # it is older than districts
        return {}
    lines = run(release / "env/bin/python", "-B", "-m", "server.district", "check", cwd=release).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def previous():
    """The release that was in use before, or None."""
    release = PREVIOUS.resolve()
    return release if release.is_dir() and release != in_use() else None


def version_of(release):
    """The version of a release, with its commit."""
    version = re.search(r'^VERSION = "(.*)"', (release / "mocean.py").read_text(), re.MULTILINE)[1]
    return with_commit(version, release)


@cache
def newest_logbook(release):
    """The newest version of a logbook that a release can read."""
    question = "from server.migrations import MIGRATIONS; print(len(MIGRATIONS))"
    return int(run(release / "env/bin/python", "-B", "-c", question, cwd=release))


# ---- Build ----


def check_place():
    """Raises Failed if the service could not see its Python, or if the program's place is taken."""
    if sys.base_prefix.startswith(("/home/", "/root/")):
        raise Failed(
            f"The Python in {sys.base_prefix} is in a home directory, which services can't see. "
            "Name another one: sudo make install PYTHON=/usr/bin/python3"
        )
    if PROGRAM.exists() and not PROGRAM.is_symlink():
        raise Failed(f"{PROGRAM} was made by hand. Move it away first.")


def build(with_fetching):
    """Make a release of the program in this folder. Returns where it is until `finish`."""
    release = Path(f"{PROGRAM}-{datetime.now():%Y%m%d-%H%M%S}.partial")
    shutil.copytree(HERE, release, ignore=NOT_NEEDED)
    commit = commit_in(HERE)
    if commit:
        (release / COMMIT).write_text(commit)
    say(f"Building {version_of(release)} in {finished(release)} ...")
    (release / "env").symlink_to(environment_for(release))
    bring_fetched(release, with_fetching)
    run(release / "env/bin/python", "-m", "compileall", "-q", release)
    # The files may be private to whoever cloned the program, and the service runs as another user.
    run("chmod", "-R", "u=rwX,go=rX", release)
    verify(release)
    return release


def commit_in(folder):
    """The commit in a folder, with a mark if files have changed since, or "".

    git runs as the folder's owner: it trusts nobody else's folder, and what that may tell git to run is not for root.
    """
    owner = folder.stat()
    words = ("git", "-c", "core.fsmonitor=false", "describe", "--always", "--exclude=*", "--dirty=.changed")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    try:
        said = run(*words, cwd=folder, user=owner.st_uid, group=owner.st_gid, extra_groups=[], env=environment)
    except (Failed, OSError):  # no git, or no commit
        return ""
    named = re.search(r"^[0-9a-f]+(\.changed)?$", said, re.MULTILINE)
    return named[0] if named else ""


def environment_for(release):
    """The environment with this Python and what the release has locked: the one that is there, or a new one."""
    lock = (release / "requirements.lock").read_bytes()
    name = sha256(f"{sys.version} {sys.executable}\n".encode() + lock).hexdigest()[:12]
    environment = Path(f"{PROGRAM}-env-{name}")
    whole = environment / "run"
    if not whole.exists():
        shutil.rmtree(environment, ignore_errors=True)
        settings = {"VENV": environment, "PYTHON": sys.executable, "WHEELS": os.environ.get("WHEELS", "")}
        run("make", "-C", release, whole, *(f"{name}={value}" for name, value in settings.items()))
    return environment


def bring_fetched(release, with_fetching):
    """See that a release has what the page /python needs: what is here, or in the release in use, or is fetched.

    Without it, all else works.
    """
    there, before = release / FETCHED, PROGRAM / FETCHED
    if not there.exists() and before.exists():
        shutil.copytree(before, there)
    if with_fetching:
        try:
            run(release / "env/bin/python", "-m", "server.fetch", cwd=release)
        except Failed as problem:
            say(f"{problem}\nThis is only a warning. Without a network, FETCH=no saves the wait.")


def finished(release):
    """The name that a release gets when it is finished."""
    return release.with_suffix("")


def finish(release):
    """Give a release its name. Returns that."""
    os.sync()  # so that also a power cut leaves no half of it
    return release.rename(finished(release))


# ---- Units ----


def units_of(release):
    """The unit files of a release, by their names."""
    more = [file for kind in ("service", "socket", "timer") for file in release.glob(f"deploy/*.{kind}")]
    return dict.fromkeys(NAMES, release / "mocean.service") | {file.name: file for file in more}


def verify(release):
    """Raises Failed if systemd does not understand all of a unit: it would merely skip the rest."""
    folder = release / "units"
    folder.mkdir()
    for name, file in units_of(release).items():
        (folder / name).write_text(file.read_text().replace(str(PROGRAM), str(release)))
    try:
        words = run("systemd-analyze", "verify", *folder.iterdir())
    except Failed as problem:
        raise Failed(f"systemd does not accept the units:\n\n{problem}") from None
    if "ignoring" in words:
        raise Failed(f"systemd does not understand the units:\n\n{words}")
    shutil.rmtree(folder)


def place(release):
    """Make a release and its units the ones in use. The one before becomes the previous one."""
    here = in_use()
    for name, file in units_of(release).items():
        replace(UNITS / name, file.read_text())
    for name in (units_of(here).keys() if here else set()) - units_of(release).keys():
        (UNITS / name).unlink(missing_ok=True)
    systemctl("daemon-reload")
    if not here:
        systemctl("enable", NAMES[0])
    elif here != release:
        link(PREVIOUS, here)
    link(PROGRAM, release)


def replace(file, text):
    """Write a file at once: nobody ever sees half of it."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    new.chmod(0o644)
    new.replace(file)


def link(path, target):
    """Let a link lead to a target from now on."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(path)


# ---- Remove ----


def clean_up():
    """Remove what is in use no more, and what was left half-made by a command that was killed."""
    kept = {release for release in (in_use(), previous(), *held()) if release}
    used = kept | {(release / "env").resolve() for release in kept}
    for folder in set(PROGRAM.parent.iterdir()) - used:
        if OURS.fullmatch(folder.name):
            shutil.rmtree(folder)


def remove():
    """Stop everything, and remove the units, all releases and their environments."""
    names = {*NAMES, *(name for release in (in_use(), previous()) if release for name in units_of(release))}
    names = [name for name in names if (UNITS / name).exists()]
    if names:
        stop(*(name.replace("@.", "@*.") for name in names))
        systemctl("disable", *names)
    for file in (*(UNITS / name for name in names), PROGRAM, PREVIOUS):
        file.unlink(missing_ok=True)
    shutil.rmtree(HELD, ignore_errors=True)
    systemctl("daemon-reload")
    clean_up()
