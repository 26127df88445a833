"""What the environment says, and what is said about nonsense."""

import os
import socket
import subprocess
from ipaddress import ip_network

import pytest

from server.settings import BadSetting, Settings, read_file, refuse_start
from tests.conftest import ROOT, UWSGI, free_port


def test_each_setting_has_a_default_that_suits_a_class():
    settings = Settings.read({"PORT": "", "MOCEAN_WORD": " "})  # nothing is said by an empty text
    assert settings == Settings()
    assert (settings.host, settings.port, settings.most_awake) == ("127.0.0.1", 8080, 500)
    assert (settings.word, settings.harbour_key, settings.rude_words, settings.proxies) == (None, None, (), ())
    assert settings.hosts == ()
    assert (settings.languages, settings.sync, settings.limits) == (("en",), "normal", True)
    assert settings.logbook == str(ROOT / "logbook.sqlite3")
    assert settings.keep_days == 365


def test_each_setting_can_be_changed():
    environment = {
        "HOST": "0.0.0.0",
        "PORT": "8081",
        "MOCEAN_LOGBOOK": ":memory:",
        "MOCEAN_SYNC": "full",
        "MOCEAN_WORD": "plank",
        "MOCEAN_HARBOUR_KEY": "plank-plank-plank",
        "MOCEAN_LANGUAGES": "de, fr",
        "MOCEAN_RUDE_WORDS": "plonk,-cock",
        "MOCEAN_LIMITS": "off",
        "MOCEAN_MOST_AWAKE": "30",
        "MOCEAN_HOSTS": "Reds.example.org.,blues.example.org",
        "MOCEAN_MOST_PER_ADDRESS": "20",
        "MOCEAN_PROXIES": "127.0.0.1,10.0.0.0/8",
        "MOCEAN_KEEP_DAYS": "30",
        "STATE_DIRECTORY": "/var/lib/mocean",
    }
    settings = Settings.read(environment)
    assert (settings.host, settings.port) == ("0.0.0.0", 8081)
    assert (settings.most_awake, settings.most_per_address) == (30, 20)
    assert (settings.word, settings.harbour_key) == ("plank", "plank-plank-plank")
    assert (settings.languages, settings.rude_words) == (("de", "fr"), ("plonk", "-cock"))
    assert (settings.logbook, settings.sync, settings.limits) == (":memory:", "full", False)
    assert settings.hosts == ("reds.example.org", "blues.example.org")
    assert settings.proxies == (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))
    assert settings.keep_days == 30


def test_under_systemd_the_logbook_is_where_its_services_keep_their_files():
    environment = {"STATE_DIRECTORY": "/var/lib/mocean", "MOCEAN_LOGBOOK": ""}
    assert Settings.read(environment).logbook == "/var/lib/mocean/logbook.sqlite3"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("PORT", "eighty", "a number from 1 to 65535, like 8080"),
        ("PORT", "0", "a number from 1 to 65535, like 8080"),
        ("PORT", "65536", "a number from 1 to 65535, like 8080"),
        ("MOCEAN_MOST_AWAKE", "-1", "a whole number, like 500"),
        ("MOCEAN_KEEP_DAYS", "0", "a whole number of days, like 365"),
        ("MOCEAN_MOST_PER_ADDRESS", "0", "a whole number, like 420"),
        ("MOCEAN_SYNC", "no", "normal or full"),
        ("MOCEAN_LIMITS", "maybe", "on or off"),
        ("MOCEAN_PROXIES", "my proxy", "one or more addresses or networks, like 10.0.0.0/8"),
        ("MOCEAN_PROXIES", "10.0.0.1/8", "one or more addresses or networks, like 10.0.0.0/8"),
        ("MOCEAN_HOSTS", "reds:blues", "one or more names or addresses, like reds.example.org"),
        ("MOCEAN_HOSTS", "http://reds.example.org", "one or more names or addresses, like reds.example.org"),
        ("MOCEAN_HOSTS", "reds.example.org:8080", "one or more names or addresses, like reds.example.org"),
        ("MOCEAN_HOSTS", ",", "one or more names or addresses, like reds.example.org"),
        ("MOCEAN_LANGUAGES", "en,klingon", "one or more codes of languages, like en,de"),
        ("MOCEAN_LANGUAGES", ",", "one or more codes of languages, like en,de"),
    ],
)
def test_nonsense_is_a_sentence(name, value, what):
    with pytest.raises(BadSetting) as refusal:
        Settings.read({name: value})
    assert str(refusal.value) == f"The setting {name} is {what}. It can't be “{value}”."


