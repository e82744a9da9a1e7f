"""The rows that tests begin with, each whole enough to be published."""

import io
from itertools import count

from django.core.files.base import ContentFile
from PIL import Image as Pixels

from articles.models import Article, Image, Section, Series
from authors.models import Author

_numbers = count(1)


def make_author(**fields):
    number = next(_numbers)
    return Author.objects.create(
        **{"name": f"Author {number}", "slug": f"author-{number}", **fields}
    )


def make_section(**fields):
    number = next(_numbers)
    return Section.objects.create(
        **{"name": f"Section {number}", "slug": f"section-{number}", **fields}
    )


def make_series(**fields):
    number = next(_numbers)
    return Series.objects.create(
        **{"name": f"Series {number}", "slug": f"series-{number}", **fields}
    )


def make_image(**fields):
    """Return a picture of the library that the desk need add nothing to."""
    out = io.BytesIO()
    Pixels.new("RGB", (1200, 900), "teal").save(out, "JPEG")
    file = ContentFile(out.getvalue(), name=f"{next(_numbers):012x}.jpg")
    return Image.objects.create(
        **{"title": "Quay", "alt_text": "A quay", "credit": "Photo: Desk", "file": file, **fields}
    )


def make_article(authors=None, tags=None, related=(), **fields):
    """Return a saved article that nothing keeps from being published, and nothing warns of."""
    number = next(_numbers)
    fields = {
        "headline": f"Harbour wall number {number} holds",
        "standfirst": f"Night {number} brought the highest water.",
        "body": f"<p>First paragraph {number}.</p><p>Second paragraph.</p>",
        **fields,
    }
    if "section" not in fields:
        fields["section"] = make_section()
    if "lead_image" not in fields:
        fields["lead_image"] = make_image()
    article = Article.objects.create(**fields)
    for position, author in enumerate([make_author()] if authors is None else authors):
        article.bylines.create(author=author, position=position)
    article.tags.set([f"Subject {number}"] if tags is None else tags)
    for position, story in enumerate(related):
        article.related_reads.create(story=story, position=position)
    article.refresh_fingerprint()
    return article


def change(article, **fields):
    """Save changes to the working copy, as the desk does."""
    article.refresh_from_db()
    for name, value in fields.items():
        setattr(article, name, value)
    article.save()
    article.refresh_fingerprint()
