"""What publishing would make of a working copy: the edition, not saved, and what it lacks."""

from dataclasses import dataclass

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.models import ArticleByline, Edition, EditionByline, Image, Story, Tag
from articles.models.body_field import image_ids

# What composing needs of the bylines; fetched before, they are not fetched again.
BYLINES = Prefetch("bylines", ArticleByline.objects.select_related("author"))
PARTS = (BYLINES, "related_reads", "corrections")


@dataclass
class Composition:
    """An edition that is not saved, with the rows that would be saved beside it."""

    edition: Edition
    bylines: list[EditionByline]
    tags: list[Tag]
    images: list[Image]


def fetch_parts(article):
    """Fetch the rows that composing asks an article for, all but its tags, unless it has them."""
    prefetch_related_objects([article], *PARTS)


def missing_parts(article):
    """Return what keeps an article from being published, as (field, sentence) pairs."""
    reasons = []
    if not article.headline.strip():
        reasons.append(("headline", _("Give the story a headline.")))
    if not article.body:
        reasons.append(("body", _("Write the body.")))
    if not article.section_id:
        reasons.append(("section", _("Choose a section.")))
    if not article.bylines.exists():
        reasons.append(("bylines", _("Name at least one author in the byline.")))
    if article.lead_image and not (article.lead_image_alt or article.lead_image.alt_text):
        reasons.append(
            ("lead_image_alt", _("Say what the lead image shows, for those who cannot see it."))
        )
    wanted = image_ids(article.body)
    library = Image.objects.in_bulk(wanted)
    for pk in wanted:
        if pk not in library:
            reasons.append(
                ("body", _("A picture in the body is no longer in the library: remove it."))
            )
        elif not library[pk].alt_text:
            reasons.append(
                (
                    "body",
                    _("The picture “%(title)s” has no alt text: add it in the image library.")
                    % {"title": library[pk].title},
                )
            )
    return reasons


def compose(article, live_from, says_updated=False):
    """Return the edition that publishing would make of the working copy at ``live_from``.

    It bears the article's fingerprint as it is; ``says_updated`` tells readers of an update.
    """
    # Each edition hands on the moment and the day of the first.
    before = article.editions.begun(live_from).order_by("live_from").last()
    fetch_parts(article)
    bylines, image = article.bylines.all(), article.lead_image
    edition = Edition(
        **{field.name: getattr(article, field.name) for field in Story._meta.fields},
        article=article,
        live_from=live_from,
        first_published_at=before.first_published_at if before else live_from,
        first_published_on=before.first_published_on if before else timezone.localdate(live_from),
        updated_at=live_from if says_updated else before and before.updated_at,
        related_reads=article.frozen_related_reads(),
        corrections=article.frozen_corrections(),
        fingerprint=article.fingerprint,
    )
    edition.slug = edition.slug or propose_slug(article)
    if image:
        edition.lead_image_alt = edition.lead_image_alt or image.alt_text
        edition.lead_image_caption = edition.lead_image_caption or image.caption
        edition.lead_image_credit = edition.lead_image_credit or image.credit
    images = {image.pk: image} if image else {}
    images |= Image.objects.in_bulk(article.shown_image_ids() - images.keys())
    return Composition(
        edition,
        [
            EditionByline(author=line.author, name=line.name, role=line.role, position=position)
            for position, line in enumerate(bylines)
        ],
        list(article.tags.order_by("name")),
        list(images.values()),
    )


def propose_slug(article):
    """Return a slug made from the headline; for one without letters, from the number."""
    slug = slugify(article.headline, allow_unicode=True)[:80].strip("-")
    return slug or f"story-{article.pk}"
