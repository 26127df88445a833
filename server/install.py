"""Install the server as a service of this computer, upgrade it, go back, or remove it: `sudo make install` runs this.

A new *release* of the program is built beside the one in use, and rehearsed for each club: see releases.py and
rehearsal.py. Only if that works do the clubs switch to it, one after the other. Each server is stopped for a moment, in
which its logbook is copied. If a new one then doesn't answer, all go back.

Two releases are kept, the one in use and the one before, so `sudo make rollback` takes seconds and no network.

Needs root, systemd, and nothing but Python's standard library.
"""

import argparse
import os
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from server import clubs, releases
from server.commands import Failed, perform, say, uninterrupted
from server.door import door_of
from server.rehearsal import rehearse, strike
from server.restore import put_back

FIRST = "mocean"  # the club whose server the first installation starts
SWITCHING = Path("/run/mocean-install.clubs")  # which clubs have to run when a switch is over


def check_machine():
    """Raises Failed if services can't be installed here."""
    if not Path("/run/systemd/system").exists():
        raise Failed("This computer is not run by systemd. To start the server by hand, type: make run")


# ---- Install ----


def install(with_fetching=True):
    """Build a release, rehearse it, and switch to it. What the page /python needs is fetched if it isn't here."""
    check_machine()
    releases.check_place()
    os.umask(0o022)  # everybody may read what is installed
    with tidied():
        release, canary = releases.build(with_fetching), os.environ.get("CANARY")
        for club in without_doors(clubs.broken()):
            try:
                try_out(release, club)
            except Failed as problem:
                say(f"{problem}\nIt had failed before, so this is only a warning.")
        first, *others = to_run(canary) or [FIRST]
        for club in [first, *without_doors(others)]:
            try_out(release, club)
        with uninterrupted():
            switch(releases.finish(release), canary)


@contextmanager
def tidied():
    """Leave nothing behind, however it ends; and remove what was left behind by a command that was killed."""
    with uninterrupted():
        strike()
        releases.clean_up()
    try:
        yield
    finally:
        with uninterrupted():
            releases.clean_up()


def try_out(release, club):
    say(f"Trying it as {club} ...")
    rehearse(release, club)


def without_doors(clubs):
    """Those of some clubs that are in no district. There, one rehearsal tells enough, as each has its own way back."""
    return [club for club in clubs if not door_of(club)]


def to_run(canary=None):
    """The clubs whose servers run, or would if a switch had not been killed. If the canary runs, it is the first."""
    unfinished = SWITCHING.read_text().split() if SWITCHING.exists() else []
    return sorted({*clubs.running(), *unfinished}, key=lambda club: (club.rpartition("@")[2] != canary, club))


def rollback():
    """Switch to the release that was in use before."""
    check_machine()
    release = way_back(to_run())
    with uninterrupted():
        switch(release)


def roll_back(name):
    """Let one club of a district use the release before, until `make resume`. Raises Failed."""
    check_machine()
    club = clubs.in_district(name)
    release = way_back([club])
    with uninterrupted():
        stay(club, release)
    say(f"{club}: {clubs.status_of(club)} It stays on that version until you type: sudo make resume CLUB={name}")


def way_back(to_move):
    """The release that was in use before, if there is one, and it can read the logbooks of these clubs, or copies.

    Raises Failed.
    """
    release = releases.previous()
    if not release:
        raise Failed("There is no version to go back to.")
    newest = releases.newest_logbook(release)
    for club in to_move:
        if not clubs.is_readable(club, newest):
            clubs.fitting_copy(club, newest)
    return release


# ---- Switch ----


def switch(release, canary=None):
    """Let all clubs use another release, one after the other. If the first of them can't, that one goes back, and none
    follows. Of the others, whoever can't stays on the old release.

    The first is the canary, if that runs. A club that sleeps uses the release as soon as it wakes.
    """
    old, before, running, broken = releases.in_use(), releases.previous(), to_run(canary), clubs.broken()
    releases.newest_logbook(release)  # which is remembered: no club has to wait for the answer
    misfits = releases.misfits(release)
    if not old:
        running = running or [FIRST]
    first, *others = running or [None]
    used = {club: releases.used_by(club) for club in others}
    say(f"Switching to {releases.version_of(release)} ...")
    SWITCHING.write_text("\n".join(running))
    try:
        hold_sleepers({club: problem for club, problem in misfits.items() if club not in running})
        try:
            releases.place(release)
            if first:
                move(first, release)
        except Exception:
            say("It does not work. Going back ...")
            woken = {*clubs.running()} - {*running}  # meanwhile, with the new release
            go_back(old, before, woken | ({first} if first else set()))
            raise
        for club in others:
            move_or_stay(club, release, used[club])
    finally:
        SWITCHING.unlink()
    for club in broken:
        if club not in misfits:
            try_to(move, club, release)
    for club in running:
        was = f" Before, it was {releases.version_of(old)}." if old else ""
        say(f"{club}: {clubs.status_of(club)}{was}")


