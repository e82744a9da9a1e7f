"""How the database goes about the queries of a page."""

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
