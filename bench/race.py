"""Mocean beside what a club would use instead, and beside the least that Python can serve."""

from contextlib import ExitStack

from bench.load import join, students, wrk
from bench.report import medians, ratio, spread
from bench.servers import MOCEAN, Contestant, run

SAILORS = 10
ROUNDS = 5

HELLO = [
    Contestant("bare WSGI", ini=(("wsgi-file = mocean.py", "module = bench.hello:wsgi_hello"),)),
    Contestant("bare Bottle", ini=(("wsgi-file = mocean.py", "module = bench.hello:bottle_hello"),)),
]
# In the way that each one's documentation recommends for production; the game is in the memory of one process.
PEERS = [
    Contestant("aiohttp", "{bin}/python -m bench.peers.aiohttp_game {port}"),
    Contestant(
        "FastAPI, uvicorn",
        "{bin}/uvicorn --port {port} --loop uvloop --http httptools --no-access-log --log-level warning "
        "bench.peers.fastapi_game:app",
    ),
    Contestant(
        "Flask, gunicorn",
        "{bin}/gunicorn --worker-class gthread --workers 1 --threads 4 --bind 127.0.0.1:{port} "
        "bench.peers.flask_game:app",
    ),
    Contestant("Bottle, waitress", "{bin}/python -m bench.peers.bottle_game waitress {port}"),
    Contestant("Bottle, wsgiref", "{bin}/python -m bench.peers.bottle_game wsgiref {port}"),
]

LOADS = {
    "location": lambda server, ids: wrk(server, locations(ids), 2),
    "location, connection kept open": lambda server, ids: wrk(server, locations(ids), 1, keep_open=True),
    "location, by requests": lambda server, ids: students(server, locations(ids), 2),
    "sendchat and popchat": lambda server, ids: wrk(server, chats(ids), 1),
}


def locations(ids):
    return [f"/location?id={id}&format=json" for id in ids] or ["/hello"]


def chats(ids):
    """One says something to everyone, and all look into their mailboxes."""
    return [f"/sendchat?id={ids[0]}&message=hello&format=json", *(f"/popchat?id={id}&format=json" for id in ids)]


def race():
    """By load, the turns of each contestant."""
    with ExitStack() as stack:
        servers = {one.name: stack.enter_context(run(one)) for one in [MOCEAN, *HELLO, *PEERS]}
        bare = {one.name for one in HELLO}
        ids = {name: [] if name in bare else join(server, SAILORS) for name, server in servers.items()}
        turns = {load: {name: [] for name in servers if "location" in load or name not in bare} for load in LOADS}
        for _ in range(ROUNDS):
            for load, play in LOADS.items():
                for name in turns[load]:
                    turns[load][name].append(play(servers[name], ids[name]))
        memory = {name: server.memory() for name, server in servers.items()}
    return turns, memory


def tables(turns, memory):
    """The tables of the results, as rows: one table a load."""
    for load, contestants in turns.items():
        ours = contestants[MOCEAN.name]
        rows = []
        for name, seen in contestants.items():
            turn = medians(seen)
            rows.append(
                {
                    "server": name,
                    "requests/s": f"{turn.rate:,.0f} ±{spread([one.rate for one in seen]):.0%}",
                    "p50 ms": f"{turn.p50:.1f}",
                    "p99 ms": f"{turn.p99:.1f}",
                    "CPU µs a request": f"{turn.cpu:.0f} ±{spread([one.cpu for one in seen]):.0%}",
                    "requests/s : ours": f"{ratio('rate', seen, ours):.2f}",
                    "CPU : ours": f"{ratio('cpu', seen, ours):.2f}",
                    "memory MB": f"{memory[name]:.0f}",
                    "errors": f"{sum(one.errors for one in seen)}",
                }
            )
        yield load, rows
