"""Where a story stands in the paper: its section, and the series it belongs to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom.addresses import address


class Rubric(models.Model):
    """What sections and series have in common."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True, allow_unicode=True)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return address(self._meta.model_name, self.slug)


class Section(Rubric):
    """A standing part of the paper, listed in the masthead."""

    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "name"]


class Series(Rubric):
    """Stories that belong together; each calls out to its series after the first paragraph."""

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["name"]


class FormerSlugQuerySet(models.QuerySet):
    def record(self, subject, slug):
        """Let a slug that a section, series, tag or author had lead to it from now on."""
        self.update_or_create(
            page=subject._meta.model_name, slug=slug, defaults={"subject_id": subject.pk}
        )

    def subject(self, model, slug):
        """Return the row of a model that had a slug; None if none had it, or one has it now."""
        if model.objects.filter(slug=slug).exists():
            return None
        had_it = self.filter(page=model._meta.model_name, slug=slug).values("subject_id")
        return model.objects.filter(pk__in=had_it).first()


class FormerSlug(models.Model):
    """A slug that a section, series, tag or author had; its address leads to the present one."""

    # The URL name of the page: "section", "series", "tag" or "author".
    page = models.CharField(max_length=20)
    slug = models.SlugField(max_length=120, allow_unicode=True)
    subject_id = models.BigIntegerField()

    objects = FormerSlugQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "slug"], name="former_slug_once")]

    def __str__(self):
        return self.slug
