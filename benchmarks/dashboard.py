"""What the desk's first pages cost among a thousand stories, and among many more.

    .venv/bin/python benchmarks/dashboard.py [stories ...]

Fills an SQLite and a PostgreSQL database with 1,000, then 100,000 stories (or the
numbers given), and prints, for the dashboard and the list of stories, the queries, the
median of the milliseconds, and their ratio to the first number's.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PAGES = {
    "dashboard": "/admin/",
    "list of stories": "/admin/articles/article/",
    "form": "/admin/articles/article/7/change/",
}
ROUNDS = 7
CHUNK = 2000


def fill(wanted):
    """Bring the database to a number of stories: most of them live, over ten years."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from articles.models import (
        Article,
        ArticleByline,
        Edition,
        EditionByline,
        PublishingMove,
        Section,
        Stage,
    )
    from authors.models import Author

    # The script says itself when a story was changed.
    Article._meta.get_field("changed_at").auto_now = False
    users = get_user_model().objects
    people = [
        users.get_or_create(username=f"desk{number}", defaults={"is_staff": True})[0]
        for number in range(20)
    ]
    sections = [
        Section.objects.get_or_create(slug=f"s{number}", defaults={"name": f"Section {number}"})[0]
        for number in range(10)
    ]
    authors = [
        Author.objects.get_or_create(slug=f"a{number}", defaults={"name": f"Author {number}"})[0]
        for number in range(100)
    ]
    now, there = timezone.now(), Article.objects.count()
    body = "<p>" + "The harbour wall holds in the highest tide. " * 20 + "</p>"
    for start in range(there, wanted, CHUNK):
        articles = []
        for number in range(start, min(start + CHUNK, wanted)):
            moment = now - timedelta(minutes=random.expovariate(1 / 700_000) + 1)
            articles.append(
                Article(
                    headline=f"Story {number}",
                    slug=f"story-{number}",
                    body=body,
                    section=random.choice(sections),
                    created_by=random.choice(people),
                    changed_by=random.choice(people),
                    changed_at=moment,
                    stage=Stage.IN_REVIEW if number % 5000 == 3 else Stage.READY,
                    assignee=random.choice(people) if number % 5000 == 3 else None,
                    embargoed_until=now + timedelta(days=2) if number % 20_000 == 5 else None,
                    fingerprint="changed" if number % 500 == 1 else "same",
                )
            )
        Article.objects.bulk_create(articles)
        ArticleByline.objects.bulk_create(
            ArticleByline(article=each, author=random.choice(authors)) for each in articles
        )
        editions, moves = [], []
        for number, each in enumerate(articles, start):
            if number % 20 == 0:
                continue
            begins = now + timedelta(hours=3) if number % 10_000 == 11 else each.changed_at
            ends = min(begins + timedelta(days=1), now) if number % 300 == 2 else None
            editions.append(
                Edition(
                    article=each,
                    headline=each.headline,
                    slug=each.slug,
                    body=body,
                    section=each.section,
                    live_from=begins,
                    live_until=ends,
                    first_published_at=begins,
                    first_published_on=begins.date(),
                    made_by=each.changed_by,
                    fingerprint="same",
                )
            )
            if ends:
                moves.append(
                    PublishingMove(
                        article=each,
                        kind="withdraw",
                        made_at=ends,
                        effective_at=ends,
                        made_by=each.changed_by,
                        note="Wrong.",
                    )
                )
        Edition.objects.bulk_create(editions)
        EditionByline.objects.bulk_create(
            EditionByline(
                edition=each,
                author=random.choice(authors),
                first_published_at=each.first_published_at,
            )
            for each in editions
        )
        PublishingMove.objects.bulk_create(moves)


def measure(counts):
    """Fill, open each page, print the figures."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.db import connection, reset_queries
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    first = {}
    for count in counts:
        began = time.perf_counter()
        fill(count)
        filled = time.perf_counter() - began
        # The log of queries is bounded; what filled the database has filled it too.
        reset_queries()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        person = get_user_model().objects.get(username="desk3")
        person.groups.add(Group.objects.get(name="Editor"))
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(person)
        for name, address in PAGES.items():
            times = []
            for _round in range(ROUNDS):
                with CaptureQueriesContext(connection) as queries:
                    began = time.perf_counter()
                    response = client.get(address)
                    times.append(1000 * (time.perf_counter() - began))
                assert response.status_code == 200, (address, response.status_code)
            cost = median(times)
            ratio = cost / first.setdefault(name, cost)
            slowest = max(queries.captured_queries, key=lambda query: float(query["time"]))
            print(
                f"{connection.vendor:10} {count:>9,} {name:16} {len(queries):>3} queries "
                f"{cost:8.1f} ms {ratio:6.2f}   slowest query {slowest['time']} s",
                flush=True,
            )
            if "--explain" in sys.argv and float(slowest["time"]) > 0.05:
                print(slowest["sql"])
        print(f"{connection.vendor:10} filled in {filled:.0f} s", flush=True)


def main():
    counts = [int(each) for each in sys.argv[1:] if each.isdecimal()] or [1000, 100_000]
    if "--here" in sys.argv:
        return measure(counts)
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
            again = [sys.executable, __file__, "--here", *sys.argv[1:]]
            subprocess.run(again, cwd=ROOT, env=here, check=True)


if __name__ == "__main__":
    main()
