"""A certificate for nginx, as the handbook says: the real certbot gets one, and renews it while nginx has the ports.

Caddy takes the place of Let's Encrypt, as it can hand out certificates too, by the same protocol (ACME). All of that is
in a computer of its own, whose network has nothing but itself.
"""

import os
import re
import shlex

import pytest

from tests.box import Box, what_is_missing
from tests.conftest import ROOT, wait_until

NAME, AUTHORITY = "reds.example.org", "authority.example.org"
HANDBOOK = (ROOT / "docs/admin.md").read_text(encoding="utf-8")

if os.environ.get("CI") != "true":
    pytest.skip("they boot a systemd, and need nginx, Caddy and certbot: CI=true make test", allow_module_level=True)
elif what_is_missing():
    pytest.fail(what_is_missing(), pytrace=False)

AUTHORITYS = f"""
{{
	admin off
	skip_install_trust
	storage file_system /root/authority
	http_port 8001
}}
{AUTHORITY}:8000 {{
	tls internal
	acme_server
}}
"""
# What certbot would ask, and whom it asks for a certificate.
CERTBOTS = f"""
server = https://{AUTHORITY}:8000/acme/local/directory
no-verify-ssl = true
non-interactive = true
agree-tos = true
register-unsafely-without-email = true
"""


@pytest.fixture
def box():
    """A computer that has just installed nginx and certbot, and believes the authority."""
    with Box(ROOT, own_network=True) as box:
        box.run("ip", "link", "set", "lo", "up", check=True)
        box.write("/etc/hosts", f"127.0.0.1 localhost {NAME} {AUTHORITY}\n")
        box.write("/etc/letsencrypt/cli.ini", CERTBOTS)
        box.write("/root/Caddyfile", AUTHORITYS)
        box.run("systemd-run", "--setenv=HOME=/root", "caddy", "run", "--config", "/root/Caddyfile", check=True)
        wait_until(lambda: box.run("curl", "-sfk", f"https://{AUTHORITY}:8000/acme/local/directory").returncode == 0)
        box.run("systemctl", "start", "nginx", check=True)  # as its package does
        yield box


def handbooks_lines():
    """The commands for nginx, without those for which Mocean or the Internet would have to be there."""
    block = next(code for code in re.findall("```sh\n(.*?)```", HANDBOOK, re.DOTALL) if "certbot" in code)
    for line in re.findall("^sudo (.*)", block.replace("YOUR-NAME", NAME), re.MULTILINE):
        if not line.startswith("apt "):
            yield shlex.split(line.replace("restart nginx mocean", "restart nginx"))


def number_of_certificate(box):
    """The number of the certificate that nginx has now, which is a good one."""
    root = "/root/authority/pki/authorities/local/root.crt"
    shown = box.run("openssl", "s_client", "-connect", f"{NAME}:443", "-verify_return_error", "-CAfile", root, text="")
    assert "Verify return code: 0 (ok)" in shown.stdout, shown.stdout + shown.stderr
    return box.run("openssl", "x509", "-noout", "-serial", text=shown.stdout, check=True).stdout


def test_certbot_gets_a_certificate_and_renews_it_while_nginx_serves(box):
    for line in handbooks_lines():
        done = box.run("env", "--chdir", Box.CODE, *line)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    first = number_of_certificate(box)
    # What certbot's timer starts, but at once, and though it would be too early.
    done = box.run("certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew")
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: number_of_certificate(box) != first)
