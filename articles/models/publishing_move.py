"""The moves at the door between work and record."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .edition import Edition


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
