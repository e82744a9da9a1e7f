"""What ``make test`` does: the checks, then every test on SQLite and, but for looks, PostgreSQL.

PostgreSQL is started for the run on a free loopback port and removed behind it;
DATABASE_URL names another one to use instead. A PostgreSQL server, nginx and Chromium
that are missing are installed where that is possible.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
# A key for the tests alone; production refuses to start without its own.
ENVIRONMENT = {
    **os.environ,
    "SECRET_KEY": "tests-only-" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
}
ENVIRONMENT.pop("DEBUG", None)
# Where it is set, each worker and each server that a test starts would compile everything anew.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def run(title, *command, **environment):
    """Run a command from the repository's root; return whether it succeeded."""
    print(f"== {title}", flush=True)
    done = subprocess.run(command, cwd=ROOT, env={**ENVIRONMENT, **environment})
    return done.returncode == 0


def found_or_installed(what, packages, find):
    """Return what ``find`` finds, after installing Debian's packages if need be; or stop."""
    if not find() and os.getuid() == 0 and shutil.which("apt-get"):
        print(f"== installing {packages}", flush=True)
        unasked = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=unasked)
        subprocess.run(["apt-get", "install", "-y", "-qq", *packages.split()], env=unasked)
    return find() or sys.exit(
        f"{what} is missing and cannot be installed here: apt-get install {packages}"
    )


def postgresql_programs():
    """Return the folder of PostgreSQL's server programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def nginx_path():
    """Return the path of nginx, or None; it is on an administrator's path alone."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def chromium_path(programs=("chromium-headless-shell", "chromium")):
    """Return the path of the first of these browsers, or None; CHROMIUM names another one.

    The one without windows costs a third less of the processor's time.
    """
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, programs)), None)


def free_ports(number):
    """Return so many ports of loopback at which nobody listens."""
    probes = [socket.socket() for _each in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@contextmanager
def postgresql():
    """Yield the DATABASE_URL of a server that lives as long as the block."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    programs = found_or_installed("PostgreSQL's server", "postgresql", postgresql_programs)
    # Whoever ends the run, as a time limit does, leaves no server behind either.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="newsroom-postgresql-"))
    # The server refuses root; Debian's package brings the user it runs as.
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    (port,) = free_ports(1)
    control = [*user, programs / "pg_ctl", "-D", folder / "data", "-w"]
    quiet = {"cwd": "/", "check": True, "stdout": subprocess.DEVNULL}
    try:
        initdb = [*user, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "tests"]
        subprocess.run(initdb, **quiet)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        # What it would find out meanwhile would change the plans that tests look at.
        options += " -c autovacuum=off"
        subprocess.run([*control, "-l", folder / "log", "-o", options, "start"], **quiet)
        yield f"postgres://tests@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], cwd="/", stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments):
    python = sys.executable
    ruff = Path(python).parent / "ruff"
    # It waits for a server elsewhere. What became known today decides about a deployment, not
    # about a change.
    audit = subprocess.Popen(
        [python, "tests/audit.py"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    results = {
        "ruff check": run("ruff check", ruff, "check"),
        "ruff format": run("ruff format", ruff, "format", "--check"),
        "deploy check": run(
            "deploy check", python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"
        ),
        "migrations": run("migrations", python, "manage.py", "makemigrations", "--check"),
    }
    # What Debian's chromium brings along: pages are not to look different without it.
    browser = "chromium-headless-shell fonts-liberation"
    ENVIRONMENT["CHROMIUM"] = found_or_installed("Chromium", browser, chromium_path)
    found_or_installed("nginx", "nginx", nginx_path)
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)

    def tests(title, url, *options):
        with tempfile.NamedTemporaryFile(suffix=".xml") as report:
            results[title] = run(
                title,
                python,
                "-m",
                "pytest",
                # A test with a browser waits as much as it works.
                f"--numprocesses={os.cpu_count() + 2}",
                # A file's tests share what is dear to make, such as a browser.
                *("--dist=loadfile", "--no-loadscope-reorder"),
                f"--junitxml={report.name}",
                *options,
                *arguments,
                DATABASE_URL=url,
                HTTPS="off",
            )
            suite = ElementTree.parse(report.name).getroot()[0]
        for name in counts:
            counts[name] += int(suite.get(name))

    # All of deploy/ brings databases of its own.
    tests("tests on SQLite", "sqlite://:memory:", "-m", "not whole")
    with postgresql() as url:
        # What a page looks like no database changes.
        tests("tests on PostgreSQL", url, "-m", "not looks")
    print("== known vulnerabilities", audit.communicate()[0], sep="\n", end="")
    for title, succeeded in results.items():
        if not succeeded:
            print(f"failed: {title}")
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    print(f"{passed} passed, {failed} failed, {counts['skipped']} skipped")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
