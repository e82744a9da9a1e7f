"""What the search keeps beside its index of words (articles.search)."""

from django.db import models

from .edition import Edition
from .tag import Tag


class IndexedEdition(models.Model):
    """An edition's place in the index, which is the time of first publication and a number.

    The words stand beside it: on PostgreSQL in a column ``words`` of this table, on SQLite
    in an FTS5 table whose rowid is the place. A row never changes.
    """

    place = models.BigIntegerField(primary_key=True)
    edition = models.OneToOneField(Edition, models.CASCADE, related_name="indexed")

    class Meta:
        verbose_name = "indexed edition"

    def __str__(self):
        return str(self.edition)


class KnownWord(models.Model):
    """A word of some edition, readers' or not; it is found by either half of it.

    Of two words that differ by one error, one half is the same, and the length nearly.
    """

    word = models.CharField(max_length=30)
    head = models.CharField(max_length=20)
    tail = models.CharField(max_length=20)

    class Meta:
        verbose_name = "known word"
        constraints = [models.UniqueConstraint(fields=["word"], name="known_word_once")]
        indexes = [
            models.Index("head", name="known_word_head"),
            models.Index("tail", name="known_word_tail"),
        ]

    def __str__(self):
        return self.word


class MergedTag(models.Model):
    """A tag that became part of another; the index still has its number."""

    former_id = models.BigIntegerField(primary_key=True)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="merged")

    class Meta:
        verbose_name = "merged tag"

    def __str__(self):
        return f"{self.former_id}: {self.tag}"
