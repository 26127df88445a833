"""The page /python: how the files get there of which it is made, and how they are sent."""

import gzip
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from server import fetch
from tests.conftest import ROOT, Server, copy_code, game, wait_until
from tests.fleet import CHROMIUM, WHY_NOT, a_browser
from web import python

IN_CI = os.environ.get("CI") == "true"
SCRIPT = b"export const answer = 42;\n" * 500
LARGE = random.Random(7).randbytes(8_000_000)
FILES = {
    "pyodide-1.2.3/pyodide.mjs": SCRIPT,
    "pyodide-1.2.3/pyodide.mjs.gz": gzip.compress(SCRIPT),
    "pyodide-1.2.3/pyodide.asm.wasm": LARGE,
    "ace-builds-4.5.6/ace.js": SCRIPT,
    "ace-builds-4.5.6/ace.css": b"div { color: navy }\n",
    "b-2.whl": b"wheel b",
    "a-1.whl": b"wheel a",
}
COMPILE = "WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))"
LASTING = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """The program, with files that stand for those that are fetched, and a link that leads out of their folder."""
    code = copy_code(tmp_path_factory.mktemp("code"))
    shutil.copytree(ROOT / "examples", code / "examples")
    for name, content in FILES.items():
        file = code / "web/fetched" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    worker = code / "web/static/python/worker.js"
    worker.parent.mkdir(exist_ok=True)
    worker.write_text(f"{COMPILE}.then(String, String).then(postMessage);\n")
    (code / "secret.txt").write_text("a secret")
    (code / "web/fetched/link.txt").symlink_to(code / "secret.txt")
    return code


