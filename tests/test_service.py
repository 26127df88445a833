"""The service, under a real systemd in a box of its own: what the admin does, and what goes wrong on its own."""

import os
import random
import re
import select
import socket
from contextlib import ExitStack, contextmanager

import pytest
import requests

from server.watchdog import PATIENCE
from tests.box import Box, Service, install, what_is_missing
from tests.conftest import ROOT, free_port, wait_until
from tests.test_launch import has_ipv6
from tests.test_settings import UNDERSTOOD

HANDBOOK = (ROOT / "docs/admin.md").read_text(encoding="utf-8")
MISSING = what_is_missing()
if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd and take minutes; as root: CI=true make test", allow_module_level=True)
elif MISSING:
    pytest.fail(f"the service can't be tested under systemd: {MISSING}", pytrace=False)


@pytest.fixture(scope="module")
def box():
    """A computer on which Mocean has been installed. It doesn't run yet."""
    with Box(ROOT) as box:
        port = free_port()
        box.write("/etc/mocean.env", f"HOST=127.0.0.1\nPORT={port}\n")
        result = install(box)
        assert result.returncode == 0, result.stdout + result.stderr
        yield box


@pytest.fixture
def service(box):
    """The service, started, with an empty logbook."""
    service = Service(box)
    box.run("systemctl", "stop", "mocean", "mocean@*")
    box.run("systemctl", "reset-failed")
    box.run("sh", "-c", "rm -rf /var/lib/private/mocean* /var/lib/mocean* /etc/systemd/system/mocean.service.d")
    service.systemctl("daemon-reload")
    service.settings()
    service.start()
    return service


@contextmanager
def changed(box, file, old, new):
    """Change the installed program for a while."""
    original = box.change(f"/opt/mocean/{file}", old, new)
    try:
        yield
    finally:
        box.write(f"/opt/mocean/{file}", original)


# ---- Start, stop, restart ----


def test_when_start_returns_it_answers_and_after_stop_nothing_is_left(service):
    assert service.ask("begin", message=101)["next"] == "beguine"
    assert service.fact("NRestarts") == "0"
    pids = service.pids()
    assert len(pids) == 4
    service.systemctl("stop", "mocean")
    assert service.fact("ActiveState") == "inactive"
    assert not any(service.box.run("test", "-e", f"/proc/{pid}").returncode == 0 for pid in pids)
    with pytest.raises(requests.ConnectionError):
        service.ask("status")


def test_restart_keeps_ships_ids_and_chat(service):
    ada, bob = (service.ask("join", name=name)["id"] for name in ("ada", "bob"))
    service.ask("heading", id=ada, degrees=123)
    service.ask("sendchat", id=ada, message="ahoy", name="bob")
    boot = service.ask("status")["boot"]
    service.systemctl("restart", "mocean")
    assert service.ask("location", id=ada)["heading"] == 123
    assert service.ask("popchat", id=bob)["message"] == "ahoy"
    assert service.ask("status")["boot"] == boot + 1


def test_status_tells_how_the_game_is(service):
    assert 'Status: "0 ships sailing, 0 asleep, ' in service.status()  # at once
    for name in ("ada", "bob", "eve"):
        service.ask("join", name=name)
    wait_until(lambda: "3 ships sailing, 0 asleep, " in service.status())
    game = r"3 ships sailing, 0 asleep, \d+ s without a restart, \d+ treasures left\."
    version = re.escape(service.ask("status")["version"])
    assert re.search(rf'Status: "{game} Version {version}\."', service.status())


def test_it_starts_with_the_machine(service):
    assert service.systemctl("is-enabled", "mocean").stdout.strip() == "enabled"


def test_the_log_is_in_the_journal_without_secrets(service):
    id = service.ask("join", name="ada")["id"]
    service.ask("sendchat", id=id, message="secretmessage", name="nobody")
    service.systemctl("stop", "mocean")
    log = service.box.run("journalctl", "--unit", "mocean", "--no-pager").stdout
    assert "GET /sendchat 404" in log
    assert id not in log
    assert "secretmessage" not in log


def test_the_log_is_searched_for_the_servers_mistakes_as_the_handbook_says(service):
    requests.get(service.url + "status", headers={"Sec-Purpose": "prefetch"}, timeout=20)
    service.ask("nowhere")
    service.systemctl("stop", "mocean")
    search = next(line for line in HANDBOOK.splitlines() if "| grep " in line and "journalctl" in line)
    found = service.box.run("sh", "-c", search.partition("  #")[0].removeprefix("sudo ")).stdout.splitlines()
    assert any(line.endswith("GET /status 503 prefetch") for line in found)
    assert all(re.search(r" 5\d\d [a-z-]+( \(\d+ more\))?$", line) for line in found)


