"""The version of the program: a number and, in what the installer has made, the commit, like 0.2.0+3f2a1bc."""

from pathlib import Path

COMMIT = "COMMIT"  # the file in which the installer notes the commit
HERE = Path(__file__).resolve().parents[1]


def with_commit(number, folder=HERE):
    """The version of the program in a folder, from its number."""
    file = folder / COMMIT
    return f"{number}+{file.read_text()}" if file.exists() else number
