"""Conditions that PostgreSQL asks of each of a few rows, whatever number there is of others."""

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull, LessThan


def has_any(rows):
    """Return the condition that a queryset, which names an OuterRef, has a row.

    Of ``Exists`` PostgreSQL makes a join: to find the people who have any picture it would read
    all pictures. This is a look into an index for each of the people: the queryset is to be
    ordered as that index goes on, or PostgreSQL may rather look for a row until it finds one.
    """
    return IsNull(Subquery(rows.values("pk")[:1]), False)


def has_none(rows):
    """Return the condition that a queryset, which names an OuterRef, has no row.

    Of ``has_any`` turned round PostgreSQL believes that it holds for one row in two hundred: to
    find the first so many it would read all there are.
    """
    return LessThan(Coalesce(Subquery(rows.values("pk")[:1]), 0), 1)
