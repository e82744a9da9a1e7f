"""The record: what readers see, and saw. Written by ``articles.publishing`` alone."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import connections, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from newsroom.addresses import address
from newsroom.each_row import has_none

from .image import Image
from .story import Byline, Role, Story
from .tag import Tag

# No zone is further from UTC.
ZONES = timedelta(hours=14)

# So many numbers of articles make one part of the sitemap (articles.sitemaps).
SITEMAP_PART = 5_000

# The columns that a reader sees the words of and that are never NULL.
ALWAYS_THERE = (
    "headline",
    "standfirst",
    "body",
    "dateline",
    "slug",
    "section",
    "lead_image_alt",
    "lead_image_caption",
    "lead_image_credit",
)


def _the_one_before():
    """Return the edition whose place the one that asks (in a subquery) took."""
    return Edition.objects.that_hold().filter(
        article=OuterRef("article"), live_until=OuterRef("live_from")
    )


def _same_rows(model, *columns):
    """Return the condition on an edition within a subquery: it has the asking edition's rows.

    ``model`` is of the rows; they are the same when their columns are, NULL being a value.
    """

    def none_missing(of, among):
        """None of the rows of one edition is without its like among the other's."""
        rows = model.objects.filter(edition=of)
        like = model.objects.filter(edition=among)
        for column in columns:
            if model._meta.get_field(column).null:
                like = like.alias(**{f"its_{column}": Coalesce(column, 0)}).filter(
                    **{f"its_{column}": Coalesce(OuterRef(column), 0)}
                )
            else:
                like = like.filter(**{column: OuterRef(column)})
        return ~Exists(rows.exclude(Exists(like)))

    mine, theirs = OuterRef("pk"), OuterRef(OuterRef("pk"))
    return none_missing(mine, OuterRef(theirs)) & none_missing(theirs, OuterRef(mine))


class EditionQuerySet(models.QuerySet):
    """Sentences about editions: ``Edition.objects.live().in_section(s).latest_first()``."""

    # The moment that ``live`` was asked for.
    _as_of = None
    # Which editions these are, of whatever moment, while nothing more is asked of them.
    _gate = None

    def _clone(self):
        clone = super()._clone()
        clone._as_of = self._as_of
        return clone

    def live(self, at=None):
        """Keep the editions that readers see at a moment (default: now)."""
        at = at or timezone.now()
        # Nearly every edition has begun, and nearly every live one has no end. Said the other
        # way round, SQLite does not look them all up by that, and sorts none: it reads the
        # list's own index.
        live = self._chain()
        # Prepared queries need no more of it than the moment.
        live._defer_next_filter = True
        live = live.filter(~Q(live_from__gt=at), ~Q(live_until__lte=at))
        live._as_of = at
        live._gate = None if self.query.where else _live
        return live

    def live_ever_since(self, at=None):
        """Drop the editions of what was withdrawn since, published again or not."""
        others = Edition.objects.filter(article=OuterRef("article"))
        kept = self.in_present_run(at).filter(Exists(others.live(at)))
        kept._gate = _live_ever_since if self._gate is _live and at is None else None
        return kept

    def ask(self, query, *shape, **values):
        """Return what a prepared query (newsroom.prepared) finds among the live editions.

        It is handed by position the gate they come through, a function of the Slots ``at`` and
        ``now`` that returns them, and then the shape; these may not have been narrowed down.
        """
        return query(self._gate, *shape, at=self._as_of, now=timezone.now(), **values)

    def at_address(self, day, slug, at):
        """Keep the editions of the story whose day and slug readers had seen at a moment.

        One that only waits for its schedule costs what one costs that never was, so that the
        time of the answer does not tell them apart.
        """
        seen = Edition.objects.begun(at).filter(
            article=OuterRef("article"), first_published_on=day, slug=slug
        )
        addresses = Address.objects.filter(Exists(seen), day=day, slug=slug)
        return self.filter(article__in=addresses.values("article"))

    def in_present_run(self, at=None):
        """Drop the editions that a withdrawal stands behind, up to a moment (default: now)."""
        later = Edition.objects.filter(
            article=OuterRef("article"), live_from__gt=OuterRef("live_from")
        )
        return self.exclude(Exists(later.begun(at).that_follow_nothing()))

    def that_hold(self):
        """Drop the editions whose schedule was undone before they went live."""
        return self.filter(Q(live_until__isnull=True) | Q(live_until__gt=F("live_from")))

    def live_or_to_come(self, at=None):
        """Keep the editions that readers see at a moment (default: now) or get later."""
        at = at or timezone.now()
        return self.that_hold().filter(Q(live_until__isnull=True) | Q(live_until__gt=at))

    def begun(self, at=None):
        """Keep the editions that readers see or once saw."""
        return self.that_hold().filter(live_from__lte=at or timezone.now())

    def that_follow_nothing(self):
        """Keep the editions at whose beginning the story was not live already."""
        return self.filter(has_none(_the_one_before().order_by("-live_until", "-live_from")))

    def that_follow_another(self):
        """Keep the editions that took another's place while the story was live."""
        return self.filter(Exists(_the_one_before()))

    def that_tell_readers_something_new(self):
        """Drop the editions that read as the one whose place they took, without a note to readers.

        What is recommended beside a story is no part of it.
        """
        alike = _the_one_before().filter(**{name: OuterRef(name) for name in ALWAYS_THERE})
        for name in ("series", "lead_image"):
            alike = alike.alias(**{f"its_{name}": Coalesce(name, 0)}).filter(
                **{f"its_{name}": Coalesce(OuterRef(name), 0)}
            )
        text = models.TextField()
        alike = alike.alias(its_corrections=Cast("corrections", text)).filter(
            _same_rows(EditionTag, "tag"),
            _same_rows(EditionByline, "author", "name", "role", "position"),
            its_corrections=Cast(OuterRef("corrections"), text),
        )
        return self.exclude(Exists(alike), note_to_readers="")

    def with_whether_changed(self, at):
        """Annotate ``was_changed``: whether readers have read the story otherwise since it is out.

        Only what they had up to a moment counts, and since a withdrawal only what came after.
        """
        others = Edition.objects.filter(article=OuterRef("article")).begun(at).in_present_run(at)
        changed = others.that_follow_another().that_tell_readers_something_new()
        return self.annotate(was_changed=Exists(changed))

    def to_come(self, at=None):
        """Keep the editions that readers are going to see, the next first."""
        return self.that_hold().filter(live_from__gt=at or timezone.now()).order_by("live_from")

    def begun_since(self, moment):
        """Keep the live editions that readers have since a moment, the latest first."""
        return self.live().filter(live_from__gte=moment).order_by("-live_from")

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
        return self.filter(edition_tags__tag=tag).alias(
            listed_at=F("edition_tags__first_published_at")
        )

    def by(self, author):
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
        return self.filter(**{f"{self._listing_time}__lte": self._as_of}) if self._as_of else self

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


