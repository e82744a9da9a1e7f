"""The database's tables as a backup has them: their rows as JSON, the same from either database."""

import base64
import json
from graphlib import TopologicalSorter

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import AutoField, F, FileField, JSONField, Max, TextField
from django.db.models.functions import Cast
from django.utils.duration import duration_string

from newsroom.backup_file import as_line

# Who is signed in or failed to, what the page cache has been told, and what is made from the rest.
LEFT_OUT = {
    "sessions.Session",
    "usersessions.UserSession",
    "authors.CachedCount",
    "articles.PageChange",
    "articles.IndexedEdition",
    "articles.KnownWord",
}
# Goes on over a restore: running processes read on in it.
NEVER_EMPTIED = {"articles.PageChange"}
# What the databases take in another form than JSON has it.
CONVERTED = {
    "BinaryField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DurationField",
    "JSONField",
    "TimeField",
    "UUIDField",
}
CHUNK = 2000


def models():
    """Return each model with a table of its own, those that it refers to first."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    references = {
        model: [
            field.related_model
            for field in model._meta.local_concrete_fields
            if field.is_relation and field.related_model is not model
        ]
        for model in found
    }
    return list(TopologicalSorter(references).static_order())


def tables():
    """Return the Tables that a backup holds, those that others refer to first."""
    return [Table(model) for model in models() if model._meta.label not in LEFT_OUT]


def migrations():
    """Return the names of the migrations that the database has, in order: app.name."""
    known = {config.label for config in apps.get_app_configs()}
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied if app in known)


class Table:
    """A model's table, read and filled past all that the model does to its values."""

    def __init__(self, model):
        self.model, self.name = model, model._meta.db_table
        self.fields = [each for each in model._meta.local_concrete_fields if not each.generated]
        self.columns = [field.column for field in self.fields]
        self.file_fields = [each.attname for each in self.fields if isinstance(each, FileField)]
        self._all = model._base_manager.using(connection.alias).order_by("pk")
        numbers = [each for each in self.fields if isinstance(each, AutoField)]
        self._number = numbers[0].column if numbers else None

    def count(self):
        return self._all.count()

    def lines(self, digest):
        """Yield each row as a line of a backup, in the order of their keys.

        ``digest``, of hashlib, takes in all that makes rows the same on either database.
        """
        # As text, NULL differs from JSON's null.
        said = [
            Cast(each.attname, TextField()) if isinstance(each, JSONField) else F(each.attname)
            for each in self.fields
        ]
        of_json = [place for place, each in enumerate(self.fields) if isinstance(each, JSONField)]
        for values in self._all.values_list(*said).iterator(chunk_size=CHUNK):
            row = [
                value if value is None or isinstance(value, (str, int, float)) else _in_words(value)
                for value in values
            ]
            line = as_line(row)
            yield line
            for place in of_json:
                row[place] = row[place] and _canonical(row[place])
            digest.update(as_line(row) if of_json else line)

    def file_names(self):
        """Return the names of the media that rows refer to."""
        return {
            name
            for field in self.file_fields
            for name in self._all.exclude(**{field: ""}).values_list(field, flat=True).iterator()
            if name
        }

    def load(self, rows):
        """Insert rows, an iterable of lists. Raises ValueError and Django's database errors."""
        convert = [
            (place, field)
            for place, field in enumerate(self.fields)
            if plain_field(field).get_internal_type() in CONVERTED
        ]

        def prepared():
            for row in rows:
                for place, field in convert:
                    if row[place] is not None:
                        row[place] = _as_stored(field, row[place])
                yield row

        quote = connection.ops.quote_name
        into = f"{quote(self.name)} ({', '.join(map(quote, self.columns))})"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with (
                    connection.wrap_database_errors,
                    cursor.copy(f"COPY {into} FROM STDIN") as copy,
                ):
                    for row in prepared():
                        copy.write_row(row)
            else:
                holes = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(f"INSERT INTO {into} VALUES ({holes})", prepared())

    def last_number(self):
        """Return the highest number that a row ever got; None where rows get none by themselves."""
        if self._number is None:
            return None
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [self.name, self._number])
                cursor.execute(f"SELECT last_value, is_called FROM {cursor.fetchone()[0]}")
                last, is_called = cursor.fetchone()
                last -= not is_called
            else:
                cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self.name])
                last = (cursor.fetchone() or [0])[0]
        return max(last, self._all.aggregate(last=Max("pk"))["last"] or 0)

    def go_on_after(self, last):
        """Let the next row get the number that follows ``last``."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # Unlike setval it is undone with the transaction.
                quote = connection.ops.quote_name
                cursor.execute(
                    f"ALTER TABLE {quote(self.name)} ALTER COLUMN {quote(self._number)}"
                    f" RESTART WITH {int(last) + 1}"
                )
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [self.name])
                cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [self.name, last])


def empty_all():
    """Delete every row of every table but NEVER_EMPTIED."""
    names = [
        connection.ops.quote_name(model._meta.db_table)
        for model in models()
        if model._meta.label not in NEVER_EMPTIED
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(names)}")
        else:
            for name in names:
                cursor.execute(f"DELETE FROM {name}")


def _as_stored(field, value):
    """Return a value that is not NULL as the database at hand takes it."""
    if isinstance(field, JSONField):
        # SQLite keeps the text: as Django would have written it, for it may be compared.
        return value if connection.vendor == "postgresql" else json.dumps(json.loads(value))
    return field.get_db_prep_value(field.to_python(value), connection, prepared=False)


def plain_field(field):
    """Return the field that says how a foreign key's values look."""
    while field.is_relation:
        field = field.target_field
    return field


def _in_words(value):
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    # A UUID or a Decimal, else.
    return duration_string(value) if hasattr(value, "total_seconds") else str(value)


def _canonical(text):
    """Return JSON in one form for what is the same to both databases."""
    return json.dumps(json.loads(text, parse_float=_number), sort_keys=True)


def _number(text):
    """Return a number as PostgreSQL has it: a large one without exponent, zero without sign."""
    number = float(text) + 0.0
    return int(number) if number.is_integer() and abs(number) >= 1e16 else number
