"""How fast is a page served? Ratios to nginx serving the same bytes as a file, in one run.

    .venv/bin/python benchmarks/serving.py [stories ...]

Wants wrk, nginx and PostgreSQL of Debian's packages. Everything of ``deploy/`` is started on this
machine from its files (``tests.deploy.machine``), for each number of stories (1,000 by default;
``1000 100000 1000000`` prints three tables) with a database that is filled with so many.
DATABASE_URL names one that is filled, and stays as it is. Beside it stand the floors: nginx with
the same bytes as a file; a bare WSGI application and Django's shortest view with them, both served
by granian as the unit of ``deploy/`` does; and under two gunicorn workers our pages without the
cache, and Django's shortest view once more. By TLS, through the nginx of ``deploy/``, both the file
and the page are logged.

Each is asked by wrk in turn, in rounds. Printed are medians: requests per second and their
ratio to the first of the group, requests per CPU second of the server's processes (PostgreSQL
apart), and bytes of an answer with its headers.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from statistics import median

import requests

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.deploy.machine import IS_ROOT, Machine, wait_until, with_places  # noqa: E402
from tests.run import free_ports, nginx_path  # noqa: E402

ROUNDS, SECONDS, CONNECTIONS = 3, 3, 16
TICKS = os.sysconf("SC_CLK_TCK")
# Every server gets the same; the processes take it for nginx's.
HEADERS = {"Host": "localhost", "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"}
# The page cache compresses what it keeps, and asks Django for it as it is.
FROM_THE_CACHE = {name: HEADERS[name] for name in ("Host", "X-Forwarded-Proto")}
REPORT = """
done = function(summary)
  local failed = summary.errors.status + summary.errors.read + summary.errors.timeout
  print("figures", summary.requests, summary.duration, summary.bytes, failed)
end
"""
PAGES = """
import django; django.setup()
from articles.models import Edition
story = Edition.objects.live().latest_first()[30]
print(story.get_absolute_url())
"""
BARE = """
from pathlib import Path
PAGE = Path(__file__).with_name("story.html.gz").read_bytes()
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip"),
           ("Content-Length", str(len(PAGE)))]
def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [PAGE]
"""
SHORTEST = """
from pathlib import Path
from django.conf import settings
settings.configure(SECRET_KEY="floor", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
                   MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
import django; django.setup()
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
PAGE = Path(__file__).with_name("story.html.gz").read_bytes()
def shortest(request):
    return HttpResponse(PAGE, headers={"Content-Encoding": "gzip"})
urlpatterns = [path("", shortest)]
application = get_wsgi_application()
"""
UNCACHED = "from newsroom.wsgi import django_application as application\n"
NGINX = """
{user}
worker_processes 2;
daemon off;
pid {folder}/floor.pid;
error_log {folder}/floor.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    keepalive_requests 100000;
    server {{ listen 127.0.0.1:{port}; root {folder}/static; gzip_static on; }}
}}
"""


class Floors:
    """The servers beside the machine's own."""

    def __init__(self, machine):
        self.machine, self.folder = machine, machine.folder / "floors"
        self.folder.mkdir()
        self.environment = machine.environment | {"PYTHONPATH": f"{self.folder}:{ROOT}"}
        self.processes = []

    def write(self, story):
        """Put the bytes of the story where everybody serves them from."""
        for folder in (self.folder, self.machine.folder / "static"):
            (folder / "story.html").write_bytes(story.content)
            (folder / "story.html.gz").write_bytes(raw(story.url))
        for name, text in (("bare", BARE), ("shortest", SHORTEST), ("uncached", UNCACHED)):
            (self.folder / f"{name}.py").write_text(text)

    def nginx(self):
        (port,) = free_ports(1)
        file = self.folder / "nginx.conf"
        user = "user root;" if IS_ROOT else ""
        file.write_text(NGINX.format(folder=self.machine.folder, port=port, user=user))
        error_log = self.machine.folder / "floor.log"
        return self._start(port, nginx_path(), "-e", error_log, "-c", file)

    def granian(self, module):
        """Serve a module of ours as the unit does."""
        (port,) = free_ports(1)
        *command, _application = self.machine.unit_command("newsroom@.service", instance=port)
        return self._start(port, *command, f"{module}:application")

    def gunicorn(self, module):
        (port,) = free_ports(1)
        options = ["-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--log-level", "error"]
        return self._start(port, sys.executable, *options, f"{module}:application")

    def _start(self, port, *command):
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL
        )
        self.processes.append(process)
        origin = f"http://127.0.0.1:{port}"
        wait_until(lambda: requests.get(origin, headers=HEADERS, timeout=5).status_code)
        return origin, [process.pid]

    def stop(self):
        for each in self.processes:
            each.terminate()
            each.wait()


def raw(address):
    """Return a page as it comes: compressed."""
    return requests.get(address, headers=HEADERS, stream=True, timeout=20).raw.read()


