"""Rows of many tables in one query: each table's as a text, which says whether any has changed."""

import json
from functools import cache

from django.db.models import DateTimeField, F, Func, Subquery, TextField
from django.db.models.functions import JSONArray

# What stands between the values of a line.
BETWEEN = "|"


class RowText(Subquery):
    """A column that holds a queryset's rows, in its order, as one text.

    ``path`` leads to the rows that are meant, from those of the queryset ("author").
    """

    def __init__(self, queryset, model, path=""):
        prefix = f"{path}__" if path else ""
        row = JSONArray(*[F(f"{prefix}{field.attname}") for field in columns(model)])
        super().__init__(queryset.values(row=row), output_field=TextField())

    def as_postgresql(self, compiler, connection, **extra):
        template = "(SELECT JSON_AGG(part.row)::text FROM (%(subquery)s) AS part)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(self, compiler, connection, **extra):
        template = "(SELECT JSON_GROUP_ARRAY(JSON(part.row)) FROM (%(subquery)s) AS part)"
        return self.as_sql(compiler, connection, template=template, **extra)


class Lines(Subquery):
    """A column that holds each ``line`` of a queryset as one text, in its order; NULL without any.

    ``between`` stands between them, and is in none.
    """

    output_field = TextField()

    def __init__(self, queryset, between):
        super().__init__(queryset)
        self.between = between

    def as_postgresql(self, compiler, connection, **extra):
        return self._of_parts("STRING_AGG", compiler, connection, extra)

    def as_sqlite(self, compiler, connection, **extra):
        return self._of_parts("GROUP_CONCAT", compiler, connection, extra)

    def _of_parts(self, function, compiler, connection, extra):
        parts = f"{function}(part.line, '{self.between}') FROM (%(subquery)s) AS part"
        return self.as_sql(compiler, connection, template=f"(SELECT {parts})", **extra)


def line(*values):
    """Return an expression: the texts of values, of which none is NULL, with BETWEEN in between."""
    joiner = f" || '{BETWEEN}' || "
    return Func(*values, template="%(expressions)s", arg_joiner=joiner, output_field=TextField())


@cache
def columns(model):
    """Return a model's fields that a RowText has: all but moments, which no page shows."""
    return [each for each in model._meta.concrete_fields if not isinstance(each, DateTimeField)]


def rows_of(text, model):
    """Return the instances of the rows that a RowText holds; None for a row that is not there."""
    fields = columns(model)
    names = [field.attname for field in fields]
    return [
        model.from_db(
            None, names, [field.to_python(each) for field, each in zip(fields, row, strict=True)]
        )
        if row[0] is not None
        else None
        for row in json.loads(text or "[]")
    ]
