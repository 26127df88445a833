"""Connections on which a request is begun and never finished. Each takes an open file of the server.

with Slow() as slow:
    slow.open(1100, port)
    slow.drip()             # another byte on each
"""

import re
import resource
import socket
import ssl
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.conftest import Server, copy_code

BEGINNING = b"GET /status HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
ATTACKER = "127.0.0.2"  # another address of this computer than the players have


class Slow:
    """A crowd of such connections, which all end with the block."""

    def __enter__(self):
        self.open_ones = []
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return self

    def __exit__(self, *_):
        for connection in self.open_ones:
            connection.close()

    def open(self, number, port, beginning=BEGINNING):
        """Open so many to a port of this computer. Passes over those that are refused."""
        for _ in range(number):
            with suppress(ConnectionRefusedError):
                self.add(socket.create_connection(("127.0.0.1", port), 10, (ATTACKER, 0)), beginning)

    def add(self, connection, beginning=BEGINNING):
        """Take an open connection, and begin a request on it."""
        connection.setblocking(False)
        self.open_ones.append(connection)
        connection.send(beginning)

    def drip(self):
        """Send another byte on each. Returns how many the server has not closed yet."""
        self.open_ones = [connection for connection in self.open_ones if self.is_open(connection)]
        return len(self.open_ones)

    def is_open(self, connection):
        """Send another byte. If the server has closed the connection, close it here too."""
        try:
            connection.send(b"x")
            connection.recv(1000)  # a farewell, or nothing
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            pass
        connection.close()
        return False


@contextmanager
def small_server(connections, patience=10):
    """A server that can have so many open files, and waits so many seconds for more of a request."""
    with tempfile.TemporaryDirectory() as folder:
        options = copy_code(Path(folder)) / "uwsgi.ini"
        text = options.read_text()
        for name, value in {"max-fd": connections, "http-headers-timeout": patience}.items():
            assert f"{name} = " in text
            text = re.sub(f"{name} = .*", f"{name} = {value}", text)
        options.write_text(text)
        server = Server(cwd=folder).start(Path(folder) / "log")
        try:
            yield server
        finally:
            server.kill()
