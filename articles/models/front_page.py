"""The front page: which stories lead, from when on."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FrontPageQuerySet(models.QuerySet):
    def live(self, at=None):
        """Keep the front page that readers see at a moment (default: now), at most one."""
        return self.filter(live_from__lte=at or timezone.now()).order_by("-live_from", "-pk")[:1]

    def to_come(self, at=None):
        """Keep the front pages that readers do not have yet, the next first."""
        return self.filter(live_from__gt=at or timezone.now()).order_by("live_from", "pk")


class FrontPage(models.Model):
    """The lead stories in their order, from a moment until the next front page's.

    Once begun it is a record; only one that is still to come may be changed or deleted.
    """

    live_from = models.DateTimeField(_("live from"))
    note = models.TextField(_("note"), blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("made by"),
        related_name="+",
        null=True,
        editable=False,
    )
    picks = models.ManyToManyField("Article", through="FrontPagePick", related_name="+")

    objects = FrontPageQuerySet.as_manager()

    class Meta:
        verbose_name = _("front page")
        verbose_name_plural = _("front pages")
        ordering = ["-live_from", "-pk"]
        indexes = [models.Index(F("live_from").desc(), F("id").desc(), name="front_page_latest")]

    def __str__(self):
        return str(_("Front page of %(time)s")) % {
            "time": timezone.localtime(self.live_from).strftime("%Y-%m-%d %H:%M")
        }

    def has_begun(self, at=None):
        """Whether readers have, or had, this front page at a moment (default: now)."""
        return self.live_from <= (at or timezone.now())


class FrontPagePickQuerySet(models.QuerySet):
    def articles_at(self, at):
        """Return the ids of the picked articles, in order, of the front page of a moment."""
        return (
            self.filter(front_page__in=FrontPage.objects.live(at))
            .order_by("position", "pk")
            .values_list("article_id", flat=True)
        )


class FrontPagePick(models.Model):
    """A story that leads; one that is not live is passed over."""

    front_page = models.ForeignKey(FrontPage, models.CASCADE, related_name="front_page_picks")
    article = models.ForeignKey(
        "Article", models.CASCADE, verbose_name=_("story"), related_name="front_page_picks"
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = FrontPagePickQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead story")
        verbose_name_plural = _("lead stories")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["front_page", "article"],
                name="front_page_pick_once",
                violation_error_message=_("This story is on the front page already."),
            )
        ]

    def __str__(self):
        return str(self.article)
