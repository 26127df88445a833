"""The disk: what the logbook and its copies take up there."""

import os
from contextlib import suppress
from typing import NamedTuple

from server.backup import copies
from server.logbook import ENDINGS


class Disk(NamedTuple):
    """The bytes of a logbook's files, and when its newest copy was made, in seconds since 1970."""

    bytes: int = 0
    copied: float = 0


def look_at(file):
    """The Disk of a logbook's file. It has no numbers of what isn't there."""
    size = copied = 0
    for ending in ENDINGS:
        with suppress(OSError):
            size += os.path.getsize(file + ending)
    with suppress(OSError, IndexError):
        copied = copies(file)[-1].stat().st_mtime
    return Disk(size, copied)
