"""Rows as values that can be compared and looked up."""

from datetime import date, datetime

from django.core.files import File
from django.db.models import Model, QuerySet
from django.utils.safestring import SafeString

PLAIN = {str, int, bool, type(None), datetime, date, float, SafeString}
# Where Django keeps what prefetch_related found.
PREFETCHED = "_prefetched_objects_cache"


def as_key(value):
    """Return a value without what has no hash, and with all that is fetched of instances.

    An instance, which Django compares by its primary key alone, becomes its columns and those
    of the instances that were selected and prefetched along with it; a list becomes a tuple.
    """
    return _as_key(value, set())


def _as_key(value, seen):
    if type(value) in PLAIN:
        return value
    if isinstance(value, list | tuple | QuerySet):
        return tuple([_as_key(each, seen) for each in value])
    if not isinstance(value, Model):
        # A file knows its row, and would keep it.
        return str(value) if isinstance(value, File | dict) else value
    if id(value) in seen:
        return value._meta.label, value.pk
    seen.add(id(value))
    columns = value.__dict__
    related = [*value._state.fields_cache.values(), *columns.get(PREFETCHED, {}).values()]
    return (
        value._meta.label,
        *[
            _as_key(columns[field.attname], seen)
            for field in value._meta.concrete_fields
            if field.attname in columns
        ],
        *[_as_key(each, seen) for each in related],
    )
