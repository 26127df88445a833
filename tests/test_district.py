"""A district under a real systemd: clubs that are made, sleep, wake, are closed, moved and upgraded."""

import json
import os
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event
from urllib.parse import urlencode

import pytest

from server.door import Door
from tests.box import Service, what_is_missing
from tests.conftest import ROOT, free_port, wait_until
from tests.upgrades import MIGRATES, NEW, box_with_wheels, fresh_service, upgrade

MISSING = what_is_missing()
if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd and take minutes; as root: CI=true make test", allow_module_level=True)
elif MISSING:
    pytest.fail(f"the service can't be tested under systemd: {MISSING}", pytrace=False)

RACES = 40  # times that somebody comes as a server falls asleep
APPLICATION = "/opt/mocean/web/application.py"


class Club:
    """A club of the district in a box, and the way to it by its door."""

    def __init__(self, box, name):
        self.box, self.name = box, name
        self.service = Service(box, f"mocean@{name}")

    def get(self, route, **keys):
        """The status and the reply. A proxy would say who asks."""
        door = Door(f"/proc/{self.box.pid}/root/run/mocean-doors/mocean@{self.name}.sock", timeout=20)
        headers = {"Host": f"{self.name}.example.org", "X-Forwarded-For": "192.0.2.7"}
        with closing(door):
            door.request("GET", f"/{route}?{urlencode({**keys, 'format': 'json'})}", headers=headers)
            answer = door.getresponse()
            return answer.status, json.loads(answer.read())

    def ask(self, route, **keys):
        status, reply = self.get(route, **keys)
        assert status == 200, reply
        return reply

    def is_asleep(self):
        return self.service.fact("ActiveState") == "inactive"

    def settings(self):
        text = self.box.run("cat", f"/etc/mocean@{self.name}.env").stdout
        return dict(line.split("=", 1) for line in text.splitlines())


@pytest.fixture(scope="module")
def box():
    with box_with_wheels() as box:
        fresh_service(box)
        box.run("systemctl", "disable", "--now", "mocean", check=True)
        yield box


def order(box, *words):
    """What the admin types: make club NAME=reds."""
    return box.run("make", "--silent", "-C", box.CODE, *words)


@pytest.fixture
def reds(box):
    """A new club."""
    made = order(box, "club", "NAME=reds", "DOMAIN=example.org")
    assert made.returncode == 0, made.stderr
    yield Club(box, "reds")
    order(box, "remove", "CLUB=reds", "LOGBOOK=remove")


@pytest.fixture
def drowsy(box):
    """Servers fall asleep as soon as nobody has asked for half a second."""
    original = box.change(APPLICATION, "QUIET = 60", "QUIET = 0.5")
    box.write(
        "/etc/systemd/system/mocean@.service.d/test.conf", "[Service]\nWatchdogSec=1\n[Unit]\nStartLimitBurst=0\n"
    )
    box.run("systemctl", "daemon-reload")
    yield
    box.write(APPLICATION, original)
    box.run("rm", "/etc/systemd/system/mocean@.service.d/test.conf")
    box.run("systemctl", "daemon-reload")


def test_a_club_is_made_by_one_command_and_plays_at_the_first_request(box, reds):
    card = order(box, "club", "NAME=blues").stdout
    assert "https://blues.example.org/harbour" in card
    assert "\N{FULL BLOCK}" in card  # the QR code
    word, key = (re.search(rf"{what} +(\S+)", card)[1] for what in ("club word", "harbour key"))
    blues = Club(box, "blues")
    assert blues.settings() == {"MOCEAN_HOSTS": "blues.example.org", "MOCEAN_WORD": word, "MOCEAN_HARBOUR_KEY": key}
    assert box.run("stat", "--format=%a %U", "/etc/mocean@blues.env").stdout == "600 root\n"
    assert blues.is_asleep()
    assert blues.get("join", name="ada")[0] == 403
    assert blues.ask("join", name="ada", word=word)["name"] == "ada"
    assert [sailor["address"] for sailor in blues.ask("harbour", key=key)["sailors"]] == ["192.0.2.7"]
    assert reds.settings()["MOCEAN_WORD"] != word  # each has its own
    assert blues.get("who")[1]["count"] == 2
    assert reds.get("who")[1]["count"] == 1
    order(box, "remove", "CLUB=blues", "LOGBOOK=remove")


def test_the_harbour_master_commands_from_the_terminal_too(box, reds):
    reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])
    command = f"cd {box.CODE} && /opt/mocean/env/bin/python -B -m server.harbour --club reds"
    assert "Ship ahoy!" in box.run("sh", "-c", f"{command} say Ship ahoy! && {command}").stdout
    assert "no-sailor" in box.run("sh", "-c", f"{command} mute nobody").stderr


