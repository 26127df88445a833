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
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from game.errors import printable_lines
from server.settings import BadSetting, Settings, in_url, settings_of


def ask(settings, words):
    """What the server says to a command. Raises HTTPError or URLError."""
    host, port = settings.way_in
    url = f"http://{in_url(host)}:{port}{url_of(words)}"
    question = Request(url, headers={"X-Harbour-Key": settings.harbour_token})
    return build_opener(ProxyHandler({})).open(question, timeout=10).read().decode()


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
    """The settings of the server that is meant, which has a harbour. Raises BadSetting."""
    service = f"mocean@{club}" if club else "mocean"
    is_here = club is None and "MOCEAN_HARBOUR_KEY" in os.environ
    settings = Settings.read(os.environ if is_here else settings_of(service))
    if not settings.harbour_key:
        where = f"set it to that of your server or, for the service, write it into /etc/{service}.env."
        raise BadSetting(f"There is no MOCEAN_HARBOUR_KEY: {where}")
    return settings


def main():
    parser = argparse.ArgumentParser(prog="python -m server.harbour", description="Commands of the club's leader.")
    parser.add_argument("--club", help="the club whose service is asked, like reds, if there are several")
    parser.add_argument("words", nargs="*", help="a command and what it needs, like: mute ada")
    options = parser.parse_args()
    try:
        settings = read_settings(options.club)
        print(printable_lines(ask(settings, options.words)))
    except BadSetting as problem:
        sys.exit(str(problem))
    except HTTPError as error:
        sys.exit(printable_lines(error.read().decode()))
    except URLError as error:
        sys.exit(f"No server answers at port {settings.port}: {error.reason}")


if __name__ == "__main__":
    main()
