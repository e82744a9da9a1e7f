"""How a story went between the people of the desk."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Handover(models.Model):
    """Who moved a story to another stage, for whom to go on with, and what they said."""

    article = models.ForeignKey("Article", models.CASCADE, related_name="handovers")
    # One of articles.models.article.Stage: the stage that the story came into.
    stage = models.CharField(_("stage"), max_length=20)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("made by"),
        related_name="+",
        null=True,
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("assigned to"),
        related_name="+",
        null=True,
        blank=True,
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        ordering = ["pk"]
        indexes = [models.Index("article", models.F("id").desc(), name="handover_latest")]

    def __str__(self):
        return f"{self.stage}: {self.article}"
