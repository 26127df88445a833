"""A computer of its own under a real systemd, for tests of the service.

    with Box(code) as box:
        box.run("systemctl", "status")
        box.run("make", "-C", box.CODE, "install")

It is a group of processes in namespaces of their own. They see this computer's files, and what they change is gone at
the end. They share its network: a server in the box answers on our 127.0.0.1. Or the box has a network of its own, in
which all ports are free, and from which no way leads out. Needs Linux, root and systemd.

Words: a *namespace* is what a process can see of the computer: its files, its other processes. An *overlay* shows a
folder, and puts all changes elsewhere. *PID 1* is the first process, which starts all others: here, systemd. A
*cgroup* is a folder of the kernel that lists processes; systemd has one for each service, to find all of its processes.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import requests

from tests.conftest import free_port

SYSTEMD = next(filter(os.path.exists, ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")), None)
# systemd hides what is in home directories from the service, so it can't use every Python that can run these tests.
PYTHON = "PYTHON=/usr/bin/python3"
NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--cgroup")

# What PID 1 does before it becomes systemd: build a root of its own and move into it, so that systemd's cleaning-up at
# boot changes nothing of ours. By pivot_root, as PrivateUsers= does not work in a mere chroot.
BOOT = """
set -eu
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir changes work root
mount -t overlay -o lowerdir=/,upperdir=changes,workdir=work overlay root
cd root
mkdir -p .{code}
mount --bind "$2" .{code}
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs run
mkdir run/outside
: > etc/machine-id
pivot_root . run/outside
umount --lazy /run/outside
export container=box
exec "$3" --unit=basic.target
"""


def what_is_missing():
    """Why there can be no box here, as a sentence, or ""."""
    if os.geteuid():
        return "only root can boot a systemd"
    if not SYSTEMD:
        return "systemd is not installed"
    missing = [tool for tool in ("unshare", "nsenter", "pivot_root", "setpriv") if not shutil.which(tool)]
    return f"{missing} not found" if missing else ""


def new_cgroup(name):
    """A cgroup of this name below our own, so that the services of two boxes have different ones."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    root = next(place for _, place, kind, *_ in mounts if kind == "cgroup2")
    ours = next(line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
    group = Path(root + ours) / name
    group.mkdir()
    return group


def remove_cgroup(group):
    """Remove a cgroup and those in it as soon as the last process has left."""
    for folder, *_ in os.walk(group, topdown=False):
        for _ in range(100):
            with suppress(OSError):
                os.rmdir(folder)
                break
            time.sleep(0.05)


class Box:
    """A running systemd. `code` is a folder that it sees as CODE."""

    CODE = "/srv/mocean"

    def __init__(self, code, own_network=False):
        self.code = code
        self.namespaces = (*NAMESPACES, "--net") if own_network else NAMESPACES

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mocean-box-"))
        self.cgroup = new_cgroup(self.folder.name)
        self.process = self.boot()
        for _ in range(200):
            with suppress(ValueError, FileNotFoundError):
                self.pid = int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text())
                if self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"):
                    return self
            time.sleep(0.1)
        log = (self.folder / "log").read_text()
        self.__exit__()
        raise RuntimeError(f"systemd did not come up in its box:\n{log}")

    def boot(self):
        """Start the process whose child becomes PID 1."""
        join_cgroup = ("sh", "-c", 'echo 0 > "$0/cgroup.procs"; exec "$@"', self.cgroup)
        end_with_us = ("setpriv", "--pdeathsig", "KILL")  # whatever happens to the tests
        unshare = ("unshare", *self.namespaces, "--fork", "--kill-child", "--propagation", "private")
        become_systemd = ("sh", "-c", BOOT.replace("{code}", self.CODE), "boot", self.folder, self.code, SYSTEMD)
        with (self.folder / "log").open("w") as log:
            return subprocess.Popen(
                [*join_cgroup, *end_with_us, *unshare, *become_systemd],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        remove_cgroup(self.cgroup)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        """The words of a command that runs in the box."""
        return ["nsenter", f"--target={self.pid}", *self.namespaces, "--root", "--wdns=/", *map(str, words)]

    def run(self, *words, check=False, timeout=120, text=None, **environment):
        """Run a command in the box, with `text` as its input. Returns a subprocess.CompletedProcess."""
        return subprocess.run(
            self.command(*words),
            check=check,
            capture_output=True,
            text=True,
            timeout=timeout,
            input=text,
            env={**os.environ, **environment},
        )

    def change(self, path, old, new):
        """Change a file in the box. Returns what was in it."""
        original = self.run("cat", path).stdout
        assert old in original
        self.write(path, original.replace(old, new, 1))
        return original

    def write(self, path, text):
        """Write a file in the box, and the folders that it needs."""
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "write", path, text=text, check=True)


