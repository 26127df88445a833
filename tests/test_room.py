"""In the room: how children find the server. A QR code for phones, and a name that other computers ask for."""

import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from tests.box import Box, install, what_is_missing
from tests.conftest import ROOT, Player, game, wait_until
from web import qr

ADDRESS = "10.9.8.1"
NETWORK = f"""
set -e
ip link set lo up multicast on
ip address add {ADDRESS}/24 dev lo
ip route add default dev lo
echo ready
exec sleep 600
"""
FIND = """
import sys, zeroconf
with zeroconf.Zeroconf() as network:
    found = zeroconf.AddressResolverIPv4(sys.argv[1])
    found.request(network, 20_000)
    print(*found.parsed_addresses())
"""
AVAHI = """
[server]
enable-dbus=no
allow-interfaces=lo
"""
# Two computers that are called reef, in one network. The second one to come looks for its name.
TWO_REEFS = f"""
set -e
hostname reef
mount -t tmpfs tmpfs /run
mkdir /run/avahi-daemon
printf '[server]\\nenable-dbus=no\\nuse-ipv6=no\\n' > /run/conf
avahi="exec avahi-daemon --file=/run/conf --no-drop-root --no-chroot --no-rlimits"
ip netns add first
ip link add second type veth peer name first netns first
ip -n first address add 10.9.8.2/24 dev first
ip -n first link set first up
ip address add {ADDRESS}/24 dev second
ip link set second up
ip netns exec first sh -c "mount -t tmpfs tmpfs /run/avahi-daemon; $avahi" 2> /run/log &
until grep "startup complete" /run/log; do sleep 0.1; done
sh -c "$avahi" &
until test -S /run/avahi-daemon/socket; do sleep 0.1; done
exec "$0" server/local_name.py
"""
LAUNCH = (sys.executable, "-m", "server.launch")


# ---- A QR code ----


@pytest.mark.parametrize("path", ["/", "/map", "/harbour/cards"])
def test_a_phone_finds_the_way_by_the_address_that_is_shown(path):
    leader = Player(game(harbour_key="correct-horse-battery"))
    headers = {"Accept": "text/html", "Host": "192.168.1.5:8080", "X-Harbour-Key": "correct-horse-battery"}
    page = leader.ask(path, headers=headers).text
    codes = re.findall(r'<svg[^>]* class="qr"><title>QR code of ([^<]*)</title>.*?</svg>', page)
    assert codes == ["http://192.168.1.5:8080/"] * (8 if "cards" in path else 1)
    assert "style=" not in page  # which our policy forbids


def test_an_address_that_only_this_computer_knows_has_no_code(player):
    assert 'class="qr"' not in player.page("/map")


@pytest.mark.parametrize("package", [None, qr.segno])
def test_pages_do_without_a_code(player, monkeypatch, package):
    """Without the package, or where somebody asks for a name of a kilometre."""
    monkeypatch.setattr(qr, "segno", package)
    name = "192.168.1.6" if not package else "sea" * 500
    page = player.ask("/map", headers={"Accept": "text/html", "Host": name}).text
    assert name in page
    assert 'class="qr"' not in page


# ---- A name ----


def test_pages_show_the_name_and_the_number_which_others_can_type():
    app = game(hosts=("mocean.local", "192.168.1.5"))
    app.ways_in = lambda: ["mocean.local:8080", "192.168.1.5:8080"]
    player = Player(app)
    for path in ("/", "/map"):
        here = player.page(path)
        assert "<strong>mocean.local:8080 or 192.168.1.5:8080</strong>" in here
        assert "QR code of http://192.168.1.5:8080/" in here  # as that of localhost is no use
        by_name = player.ask(path, headers={"Accept": "text/html", "Host": "mocean.local:8080"}).text
        assert "<strong>192.168.1.5:8080</strong>" in by_name
    app.ways_in = lambda: ["mocean-2.local:8080", "192.168.1.5:8080"]
    assert "mocean-2" not in player.page("/map")  # a name to which this server doesn't answer


@pytest.fixture
def network():
    """A network with nobody else in it, as the words with which a command begins that runs there."""
    if os.geteuid() or not shutil.which("ip"):
        assert os.environ.get("CI") != "true", "the name in the room must be tried in CI"
        pytest.skip("a network of its own needs root and the command ip")
    pytest.importorskip("zeroconf")
    hide_avahi = "test ! -d /run/avahi-daemon || mount -t tmpfs tmpfs /run/avahi-daemon"  # that of this computer
    command = ("unshare", "--net", "--mount", "sh", "-c", hide_avahi + NETWORK)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield "nsenter", f"--target={process.pid}", "--net", "--mount", f"--wdns={ROOT}"
        process.kill()


