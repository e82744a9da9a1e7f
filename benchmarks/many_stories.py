"""Fills a database with as many stories as a benchmark asks for, a million in minutes.

The first thousand are made one by one, some in every state; then all there are are
copied by the database itself, under other keys, until there are enough. The copies are
inserted like any other row: the database's rules look at each of them.
"""

import os
import random
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST = 1000
WORDS = "harbour budget school tram election hospital storm court museum bridge".split()
BODY = "<p>" + "The harbour wall holds in the highest tide. " * 20 + "</p>"


def fill(wanted):
    """Bring the database to a number of stories, most of them live, over ten years."""
    from django.db import connection

    from articles.models import Article

    if not Article.objects.exists():
        write_first(min(wanted, FIRST))
    if connection.vendor == "sqlite":
        # Room for the indexes that are written to all over, for the time of writing alone.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -1000000")
    while (there := Article.objects.count()) < wanted:
        repeat(min(there, wanted - there), there)
    connection.close()


def write_first(wanted):
    """Write the stories that all others are copies of, and who and what they are about."""
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django.utils import timezone

    from articles.models import Article, Section, Tag
    from authors.models import Author

    # The script says itself when a story was changed.
    Article._meta.get_field("changed_at").auto_now = False
    users = get_user_model().objects
    people = [users.create_user(f"desk{number}", is_staff=True) for number in range(20)]
    sections = [
        Section.objects.create(slug=f"s{number}", name=f"Section {number}") for number in range(10)
    ]
    authors = [
        Author.objects.create(
            slug=f"a{number}",
            name=f"Author {number}",
            user=people[number] if number < len(people) else None,
        )
        for number in range(100)
    ]
    tags = [Tag.objects.create(name=f"Subject {number}") for number in range(300)]
    now = timezone.now()
    with transaction.atomic():
        for number in range(wanted):
            write_one(number, now, people, random.choice(sections), authors, tags)


def write_one(number, now, people, section, authors, tags):
    """Write one story with what readers have of it; its number decides on its state."""
    from articles.models import (
        Address,
        Article,
        ArticleByline,
        ArticleTag,
        Edition,
        EditionByline,
        EditionTag,
        PublishingMove,
        Stage,
    )

    moment = now - timedelta(minutes=random.expovariate(1 / 700_000) + 1)
    in_review = number % 250 == 0
    article = Article.objects.create(
        headline=f"Story {number}: {random.choice(WORDS)} and {random.choice(WORDS)}",
        standfirst="The water came in the night, and the wall held it.",
        slug=f"story-{number}",
        body=BODY,
        section=section,
        created_by=random.choice(people),
        changed_by=random.choice(people),
        changed_at=moment,
        stage=Stage.IN_REVIEW if in_review else Stage.DRAFTING,
        assignee=random.choice(people) if in_review else None,
        embargoed_until=now + timedelta(days=5) if number % 500 == 20 else None,
        fingerprint="changed" if number % 50 == 1 else "same",
    )
    author, about = random.choice(authors), random.sample(tags, 2)
    ArticleByline.objects.create(article=article, author=author)
    for tag in about:
        ArticleTag.objects.create(content_object=article, tag=tag)
    if number % 20 == 0:
        return
    begins = now + timedelta(days=3) if number % 500 == 11 else moment
    ends = min(begins + timedelta(days=1), now) if number % 100 == 2 else None
    # Every third story was updated once.
    updated = begins + timedelta(seconds=30) if number % 3 == 1 and not ends else None
    for live_from, live_until in [
        (begins, updated or ends),
        *([(updated, ends)] if updated else []),
    ]:
        edition = Edition.objects.create(
            article=article,
            headline=article.headline,
            slug=article.slug,
            body=BODY,
            section=section,
            live_from=live_from,
            live_until=live_until,
            first_published_at=begins,
            first_published_on=begins.date(),
            made_by=article.changed_by,
            fingerprint="same",
        )
        EditionByline.objects.create(edition=edition, author=author, first_published_at=begins)
        for tag in about:
            EditionTag.objects.create(edition=edition, tag=tag, first_published_at=begins)
    Address.objects.create(article=article, day=begins.date(), slug=article.slug)
    if ends:
        PublishingMove.objects.create(
            article=article,
            kind=PublishingMove.Kind.WITHDRAW,
            made_at=ends,
            effective_at=ends,
            made_by=article.changed_by,
            note="Wrong.",
        )


def repeat(stories, there):
    """Copy the first stories, and all that hangs on them, under keys from ``there`` on.

    The copies are some hours older than their originals, so that they lie among them.
    """
    from django.core.management.color import no_style
    from django.db import connection, models, transaction
    from django.db.models import F, Max, Value
    from django.db.models.functions import Concat

    from articles.models import (
        Address,
        Article,
        ArticleByline,
        ArticleTag,
        Edition,
        EditionByline,
        EditionTag,
        PublishingMove,
    )

    first = {Article: there, Edition: Edition.objects.aggregate(most=Max("pk"))["most"] or 0}
    older = timedelta(seconds=there / 20)

    def copy(field):
        of = field.related_model if field.is_relation else field.model
        if of in first and (field.is_relation or field.primary_key):
            return F(field.attname) + first[of]
        if isinstance(field, models.DateTimeField):
            return F(field.name) - older
        if field.name in ("slug", "headline"):
            return Concat(F(field.name), Value(f"-{there}"))
        return F(field.attname)

    copied = {
        Article: "pk",
        ArticleByline: "article",
        ArticleTag: "content_object",
        Edition: "article",
        EditionByline: "edition__article",
        EditionTag: "edition__article",
        Address: "article",
        PublishingMove: "article",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for model, of in copied.items():
            fields = [
                field
                for field in model._meta.concrete_fields
                if model in first or not field.primary_key
            ]
            originals = (
                model.objects.filter(**{f"{of}__lte": stories})
                .order_by()
                .annotate(**{f"copied_{field.name}": copy(field) for field in fields})
                .values_list(*(f"copied_{field.name}" for field in fields))
            )
            select, parameters = originals.query.sql_with_params()
            columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
            cursor.execute(f"INSERT INTO {model._meta.db_table} ({columns}) {select}", parameters)
        for statement in connection.ops.sequence_reset_sql(no_style(), list(first)):
            cursor.execute(statement)


def on_both_databases(script):
    """Run a benchmark once for each database, with ``--here`` and this run's own arguments."""
    # Only databases made for this run: never one that somebody works in.
    os.environ.pop("DATABASE_URL", None)
    from tests.run import postgresql

    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "SECRET_KEY": "only-for-this-run-" + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "off",
        "DEBUG": "on",
    }
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        for each in (f"sqlite:///{folder}/desk.sqlite3", url):
            here = {**environment, "DATABASE_URL": each, "MEDIA_ROOT": folder}
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=ROOT, env=here, check=True)
            again = [sys.executable, script, "--here", *sys.argv[1:]]
            subprocess.run(again, cwd=ROOT, env=here, check=True)
