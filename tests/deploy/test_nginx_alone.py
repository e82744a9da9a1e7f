"""What nginx says and refuses by itself, with no process behind it."""

import re
import socket
import ssl

import pytest
import requests

from tests.deploy.machine import Machine, wait_until

pytestmark = pytest.mark.looks


def can_be_reached(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def machine():
    machine = Machine()
    try:
        machine.make_certificate()
        machine.start_nginx()
        wait_until(lambda: can_be_reached(machine.https))
        yield machine
    finally:
        machine.stop()


@pytest.fixture
def ask(machine):
    """A function of a method and a path, over one connection."""
    with requests.Session() as session:
        # An environment that names other certificates would go before the session's own.
        session.trust_env, session.verify = False, str(machine.certificate)
        yield lambda method, path, **what: session.request(method, machine.url + path, **what)


def assert_says(answer, status, words):
    assert answer.status_code == status
    assert re.search(f"<title>{status}</title><h1>[^<]*{words}", answer.text), answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_what_is_too_large_or_too_much_or_cannot_be_made_is_said_in_words(ask):
    assert_says(ask("GET", "/"), 502, "cannot be made at the moment")
    large = ask("POST", "/search/", data=b"x" * 100_000)
    assert_says(large, 413, "send a smaller file")
    attempts = [ask("POST", "/admin/login/") for _each in range(25)]
    assert [each.status_code for each in attempts[:21]] == [502] * 21
    assert_says(attempts[-1], 429, "Wait a minute")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@pytest.mark.parametrize(
    ("version", "is_taken"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)]
)
def test_old_versions_of_tls_are_not_spoken(machine, version, is_taken):
    context = ssl.create_default_context(cafile=machine.certificate)
    # What a client may offer of old ciphers is not to be what it fails for.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", machine.https), timeout=5) as plain:
        if not is_taken:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(plain, server_hostname="localhost")
            return
        with context.wrap_socket(plain, server_hostname="localhost") as spoken:
            assert re.search("GCM|CHACHA20", spoken.cipher()[0])
