"""The working copy: what the desk works on. Only the admin ever sees it."""

import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from newsroom.each_row import has_any

from .article_rows import ArticleByline, ArticleImage, ArticleTag
from .body_field import image_ids
from .edition import Edition
from .handover import Handover
from .image import Image
from .publishing_move import PublishingMove
from .story import Story

# How many of the latest a list looks through that cannot look through all.
ENOUGH = 200
# How many an index names that are then looked at one by one.
LOOKED_AT = 1000


class Stage(models.TextChoices):
    """How far the desk is with an article; says nothing of what readers see."""

    DRAFTING = "drafting", _("Drafting")
    IN_REVIEW = "in review", _("In review")
    READY = "ready", _("Ready")


class State(models.TextChoices):
    """What readers have of an article; derived from its editions, never stored."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    LIVE = "live", _("Live")
    CHANGED = "changed", _("Live, with unpublished changes")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ArticleQuerySet(models.QuerySet):
    def locked(self):
        """Hold the articles until the transaction ends: nobody else saves or moves them.

        What only refers to them, such as words being kept, need not wait: PostgreSQL would
        have it wait for a whole lock, and end one of two that wait for each other.
        """
        return self.select_for_update(of=["self"], no_key=True)

    def own_or_published(self, user):
        """Keep the stories that somebody began, or in whose byline they stand, and those that
        readers have or had.
        """
        published = Edition.objects.filter(article=OuterRef("pk")).begun()
        in_the_byline = ArticleByline.objects.filter(article=OuterRef("pk"), author__user=user)
        # Nearly every story is published: asked first, nothing else is asked of it.
        return self.filter(Exists(published) | Q(created_by=user) | has_any(in_the_byline))

    def latest_own(self, user):
        """Keep somebody's latest own stories, some hundred of them, and not those of years."""
        begun = self.model.objects.filter(created_by=user).order_by("-changed_at")[:ENOUGH]
        lines = ArticleByline.objects.filter(author__user=user).order_by("-pk")[:ENOUGH]
        # Two limited lists put together: "or" between them would read every story there is.
        numbers = [
            self.model.objects.filter(pk__in=begun.values("pk")).order_by().values("pk"),
            ArticleByline.objects.filter(pk__in=lines.values("pk")).order_by().values("article"),
        ]
        return self.filter(pk__in=numbers[0].union(numbers[1]))

    def by_author(self, author):
        """Keep the stories, of an author's latest thousand, with them in the byline."""
        lines = ArticleByline.objects.filter(author=author).order_by("-pk")
        return self.filter(pk__in=lines.values("article")[:LOOKED_AT])

    def live_since(self, moment):
        """Keep the stories that went live at a moment or later, and are live now.

        Of those there are many, it keeps the thousand that went live last.
        """
        begun = Edition.objects.begun().that_follow_nothing().filter(live_from__gte=moment)
        latest = begun.order_by("-live_from").values("article")[:LOOKED_AT]
        live = Edition.objects.filter(article=OuterRef("pk")).live()
        return self.filter(Exists(live), pk__in=latest)

    def in_state(self, state):
        """Keep the stories that ``with_state`` says to be in a state now.

        Few stories are to come or withdrawn, and an index names them (of withdrawals, the
        latest thousand); for any other state each story is looked at.
        """
        held = Edition.objects.filter(article=OuterRef("pk")).that_hold()
        is_live = Exists(held.live())
        if state == State.DRAFT:
            return self.filter(~Exists(held))
        if state == State.SCHEDULED:
            to_come = Edition.objects.to_come().order_by().values("article")
            return self.filter(~is_live, pk__in=to_come)
        if state == State.WITHDRAWN:
            withdrawals = PublishingMove.objects.filter(kind=PublishingMove.Kind.WITHDRAW)
            latest = withdrawals.order_by("-effective_at").values("article")[:LOOKED_AT]
            return self.filter(Exists(held), ~Exists(held.live_or_to_come()), pk__in=latest)
        if state == State.CHANGED:
            latest = Subquery(held.order_by("-live_from").values("fingerprint")[:1])
            differs = ~Q(latest_fingerprint=F("fingerprint"))
            return self.filter(is_live).alias(latest_fingerprint=latest).filter(differs)
        # Nearly all are live: PostgreSQL would rather join them all than look at the first.
        return self.with_state().filter(state=state)

    def waiting_for(self, user):
        """Keep the stories that somebody has to go on with."""
        return self.filter(assignee=user)

    def in_review(self):
        return self.filter(stage=Stage.IN_REVIEW)

    def embargoed(self, at=None):
        """Keep the stories that nobody can publish yet, the next to be free first."""
        return self.filter(embargoed_until__gt=at or timezone.now()).order_by("embargoed_until")

    def changed_since_published(self):
        """Keep the live stories whose working copy differs, among those changed lately.

        Whether a story differs is seen only by looking at it and its latest edition: that
        is done for the some hundred changed last, and not for a million. They come in
        no order; to ask for one would make a database look at all.
        """
        latest = self.model.objects.order_by("-changed_at").values("pk")[:ENOUGH]
        return self.filter(pk__in=latest).with_state().filter(state=State.CHANGED).order_by()

    def with_handover(self):
        """Annotate the latest handover: ``handed_at``, ``handed_by`` and ``handover_note``."""
        latest = Handover.objects.filter(article=OuterRef("pk")).order_by("-pk")
        full_name = Trim(Concat("made_by__first_name", Value(" "), "made_by__last_name"))
        name = Coalesce(NullIf(full_name, Value("")), "made_by__username")
        return self.annotate(
            handed_at=Subquery(latest.values("made_at")[:1]),
            handed_by=Subquery(latest.annotate(name=name).values("name")[:1]),
            handover_note=Subquery(latest.values("note")[:1]),
        )

    def with_state(self, at=None):
        """Annotate what readers have of each article at a moment (default: now).

        Adds ``state`` (a ``State`` value), ``live_since``, ``scheduled_for``,
        ``ends_at`` (when the last edition ends or ended, if it does),
        ``has_unpublished_changes`` and ``has_something_to_come``.
        """
        at = at or timezone.now()
        editions = Edition.objects.filter(article=OuterRef("pk")).that_hold()
        latest = editions.order_by("-live_from")
        return self.annotate(
            live_since=Case(
                When(
                    Exists(editions.live(at)),
                    then=Subquery(
                        editions.begun(at)
                        .that_follow_nothing()
                        .order_by("-live_from")
                        .values("live_from")[:1]
                    ),
                )
            ),
            scheduled_for=Subquery(
                editions.filter(live_from__gt=at).order_by("live_from").values("live_from")[:1]
            ),
            ends_at=Subquery(latest.values("live_until")[:1]),
            latest_fingerprint=Subquery(latest.values("fingerprint")[:1]),
            has_unpublished_changes=Case(
                When(~Q(latest_fingerprint=F("fingerprint")), then=Value(True)),
                default=Value(False),
            ),
            has_something_to_come=Exists(
                editions.filter(Q(live_from__gt=at) | Q(live_until__gt=at))
            ),
            state=Case(
                When(
                    live_since__isnull=False,
                    has_unpublished_changes=True,
                    then=Value(State.CHANGED),
                ),
                When(live_since__isnull=False, then=Value(State.LIVE)),
                When(scheduled_for__isnull=False, then=Value(State.SCHEDULED)),
                When(Exists(editions), then=Value(State.WITHDRAWN)),
                default=Value(State.DRAFT),
                output_field=models.CharField(),
            ),
        )


