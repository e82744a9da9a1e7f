"""The rows that belong to one edition."""

from django.db import models
from django.db.models import F, Q

from .image import Image
from .story import Byline
from .tag import Tag


class EditionTag(models.Model):
    """Carries the time of first publication, so that a tag's list reads one index."""

    edition = models.ForeignKey("Edition", models.CASCADE, related_name="edition_tags")
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

    edition = models.ForeignKey("Edition", models.CASCADE, related_name="edition_images")
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

    edition = models.ForeignKey("Edition", models.CASCADE, related_name="bylines")
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
