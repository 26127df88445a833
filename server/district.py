"""A district: many clubs on one computer, each with an ocean, a word and a key of its own. `sudo make club` runs this.

    python -m server.district make reds --domain example.org    a club whose address is reds.example.org. With a
                                                                slash after the domain: example.org/reds
    python -m server.district make --file clubs.csv             one for each line of a file, by its first column
    python -m server.district list                              how all of them are
    python -m server.district suspend reds                      close its door. With resume it opens again
    python -m server.district remove reds --logbook remove      without the last two words, the logbook stays
    python -m server.district export reds reds.tar              close its door, and put all of it into a file
    python -m server.district import reds.tar                   have it on another computer

A club is a file of settings, /etc/mocean@reds.env, a logbook, and a door, at which systemd listens: see door.py. Its
server runs only while somebody plays. So clubs that sleep take up no memory, and no time of the computer.
"""

import argparse
import csv
import os
import re
import secrets
import sqlite3
import sys
import tarfile
from contextlib import closing
from datetime import datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import segno

from server import clubs, releases
from server.backup import copies, open_logbook
from server.commands import Failed, perform, say, systemctl
from server.migrations import MIGRATIONS
from server.restore import holds
from server.settings import host_names

DOMAIN = Path("/etc/mocean-domain")  # what the addresses of all clubs share, with a slash if clubs are found by path
NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")  # as part of a host's name: RFC 1123 has no other letters
THINGS = "anchor beacon coral dolphin fin gull harbour island jib kelp lagoon mast narwhal oar pearl reef sail tide"
LOGBOOK, TRACKS = "logbook.sqlite3", "tracks"  # in the folder of a club
CARD = """The club {name}
  its address   {address}
  club word     {word}
  harbour page  {address}harbour
  harbour key   {key}
"""


def unit_of(name):
    return f"mocean@{name}"


def doors_of(names):
    return [f"{unit_of(name)}.socket" for name in names]


def known():
    """The names of all clubs, suspended or not."""
    return sorted(file.stem.partition("@")[2] for file in Path("/etc").glob("mocean@*.env"))


# ---- Make ----


def make(names, domain):
    """Make clubs, and print a card for the leader of each. If one of them can't be made, none is. Raises Failed."""
    if not names:
        raise Failed("Which club? Type: sudo make club NAME=reds")
    for number, name in enumerate(names):
        check_new(name, names[:number])
    domain = settled(domain)
    cards = [write_settings(name, domain) for name in names]
    open_doors(names)
    print("\n\n".join(cards))  # and no log has it


def check_new(name, others=()):
    """Raises Failed if a club can't have this name, as one here or one of the others has it, or as it is no name."""
    if not NAME.fullmatch(name):
        raise Failed(f"“{name}” is no name for a club: it needs small letters, digits or -, like reds or school-3.")
    if name in others or clubs.settings_file(unit_of(name)).exists():
        raise Failed(f"There is a club “{name}” already.")


def settled(domain):
    """The domain of all clubs: what is given now, or was given before. Raises Failed."""
    if domain:
        try:
            host_names(domain.removesuffix("/"))
        except ValueError:
            raise Failed(f"“{domain}” is no domain. It is a name like example.org, or example.org/") from None
        DOMAIN.write_text(f"{domain}\n")
    if not DOMAIN.exists():
        raise Failed("Which domain is it? Clubs get addresses in it: sudo make club NAME=reds DOMAIN=example.org")
    return DOMAIN.read_text().strip()


def write_settings(name, domain):
    """Write a club's file of settings, which only root can read. Returns the card for its leader."""
    address = f"{domain}{name}/" if domain.endswith("/") else f"{name}.{domain}/"
    word = f"{secrets.choice(THINGS.split())}-{secrets.choice(THINGS.split())}-{secrets.randbelow(90) + 10}"
    key = secrets.token_urlsafe(12)
    settings = f"MOCEAN_HOSTS={address.partition('/')[0]}\nMOCEAN_WORD={word}\nMOCEAN_HARBOUR_KEY={key}\n"
    write_secret(clubs.settings_file(unit_of(name)), settings.encode())
    return CARD.format(name=name, address=f"https://{address}", word=word, key=key) + qr_code(f"https://{address}")


