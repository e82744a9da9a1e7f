"""What ``deploy/`` describes, started from its files on one machine and used by a newsroom."""

import json
import os
import re
import secrets
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import requests

from tests.deploy.machine import DEPLOY, ROOT, Machine, run, wait_until
from tests.run import free_ports

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
    machine = Machine(one_away=True)
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
        self._post("login/", {"login": "ann", "password": machine.password, "next": "/admin/"})

    def _post(self, path, fields):
        fields = {**fields, "csrfmiddlewaretoken": self.session.cookies["__Host-csrftoken"]}
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

    def withdraw(self, story):
        """Withdraw what ``publish`` returned."""
        path = story.replace("/change/", "/withdraw/")
        page = self.session.get(self.url + path, timeout=20).text
        seen = dict(re.findall(r'name="(seen_\w+)" value="(\w+)"', page))
        self._post(path, {"reason": "It was wrong.", **seen})


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


def ten_pages(read):
    """Read pages that have to be made anew; return the seconds that the slowest took."""
    slowest = 0
    for _page in range(10):
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
    assert page.raw.headers.getlist("Vary") == ["Accept-Encoding"]
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
    for path in ("/", "/metrics", "/healthz", "/admin/login/", "/static/no/such.css"):
        headers = read(path).headers
        assert headers["X-Frame-Options"] == "DENY" and headers["Server"] == "nginx"
        assert (
            headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
        )
    assert read("/", headers={"Authorization": "Bearer x"}).status_code == 200
    large = requests.post(
        f"{machine.url}/", data=b"x" * 100_000, verify=machine.certificate, timeout=5
    )
    assert large.status_code == 413


def test_readers_of_what_is_not_kept_do_not_wait_for_each_other(read):
    read("/no/such/story/")
    with ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(read, ["/no/such/story/"] * 20))
    assert {answer.status_code for answer in answers} == {404}
    # Those who wait for another in nginx look again every half second.
    assert max(answer.elapsed.total_seconds() for answer in answers) < 1


def test_a_process_is_at_the_address_that_its_unit_is_given(machine):
    (port,), host = free_ports(1), "127.0.0.2"
    machine.start_app(port, HOST=host)
    try:
        asking = machine.unit_command(
            "newsroom@.service", "ExecStartPost", instance=port, HOST=host
        )
        assert "--max-time" in asking[-1]
        run(*asking, timeout=30, env={**os.environ, "MAINPID": str(machine.apps[port].pid)})
        assert requests.get(f"http://{host}:{port}/healthz", timeout=5).status_code == 200
    finally:
        machine.kill_app(port)


