"""Settings: what the environment says about how to serve, such as PORT=8081 or MOCEAN_WORD=plank.

    settings = Settings.read(os.environ)    # settings.port is 8081, or 8080 if nothing is said

Those of the service are in a file, /etc/mocean.env. server/launch.py puts them into the environment of the server.
docs/admin.md lists what each setting means.
"""

import hmac
import os
import re
import socket
import sys
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
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


def host(text):
    """A name or an address. An address of IPv6 may have the brackets around it that it needs in a URL."""
    return text.strip("[]")


def host_names(text):
    names = tuple(host(name).lower().removesuffix(".") for name in parts(text))
    if not names or not all(re.fullmatch(r"[a-z0-9.-]+", name) or ip_address(name) for name in names):
        raise ValueError(text)
    return tuple(map(in_url, names))


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

    host: str = setting("HOST", "127.0.0.1", host)
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
    seed: str = setting("MOCEAN_SEED", None)
    keep_days: int = setting("MOCEAN_KEEP_DAYS", 365, whole_number(1), "a whole number of days, like 365")
    tracks_days: int = setting("MOCEAN_TRACKS_DAYS", 30, whole_number(0), "a whole number of days, like 30")
    tracks_size: int = setting("MOCEAN_TRACKS_MEGABYTES", 100, whole_number(1), "a whole number, like 100")
    proxies: tuple = setting("MOCEAN_PROXIES", (), networks, "one or more addresses or networks, like 10.0.0.0/8")

    @classmethod
    def read(cls, environ):
        """The settings in a mapping of texts; an empty text is none. Raises BadSetting."""
        for name in environ:
            if name.upper().startswith("MOCEAN_") and name not in NAMES:
                raise BadSetting(no_setting(name))
        values = {}
        if environ.get("STATE_DIRECTORY"):  # where systemd keeps the files of a service
            values["logbook"] = os.path.join(environ["STATE_DIRECTORY"], "logbook.sqlite3")
        for one in fields(cls):
            about = one.metadata
            text = environ.get(about["name"], "").strip()
            if text[:1] == text[-1:] == '"':  # on Windows, set MOCEAN_WORD="plank" takes the quotes along
                text = text.strip('"')
            try:
                if text:
                    values[one.name] = about["read"](text)
            except (ValueError, KeyError) as error:
                raise BadSetting(f"The setting {about['name']} is {about['what']}. It can't be “{text}”.") from error
        return cls(**values)

    @property
    def way_in(self):
        """The host and the port at which a program on this computer reaches the server."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port

    @property
    def harbour_token(self):
        """What a browser keeps instead of the harbour key: from it nobody can work out the key."""
        return hmac.new(self.harbour_key.encode(), b"harbour", "sha256").hexdigest()

    def check_address(self):
        """Raises BadSetting if host and port can't be had."""
        is_new = ":" in self.host  # an address of IPv6; the address :: is also for those who come by IPv4
        family = socket.AF_INET6 if is_new else socket.AF_INET
        try:
            socket.create_server((self.host, self.port), family=family, dualstack_ipv6=is_new).close()
        except (OSError, ValueError) as error:  # ValueError where there is no IPv6
            reason = str(error).partition(" (while")[0]
            raise BadSetting(
                f"Port {self.port} of {self.host} can't be used: {reason}. "
                f"Try another one, like PORT={self.port % 65535 + 1}."
            ) from error


NAMES = tuple(one.metadata["name"] for one in fields(Settings))


def no_setting(name):
    """What to say of a name that is none of a setting, as a sentence; "" for one that isn't like any, such as TZ."""
    short_names = {known.removeprefix("MOCEAN_"): known for known in NAMES}
    is_ours = name.upper().startswith("MOCEAN")
    meant = get_close_matches(name.upper().removeprefix("MOCEAN_"), short_names, 1, cutoff=0.6 if is_ours else 0.75)
    if not (is_ours or meant):
        return ""
    hint = f"Did you mean {short_names[meant[0]]}?" if meant else "The settings are listed in docs/admin.md."
    return f"{name} is no setting. {hint}"


def in_url(host):
    """A host as URLs and uWSGI want it: an address of IPv6 in brackets, so that no colon of it is that of a port."""
    return f"[{host}]" if ":" in host else host


# ---- The file of settings ----


def settings_of(service):
    """The settings of a service, as texts by name: “mocean”, or “mocean@reds” of the club reds. Raises BadSetting.

    The service itself may not read the file. There, systemd has put a copy where nobody else can look.
    """
    file = copy = f"/etc/{service}.env"
    if "RUNTIME_DIRECTORY" in os.environ:
        copy = os.path.join(os.environ["RUNTIME_DIRECTORY"], "settings.env")
    if os.path.exists(copy):
        return read_file(copy, file)
    if os.path.lexists(file):
        raise BadSetting(f"{file} can't be copied for the service. Is it a file?")
    if "@" in service:
        raise BadSetting(f"There is no {file}. Write the settings of this club into it, at least its PORT.")
    return {}  # which are those that suit a class


def read_file(path, name=None):
    """The settings in a file, as texts by name: none if there is no file. Raises BadSetting, which tells the line.

    `name` is what the file is called there, if that isn't its path. It understands what systemd does: comments, quotes,
    and a backslash before a character that is meant as it is. What systemd would pass over is refused, so that no
    setting gets lost.
    """
    values, name = {}, name or path
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise BadSetting(f"Only root may read {name}: type sudo before the command.") from error
    except OSError as error:
        raise BadSetting(f"{name} can't be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise BadSetting(f"{name} can't be read: it is not UTF-8 text.") from error
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and line[0] not in "#;":
            try:
                key, value = read_line(line)
                if values.setdefault(key, value) != value:
                    raise BadSetting(f"{key} has another value above. Remove one of them.")
            except BadSetting as problem:
                raise BadSetting(f"{name}, line {number}: {problem}") from problem
    return values


def read_line(line):
    """The name and the value in a line like NAME=VALUE. Raises BadSetting, which quotes no value: it may be a key."""
    name, is_there, value = (part.strip() for part in line.partition("="))
    if name.split()[:1] == ["export"]:
        raise BadSetting("Leave out the word export. Write only NAME=VALUE.")
    if not is_there or not name.isidentifier():
        raise BadSetting("This is not like NAME=VALUE.")
    if name not in NAMES and (sentence := no_setting(name)):
        raise BadSetting(sentence)
    return name, unquoted(value)


QUOTED = re.compile(r"""'([^']*)'\s*|"((?:[^"\\]|\\.)*)"\s*""")


def unquoted(text):
    """A value without its quotes and backslashes, by the rules of systemd. Raises BadSetting."""
    value = ""
    while quoted := QUOTED.match(text):
        text = text[quoted.end() :]
        value += quoted[1] or re.sub(r'\\(["$`\\])', r"\1", quoted[2] or "")
    plain = re.sub(r"\\(.)", r"\1", text)
    if text.startswith(("'", '"')) or len(re.search(r"\\*$", text)[0]) % 2:
        raise BadSetting("Its value goes on in the next line. Close the quote, or remove the backslash at the end.")
    return value + plain


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