def write_secret(file, content):
    """Write a file that only root can read."""
    file.touch(0o600)
    file.write_bytes(content)


def qr_code(text):
    """A QR code, as lines for a terminal."""
    picture = StringIO()
    segno.make(text).terminal(picture, compact=True)
    return picture.getvalue()


def open_doors(names):
    """Let systemd listen at doors, also when the computer starts again.

    It knows the units already. To read those of a thousand clubs again would keep all who come waiting for seconds.
    """
    systemctl("enable", "--no-reload", *doors_of(names))
    systemctl("start", *doors_of(names))


def names_in(file):
    """The names in the first column of a CSV file, apart from a heading. Raises Failed."""
    try:
        with open(file, newline="", encoding="utf-8-sig") as rows:
            names = [row[0].strip() for row in csv.reader(rows) if row and row[0].strip()]
    except (OSError, UnicodeError) as problem:
        raise Failed(f"{file} can't be read: {problem}") from None
    return names[names[:1] == ["name"] :]


# ---- Look ----


def overview():
    """Print how all clubs are, a line each."""
    columns = "{:16} {:10} {:>7} {:>6}  {:16} {:24} {:>8}  {:16} {}"
    heading = ("club", "is", "sailing", "ships", "last played", "version", "logbook", "last copy", "trouble")
    print(columns.format(*heading))
    states = states_of_units()
    for name in known():
        print(columns.format(name, *look_at(name, states)).rstrip())


def states_of_units():
    """Whether doors and servers are active, failed and so on, by unit."""
    lines = systemctl("list-units", "--all", "--plain", "--no-legend", "mocean@*").splitlines()
    return {unit: state for unit, _, state, *_ in map(str.split, lines)}


def look_at(name, states):
    """How a club is: the columns of its line."""
    unit, file = unit_of(name), clubs.STATE / unit_of(name) / LOGBOOK
    server, door = states.get(f"{unit}.service"), states.get(f"{unit}.socket")
    is_up = server in ("active", "activating")
    state = "awake" if is_up else "asleep" if door == "active" else "suspended"
    sailing = (re.match(r"\d+", clubs.status_of(unit)) or "0")[0] if is_up else 0
    release = releases.used_by(unit)
    held = "" if release == releases.in_use() else "held on an older version"
    trouble = "failed" if "failed" in (server, door) else held
    version = releases.version_of(release)
    if not file.exists():
        return state, sailing, 0, "never", version, "", "", trouble
    try:
        with closing(open_logbook(file)) as logbook:
            ships, heard = logbook.execute(
                "SELECT count(*), max(json_extract(facts, '$.heard')) FROM sailors"
            ).fetchone()
    except sqlite3.Error as problem:
        ships, heard, trouble = 0, None, str(problem)
    played = f"{datetime.fromtimestamp(heard):%Y-%m-%d %H:%M}" if heard else "never"
    size, copied = f"{file.stat().st_size // 1024} kB", copies(file)
    return state, sailing, ships, played, version, size, copied[-1].name[:15] if copied else "", trouble


def check():
    """Print which clubs can't be served by this program, with the reason."""
    for unit in map(unit_of, known()):
        try:
            clubs.settings_of(unit)
            if not clubs.is_readable(unit, len(MIGRATIONS)):
                raise Failed("Its logbook is newer than this program.")
        except Failed as problem:
            print(f"{unit}: {problem}")


# ---- Close, move and remove ----


def suspend(name):
    """Close a club's door, and stop its server."""
    club = clubs.in_district(name)
    systemctl("disable", "--no-reload", *doors_of([name]))
    clubs.stop(*doors_of([name]), club)


