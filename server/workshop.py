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
from server.settings import BadSetting, Settings, refuse_start

try:
    import uwsgi  # exists only in programs that uWSGI has started
except ImportError:
    uwsgi = None

HERE = Path(__file__).resolve().parents[1]
PARTS = ("game", "web", "server", "examples")  # the folders that belong to the program, besides *.py
CANNOT_LOAD = 22  # uWSGI's exit status for a mistake in the program
RELOAD = 1  # the number of uWSGI's signal that ends a worker
GOOD = 64  # the exit status of a trial that went well. Not 0, as exit() in the program ends with that
LOOK = 0.2  # seconds between two looks at the files
PATIENCE = 40  # seconds for a trial
# In a trial whoever comes may join, and nobody asks too often.
TRIAL = {"MOCEAN_LIMITS": "off", "MOCEAN_WORD": "", "MOCEAN_HOSTS": "", "MOCEAN_MOST_AWAKE": "1000000"}


class Workshop:
    """The copies of a `program`, a folder, in another `folder`. There, the link `good` leads to the one that plays."""

    def __init__(self, program, folder):
        self.program, self.folder, self.good = str(program), Path(folder), Path(folder, "good")

    def open(self):
        """Begin with the program as it is. Returns its copy, or ends the process if it is no good."""
        shutil.rmtree(self.folder, ignore_errors=True)  # what a killed server has left
        self.folder.mkdir(mode=0o700)
        new = self.copy()
        if problem := refusal(new):
            shutil.rmtree(self.folder)
            say(f"The program can't start. {problem}")
            sys.exit(CANNOT_LOAD)
        return new

    def copy(self):
        """Copy the program. Returns the new folder."""
        new = self.folder / str(time_ns())
        for file in saved(self.program):
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(os.path.join(self.program, file), new / file)
        with suppress(OSError):  # where nothing was fetched, or on Windows
            (new / "web/fetched").symlink_to(Path(self.program, "web/fetched").resolve(strict=True))
        return new

    def watch(self, old, take_over, goes_on=lambda: True):
        """When something is saved, try it, and if it is good, let the server take over the new copy."""
        tried = before = saved(old)
        while goes_on():
            sleep(LOOK)
            now = saved(self.program)
            if now == before != tried:  # an editor may write a file in several steps
                tried = now
                try:
                    old = self.take(old, take_over)
                except (OSError, sqlite3.Error) as error:
                    say(f"What you saved can't be tried now: {error}. Save it again.")
            before = now

    def take(self, old, take_over):
        """Let the server take over what was saved, if that is good. Returns the copy that plays now."""
        new = self.copy()
        problem = refusal(new, Settings.read(os.environ).logbook)
        (self.folder / "problem").write_text(problem, encoding="utf-8")
        if problem:
            say(f"What you saved is not used yet, and the game goes on without it. {problem}")
        else:
            take_over(new)
            say("What you saved is used now.")
        for copy in self.folder.glob("[0-9]*"):
            if copy != old and (problem or copy != new):  # the old one may still be answering a request
                shutil.rmtree(copy)
        return old if problem else new

    def link(self, new):
        """Let `good` lead to another copy, at once."""
        link = self.folder / "new"
        link.unlink(missing_ok=True)
        link.symlink_to(new.name)
        os.replace(link, self.good)


def saved(program):
    """When each file of a program was saved, and how long it is. What was fetched never changes."""
    files, seen = [name for name in os.listdir(program) if name.endswith(".py")], {}
    for part in PARTS:
        for where, folders, names in os.walk(os.path.join(program, part)):
            folders[:] = {*folders} - {"__pycache__", "fetched"}
            files += [os.path.join(os.path.relpath(where, program), name) for name in names]
    for file in files:
        with suppress(OSError):
            about = os.stat(os.path.join(program, file))
            seen[file] = about.st_mtime_ns, about.st_size
    return seen


# ---- A trial ----


def refusal(program, logbook=None):
    """Try a program in a process of its own, beside a copy of the logbook. Returns what is wrong with it, or ""."""
    # The working directory stays, as routes may have files there. But modules come from the program that is tried.
    start = f"import sys; sys.path[0] = sys.argv[1]; from web import trial; trial.main({GOOD})"
    with TemporaryDirectory() as folder:
        environment = {**os.environ, **TRIAL, "MOCEAN_LOGBOOK": copy_logbook(logbook, folder)}
        try:
            result = subprocess.run(
                [python(), "-c", start, program], env=environment, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return f"It was tried for {PATIENCE} s, and was still not ready."
    if result.returncode == GOOD:
        return ""
    return result.stderr.strip().replace(f"{program}{os.sep}", "") or "It ends by itself when it is loaded."


def copy_logbook(logbook, folder):
    """Copy a logbook, if there is one. Returns the setting for a server that uses the copy."""
    if not logbook or not os.path.exists(logbook):
        return ":memory:"
    copy = os.path.join(folder, os.path.basename(logbook))
    with closing(open_logbook(logbook)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def python():
    """The Python of our environment. Inside uWSGI, sys.executable may be another one."""
    ours = Path(sys.prefix, "bin", "python")
    return str(ours if ours.exists() else sys.executable)


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- The servers ----


def open_for_uwsgi(settings):
    """Have a good copy for uWSGI, and tell uwsgi.ini where."""
    workshop = Workshop(HERE, HERE / f".workshop-{settings.port}")
    workshop.link(workshop.open())
    os.environ.update(WORKSHOP=str(workshop.folder), MOCEAN_LOGBOOK=settings.logbook)


def watch_for_uwsgi():
    """Beside uWSGI's worker, let it end when there is a new copy. Whoever asks before the next one is ready waits."""
    workshop = Workshop(os.getcwd(), os.environ["WORKSHOP"])

    def take_over(new):
        workshop.link(new)
        worker = uwsgi.workers()[0]["pid"]
        uwsgi.signal(RELOAD)  # which the worker hears between two requests: see server/startup.py
        while uwsgi.workers()[0]["pid"] == worker:
            sleep(0.01)

    workshop.watch(workshop.good.resolve(), take_over)


def serve(settings):
    """Serve by a process that can be replaced, where uWSGI isn't: what `python mocean.py` does."""
    try:
        settings.check_address()  # before we touch a folder that another server has
    except BadSetting as problem:
        refuse_start(str(problem))
    workshop, children, told = Workshop(HERE, HERE / f".workshop-{settings.port}"), [], []
    os.environ.update(WORKSHOP=str(workshop.folder), MOCEAN_LOGBOOK=settings.logbook)

    def take_over(new):
        end(children)
        children.append(subprocess.Popen([python(), new / "mocean.py"]))

    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    try:
        good = workshop.open()
        take_over(good)
        workshop.watch(good, take_over, lambda: not told and children[0].poll() is None)
        sys.exit(children[0].returncode)
    except KeyboardInterrupt:
        sys.exit()
    finally:
        end(children)
        shutil.rmtree(workshop.folder, ignore_errors=True)


def end(children):
    while children:
        child = children.pop()
        child.terminate()
        child.wait()


if __name__ == "__main__" and uwsgi:
    watch_for_uwsgi()
elif __name__ == "__main__":
    sys.exit(refusal(HERE, Settings.read(os.environ).logbook) or say("All is well: it loads, and its routes answer."))
