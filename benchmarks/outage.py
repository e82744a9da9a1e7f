"""Does any reader notice? The database goes, processes are killed, stories are published.

    .venv/bin/python benchmarks/outage.py [seconds of the outage, 60 by default]

Wants wrk, nginx and PostgreSQL of Debian's packages. Everything of ``deploy/`` is started on this
machine from its files (``tests.deploy.machine``). 200 connections (wrk), from as many addresses,
ask nginx for warm pages; every five seconds one of the two processes is killed with SIGKILL and
started anew a second later, as systemd does; every second a story is published anew with another
headline. In the middle both databases are stopped.

Printed are the errors that readers of warm pages got, by page, and for how long after each
publication its old headline was still served, by each process and by nginx. Ends with 1 if
there was an error, or if an old headline was served a second after its change while the
database was there.
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import requests

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.deploy.machine import Machine  # noqa: E402

BEFORE, AFTER = 15, 20
KILL_EVERY, RESTART_AFTER = 5, 1
CONNECTIONS = 200
TRUE_WITHIN = 1.0
# A publication is watched for so long.
WATCHED = 4.0
# Makes the stories and says where they are, then publishes one after the other anew.
PUBLISHER = """
import django; django.setup()
import json, time
from django.db import Error, connection
from articles import publishing
from tests.factories import change, make_article
shelf = [publishing.publish(make_article(body="<p>It held.</p>" * 100)) for _number in range(30)]
lists = ["/", "/feed/", "/archive/", shelf[0].section.get_absolute_url()]
print(json.dumps([edition.get_absolute_url() for edition in shelf] + lists), flush=True)
input()
number = 0
while True:
    began = time.time()
    try:
        article = shelf[number % len(shelf)].article
        change(article, headline=f"Headline number {number}.")
        edition = publishing.publish(article)
        print(json.dumps([time.time(), edition.get_absolute_url(), edition.headline]), flush=True)
        number += 1
    except Error:
        connection.close()
    # At another fraction of the clock's second each time: nginx counts whole ones.
    time.sleep(max(0, began + 0.97 - time.time()))
"""
LOAD = """
local pages, number = {PAGES}, 0
request = function()
  number = number + 1
  return wrk.format("GET", pages[number % #pages + 1], {
    ["Accept-Encoding"] = "gzip",
    ["X-Forwarded-For"] = "192.0.2." .. number % 250 + 1
  })