def tree(pids):
    """Return processes and their descendants."""
    found = set(pids)
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found |= tree(map(int, (thread / "children").read_text().split()))
    return found


def cpu_seconds(pids):
    """Return what processes and their descendants have used of the CPU."""
    ticks = 0
    for pid in tree(pids):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def ask(folder, address, headers, pids):
    """Let wrk ask; return requests per second, per CPU second, and bytes of an answer."""
    script = folder / "report.lua"
    script.write_text(REPORT)
    sent = [part for each in headers.items() for part in ("-H", "{}: {}".format(*each))]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, *sent, address]
    before = cpu_seconds(pids)
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pids) - before
    figures = re.search(r"figures\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", output)
    number, microseconds, size, failed = map(int, figures.groups())
    assert not failed, f"{address}: {failed} of {number} answers were errors"
    return number / microseconds * 1e6, number / max(used, 1 / TICKS), size / number


def log_files(machine):
    """Have the nginx of ``deploy/`` log the files that it serves, as it does pages."""
    site = machine.folder / "site.conf"
    unlogged = {"gzip_vary on;\n        access_log off;": "gzip_vary on;"}
    site.write_text(with_places(site.read_text(), unlogged))
    machine.nginx.send_signal(signal.SIGHUP)


def groups(machine, floors, address):
    """Return by title the servers that are compared: (name, address, headers, processes)."""
    app = machine.app_ports[0]
    floors.write(requests.get(f"http://127.0.0.1:{app}{address}", headers=HEADERS, timeout=20))
    nginx, bare, shortest = floors.nginx(), floors.granian("bare"), floors.granian("shortest")
    floor, ours = floors.gunicorn("shortest"), floors.gunicorn("uncached")
    apps = [process.pid for process in machine.apps.values()]
    return {
        "one process": [
            ("nginx, a file", f"{nginx[0]}/story.html", HEADERS, nginx[1]),
            ("our hit", f"http://127.0.0.1:{app}{address}", HEADERS, [machine.apps[app].pid]),
            ("bare WSGI application", f"{bare[0]}/", HEADERS, bare[1]),
            ("Django's shortest view", f"{shortest[0]}/", HEADERS, shortest[1]),
        ],
        "by TLS, through the nginx of deploy/": [
            ("a file", f"{machine.url}/static/story.html", HEADERS, [machine.nginx.pid]),
            ("our hit", f"{machine.url}{address}", HEADERS, [machine.nginx.pid, *apps]),
        ],
        "uncached, two gunicorn workers": [
            ("Django's shortest view", f"{floor[0]}/", FROM_THE_CACHE, floor[1]),
            ("our story", f"{ours[0]}{address}", FROM_THE_CACHE, ours[1]),
            ("our front page", f"{ours[0]}/", FROM_THE_CACHE, ours[1]),
        ],
    }


def measure(machine, title):
    """Print the table of a machine that has its stories."""
    output = machine.python("-c", PAGES).communicate()[0]
    address = output.splitlines()[-1]
    floors = Floors(machine)
    log_files(machine)
    try:
        found = groups(machine, floors, address)
        figures = {}
        for _round in range(ROUNDS):
            for group, servers in found.items():
                for name, each, headers, pids in servers:
                    asked = ask(machine.folder, each, headers, pids)
                    figures.setdefault((group, name), []).append(asked)
    finally:
        floors.stop()
    print(f"\n{title:38} requests/s  ratio  requests/CPU s  ratio   bytes")
    for group, servers in found.items():
        print(group)
        first = None
        for name, *_rest in servers:
            rate, per_cpu, size = (median(each) for each in zip(*figures[group, name], strict=True))
            first = first or (rate, per_cpu)
            print(
                f"    {name:34} {rate:10,.0f}  {rate / first[0]:5.3f}  {per_cpu:14,.0f}"
                f"  {per_cpu / first[1]:5.3f}  {size:6,.0f}"
            )


def serve_from(url, machine):
    """Start a machine's processes anew, with a database of somebody else's."""
    machine.environment["DATABASE_URL"] = url
    machine.environment.pop("REPLICA_DATABASE_URL", None)
    for port in machine.app_ports:
        machine.kill_app(port)
        machine.start_app(port)
        wait_until(lambda port=port: machine.app(port, "/readyz").status_code == 200)


def main():
    own = os.environ.get("DATABASE_URL")
    counts = [int(each) for each in sys.argv[1:]] or [1000]
    for count in [None] if own else counts:
        machine = Machine()
        try:
            machine.start()
            if own:
                serve_from(own, machine)
            else:
                filling = machine.python("benchmarks/many_stories.py", str(count))
                output = filling.communicate()[0]
                assert filling.returncode == 0, output
            measure(machine, "the stories of DATABASE_URL" if own else f"{count:,} stories")
        finally:
            machine.stop()


if __name__ == "__main__":
    main()
