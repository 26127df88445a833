"""The container, which the real podman builds and runs, and the files for Kubernetes.

Podman plays those files, too: the server of a club, a copy of its logbook, and the restoring of that. What only a
cluster can do isn't shown here: to place clubs on nodes, to move disks, and to lead players to a club.
"""

import json
import os
import shutil
from base64 import b64encode
from contextlib import suppress
from itertools import count
from platform import freedesktop_os_release
from threading import Thread

import kubernetes_validate
import pytest
import requests
import yaml

from mocean import VERSION
from server.releases import commit_in
from server.settings import CANNOT_START
from tests.box import PYTHON, Box, Service, what_is_missing
from tests.conftest import ROOT, Player, fill, free_port, game, wait_until

KUBERNETES = ROOT / "deploy/kubernetes"
FILES = sorted(KUBERNETES.iterdir())
IMAGE, RCLONE = f"registry.example.org/mocean:{VERSION}", "docker.io/rclone/rclone:1.71"

FILES_OF_THE_BOX = {
    # There, containers have no limits. In them, pip takes the packages that are mounted, and needs no network.
    "/etc/containers/containers.conf": """
        [containers]
        netns = "host"
        pids_limit = 0
        default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
        volumes = ["/root/wheels:/wheels:ro", "/root/pip.conf:/etc/pip.conf:ro"]
        [engine]
        runtime = "runc"
        """,
    "/etc/containers/storage.conf": """
        [storage]
        driver = "overlay"
        graphroot = "/tmp/images"
        runroot = "/run/containers"
        """,
    "/root/pip.conf": "[install]\nno-index = true\nfind-links = /wheels\n",
}
BASE = "mmdebstrap --quiet --variant=extract --include=coreutils,dash,libc-bin,python3,python3-venv,rclone"


@pytest.fixture(scope="module")
def box():
    """A computer with podman and the image, which is built from Debian's packages, as is a stand-in for rclone's."""
    if os.environ.get("CI") != "true":
        pytest.skip("it builds an image in a box with a systemd, which takes a minute; as root: CI=true make test")
    tools = [tool for tool in ("podman", "runc", "catatonit", "mmdebstrap") if not shutil.which(tool)]
    missing = what_is_missing() or tools
    assert not missing, f"the container can't be tested: {missing}"
    with Box(ROOT) as box:
        for path, text in FILES_OF_THE_BOX.items():
            box.write(path, text)
        do(box, "make", "-C", Box.CODE, "wheels", "WHEELS=/root/wheels", "VENV=/root/venv", PYTHON)
        debian = freedesktop_os_release()["VERSION_CODENAME"]
        do(box, "sh", "-c", f"{BASE} {debian} - | podman import --change ENV=PATH=/usr/bin:/bin - {RCLONE}")
        do(box, "make", "-C", Box.CODE, "image", f"IMAGE={IMAGE}", f"BASE={RCLONE}", BUILDAH_ISOLATION="chroot")
        yield box


