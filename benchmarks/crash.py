"""Is anything lost or half published? Server and database are killed while editors publish.

    .venv/bin/python benchmarks/crash.py [moves, 500 by default] [seed]

On SQLite, then on a PostgreSQL of its own that writes through to the disk (fsync), as deployed:
five editors publish, schedule, withdraw, undo, delete and make front pages over HTTP, in stories
of their own and in ones that all share. Every dozen moves something is killed with SIGKILL: the
server, or on PostgreSQL one of the database's processes, all of them, or both database and server.
Each time, once it is all back, every public address is asked whether it shows what the editions
say, and the database whether all is as the design has it (articles.invariants). At the end every
answer that an editor got is held against what is there: what was acknowledged is there with all
its traces, what was refused is not, what nobody answered is there whole or not at all.

Prints the seed and the figures; exits with 1 if something is amiss.
"""

import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# Nothing waits longer than so many seconds for what was killed to be back.
BACK_AFTER = 60


class PostgreSQL:
    """A server of PostgreSQL that can be killed and started again."""

    def __init__(self, folder):
        from tests.run import found_or_installed, free_ports, postgresql_programs

        self.programs = found_or_installed("PostgreSQL's server", "postgresql", postgresql_programs)
        # The server refuses root; Debian's package brings the user it runs as.
        self.user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        self.folder = Path(folder) / "postgresql"
        self.folder.mkdir()
        if self.user:
            shutil.chown(self.folder, "postgres")
            os.chmod(folder, 0o755)
        (self.port,) = free_ports(1)
        self.url = f"postgres://tests@127.0.0.1:{self.port}/postgres"
        initdb = [
            self.programs / "initdb",
            "-D",
            self.folder / "data",
            "-A",
            "trust",
            "-U",
            "tests",
        ]
        subprocess.run(initdb, cwd="/", check=True, stdout=subprocess.DEVNULL, **self.user)
        self.process = None

    def start(self):
        options = ["-p", str(self.port), "-k", self.folder, "-c", "listen_addresses=127.0.0.1"]
        end = time.monotonic() + BACK_AFTER
        while time.monotonic() < end:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options],
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **self.user,
            )
            # It ends at once where processes of the one before have not gone yet.
            while self.process.poll() is None and time.monotonic() < end:
                if self.answers():
                    return
                time.sleep(0.05)
            time.sleep(0.2)
        raise TimeoutError("PostgreSQL does not come back")

    def answers(self):
        import psycopg

        with suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
            return True
        return False

    def kill(self):
        """Kill all of its processes, the first one first."""
        children = self._children()
        for pid in (self.process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def kill_one(self, random):
        """Kill one of its processes: it throws out everybody, and recovers by itself."""
        with suppress(ProcessLookupError):
            os.kill(random.choice(self._children()), signal.SIGKILL)
        end = time.monotonic() + BACK_AFTER
        time.sleep(0.1)
        while not self.answers():
            if time.monotonic() > end:
                raise TimeoutError("PostgreSQL does not come back")
            time.sleep(0.05)

    def _children(self):
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # proc(5): the parent stands two behind the name, which is in parentheses.
                if int(stat.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    found.append(int(stat.parent.name))
        return found


def publish_and_kill(postgresql, moves, seed):
    """Run it all on the database of DATABASE_URL; print the figures; return what is amiss."""
    import django

    django.setup()
    from articles.invariants import breaches
    from tests.browser.server import Server
    from tests.crashing import Newsroom, asking, what_is_amiss, what_readers_miss

    chance = random.Random(seed)
    newsroom, server = Newsroom(seed), Server(DEBUG="off")
    server.start()
    newsroom.start(server.url)
    kinds = ["server"] if postgresql is None else ["server", "database", "one process", "both"]
    kills, found, began, said = Counter(), [], time.monotonic(), 0
    try:
        while newsroom.made() < moves and not found:
            enough = min(newsroom.made() + chance.randint(0, 25), moves)
            while newsroom.made() < enough:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.5))
            kind = chance.choice(kinds)
            kills[kind] += 1
            if kind == "one process":
                postgresql.kill_one(chance)
            if kind in ("database", "both"):
                postgresql.kill()
            if kind in ("server", "both"):
                server.kill()
            if kind in ("database", "both"):
                postgresql.start()
            if kind in ("server", "both"):
                server.start()
            # Now all hold still for a look.
            newsroom.pause()
            time.sleep(1)
            found = asking(lambda: [*breaches(), *what_readers_miss(server.url)])
            newsroom.go_on()
            if newsroom.made() // 50 > said:
                said = newsroom.made() // 50
                print(f"{newsroom.made()} moves, {sum(kills.values())} kills", flush=True)
    finally:
        newsroom.end()
        server.kill()
    found += asking(lambda: what_is_amiss(newsroom))
    answers = Counter(move.answer for move in newsroom.moves)
    made = Counter(move.kind for move in newsroom.moves if move.answer == "made")
    print(
        f"acknowledged {dict(made)}; answers {dict(answers)}; killed {dict(kills)};"
        f" {time.monotonic() - began:.0f} s; amiss: {len(found)}",
        flush=True,
    )
    for sentence in found:
        print(f"amiss: {sentence}")
    return bool(found)


def on_this_database(name, moves, seed):
    """Make a database for this run, never one that somebody works in, and run it all there."""
    with tempfile.TemporaryDirectory() as folder:
        postgresql = PostgreSQL(folder) if name == "PostgreSQL" else None
        os.environ |= {
            "DATABASE_URL": postgresql.url if postgresql else f"sqlite:///{folder}/desk.sqlite3",
            "MEDIA_ROOT": folder,
        }
        try:
            if postgresql:
                postgresql.start()
            manage("migrate")
            return publish_and_kill(postgresql, moves, seed)
        finally:
            if postgresql:
                postgresql.kill()


def manage(*command):
    command = [sys.executable, "manage.py", *command, "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, check=True)


def main():
    if sys.argv[1:2] == ["--on"]:
        sys.exit(on_this_database(sys.argv[2], *map(int, sys.argv[3:])))
    moves, seed = [*sys.argv[1:], *["500", str(secrets.randbits(32))][len(sys.argv) - 1 :]]
    print(f"seed {seed}", flush=True)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "SECRET_KEY": "only-for-this-run-" + "0123456789abcdefghijklmnopqrstuvwxyz",
            "ALLOWED_HOSTS": "127.0.0.1,testserver",
            "HTTPS": "off",
            "DEBUG": "off",
            "STATIC_ROOT": folder,
        }
        manage("collectstatic", "--noinput")
        for name in ("SQLite", "PostgreSQL"):
            print(f"{name}:", flush=True)
            # Django knows one database in the life of a process.
            done = subprocess.run([sys.executable, __file__, "--on", name, moves, seed])
            failed = failed or done.returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
