"""The databases of the tests: migrated once, copied for each worker, emptied behind a test."""

import fcntl
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases

from authors.models.log_rules import install_log_rules, lift_log_rules

# What Django and articles/roles.py fill whenever the schema is migrated.
LAID = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")


@contextmanager
def only_one(folder):
    """Run the block while nobody else runs it with this folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def drop(database):
    """Drop a database, also one that a thread of some test is still connected to."""
    if connection.vendor == "sqlite":
        Path(database).unlink(missing_ok=True)
    else:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def copy(database, to):
    """Copy a database that nobody is connected to."""
    if connection.vendor == "sqlite":
        shutil.copy(database, to)
    else:
        drop(to)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{to}" TEMPLATE "{database}"')


def make_databases(folder):
    """Make the test databases, and return a function that removes them.

    Of all who share the folder the first one migrates; the others have copies.
    """
    made, migrated = folder / "migrated", folder / "migrated.sqlite3"
    if connection.vendor == "postgresql":
        migrated = f"test_{connection.settings_dict['NAME']}_migrated"
    with only_one(folder):
        is_first = not made.exists()
        if not is_first:
            copy(migrated, connection.creation._get_test_db_name())
        databases = setup_databases(verbosity=0, interactive=False, keepdb=not is_first)
        # Django tries this out once, in the midst of what a test may count the queries of.
        assert connection.features.supports_json_field
        if is_first:
            connection.close()
            copy(connection.settings_dict["NAME"], migrated)
            made.touch()

    def remove():
        own = connection.settings_dict["NAME"]
        teardown_databases(databases, verbosity=0, keepdb=True)
        drop(own)
        if is_first:
            with only_one(folder):
                made.unlink()
                drop(migrated)

    return remove


class Emptying:
    """Deletes what a test's real transactions left, as Django does, but not what is laid.

    Laying all permissions anew, and truncating on PostgreSQL what is empty, takes longer than
    most tests do.
    """

    def __init__(self):
        names = connection.introspection.django_table_names(only_existing=True)
        # Triggers note what is deleted.
        self.tables = sorted({*names} - {*LAID}, key="articles_pagechange".__eq__)
        self.laid = self.read_laid()

    def read_laid(self):
        return [set(self.ask(f'SELECT * FROM "{table}"')) for table in LAID]

    def ask(self, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def filled(self):
        """Return the tables that have rows."""
        return [
            table
            for table in self.tables
            if self.ask(f'SELECT EXISTS (SELECT 1 FROM "{table}")')[0][0]
        ]

    def __call__(self, test, flush=TransactionTestCase._fixture_teardown):
        lift_log_rules(connection)
        if self.read_laid() == self.laid:
            with transaction.atomic():
                for table in self.filled():
                    with connection.cursor() as cursor:
                        cursor.execute(f'DELETE FROM "{table}"')
        else:
            flush(test)
            self.laid = self.read_laid()
        install_log_rules(connection)
