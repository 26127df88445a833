"""The Python of the page: what a program finds there, how it runs, and what is told of its errors."""

import ast
import builtins
import io
import linecache
import sys
import time
from traceback import StackSummary, TracebackException
from types import ModuleType, SimpleNamespace

import page  # see worker.js
import requests  # noqa: F401 - this takes a second, better now than in the first program
from pyodide.ffi import run_sync
from urllib3.contrib.emscripten import fetch


class Console(io.TextIOBase):
    def __init__(self, kind):
        self.write = lambda text: page.show(text, kind) or len(text)


class Waiting(ast.NodeTransformer):
    """Makes `await input()` of input(), which works outside of functions, where the browser can't stop Python."""

    def visit_Call(self, node):
        is_input = isinstance(node.func, ast.Name) and node.func.id == "input"
        self.generic_visit(node)
        return ast.copy_location(ast.Await(node), node) if is_input else node


def ask(prompt=""):
    answer = page.ask(str(prompt))
    return run_sync(answer) if page.can_wait else answer


def sleep(seconds):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    page.rest(seconds * 1000)


async def run(source, filename):
    """Run a program. Returns None, or its error: the name, the line, and the traceback without lines of others."""
    program = sys.modules["__main__"] = ModuleType("__main__")
    sys.argv = [filename, page.url.rstrip("/")]
    linecache.cache[filename] = len(source), None, source.splitlines(True), filename
    try:
        tree = ast.parse(source, filename)
        tree, flags = (tree, 0) if page.can_wait else (Waiting().visit(tree), ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(compile(tree, filename, "exec", flags), vars(program))
        if waiting:
            await waiting
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        told = TracebackException.from_exception(error)
        told.stack = StackSummary.from_list(frame for frame in told.stack if frame.filename == filename)
        line = getattr(error, "lineno", None) or (told.stack[-1].lineno if told.stack else None)
        return {"name": type(error).__name__, "line": line, "traceback": "".join(told.format(chain=False))}


picture = SimpleNamespace(
    track=lambda x, y: page.draw("track", float(x), float(y)),
    floor=lambda depth: page.draw("floor", float(depth)),
)
here = sys.modules["here"] = ModuleType("here")
here.url, here.my_id, here.picture = page.url, page.my_id, picture
sys.stdout, sys.stderr = Console("out"), Console("err")
builtins.input, time.sleep = ask, sleep
fetch.has_jspi = lambda: False  # so that urllib3 asks by XMLHttpRequest, which worker.js watches
fetch._SHOWN_STREAMING_WARNING = True