def test_bad_names_make_no_club(box, reds):
    for words, why in [
        (("NAME=Reds",), "“Reds” is no name for a club"),
        (("NAME=../x",), "“../x” is no name for a club"),
        (("NAME=reds",), "There is a club “reds” already."),
        (("NAME=greens", "DOMAIN=exa_mple"), "“exa_mple” is no domain."),
        (("FILE=/nowhere.csv",), "/nowhere.csv can't be read"),
        ((), "Which club?"),
    ]:
        result = order(box, "club", *words)
        assert (result.returncode, why in result.stderr) == (2, True), result.stderr
    assert "greens" not in order(box, "clubs").stdout


def test_many_are_made_from_a_file_or_none(box, reds):
    for twice in ("reds", "owls"):
        box.write("/root/clubs.csv", f"name,teacher\nowls,Ms Lee\nseals,Mr Ray\n{twice},Mr Fox\n")
        assert f"There is a club “{twice}” already." in order(box, "club", "FILE=/root/clubs.csv").stderr
        assert "owls" not in order(box, "clubs").stdout
    box.write("/root/clubs.csv", "name,teacher\nowls,Ms Lee\nseals,Mr Ray\n")
    cards = order(box, "club", "FILE=/root/clubs.csv").stdout
    assert cards.count("club word") == 2
    for name in ("owls", "seals"):
        assert Club(box, name).ask("status")["ok"]
        order(box, "remove", f"CLUB={name}", "LOGBOOK=remove")


def test_a_club_that_is_found_by_path_has_such_an_address(box, reds):
    assert "https://example.org/greens/harbour" in order(box, "club", "NAME=greens", "DOMAIN=example.org/").stdout
    greens = Club(box, "greens")
    assert greens.settings()["MOCEAN_HOSTS"] == "example.org"
    order(box, "remove", "CLUB=greens", "LOGBOOK=remove")


def test_nobody_is_turned_away_as_a_server_falls_asleep_and_nothing_is_lost(box, drowsy, reds):
    id = reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])["id"]
    box.run("sed", "-i", "s/^NAP = .*/NAP = 0/", "/opt/mocean/game/sailors.py")  # so that no ship keeps it awake
    box.run("systemctl", "restart", reds.service.name)
    boots, degrees = set(), None
    for number in range(RACES):
        if number % 2:
            wait_until(reds.is_asleep)
        else:
            time.sleep(random.uniform(0.4, 1.2))  # somewhere near the moment in which it falls asleep
        if degrees is not None:
            assert reds.ask("location", id=id)["heading"] == degrees
        degrees = number % 360
        reds.ask("heading", id=id, degrees=degrees)
        boots.add(reds.ask("status")["boot"])
    assert len(boots) > RACES / 2
    box.run("sed", "-i", "s/^NAP = .*/NAP = 15 * 60/", "/opt/mocean/game/sailors.py")
    assert box.run("ls", "/var/lib/private/mocean@reds/backups").stdout.count("-asleep.sqlite3") == 14


def test_who_only_looks_in_leaves_no_copy(box, drowsy, reds):
    reds.ask("status")
    wait_until(reds.is_asleep)
    assert box.run("ls", "/var/lib/private/mocean@reds/backups").stdout == ""


def test_a_ship_that_is_awake_keeps_its_server_awake(box, drowsy, reds):
    boot = reds.ask("status")["boot"]
    reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])
    for _ in range(8):  # what asks is the watchdog, several times a second
        time.sleep(0.25)
        assert not reds.is_asleep()
    assert reds.ask("status")["boot"] == boot


def test_a_club_is_closed_opened_and_removed(box, reds):
    id = reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])["id"]
    order(box, "suspend", "CLUB=reds")
    assert re.search("^reds +suspended", order(box, "clubs").stdout, re.MULTILINE)
    with pytest.raises(FileNotFoundError):
        reds.get("status")
    order(box, "resume", "CLUB=reds")
    assert re.search("^reds +asleep", order(box, "clubs").stdout, re.MULTILINE)
    assert reds.ask("location", id=id)["ok"]
    assert re.search("^reds +awake +1 +1 +20", order(box, "clubs").stdout, re.MULTILINE)
    assert "The club reds is gone." in order(box, "remove", "CLUB=reds", "LOGBOOK=remove").stdout
    assert box.run("sh", "-c", "ls -d /etc/mocean@reds* /var/lib/private/mocean@reds").stdout == ""
    assert "There is no club “reds” here" in order(box, "suspend", "CLUB=reds").stderr