def private_mib(pid):
    """Return what a process's workers have of memory that nobody shares, in MiB."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    texts = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in workers]
    return sum(int(re.search(r"Private_Dirty: +(\d+)", text)[1]) for text in texts) / 1024


def test_many_uploads_at_once_leave_a_process_no_larger(machine):
    (port,) = free_ports(1)
    machine.start_app(port)
    try:
        wait_until(lambda: machine.app(port, "/readyz").status_code == 200)
        asked = {**machine.as_nginx_asks, "Content-Type": "multipart/form-data; boundary=x"}
        # nginx keeps up to 64 connections from each of its workers.
        sessions = [requests.Session() for _each in range(100)]
        body = b"x" * 4_000_000

        def upload(session):
            url = f"http://127.0.0.1:{port}/admin/articles/image/upload/"
            return session.post(url, body, headers=asked, allow_redirects=False, timeout=20)

        upload(sessions[0])
        before = private_mib(machine.apps[port].pid)
        with ThreadPoolExecutor(100) as strangers:
            list(strangers.map(upload, sessions))
        assert private_mib(machine.apps[port].pid) < before + 40
    finally:
        machine.kill_app(port)


def test_a_process_is_started_anew_however_often_it_failed():
    """systemd gives up after five starts in ten seconds: an address that is not there takes one."""
    unit = (DEPLOY / "newsroom@.service").read_text()
    assert re.search(r"^Restart=always$", unit, re.MULTILINE)
    assert re.search(r"^StartLimitIntervalSec=0$", unit, re.MULTILINE)


def test_a_process_that_ended_as_it_began_is_not_waited_for(machine):
    (port,) = free_ports(1)
    asking = machine.unit_command("newsroom@.service", "ExecStartPost", instance=port)
    ended = subprocess.Popen(["true"])
    ended.wait()
    asked = subprocess.run(asking, env={**os.environ, "MAINPID": str(ended.pid)}, timeout=10)
    assert asked.returncode != 0


def test_the_nightly_backup_is_made_as_its_unit_says(machine):
    (folder := machine.folder / "backups").mkdir()
    run(*machine.unit_command("newsroom-backup.service"), cwd=ROOT, env=machine.environment)
    assert len(list(folder.glob("newsroom-*.zip"))) == 1


def test_nginx_serves_a_page_to_the_end_of_a_second_and_asks_anew(read):
    """Hence nothing is older than a second after its change, whatever the moment of it."""
    fetched, later = None, []
    for _reader in range(90):
        asked = time.time()
        if read("/").headers["X-Cache"] != "HIT":
            fetched = time.time()
        elif fetched:
            later.append(int(asked) - int(fetched))
        time.sleep(0.02)
    assert later and max(later) <= 0


def test_readers_pages_come_from_the_replica_and_the_desks_from_the_primary(machine, desk, read):
    wait_until(lambda: read(searching()) and machine.pages_read_from("replica") > 0)
    before = machine.pages_read_from("replica")
    desk.session.get(f"{machine.url}/").raise_for_status()
    assert machine.pages_read_from("replica") == before
    ten_pages(read)
    assert machine.pages_read_from("replica") >= before + 7


def test_a_replica_that_is_behind_is_not_read(machine, desk, read):
    machine.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        desk.publish("Lighthouse lit again")
        published = time.monotonic()
        for port in machine.app_ports:
            wait_until(lambda port=port: "Lighthouse lit again" in machine.front_page(port), 1)
        wait_until(lambda: "Lighthouse lit again" in read("/").text, 3)
        # Longer than anybody keeps a page.
        while time.monotonic() < published + 2:
            for port in machine.app_ports:
                assert "Lighthouse lit again" in machine.front_page(port)
            assert "Lighthouse lit again" in read("/").text
    finally:
        machine.replica.ask("SELECT pg_wal_replay_resume()")
    before = machine.pages_read_from("replica")
    wait_until(lambda: read(searching()) and machine.pages_read_from("replica") > before)


def test_of_a_replica_that_came_back_behind_no_page_is_kept(machine, desk):
    """After a crash it goes on from its last restart point, between two looks at it."""
    port, number = machine.app_ports[0], secrets.token_hex(4)
    settings = machine.replica.folder / "data" / "postgresql.auto.conf"
    plain = settings.read_text()
    machine.primary.ask("CHECKPOINT")
    wait_until(lambda: not lag_of(machine))
    machine.replica.ask("CHECKPOINT")
    desk.publish(f"Harbour {number} opens")
    wait_until(lambda: number in machine.front_page(port) and not lag_of(machine))
    # What it has replayed it keeps, until it starts anew.
    settings.write_text(f"{plain}\nrecovery_min_apply_delay = '1h'\n")
    machine.replica.ask("SELECT pg_reload_conf()")
    # Threads without a connection.
    machine.exchange_app(port)
    paths = [f"/search/?q={number}{more}" for more in ("", "+harbour", "+opens", "+harbour+opens")]

    def is_found(path):
        url = f"http://127.0.0.1:{port}{path}"
        page = requests.get(url, headers=machine.as_nginx_asks, timeout=5)
        return "1 story" in page.text

    # Just after a look.
    time.sleep(1.09 - time.time() % 0.25)
    machine.replica.crash()
    try:
        wait_until(lambda: machine.replica.takes_connections(machine.password))
        with ThreadPoolExecutor() as readers:
            assert all(readers.map(is_found, paths))
    finally:
        settings.write_text(plain)
        machine.replica.ask("SELECT pg_reload_conf()")
    wait_until(lambda: not lag_of(machine))


def lag_of(machine):
    """Return how many bytes the replica is behind; 1 while it does not follow."""
    behind = "pg_wal_lsn_diff(pg_current_wal_flush_lsn(), replay_lsn)"
    return int(machine.primary.ask(f"SELECT greatest(0, {behind}) FROM pg_stat_replication") or 1)


def test_pages_go_on_while_the_replica_hangs_is_gone_and_comes_back(machine, read):
    machine.replica.signal(signal.SIGSTOP)
    assert ten_pages(read) < 4
    machine.replica.signal(signal.SIGKILL)
    assert ten_pages(read) < 4
    before = machine.pages_read_from("replica")
    machine.replica.start()
    wait_until(lambda: read(searching()) and machine.pages_read_from("replica") > before)
    machine.replica.signal(signal.SIGKILL)
    assert ten_pages(read) < 1


def test_pages_go_on_when_a_process_is_killed_and_while_the_other_is_exchanged(machine, read):
    port, other = machine.app_ports
    machine.kill_app(port)
    assert ten_pages(read) < 2
    machine.start_app(port)
    wait_until(lambda: machine.app(port, "/readyz").status_code == 200)
    is_over = Event()

    def keep_reading():
        statuses = []
        while not is_over.is_set():
            statuses.append(read(searching()).status_code)
            # The new process has to begin as well.
            time.sleep(0.05)
        return statuses

    with ThreadPoolExecutor() as readers:
        reading = [readers.submit(keep_reading) for _reader in range(4)]
        try:
            machine.exchange_app(other)
        finally:
            is_over.set()
        for each in reading:
            assert set(each.result()) == {200}


def test_nobody_waits_long_for_a_primary_that_hangs_and_is_told_the_truth(machine, desk):
    where = desk.publish("Ferry runs late")
    story, port = f"http://127.0.0.1:{machine.app_ports[0]}/admin/{where}", machine.app_ports[0]
    cookies = {each.name: each.value for each in desk.session.cookies}
    headers = {"X-Forwarded-Proto": "https", "Host": f"localhost:{machine.https}"}
    headers["Referer"] = desk.url

    def ask(method, address, **options):
        began = time.monotonic()
        answer = requests.request(
            method, address, headers=headers, timeout=20, allow_redirects=False, **options
        )
        return answer, time.monotonic() - began

    fields = desk.fields | {"headline": "Ferry sank", "_continue": "1"}
    fields["csrfmiddlewaretoken"] = cookies["__Host-csrftoken"]
    acts = [
        lambda: ask("GET", story, cookies=cookies),
        lambda: ask("POST", story, cookies=cookies, data=fields),
        lambda: ask("GET", f"http://127.0.0.1:{port}/readyz"),
    ]
    assert ask("GET", story, cookies=cookies)[0].status_code == 200
    machine.primary.signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor() as people:
            answers = [each.result() for each in [people.submit(act) for act in acts]]
        late = ask("GET", story, cookies=cookies)
        ready = [ask("GET", f"http://127.0.0.1:{port}/readyz") for _time in range(2)]
    finally:
        machine.primary.signal(signal.SIGCONT)
    assert [answer.status_code for answer, _seconds in answers] == [503] * 3
    assert max(seconds for _answer, seconds in answers) < 3
    assert "was not saved" in answers[1][0].text
    assert late[0].status_code == 503 and late[1] < 1
    assert [(answer.status_code, seconds < 0.5) for answer, seconds in ready] == [(503, True)] * 2
    wait_until(lambda: ask("GET", story, cookies=cookies)[0].status_code == 200)
    assert "Ferry runs late" in ask("GET", story, cookies=cookies)[0].text


def test_a_replica_that_stayed_on_the_old_timeline_is_not_read(machine, desk, read):
    """As the old primary is, named as the new one's replica, which does not follow that."""
    machine.replica.signal(signal.SIGKILL)
    desk.publish("Lighthouse falls")
    for port in machine.app_ports:
        wait_until(lambda port=port: "Lighthouse falls" in machine.front_page(port))
    # So that the new one takes long to write as much.
    machine.primary.ask("CREATE TABLE much AS SELECT generate_series(1, 100000)")
    machine.fail_over()
    wait_until(lambda: "Lighthouse falls" not in read("/").text)
    desk.publish("Ferry sails again")
    for port in machine.app_ports:
        wait_until(lambda port=port: "Ferry sails again" in machine.front_page(port), 2)
        url = f"http://127.0.0.1:{port}/search/?q=ferry+sails"
        page = requests.get(url, headers=machine.as_nginx_asks, timeout=5)
        assert "ferry-sails-again" in page.text
        assert "on another timeline" in (machine.folder / f"app-{port}.log").read_text()


def test_a_story_withdrawn_before_the_database_goes_is_not_in_nginx_either(machine, desk, read):
    story = desk.publish("Mayor takes bribe")
    wait_until(lambda: "Mayor takes bribe" in read("/").text)
    address = re.search(r'href="(/\d{4}/[^"]*/mayor-takes-bribe/)"', read("/").text)[1]
    assert read(address).status_code == 200
    desk.withdraw(story)
    for port in machine.app_ports:
        wait_until(lambda port=port: "Mayor takes bribe" not in machine.front_page(port))
    # Nobody has asked for it since, so that nginx still has it. No test comes after this one.
    machine.primary.signal(signal.SIGKILL)
    wait_until(lambda: read(address).status_code == 504, 3)
    assert read("/").status_code == 200
    # All are asked before an old copy is served: of three the one is left that knows.
    urls = {port: f"http://127.0.0.1:{port}{address}" for port in machine.app_ports}
    statuses = {
        port: requests.get(url, headers=machine.as_nginx_asks, timeout=5).status_code
        for port, url in urls.items()
    }
    machine.kill_app(min(statuses, key=statuses.get))
    assert {read(address).status_code for _reader in range(6)} == {504}
