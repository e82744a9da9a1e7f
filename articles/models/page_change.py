"""What changed on the readers' pages, for the page cache of each process to look at."""

from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

from django.db import DatabaseError, connection, models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from newsroom.page_store import CLOCK_SET_BACK, EVERYTHING, Change
from newsroom.replica import note_primary_position

# No process looks that far back, and no transaction takes that long.
KEPT_FOR = timedelta(hours=2)
TIDIED_EVERY = 600
# So many rows are read at a time: a whole tag that is merged notes hundreds of thousands at once.
MOST_AT_ONCE = 5000


class TransactionNumber(models.Func):
    """The number of the transaction on PostgreSQL; SQLite has one writer and needs none."""

    function = "txid_current"
    output_field = models.BigIntegerField()

    def as_sqlite(self, compiler, connection, **_context):
        return "0", []


class _Note(NamedTuple):
    """A row of the table of changes, at its place in the order of reading."""

    place: tuple[int, int]
    tag: str
    at: datetime | None
    is_at_once: bool
    is_gone: bool
    noted_at: datetime


class PageChangeQuerySet(models.QuerySet):
    def past(self, moment):
        """Keep what had come about, and was noted, before a moment."""
        return self.filter(Q(at=None) | Q(at__lt=moment), noted_at__lt=moment)

    def beyond(self, place):
        """Keep what comes behind a place in the order of reading: a (transaction, key)."""
        behind = '("articles_pagechange"."transaction", "articles_pagechange"."id") > (%s, %s)'
        found = self.filter(RawSQL(behind, place, output_field=models.BooleanField()))
        return found.order_by("transaction", "pk")

    def in_parts(self, place):
        """Yield lists of _Notes beyond a place; the last one is not full, and may be empty."""
        notes = None
        while notes is None or len(notes) == MOST_AT_ONCE:
            notes = self.beyond(place)[:MOST_AT_ONCE].notes()
            yield notes
            place = notes[-1].place if notes else place

    def notes(self):
        """Return the rows as _Notes."""
        columns = self.values_list("transaction", "pk", *_Note._fields[1:])
        return [_Note(each[:2], *each[2:]) for each in columns]


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
        indexes = [models.Index("transaction", "id", name="page_change_order")]

    def __str__(self):
        return self.tag

    @classmethod
    def reader(cls, of_late=None):
        """Return a function that yields the Changes noted since it was called last, in lists.

        The first call yields what is still to come, and what came about within the timedelta
        ``of_late``. What a call that broke off has yielded the next one yields again. Raises
        Django's database errors.
        """
        return _Reader(of_late or timedelta())


class _Reader:
    """Reads each change once, whatever the order in which transactions end.

    A row of PostgreSQL's appears when its transaction commits, which may be after a later
    one's. All that appears from now on has a number not below that of the oldest transaction
    which is still going on: from there on rows are read, and known ones are left out.

    The newest known row is always read again. Where it is not there, or numbers come once more,
    the database is not the one that pages were made of: it is a backup of it, or a replica that
    was promoted without its last moments.
    """

    def __init__(self, of_late):
        self._of_late = of_late
        # All up to a place, and beyond it some, has been read.
        self._place, self._known = None, set()
        # The last row that was read, and where a call began last.
        self._newest, self._began_at = None, (0, 0)
        self._tidied_at = monotonic()
        self._called_at = timezone.now()

    def __call__(self):
        now, place, changes = timezone.now(), self._place_to_begin_at(), PageChange.objects
        read, newest = set(), None
        is_first, is_elsewhere = self._place is None, place < self._began_at
        if not is_first:
            is_there = self._newest is None
            for notes in changes.in_parts(self._place):
                is_there = is_there or self._newest in notes
                read.update(note.place for note in notes if note.place > place)
                newest = notes[-1] if notes else newest
                yield _told([note for note in notes if note.place not in self._known])
            is_elsewhere = is_elsewhere or not is_there
        if is_first or is_elsewhere:
            # Before what is to come is: what is noted in between is read twice, not never.
            read.update(changes.beyond(place).values_list("transaction", "pk"))
            newest = next(iter(changes.beyond((0, 0)).reverse()[:1].notes()), None)
        if is_elsewhere:
            yield _told([_Note(place, EVERYTHING, None, True, False, now)])
        if is_first or is_elsewhere or self._called_at - now > timedelta(seconds=CLOCK_SET_BACK):
            # What had come about is to come again.
            since = now - self._of_late
            to_come = changes.filter(Q(at__gt=since) | Q(at=None, noted_at__gt=since))
            for notes in to_come.in_parts((0, 0)):
                yield _told(notes)
        self._began_at, self._called_at, self._newest = place, now, newest
        self._place, self._known = place, read
        if newest:
            number, key = newest.place
            self._place = min(place, (number, key - 1))
            self._known.add(newest.place)
        self._tidy()

    def _place_to_begin_at(self):
        """Return the place up to which all that there will ever be is there."""
        if connection.vendor != "postgresql":
            return 0, PageChange.objects.aggregate(last=models.Max("pk", default=0))["last"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT txid_snapshot_xmin(txid_current_snapshot())")
            return cursor.fetchone()[0], 0

    def _tidy(self):
        if monotonic() - self._tidied_at > TIDIED_EVERY:
            self._tidied_at = monotonic()
            # Where nothing can be written there is still all to read, and it was read just now.
            with suppress(DatabaseError):
                old = PageChange.objects.past(timezone.now() - KEPT_FOR)
                old.exclude(pk=self._newest and self._newest.place[1]).delete()


def _told(notes):
    """Return notes as Changes, each of them once; they may be used from now on."""
    note_primary_position()
    changes = (
        Change(note.tag, note.at.timestamp() if note.at else 0, note.is_at_once, note.is_gone)
        for note in notes
    )
    return list(dict.fromkeys(changes))