def test_the_leader_commands_the_service_in_a_terminal_as_the_handbook_says(service):
    section = HANDBOOK.partition("## 6. ")[2].partition("## 7. ")[0]
    folder = re.search("^cd (.*)", section, re.MULTILINE)[1]
    show, say, *_, mute = re.findall("^sudo ([^#\n]*)", section, re.MULTILINE)
    reds, key = Service(service.box, "mocean@reds"), "MOCEAN_HARBOUR_KEY=correct-horse-battery"
    for club in (service, reds):
        club.settings(key)
        service.box.run("chmod", "600", f"/etc/{club.name}.env", check=True)
        club.systemctl("restart", club.name)
    ids = [club.ask("join", name="ada")["id"] for club in (service, reds)]

    def run(line, *enter):
        return service.box.run(*enter, "sh", "-c", f"cd {folder} && {line}")

    assert "Aboard: 1." in run(show).stdout
    assert run(say).stdout.startswith("A message went to 1 sailor.")
    assert "ada is muted" in run(mute).stdout
    assert reds.ask("sendchat", id=ids[1], message="ahoy")["error"] == "muted"
    assert service.ask("sendchat", id=ids[0], message="ahoy")["ok"]
    stranger = run(show, "setpriv", "--reuid=65534", "--clear-groups")
    assert (stranger.returncode, stranger.stderr) == (
        1,
        "Only root may read /etc/mocean.env: type sudo before the command.\n",
    )
    reds.systemctl("stop", reds.name)


# ---- What dies comes back ----


@pytest.mark.parametrize(
    ("victim", "restarts"), [("worker", "0"), ("http", "0"), ("mule", "0"), ("master", "1"), ("all", "1")]
)
def test_after_a_kill_it_is_served_again_and_nothing_is_lost(service, victim, restarts):
    id = service.ask("join", name="ada")["id"]
    service.ask("heading", id=id, degrees=77)
    service.box.run("kill", "-KILL", *(service.pids() if victim == "all" else [service.pid_of(victim)]))
    wait_until(lambda: service.fact("NRestarts") == restarts and service.answers())
    assert service.ask("location", id=id)["heading"] == 77
    assert service.ask("join", name="ada", id=id)["ok"]
    wait_until(lambda: len(service.pids()) == 4 and service.fact("ActiveState") == "active")
    assert service.fact("NRestarts") == restarts


def test_a_route_without_end_is_ended_and_the_others_play_on(service):
    stuck = 'app = App()\n\n\n@app.get("/stuck")\ndef stuck():\n    while True:\n        pass\n'
    with changed(service.box, "mocean.py", "app = App()\n", stuck):
        service.systemctl("restart", "mocean")
        id = service.ask("join", name="ada")["id"]
        reply = service.ask("stuck")
        assert (reply["error"], "mocean.py" in str(reply)) == ("bug", False)
        assert service.ask("location", id=id)["ok"]
        assert service.fact("NRestarts") == "0"
        wait_until(lambda: "in stuck" in service.box.run("journalctl", "--unit", "mocean", "--no-pager").stdout)


@pytest.mark.parametrize("victim", ["worker", "http"])
def test_what_hangs_is_noticed_by_the_watchdog(service, victim):
    service.change("WatchdogSec=3")
    service.systemctl("restart", "mocean")
    id = service.ask("join", name="ada")["id"]
    service.box.run("kill", "-STOP", service.pid_of(victim))
    wait_until(lambda: service.fact("NRestarts") == "1", 30)
    wait_until(service.answers)
    assert service.ask("location", id=id)["ok"]
    assert "watchdog" in service.box.run("journalctl", "--unit", "mocean", "--no-pager").stdout.lower()


def test_the_watchdog_leaves_a_healthy_server_alone(service):
    service.change("WatchdogSec=2")
    service.systemctl("restart", "mocean")
    uptime = service.ask("status")["uptime"]
    wait_until(lambda: service.ask("status")["uptime"] > uptime + 6)
    assert service.fact("NRestarts") == "0"


# ---- What can't work says why, and doesn't try for ever ----


def test_a_mistake_in_the_program_stops_the_start_with_pythons_words(service):
    with changed(service.box, "mocean.py", "app = App()", "app = App("):
        assert service.systemctl("restart", "mocean").returncode != 0
        assert "SyntaxError" in service.status()
        assert service.fact("ActiveState") == "failed"
        assert service.fact("NRestarts") == "0"


