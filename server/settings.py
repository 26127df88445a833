"""Settings: what the environment says about how to serve, such as PORT=8081 or MOCEAN_WORD=plank.

    settings = Settings.read(os.environ)    # settings.port is 8081, or 8080 if nothing is said

Under systemd the environment comes from `/etc/mocean.env`. docs/admin.md lists what each setting means.
"""

import hmac
import os
import re
import socket
import sys
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from math import inf
from pathlib import Path

CANNOT_START = 78  # the exit status EX_CONFIG of sysexits.h: systemd doesn't try again, as that would be no use
SHORTEST_KEY = 12  # characters


class BadSetting(Exception):
    """A setting that can't be used, as a sentence for the leader."""


# ---- From text to value. Each raises ValueError or KeyError if the text is nonsense. ----


def whole_number(least, most=inf):
    """What reads a number from `least` to `most`."""

    def read(text):
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def one_of(**values):
    """What reads the name of one of the values."""
    return values.__getitem__


def parts(text):
    """The parts of a text like "en, de"."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def languages(text):
    # Imported late, so that a mistake in game/ stops the server, which can say so, and not the watchdog before it.
    from game.moderation import Moderator

    codes = parts(text)
    if not codes:
        raise ValueError(text)
    Moderator(codes)
    return codes


def host_names(text):
    names = tuple(name.lower().removesuffix(".") for name in parts(text))
    if not names or not all(re.fullmatch(r"[a-z0-9.-]+", name) for name in names):
        raise ValueError(text)
    return names


def networks(text):
    return tuple(map(ip_network, parts(text)))


def harbour_key(text):
    """A key that is too short is not quoted, unlike other nonsense: the sentence ends up in a log."""
    if len(text) < SHORTEST_KEY:
        raise BadSetting(f"The setting MOCEAN_HARBOUR_KEY needs {SHORTEST_KEY} or more characters, not {len(text)}.")
    return text


def setting(name, default, read=str, what="a text"):
    """A field of Settings: its name in the environment, what it is without that, how to read it, and what it can be."""
    return field(default=default, metadata={"name": name, "read": read, "what": what})


# ---- The settings ----


@dataclass(frozen=True, repr=False)  # as it would show the keys
class Settings:
    """How to serve. The file `logbook` may also be ":memory:", for none."""

    host: str = setting("HOST", "127.0.0.1")
    port: int = setting("PORT", 8080, whole_number(1, 65535), "a number from 1 to 65535, like 8080")
    logbook: str = setting("MOCEAN_LOGBOOK", str(Path(__file__).parents[1] / "logbook.sqlite3"))
    sync: str = setting("MOCEAN_SYNC", "normal", one_of(normal="normal", full="full"), "normal or full")
    word: str = setting("MOCEAN_WORD", None)
    harbour_key: str = setting("MOCEAN_HARBOUR_KEY", None, harbour_key)
    languages: tuple = setting("MOCEAN_LANGUAGES", ("en",), languages, "one or more codes of languages, like en,de")
    rude_words: tuple = setting("MOCEAN_RUDE_WORDS", (), parts)
    limits: bool = setting("MOCEAN_LIMITS", True, one_of(on=True, off=False), "on or off")
    most_awake: int = setting("MOCEAN_MOST_AWAKE", 500, whole_number(0), "a whole number, like 500")
    most_per_address: int = setting("MOCEAN_MOST_PER_ADDRESS", 420, whole_number(1), "a whole number, like 420")
    hosts: tuple = setting("MOCEAN_HOSTS", (), host_names, "one or more names or addresses, like reds.example.org")
    keep_days: int = setting("MOCEAN_KEEP_DAYS", 365, whole_number(1), "a whole number of days, like 365")
    proxies: tuple = setting("MOCEAN_PROXIES", (), networks, "one or more addresses or networks, like 10.0.0.0/8")

    @classmethod
    def read(cls, environ):
        """The settings in a mapping of texts; an empty text is none. Raises BadSetting."""
        values = {}
        if environ.get("STATE_DIRECTORY"):  # where systemd keeps the files of a service
            values["logbook"] = os.path.join(environ["STATE_DIRECTORY"], "logbook.sqlite3")
        for one in fields(cls):
            about = one.metadata
            text = environ.get(about["name"], "").strip()
            try:
                if text:
                    values[one.name] = about["read"](text)
            except (ValueError, KeyError) as error:
                raise BadSetting(f"The setting {about['name']} is {about['what']}. It can't be “{text}”.") from error
        return cls(**values)

    @property
    def way_in(self):
        """The host and the port at which a program on this computer reaches the server."""
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host, self.port

    @property
    def harbour_token(self):
        """What a browser keeps instead of the harbour key: from it nobody can work out the key."""
        return hmac.new(self.harbour_key.encode(), b"harbour", "sha256").hexdigest()

    def check_address(self):
        """Raises BadSetting if host and port can't be had."""
        try:
            socket.create_server((self.host, self.port)).close()
        except OSError as error:
            reason = str(error).partition(" (while")[0]
            raise BadSetting(
                f"Port {self.port} of {self.host} can't be used: {reason}. "
                f"Try another one, like PORT={self.port % 65535 + 1}."
            ) from error


def settings_of(service):
    """The settings of a service, as texts by name: “mocean”, or “mocean@reds” of the club reds. Raises BadSetting."""
    file = f"/etc/{service}.env"
    return read_file(file) if os.path.exists(file) else {}


def read_file(path):
    """The settings in a file, one NAME=VALUE a line. Raises BadSetting."""
    settings = {}
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, equals, value = line.partition("=")
            if not equals:
                raise BadSetting(f"Line {number} of {path} is no setting like PORT=8081: “{line}”.")
            settings[name.strip()] = value.strip().strip("\"'")
    return settings


# ---- Starting ----


def refuse_start(sentence):
    """End the program with a sentence for the leader."""
    print(sentence, file=sys.stderr, flush=True)
    tell_systemd(f"STATUS={sentence}")
    sys.exit(CANNOT_START)


def tell_systemd(*facts):
    """If systemd has started us, send it facts such as STATUS=All is well: see its manual page sd_notify(3)."""
    from game.errors import printable  # imported late, see `languages`

    name = os.environ.get("NOTIFY_SOCKET")
    if name:
        address = "\0" + name[1:] if name.startswith("@") else name
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.sendto("\n".join(map(printable, facts)).encode(), address)
