"""What the options of uWSGI cost or bring: ours, and each alternative, in one run."""

from contextlib import ExitStack

from bench.load import join, wrk
from bench.race import HELLO, SAILORS, locations
from bench.report import medians, ratio, spread
from bench.servers import MOCEAN, run, variant

ROUNDS = 5
KEEP_OPEN = ("add-header = Connection: close", "http-keepalive = 65")
BARE = HELLO[1]

VARIANTS = [
    MOCEAN,
    variant("http-keepalive", KEEP_OPEN),
    variant("http-socket, no router", ("http = ", "http-socket = ")),
    variant("listen = 100", ("listen = 1024", "listen = 100")),
    variant("buffer-size = 4096", ("buffer-size = 65535", "buffer-size = 4096")),
    variant("buffer-size = 32768", ("buffer-size = 65535", "buffer-size = 32768")),
    variant("a log of all requests", ("disable-logging = true", "")),
    BARE,  # Mocean has one thread, and refuses more
    variant("bare Bottle, threads = 4", ("processes = 1", "processes = 1\nthreads = 4"), of=BARE),
]


def options():
    """A row for each variant."""
    with ExitStack() as stack:
        servers = {one.name: stack.enter_context(run(one)) for one in VARIANTS}
        paths = {
            name: locations([] if name.startswith("bare") else join(server, SAILORS))
            for name, server in servers.items()
        }
        turns = {name: [] for name in servers}
        for _ in range(ROUNDS):
            for name, server in servers.items():
                turns[name].append(wrk(server, paths[name], 1, keep_open="keepalive" in name))
    for name, seen in turns.items():
        turn, base = medians(seen), turns[BARE.name if name.startswith("bare") else MOCEAN.name]
        yield {
            "option": name,
            "requests/s": f"{turn.rate:,.0f} ±{spread([one.rate for one in seen]):.0%}",
            "p99 ms": f"{turn.p99:.1f}",
            "CPU µs a request": f"{turn.cpu:.0f} ±{spread([one.cpu for one in seen]):.0%}",
            "requests/s : as it is": f"{ratio('rate', seen, base):.2f}",
            "CPU : as it is": f"{ratio('cpu', seen, base):.2f}",
            "errors": f"{sum(one.errors for one in seen)}",
        }
