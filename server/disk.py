"""The disk: what the logbook and its copies take up there."""

import os
from contextlib import suppress
from typing import NamedTuple

from server.backup import copies
from server.logbook import ENDINGS


class Disk(NamedTuple):
    """The bytes of a logbook's files, and when its newest copy was made, in seconds since 1970; or None."""

    bytes: int | None
    copied: float | None


def look_at(file):
    """The Disk of a logbook's file."""
    sizes, copied = [], None
    for ending in ENDINGS:
        with suppress(OSError):
            sizes.append(os.path.getsize(file + ending))
    with suppress(OSError, IndexError):
        copied = copies(file)[-1].stat().st_mtime
    return Disk(sum(sizes) if sizes else None, copied)