class DeletedStory(models.Model):
    """The last save of an article that was deleted; gone when the article is back.

    Without it, a list of what was deleted would look for the article of every save there is.
    """

    article_id = models.BigIntegerField(unique=True)
    version = models.ForeignKey("reversion.Version", models.CASCADE, related_name="deleted_stories")

    class Meta:
        verbose_name = _("deleted story")
        verbose_name_plural = _("deleted stories")

    def __str__(self):
        return str(self.version)


class Article(Story):
    """A story as the desk has it."""

    tags = TaggableManager(_("tags"), through=ArticleTag, blank=True)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage, default=Stage.DRAFTING)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("assigned to"),
        related_name="+",
        null=True,
        blank=True,
        help_text=_("Who has to do something next."),
    )
    embargoed_until = models.DateTimeField(
        _("embargoed until"),
        null=True,
        blank=True,
        help_text=_("Nobody can publish before this moment, only schedule."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("created by"),
        related_name="+",
        null=True,
        editable=False,
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True, db_index=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("changed by"),
        related_name="+",
        null=True,
        editable=False,
    )
    # A digest of everything that publishing would freeze: lists can tell in SQL
    # whether an article differs from its latest edition.
    fingerprint = models.CharField(max_length=64, editable=False, blank=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-changed_at", "-pk"]
        permissions = [
            ("publish_article", _("Can publish, schedule and withdraw")),
            ("change_own_article", _("Can change own articles until they are live")),
        ]
        indexes = [
            # Of a list's whole order: else SQLite reads all stories in the order of their change.
            models.Index(
                "stage", F("changed_at").desc(), F("id").desc(), name="article_stage_latest"
            ),
            models.Index(
                "section", F("changed_at").desc(), F("id").desc(), name="article_section_latest"
            ),
            models.Index(
                "series", F("changed_at").desc(), F("id").desc(), name="article_series_latest"
            ),
            # Without them SQLite reads a whole section or series for one stage of it.
            models.Index(
                "stage",
                "section",
                F("changed_at").desc(),
                F("id").desc(),
                name="article_stage_section",
            ),
            models.Index(
                "stage",
                "series",
                F("changed_at").desc(),
                F("id").desc(),
                name="article_stage_series",
            ),
            models.Index("assignee", F("changed_at").desc(), name="article_assignee"),
            models.Index("created_by", F("changed_at").desc(), name="article_creator"),
            models.Index("embargoed_until", name="article_embargo"),
        ]

    def get_absolute_url(self):
        """Where the desk works on it; readers' addresses belong to editions."""
        return reverse("admin:articles_article_change", args=[self.pk])

    def frozen_related_reads(self):
        """Return the related reads as an edition keeps them, in order."""
        return [
            {"article": read.story_id} if read.story_id else {"title": read.title, "url": read.url}
            for read in self.related_reads.all()
        ]

    def frozen_corrections(self):
        """Return the corrections as an edition keeps them, in order."""
        return [
            {"kind": c.kind, "text": c.text, "noted_at": c.noted_at.isoformat()}
            for c in self.corrections.all()
        ]

    def shown_image_ids(self):
        """Return the set of the primary keys of the pictures that it shows."""
        return {*image_ids(self.body), *filter(None, [self.lead_image_id])}

    def compute_fingerprint(self):
        """Return the SHA-256 hex digest of what publishing would freeze."""
        return self.fingerprint_with(
            self.tags.values_list("pk", flat=True),
            self.bylines.values_list("author_id", "name", "role"),
        )

    def fingerprint_with(self, tag_ids, bylines):
        """Return the fingerprint, given the tags' keys and (author id, name, role) in order."""
        fields = {field.attname: getattr(self, field.attname) for field in Story._meta.fields}
        relations = {
            "tags": sorted(tag_ids),
            "bylines": list(bylines),
            "related_reads": self.frozen_related_reads(),
            "corrections": self.frozen_corrections(),
        }
        return hashlib.sha256(json.dumps(fields | relations, sort_keys=True).encode()).hexdigest()

    def refresh_fingerprint(self):
        """Store the fingerprint of the row and its relations, and which pictures it shows.

        Call it when all are saved.
        """
        self.fingerprint = self.compute_fingerprint()
        type(self).objects.filter(pk=self.pk).update(fingerprint=self.fingerprint)
        self.refresh_images()

    def refresh_images(self):
        """Store which pictures it shows."""
        wanted = self.shown_image_ids()
        shown = set(self.article_images.values_list("image_id", flat=True))
        if shown - wanted:
            self.article_images.filter(image__in=shown - wanted).delete()
        if wanted - shown:
            found = Image.objects.filter(pk__in=wanted - shown)
            ArticleImage.objects.bulk_create(
                [ArticleImage(article=self, image=image) for image in found],
                ignore_conflicts=True,
            )
