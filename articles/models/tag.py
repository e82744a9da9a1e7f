"""What stories are about."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import TagBase


class Tag(TagBase):
    """A subject; stories that share rare ones are related."""

    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def slugify(self, tag, i=None):
        """Return the slug of a name; one without letters ("!!!") has an address too."""
        slug = super().slugify(tag) or "tag"
        return slug if i is None else f"{slug}_{i}"

    def get_absolute_url(self):
        return reverse("tag", args=[self.slug])
