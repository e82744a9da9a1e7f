"""Readers' pages are read from a streaming replica while it has seen all that is known here.

A page is true if it was read from a database that has every change the process knows of. The
thread that reads changes notes after each how far the primary's log had come by then
(``note_primary_position``); another looks how far the replica has replayed it
(``newsroom.replica_watch``). A request that begins while the replica is behind, hangs, is
gone or stayed on another timeline reads the primary; one that the replica fails on is answered
once more, from the primary.
"""

from contextvars import ContextVar
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    OperationalError,
    connections,
)

from newsroom.metrics import READ_FROM

ALIAS = "replica"
# What is flushed is what a replica is sent.
FLUSHED = """
    SELECT system_identifier, left(pg_walfile_name(pg_current_wal_flush_lsn()), 8),
        pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint
    FROM pg_control_system()
"""
# A replica that was promoted, or never was one, has replayed nothing. One that follows another
# to a new timeline says so some minutes later.
REPLAYED = """
    SELECT system_identifier,
        lpad(upper(to_hex(greatest(timeline_id, min_recovery_end_timeline))), 8, '0'),
        pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint
    FROM pg_control_system(), pg_control_checkpoint(), pg_control_recovery()
    WHERE pg_is_in_recovery() AND pg_last_wal_replay_lsn() IS NOT NULL
"""

_reads_replica = ContextVar("whether this request reads the replica", default=False)


class Position(NamedTuple):
    """How far a server has come: in bytes of its log, on a timeline of a cluster.

    Bytes of two timelines have nothing to do with each other.
    """

    cluster: int
    timeline: str
    log: int

    def is_comparable(self, other):
        """Whether another Position is of the same log."""
        return self[:2] == other[:2]

    def has(self, other):
        """Whether who has come so far has seen all up to another Position."""
        return self.is_comparable(other) and self.log >= other.log


def replayed_of(row):
    """Return the Position that REPLAYED's answer has; raises OperationalError if it has none."""
    if row is None:
        raise OperationalError("REPLICA_DATABASE_URL leads to no streaming replica")
    return Position(*row)


@cache
def watch():
    """Return this process's ReplicaWatch."""
    # Who has no replica need not have psycopg and asyncio in memory.
    from newsroom.replica_watch import ReplicaWatch

    return ReplicaWatch(ALIAS)


def note_primary_position():
    """Note how far the primary is: whoever read changes from it calls this before using them.

    Asks the primary in the caller's thread and raises Django's database errors.
    """
    if ALIAS not in settings.DATABASES:
        return
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(FLUSHED)
        watch().need(Position(*cursor.fetchone()))


class Router:
    """Sends reads where the request reads, all else to the primary."""

    def db_for_read(self, model, **hints):
        return ALIAS if _reads_replica.get() else DEFAULT_DB_ALIAS

    def db_for_write(self, model, **hints):
        # What is written must be seen by what is read next.
        _reads_replica.set(False)
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *objects, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db != ALIAS


def reads_primary(view):
    """Decorator: a view for people who cannot wait for the replica."""
    view.reads_primary = True
    return view


class ReadTheReplica:
    """Middleware, the last: answers what strangers read from the replica, where that may be."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Answer, or return None to have Django call the view, which then reads the primary."""
        if not is_for_strangers(request, view):
            return None
        if not watch().is_current():
            READ_FROM.labels("primary").inc()
            return None
        wrapper = connections[ALIAS]
        token = _reads_replica.set(True)
        watch().in_use.add(wrapper)
        try:
            if wrapper.connection is None:
                # A server that was started anew since it was looked at may be further behind.
                with wrapper.cursor() as cursor:
                    cursor.execute(REPLAYED)
                    if not replayed_of(cursor.fetchone()).has(watch().needed):
                        raise OperationalError("It came back behind.")
            response = view(request, *args, **kwargs)
            if hasattr(response, "render"):
                response = response.render()
        except (DatabaseError, InterfaceError) as error:
            watch().give_up(error)
            wrapper.close()
            READ_FROM.labels("primary after the replica failed").inc()
            return None
        finally:
            watch().in_use.discard(wrapper)
            _reads_replica.reset(token)
        READ_FROM.labels("replica").inc()
        return response


def is_for_strangers(request, view):
    """Whether a request only reads, and nobody is signed in who must see their own changes."""
    return (
        request.method in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and request.resolver_match.app_name != "admin"
        and not getattr(view, "reads_primary", False)
    )
