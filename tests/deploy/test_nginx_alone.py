"""What nginx says and refuses by itself, with no process behind it."""

import json
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import requests

from tests.deploy.machine import DEPLOY, Machine, run, wait_until

pytestmark = pytest.mark.looks
NGINX = (DEPLOY / "nginx.conf").read_text()


def can_be_reached(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def machine():
    machine = Machine(behind_proxy=True)
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


def answer_by_tls(machine, head):
    """Return the beginning of nginx's answer to a request's head, sent over TLS as it stands."""
    context = ssl.create_default_context(cafile=machine.certificate)
    with (
        socket.create_connection(("127.0.0.1", machine.https), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(head.encode("latin-1"))
        return connection.recv(1024)


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


def test_connections_that_say_half_of_what_they_want_keep_nobody_out(machine):
    with ExitStack() as connections:
        for _each in range(900):
            connection = socket.create_connection(("127.0.0.1", machine.http))
            connections.enter_context(connection).sendall(b"GET / HTTP/1.1\r\nHost: local")
        connection.sendall(b"host\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 301 ")


def test_one_address_has_ten_searches_at_a_time(machine, ask):
    context = ssl.create_default_context(cafile=machine.certificate)
    # A process that is busy.
    with ExitStack() as all_that, socket.create_server(("127.0.0.1", machine.app_ports[0])):
        for number in range(10):
            plain = socket.create_connection(("127.0.0.1", machine.https))
            connection = context.wrap_socket(plain, server_hostname="localhost")
            search = f"GET /search/?q={number} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            all_that.enter_context(connection).sendall(search.encode())
        wait_until(lambda: ask("GET", "/search/?q=10", timeout=0.3).status_code == 429)
        with pytest.raises(requests.ReadTimeout):
            ask("GET", "/search/?q=11", timeout=0.3, headers={"X-Forwarded-For": "203.0.113.9"})
        with pytest.raises(requests.ReadTimeout):
            ask("GET", "/", timeout=0.3)
    # Whole requests, with addresses: a hundred thousand of them in ten seconds.
    assert "limiting" not in (machine.folder / "error.log").read_text()


@pytest.mark.skipif(
    subprocess.run(
        "unshare -n sh -c 'ip link && nft list ruleset'", shell=True, capture_output=True
    ).returncode,
    reason="needs nftables, and a kernel that lets somebody try them",
)
def test_the_kernel_lets_one_address_have_so_many_connections():
    script = f"""
ip link set lo up || exit 1
nft -f {DEPLOY / "newsroom.nft"} || exit 1
{sys.executable} - <<'END'
import socket
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    server = socket.create_server((address, 443), family=family, backlog=500)
    taken = []
    try:
        while len(taken) < 450:
            taken.append(socket.create_connection((address, 443), timeout=3))
    except ConnectionRefusedError:
        print(len(taken), end=" ")
END
"""
    tried = subprocess.run(["unshare", "-n", "sh", "-c", script], text=True, capture_output=True)
    assert (tried.stdout, tried.stderr) == ("400 400 ", "")


def test_on_a_full_disk_whoever_sends_something_is_told_that_it_was_not_saved(machine, ask):
    folder = machine.folder / "body"
    folder.rmdir()
    # No file can be put there either.
    folder.touch()
    try:
        sent = ask("POST", "/admin/articles/article/add/", data=b"x" * 100_000)
    finally:
        folder.unlink()
        folder.mkdir(0o777)
    assert_says(sent, 500, "nothing was saved")


def test_the_folder_of_nginxs_cache_is_no_part_of_a_disk_that_others_can_fill():
    pages = re.search(r"^proxy_cache_path (\S+).* max_size=(\d+)m", NGINX, re.MULTILINE)
    unit = DEPLOY / f"{pages[1].strip('/').replace('/', '-')}.mount"
    mount = dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE))
    assert (mount["Where"], mount["Type"]) == (pages[1], "tmpfs")
    # nginx looks but now and then whether it has more than it may.
    assert int(re.search(r"size=(\d+)m", mount["Options"])[1]) >= 2 * int(pages[2])


def test_strangers_are_refused_with_every_policy(ask):
    assert_says(ask("GET", "/readyz", headers={"X-Forwarded-For": "203.0.113.9"}), 403, "not for")
    assert ask("GET", "/readyz").status_code == 502


def test_caches_are_told_that_static_files_come_compressed_or_not(machine, ask):
    sheet = machine.folder / "static" / "some.css"
    sheet.parent.mkdir()
    for path in (sheet, sheet.with_name("some.css.gz")):
        path.write_bytes(b"x" * 500)
    for coding in ("gzip", "identity"):
        answer = ask("HEAD", "/static/some.css", headers={"Accept-Encoding": coding})
        assert answer.headers.get("Content-Encoding", "identity") == coding
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.fixture
def process(machine):
    """A process behind nginx that says which coding it is asked for."""

    class Process(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("X-Coding", self.headers["Accept-Encoding"])
            if self.path == "/for-an-hour/":
                self.send_header("X-Accel-Expires", f"@{int(time.time()) + 3600}")
            self.end_headers()

        def log_message(self, *_words):
            pass

    with HTTPServer(("127.0.0.1", machine.app_ports[0]), Process) as server:
        Thread(target=server.serve_forever, args=(0.05,)).start()
        yield
        server.shutdown()


@pytest.mark.parametrize(
    ("accepted", "asked_for"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip;q=1.0", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip, br ; q=0.000", "gzip"),
        ("BR;Q=0, GZIP", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("br;q=0.001", "br"),
        ("gzip;q=0, *;q=0", "identity"),
        ("deflate", "identity"),
        ("", "identity"),
    ],
)
def test_nobody_is_sent_a_coding_that_they_refuse(ask, process, accepted, asked_for):
    headers = {"Accept-Encoding": accepted}
    assert ask("GET", "/", headers=headers).headers["X-Coding"] == asked_for


def test_nobody_waits_long_for_a_machine_that_is_gone(machine, ask, process):
    with ExitStack() as connections:
        port = machine.app_ports[1]
        silent = connections.enter_context(socket.create_server(("127.0.0.1", port), backlog=0))
        # A full queue: whoever comes then hears nothing, as from a machine that is off.
        connections.enter_context(socket.create_connection(silent.getsockname()))
        for number in range(4):
            began = time.monotonic()
            assert ask("GET", f"/{number}/").status_code == 200
            assert time.monotonic() - began < 1.8


def test_what_nginx_keeps_ends_when_the_clock_is_set(machine, ask, process):
    def where_from():
        return ask("GET", "/for-an-hour/").headers["X-Cache"]

    assert [where_from(), where_from()] == ["MISS", "HIT"]
    assert "OnClockChange=yes" in (DEPLOY / "newsroom-clock.timer").read_text()
    unit = (DEPLOY / "newsroom-clock.service").read_text()
    forget, reload = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    run(*shlex.split(forget.replace("/var/cache/nginx/newsroom", str(machine.folder / "cache"))))
    # "reload" fails where nginx has not started yet.
    assert reload.endswith("systemctl try-reload-or-restart nginx")
    machine.nginx.send_signal(signal.SIGHUP)
    wait_until(lambda: where_from() == "MISS", 5)


def test_the_log_has_nothing_of_readers_and_no_secret_and_is_json_whatever_is_asked(machine, ask):
    log = machine.folder / "access.log"
    asked = {
        "/search/?q=illness": "/search/",
        "/tags/h%C3%A4fen/?page=2": "/tags/h%C3%A4fen/",
        "/tags/%ff%fe/": "/tags/%ff%fe/",
        '/"quoted"\\/': '/"quoted"\\/',
        "/caf\xe9/": "",
        "/preview/s3cret/?width=phone": "/preview/…",
        "/preview/s3cret/pictures/quay.jpg/wide-320.webp": "/preview/…",
        "/%70review/s3cret/": "/preview/…",
        "//x/../preview//s3cret/": "/preview/…",
    }
    for path in asked:
        head = f"OPTIONS {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert answer_by_tls(machine, head).startswith(b"HTTP/1.1 502")
    wait_until(lambda: log.read_bytes().count(b"OPTIONS") == len(asked))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    paths = [line["path"] for line in lines if line["method"] == "OPTIONS"]
    assert paths == list(asked.values())
    assert not re.search("illness|s3cret|page=2", log.read_text())


def test_what_comes_without_tls_or_under_another_name_is_not_logged(machine):
    for port, host in (
        (machine.http, "localhost"),
        (machine.http, "elsewhere.example"),
        (machine.https, "localhost"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET /?q=illness HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            connection.recv(1024)
    assert (machine.folder / "access-of-others.log").read_text() == ""


@pytest.mark.parametrize(
    "request_head",
    [
        "GET / HTTP/1.1\r\nHost: elsewhere.example\r\n",
        "GET https://elsewhere.example/ HTTP/1.1\r\nHost: localhost\r\n",
        "GET / HTTP/1.0\r\n",
    ],
)
def test_another_name_gets_no_answer_over_a_connection_that_was_made_to_ours(machine, request_head):
    assert answer_by_tls(machine, f"{request_head}\r\n") == b""


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