def refuses(service, sentence):
    """See that it does not start, says why, and doesn't try again."""
    assert service.systemctl("restart", service.name).returncode != 0
    assert sentence in service.status(), service.status()
    assert service.fact("ActiveState") == "failed"
    assert service.fact("NRestarts") == "0"


@pytest.mark.parametrize(
    ("nonsense", "sentence"),
    [
        ("MOCEAN_MOST_AWAKE=many", "The setting MOCEAN_MOST_AWAKE is a whole number, like 500. It can't be “many”."),
        ("MOCEAN_LOGBOOK=/etc/passwd", "The logbook passwd can't be used"),
        ("export MOCEAN_WORD=plank", "/etc/mocean.env, line 3: Leave out the word export. Write only NAME=VALUE."),
    ],
)
def test_a_setting_that_is_nonsense_stops_the_start_with_a_sentence(service, nonsense, sentence):
    service.settings(nonsense)
    refuses(service, sentence)
    service.settings()
    service.start()  # at once


def test_a_port_that_is_no_number_is_a_sentence(service):
    service.box.write("/etc/mocean.env", "HOST=127.0.0.1\nPORT=eighty\n")
    refuses(service, "The setting PORT is a number from 1 to 65535, like 8080. It can't be “eighty”.")


def test_a_file_of_settings_that_can_not_be_read_is_a_sentence_and_without_one_the_defaults_hold(service):
    run = service.box.run
    for command in ("rm", "ln -s nowhere", "rm", "mkdir"):
        run(*command.split(), "/etc/mocean.env", check=True)
        if command != "rm":
            refuses(service, "/etc/mocean.env can't be copied for the service. Is it a file?")
    run("rmdir", "/etc/mocean.env", check=True)
    service.change(f"Environment=HOST=127.0.0.1 PORT={service.port} MOCEAN_WORD=plank")  # by `systemctl edit`
    service.start()
    assert service.ask("join", name="ada")["error"] == "wrong-word"


def test_a_club_without_settings_is_refused(service):
    refuses(
        Service(service.box, "mocean@nobody"), "There is no /etc/mocean@nobody.env. Write the settings of this club"
    )


def test_only_the_service_can_read_the_copy_of_its_settings(service):
    service.settings("MOCEAN_WORD=plank")
    service.systemctl("restart", "mocean")
    copy = "/run/mocean/settings.env"
    assert "plank" in service.box.run("cat", copy).stdout
    assert service.box.run("setpriv", "--reuid=65534", "--clear-groups", "cat", copy).returncode
    service.systemctl("stop", "mocean")
    assert service.box.run("test", "-e", copy).returncode


def test_a_taken_port_is_a_sentence_until_it_is_free(service):
    other = service.port
    service.port = free_port()
    service.url = service.url.replace(str(other), str(service.port))
    blocker = f"import socket, time; s = socket.create_server(('127.0.0.1', {service.port})); time.sleep(600)"
    service.box.run("systemd-run", "--unit=blocker", "/usr/bin/python3", "-c", blocker)
    service.settings()
    refuses(service, f"Port {service.port} of 127.0.0.1 can't be used: ")
    service.systemctl("stop", "blocker")
    service.start()


def test_after_many_tries_in_a_minute_it_starts_as_soon_as_all_is_mended(service):
    service.settings("MOCEAN_LIMITS=perhaps")
    for _ in range(20):
        assert service.systemctl("restart", "mocean").returncode != 0
    service.settings()
    service.start()
    assert service.answers()


def test_what_falls_at_once_is_given_up_in_the_end(service):
    service.change("StartLimitBurst=3", section="Unit")
    with changed(service.box, "mocean.py", "app = App()", "os._exit(1)"):
        service.systemctl("restart", "mocean")
        wait_until(lambda: service.fact("ActiveState") == "failed")
    assert service.fact("NRestarts") in ("2", "3")


def test_an_environment_for_another_python_is_a_sentence(service):
    """As after an upgrade of Debian, which brings a newer Python."""
    run = service.box.run
    library = run("sh", "-c", "echo /opt/mocean/env/lib/python3.*").stdout.strip()
    run("mv", library, "/opt/mocean/env/lib/python3.9", check=True)
    run("sed", "-i.new", r"s/^version = 3\.[0-9]*/version = 3.9/", "/opt/mocean/env/pyvenv.cfg", check=True)
    try:
        refuses(service, "The environment /opt/mocean/env was made for Python 3.9, but this computer now has Python 3.")
        assert "type: sudo make install" in service.status()
    finally:
        run("mv", "/opt/mocean/env/lib/python3.9", library, check=True)
        run("mv", "/opt/mocean/env/pyvenv.cfg.new", "/opt/mocean/env/pyvenv.cfg", check=True)
    service.start()


