"""Puts the demo newsroom into a database: its own writing, its own drawings.

Stories lie in ``stories/``, one TOML file each, drawings in ``pictures/``; times are
counted back from the moment of loading, so that the paper is always of today.
"""

import tomllib
from datetime import timedelta
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from articles import publishing, review
from articles.models import Address, Article, Image, Section, Series, Stage, Tag
from authors.models import Author
from newsroom.pictures import free_name

FOLDER = Path(__file__).resolve().parent
DESK = "lerran-post-desk"


def read_demo():
    """Return (newsroom, stories): the demo as it is written, oldest story first."""
    newsroom = tomllib.loads((FOLDER / "newsroom.toml").read_text())
    stories = [tomllib.loads(file.read_text()) for file in sorted(FOLDER.glob("stories/*.toml"))]
    return newsroom, sorted(stories, key=lambda story: -story.get("age_hours", 0))


@transaction.atomic
def load():
    """Make what of the demo newsroom is missing; return how many stories were made.

    What is there already, by its slug or its address, stays as somebody may have left
    it.
    """
    newsroom, stories = read_demo()
    desk = _account(DESK, newsroom["name"])
    for position, section in enumerate(newsroom["sections"]):
        Section.objects.get_or_create(
            slug=section["slug"], defaults={**section, "position": position}
        )
    for series in newsroom["series"]:
        Series.objects.get_or_create(slug=series["slug"], defaults=series)
    for author in newsroom["authors"]:
        _make_author(author)
    images = {image["key"]: _make_image(image, desk) for image in newsroom["images"]}
    missing = [story for story in stories if not _is_there(story["slug"])]
    articles = {story["slug"]: _make_article(story, images, desk) for story in missing}
    now = timezone.now()
    for story in missing:
        article = articles[story["slug"]]
        _relate(article, story)
        _bring_out(article, story, now, desk)
    return len(missing)


def _account(username, name):
    """An account that the demo's history names; nobody can sign in with it."""
    account, made = get_user_model().objects.get_or_create(
        username=username, defaults={"first_name": name, "is_active": False}
    )
    if made:
        account.set_unusable_password()
        account.save()
    return account


def _is_there(slug):
    """Whether a story has the slug, or once was published under it."""
    return Article.objects.filter(slug=slug).exists() or Address.objects.filter(slug=slug).exists()


def _picture(name):
    # Under a name that nobody has, as an upload's is: stores put one file in another's place.
    drawn = (FOLDER / "pictures" / f"{name}.webp").read_bytes()
    return ContentFile(drawn, free_name("webp"))


def _make_author(profile):
    slug = profile["slug"]
    if Author.objects.filter(slug=slug).exists():
        return
    author = Author.objects.create(
        slug=slug,
        name=profile["name"],
        job_title=profile["job_title"],
        bio=profile["bio"],
        email=profile["email"],
        is_on_staff=profile["on_staff"],
        photo=_picture(slug),
        focal_x=50,
        focal_y=38,
    )
    for position, link in enumerate(profile["links"]):
        author.links.create(**link, position=position)


def _make_image(entry, desk):
    image = Image.objects.filter(title=entry["title"], uploaded_by=desk).first()
    if image:
        return image
    fields = {name: entry[name] for name in ("title", "alt_text", "caption", "credit")}
    return Image.objects.create(**fields, uploaded_by=desk, file=_picture(entry["key"]))


def _make_article(story, images, desk):
    body = story["body"].strip()
    for key, image in images.items():
        body = body.replace(f'data-image="{key}"', f'data-image="{image.pk}"')
    article = Article.objects.create(
        headline=story["headline"],
        slug=story["slug"],
        standfirst=story["standfirst"],
        body=body,
        dateline=story.get("dateline", ""),
        section=Section.objects.get(slug=story["section"]),
        series=Series.objects.filter(slug=story.get("series")).first(),
        lead_image=images[story["image"]],
        stage=Stage.READY,
        changed_by=desk,
    )
    article.tags.set([Tag.objects.get_or_create(name=name)[0] for name in story["tags"]])
    for position, line in enumerate(story["bylines"]):
        article.bylines.create(
            author=Author.objects.get(slug=line["author"]),
            role=line.get("role", ""),
            position=position,
        )
    return article


def _relate(article, story):
    for position, read in enumerate(story.get("related", [])):
        if "story" in read:
            read = {"story": Article.objects.filter(slug=read["story"]).first()}
        article.related_reads.create(**read, position=position)


def _bring_out(article, story, now, desk):
    """Take a story through the moves that its file tells of, in their order."""

    def ago(hours):
        return now - timedelta(hours=hours)

    if "handed_in" in story:
        article.refresh_fingerprint()
        writer = Author.objects.get(slug=story["bylines"][0]["author"])
        here = get_user_model().objects.filter(is_superuser=True, is_active=True).first()
        review.hand_in(
            article,
            by=_account(writer.slug, writer.name),
            assignee=here if story["handed_in"]["to_administrator"] else None,
            note=story["handed_in"]["note"],
        )
        return
    if "embargoed" in story:
        article.embargoed_until = now + timedelta(hours=story["embargoed"]["in_hours"])
        article.save()
        article.refresh_fingerprint()
        return
    if "scheduled" in story:
        moment = now + timedelta(hours=story["scheduled"]["in_hours"])
        publishing.schedule(article, moment, by=desk)
        return
    publishing.publish(article, at=ago(story["age_hours"]), by=desk)
    for entry in sorted(story.get("corrections", []), key=lambda entry: -entry["age_hours"]):
        noted_at = ago(entry["age_hours"])
        article.corrections.create(kind=entry["kind"], text=entry["text"], noted_at=noted_at)
        publishing.publish(article, at=noted_at, by=desk, note=entry["text"], says_updated=True)
    if "withdrawn" in story:
        publishing.withdraw(article, story["withdrawn"]["reason"], by=desk)
    if "working_copy" in story:
        draft = story["working_copy"]
        article.refresh_from_db()
        article.headline = draft.get("headline", article.headline)
        article.body += draft.get("added_paragraph", "")
        article.stage = Stage.DRAFTING
        article.save()
        article.refresh_fingerprint()
