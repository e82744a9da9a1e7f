"""Queries that are put together once and then only asked.

Of what a small query costs, most is the making of its SQL out of a queryset, and then of a
plan for it, again for every reader, though only its values differ. A prepared query keeps the
SQL, and PostgreSQL the plan.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, update_wrapper

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models.expressions import Expression, RawSQL
from django.db.models.query import ModelIterable, get_related_populators

# How many shapes of one query are kept: each number of a list's values is one.
MOST_SHAPES = 64


class Slot(Expression):
    """Stands in a queryset for a value that is only known when the query is asked."""

    def __init__(self, name, position=None):
        super().__init__()
        self.name, self.position = name, position

    def as_sql(self, compiler, connection):
        return "%s", [self]

    def filled(self, values, ops, integer):
        """Return what the database is given in place of this; ``integer`` is its type of keys."""
        value = values[self.name] if self.position is None else values[self.name][self.position]
        if isinstance(value, int):
            return integer(value)
        if isinstance(value, datetime):
            return ops.adapt_datetimefield_value(value)
        return ops.adapt_datefield_value(value) if isinstance(value, date) else value


def any_of(slots):
    """Return what stands behind ``__in`` for the values of a list, which may be empty."""
    return RawSQL(", ".join(["%s"] * len(slots)), slots) if slots else []


class prepared:  # noqa: N801 (a decorator)
    """Make a query of a function that returns a queryset; call it as a function of values.

    The decorated function is handed a Slot for each value given by name, a list of Slots for a
    list, and as they are the values given by position: each of those makes a query of its own,
    so there have to be few. What comes back is a list: of instances with what
    ``select_related`` and ``annotate`` add, or of tuples in the order of ``values_list``.
    ``prefetch_related`` adds nothing here.
    """

    def __init__(self, build):
        update_wrapper(self, build)
        self._build = build
        self._queryset = lru_cache(MOST_SHAPES)(self._queryset)
        self._statement = lru_cache(MOST_SHAPES)(self._statement)

    def __call__(self, *shape, **values):
        lengths = tuple(
            (name, len(value) if isinstance(value, list) else None)
            for name, value in values.items()
        )
        alias = self._queryset(shape, lengths).db
        statement = self._statement(alias, shape, lengths)
        return statement.ask(connections[alias], values) if statement else []

    def _queryset(self, shape, lengths):
        slots = {
            name: Slot(name) if length is None else [Slot(name, each) for each in range(length)]
            for name, length in lengths
        }
        return self._build(*shape, **slots)

    def _statement(self, alias, shape, lengths):
        queryset = self._queryset(shape, lengths)
        compiler = queryset.query.get_compiler(alias)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        converters = compiler.get_converters(
            [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
        )
        is_of_instances = issubclass(queryset._iterable_class, ModelIterable)
        maker = _InstanceMaker(compiler, alias) if is_of_instances else tuple
        return _Statement(sql, parameters, list(converters.items()), maker)


@dataclass(frozen=True)
class _Statement:
    """A query's SQL, its values and Slots in order, and what its rows are turned into."""

    sql: str
    parameters: tuple
    converters: list
    made_of: object

    def ask(self, connection, values):
        with keeping_plans(connection) as integer, connection.cursor() as cursor:
            parameters = [
                each.filled(values, connection.ops, integer) if isinstance(each, Slot) else each
                for each in self.parameters
            ]
            cursor.execute(self.sql, parameters)
            rows = cursor.fetchall()
        if self.converters:
            rows = [self._converted(list(row), connection) for row in rows]
        return [self.made_of(row) for row in rows]

    def _converted(self, row, connection):
        for position, (converters, expression) in self.converters:
            for converter in converters:
                row[position] = converter(row[position], expression, connection)
        return row


@contextmanager
def keeping_plans(connection):
    """Let a psycopg connection bind values to statements that it prepares; return a type for keys.

    Elsewhere Django writes the values into the statement, which then is another each time. By
    itself psycopg takes the smallest type that holds a number: there would be a plan for each.
    """
    bare = connection.connection
    if connection.vendor != "postgresql" or bare is None or not settings.PREPARED_STATEMENTS:
        yield int
        return
    # On SQLite they need not be in memory.
    from psycopg.types.numeric import Int8

    from newsroom.postgresql.base import PreparedCursor

    factory, bare.cursor_factory = bare.cursor_factory, PreparedCursor
    threshold, bare.prepare_threshold = bare.prepare_threshold, 0
    try:
        yield Int8
    finally:
        bare.cursor_factory, bare.prepare_threshold = factory, threshold


class _InstanceMaker:
    """Makes instances of rows as a queryset does (django.db.models.query.ModelIterable)."""

    def __init__(self, compiler, alias):
        selected = compiler.klass_info["select_fields"]
        self.alias, self.model = alias, compiler.klass_info["model"]
        self.begin, self.end = selected[0], selected[-1] + 1
        columns = compiler.select[self.begin : self.end]
        self.names = [column.target.attname for column, _sql, _alias in columns]
        self.related = get_related_populators(compiler.klass_info, compiler.select, alias)
        self.annotations = compiler.annotation_col_map or {}

    def __call__(self, row):
        instance = self.model.from_db(self.alias, self.names, row[self.begin : self.end])
        for each in self.related:
            each.populate(row, instance)
        for name, position in self.annotations.items():
            setattr(instance, name, row[position])
        return instance
