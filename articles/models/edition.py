"""The record: what readers see, and saw. Written by ``articles.publishing`` alone."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from newsroom.each_row import has_none

from .address import Address, story_address
from .edition_lists import SITEMAP_PART, EditionLists
from .edition_rows import EditionByline, EditionTag
from .image import Image
from .story import Role, Story
from .tag import Tag

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


class EditionQuerySet(EditionLists):
    """Sentences about editions: ``Edition.objects.live().in_section(s).latest_first()``."""

    # Which editions these are, of whatever moment, while nothing more is asked of them.
    _gate = None

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
        live.as_of = at
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
        return query(self._gate, *shape, at=self.as_of, now=timezone.now(), **values)

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
    def short_byline(self):
        """The lines of the byline that a list has room for: who wrote it, or else all."""
        return [line for line in self.lines if line.role == Role.WRITER] or self.lines

    def get_absolute_url(self):
        return story_address(self.first_published_on, self.slug)

    def get_changes_url(self):
        return f"{self.get_absolute_url()}changes/"