def test_a_club_moves_to_another_computer(box, reds):
    before = reds.settings()
    id = reds.ask("join", name="ada", word=before["MOCEAN_WORD"])["id"]
    reds.ask("heading", id=id, degrees=77)
    tracks = reds.ask("tracks", **{"from": "2020-01-01"})["tracks"]
    assert order(box, "export", "CLUB=reds", "FILE=/root/reds.tar").returncode == 0
    assert box.run("stat", "--format=%a", "/root/reds.tar").stdout == "600\n"
    order(box, "remove", "CLUB=reds", "LOGBOOK=remove")
    moved = order(box, "import", "FILE=/root/reds.tar")
    assert "The logbook holds 1 ship, 0 messages" in moved.stdout, moved.stderr
    assert reds.settings() == before
    assert reds.ask("location", id=id)["heading"] == 77
    assert tracks == reds.ask("tracks", **{"from": "2020-01-01"})["tracks"][: len(tracks)]


@contextmanager
def asked_all_the_time(club):
    """Somebody asks all the time, and is always answered. Yields a list of how long that took, in seconds."""
    gaps, is_over = [], Event()

    def poll():
        while not is_over.wait(0.04):
            asked = time.monotonic()
            club.ask("status")
            gaps.append(time.monotonic() - asked)

    with ThreadPoolExecutor() as pool:
        polled = pool.submit(poll)
        try:
            yield gaps
        finally:
            is_over.set()
        polled.result()


# ---- The one door ----


@contextmanager
def running(box, program, file, config):
    """A proxy of the district, as its package runs it. Yields a function that asks it, for a status and a reply."""
    port, plain = free_port(), free_port()
    config = re.sub(r".*listen \[::\].*\n", "", config).replace("8079", str(free_port()))
    config = config.replace("listen 80;", f"listen {plain};").replace("listen 443 ", f"listen {port} ")
    config = config.replace("\t\ton_demand\n", "\t\ton_demand\n\t\tissuer internal\n")
    ports = f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {plain}\n\thttps_port {port}\n"
    box.write(f"/etc/{program}/{file}", config.replace("\n{\n", f"\n{ports}", 1) if program == "caddy" else config)

    def ask(host, path):
        to = ("--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}{path}")
        *reply, status = box.run("curl", "-sk", "--write-out", "\n%{http_code}", *to).stdout.splitlines()
        return int(status), "\n".join(reply)

    started = box.run("systemctl", "restart", program)
    assert started.returncode == 0, started.stderr
    try:
        wait_until(lambda: ask("example.org", "/")[0] == 404)
        yield ask
    finally:
        box.run("systemctl", "kill", "--signal=KILL", program)
        box.run("systemctl", "stop", program)


@pytest.mark.parametrize(
    ("program", "file", "ours"),
    [("caddy", "Caddyfile", "district.Caddyfile"), ("nginx", "nginx.conf", "district-nginx.conf")],
)
def test_a_proxy_finds_each_club_whose_door_is_open(box, reds, program, file, ours):
    keys = "/etc/letsencrypt/live/example.org"
    box.run("mkdir", "-p", keys)
    request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=example.org")
    box.run(*request, "-keyout", f"{keys}/privkey.pem", "-out", f"{keys}/fullchain.pem", check=True)
    box.run("sed", "-i", "s/^MOCEAN_HOSTS=.*/&,example.org/", "/etc/mocean@reds.env")
    with running(box, program, file, (ROOT / "deploy" / ours).read_text(encoding="utf-8")) as ask:
        assert reds.is_asleep()
        for host, path in (("example.org", "/reds/status"), ("reds.example.org", "/status")):
            status, reply = ask(host, path)
            assert (status, " sailing, " in reply) == (200, True), reply
        order(box, "suspend", "CLUB=reds")
        for path in ("/reds/status", "/blues/status"):
            status, reply = ask("example.org", path)
            assert (status, reply[:32]) == (404, "There is no club at this address")
        order(box, "resume", "CLUB=reds")
        assert ask("example.org", "/reds/status")[0] == 200


# ---- Upgrades ----

CHECK = "startup.check(application.settings, application.logbook)\n"
FAILS_FOR_BLUES = (
    "mocean.py",
    CHECK,
    f'{CHECK}    "blues" in os.environ.get("DOOR", "") and sys.exit("not for blues")\n',
)


@pytest.fixture
def blues(box, reds):
    """A second club."""
    assert order(box, "club", "NAME=blues").returncode == 0
    yield Club(box, "blues")
    order(box, "remove", "CLUB=blues", "LOGBOOK=remove")


@pytest.fixture
def as_before(box):
    """Afterwards, all use the program of this folder again."""
    yield
    assert upgrade(box).returncode == 0


def put_to_sleep(*clubs):
    for club in clubs:
        wait_until(lambda club=club: club.service.fact("ActiveState") != "activating")
        club.service.systemctl("stop", club.service.name)


