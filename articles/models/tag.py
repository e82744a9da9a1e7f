"""What stories are about."""

import re
import unicodedata

from django.db import models
from django.utils.translation import gettext_lazy as _
from taggit.models import TagBase

from newsroom.addresses import address

# Two keys that differ in one letter share their beginning or their end of this length.
TWIN_END = 3


def twin_key(name):
    """Return what close twins have in common: "Semi-conductor" and "semiconductors" are one.

    Case, accents, spaces and punctuation go, and the plural's ending of each word.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "".join(_singular(word) for word in re.findall(r"[^\W_]+", plain))


def _singular(word):
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


class TagQuerySet(models.QuerySet):
    def most_used_in(self, editions):
        """Keep the tags of some editions (a slice), the most used first."""
        return (
            self.filter(edition_tags__edition__in=editions.values("pk"))
            .annotate(uses=models.Count("edition_tags"))
            .order_by("-uses", "name")
        )


class Tag(TagBase):
    """A subject; stories that share rare ones are related."""

    description = models.TextField(_("description"), blank=True)
    # By these close twins are found without reading every tag (articles.tagging).
    twin_key = models.CharField(max_length=300, editable=False, db_index=True)
    twin_head = models.CharField(max_length=TWIN_END, editable=False, db_index=True)
    twin_tail = models.CharField(max_length=TWIN_END, editable=False, db_index=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def save(self, *args, **kwargs):
        self.twin_key = twin_key(self.name)
        self.twin_head, self.twin_tail = self.twin_key[:TWIN_END], self.twin_key[-TWIN_END:]
        super().save(*args, **kwargs)

    def slugify(self, tag, i=None):
        """Return the slug of a name; one without letters ("!!!") has an address too."""
        slug = super().slugify(tag) or "tag"
        return slug if i is None else f"{slug}_{i}"

    def get_absolute_url(self):
        return address("tag", self.slug)