def test_a_file_of_settings_means_what_it_means_to_systemd(box):
    for text, settings in UNDERSTOOD:
        box.write("/root/understood", text)
        said = box.run(
            "systemd-run", "--wait", "--pipe", "--quiet", "--property=EnvironmentFile=/root/understood", "env"
        )
        words = [line for line in said.stdout.splitlines() if line.startswith(("PORT=", "TZ=", "MOCEAN_"))]
        assert words == [f"{name}={value}" for name, value in settings.items()], text


def test_a_full_disk_is_a_sentence_and_play_goes_on_when_there_is_room(service):
    service.systemctl("stop", "mocean")
    disk = "/var/lib/private/mocean"
    service.box.run("mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", disk, check=True)
    try:
        service.start()
        id = service.ask("join", name="ada")["id"]
        service.box.run("dd", "if=/dev/zero", f"of={disk}/filler", "bs=1k")
        wait_until(lambda: service.ask("heading", id=id, degrees=random.randrange(360)).get("error") == "logbook")
        wait_until(lambda: "The logbook" in service.status().partition("CGroup")[0])
        assert service.ask("health")["error"] == "logbook"
        service.box.run("rm", f"{disk}/filler")
        wait_until(lambda: 'Status: "1 ship sailing' in service.status())  # though nobody has tried to play again
        assert service.ask("heading", id=id, degrees=42)["ok"]
        assert service.fact("NRestarts") == "0"
    finally:
        service.systemctl("stop", "mocean")
        service.box.run("umount", disk, check=True)


# ---- Crowds, and the network ----


def test_400_requests_at_once_are_all_answered(service):
    """All are sent before any answer is read."""
    question, crowd = b"GET /status?format=text HTTP/1.0\r\n\r\n", []
    with ExitStack() as stack:
        for _ in range(400):
            player = stack.enter_context(socket.socket())
            player.setblocking(False)
            player.connect_ex(("127.0.0.1", service.port))
            crowd.append(player)
        waiting = {*crowd}
        while waiting:
            for player in select.select([], waiting, [], 20)[1]:
                player.sendall(question)
                waiting.remove(player)
        answers = []
        for player in crowd:
            player.settimeout(20)
            answers.append(b"".join(iter(lambda player=player: player.recv(9000), b"")))
    assert sum(answer.startswith(b"HTTP/1.0 200 OK") for answer in answers) == 400


@pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6")
def test_it_listens_to_ipv6_and_to_ipv4_too(service):
    service.box.write("/etc/mocean.env", f"HOST=::\nPORT={service.port}\n")
    service.systemctl("restart", "mocean")
    for address in ("127.0.0.1", "[::1]"):
        assert requests.get(f"http://{address}:{service.port}/status", timeout=20).ok
    assert "0 ships sailing" in service.status()
    assert service.fact("NRestarts") == "0"


# ---- The unit ----


def test_an_attack_that_keeps_it_from_answering_does_not_end_its_restarts():
    """Each takes the watchdog's time or, if the start fails, as long as it waits for an answer."""
    unit = (ROOT / "mocean.service").read_text(encoding="utf-8")
    burst, interval, watchdog = (
        int(re.search(rf"^{name}=(\d+)", unit, re.MULTILINE)[1])
        for name in ("StartLimitBurst", "StartLimitIntervalSec", "WatchdogSec")
    )
    assert burst * min(watchdog, PATIENCE) > interval


def test_the_units_have_no_mistakes(service):
    for name in ("mocean.service", "mocean@reds.service"):
        result = service.box.run("systemd-analyze", "verify", name)
        assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_it_is_locked_down(service):
    report = service.box.run("systemd-analyze", "security", "--no-pager", "mocean").stdout
    print(report)
    assert float(re.search(r"exposure level for mocean.service: ([\d.]+)", report)[1]) <= 1.5


def test_a_class_fits_into_its_memory(service):
    """Added up, because not every machine lets a box limit memory."""
    for number in range(400):
        service.ask("join", name=f"sailor{number}")
    megabytes = sum(map(service.memory_of, service.pids()))
    assert megabytes < int(service.fact("MemoryMax")) / 2**20 / 2


