"""The harbour in a terminal: the commands of the club's leader, on the computer of the server.

    python -m server.harbour                     who is aboard, and what was said
    python -m server.harbour mute ada
    python -m server.harbour ban ada minutes=30
    python -m server.harbour say Please come back to shore!

It asks the running server, with the key that MOCEAN_HARBOUR_KEY has. `web/admin.py` has the commands.
"""

import argparse
import os
import sys
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from game.errors import printable_lines
from server.settings import BadSetting, Settings


def ask(settings, words):
    """What the server says to a command. Raises HTTPError or URLError."""
    host, port = settings.way_in
    question = Request(f"http://{host}:{port}{url_of(words)}", headers={"X-Harbour-Key": settings.harbour_token})
    return build_opener(ProxyHandler({})).open(question, timeout=10).read().decode()


def url_of(words):
    """The path and keys of a command in words: `ban ada minutes=30` is /harbour/ban?name=ada&minutes=30."""
    if not words:
        return "/harbour"
    command, *rest = words
    keys = dict(word.split("=", 1) for word in rest if word.startswith(("minutes=", "address=", "idle=", "sure=")))
    text = " ".join(word for word in rest if word.partition("=")[0] not in keys)
    if text:
        keys[{"say": "message", "clear": "address"}.get(command, "name")] = text
    return f"/harbour/{quote(command)}?{urlencode(keys)}"


def main():
    parser = argparse.ArgumentParser(prog="python -m server.harbour", description="Commands of the club's leader.")
    parser.add_argument("words", nargs="*", help="a command and what it needs, like: mute ada")
    words = parser.parse_args().words
    try:
        settings = Settings.read(os.environ)
        if not settings.harbour_key:
            sys.exit("Set MOCEAN_HARBOUR_KEY to the key that the server has.")
        print(printable_lines(ask(settings, words)))
    except BadSetting as problem:
        sys.exit(str(problem))
    except HTTPError as error:
        sys.exit(printable_lines(error.read().decode()))
    except URLError as error:
        sys.exit(f"No server answers at port {settings.port}: {error.reason}")


if __name__ == "__main__":
    main()