def do(box, *words, **options):
    """Run a command in the box. Returns what it printed."""
    result = box.run(*words, timeout=300, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


# ---- The container ----


class Club(Service):
    """A club's server in a container, and the players' way to it."""

    def run(self, name, *settings, options=()):
        """Start the container of a name, which has the logbook of the club. Returns a subprocess.CompletedProcess."""
        volume = f"{self.name}:/var/lib/mocean"
        settings = [f"--env={one}" for one in (f"PORT={self.port}", "MOCEAN_WORD=plank", *settings)]
        return self.box.run("podman", "run", "--name", name, "--read-only", "-v", volume, *settings, *options, IMAGE)

    def start(self, *settings):
        result = self.run(self.name, *settings, options=["--detach"])
        assert result.returncode == 0, result.stderr
        wait_until(self.answers, seconds=60)


@pytest.fixture
def reds(box):
    """A club with an empty logbook."""
    yield Club(box, "reds")
    for what in ("pod", "container", "volume"):
        do(box, "podman", what, "rm", "--all", "--force")
    do(box, "podman", "secret", "rm", "--all")


def play_both_games(club):
    """Play, and return an id."""
    assert club.ask("begin", message=101)["solved"]
    id = club.ask("join", name="ada", word="plank")["id"]
    assert club.ask("speed", id=id, speed=30)["ok"]
    x = club.ask("heading", id=id, degrees=90)["x"]
    wait_until(lambda: club.ask("location", id=id)["x"] != x)
    return id


def test_both_games_are_played_in_it_though_it_may_do_little(reds):
    reds.start()
    play_both_games(reds)
    assert reds.ask("health")["version"] == f"{VERSION}+{commit_in(ROOT)}"
    assert do(reds.box, "podman", "exec", "reds", "id", "-u") == "10001\n"
    not_even_root = ("podman", "exec", "--user", "0", "reds", "touch", "/opt/mocean/mocean.py")
    assert "Read-only file system" in reds.box.run(*not_even_root).stderr
    do(reds.box, "podman", "healthcheck", "run", "reds")


def test_nothing_that_was_replied_is_lost_when_it_is_killed(reds):
    reds.start("MOCEAN_LIMITS=off", "MOCEAN_MOST_AWAKE=9999", "MOCEAN_MOST_PER_ADDRESS=9999")
    told = {}

    def play():
        with suppress(requests.RequestException, ValueError):  # there is no reply, or half of one
            for number in count(1):
                id = reds.ask("join", name=f"ada{number}", word="plank")["id"]
                told[id] = reds.ask("heading", id=id, degrees=number % 360)["heading"]

    thread = Thread(target=play)
    thread.start()
    wait_until(lambda: len(told) > 20, seconds=60)
    do(reds.box, "podman", "kill", "--signal", "KILL", "reds")
    thread.join()
    do(reds.box, "podman", "start", "reds")
    wait_until(reds.answers)
    assert {id: reds.ask("location", id=id)["heading"] for id in told} == told


def test_it_stops_when_it_is_told_to_and_keeps_everything(reds):
    reds.start()
    id = play_both_games(reds)
    do(reds.box, "podman", "stop", "--time", "60", "reds")
    assert do(reds.box, "podman", "inspect", "--format", "{{.State.ExitCode}}", "reds") == "0\n"  # not 137, SIGKILL's
    do(reds.box, "podman", "start", "reds")
    wait_until(reds.answers)
    assert reds.ask("location", id=id)["speed"] == 30


def test_a_second_one_does_not_share_a_logbook(reds):
    reds.start()
    id = play_both_games(reds)
    second = reds.run("second", f"PORT={free_port()}")
    assert second.returncode == CANNOT_START
    sentence = "Mocean can't start. The logbook logbook.sqlite3 can't be used: another server has it open."
    assert sentence in second.stdout + second.stderr
    assert reds.ask("stop", id=id)["speed"] == 0


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("MOCEAN_WROD=plank", "MOCEAN_WROD is no setting. Did you mean MOCEAN_WORD?"),
        ("MOCEAN_HARBOUR_KEY=short", "The setting MOCEAN_HARBOUR_KEY needs 12 or more characters, not 5."),
        ("PORT=http", "The setting PORT is a number from 1 to 65535, like 8080. It can't be “http”."),
    ],
)
def test_it_refuses_nonsense_in_a_setting_with_a_sentence(reds, setting, sentence):
    result = reds.run("nonsense", setting)
    assert (result.returncode, result.stderr) == (CANNOT_START, f"{sentence}\n")


# ---- Kubernetes ----


def documents(file):
    """What is in a file for Kubernetes, for the club reds."""
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8").replace("CLUB", "reds")))


def part(name, kind):
    """The document of a kind in the file of a name."""
    return next(document for document in documents(KUBERNETES / f"{name}.yaml") if document["kind"] == kind)