def hold_sleepers(misfits):
    """Let clubs that sleep, and can't use a new release, stay on theirs. Each is given with what is wrong."""
    for club, problem in misfits.items():
        release = releases.used_by(club)
        say(f"{club} sleeps, and will stay on {releases.version_of(release)}. {problem}")
        releases.hold(club, release)


def go_back(old, before, moved):
    """Let the clubs that have moved use the old release again or, if there was none, let all be as before."""
    if not old:
        releases.remove()
        return
    with ExitStack() as at_the_end:
        for club in moved:
            try_to(at_the_end.enter_context, clubs.stopped(club))
        try_to(releases.place, old)
        if before:
            releases.link(releases.PREVIOUS, before)
        else:
            releases.PREVIOUS.unlink(missing_ok=True)
        for club in moved:
            try_to(adapt_logbook, club, old)
    for club in moved:
        try_to(clubs.start, club)


def move_or_stay(club, release, old):
    """Let a club use another release or, if it can't, stay on the one that it used before."""
    try:
        move(club, release)
    except Failed as problem:
        say(f"{problem}\n{club} stays on {releases.version_of(old)}.")
        try_to(stay, club, old)


def stay(club, release):
    """Hold a club on a release."""
    with clubs.stopped(club):
        releases.hold(club, release)
        adapt_logbook(club, release)
    clubs.start(club)


def move(club, release):
    """Restart the server of a club with the release in use. While nobody writes, its logbook is copied."""
    with clubs.stopped(club):
        releases.let_go(club)
        if not adapt_logbook(club, release):
            clubs.keep_logbook(club)
    clubs.start(club)


def adapt_logbook(club, release):
    """If a release can't read the logbook, let the newest copy that it can read take its place. Raises Failed.

    Returns True if that was so.
    """
    newest = releases.newest_logbook(release)
    if clubs.is_readable(club, newest):
        return False
    use_copy(club, newest)
    return True


def use_copy(club, newest):
    """Let the newest copy take the place of a logbook which the release in use can't read. Raises Failed."""
    copy, file = clubs.fitting_copy(club, newest), clubs.logbook_of(club)
    aside = put_back(copy, file)
    made = datetime.strptime(copy.name[:17], "%Y-%m-%d-%H%M%S")
    name = club.partition("@")[2] or club
    say(
        f"{club}: the logbook is now the copy of {made:%Y-%m-%d %H:%M:%S}, as the older program can't read the newer "
        f"one. To have that back, use the newer program again, and type: sudo make restore CLUB={name} COPY={aside}"
    )


def try_to(do, *what):
    """Do what can be done, and say what can't."""
    try:
        do(*what)
    except (Failed, OSError) as problem:
        say(str(problem))


# ---- Uninstall ----


def uninstall(with_logbook):
    """Remove the program, and the logbooks if told so. The settings stay."""
    check_machine()
    with uninterrupted():
        strike()
        releases.remove()
        if with_logbook:
            for folder in [clubs.STATE / "mocean", *clubs.STATE.glob("mocean@*")]:
                clubs.remove_files(folder.name)
            say("The program and the logbooks are gone, with their backups and tracks. The settings are still in /etc.")
        else:
            say(f"The program is gone. The logbooks are still in {clubs.STATE.parent}/mocean*, the settings in /etc.")


def main():
    parser = argparse.ArgumentParser("python -m server.install", description="Make Mocean a service, or upgrade it.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--rollback", action="store_true", help="use the version before again")
    parser.add_argument("--club", help="which club of a district uses the version before again. The others don't")
    what.add_argument("--uninstall", action="store_true", help="remove the service")
    parser.add_argument("--logbook", choices=["keep", "remove"], default="keep", help="what to do with it then")
    parser.add_argument("--fetch", choices=["yes", "no"], default="yes", help="fetch what the page /python needs")
    options = parser.parse_args()
    if options.uninstall:
        perform(lambda: uninstall(options.logbook == "remove"))
    elif options.rollback:
        perform(lambda: roll_back(options.club) if options.club else rollback())
    else:
        perform(lambda: install(options.fetch == "yes"))


if __name__ == "__main__":
    main()
