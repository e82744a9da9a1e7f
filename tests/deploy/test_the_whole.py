"""What ``deploy/`` describes, started from its files on one machine and used by a newsroom."""

import json
import re
import secrets
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import requests

from tests.deploy.machine import Machine, wait_until

pytestmark = pytest.mark.whole
ROWS = """
import django; django.setup()
import json, sys
from django.contrib.auth import get_user_model
from tests.factories import make_author, make_image, make_section
get_user_model().objects.create_superuser("ann", password=sys.argv[1])
print(json.dumps([make_section().pk, make_author().pk, make_image().pk]))
"""


@pytest.fixture(scope="module")
def machine():
    machine = Machine()
    try:
        machine.start()
        yield machine
    finally:
        machine.stop()


class Desk:
    """Somebody at the desk, through nginx."""

    def __init__(self, machine):
        self.url = f"{machine.url}/admin/"
        output = machine.python("-c", ROWS, machine.password).communicate()[0]
        section, author, image = json.loads(output.splitlines()[-1])
        self.fields = {
            "standfirst": "The highest water of the year.",
            "body": "<p>It held.</p>",
            "section": section,
            "lead_image": image,
            "tags": ["Harbours", "Floods"],
            "bylines-TOTAL_FORMS": 1,
            "bylines-INITIAL_FORMS": 0,
            "bylines-0-author": author,
            "bylines-0-position": 0,
            **{f"{name}-TOTAL_FORMS": 0 for name in ("related_reads", "corrections")},
            **{f"{name}-INITIAL_FORMS": 0 for name in ("related_reads", "corrections")},
        }
        self.session = requests.Session()
        self.session.verify = str(machine.certificate)
        # An authority that the environment names knows nothing of this one.
        self.session.trust_env = False
        self.session.get(f"{self.url}login/").raise_for_status()
        self._post("login/", {"username": "ann", "password": machine.password, "next": "/admin/"})

    def _post(self, path, fields):
        fields = {**fields, "csrfmiddlewaretoken": self.session.cookies["csrftoken"]}
        answer = self.session.post(
            self.url + path, fields, headers={"Referer": self.url}, timeout=20
        )
        answer.raise_for_status()
        return answer

    def publish(self, headline):
        """Write a story and publish it in one go."""
        fields = {**self.fields, "headline": headline, "_publish": "Publish"}
        answer = self._post("articles/article/add/", fields)
        assert "Published: readers see it now." in answer.text
        return answer.url.removeprefix(self.url)


@pytest.fixture(scope="module")
def desk(machine):
    return Desk(machine)


@pytest.fixture
def read(machine):
    """A function that returns what readers get for a path, without a connection of before."""

    def read(path, **options):
        return requests.get(machine.url + path, verify=machine.certificate, timeout=10, **options)

    return read


def searching():
    """Return the address of a page that nobody has kept."""
    return f"/search/?q={secrets.token_hex(6)}"


def twenty_pages(read):
    """Read pages that have to be made anew; return the seconds that the slowest took."""
    slowest = 0
    for _page in range(20):
        began = time.monotonic()
        assert read(searching()).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def test_a_story_published_at_the_desk_is_read_through_nginx(desk, read):
    desk.publish("Harbour wall holds")

    def is_on_the_front_page():
        return "Harbour wall holds" in read("/").text

    wait_until(is_on_the_front_page, 3)
    address = re.search(r'href="(/\d{4}/[^"]*/harbour-wall-holds/)"', read("/").text)[1]
    page = read(address)
    assert page.status_code == 200
    assert page.raw.version == 11
    assert page.headers["Strict-Transport-Security"]
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)[1]
    style = read(sheet)
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert style.headers["Content-Encoding"] == "gzip"
    picture = re.search(r'src="(/pictures/[^"]+)"', page.text)[1]
    assert read(picture).headers["Content-Type"] == "image/jpeg"


def test_the_outside_gets_nothing_that_is_not_for_it(machine, read):
    plain = f"http://localhost:{machine.http}/search/"
    answer = requests.get(plain, allow_redirects=False, timeout=5)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{machine.url}/search/")
    with pytest.raises(requests.ConnectionError):
        requests.get(plain, headers={"Host": "elsewhere.example"}, timeout=5)
    assert read("/metrics").status_code == 404
    assert read("/", headers={"Authorization": "Bearer x"}).status_code == 200
    large = requests.post(
        f"{machine.url}/", data=b"x" * 100_000, verify=machine.certificate, timeout=5
    )
    assert large.status_code == 413


def test_readers_pages_come_from_the_replica_and_the_desks_from_the_primary(machine, desk, read):
    wait_until(lambda: read(searching()) and machine.pages_read_from("replica") > 0)
    before = machine.pages_read_from("replica")
    desk.session.get(f"{machine.url}/").raise_for_status()
    assert machine.pages_read_from("replica") == before
    twenty_pages(read)
    assert machine.pages_read_from("replica") >= before + 15


def test_a_replica_that_is_behind_is_not_read(machine, desk, read):
    machine.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        desk.publish("Lighthouse lit again")
        published = time.monotonic()
        for port in machine.app_ports:
            wait_until(lambda port=port: "Lighthouse lit again" in machine.front_page(port), 1)
        # nginx may keep what it has for a second, and serve it once more for another.
        wait_until(lambda: "Lighthouse lit again" in read("/").text, 3)
        while time.monotonic() < published + 3:
            for port in machine.app_ports:
                assert "Lighthouse lit again" in machine.front_page(port)
            assert "Lighthouse lit again" in read("/").text
    finally:
        machine.replica.ask("SELECT pg_wal_replay_resume()")
    before = machine.pages_read_from("replica")
    wait_until(lambda: read(searching()) and machine.pages_read_from("replica") > before)


def test_pages_go_on_while_the_replica_hangs_is_gone_and_comes_back(machine, read):
    machine.replica.signal(signal.SIGSTOP)
    assert twenty_pages(read) < 4
    machine.replica.signal(signal.SIGKILL)
    assert twenty_pages(read) < 4
    before = machine.pages_read_from("replica")
    machine.replica.start()
    wait_until(lambda: read(searching()) and machine.pages_read_from("replica") > before)
    machine.replica.signal(signal.SIGKILL)
    assert twenty_pages(read) < 1


def test_pages_go_on_when_a_process_is_killed_and_while_each_is_exchanged(machine, read):
    port = machine.app_ports[0]
    machine.kill_app(port)
    assert twenty_pages(read) < 2
    machine.start_app(port)
    wait_until(lambda: machine.app(port, "/readyz").status_code == 200)
    is_over = Event()

    def keep_reading():
        statuses = []
        while not is_over.is_set():
            statuses.append(read(searching()).status_code)
        return statuses

    with ThreadPoolExecutor() as readers:
        reading = [readers.submit(keep_reading) for _reader in range(4)]
        try:
            for each in machine.app_ports:
                machine.exchange_app(each)
        finally:
            is_over.set()
        for each in reading:
            assert set(each.result()) == {200}
