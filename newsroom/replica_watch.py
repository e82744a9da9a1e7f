"""How far a streaming replica is, looked at by a thread of its own that nothing holds up."""

import asyncio
import logging
import os
import time
from threading import Event, Lock, Thread

import psycopg
from django.db import DatabaseError, OperationalError, connections

from newsroom.hung_database import cut
from newsroom.replica import REPLAYED, replayed_of

log = logging.getLogger(__name__)

# Seconds: between two looks at the replica, unless more is needed meanwhile; the same while it is
# behind; and the time it has to answer.
INTERVAL, WHILE_BEHIND, PATIENCE = 0.5, 0.02, 1.0
ELSEWHERE = (
    "It is on another timeline than the primary, or of another cluster. "
    "If it does not follow within some minutes, make it anew."
)


class ReplicaWatch:
    """How far (as Position) the replica must be, and is; ``replayed`` is None while it is away.

    ``alias`` names it among Django's databases. ``in_use`` has Django's connections to it that
    a request reads from at this moment.
    """

    def __init__(self, alias):
        self._alias = alias
        self.needed = self.replayed = None
        self.looked_at = 0.0
        self.in_use = set()
        self._process = self._why_away = None
        self._lock, self._wake = Lock(), Event()

    def need(self, position):
        """Let no request read a replica that has not replayed the log up to a position."""
        self.needed = position
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                Thread(target=self._run, name="replica-watch", daemon=True).start()
        self._wake.set()

    def is_current(self):
        """Whether the replica answered just now and has what is needed."""
        replayed = self.replayed
        return (
            replayed is not None
            and replayed.has(self.needed)
            and time.monotonic() - self.looked_at < INTERVAL + PATIENCE
        )

    def give_up(self, error):
        """Let no request read the replica until it has answered anew."""
        if str(error) != self._why_away:
            log.warning("The replica cannot be read, the primary is: %s", error)
        self._why_away, self.replayed = str(error), None

    def _run(self):
        asyncio.run(self._keep_looking())

    async def _keep_looking(self):
        connection = None
        while True:
            try:
                connection = connection or await self._connect()
                replayed = await replayed_by(connection)
                if not replayed.is_comparable(self.needed):
                    raise OperationalError(ELSEWHERE)
                if self.replayed is None:
                    log.info("The replica answers.")
                self.replayed, self.looked_at = replayed, time.monotonic()
                self._why_away = None
            except (psycopg.Error, DatabaseError, OSError) as error:
                self.give_up(error)
                # A server that hangs would hold for ever who waits for it.
                for wrapper in list(self.in_use):
                    cut(wrapper.connection)
                if connection:
                    await connection.close()
                connection = None
            is_behind = self.replayed is not None and not self.is_current()
            self._wake.wait(WHILE_BEHIND if is_behind else INTERVAL)
            self._wake.clear()

    async def _connect(self):
        wanted = ("host", "port", "dbname", "user", "password", "sslmode", "sslrootcert")
        params = connections[self._alias].get_connection_params()
        return await psycopg.AsyncConnection.connect(
            **{name: params[name] for name in wanted if name in params},
            connect_timeout=2,
            autocommit=True,
        )


async def replayed_by(connection):
    """Return the Position a replica has replayed; raises OperationalError if it is none."""
    # To cancel it would mean to wait for the server.
    timer = asyncio.get_running_loop().call_later(PATIENCE, cut, connection)
    try:
        row = await (await connection.execute(REPLAYED)).fetchone()
    finally:
        timer.cancel()
    return replayed_of(row)