def test_nobody_is_told_the_keys():
    with pytest.raises(BadSetting, match=r"MOCEAN_HARBOUR_KEY needs 12 or more characters, not 11\.") as refusal:
        Settings.read({"MOCEAN_HARBOUR_KEY": "plank-plank"})
    assert "plank" not in str(refusal.value)
    assert "plank" not in repr(Settings(word="plank", harbour_key="plank-plank-plank"))


def test_a_taken_port_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSetting, match=f"^Port {port} of 127.0.0.1 can't be used: .* in use. Try another one"):
            Settings(port=port).check_address()
    Settings(port=port).check_address()


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("::", "::1"),
        ("[::]", "::1"),
        ("[2001:db8::7]", "2001:db8::7"),
    ],
)
def test_the_way_in(host, reached_at):
    assert Settings.read({"HOST": host, "PORT": "8081"}).way_in == (reached_at, 8081)


def test_an_address_of_ipv6_can_be_the_name_of_the_server():
    written = {"MOCEAN_HOSTS": "2001:db8::7, [2001:DB8::8],reds.example.org"}
    assert Settings.read(written).hosts == ("[2001:db8::7]", "[2001:db8::8]", "reds.example.org")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MOCEAN_WROD", "Did you mean MOCEAN_WORD?"),
        ("MOCEAN_HARBOR_KEY", "Did you mean MOCEAN_HARBOUR_KEY?"),
        ("mocean_word", "Did you mean MOCEAN_WORD?"),
        ("MOCEAN_PORT", "Did you mean PORT?"),
        ("MOCEAN_VOLUME", "The settings are listed in docs/admin.md."),
    ],
)
def test_a_setting_that_does_not_exist_is_refused(name, hint):
    with pytest.raises(BadSetting) as refusal:
        Settings.read({"PATH": "/bin", name: "plank"})
    assert str(refusal.value) == f"{name} is no setting. {hint}"


# ---- The file of a service ----


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mocean.env"


# What admins have in their files, and what systemd makes of it.
UNDERSTOOD = [
    ("PORT=8081", {"PORT": "8081"}),
    ("TZ=Europe/Berlin", {"TZ": "Europe/Berlin"}),
    ("", {}),
    ("PORT=8081\nMOCEAN_WORD=plank\n", {"PORT": "8081", "MOCEAN_WORD": "plank"}),
    ("PORT=8081\r\nMOCEAN_WORD=plank\r\n", {"PORT": "8081", "MOCEAN_WORD": "plank"}),
    ("# PORT=1\n; PORT=2\n  # PORT=3\n\n\t\nPORT=8081", {"PORT": "8081"}),
    ("  PORT = 8081  ", {"PORT": "8081"}),
    ("PORT=8081\nPORT='8081'", {"PORT": "8081"}),
    ("MOCEAN_WORD=", {"MOCEAN_WORD": ""}),
    ('MOCEAN_WORD=""', {"MOCEAN_WORD": ""}),
    ('MOCEAN_WORD="the plank"  ', {"MOCEAN_WORD": "the plank"}),
    ("MOCEAN_WORD='the plank'", {"MOCEAN_WORD": "the plank"}),
    ("MOCEAN_WORD=the plank # and more", {"MOCEAN_WORD": "the plank # and more"}),
    ("MOCEAN_WORD=a=b", {"MOCEAN_WORD": "a=b"}),
    ("MOCEAN_WORD=$HOME%N", {"MOCEAN_WORD": "$HOME%N"}),
    ("MOCEAN_WORD=don't", {"MOCEAN_WORD": "don't"}),
    ("MOCEAN_WORD='don'\"'\"'t'", {"MOCEAN_WORD": "don't"}),
    ("MOCEAN_WORD='a' \"b\" c 'd'", {"MOCEAN_WORD": "abc 'd'"}),
    (r"MOCEAN_WORD=\"a\$b\"", {"MOCEAN_WORD": '"a$b"'}),
    (r'''MOCEAN_WORD="a\$b\"c\\d\e"''', {"MOCEAN_WORD": r"""a$b"c\d\e"""}),
    (r"MOCEAN_WORD='a\$b\\'", {"MOCEAN_WORD": r"a\$b\\"}),
    (r"MOCEAN_WORD=plänk\\", {"MOCEAN_WORD": "plänk\\"}),
]