@pytest.fixture
def start(network, tmp_path):
    """Starts a program in the network, with a folder and a port of its own. Returns its folder."""
    processes = []

    def start(*command, **environment):
        folder = tmp_path / str(len(processes))
        folder.mkdir()
        environment = {**os.environ, "RUNTIME_DIRECTORY": str(folder), "MOCEAN_LOGBOOK": ":memory:", **environment}
        with (folder / "log").open("w") as log:
            command = (*network, "setpriv", "--pdeathsig", "KILL", *command)
            processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        return folder

    yield start
    for process in processes:
        process.terminate()
        process.wait(20)


def ways_in(folder):
    """What a program has told the pages, as soon as it has."""
    deadline = time.monotonic() + 40
    while not (folder / "ways-in").exists():
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.05)
    return (folder / "ways-in").read_text()


def in_network(network, *command):
    return subprocess.run([*network, *command], capture_output=True, text=True, timeout=60).stdout


def test_other_computers_find_the_server_by_its_name_while_it_runs(network, start):
    folder = start(*LAUNCH, "mocean", HOST="0.0.0.0", PORT="80")
    assert ways_in(folder) == f"mocean.local {ADDRESS}"
    assert in_network(network, sys.executable, "-c", FIND, "mocean.local.") == f"{ADDRESS}\n"
    page = in_network(network, "curl", "-s", "-H", "Accept: text/html", "http://localhost/map")
    assert f"<strong>mocean.local or {ADDRESS}</strong>" in page


def test_a_name_that_another_computer_has_gets_a_number(start):
    program = (sys.executable, str(ROOT / "server/local_name.py"))
    assert ways_in(start(*program, LOCAL_NAME="reds", PORT="8080")) == f"reds.local:8080 {ADDRESS}:8080"
    assert ways_in(start(*program, LOCAL_NAME="reds", PORT="8081")) == f"reds-2.local:8081 {ADDRESS}:8081"


def test_a_name_to_which_avahi_has_added_a_number_is_found(tmp_path):
    if os.geteuid() or not shutil.which("avahi-daemon"):
        assert os.environ.get("CI") != "true", "install avahi-daemon"
        pytest.skip("two computers need root and avahi-daemon")
    alone = ("unshare", "--net", "--mount", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child")
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(tmp_path), "LOCAL_NAME": "mocean", "PORT": "80"}
    with (tmp_path / "log").open("w") as log:
        command = [*alone, "sh", "-c", TWO_REEFS, sys.executable]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        # Avahi may notice some moments later that the name is taken. Our program looks again every ten seconds.
        wait_until(lambda: ways_in(tmp_path) == f"reef-2.local {ADDRESS}", 60)
    finally:
        process.kill()
        process.wait()


def test_nobody_is_told_of_a_server_for_this_computer_alone(start):
    folder = start(*LAUNCH, "mocean", HOST="127.0.0.1", PORT="8080")
    deadline = time.monotonic() + 40
    while "Mocean is open" not in (folder / "log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "mule" not in (folder / "log").read_text()


# ---- A small computer of its own, as docs/raspberry-pi.md has it ----


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="it boots a systemd; as root: CI=true make test")
def test_a_service_can_have_port_80_and_the_name_that_avahi_gives(tmp_path):
    assert not what_is_missing()
    assert shutil.which("avahi-daemon"), "install avahi-daemon"
    handbook = (ROOT / "docs/admin.md").read_text(encoding="utf-8")
    (allow,) = [code for code in re.findall("```sh\n(.*?)```", handbook, re.DOTALL) if "port_start" in code]
    passing = shutil.ignore_patterns(".*", "*.sock", "__pycache__")  # what other tests make and remove meanwhile
    code = shutil.copytree(ROOT, tmp_path / "code", ignore=passing)
    root = {**os.environ, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}  # as in the box
    subprocess.run(["make", "wheels"], cwd=code, env=root, check=True)
    with Box(code, own_network=True) as box:
        box.run("sh", "-c", NETWORK.replace("exec sleep 600", ""), check=True)
        box.run("hostname", "reef", check=True)
        box.write("/etc/avahi/avahi-daemon.conf", AVAHI)
        box.run("systemd-run", "avahi-daemon", check=True)
        done = install(box, WHEELS=f"{Box.CODE}/wheels")
        assert done.returncode == 0, done.stdout + done.stderr
        box.write("/etc/mocean.env", "PORT=80\nMOCEAN_HOSTS=reef.local\n")
        assert box.run("systemctl", "restart", "mocean").returncode
        assert "To have it, see “Port 80” in docs/admin.md." in box.run("journalctl", "-u", "mocean").stdout
        box.run("sh", "-ec", allow.replace("sudo ", ""), check=True)
        box.run("systemctl", "restart", "mocean", check=True)

        def shown():
            return box.run("curl", "-s", "-H", "Accept: text/html", "http://localhost/map").stdout

        wait_until(lambda: f"<strong>reef.local or {ADDRESS}</strong>" in shown())
        assert f"QR code of http://{ADDRESS}/" in shown()
