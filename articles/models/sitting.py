"""What somebody is writing at this moment, before they save it."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SittingQuerySet(models.QuerySet):
    def present(self):
        """Keep those whose page is open now."""
        since = timezone.now() - Sitting.PRESENT_FOR
        return self.filter(seen_at__gt=since, number__lt=Sitting.ENDED)

    def kept_by(self, user):
        """Keep what a person typed and never saved, the newest first."""
        return self.filter(user=user, words__isnull=False).order_by("-kept_at", "-pk")

    def end(self, key, user, article, number=None):
        """End a sitting whose form was saved: its words up to a number are the article's now.

        Words with a higher number were typed after the form went out: they stay, or are taken
        up when they come. Without a number the whole sitting ends. The row stays for a while,
        so that a message of the same page which comes in late is known for what it is.
        """
        try:
            key = UUID(key or "")
        except ValueError:
            return
        now = timezone.now()
        number = Sitting.ENDED if number is None else number
        # Who saved is not there any more, unless the page says so again.
        gone = {"article": article, "seen_at": now - Sitting.PRESENT_FOR}
        ended = {**gone, "words": None, "base": None, "number": number}
        self.get_or_create(key=key, defaults={**ended, "user": user})
        # A key that is somebody else's ends nothing of theirs.
        own = self.filter(key=key, user=user)
        if not own.filter(number__lte=number).update(**ended):
            own.update(**gone)

    def hold(self, key, user):
        """Lock a new story's form for the rest of the transaction, so that it is saved once.

        Returns the article that the form was saved as already, None while it was not.
        """
        try:
            key = UUID(key or "")
        except ValueError:
            return None
        # Who posts the same form at the same time waits here: the key is unique.
        self.get_or_create(key=key, defaults={"user": user, "seen_at": timezone.now()})
        ended = self.select_for_update(of=["self"]).filter(key=key, user=user, number=Sitting.ENDED)
        sitting = ended.select_related("article").first()
        return sitting and sitting.article

    def clear_away(self):
        """Delete sittings without words that nobody has been at for a day, a hundred at most."""
        a_day_ago = timezone.now() - timedelta(days=1)
        old = self.filter(words__isnull=True, seen_at__lt=a_day_ago)
        self.filter(pk__in=list(old.values_list("pk", flat=True)[:100])).delete()

    def for_lists(self):
        """Fetch the headline as it was typed (``typed_headline``) and none of the other words."""
        return self.annotate(typed_headline=KT("words__headline")).defer("words", "base")


class Sitting(models.Model):
    """One person at one article's form in one tab of a browser.

    Tells colleagues who is there, and keeps the words that are typed but not saved;
    saving the form, or dropping the words, ends it.
    """

    # A page tells every ten seconds that it is open.
    PRESENT_FOR = timedelta(seconds=30)
    # The number of a sitting whose form was saved: nothing comes after it.
    ENDED = 2**62

    # Made by the browser, one for each page that is open.
    key = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # None while the story has never been saved, and after it was deleted: the words stay.
    article = models.ForeignKey(
        "Article", models.SET_NULL, related_name="sittings", null=True, blank=True
    )
    # Snapshots (articles.admin.snapshot): as the form was opened, and as it stands now.
    base = models.JSONField(null=True)
    words = models.JSONField(null=True)
    # Counts up in the browser: what arrives late does not replace what was typed later.
    number = models.PositiveBigIntegerField(default=0)
    kept_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField()

    objects = SittingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sitting")
        verbose_name_plural = _("sittings")
        indexes = [
            models.Index("article", "seen_at", name="sitting_article_seen"),
            models.Index("user", "kept_at", name="sitting_user_kept"),
            # What is to be cleared away; words are kept for good.
            models.Index("seen_at", name="sitting_seen", condition=models.Q(words__isnull=True)),
        ]

    def __str__(self):
        return f"{self.user}: {self.article or _('New story')}"

    def keep(self, words, base, number, at):
        """Take up what is typed; words that are again as the form was opened are none."""
        self.words = None if words == base else words
        self.base, self.number, self.kept_at = base, number, at
