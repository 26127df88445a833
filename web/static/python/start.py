"""The Python of the page: what a program finds there, how it runs, and what is told of its errors."""

import ast
import builtins
import io
import linecache
import sys
import time
import traceback
from types import ModuleType, SimpleNamespace

import page  # worker.js
import requests  # noqa: F401: this takes a second, better now than in the first program
from pyodide.ffi import run_sync
from urllib3.contrib.emscripten import fetch

fetch.has_jspi = lambda: False  # so that all requests go by XMLHttpRequest, where worker.js sees them
fetch._SHOWN_STREAMING_WARNING = True


class Console(io.TextIOBase):
    """What is printed."""

    def __init__(self, kind):
        self.kind = kind

    def write(self, text):
        page.show(text, self.kind)
        return len(text)


class Waiting(ast.NodeTransformer):
    """Lets a program wait for input() where a browser can't stop Python: outside of functions, as `await` does."""

    def visit_FunctionDef(self, node):
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = visit_GeneratorExp = visit_FunctionDef

    def visit_Call(self, node):
        self.generic_visit(node)
        is_input = isinstance(node.func, ast.Name) and node.func.id == "input"
        return ast.copy_location(ast.Await(node), node) if is_input else node


def ask(prompt=""):
    answer = page.ask(str(prompt))
    return run_sync(answer) if page.can_wait else answer


def sleep(seconds):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    page.rest(seconds * 1000)


async def run(source, filename):
    """Run a program. Returns None, or what went wrong and in which line."""
    program = sys.modules["__main__"] = ModuleType("__main__")
    sys.argv = [filename, page.url.rstrip("/")]
    linecache.cache[filename] = len(source), None, source.splitlines(True), filename
    try:
        tree = ast.parse(source, filename)
        if page.can_wait:
            exec(compile(tree, filename, "exec"), vars(program))
        else:
            code = compile(Waiting().visit(tree), filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            waiting = eval(code, vars(program))
            if waiting:
                await waiting
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        told = traceback.TracebackException.from_exception(error)
        told.stack = traceback.StackSummary.from_list(frame for frame in told.stack if frame.filename == filename)
        line = error.lineno if isinstance(error, SyntaxError) else told.stack and told.stack[-1].lineno
        return {"name": type(error).__name__, "line": line or None, "traceback": "".join(told.format(chain=False))}


here = sys.modules["here"] = ModuleType("here")
here.url, here.my_id = page.url, page.my_id
here.picture = SimpleNamespace(
    track=lambda x, y: page.draw("track", x, y),
    floor=lambda depth: page.draw("floor", depth),
)
sys.stdout, sys.stderr = Console("out"), Console("err")
builtins.input, time.sleep = ask, sleep