@contextmanager
def served(code, log, *command):
    server = Server(*command, cwd=code).start(log)
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def site(code, tmp_path_factory):
    """The real server with these files."""
    with served(code, tmp_path_factory.mktemp("site") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def simple_site(code, tmp_path_factory):
    """The server without uWSGI."""
    with served(code, tmp_path_factory.mktemp("site") / "log", sys.executable, "mocean.py") as server:
        yield server


@pytest.fixture(params=["site", "simple_site"])
def either(request):
    return request.getfixturevalue(request.param)


def connected(server, name):
    """A connection over which a file was asked for."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(f"GET /fetched/{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


# ---- Files ----


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pyodide-1.2.3/pyodide.mjs", "text/javascript"),
        ("pyodide-1.2.3/pyodide.asm.wasm", "application/wasm"),
        ("ace-builds-4.5.6/ace.js", "text/javascript"),
        ("ace-builds-4.5.6/ace.css", "text/css"),
        ("a-1.whl", "application/zip"),
    ],
)
def test_a_file_has_its_type_and_is_kept_for_ever_and_for_our_pages_alone(either, name, kind):
    reply = either.ask(f"fetched/{name}")
    assert (reply.status_code, reply.content) == (200, FILES[name])
    assert reply.headers["Content-Type"].partition(";")[0] == kind
    assert reply.headers["Cache-Control"] == LASTING
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    head = requests.head(either.url + f"fetched/{name}", timeout=10, headers={"Accept-Encoding": ""})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(FILES[name]))


def test_a_browser_gets_a_file_packed_if_it_can_unpack_it(site):
    url = site.url + "fetched/pyodide-1.2.3/pyodide.mjs"
    packed = requests.get(url, timeout=10, headers={"Accept-Encoding": "gzip, deflate"})
    plain = requests.get(url, timeout=10, headers={"Accept-Encoding": "identity"})
    assert packed.content == plain.content == SCRIPT
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(packed.headers["Content-Length"]) < len(SCRIPT) / 10
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_python_has_nothing_to_do_with_files(site):
    for name in FILES:
        assert site.ask(f"fetched/{name}").ok
    assert site.ask("fetched/nothing").status_code == 404
    counted = re.findall(r'route="(/fetched/.*?)".*?status="(\d+)"', site.ask("metrics").text)
    assert {status for _, status in counted} == {"404"}


def test_nobody_waits_for_those_who_ask_for_a_large_file_and_do_not_read_it(site):
    name = "pyodide-1.2.3/pyodide.asm.wasm"
    readers = [connected(site, name) for _ in range(20)]
    try:
        assert all(site.ask("status").ok for _ in range(20))  # each reader would stop the worker for 4 seconds
        if sys.platform == "linux":  # and nor does the kernel keep the file for each of them
            wait_until(lambda: len([waiting for waiting in queues(site.port) if waiting]) >= len(readers))
            assert max(queues(site.port)) < 500_000
        for reader in readers[:3]:
            content = b""
            while len(content) < len(LARGE):
                content += reader.recv(1_000_000)
            assert content.endswith(LARGE[-1000:])
    finally:
        for reader in readers:
            reader.close()


def queues(port):
    """How many bytes wait in the kernel for each client of a port."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, _, _, waiting, *_ = line.split()
        if int(here.rpartition(":")[2], 16) == port:
            yield int(waiting.partition(":")[0], 16)


def test_no_request_of_a_connection_that_stays_open_fails(site):
    """Whatever was asked before: a file, the same file again, one that isn't there, a route."""
    unchanged = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    with requests.Session() as session:
        for _ in range(30):
            for route, headers, status in (
                ("pyodide-1.2.3/pyodide.mjs", {}, 200),
                ("pyodide-1.2.3/pyodide.mjs", unchanged, 304),
                ("pyodide-1.2.3/pyodide.mjs", {"Range": "bytes=0-9"}, 200),
                ("nothing", unchanged, 404),
                ("../status", {}, 200),
            ):
                reply = session.get(f"{site.url}fetched/{route}", headers=headers, timeout=20)
                assert reply.status_code == status
                # The router closes after a 304, and who isn't told so may ask over a connection that is gone.
                assert (reply.headers.get("Connection") == "close") == (status == 304)


@pytest.mark.parametrize(
    "path",
    [
        "fetched",
        "fetched/",
        "fetched/nothing.js",
        "fetched/pyodide-1.2.3",
        "fetched/pyodide-1.2.3/",
        "fetched/../../secret.txt",
        "fetched/%2e%2e/%2e%2e/secret.txt",
        "fetched/..%2f..%2fsecret.txt",
        "fetched/..%5c..%5csecret.txt",
        "fetched/pyodide-1.2.3/../../../secret.txt",
        "fetched//../../secret.txt",
        "fetched/%2e%2e/python.py",
        "fetched/%00",
        "fetched/../%2e%2e/secret.txt%00.js",
        "fetched/link.txt",
        "fetched/" + "x" * 3000,
    ],
)
def test_no_other_file_is_sent_and_what_is_not_there_is_explained(either, path):
    with closing(socket.create_connection(("127.0.0.1", either.port), timeout=20)) as connection:
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        reply = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert reply.split()[1] == "404"
    assert "There is no route" in reply
    assert "a secret" not in reply


def test_only_asking_works(either):
    reply = requests.post(either.url + "fetched/a-1.whl", timeout=10)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD")


# ---- The page, and what it may do ----


def test_the_page_names_the_files_and_knows_the_id_of_this_browser_alone(site):
    with requests.Session() as browser:
        id = browser.get(site.url + "join?name=ada&format=json", timeout=10).json()["id"]
        page = browser.get(site.url + "python", headers={"Accept": "text/html"}, timeout=10).text
        for format in ("text", "json"):
            assert id not in browser.get(f"{site.url}python?format={format}", timeout=10).text
    assert id in page
    for name in ("fetched/pyodide-1.2.3/", "/fetched/ace-builds-4.5.6/ace.js", "fetched/a-1.whl fetched/b-2.whl"):
        assert f'"{name}"' in page
    assert id not in site.ask("python", format="page", id=id).text


@pytest.mark.parametrize("form", ["page", "text", "json"])
def test_without_the_files_the_reply_says_which_command_brings_them(code, tmp_path, form):
    bare = shutil.copytree(code, tmp_path / "bare", ignore=shutil.ignore_patterns("fetched", "*.sock"))
    with served(bare, tmp_path / "log") as server:
        reply = server.ask("python", format=form)
        assert (reply.status_code, "make python" in reply.text) == (200, True)
        assert server.ask("fetched/pyodide-1.2.3/pyodide.mjs").status_code == 404


def test_all_examples_are_there_but_the_one_that_needs_a_window():
    files = {file.name for file in (ROOT / "examples").glob("*.py")}
    examples = python.FOR_PAGE["examples"]
    assert files - {example["name"] for example in examples} == {"11_turtle_map.py"}
    for example in examples:
        assert example["source"] == (ROOT / "examples" / example["name"]).read_text(encoding="utf-8")
        assert example["title"] in example["source"]


def test_only_the_script_in_which_programs_run_may_compile(site):
    relaxed = {
        route.rule
        for route in game().routes.values()
        if "unsafe" in site.ask(route.path[1:], format="page").headers["Content-Security-Policy"]
        or "unsafe" in site.ask(route.path[1:]).headers["Content-Security-Policy"]
    }
    assert relaxed == {"/static/python/worker.js"}


@pytest.mark.skipif(not IN_CI, reason="it needs Chromium: CI=true make test")
def test_in_chromium_that_script_can_compile_and_the_page_can_not(site):
    assert CHROMIUM, WHY_NOT
    with a_browser("--host-resolver-rules=MAP * 127.0.0.1") as browser:
        page = browser.new_page()
        page.goto(f"http://club.example:{site.port}/python")
        assert "Content Security Policy" in page.evaluate(f"{COMPILE}.catch(String)")
        run = "new Promise((found) => (new Worker('/static/python/worker.js').onmessage = ({ data }) => found(data)))"
        assert page.evaluate(run) == "[object WebAssembly.Module]"


# ---- Fetching ----


def fetching(code, **environment):
    command = [sys.executable, "-m", "server.fetch"]
    return subprocess.run(command, cwd=code, capture_output=True, text=True, env={**os.environ, **environment})


NO_NETWORK = {
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_INDEX_URL": "http://127.0.0.1:9",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "0",
}


def test_what_is_there_stays_if_nothing_can_be_fetched(code):
    before = sorted((code / "web").rglob("*"))
    result = fetching(code, **NO_NETWORK)
    assert result.returncode != 0
    assert "What the page /python needs can't be fetched: the reason is above." in result.stderr
    assert "Traceback" not in result.stderr
    assert [path for path in sorted((code / "web").rglob("*")) if "__pycache__" not in path.parts] == before


@pytest.mark.skipif(not IN_CI, reason="it asks npm and PyPI; to run it: CI=true make test")
def test_all_is_fetched_also_without_npm_and_only_once(copy_of_code, tmp_path):
    old = copy_of_code / "web/fetched/pyodide-0.0.1"
    old.mkdir(parents=True)
    result = fetching(copy_of_code, PATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    fetched = copy_of_code / "web/fetched"
    assert not old.exists()
    for name, patterns in fetch.FROM_NPM.items():
        (folder,) = fetched.glob(f"{name}-*")
        for pattern in patterns:
            assert [*folder.glob(Path(pattern).name)]
        assert '"license"' in (folder / "package.json").read_text()
    wheels = {wheel.name.partition("-")[0].replace("_", "-") for wheel in fetched.glob("*.whl")}
    assert wheels == {*fetch.FROM_PYPI}
    for packed in fetched.rglob("*.gz"):
        assert gzip.decompress(packed.read_bytes()) == packed.with_suffix("").read_bytes()
    assert [*fetched.glob("pyodide-*/pyodide.asm.wasm.gz")]
    when = fetched.stat().st_mtime_ns
    assert fetching(copy_of_code, **NO_NETWORK).returncode == 0
    assert fetched.stat().st_mtime_ns == when


def test_what_requests_needs_is_fetched():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    needed = re.findall(r"^(\S+)==(?:.*\\\n)*.*\n    # via requests$", lock, re.MULTILINE)
    assert {*needed, "requests"} == {*fetch.FROM_PYPI}
