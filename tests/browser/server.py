"""A server of its own process on the test's database, which can be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

from tests.run import free_ports

ROOT = Path(__file__).resolve().parent.parent.parent


def database_url():
    """Return the test database's address, as DATABASE_URL has it."""
    of = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{of['NAME']}"
    return f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"


class Server:
    """Granian with one worker on a port that stays the same."""

    def __init__(self, **environment):
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "DEBUG": "on",
            "ALLOWED_HOSTS": "127.0.0.1",
            **environment,
        }
        self.process = None

    def start(self):
        """Start, and return when the first page is answered."""
        granian = Path(sys.executable).parent / "granian"
        options = ["--interface", "wsgi", "--blocking-threads", "8", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [granian, *options, "newsroom.wsgi:application"],
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _attempt in range(300):
            with suppress(HTTPError, OSError):
                urlopen(f"{self.url}/admin/login/", timeout=5).close()
                return
            time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def kill(self):
        """Kill it and its workers at once, as kill -9 does."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
