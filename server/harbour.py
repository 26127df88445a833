"""The harbour in a terminal: the commands of the club's leader, on the computer of the server.

    python -m server.harbour                     who is aboard, and what was said
    python -m server.harbour mute ada
    python -m server.harbour ban ada minutes=30
    python -m server.harbour say Please come back to shore!

With MOCEAN_HARBOUR_KEY in the environment, it asks the server that has this key, at HOST and PORT. Without, it asks the
service of this computer, whose settings only root may read: sudo env/bin/python -m server.harbour mute ada

`web/admin.py` has the commands.
"""

import argparse
import os
import sys
from contextlib import closing
from http.client import HTTPException
from urllib.parse import quote, urlencode

from game.errors import printable_lines
from server.door import connection_to, door_of
from server.settings import BadSetting, Settings, settings_of


def ask(settings, door, words):
    """The status of the server's answer to a command, and what it says. Raises OSError or HTTPException."""
    with closing(connection_to(settings, door, timeout=10)) as connection:
        connection.request("GET", url_of(words), headers={"X-Harbour-Key": settings.harbour_token})
        answer = connection.getresponse()
        return answer.status, printable_lines(answer.read().decode())


def url_of(words):
    """The path and keys of a command in words: `ban ada minutes=30` is /harbour/ban?name=ada&minutes=30."""
    if not words:
        return "/harbour"
    command, *rest = words
    keys = dict(word.split("=", 1) for word in rest if word.startswith(("minutes=", "address=", "idle=", "sure=")))
    text = " ".join(word for word in rest if word.partition("=")[0] not in keys)
    if text:
        keys[{"say": "message", "eyes": "message", "clear": "address", "lesson": "number"}.get(command, "name")] = text
    return f"/harbour/{quote(command)}?{urlencode(keys)}"


def read_settings(club):
    """The settings of the server that is meant, which has a harbour, and its door if it has one. Raises BadSetting."""
    service = f"mocean@{club}" if club else "mocean"
    is_here = club is None and "MOCEAN_HARBOUR_KEY" in os.environ
    settings = Settings.read(os.environ if is_here else settings_of(service))
    if not settings.harbour_key:
        where = f"set it to that of your server or, for the service, write it into /etc/{service}.env."
        raise BadSetting(f"There is no MOCEAN_HARBOUR_KEY: {where}")
    return settings, "" if is_here else door_of(service)


def main():
    parser = argparse.ArgumentParser(prog="python -m server.harbour", description="Commands of the club's leader.")
    parser.add_argument("--club", help="the club whose service is asked, like reds, if there are several")
    parser.add_argument("words", nargs="*", help="a command and what it needs, like: mute ada")
    options = parser.parse_args()
    try:
        settings, door = read_settings(options.club)
        status, words = ask(settings, door, options.words)
    except BadSetting as problem:
        sys.exit(str(problem))
    except (OSError, HTTPException) as error:
        sys.exit(f"No server answers at {door or f'port {settings.port}'}: {error}")
    if status >= 400:
        sys.exit(words)
    print(words)


if __name__ == "__main__":
    main()