def _live(at, now):
    return Edition.objects.live(at)


def _live_ever_since(at, now):
    return Edition.objects.live(at).live_ever_since(now)


class Edition(Story):
    """An immutable record of a story, live over [live_from, live_until).

    ``live_until`` is the only column that changes, and only while it is still
    ahead; at most one edition of an article is live at any moment. Both rules
    stand in the database (``articles.models.edition_rules``).
    """

    article = models.ForeignKey("Article", models.PROTECT, related_name="editions")
    live_from = models.DateTimeField(_("live from"))
    live_until = models.DateTimeField(_("live until"), null=True, blank=True)
    first_published_at = models.DateTimeField(_("first published at"))
    # The day in the newsroom's zone as it was then: addresses outlive a change of zone.
    first_published_on = models.DateField(_("day in the address"))
    updated_at = models.DateTimeField(_("updated at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("made by"),
        related_name="+",
        null=True,
    )
    # For the desk alone, as whoever wrote it was told.
    note = models.TextField(_("note"), blank=True)
    note_to_readers = models.TextField(_("note to readers"), blank=True)
    related_reads = models.JSONField(_("related reads"), default=list, blank=True)
    corrections = models.JSONField(_("corrections"), default=list, blank=True)
    fingerprint = models.CharField(max_length=64)
    tags = models.ManyToManyField(Tag, through="EditionTag", related_name="editions")
    images = models.ManyToManyField(Image, through="EditionImage", related_name="editions")

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["-live_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(live_until__isnull=True) | Q(live_until__gte=F("live_from")),
                name="edition_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(first_published_at__lte=F("live_from")),
                name="edition_not_before_first_publication",
            ),
            models.CheckConstraint(
                condition=~Q(headline="") & ~Q(body="") & ~Q(slug="") & Q(section__isnull=False),
                name="edition_is_whole",
            ),
        ]
        indexes = [
            models.Index(
                F("first_published_at").desc(), F("article_id").desc(), name="edition_time"
            ),
            models.Index(
                "section",
                F("first_published_at").desc(),
                F("article_id").desc(),
                name="edition_section_time",
            ),
            models.Index(
                "series",
                F("first_published_at").desc(),
                F("article_id").desc(),
                name="edition_series_time",
            ),
            models.Index("article", F("live_from").desc(), name="edition_article_time"),
            # Which edition took another's place: read from the index alone.
            models.Index("article", "live_until", "live_from", name="edition_article_end"),
            models.Index(
                F("first_published_on").desc(),
                F("first_published_at").desc(),
                F("article_id").desc(),
                name="edition_day_time",
            ),
            models.Index("live_from", name="edition_live_from"),
            models.Index(
                F("article_id") / SITEMAP_PART,
                F("live_from").desc(),
                name="edition_sitemap_part",
            ),
            models.Index("live_until", name="edition_live_until"),
        ]

    @cached_property
    def lines(self):
        """The lines of the byline, in order."""
        return list(self.bylines.all())

    @property
    def writers(self):
        """The lines of the byline that a list has room for: who wrote it, or else all."""
        return [line for line in self.lines if line.role == Role.WRITER] or self.lines

    def get_absolute_url(self):
        return story_address(self.first_published_on, self.slug)

    def get_changes_url(self):
        return f"{self.get_absolute_url()}changes/"