def resume(name):
    """Open a club's door again, also after a failure. It uses the release of all, if it was held on another one."""
    club = clubs.in_district(name)
    clubs.stop(*doors_of([name]), club)
    releases.let_go(club)
    open_doors([name])


def remove(name, with_logbook):
    """Remove a club, and its logbook with all copies if told so."""
    suspend(name)
    releases.let_go(unit_of(name))
    clubs.settings_file(unit_of(name)).unlink()
    if with_logbook:
        clubs.remove_files(unit_of(name))
        say(f"The club {name} is gone.")
    else:
        say(f"The club {name} is gone. Its logbook is still in {clubs.STATE / unit_of(name)}")


def export(name, file):
    """Put all of a club into a file, for another computer. Here it is suspended from then on."""
    suspend(name)
    folder = clubs.STATE / unit_of(name)
    with TemporaryDirectory() as temporary, tarfile.open(file, "x") as archive:
        Path(file).chmod(0o600)
        copy = Path(temporary, LOGBOOK)
        clubs.copy_logbook(unit_of(name), copy)
        parts = {f"{name}.env": clubs.settings_file(unit_of(name)), LOGBOOK: copy, TRACKS: folder / TRACKS}
        for part, path in parts.items():
            if path.exists():
                archive.add(path, part)
    say(f"{file} has all of the club {name}. To have it there, type: sudo make import FILE={Path(file).name}")


def bring_in(file):
    """Have a club that was exported. Raises Failed."""
    try:
        with tarfile.open(file) as archive:
            parts = {part.name: archive.extractfile(part).read() for part in archive if part.isfile()}
    except (OSError, tarfile.TarError) as problem:
        raise Failed(f"{file} can't be read: {problem}") from None
    name = next((part.removesuffix(".env") for part in parts if part.endswith(".env")), "")
    check_new(name)
    folder = clubs.STATE / unit_of(name)
    if folder.exists():
        raise Failed(f"{folder} has a logbook of a club “{name}” that was here. Move it away first.")
    settings = parts.pop(f"{name}.env")
    for part, content in parts.items():
        if re.fullmatch(rf"{LOGBOOK}|{TRACKS}/[\w.-]+", part):
            (folder / part).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / part).write_bytes(content)
    if LOGBOOK in parts:
        say(f"The logbook holds {holds(folder / LOGBOOK)}.")
    write_secret(clubs.settings_file(unit_of(name)), settings)
    open_doors([name])
    say(f"The club {name} is here, and its door is open.")


def main():
    parser = argparse.ArgumentParser(prog="python -m server.district", description="The clubs of a district.")
    commands = parser.add_subparsers(required=True, dest="command")

    def command(name, does, *words):
        added = commands.add_parser(name)
        added.set_defaults(does=does)
        for word in words:
            added.add_argument(word)
        return added

    making = command("make", lambda o: make(names_in(o.file) if o.file else o.names, o.domain))
    making.add_argument("names", nargs="*")
    making.add_argument("--file")
    making.add_argument("--domain")
    command("list", lambda o: overview())
    command("check", lambda o: check())
    command("suspend", lambda o: suspend(o.name), "name")
    command("resume", lambda o: resume(o.name), "name")
    removing = command("remove", lambda o: remove(o.name, o.logbook == "remove"), "name")
    removing.add_argument("--logbook", choices=["keep", "remove"], default="keep")
    command("export", lambda o: export(o.name, o.file), "name", "file")
    command("import", lambda o: bring_in(o.file), "file")
    options = parser.parse_args()
    if options.command in ("list", "check"):  # which change nothing
        if os.geteuid():
            sys.exit("Only root may look into the logbooks of all clubs. Type sudo in front of it.")
        options.does(options)
    else:
        perform(lambda: options.does(options))


if __name__ == "__main__":
    main()
