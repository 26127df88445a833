"""The benchmark is fair, works, and leaves nothing behind."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench.peers.game import ROUTES, Game
from tests.conftest import ROOT

RESULTS = ROOT / "bench" / "RESULTS.md"
MISSING = [name for name in ("aiohttp", "flask", "granian", "gunicorn") if not importlib.util.find_spec(name)]
MISSING += [] if shutil.which("wrk") else ["wrk"]
needs_bench = pytest.mark.skipif(
    bool(MISSING) and os.environ.get("CI") != "true", reason=f"the benchmark needs {', '.join(MISSING)}: see make bench"
)


def test_the_peers_play_the_same_game(player):
    game = Game()
    ours, (theirs, _) = player.json("/join", name="ada"), game.answer("join", {"name": "ada"})
    assert set(theirs) == set(ours)
    asked = {"location": {}, "heading": {"degrees": "10"}, "sendchat": {"message": "hello"}, "popchat": {}}
    assert {"join", *asked} == set(ROUTES)
    for route, keys in asked.items():
        reply, status = game.answer(route, {**keys, "id": theirs["id"]})
        assert (status, set(reply)) == (200, set(player.json(f"/{route}", **keys, id=ours["id"])))


@needs_bench
def test_the_whole_benchmark_runs_and_leaves_nothing_behind():
    before = RESULTS.read_bytes()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:  # with a short name, as those of sockets are limited
        environment, command = {**os.environ, "TMPDIR": folder}, [sys.executable, "-m", "bench", "--quick"]
        seen = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert seen.returncode == 0, seen.stdout + seen.stderr
        assert seen.stdout.index("## Verdict") < seen.stdout.index("## `location`")
        assert not os.listdir(folder)
        assert not [*processes_that_know(folder)]
    assert RESULTS.read_bytes() == before


def processes_that_know(text):
    """The processes in whose environment a text is."""
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            if text.encode() in file.read_bytes():
                yield file
        except OSError:  # it has ended, or is another user's
            pass
