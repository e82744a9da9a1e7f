"""What an article and its editions have in common."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .body_field import BodyField
from .image import Image
from .section import Section, Series


class Role(models.TextChoices):
    """What somebody did for a story; writers come first and need no label."""

    WRITER = "", _("Writer")
    ADDITIONAL = "additional", _("Additional reporting")
    DATA = "data", _("Data")
    PHOTOGRAPHY = "photography", _("Photography")
    ILLUSTRATION = "illustration", _("Illustration")
    TRANSLATION = "translation", _("Translation")


class Story(models.Model):
    """The fields that stand once for the working copy and for the record."""

    headline = models.CharField(_("headline"), max_length=300, blank=True)
    standfirst = models.TextField(_("standfirst"), blank=True)
    body = BodyField(_("body"), blank=True)
    dateline = models.CharField(
        _("dateline"), max_length=100, blank=True, help_text=_("Where the story was reported from.")
    )
    slug = models.SlugField(
        _("slug"),
        max_length=120,
        blank=True,
        allow_unicode=True,
        help_text=_("The last part of the address. Left empty, it is made from the headline."),
    )
    section = models.ForeignKey(
        Section,
        models.PROTECT,
        verbose_name=_("section"),
        related_name="%(class)ss",
        null=True,
        blank=True,
    )
    series = models.ForeignKey(
        Series,
        models.PROTECT,
        verbose_name=_("series"),
        related_name="%(class)ss",
        null=True,
        blank=True,
    )
    lead_image = models.ForeignKey(
        Image,
        models.PROTECT,
        verbose_name=_("lead image"),
        related_name="leads_of_%(class)ss",
        null=True,
        blank=True,
    )
    lead_image_alt = models.CharField(
        _("alt text"),
        max_length=500,
        blank=True,
        help_text=_("What the picture shows. Left empty, the library’s is taken."),
    )
    lead_image_caption = models.TextField(
        _("caption"), blank=True, help_text=_("Left empty, the library’s is taken.")
    )
    lead_image_credit = models.CharField(
        _("credit"), max_length=200, blank=True, help_text=_("Left empty, the library’s is taken.")
    )

    class Meta:
        abstract = True

    def __str__(self):
        return self.headline or str(_("Untitled story"))


class Byline(models.Model):
    """One name in a story's byline, in order: a profile, or a guest or agency without one."""

    author = models.ForeignKey(
        "authors.Author",
        models.PROTECT,
        verbose_name=_("author"),
        related_name="%(class)ss",
        null=True,
        blank=True,
    )
    name = models.CharField(
        _("guest or agency"),
        max_length=200,
        blank=True,
        help_text=_("A name without a profile, for example an agency’s."),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(author__isnull=False, name="")
                | (models.Q(author__isnull=True) & ~models.Q(name="")),
                name="%(class)s_author_or_name",
                violation_error_message=_(
                    "Choose an author, or write the name of a guest or an agency."
                ),
            )
        ]

    def __str__(self):
        return self.name or str(self.author)