def test_the_forking_unit_that_this_one_replaces_fails(service):
    """The club's first unit: its start never returns, and after each timeout systemd kills a healthy server."""
    old = Service(service.box, "old")
    unit = (ROOT / "tests/data/forking.service").read_text().replace("$PORT", str(old.port))
    service.box.write("/etc/systemd/system/old.service", unit)
    old.systemctl("daemon-reload")
    old.systemctl("start", "--no-block", "old")
    try:
        wait_until(old.answers)
        assert old.fact("ActiveState") == "activating"
        wait_until(lambda: int(old.fact("NRestarts")) >= 2, 40)
        assert "timeout" in service.box.run("journalctl", "--unit", "old", "--no-pager").stdout
    finally:
        old.systemctl("stop", "old")
    assert service.fact("NRestarts") == "0"
    assert service.answers()


# ---- Several oceans ----


def test_three_clubs_on_one_machine(service):
    clubs = [Service(service.box, f"mocean@{name}") for name in ("reds", "blues", "greens")]
    for club in clubs:
        club.settings(f"MOCEAN_WORD=word-of-{club.name}")
        club.start()
    for club in clubs:
        assert club.ask("join", name="ada", word="word-of-others")["error"] == "wrong-word"
        assert club.ask("join", name="ada", word=f"word-of-{club.name}")["ok"]
        assert "1 ship sailing" in club.ask("status")["reply"]
        assert service.box.run("test", "-e", f"/var/lib/{club.name}/logbook.sqlite3").returncode == 0
    clubs[0].systemctl("stop", clubs[0].name)
    assert not clubs[0].answers()
    assert clubs[1].answers()
    assert clubs[2].answers()
    assert service.answers()
    service.systemctl("stop", "mocean@*")


def test_https_by_nginx_as_the_handbook_says(service):
    """The file of deploy/ with a block for each of two clubs, with certificates of our own and other ports."""
    box, config = service.box, (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    front, plain = free_port(), free_port()
    clubs = [Service(box, f"mocean@{name}") for name in ("reds", "blues")]
    start, end = config.rindex("    server {"), config.rindex("}")
    blocks = []
    for club in clubs:
        host = f"{club.name[7:]}.example.org"
        club.settings(f"MOCEAN_WORD=word-of-{club.name}", "MOCEAN_PROXIES=127.0.0.1", f"MOCEAN_HOSTS={host}")
        club.start()
        folder = f"/etc/letsencrypt/live/{host}"
        box.run("mkdir", "-p", folder, check=True)
        keys = ("-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem")
        box.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", *keys, check=True)
        blocks.append(config[start:end].replace("reds.example.org", host).replace(":8081;", f":{club.port};"))
    config = re.sub(r".*listen \[::\].*\n", "", config[:start] + "".join(blocks) + config[end:])
    config = config.replace("listen 80;", f"listen {plain};").replace("listen 443 ", f"listen {front} ")
    box.write("/etc/nginx/nginx.conf", config)
    box.write("/var/www/html/.well-known/acme-challenge/proof", "the name is ours")
    assert box.run("nginx", "-t").returncode == 0
    result = box.run("systemctl", "start", "nginx")
    assert result.returncode == 0, result.stderr

    def ask(name, route, *options):
        host = f"{name}.example.org"
        address = f"https://{host}:{front}/{route}"
        return box.run("curl", "-sk", "--resolve", f"{host}:{front}:127.0.0.1", *options, address).stdout

    try:
        assert '"wrong-word"' in ask("blues", "join?name=ada&word=word-of-mocean@reds&format=json")
        for club in clubs:
            name = club.name[7:]
            assert '"ok": true' in ask(name, f"join?name=ada&word=word-of-{club.name}&format=json")
            assert f"https://{name}.example.org" in ask(name, "begin", "-H", "Accept: text/html")
        assert "Your URL has" in ask("reds", "begin?message=" + "x" * 9000)
        redirect = box.run("curl", "-si", "-H", "Host: reds.example.org", f"http://127.0.0.1:{plain}/begin").stdout
        assert "Location: https://reds.example.org/begin" in redirect
        proof = f"http://127.0.0.1:{plain}/.well-known/acme-challenge/proof"
        assert box.run("curl", "-s", proof).stdout == "the name is ours"
        assert "word-of" not in box.run("sh", "-c", "cat /var/log/nginx/*.log").stdout
    finally:
        box.run("systemctl", "stop", "nginx", "mocean@*")
