"""A way to show a story to somebody without an account, before readers have it."""

from secrets import token_urlsafe

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PreviewLinkQuerySet(models.QuerySet):
    def valid(self, at=None):
        """Keep the links that show their story at a moment (default: now)."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=at or timezone.now())

    def make(self, article, by, for_whom, valid_for):
        """Return a new link to an article that is valid for a timedelta from now on."""
        return self.create(
            article=article,
            made_by=by,
            for_whom=for_whom,
            token=token_urlsafe(32),
            expires_at=timezone.now() + valid_for,
        )


class PreviewLink(models.Model):
    """An address that nobody can guess; it shows the working copy until it expires."""

    article = models.ForeignKey("Article", models.CASCADE, related_name="preview_links")
    token = models.CharField(max_length=64, unique=True, editable=False)
    for_whom = models.CharField(_("for whom"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("made by"),
        related_name="+",
        null=True,
    )
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering = ["-made_at", "-pk"]

    def __str__(self):
        return self.for_whom or str(self.article)

    def get_absolute_url(self):
        return reverse("preview", args=[self.token])

    @property
    def is_valid(self):
        return self.revoked_at is None and self.expires_at > timezone.now()
