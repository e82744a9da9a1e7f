"""The addresses of stories, which are kept for good."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom.addresses import address


def story_address(day, slug):
    """Return the public address of a story: the day of first publication and its slug."""
    return address("story", *day.isoformat().split("-"), slug)


class Address(models.Model):
    """A (day, slug) that a story was ever published under; it stays the story's for good."""

    article = models.ForeignKey("Article", models.CASCADE, related_name="addresses")
    day = models.DateField()
    slug = models.SlugField(max_length=120, allow_unicode=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(fields=["day", "slug"], name="address_belongs_to_one_story")
        ]

    def __str__(self):
        return story_address(self.day, self.slug)
