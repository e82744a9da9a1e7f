"""Everything that ``deploy/`` describes on one machine: its own files with other places in them."""

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import requests

from tests.run import free_ports, nginx_path, postgresql_programs

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
IS_ROOT = os.getuid() == 0


def in_memory():
    """Return a folder in memory, where thousands of small files are no work, or None for /tmp."""
    folder = "/dev/shm"
    has_room = os.path.isdir(folder) and shutil.disk_usage(folder).free > 1 << 30
    return folder if has_room else None


def with_places(text, places):
    """Return a file's text with other places in it; each of them has to be there."""
    for before, after in places.items():
        assert before in text, f"{before!r} is gone from the file"
        text = text.replace(before, str(after))
    return text


def run(*command, **options):
    """Run a command quietly; what it said is shown if it fails."""
    done = subprocess.run(command, text=True, capture_output=True, **options)
    assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


class Postgres:
    """A server of Debian's packages with a configuration of ``deploy/postgresql``."""

    # The server refuses root; Debian's package brings the user it runs as.
    USER = ["runuser", "-u", "postgres", "--"] if IS_ROOT else []

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.programs = postgresql_programs()

    def program(self, name, *arguments):
        return run(*self.USER, self.programs / name, *arguments, cwd="/")

    def configure(self, name, **places):
        """Write what Debian's configuration would have, and the file of ``deploy/`` behind it."""
        text = (DEPLOY / "postgresql" / name).read_text()
        text = with_places(text, {"'127.0.0.1, ": "'127.0.0.1' #", "GB": "MB"})
        text = text.replace("shared_buffers = 1MB", "shared_buffers = 32MB")
        cluster = f"""
            port = {self.port}
            unix_socket_directories = '{self.folder}'
            ssl = on
            ssl_cert_file = '{self.folder}/tls.pem'
            ssl_key_file = '{self.folder}/tls.key'
            # No test outlives a power cut.
            fsync = off
            # What is killed leaves nothing behind outside its folder.
            dynamic_shared_memory_type = mmap
        """
        (self.folder / "data" / "postgresql.conf").write_text(text + cluster)
        rules = (DEPLOY / "postgresql" / "pg_hba.conf").read_text()
        rules = with_places(rules, {"10.0.0.0/24 ": "127.0.0.1/32"})
        if not IS_ROOT:
            rules = rules.replace("peer", "trust")
        (self.folder / "data" / "pg_hba.conf").write_text(rules)

    def start(self):
        data = self.folder / "data"
        log = self.folder / "log"
        try:
            self.program("pg_ctl", "-D", data, "-l", log, "-w", "start")
        except AssertionError as error:
            raise AssertionError(log.read_text()) from error

    def ask(self, sql):
        """Return what the superuser is answered."""
        where = ["-h", self.folder, "-p", str(self.port), "-U", "postgres"]
        return self.program("psql", *where, "-Atqc", sql).strip()

    def promote(self):
        """Make a replica a server of its own."""
        self.program("pg_ctl", "-D", self.folder / "data", "-w", "promote")

    def follow(self, primary):
        """Have the server begin as a replica of another one from its next start on."""
        source = f"host=127.0.0.1 port={primary.port} user=newsroom_replica"
        settings = self.folder / "data" / "postgresql.auto.conf"
        settings.write_text(f"primary_conninfo = '{source}'")
        (self.folder / "data" / "standby.signal").touch()
        if IS_ROOT:
            run("chown", "-R", "postgres", self.folder / "data")

    def crash(self):
        """Have a process of the server's end as one that the kernel kills: all begin anew."""
        pid = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        is_writer = b"background writer"
        [writer] = [
            each for each in children if is_writer in Path(f"/proc/{each}/cmdline").read_bytes()
        ]
        os.kill(int(writer), signal.SIGKILL)

    def takes_connections(self, password):
        """Whether somebody may ask it something."""
        address = f"postgres://newsroom:{password}@127.0.0.1:{self.port}/newsroom"
        try:
            psycopg.connect(address, sslmode="require").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self):
        with suppress(AssertionError):
            self.program("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-W", "stop")

    def signal(self, number):
        """Send a signal to the server and each of its processes; with SIGKILL, see them end."""
        with suppress(FileNotFoundError):
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for each in [pid, *map(int, children)]:
                with suppress(ProcessLookupError):
                    os.kill(each, number)
            if number == signal.SIGKILL:
                wait_until(lambda: not Path(f"/proc/{pid}").exists())


