"""What somebody is writing at this moment, before they save it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Sitting(models.Model):
    """One person at one article's form in one tab of a browser.

    Tells colleagues who is there, and keeps the words that are typed but not saved;
    saving the form, or dropping the words, ends it.
    """

    # Made by the browser, one for each tab.
    key = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # None while the story has never been saved.
    article = models.ForeignKey(
        "Article", models.CASCADE, related_name="sittings", null=True, blank=True
    )
    # Snapshots (articles.admin.snapshot): as the form was opened, and as it stands now.
    base = models.JSONField(null=True)
    words = models.JSONField(null=True)
    # Counts up in the browser: what arrives late does not replace what was typed later.
    number = models.PositiveBigIntegerField(default=0)
    kept_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sitting")
        verbose_name_plural = _("sittings")
        indexes = [
            models.Index("article", "seen_at", name="sitting_article_seen"),
            models.Index("user", "kept_at", name="sitting_user_kept"),
        ]

    def __str__(self):
        return f"{self.user}: {self.article or _('New story')}"
