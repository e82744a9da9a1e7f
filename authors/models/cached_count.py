"""The table of Django's database cache, in which every process and host counts what failed."""

from django.db import models


class CachedCount(models.Model):
    """A row as ``django.core.cache.backends.db`` has it: as a model's, a migration makes it."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = []

    def __str__(self):
        return self.cache_key
