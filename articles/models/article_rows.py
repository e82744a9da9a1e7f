"""The rows that belong to one working copy."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase

from newsroom.web_address import WebAddressField, web_address_constraint

from .image import Image
from .story import Byline
from .tag import Tag


class ArticleTag(ItemBase):
    content_object = models.ForeignKey("Article", models.CASCADE, related_name="article_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="article_tags")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["content_object", "tag"], name="article_tag_once")
        ]


class ArticleImage(models.Model):
    """A picture that a working copy shows, as lead or in the body, so that it can be found."""

    article = models.ForeignKey("Article", models.CASCADE, related_name="article_images")
    image = models.ForeignKey(Image, models.PROTECT, related_name="article_images")

    class Meta:
        verbose_name = _("picture of a story")
        verbose_name_plural = _("pictures of stories")
        constraints = [
            models.UniqueConstraint(fields=["article", "image"], name="article_image_once")
        ]
        indexes = [models.Index("image", F("article").desc(), name="article_image_latest")]

    def __str__(self):
        return str(self.article)


class ArticleByline(Byline):
    article = models.ForeignKey("Article", models.CASCADE, related_name="bylines")

    class Meta(Byline.Meta):
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        constraints = [
            *Byline.Meta.constraints,
            models.UniqueConstraint(
                fields=["article", "author"],
                name="article_byline_once",
                violation_error_message=_("This author is in the byline already."),
            ),
        ]
        indexes = [models.Index("author", F("id").desc(), "article", name="article_byline_latest")]


class RelatedRead(models.Model):
    """What the desk offers to read next: one of our stories, or an outside address."""

    article = models.ForeignKey("Article", models.CASCADE, related_name="related_reads")
    story = models.ForeignKey(
        "Article",
        models.CASCADE,
        verbose_name=_("our story"),
        related_name="+",
        null=True,
        blank=True,
    )
    title = models.CharField(_("outside title"), max_length=300, blank=True)
    url = WebAddressField(_("outside address"), max_length=1000, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("related read")
        verbose_name_plural = _("related reads")
        ordering = ["position", "pk"]
        constraints = [
            web_address_constraint("url", "related_read_on_the_web"),
            models.CheckConstraint(
                condition=Q(story__isnull=False, title="", url="")
                | (Q(story__isnull=True) & ~Q(title="") & ~Q(url="")),
                name="related_read_inside_or_outside",
                violation_error_message=_(
                    "Choose one of our stories, or give an outside address with its title."
                ),
            ),
            models.CheckConstraint(
                condition=Q(story__isnull=True) | ~Q(story=F("article")),
                name="related_read_not_itself",
                violation_error_message=_("A story cannot be its own related read."),
            ),
        ]

    def __str__(self):
        return self.title or str(self.story)


class Correction(models.Model):
    """What has to be said of a story after it came out; readers see it on the page."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        CLARIFICATION = "clarification", _("Clarification")
        UPDATE = "update", _("Update")
        NOTE = "note", _("Editor’s note")

    article = models.ForeignKey("Article", models.CASCADE, related_name="corrections")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.CORRECTION)
    text = models.TextField(_("text"))
    noted_at = models.DateTimeField(_("noted at"), default=timezone.now)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["noted_at", "pk"]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.text}"
