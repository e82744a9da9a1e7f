"""What search and lists cost among a thousand stories, and among a million.

    DATABASE_URL=sqlite:////tmp/stories.sqlite3 .venv/bin/python benchmarks/search.py [stories ...]

For each number of stories (default: 1,000 and 100,000) a database of its own is made, its
name that of DATABASE_URL and the number; one that is there already is measured as it is.
Stories stand in time order over ten years; their words are made up, and as frequent as
words are (Zipf's law), a quarter of them has a former edition. Printed are the median and
the best of the milliseconds that the whole page takes, and the ratio of the medians to the
first number's.

What grows: among a thousand stories a word has few matches, so that a page shows fewer cards
and ranks fewer candidates; from some hundred matches on, candidates are bounded, and the
index gives the newest without reading the rest. What may grow on is a search for words that
are common each and stand in one story seldom, which reads the shorter of their two lists.
"""

import json
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from itertools import accumulate, pairwise, product
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ROUNDS = 15
CHUNK = 2000
TEN_YEARS = timedelta(days=3650)
SYLLABLES = [a + b for a, b in product("bdfgklmnprstvz", "aeiou")]
VOCABULARY = 100_000


def vocabulary():
    """Return made-up words, the most frequent first; the commonest are short."""
    made = [a + b for a, b in product(SYLLABLES, SYLLABLES)]
    made += [a + b for a, b in product(made, SYLLABLES)]
    chance = random.Random(1)
    wanted = VOCABULARY - len(made) if len(made) < VOCABULARY else 0
    seen = set(made)
    while wanted:
        word = "".join(chance.choices(SYLLABLES, k=4))
        if word not in seen:
            seen.add(word)
            made.append(word)
            wanted -= 1
    return made[:VOCABULARY]


def fill(count):
    """Write stories straight into the tables, as the publishing door would leave them."""
    from django.db import connection, transaction
    from django.utils import timezone

    from articles import publishing
    from articles.models import Article, Edition, Section, Tag
    from articles.search import backend, indexing, words
    from authors.models import Author

    if Edition.objects.count() >= count:
        return
    chance, known = random.Random(2), vocabulary()
    ranks = range(len(known))
    weights = list(accumulate(1 / rank for rank in range(1, len(known) + 1)))
    # What indexing.fields_of makes of a story, for words that are known beforehand.
    signed = {sign: [sign + words.stem(word) for word in known] for sign in ("¹", "²", "³", "")}
    sections = [
        Section.objects.create(name=f"Section {n}", slug=f"section-{n}", position=n)
        for n in range(10)
    ]
    authors = [Author.objects.create(name=f"Author {n}", slug=f"author-{n}") for n in range(200)]
    tags = [Tag.objects.create(name=f"Tag {known[50 + n]}") for n in range(1000)]
    tag_weights = list(accumulate(1 / rank for rank in range(1, len(tags) + 1)))
    now = timezone.now() - timedelta(minutes=5)
    article = Article.objects.create(
        headline="First", body="<p>First.</p>", section=sections[0], slug="first"
    )
    article.bylines.create(author=authors[0])
    article.tags.set([tags[0]])
    article.refresh_fingerprint()
    edition = publishing.publish(article, at=now - TEN_YEARS)
    indexing.learn(known)
    templates = {
        row._meta.db_table: _template(row)
        for row in (
            article,
            edition,
            edition.bylines.get(),
            edition.edition_tags.get(),
            article.addresses.get(),
        )
    }
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX articles_words")
    pk = edition.pk
    for start in range(1, count, CHUNK):
        rows = {table: [] for table in templates}
        places = []
        for n in range(start, min(start + CHUNK, count)):
            moment = now - TEN_YEARS * ((count - n) / count)
            text = chance.choices(ranks, cum_weights=weights, k=chance.randint(60, 80))
            parts = [text[:6], text[6:16], text[16:40], text[40:]]
            headline, standfirst, *body = (" ".join([known[r] for r in part]) for part in parts)
            writer = chance.choice(authors)
            about = set(chance.choices(tags, cum_weights=tag_weights, k=2))
            number = article.pk + n
            story = {
                "headline": headline.capitalize(),
                "standfirst": standfirst,
                "body": f"<p>{body[0]}</p><p>{body[1]}</p>",
                "slug": f"story-{n}",
                "section_id": chance.choice(sections).pk,
            }
            stands_in = [f"§s{story['section_id']}", f"§a{writer.pk}"]
            stands_in += [f"§g{tag.pk}" for tag in about]
            names = [writer.name.lower().split(), *(tag.name.lower().split() for tag in about)]
            fields = [stands_in]
            for sign, ranks_in in (("¹", 1), ("²", 1), ("³", 2), ("", 4)):
                fields += [[signed[sign][r] for r in part] for part in parts[:ranks_in]]
                if sign != "¹":
                    fields += [[sign + word for word in name] for name in names]
            rows["articles_article"].append({"id": number, **story})
            first = {"first_published_at": moment, "first_published_on": moment.date()}
            rows["articles_address"].append(
                {
                    "id": number + 1,
                    "article_id": number,
                    "day": moment.date(),
                    "slug": story["slug"],
                }
            )
            spans = [moment, None]
            if n % 4 == 0:
                spans.insert(1, moment + timedelta(minutes=1))
            for begins, ends in pairwise(spans):
                pk += 1
                rows["articles_edition"].append(
                    {"id": pk, "article_id": number, "live_from": begins, "live_until": ends}
                    | first
                    | story
                )
                of_it = {"edition_id": pk, "first_published_at": moment}
                rows["articles_editionbyline"].append(
                    {"id": pk + 1, "author_id": writer.pk, **of_it}
                )
                rows["articles_editiontag"] += [
                    {"id": 3 * pk + at, "tag_id": tag.pk, **of_it} for at, tag in enumerate(about)
                ]
                place = indexing.place_of(moment) + pk % indexing.A_SECOND
                places.append((place, pk, fields))
        with transaction.atomic():
            for table, changed in rows.items():
                _write(connection, table, templates[table], changed)
            backend().add(places)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '1GB'")
            cursor.execute(
                "CREATE INDEX articles_words ON articles_indexededition"
                " USING gin (words) WITH (fastupdate = off)"
            )
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")


