"""PostgreSQL's connections: a page does not ask whether they are alive, and yet outlives them."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from newsroom.page_cache import LONGEST_WAIT
from newsroom.postgresql import base

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL alone"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def another():
    """A connection of its own to the same database."""
    wrapper = connection.copy()
    yield wrapper
    wrapper.close()


def backend():
    """Return the number of the server's process behind our connection."""
    return connection.connection.info.backend_pid


def asked_last(another):
    with another.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [backend()])
        return cursor.fetchone()[0]


def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_who_waits_for_a_lock_leaves_room_before_others_give_up_waiting_for_it():
    waits = ask("SELECT setting::int / 1000.0 FROM pg_settings WHERE name = 'lock_timeout'")
    looks_for_deadlocks = ask(
        "SELECT setting::int / 1000.0 FROM pg_settings WHERE name = 'deadlock_timeout'"
    )
    # Two waits one after the other, and none of them before the server has ended a deadlock.
    assert looks_for_deadlocks < waits < LONGEST_WAIT / 2


def test_a_connection_in_constant_use_is_not_asked_whether_it_is_one(another):
    ask("SELECT 1")
    assert connection.is_usable()
    ask("SELECT 'a page'")
    assert connection.is_usable()
    assert asked_last(another) == "SELECT 'a page'"


def test_a_connection_that_nobody_used_for_long_is_asked(another, monkeypatch):
    monkeypatch.setattr(base, "LONGEST_UNASKED", 0)
    ask("SELECT 'a page'")
    assert connection.is_usable()
    assert asked_last(another) == "SELECT 1"


def test_a_connection_that_the_server_ended_is_known_not_to_be_one(another):
    ask("SELECT 1")
    assert connection.is_usable()
    with another.cursor() as cursor:
        # Waits for its end, at most five seconds.
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend()])
    assert not connection.is_usable()
    connection.close()


def test_a_reader_does_not_notice_that_the_server_ended_a_connection(client, another):
    connection.health_check_enabled = True
    assert client.get("/").status_code == 200
    with another.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend()])
    # As it is at the begin of a request; the test's client keeps the connection as it was.
    connection.health_check_done = False
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 29, 12, 30, 15, tzinfo=UTC),
        datetime(2026, 11, 29, 12, 30, 15, 120, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_moments_come_back_as_they_were(moment):
    found = ask(f"SELECT timestamptz '{moment.isoformat()}'")
    assert found == moment
    assert found.tzinfo is UTC


def test_a_prepared_statement_keeps_its_percent_signs():
    ask("SELECT 1")
    with base.PreparedCursor(connection.connection) as cursor:
        cursor.execute("SELECT '100%%', %s::int, %s::int", [7, 8])
        assert cursor.fetchone() == ("100%", 7, 8)
