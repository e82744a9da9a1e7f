"""How fast pages are that no cache holds, beside Django's shortest view, in one run.

    DATABASE_URL=postgres://… python benchmarks/rendering.py [--beside NAME=URL,PID,POSTMASTER]

Wants a filled PostgreSQL database (``manage.py demo``), wrk, and gunicorn beside this Python.
``--beside`` adds another site: the page's address, the process id of its gunicorn, and the
process id of a PostgreSQL server that is its own. Prints, of two workers each, requests a
second, requests for each second of CPU that the workers and PostgreSQL's backends took,
these as ratios to Django's shortest view, and the largest worker's PSS. (``serving.py``
measures what is deployed, from the page cache to nginx.)
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import psycopg

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, SECONDS, CONNECTIONS = 3, 3, 4
ENVIRONMENT = {
    "SECRET_KEY": "only for measuring, and longer than fifty letters: 0123456789",
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS": "off",
    # What a backend took is lost with it: none ends while this runs.
    "CONN_MAX_AGE": "600",
    "DJANGO_SETTINGS_MODULE": "newsroom.settings",
}


def shortest():
    """Return Django with one view and no middleware, as a WSGI application (gunicorn calls it)."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    here = type(sys)("shortest_urls")
    here.urlpatterns = [path("", lambda request: HttpResponse("Hello"))]
    settings.configure(ROOT_URLCONF=here, ALLOWED_HOSTS=["*"], SECRET_KEY="none", MIDDLEWARE=[])
    return get_wsgi_application()


def serve(application, port):
    """Start two workers and return their gunicorn's process once they answer."""
    command = [sys.executable, "-m", "gunicorn", application, "--workers", "2"]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    paths = f"{ROOT}:{ROOT / 'benchmarks'}"
    process = subprocess.Popen(
        command, cwd=ROOT, env={**ENVIRONMENT, **os.environ, "PYTHONPATH": paths}
    )
    until = monotonic() + 30
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/").close()
        except OSError:
            if monotonic() > until:
                process.terminate()
                raise
            sleep(0.2)
        else:
            return process


def workers(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def backends(database):
    """Return the process ids of PostgreSQL's backends of a database."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().replace(b"\0", b" ").decode(errors="replace").split()
        except OSError:
            continue
        if words[:1] == ["postgres:"] and database in words[1:4]:
            found.append(each.parent.name)
    return found


def cpu(pids):
    """Return the CPU seconds that processes have taken so far."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def server_cpu(postmaster):
    """Return the CPU seconds of a PostgreSQL server and of all its backends."""
    ticks = Path(f"/proc/{postmaster}/stat").read_text().rsplit(")", 1)[1].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") + cpu(workers(postmaster))


def pss(pid):
    """Return a process's proportional set size in MiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024


def load(url):
    """Ask for an address as fast as it answers; return (answers, seconds)."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{url} failed under load:\n{said}")
    return int(re.search(r"(\d+) requests in", said)[1]), SECONDS


class Measured:
    """A page, and what its server was seen to take."""

    def __init__(self, name, url, pid, database=None, postmaster=None):
        self.name, self.url, self.pid = name, url, pid
        self.database, self.postmaster = database, postmaster
        self.answers = self.seconds = self.worker_cpu = self.database_cpu = self.pss = 0

    def measure(self):
        if not self.answers:
            # Nothing is measured of the first answers.
            load(self.url)
        serving = workers(self.pid)
        before = cpu(serving), self.database_cpu_so_far()
        answers, seconds = load(self.url)
        self.answers, self.seconds = self.answers + answers, self.seconds + seconds
        self.worker_cpu += cpu(serving) - before[0]
        self.database_cpu += self.database_cpu_so_far() - before[1]
        self.pss = max(self.pss, *map(pss, serving))

    def database_cpu_so_far(self):
        if self.postmaster:
            # Who opens a connection for each request has a backend for each.
            return server_cpu(self.postmaster)
        return cpu(backends(self.database)) if self.database else 0

    @property
    def a_second(self):
        return self.answers / self.seconds

    @property
    def for_a_second_of_cpu(self):
        return self.answers / (self.worker_cpu + self.database_cpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beside", action="append", default=[], metavar="NAME=URL,PID,POSTMASTER")
    beside = parser.parse_args().beside
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        database = connection.info.dbname
    processes = []
    try:
        processes.append(serve("rendering:shortest()", 8191))
        processes.append(serve("newsroom.wsgi:django_application", 8192))
        floor, ours = (each.pid for each in processes)
        site = "http://127.0.0.1:8192"
        story = re.search(r'href="(/\d{4}/\d\d/\d\d/[^"]+)"', urlopen(site).read().decode())[1]
        pages = [
            Measured("Django's shortest view", "http://127.0.0.1:8191/", floor),
            Measured("our story", site + story, ours, database),
            Measured("our front page", site + "/", ours, database),
        ]
        for each in beside:
            name, rest = each.split("=", 1)
            url, pid, postmaster = rest.split(",")
            pages.append(Measured(name, url, pid, postmaster=postmaster))
        for _round in range(ROUNDS):
            for page in pages:
                page.measure()
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    print(f"{'':24}   /s  ratio  /CPU s  ratio  ms worker  ms database  MiB PSS")
    shortest_view = pages[0]
    for page in pages:
        print(
            f"{page.name:24}{page.a_second:5.0f}"
            f"{page.a_second / shortest_view.a_second:7.3f}"
            f"{page.for_a_second_of_cpu:8.0f}"
            f"{page.for_a_second_of_cpu / shortest_view.for_a_second_of_cpu:7.3f}"
            f"{page.worker_cpu / page.answers * 1000:11.2f}"
            f"{page.database_cpu / page.answers * 1000:13.2f}{page.pss:9.0f}"
        )


if __name__ == "__main__":
    main()
