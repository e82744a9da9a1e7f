"""The rows that tests begin with, each whole enough to be published."""

from itertools import count

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from PIL import Image as Pixels

from articles.models import Article, Edition, Image, Section, Series
from articles.models.story import Story
from authors.models import Author
from tests.pictures import encoded

_numbers = count(1)
QUAY = encoded(Pixels.new("RGB", (1200, 900), "teal"))


def make_person(name, *roles, may=(), **fields):
    """Return an account at the desk with these roles, and the permissions ``may`` beside them."""
    person = get_user_model().objects.create_user(name, **{"is_staff": True, **fields})
    person.groups.set([Group.objects.get(name=role) for role in roles])
    person.user_permissions.set([Permission.objects.get(codename=each) for each in may])
    return person


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
    file = ContentFile(QUAY, name=f"{next(_numbers):012x}.jpg")
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


def make_editions(article, moments):
    """Write editions of an article that nobody has published: many of them are quickly there.

    Each takes the place of the one before at one of the moments, which are in order.
    """
    story = {field.attname: getattr(article, field.attname) for field in Story._meta.fields}
    Edition.objects.bulk_create(
        Edition(
            **{**story, "slug": f"story-{article.pk}"},
            article=article,
            live_from=begin,
            live_until=end,
            first_published_at=moments[0],
            first_published_on=moments[0].date(),
            fingerprint=article.fingerprint,
        )
        for begin, end in zip(moments, [*moments[1:], None], strict=True)
    )
