"""The workshop: a server for those who change the program, which always plays by the last code that is good.

`make run` is one, and so is `python mocean.py`. They serve from a copy of the program. When a file is saved, a new copy
is tried in a process of its own: it is loaded, and all its routes are asked, beside a copy of the logbook. See
web/trial.py. If that goes well, the server takes the new copy over. If not, the old one plays on, and the terminal says
what is wrong; so does each page that is opened on this very computer.

    python -m server.workshop       tries the program without a server: what `make check` does

Under systemd nothing of this happens, as nobody edits the service's program.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep, time_ns

from server.backup import open_logbook
from server.settings import Settings

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

HERE = Path(__file__).resolve().parents[1]
PARTS = ("game", "web", "server", "examples")  # the folders that belong to the program, besides *.py
CANNOT_LOAD = 22  # uWSGI's exit status for a mistake in the program
GOOD = 64  # the exit status of a trial that went well. Not 0, as exit() in the program ends with that
LOOK = 0.15  # seconds between two looks at the files
PATIENCE = 20  # seconds for a trial
# In a trial whoever comes may join, and nobody asks too often.
TRIAL = {"MOCEAN_LIMITS": "off", "MOCEAN_WORD": "", "MOCEAN_HOSTS": "", "MOCEAN_MOST_AWAKE": "1000000"}


class Workshop:
    """The copies of a `program`, a folder, in another `folder`. There, the link `good` leads to the one that plays."""

    def __init__(self, program, folder):
        self.program, self.folder = Path(program), Path(folder)
        self.good, self.problem = self.folder / "good", self.folder / "problem"
        self.logbook = Settings.read(os.environ).logbook

    # -- What was saved

    def look(self, program=None):
        """When each file of the program was saved, and how long it is."""
        program, seen = program or self.program, {}
        for file in files_of(program):
            with suppress(OSError):
                seen[file.relative_to(program)] = file.stat().st_mtime_ns, file.stat().st_size
        return seen

    def copy(self):
        """Copy the program. Returns the new folder."""
        new = self.folder / str(time_ns())
        for file in files_of(self.program):
            copy = new / file.relative_to(self.program)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
        for fetched in self.program.glob("web/fetched"):
            (new / "web/fetched").symlink_to(fetched.resolve())
        return new

    # -- Trying it

    def begin(self):
        """Copy the program, and try it. Returns the copy, or ends the process if it is no good."""
        shutil.rmtree(self.folder, ignore_errors=True)  # what a killed server has left
        self.folder.mkdir(mode=0o700)
        new = self.copy()
        if problem := refusal(new, self.logbook, self.folder):
            shutil.rmtree(self.folder)
            say(f"The program can't start. {problem}")
            sys.exit(CANNOT_LOAD)
        return new

    def watch(self, old, take_over, goes_on=lambda: True):
        """When something is saved, try it, and if it is good, let the server take over the new copy."""
        tried = before = self.look(old)
        while goes_on():
            sleep(LOOK)
            now = self.look()
            if now == before != tried:  # an editor may write a file in several steps
                tried = now
                with suppress(OSError):
                    old = self.take(old, take_over) or old
            before = now

    def take(self, old, take_over):
        """Let the server take over what was saved, if that is good. Returns its folder then."""
        new = self.copy()
        problem = refusal(new, self.logbook, self.folder)
        self.problem.write_text(problem, encoding="utf-8")
        if problem:
            shutil.rmtree(new)
            say(f"What you saved is not used yet, and the game goes on without it. {problem}")
            return None
        take_over(new)
        say("What you saved is used now.")
        for folder in self.folder.glob("[0-9]*"):
            if folder not in (old, new):  # the old one may still be answering a request
                shutil.rmtree(folder)
        return new

    # -- The server

    def link(self, new):
        """Let `good` lead to another copy, at once."""
        link = self.folder / "new"
        link.symlink_to(new.name)
        os.replace(link, self.good)

    def reload_worker(self, new):
        """Let uWSGI's worker end its request, and the next one begin with a new copy. All others wait meanwhile."""
        self.link(new)
        pid = uwsgi.workers()[0]["pid"]
        if pid > 0:
            with suppress(ProcessLookupError):  # then the next one is on its way
                os.kill(pid, signal.SIGHUP)


def files_of(program):
    """The files that a program is made of. What was fetched is large, and nobody changes it."""
    yield from program.glob("*.py")
    for part in PARTS:
        for where, folders, names in os.walk(program / part):
            folders[:] = {*folders} - {"__pycache__", "fetched"}
            yield from (Path(where, name) for name in names)


# ---- A trial ----


def refusal(program, logbook, folder):
    """Try a program in a process of its own. Returns what is wrong with it, or ""."""
    copy = Path(folder, "trial.sqlite3")
    environment = {**os.environ, **TRIAL, "MOCEAN_LOGBOOK": copy_logbook(logbook, copy)}
    # The working directory stays, as routes may have files there. But modules come from the program that is tried.
    start = f"import sys; sys.path[0] = sys.argv[1]; from web import trial; trial.main({GOOD})"
    try:
        result = subprocess.run(
            [python(), "-c", start, program], env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return f"It was tried for {PATIENCE} s, and was still not ready."
    finally:
        for left in Path(folder).glob("trial.sqlite3*"):
            left.unlink()
    if result.returncode == GOOD:
        return ""
    return result.stderr.strip().replace(f"{program}{os.sep}", "") or "It ends by itself when it is loaded."


def copy_logbook(logbook, copy):
    """Copy what is in the logbook. Returns the setting for a server that uses the copy."""
    if not os.path.exists(logbook):
        return ":memory:"
    with closing(open_logbook(logbook)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return str(copy)


def python():
    """The Python of our environment. Inside uWSGI, sys.executable may be another one."""
    ours = Path(sys.prefix, "bin", "python")
    return str(ours if ours.exists() else sys.executable)


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- The programs ----


def folder_for(port):
    """Where the copies are of a server at a port."""
    return HERE / f".workshop-{port}"


def open_for_uwsgi(port):
    """Have a good copy for uWSGI, and tell uwsgi.ini where."""
    workshop = Workshop(HERE, folder_for(port))
    workshop.link(workshop.begin())
    os.environ.update(WORKSHOP=str(workshop.folder), MOCEAN_LOGBOOK=workshop.logbook)


def serve(port):
    """Serve by a process that can be replaced, where uWSGI isn't: what `python mocean.py` does."""
    workshop = Workshop(HERE, folder_for(port))
    environment = {**os.environ, "WORKSHOP": str(workshop.folder), "MOCEAN_LOGBOOK": workshop.logbook}
    processes = []

    def take_over(new):
        for process in processes:
            process.terminate()
            process.wait()
        processes[:] = [subprocess.Popen([python(), new / "mocean.py"], env=environment)]

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        good = workshop.begin()
        take_over(good)
        workshop.watch(good, take_over, lambda: processes[0].poll() is None)
        sys.exit(processes[0].returncode)
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        shutil.rmtree(workshop.folder, ignore_errors=True)


def check():
    """Try the program as it is."""
    with TemporaryDirectory() as folder:
        problem = refusal(HERE, Settings.read(os.environ).logbook, folder)
    if problem:
        sys.exit(problem)
    say("All is well: the program loads, and its routes answer.")


if __name__ == "__main__" and uwsgi:
    workshop = Workshop(os.getcwd(), os.environ["WORKSHOP"])
    workshop.watch(workshop.good.resolve(), workshop.reload_worker)
elif __name__ == "__main__":
    check()