class Service:
    """One of our units in a box, and the players' way to it."""

    def __init__(self, box, name="mocean"):
        self.box, self.name, self.port = box, name, free_port()
        self.url = f"http://127.0.0.1:{self.port}/"

    def settings(self, *lines):
        """Write the file of settings."""
        self.box.write(f"/etc/{self.name}.env", "\n".join(["HOST=127.0.0.1", f"PORT={self.port}", *lines]))

    def change(self, *lines, section="Service"):
        """Change the unit, as `systemctl edit` would."""
        self.box.write(f"/etc/systemd/system/{self.name}.service.d/test.conf", "\n".join([f"[{section}]", *lines]))
        self.systemctl("daemon-reload")

    def systemctl(self, *words):
        return self.box.run("systemctl", *words)

    def start(self):
        result = self.systemctl("start", self.name)
        assert result.returncode == 0, self.status()

    def status(self):
        """What the admin sees."""
        return self.systemctl("status", "--no-pager", "--full", self.name).stdout

    def fact(self, name):
        """A property of the unit, like NRestarts."""
        return self.systemctl("show", "--value", f"--property={name}", self.name).stdout.strip()

    def ask(self, route, **keys):
        return requests.get(self.url + route, params={**keys, "format": "json"}, timeout=20).json()

    def answers(self):
        with suppress(requests.RequestException, ValueError):
            return self.ask("status")["ok"]

    @contextmanager
    def polled(self, what):
        """Ask /status every 40 ms meanwhile, as a player's program would. Prints the longest time without an answer.

        `pytest -rP` shows what was printed. Yields the list of all times without an answer, in seconds.
        """
        gaps, is_over = [], Event()

        def poll():
            answered = time.monotonic()
            while not is_over.wait(0.04):
                with suppress(requests.RequestException):
                    if requests.get(self.url + "status", timeout=20).ok:
                        gaps.append(time.monotonic() - answered)
                        answered = time.monotonic()
            gaps.append(time.monotonic() - answered)

        thread = Thread(target=poll)
        thread.start()
        try:
            yield gaps
        finally:
            is_over.set()
            thread.join()
            print(f"{what}: the longest time without an answer was {max(gaps):.2f} s")

    def pids(self):
        """The pids of all its processes, inside the box."""
        return self.box.run("cat", f"/sys/fs/cgroup{self.fact('ControlGroup')}/cgroup.procs").stdout.split()

    def memory_of(self, pid):
        """The megabytes that a process uses: all of its own, and its part of those that it shares."""
        return int(self.box.run("grep", "^Pss:", f"/proc/{pid}/smaps_rollup").stdout.split()[1]) / 1024

    def pid_of(self, what):
        """The pid of uWSGI's master, worker, mule or http, inside the box. The journal may be a moment late with it."""
        deadline = time.monotonic() + 10
        journal = ["journalctl", "--unit", self.name, "--output", "cat", f"_PID={self.fact('MainPID')}"]
        while not (named := re.findall(rf"spawned uWSGI {what}.* \(pid: (\d+)", self.box.run(*journal).stdout)):
            assert time.monotonic() < deadline, f"the journal doesn't name the {what}"
            time.sleep(0.05)
        return named[-1]


def install(box, code=Box.CODE, target="install", **environment):
    """Install the program from a folder. Nothing is fetched for the page /python, unless FETCH says so."""
    return box.run("make", "-C", code, target, PYTHON, timeout=300, **{"FETCH": "no", **environment})