end
"""


class Readers:
    """Asks for pages one after the other, and remembers what was no success."""

    def __init__(self, machine, pages):
        self.machine, self.pages = machine, pages
        self.asked, self.errors, self.moments = 0, defaultdict(Counter), []
        self.is_over = threading.Event()

    def read(self):
        session = requests.Session()
        session.trust_env = False
        while not self.is_over.is_set():
            for page in self.pages:
                self.asked += 1
                try:
                    answer = session.get(
                        self.machine.url + page, verify=self.machine.certificate, timeout=20
                    )
                except requests.RequestException as error:
                    self._note(page, type(error).__name__)
                else:
                    if answer.status_code != 200:
                        self._note(page, f"{answer.status_code} {answer.headers.get('X-Cache')}")
                time.sleep(0.01)

    def _note(self, page, error):
        self.errors[page][error] += 1
        self.moments.append(time.time())


class Publication(threading.Thread):
    """Watches who serves what was there before a publication, and when they did last."""

    def __init__(self, machine, committed, address, headline):
        super().__init__(daemon=True)
        self.machine, self.committed = machine, committed
        self.address, self.headline = address, headline
        self.old_until = {}
        self.start()

    def run(self):
        places = {port: f"http://127.0.0.1:{port}" for port in self.machine.app_ports}
        places["nginx"] = self.machine.url
        threads = [threading.Thread(target=self.watch, args=each) for each in places.items()]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def watch(self, name, origin):
        headers = {} if name == "nginx" else self.machine.as_nginx_asks
        session = requests.Session()
        session.trust_env = False
        while (asked := time.time()) < self.committed + WATCHED:
            try:
                answer = session.get(
                    origin + self.address,
                    headers=headers,
                    verify=self.machine.certificate,
                    timeout=5,
                )
            except requests.RequestException:
                # A process that was killed serves nothing old.
                time.sleep(0.05)
                continue
            if self.headline in answer.text:
                self.old_until.setdefault(name, 0.0)
                return
            if answer.status_code == 200:
                self.old_until[name] = asked - self.committed
            time.sleep(0.03)


def load(machine, pages, seconds):
    """Start wrk over the pages."""
    script = machine.folder / "load.lua"
    script.write_text(LOAD.replace("PAGES", ", ".join(f'"{page}"' for page in pages)))
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
    return subprocess.Popen(
        [*command, "-s", script, machine.url], stdout=subprocess.PIPE, text=True
    )


def kill_now_and_then(machine, is_over, kills):
    """Kill one process after the other, until told to stop."""
    while not is_over.wait(KILL_EVERY - RESTART_AFTER):
        port = machine.app_ports[len(kills) % 2]
        machine.kill_app(port)
        kills.append(time.time())
        time.sleep(RESTART_AFTER)
        machine.start_app(port)


def misfortunes(machine, outage):
    """Let everything happen; return what is to be told of it."""
    with tempfile.TemporaryFile("w+") as complaints:
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER],
            cwd=ROOT,
            env=machine.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        first = publisher.stdout.readline()
        complaints.seek(0)
        assert first, complaints.read()
        pages = json.loads(first)
        # Warm: each process, and nginx, has each page.
        for page in pages:
            for port in machine.app_ports:
                requests.get(
                    f"http://127.0.0.1:{port}{page}",
                    headers=machine.as_nginx_asks,
                    timeout=20,
                ).raise_for_status()
            requests.get(machine.url + page, verify=machine.certificate).raise_for_status()
        readers, kills, publications = Readers(machine, pages), [], []

        def follow():
            for line in publisher.stdout:
                publications.append(Publication(machine, *json.loads(line)))

        wrk = load(machine, pages, BEFORE + outage + AFTER)
        threads = [
            threading.Thread(target=readers.read),
            threading.Thread(target=kill_now_and_then, args=(machine, readers.is_over, kills)),
        ]
        for each in threads:
            each.start()
        print("", file=publisher.stdin, flush=True)
        threading.Thread(target=follow, daemon=True).start()
        time.sleep(BEFORE)
        gone = time.time()
        machine.primary.stop()
        machine.replica.stop()
        time.sleep(outage)
        machine.primary.start()
        back = time.time()
        machine.replica.start()
        report = wrk.communicate()[0]
        publisher.kill()
        readers.is_over.set()
        for each in [*threads, *publications]:
            each.join()
    return readers, kills, publications, (gone, back), report


def tell(readers, kills, publications, outage, report):
    """Print the figures; return whether all promises were kept."""
    gone, back = outage
    print(f"database away for {back - gone:.0f} s; {len(kills)} processes killed")
    wrong = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", report)))
    broken = re.findall(r"Socket errors: (.*)", report)
    total = re.search(r"(\d+) requests in", report)[1]
    print(f"load: {total} answers of warm pages, {wrong} of them errors; {broken or 'none'} broken")
    of_page = {page: dict(found) for page, found in readers.errors.items()}
    print(f"one reader: {readers.asked} pages, errors by page: {of_page or 'none'}")
    if readers.moments:
        when = Counter(int(moment - gone) for moment in readers.moments)
        print(f"    by second since the database went: {dict(sorted(when.items()))}")
    print(f"    killed at {[round(moment - gone, 1) for moment in kills]}")
    seen = [
        each for each in publications if each.committed + WATCHED < gone or back < each.committed
    ]
    print(f"{len(publications)} publications, {len(seen)} of them not near the outage")
    late = 0
    for place in (*readers.machine.app_ports, "nginx"):
        delays = [each.old_until[place] for each in seen if place in each.old_until]
        over = sum(delay > TRUE_WITHIN for delay in delays)
        late += over
        print(
            f"old headline last served by {place}: median {1000 * median(delays):.0f} ms, "
            f"at most {1000 * max(delays):.0f} ms after its change; after a second: {over}"
        )
    return not (wrong or broken or of_page or late)


def main():
    outage = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    machine = Machine(behind_proxy=True)
    try:
        machine.start()
        kept = tell(*misfortunes(machine, outage))
    finally:
        machine.stop()
    print("kept" if kept else "A PROMISE IS BROKEN")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
