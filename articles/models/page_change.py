"""What changed on the readers' pages, for the page cache of each process to look at."""

from contextlib import suppress
from datetime import timedelta
from time import monotonic

from django.db import DatabaseError, connection, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from newsroom.page_store import CLOCK_SET_BACK, Change
from newsroom.replica import note_primary_position

# No process looks that far back, and no transaction takes that long.
KEPT_FOR = timedelta(hours=2)
TIDIED_EVERY = 600


class TransactionNumber(models.Func):
    """The number of the transaction on PostgreSQL; SQLite has one writer and needs none."""

    function = "txid_current"
    output_field = models.BigIntegerField()

    def as_sqlite(self, compiler, connection, **_context):
        return "0", []


class PageChangeQuerySet(models.QuerySet):
    def past(self, moment):
        """Keep what had come about, and was noted, before a moment."""
        return self.filter(Q(at=None) | Q(at__lt=moment), noted_at__lt=moment)


class PageChange(models.Model):
    """A tag whose pages are true no longer: at once, or from ``at`` on.

    ``at`` is also that moment by the clock of who made the change. ``is_gone``:
    they may not be shown again, not even while the database is away.
    Written by ``articles.page_tags``, and by triggers of the tables that it names.
    """

    tag = models.CharField(max_length=100)
    at = models.DateTimeField(null=True)
    is_at_once = models.BooleanField(default=True, db_default=True)
    is_gone = models.BooleanField(default=False, db_default=False)
    noted_at = models.DateTimeField(db_default=Now())
    transaction = models.BigIntegerField(db_default=TransactionNumber())

    objects = PageChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("transaction", name="page_change_transaction")]

    def __str__(self):
        return self.tag

    @classmethod
    def reader(cls, of_late=None):
        """Return a function that returns the Changes noted since it was called last.

        The first call returns what is still to come, and what came about within the timedelta
        ``of_late``. Raises Django's database errors.
        """
        return _Reader(of_late or timedelta())


class _Reader:
    """Reads each change once, whatever the order in which transactions end.

    A row of PostgreSQL's appears when its transaction commits, which may be after a later
    one's. All that appears from now on has a number not below that of the oldest transaction
    which is still going on: from there on rows are read, and known ones are left out.
    """

    def __init__(self, of_late):
        self._of_late = of_late
        self._last = self._oldest = None
        self._known = {}
        self._tidied_at = monotonic()
        self._called_at = timezone.now()

    def __call__(self):
        now = timezone.now()
        if now < self._called_at - timedelta(seconds=CLOCK_SET_BACK):
            # What had come about is to come again.
            self._last = None
        self._called_at = now
        changes = PageChange.objects.order_by("pk")
        oldest = self._oldest_transaction()
        if self._last is None:
            self._last = changes.values_list("pk", flat=True).last() or 0
            since = timezone.now() - self._of_late
            rows = list(changes.filter(Q(at__gt=since) | Q(at=None, noted_at__gt=since)))
            if oldest is not None:
                rows_now = changes.filter(transaction__gte=oldest)
                self._known = dict(rows_now.values_list("pk", "transaction"))
        elif oldest is None:
            rows = list(changes.filter(pk__gt=self._last))
        else:
            found = changes.filter(transaction__gte=self._oldest)
            rows = [row for row in found if row.pk not in self._known]
        self._last = max([self._last, *(row.pk for row in rows)])
        if oldest is not None:
            self._oldest = oldest
            self._known |= {row.pk: row.transaction for row in rows}
            self._known = {pk: number for pk, number in self._known.items() if number >= oldest}
        note_primary_position()
        self._tidy()
        return [
            Change(row.tag, row.at.timestamp() if row.at else 0, row.is_at_once, row.is_gone)
            for row in rows
        ]

    def _oldest_transaction(self):
        """Return the number of the oldest transaction going on; None on SQLite."""
        if connection.vendor != "postgresql":
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT txid_snapshot_xmin(txid_current_snapshot())")
            return cursor.fetchone()[0]

    def _tidy(self):
        if monotonic() - self._tidied_at > TIDIED_EVERY:
            self._tidied_at = monotonic()
            # Where nothing can be written there is still all to read, and it was read just now.
            with suppress(DatabaseError):
                PageChange.objects.past(timezone.now() - KEPT_FOR).delete()
