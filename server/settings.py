"""Settings: what the environment says about how to serve, such as PORT=8081 or MOCEAN_WORD=plank.

    setting("PORT", 8080, int, "a whole number")    # the PORT of the environment as a number, or else 8080

Under systemd the environment comes from `/etc/mocean.env`. All programs that serve or start the server read it here.
"""

import os
import socket
import sys

CANNOT_START = 78  # the exit status EX_CONFIG of sysexits.h: trying again is no use, and systemd doesn't


def setting(name, default, read=str, kind="a text"):
    """What the environment says, or the default. Nonsense, for which `read` raises ValueError, stops the start."""
    text = os.environ.get(name, "").strip()
    try:
        return read(text) if text else default
    except ValueError:
        example = f", like {default}" if default else ""
        refuse_start(f"The setting {name} is {kind}{example}. It can't be “{text}”.")


def refuse_start(sentence):
    """End the program with a sentence for the leader."""
    print(sentence, file=sys.stderr, flush=True)
    tell_systemd(f"STATUS={sentence}")
    sys.exit(CANNOT_START)


def tell_systemd(*facts):
    """If systemd has started us, send it facts such as STATUS=All is well: see its manual page sd_notify(3)."""
    name = os.environ.get("NOTIFY_SOCKET")
    if name:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.sendto("\n".join(facts).encode(), name.replace("@", "\0", 1))


def address():
    """The host and the port to serve at: HOST is a name or an address, 0.0.0.0 for all that this computer has."""
    return setting("HOST", "127.0.0.1"), setting("PORT", 8080, port_number, "a number from 1 to 65535")


def way_in():
    """The host and the port at which a program on this computer reaches the server."""
    host, port = address()
    return "127.0.0.1" if host == "0.0.0.0" else host, port


def port_number(text):
    """A port. Raises ValueError."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError(text)
    return number


def free_address():
    """The host and the port to serve at. Stops with a sentence if they can't be had."""
    host, port = address()
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        reason = str(error).partition(" (while")[0]
        refuse_start(f"Port {port} of {host} can't be used: {reason}. Try another one, like PORT={port % 65535 + 1}.")
    return host, port