def version_of(club):
    return club.ask("status")["version"]


def test_a_club_that_fails_stays_on_its_release_and_the_others_go_on(box, reds, blues, as_before):
    old = version_of(reds)
    id = blues.ask("join", name="ada", word=blues.settings()["MOCEAN_WORD"])["id"]
    result = upgrade(box, NEW, FAILS_FOR_BLUES, CANARY="reds")
    assert result.returncode == 0, result.stderr
    assert f"mocean@blues stays on {old}." in result.stdout
    assert "not for blues" in result.stdout
    assert version_of(reds).startswith("99.")
    assert version_of(blues) == old
    assert blues.ask("location", id=id)["ok"]
    assert re.search(f"^blues +awake +1 .* {re.escape(old)} ", order(box, "clubs").stdout, re.MULTILINE)
    put_to_sleep(blues)
    assert version_of(blues) == old  # also after it has slept
    assert upgrade(box, NEW).returncode == 0
    assert version_of(blues).startswith("99.")


def test_one_club_goes_back_and_on_again(box, reds, blues, as_before):
    old = version_of(reds)
    id = reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])["id"]
    assert upgrade(box, NEW).returncode == 0
    assert order(box, "rollback", "CLUB=reds").returncode == 0
    assert version_of(reds) == old
    assert version_of(blues).startswith("99.")
    assert reds.ask("location", id=id)["ok"]
    assert re.search("^reds .* held on an older version$", order(box, "clubs").stdout, re.MULTILINE)
    order(box, "resume", "CLUB=reds")
    assert version_of(reds).startswith("99.")
    assert "There is no club “greens” here." in order(box, "rollback", "CLUB=greens").stderr


def test_if_the_canary_fails_no_other_club_is_touched(box, reds, blues, as_before):
    old, boot = version_of(reds), reds.ask("status")["boot"]
    version_of(blues)
    result = upgrade(box, NEW, FAILS_FOR_BLUES, CANARY="blues")
    assert result.returncode != 0
    assert "not for blues" in result.stderr
    assert (version_of(reds), reds.ask("status")["boot"]) == (old, boot)
    assert version_of(blues) == old


def test_a_sleeping_club_upgrades_as_it_wakes_unless_its_settings_are_broken(box, reds, blues, as_before):
    old = version_of(reds)
    put_to_sleep(reds, blues)
    box.run("sh", "-c", "echo MOCEAN_LIMITS=perhaps >> /etc/mocean@blues.env")
    result = upgrade(box, NEW)
    assert result.returncode == 0, result.stderr
    assert f"mocean@blues sleeps, and will stay on {old}." in result.stdout
    assert "MOCEAN_LIMITS is on or off" in result.stdout
    assert reds.is_asleep()
    assert version_of(reds).startswith("99.")
    box.run("sed", "-i", "/perhaps/d", "/etc/mocean@blues.env")
    assert version_of(blues) == old
    order(box, "resume", "CLUB=blues")
    assert version_of(blues).startswith("99.")


def test_nobody_waits_long_while_a_club_is_upgraded(box, reds, as_before):
    reds.ask("status")
    with asked_all_the_time(reds) as gaps:
        assert upgrade(box, NEW).returncode == 0
    print(f"the longest time without an answer was {max(gaps):.2f} s")
    assert version_of(reds).startswith("99.")


def test_who_comes_while_a_club_is_stopped_does_not_start_it_too_early(box, reds, as_before):
    id = reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])["id"]
    before = reds.ask("heading", id=id, degrees=77)
    copy = box.run("make", "--silent", "-C", box.CODE, "backup", "CLUB=reds").stdout.split()[0]
    with asked_all_the_time(reds):
        result = upgrade(box, MIGRATES, ("server/startup.py", "    refuse_company()", "    sys.exit('not this one')"))
        assert "not this one" in result.stderr
        assert reds.ask("heading", id=id, degrees=88)["heading"] == 88
        assert box.run("make", "-C", box.CODE, "restore", "CLUB=reds", f"COPY={copy}").returncode == 0
    after = reds.ask("location", id=id)
    assert (after["heading"], after["x"]) == (77, before["x"])


def test_uninstalling_closes_all_doors_and_installing_brings_the_clubs_back(box, reds, as_before):
    id = reds.ask("join", name="ada", word=reds.settings()["MOCEAN_WORD"])["id"]
    assert order(box, "uninstall").returncode == 0
    left = box.run("sh", "-c", "ls -R /run/mocean-doors /etc/systemd/system /opt | grep -i mocean.*reds").stdout
    assert left == ""
    assert upgrade(box).returncode == 0
    order(box, "resume", "CLUB=reds")
    assert reds.ask("location", id=id)["ok"]