@pytest.mark.parametrize(("text", "settings"), UNDERSTOOD)
def test_a_file_means_what_it_means_to_systemd(text, settings, file):
    file.write_bytes(text.encode())
    assert read_file(file) == settings


def test_a_file_from_windows_may_begin_with_a_mark(file):
    """A byte order mark, for which systemd would pass over the first line."""
    file.write_bytes("\ufeffPORT=8081\r\n".encode())
    assert read_file(file) == {"PORT": "8081"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("export PORT=8081", "Leave out the word export. Write only NAME=VALUE."),
        ("PORTT=8081", "PORTT is no setting. Did you mean PORT?"),
        ("WORD=plank", "WORD is no setting. Did you mean MOCEAN_WORD?"),
        ("mocean_gulls=7", "mocean_gulls is no setting. The settings are listed in docs/admin.md."),
        ("MOCEAN_WORD plank", "This is not like NAME=VALUE."),
        ("MOCEAN_WORD: plank=", "This is not like NAME=VALUE."),
        ("=plank", "This is not like NAME=VALUE."),
        ("\0\0\0", "This is not like NAME=VALUE."),
        ("HOST=127.0.0.2", "HOST has another value above. Remove one of them."),
        ("HOST=", "HOST has another value above. Remove one of them."),
        (
            "MOCEAN_WORD='plank",
            "Its value goes on in the next line. Close the quote, or remove the backslash at the end.",
        ),
        (
            "MOCEAN_WORD=plank\\",
            "Its value goes on in the next line. Close the quote, or remove the backslash at the end.",
        ),
    ],
)
def test_a_line_that_systemd_would_pass_over_is_a_sentence_without_what_may_be_a_secret(line, sentence, file):
    file.write_text(f"# What we need:\nHOST=127.0.0.1\n{line}\nPORT=8081\n")
    with pytest.raises(BadSetting) as refusal:
        read_file(file)
    assert str(refusal.value) == f"{file}, line 3: {sentence}"
    assert "plank" not in str(refusal.value)


def test_a_file_that_is_no_text_is_a_sentence(file):
    file.write_bytes("MOCEAN_WORD=plänk".encode("latin-1"))
    with pytest.raises(BadSetting, match=f"^{file} can't be read: it is not UTF-8 text.$"):
        read_file(file)
    with pytest.raises(BadSetting, match="/etc can't be read: Is a directory"):
        read_file("/etc")


# ---- Starting ----


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_leader_and_systemd_hear_why_it_does_not_start(kind, tmp_path, monkeypatch, capsys):
    name = str(tmp_path / "a@b") if kind == "file" else f"@{tmp_path}"
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name if kind == "file" else "\0" + name[1:])
        with pytest.raises(SystemExit) as end:
            refuse_start("The sea is rough.")
        assert systemd.recv(100) == b"STATUS=The sea is rough."
    assert end.value.code == 78
    assert capsys.readouterr().err == "The sea is rough.\n"


def test_nonsense_stops_the_start_of_the_server():
    environment = {**os.environ, "PORT": str(free_port()), "HOST": "127.0.0.1", "MOCEAN_MOST_AWAKE": "many"}
    command = [UWSGI, "uwsgi.ini"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert result.returncode == 78
    assert "The setting MOCEAN_MOST_AWAKE is a whole number, like 500. It can't be “many”." in result.stdout