def _template(row):
    """Return a row's values as the database takes them, by column."""
    from django.db import connection

    return {
        field.column: field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in row._meta.local_fields
    }


def _write(connection, table, template, rows):
    """Write rows that differ from a template."""
    columns = list(template)
    names = ", ".join(columns)
    whole = (template | row for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in whole:
                    copy.write_row(list(row.values()))
        else:
            times = [c for c in columns if c.endswith(("_at", "_from", "_until"))]
            for_sqlite = [
                row | {c: row[c] and str(row[c]).removesuffix("+00:00") for c in times}
                for row in whole
            ]
            holes = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({holes})",
                [list(row.values()) for row in for_sqlite],
            )


def pages():
    """Return what is asked for: a name and an address each."""
    from articles.models import Tag
    from authors.models import Author

    known = vocabulary()
    typo = known[3000][0] + known[3000][2] + known[3000][1] + known[3000][3:]
    return {
        "front": "/",
        "section": "/sections/section-3/",
        "author": Author.objects.get(slug="author-7").get_absolute_url(),
        "tag": Tag.objects.get(name=f"Tag {known[52]}").get_absolute_url(),
        "newest of all": "/search/",
        "rare word": f"/search/?q={known[30_000]}",
        "middling word": f"/search/?q={known[400]}",
        "common word": f"/search/?q={known[10]}",
        "commonest word": f"/search/?q={known[0]}",
        "two common words": f"/search/?q={known[10]}+{known[20]}",
        "phrase, common": f"/search/?q=%22{known[3]}+{known[5]}%22",
        "phrase, middling": f"/search/?q=%22{known[100]}+{known[200]}%22",
        "word -word": f"/search/?q={known[10]}+-{known[5]}",
        "word OR word": f"/search/?q={known[10]}+OR+{known[30_000]}",
        "typing error": f"/search/?q={typo}",
        "found nothing": "/search/?q=xylophonists",
        "with a section": f"/search/?q={known[10]}&section=section-3",
        "with author, tag": f"/search/?q={known[10]}&author=author-7&tag=tag-{known[52]}",
        "dates of 2020": f"/search/?q={known[400]}&from=2020-02-01&to=2020-11-30",
        "older than 2018": f"/search/?q={known[10]}&to=2018-01-01&order=newest",
    }


def measure(count):
    """Fill, open each page some times; print the medians as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    # Static files need not be collected for this.
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES["staticfiles"]["BACKEND"] = plain
    began = time.perf_counter()
    fill(count)
    print(f"{count:,} filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    if "--fill" in sys.argv:
        return print("{}")
    client = Client(headers={"host": "127.0.0.1"})
    costs = {}
    for name, address in pages().items():
        times = []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            response = client.get(address)
            times.append(1000 * (time.perf_counter() - began))
            assert response.status_code == 200, (address, response.status_code)
        costs[name] = [median(times), min(times)]
    print(json.dumps(costs))


def make_database(url):
    """Make a database of PostgreSQL if it is not there."""
    import psycopg

    server, _slash, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not there.fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')


def main():
    counts = [int(each) for each in sys.argv[1:] if each.isdecimal()] or [1000, 100_000]
    if "--here" in sys.argv:
        return measure(*counts)
    all_costs = []
    for count in counts:
        url = f"{os.environ['DATABASE_URL']}_{count}"
        if url.startswith("postgres"):
            make_database(url)
        here = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "SECRET_KEY": "only-for-this-run-" + "0123456789abcdefghijklmnopqrstuvwxyz",
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": "off",
            "DEBUG": "off",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=here, check=True)
        again = [sys.executable, __file__, "--here", str(count), *sys.argv[1 + len(counts) :]]
        done = subprocess.run(again, cwd=ROOT, env=here, check=True, stdout=subprocess.PIPE)
        all_costs.append(json.loads(done.stdout))
    print(f"{'milliseconds':18}" + "".join(f"{count:>12,}  (best) ratio" for count in counts))
    for name, (first, _best) in all_costs[0].items():
        cells = (
            f"{costs[name][0]:12.1f}{costs[name][1]:8.1f}{costs[name][0] / first:6.2f}"
            for costs in all_costs
        )
        print(f"{name:18}" + "".join(cells))


if __name__ == "__main__":
    main()
