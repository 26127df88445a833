"""Python in the browser, for everybody who can't install it: the page http://localhost:8080/python

A program there runs in the browser, and asks the server as any other program does. For that, the browser needs Python,
an editor and the library requests. These are files of others, in the folder `fetched`, and `make python` brings them.
uWSGI hands them out by itself: see uwsgi.ini. Without uWSGI, the route here does.
"""

from pathlib import Path

from bottle import Bottle, HTTPError

from web import pages
from web.headers import POLICY_OF_PYTHON

HERE = Path(__file__).parent
FETCHED = HERE / "fetched"
FOR_EVER = "public, max-age=31536000, immutable"  # as another version has another name
NEEDS_A_WINDOW = "import turtle"  # of its own: such an example does not run in a browser

app = Bottle()


def fetched(pattern):
    """Where what was fetched is, from our front door: folders end in a slash."""
    return [f"fetched/{path.name}{'/' * path.is_dir()}" for path in sorted(FETCHED.glob(pattern))]


def examples():
    """The programs in examples/ that run in a browser. The first line of each is its title."""
    for file in sorted((HERE.parent / "examples").glob("*.py")):
        source = file.read_text(encoding="utf-8", errors="replace")
        if NEEDS_A_WINDOW not in source:
            yield {"name": file.name, "title": source.partition("\n")[0].strip('"'), "source": source}


# As it was at the start: uWSGI doesn't notice either when that folder comes later.
FILES = [path for path in FETCHED.rglob("*") if path.is_file() and not path.is_symlink()]
NAMES = {path.relative_to(FETCHED).as_posix() for path in FILES}
FOR_PAGE = {
    "pyodide": "".join(fetched("pyodide-*")),
    "ace": "".join(fetched("ace-builds-*")),
    "wheels": fetched("*.whl"),
    "examples": [*examples()],
}


@app.get("/python", view="python")
def python(request):
    """Write programs in Python and run them, with nothing but a browser."""
    request.for_page = {**FOR_PAGE, "my_id": request.cookie("id")}
    if not FOR_PAGE["pyodide"]:
        missing = "This page needs files that are not here. On the computer of the server, “make python” brings them."
        return dict(reply=f"{missing} Then start the server again.")
    return dict(reply="Write a program, and run it. This page works in a browser.")


@app.get("/static/python/worker.js", secret=True, head=True)
def worker():
    """Hand out the script that runs programs: it alone has a policy of its own."""
    response = pages.file(pages.STATIC_FOLDER, "python/worker.js", "no-cache")
    response.headers["Content-Security-Policy"] = POLICY_OF_PYTHON
    return response


@app.get("/fetched/<name:path>", secret=True, head=True)
def hand_out(name):
    """Hand out a file that was fetched. A browser keeps it for ever."""
    return pages.file(FETCHED, name, FOR_EVER) if name in NAMES else HTTPError(404)
