"""Rows as values that can be compared and looked up."""

from datetime import date, datetime

from django.core.files import File
from django.db.models import Model, QuerySet
from django.utils.safestring import SafeString


class Key(tuple):
    """What ``as_key`` returns."""


PLAIN = {str, int, bool, type(None), datetime, date, float, SafeString, Key}


def as_key(value):
    """Return a value without what has no hash, and with all that is known of instances.

    An instance, which Django compares by its primary key alone, becomes what it holds: its
    columns, what was annotated, and the instances that were fetched along with it. A list
    becomes a Key, which stays as it is.
    """
    return _as_key(value, set())


def _as_key(value, seen):
    if type(value) in PLAIN:
        return value
    if isinstance(value, list | tuple | QuerySet):
        return Key([_as_key(each, seen) for each in value])
    if isinstance(value, dict):
        return Key([(name, _as_key(each, seen)) for name, each in value.items()])
    if not isinstance(value, Model):
        # A file knows its row, and would keep it.
        return str(value) if isinstance(value, File) else value
    if id(value) in seen:
        return value._meta.label, value.pk
    seen.add(id(value))
    held = value.__dict__
    return (
        value._meta.label,
        # A call for each column takes longer than all that is done with them.
        *[
            column if type(column) in PLAIN else _as_key(column, seen)
            for name, column in held.items()
            if name != "_state"
        ],
        *[_as_key(each, seen) for each in value._state.fields_cache.values()],
    )