class Machine:
    """nginx, two processes, a primary and its replica; ``url`` is where readers come.

    ``behind_proxy`` has nginx take readers' addresses from X-Forwarded-For, as behind a CDN;
    ``one_away`` has it know a third process, which is never there.
    """

    def __init__(self, behind_proxy=False, one_away=False):
        self.behind_proxy, self.one_away = behind_proxy, one_away
        self.folder = Path(tempfile.mkdtemp(prefix="newsroom-machine-", dir=in_memory()))
        self.folder.chmod(0o755)
        ports = free_ports(7)
        self.app_ports, self.http, self.https = ports[:2], ports[2], ports[3]
        self.url, self.away = f"https://localhost:{self.https}", ports[6]
        # What nginx says to the processes.
        self.as_nginx_asks = {"Host": f"localhost:{self.https}", "X-Forwarded-Proto": "https"}
        self.certificate = self.folder / "tls.pem"
        self.primary = Postgres(self.folder / "primary", ports[4])
        self.replica = Postgres(self.folder / "replica", ports[5])
        self.password, self.token = secrets.token_hex(8), secrets.token_hex(8)
        self.apps = {}
        self.nginx = None

    def start(self):
        self.make_certificate()
        self.environment = self._environment()
        # The best of Brotli takes ten seconds, and Debian's nginx does not send it.
        collecting = self._manage(
            "import whitenoise.compress as c; c.brotli_installed = False",
            "collectstatic",
            "--noinput",
            "-v0",
        )
        self._start_primary()
        migrating = self._manage("", "migrate", "-v0")
        self._start_replica()
        for each in (migrating, collecting):
            output = each.communicate()[0]
            assert each.returncode == 0, output
        for port in self.app_ports:
            self.start_app(port)
        self.start_nginx()
        for port in self.app_ports:
            wait_until(lambda port=port: self.app(port, "/readyz").status_code == 200)

    def make_certificate(self):
        run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", self.folder / "tls.key", "-out", self.certificate),
        )
        for server in (self.primary, self.replica):
            server.folder.mkdir()
            for name in ("tls.key", "tls.pem"):
                shutil.copy(self.folder / name, server.folder)
                (server.folder / name).chmod(0o600)
            if IS_ROOT:
                run("chown", "-R", "postgres", server.folder)

    def _start_primary(self):
        data = self.primary.folder / "data"
        # What Debian makes where no language was chosen.
        self.primary.program(
            *("initdb", "-D", data, "-U", "postgres", "--no-sync", "--wal-segsize=1"),
            *("--locale=C", "--encoding=SQL_ASCII"),
        )
        self.primary.configure("primary.conf")
        self.primary.start()
        for sql in (
            f"CREATE ROLE newsroom LOGIN PASSWORD '{self.password}'",
            f"CREATE ROLE newsroom_replica LOGIN REPLICATION PASSWORD '{self.password}'",
        ):
            self.primary.ask(sql)
        readme = (DEPLOY / "README.md").read_text()
        arguments = re.search(r"-- createdb (.*)$", readme, re.MULTILINE)[1]
        where = ["-h", self.primary.folder, "-p", str(self.primary.port), "-U", "postgres"]
        self.primary.program("createdb", *where, *shlex.split(arguments))

    def _start_replica(self):
        source = (
            f"postgres://newsroom_replica:{self.password}@127.0.0.1:{self.primary.port}/"
            "?sslmode=require"
        )
        self.replica.program(
            *("pg_basebackup", "-d", source, "-D", self.replica.folder / "data"),
            *("-R", "-C", "-S", "replica", "-c", "fast", "--no-sync"),
        )
        self.replica.configure("replica.conf")
        self.replica.start()

    def _environment(self):
        text = (DEPLOY / "newsroom.env").read_text()
        (self.folder / "secret-key").write_text(secrets.token_urlsafe(50))
        text = with_places(
            text,
            {
                "/etc/newsroom/secret-key": self.folder / "secret-key",
                "PASSWORD": self.password,
                "10.0.0.10:5432": f"127.0.0.1:{self.primary.port}",
                "10.0.0.11:5432": f"127.0.0.1:{self.replica.port}",
                "/srv/newsroom": self.folder,
                "https://news.example.org": self.url,
                "news.example.org": "localhost",
                "METRICS_TOKEN=": f"METRICS_TOKEN={self.token}",
            },
        )
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        pairs = (shlex.split(line)[0].partition("=") for line in lines)
        return {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            **{name: value for name, _mark, value in pairs},
        }

    def _manage(self, before, *arguments):
        run = "from django.core.management import execute_from_command_line as run; run()"
        return self.python("-c", f"{before}\n{run}", *arguments)

    def python(self, *arguments):
        """Start Python with the processes' environment."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def unit_command(self, name, key="ExecStart", *, instance="", **environment):
        """Return what a unit runs, as a list; ``environment`` goes before what it says itself."""
        unit = (DEPLOY / name).read_text()
        command = re.search(rf"^{key}=(.*)$", unit, re.MULTILINE)[1]
        variables = self.unit_variables(name, instance)
        places = {
            "/srv/newsroom/current/.venv/bin": Path(sys.executable).parent,
            "/srv/newsroom/current": ROOT,
            "/srv/newsroom": self.folder,
            "%i": instance,
            **{f"${{{each}}}": value for each, value in (variables | environment).items()},
        }
        for before, after in places.items():
            command = command.replace(before, str(after))
        return shlex.split(command.replace("$$", "$"))

    def unit_variables(self, name, instance=""):
        """Return what a unit adds to the environment by itself."""
        unit = (DEPLOY / name).read_text().replace("%i", str(instance))
        return dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE))

    def start_app(self, port, **environment):
        """Start a process as its unit does."""
        with (self.folder / f"app-{port}.log").open("a") as log:
            self.apps[port] = subprocess.Popen(
                self.unit_command("newsroom@.service", instance=port, **environment),
                cwd=ROOT,
                env=self.unit_variables("newsroom@.service", port) | self.environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def kill_app(self, port):
        """End a process and its worker at once, as kill -9 does."""
        process = self.apps.pop(port)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def exchange_app(self, port):
        """End a process as its unit does, start another and see it ready."""
        process = self.apps.pop(port)
        process.terminate()
        process.wait(30)
        self.start_app(port)
        wait_until(lambda: self.app(port, "/readyz").status_code == 200)

    def start_nginx(self):
        text = (DEPLOY / "nginx.conf").read_text()
        letsencrypt = "/etc/letsencrypt/live/news.example.org"
        away = f"server 127.0.0.1:{self.away} max_fails=0;" if self.one_away else ""
        if self.behind_proxy:
            text = with_places(
                text,
                {
                    "#set_real_ip_from 192.0.2.0/24;": "set_real_ip_from 127.0.0.1;",
                    "#real_ip_header": "real_ip_header",
                },
            )
        site = with_places(
            text,
            {
                f"{letsencrypt}/fullchain.pem": self.certificate,
                f"{letsencrypt}/privkey.pem": self.folder / "tls.key",
                "news.example.org": "localhost",
                "127.0.0.1:8001": f"127.0.0.1:{self.app_ports[0]}",
                "127.0.0.1:8002": f"127.0.0.1:{self.app_ports[1]}",
                "keepalive 64;": f"{away} keepalive 64;",
                "/var/cache/nginx/newsroom": self.folder / "cache",
                "/var/log/nginx/newsroom.log": self.folder / "access.log",
                "/srv/newsroom/static": self.folder / "static",
                "listen 80": f"listen 127.0.0.1:{self.http}",
                "listen 443": f"listen 127.0.0.1:{self.https}",
                "https://$host$": f"https://$host:{self.https}$",
            },
        )
        site = re.sub(r"listen \[::\].*;", "", site)
        (self.folder / "site.conf").write_text(site)
        main = self.folder / "nginx.conf"
        main.write_text(
            f"""
            {"user root;" if IS_ROOT else ""}
            daemon off;
            pid {self.folder}/nginx.pid;
            error_log {self.folder}/error.log;
            events {{
                # Debian's.
                worker_connections 768;
            }}
            http {{
                include /etc/nginx/mime.types;
                # Debian's own, where no server says otherwise.
                access_log {self.folder}/access-of-others.log;
                client_body_temp_path {self.folder}/body;
                proxy_temp_path {self.folder}/proxy;
                fastcgi_temp_path {self.folder}/fastcgi;
                uwsgi_temp_path {self.folder}/uwsgi;
                scgi_temp_path {self.folder}/scgi;
                include {self.folder}/site.conf;
            }}
            """
        )
        readme = (DEPLOY / "README.md").read_text()
        for_many = re.search(r"^    (sed .*) /etc/nginx/nginx.conf$", readme, re.MULTILINE)[1]
        run(*shlex.split(for_many), main)
        program = nginx_path()
        run(program, "-t", "-q", "-e", self.folder / "error.log", "-c", main)
        self.nginx = subprocess.Popen([program, "-e", self.folder / "error.log", "-c", main])

    def app(self, port, path):
        """Ask one process, past nginx."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=5)

    def front_page(self, port):
        """Return the front page that one process gives, past nginx and what it keeps."""
        url = f"http://127.0.0.1:{port}/"
        return requests.get(url, headers=self.as_nginx_asks, timeout=5).text

    def pages_read_from(self, database):
        """Return how many pages the living processes made from "replica" or "primary"."""
        line = re.compile(
            rf'^newsroom_read_from_total{{database="{database}"}} (\S+)$', re.MULTILINE
        )
        figures = [self.app(port, "/metrics").text for port in self.apps]
        return sum(float(number) for text in figures for number in line.findall(text))

    def fail_over(self):
        """Make the replica the primary, and the old one, as it was, a replica of that."""
        old, new = self.primary, self.replica
        old.signal(signal.SIGKILL)
        old.port, new.port = new.port, old.port
        new.configure("primary.conf")
        old.configure("replica.conf")
        new.start()
        new.promote()
        old.follow(new)
        old.start()
        self.primary, self.replica = new, old

    def stop(self):
        for server in (self.replica, self.primary):
            server.stop()
        for port in list(self.apps):
            self.kill_app(port)
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(is_so, seconds=20):
    """Wait until something is so, whatever requests to it fail until then."""
    end = time.monotonic() + seconds
    while True:
        with suppress(requests.RequestException):
            if is_so():
                return
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.05)
