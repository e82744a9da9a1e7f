"""The cache in which attempts are counted: Django's in the database, which says when it fails."""

from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connection, transaction

from newsroom.outage import matter_of


class Counts(DatabaseCache):
    """Raises the error of a database that takes nothing.

    Django's own keeps it to itself, and django-allauth then tells of too many attempts.
    """

    def _base_set(self, *args, **kwargs):
        failed = []

        def note(execute, *statement):
            try:
                return execute(*statement)
            except DatabaseError as error:
                failed.append(error)
                raise

        # A transaction around Django's: what fails as it ends is raised here.
        with transaction.atomic(), connection.execute_wrapper(note):
            is_written = super()._base_set(*args, **kwargs)
            # That somebody else was first with the same row is none of it.
            if failed and matter_of(failed[0]):
                raise failed[0]
        return is_written
