"""How lists of editions are read, each in the order of an index."""

from datetime import UTC, datetime, time, timedelta

from django.db import connections, models
from django.db.models import F, Prefetch
from django.db.models.functions import Coalesce

from .edition_rows import EditionByline

# No zone is further from UTC.
ZONES = timedelta(hours=14)

# So many numbers of articles make one part of the sitemap (articles.sitemaps).
SITEMAP_PART = 5_000


class EditionLists(models.QuerySet):
    """Sentences about lists; of what ``live`` keeps they read the index up to its moment."""

    # The moment that ``live`` was asked for, which ``EditionQuerySet`` notes.
    as_of = None

    def _clone(self):
        clone = super()._clone()
        clone.as_of = self.as_of
        return clone

    def of_days(self, first, last):
        """Keep the stories whose addresses have a day from first to last."""
        # The moment lies within 14 hours of the day, whichever zone it was reckoned in. Said
        # too, it lets a list of a year read the index of moments from the right place on.
        begin = datetime.combine(first, time.min, UTC) - ZONES
        end = datetime.combine(last, time.max, UTC) + ZONES
        if first == last:
            return self.filter(first_published_on=first, first_published_at__range=(begin, end))
        # As a column, PostgreSQL would take the day for another reason to find few of them.
        day = Coalesce("first_published_on", first)
        return self.alias(day=day).filter(
            day__range=(first, last), first_published_at__range=(begin, end)
        )

    def in_section(self, section):
        return self.filter(section=section)

    def in_series(self, series):
        return self.filter(series=series)

    def tagged(self, tag):
        """Keep the stories with a tag; the list reads the index of the tag's rows."""
        return self.filter(edition_tags__tag=tag).alias(
            listed_at=F("edition_tags__first_published_at")
        )

    def by(self, author):
        """Keep the stories in whose byline an author stands; the list reads their rows' index."""
        return self.filter(bylines__author=author).alias(listed_at=F("bylines__first_published_at"))

    @property
    def _listing_time(self):
        """The column whose index the list reads: the joined row's, where there is one."""
        return "listed_at" if "listed_at" in self.query.annotations else "first_published_at"

    def latest_first(self):
        return self._published_by_then().order_by(f"-{self._listing_time}", "-article_id")

    def oldest_first(self):
        return self._published_by_then().order_by(self._listing_time, "article_id")

    def _published_by_then(self):
        """Say that what readers had at a moment was published by then.

        So a list's index is read up to there, and not through all that came since.
        """
        return self.filter(**{f"{self._listing_time}__lte": self.as_of}) if self.as_of else self

    def corrected(self, author):
        """Keep an author's corrected stories, the latest first by their ``corrected_at``."""
        own = self.filter(bylines__author=author, bylines__corrected_at__isnull=False)
        return own.annotate(corrected_at=F("bylines__corrected_at")).order_by(
            "-corrected_at", "-article_id"
        )

    def older_than(self, moment, article_id):
        """Keep what stands below (moment, article_id) in a list that is latest first."""
        time = self._listing_time
        return self.filter(**{f"{time}__lte": moment}).exclude(
            **{time: moment, "article_id__gte": article_id}
        )

    def newer_than(self, moment, article_id):
        """Keep what stands above (moment, article_id) in a list that is latest first."""
        time = self._listing_time
        return self.filter(**{f"{time}__gte": moment}).exclude(
            **{time: moment, "article_id__lte": article_id}
        )

    def newest_of_parts(self, at):
        """Return for each part of the sitemap that has live editions the one that began last.

        ``part`` is its number. SQL is written here because each part takes one look into
        the index that begins with it, however many editions there are.
        """
        at = connections[self.db].ops.adapt_datetimefield_value(at)
        return self.raw(
            f"""
            WITH RECURSIVE part(number) AS (
                SELECT 0 UNION ALL SELECT number + 1 FROM part
                WHERE number < (SELECT MAX(article_id) FROM articles_edition) / {SITEMAP_PART}
            )
            SELECT newest.id, newest.live_from, part.number AS part
            FROM part JOIN articles_edition AS newest ON newest.id = (
                SELECT id FROM articles_edition
                WHERE article_id / {SITEMAP_PART} = part.number
                    AND live_from <= %s AND (live_until IS NULL OR live_until > %s)
                ORDER BY live_from DESC LIMIT 1
            )
            ORDER BY part.number
            """,
            [at, at],
        )

    def for_links(self):
        """Fetch what a headline that leads to its story needs."""
        return self.only(
            "article_id", "headline", "slug", "first_published_at", "first_published_on"
        )

    def for_lists(self):
        """Fetch what a headline in a list shows, and not the body."""
        return self.select_related("section", "lead_image").defer("body")

    def with_bylines(self):
        """Fetch who stands in the bylines too."""
        lines = EditionByline.objects.select_related("author")
        return self.prefetch_related(Prefetch("bylines", lines))
