"""Ends the wait of whoever waits for a database that hangs.

A server that has gone says so, or its machine does. One that is stopped, or out of memory, takes
what it is sent and never answers: no timeout of TCP or libpq ends that wait.
"""

import os
import socket
from contextlib import suppress
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections


class Guard:
    """Knows which threads ask the primary at this moment: those within ``with guard:``."""

    def __init__(self):
        self._asking = set()
        self._lock = Lock()

    def __enter__(self):
        with self._lock:
            self._asking.add(connections[DEFAULT_DB_ALIAS])

    def __exit__(self, *_error):
        wrapper = connections[DEFAULT_DB_ALIAS]
        with self._lock:
            self._asking.discard(wrapper)
            wrapper.__dict__.pop("connect", None)

    def end_waits(self):
        """Have everyone who waits for the primary, or asks it once more, get an error at once."""
        with self._lock:
            for wrapper in self._asking:
                # Django would take the error for an old connection's, and wait for a new one.
                wrapper.connect = _refuse
                cut(wrapper.connection)


def _refuse():
    raise OperationalError("The database does not answer.")


def cut(connection):
    """End a connection (psycopg's) that somebody waits on, who gets an error at once."""
    # It may have been closed just now, or never been opened.
    with suppress(Exception):
        with socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
