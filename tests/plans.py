"""How the database goes about the queries of a page."""

from itertools import count

from django.db import connection
from django.test.utils import CaptureQueriesContext


def plans(client, address):
    """Yield (query, plan) of what a page asks, both as texts.

    On PostgreSQL these are the prepared queries alone, and none sorts what an index has in order.
    """
    on_this = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    return on_this(client, address)


def _on_sqlite(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    for query in list(queries):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            yield query["sql"], "\n".join(row[-1] for row in cursor.fetchall())


def _on_postgresql(client, address):
    with connection.cursor() as cursor:
        # Of so few rows it would sort any list.
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; DISCARD PLANS")
        assert client.get(address).status_code == 200
        cursor.execute(
            "SELECT name, statement, cardinality(parameter_types) FROM pg_prepared_statements"
        )
        for name, statement, parameters in cursor.fetchall():
            cursor.execute(f'EXPLAIN EXECUTE "{name}" ({", ".join(["NULL"] * parameters)})')
            yield statement, "\n".join(row[0] for row in cursor.fetchall())


def effort(client, address):
    """Return how much the database does for a page, as a number to compare with another.

    SQLite counts the steps of its machine, PostgreSQL the rows that it looks at.
    """
    client.get(address)
    return (_rows if connection.vendor == "postgresql" else _steps)(client, address)


def _steps(client, address):
    steps = count()
    # Goes on while it is told nothing.
    connection.connection.set_progress_handler(lambda: next(steps) and None, 10)
    try:
        assert client.get(address).status_code == 200
    finally:
        connection.connection.set_progress_handler(None, 0)
    return 10 * next(steps)


def _rows(client, address):
    with connection.cursor() as cursor:
        # Of so few rows it would read all.
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        rows = 0
        for query in list(queries):
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query['sql']}")
                rows += _rows_of(cursor.fetchone()[0][0]["Plan"])
    return rows


def _rows_of(plan):
    """Return how many rows a part of a plan, and what it consists of, had or threw away."""
    own = sum(
        each for name, each in plan.items() if name == "Actual Rows" or "Rows Removed" in name
    )
    return own * plan["Actual Loops"] + sum(map(_rows_of, plan.get("Plans", ())))
