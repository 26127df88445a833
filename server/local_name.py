"""A name for the server in its own network, such as mocean.local. Computers ask for it by multicast DNS: they ask all.

Where Avahi runs, it has given this computer its own name. Elsewhere the package zeroconf gives it ours, if it is there.

uWSGI keeps this program running beside the server: see uwsgi.ini. It writes by which addresses others reach the server
into a file, which pages read. If it can't publish a name, it says nothing, and the game goes on without.
"""

import os
import socket
from contextlib import closing, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from time import sleep

AVAHI = "/run/avahi-daemon/socket"
FOLDER = os.environ.get("RUNTIME_DIRECTORY") or os.environ.get("WORKSHOP")
FILE = Path(FOLDER, "ways-in") if FOLDER else None
PAUSE = 10  # seconds until it looks again which addresses this computer has
PATIENCE = 4000  # milliseconds in which another computer, even a busy one, says that the name is taken


def ways_in():
    """The addresses by which others in this network reach the server, like mocean.local:8080: a name, and a number."""
    with suppress(OSError):
        return FILE.read_text().split() if FILE else []
    return []


def is_possible(settings):
    """True if there is somebody to tell, and a way to do it."""
    return settings.host in ("0.0.0.0", "::") and (os.path.exists(AVAHI) or bool(find_spec("zeroconf")))


def keep_published(name, port):
    """For ever: give the server a name, also after this computer has moved to another network."""
    published, network = None, None
    while True:
        try:
            if os.path.exists(AVAHI):
                note(*name_by_avahi(), port)
            elif (addresses := own_addresses()) != published:
                published = None
                FILE.unlink(missing_ok=True)
                if network:
                    network.close()
                network = multicast(addresses)
                note(publish(network, name, addresses, port), addresses[0], port)
                published = addresses
        except Exception:  # whatever is wrong with the network, pages must not promise a name
            FILE.unlink(missing_ok=True)
        sleep(PAUSE)


def note(name, address, port):
    """Tell the pages."""
    end = "" if port == 80 else f":{port}"
    new = FILE.with_suffix(".new")
    new.write_text(f"{name}{end} {address}{end}")
    new.replace(FILE)


def name_by_avahi():
    """The name of this computer in its network, and its address. Raises OSError or ValueError if it has none there."""
    own = socket.gethostname().partition(".")[0]
    return next((name, address) for name in names_like(own) if is_ours(address := ask_avahi(name)))


def ask_avahi(name):
    """The IPv4 address of whoever has a name. Raises OSError, or ValueError if nobody has."""
    with closing(socket.socket(socket.AF_UNIX)) as avahi:
        avahi.settimeout(PAUSE)
        avahi.connect(AVAHI)
        avahi.sendall(f"RESOLVE-HOSTNAME-IPV4 {name}\n".encode())
        _, _, _, _, address = avahi.recv(1000).decode().split()
    return address


def is_ours(address):
    """True for an address of this computer."""
    with suppress(OSError), closing(socket.socket(type=socket.SOCK_DGRAM)) as probe:
        probe.bind((address, 0))
        return True
    return False


def names_like(name):
    """mocean.local, mocean-2.local and so on: whoever finds a name taken uses the next, Avahi too."""
    yield f"{name}.local"
    yield from (f"{name}-{number}.local" for number in count(2))


def own_addresses():
    """The IPv4 addresses of this computer, first the one by which it reaches others."""
    import ifaddr  # comes with zeroconf

    every = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4 and ip.ip != "127.0.0.1"]
    with suppress(OSError), closing(socket.socket(type=socket.SOCK_DGRAM)) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, but chooses a way
        return [probe.getsockname()[0]]
    return every


def multicast(addresses):
    """What speaks with all others in the networks of these addresses."""
    from zeroconf import IPVersion, Zeroconf

    return Zeroconf(addresses, ip_version=IPVersion.V4Only)


def publish(network, name, addresses, port):
    """Publish the first name like this one that is free. Returns it."""
    from zeroconf import AddressResolverIPv4, ServiceInfo

    host = next(it for it in names_like(name) if not AddressResolverIPv4(f"{it}.").request(network, PATIENCE))
    kind = "_http._tcp.local."
    instance = host.removesuffix("local") + kind
    service = ServiceInfo(kind, instance, port, server=f"{host}.", parsed_addresses=addresses)
    network.register_service(service)
    return host


if __name__ == "__main__":
    keep_published(os.environ["LOCAL_NAME"], int(os.environ["PORT"]))