def pods(document):
    """The descriptions of pods anywhere in a document."""
    if isinstance(document, dict):
        yield from [document["spec"]] if "containers" in document.get("spec", {}) else []
        for part in document.values():
            yield from pods(part)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_kubernetes_knows_every_word_of_its_files(file):
    for document in documents(file):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_every_pod_is_of_this_version_and_has_no_rights():
    """The namespace of district.yaml would refuse others."""
    found = [pod for file in FILES for document in documents(file) for pod in pods(document)]
    assert len(found) == 3
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            rights = container["securityContext"]
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert (rights["allowPrivilegeEscalation"], rights["readOnlyRootFilesystem"]) == (False, True)
            assert container["image"] in (IMAGE, RCLONE)


def test_a_full_disk_is_no_reason_for_a_new_start(small_disk, clock):
    player = Player(game(clock=clock, logbook=str(small_disk / "logbook.sqlite3")))
    player.join("ada")
    [server] = part("club", "StatefulSet")["spec"]["template"]["spec"]["containers"]
    paths = {probe: server[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {player.ask(path).status_code for path in paths.values()} == {200}
    fill(small_disk)
    for _ in range(3):  # what SQLite has room for already, it can still write
        clock.now += 60
        player.ask("/health")
    statuses = {probe: player.ask(path).status_code for probe, path in paths.items()}
    assert statuses == {"startupProbe": 200, "livenessProbe": 200, "readinessProbe": 503}


def play(box, *documents):
    do(box, "podman", "kube", "play", "--network", "host", "-", text=yaml.dump_all(documents))


def deployment(stateful_set):
    """A StatefulSet in the form in which podman 4 can play it here."""
    [server] = stateful_set["spec"]["template"]["spec"]["containers"]
    del server["livenessProbe"]  # in its place podman would run curl, which the image hasn't
    del server["resources"]  # for which the box has no cgroups
    return {**stateful_set, "kind": "Deployment"}


def run_to_its_end(box, job):
    """Play the pod of a Job or CronJob, and see that it did well."""
    template = (job["spec"].get("jobTemplate") or job)["spec"]["template"]
    play(box, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "job"}, "spec": template["spec"]})
    [container] = template["spec"]["containers"]
    name = f"job-{container['name']}"
    assert do(box, "podman", "wait", name) == "0\n", box.run("podman", "logs", name).stderr
    do(box, "podman", "pod", "rm", "--force", "job")


def make_secret(box, name, **values):
    """A Secret, in the form in which podman has it."""
    encoded = {key: b64encode(str(value).encode()).decode() for key, value in values.items()}
    do(box, "podman", "secret", "create", name, "-", text=json.dumps(encoded))


@pytest.fixture
def storage(box):
    """What stands for object storage, and a Secret that says how to reach it."""
    port = free_port()
    serve = f"mkdir /bucket && exec rclone serve webdav /bucket --addr 127.0.0.1:{port}"
    do(box, "podman", "run", "--detach", "--name", "storage", RCLONE, "sh", "-c", serve)
    url = f"http://127.0.0.1:{port}/"
    make_secret(box, "copies", RCLONE_CONFIG_COPIES_TYPE="webdav", RCLONE_CONFIG_COPIES_URL=url, BUCKET="clubs")

    def answers():
        with suppress(requests.RequestException):
            return requests.get(url).ok

    wait_until(answers)


def test_a_club_on_kubernetes_outlives_its_disk(reds, storage):
    box = reds.box
    disk, server = part("club", "PersistentVolumeClaim"), deployment(part("club", "StatefulSet"))
    make_secret(box, "reds", MOCEAN_WORD="plank", PORT=reds.port)
    play(box, disk, server)
    wait_until(reds.answers)
    id = play_both_games(reds)
    run_to_its_end(box, part("club", "CronJob"))
    assert reds.ask("location", id=id)["ok"]  # the server has gone on

    do(box, "podman", "pod", "rm", "--force", "reds-pod-0")
    do(box, "podman", "volume", "rm", "reds")
    [copy] = do(box, "podman", "exec", "storage", "ls", "/bucket/clubs/reds").split()
    restore = json.dumps(part("restore", "Job")).replace("DATE", copy.removesuffix(".sqlite3"))
    play(box, disk)
    run_to_its_end(box, json.loads(restore))
    play(box, server)
    wait_until(reds.answers)
    assert reds.ask("location", id=id)["speed"] == 30