def story_address(day, slug):
    """Return the public address of a story: the day of first publication and its slug."""
    return address("story", *day.isoformat().split("-"), slug)


class EditionTag(models.Model):
    """Carries the time of first publication, so that a tag's list reads one index."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="edition_tags")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="edition_tags")
    first_published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "tag"], name="edition_tag_once")]
        indexes = [
            models.Index("tag", F("first_published_at").desc(), "edition", name="edition_tag_time")
        ]

    def __str__(self):
        return str(self.tag)


class EditionImage(models.Model):
    """A picture that an edition shows, as lead or in the body; the library has to keep it."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="edition_images")
    image = models.ForeignKey(Image, models.PROTECT, related_name="edition_images")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "image"], name="edition_image_once")
        ]
        # A logo's latest: it may be shown by a million.
        indexes = [models.Index("image", F("edition").desc(), name="edition_image_latest")]

    def __str__(self):
        return str(self.image)


class EditionByline(Byline):
    """Carries the times that an author's lists are sorted by, so that each reads one index."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="bylines")
    first_published_at = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True)

    class Meta(Byline.Meta):
        constraints = [
            *Byline.Meta.constraints,
            models.UniqueConstraint(fields=["edition", "author"], name="edition_byline_once"),
        ]
        indexes = [
            models.Index(
                "author", F("first_published_at").desc(), "edition", name="edition_byline_time"
            ),
            models.Index(
                "author",
                F("corrected_at").desc(),
                "edition",
                name="edition_byline_corrected",
                condition=Q(corrected_at__isnull=False),
            ),
        ]


class Address(models.Model):
    """A (day, slug) that a story was ever published under; it stays the story's for good."""

    article = models.ForeignKey("Article", models.CASCADE, related_name="addresses")
    day = models.DateField()
    slug = models.SlugField(max_length=120, allow_unicode=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(fields=["day", "slug"], name="address_belongs_to_one_story")
        ]

    def __str__(self):
        return story_address(self.day, self.slug)


class PublishingMoveQuerySet(models.QuerySet):
    def withdrawn_since(self, moment):
        """Keep what was withdrawn since a moment and is not live again, the latest first."""
        editions = Edition.objects.filter(article=OuterRef("article"))
        return self.filter(
            Exists(editions.filter(live_until=OuterRef("effective_at"))),
            ~Exists(editions.live()),
            kind=PublishingMove.Kind.WITHDRAW,
            effective_at__range=(moment, timezone.now()),
        ).order_by("-effective_at")


class PublishingMove(models.Model):
    """Who did what to what readers see, when, and why."""

    class Kind(models.TextChoices):
        PUBLISH = "publish", _("Published")
        SCHEDULE = "schedule", _("Scheduled")
        WITHDRAW = "withdraw", _("Withdrawn")
        CANCEL = "cancel", _("Schedule undone")

    article = models.ForeignKey("Article", models.CASCADE, related_name="moves")
    kind = models.CharField(_("move"), max_length=20, choices=Kind)
    made_at = models.DateTimeField(_("made at"))
    effective_at = models.DateTimeField(_("effective at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("made by"),
        related_name="+",
        null=True,
    )
    note = models.TextField(_("note"), blank=True)

    objects = PublishingMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("publishing move")
        verbose_name_plural = _("publishing moves")
        ordering = ["pk"]
        indexes = [
            models.Index("article", F("id").desc(), name="move_article_latest"),
            models.Index("kind", F("effective_at").desc(), name="move_kind_latest"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.article}"
