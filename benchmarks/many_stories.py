"""Fills an empty, migrated database with stories: a million of them in half an hour.

    DATABASE_URL=... .venv/bin/python benchmarks/many_stories.py 1000000

A database in which it was broken off has lost its references: throw it away.

The rows are written straight into the tables, as the publishing door and the desk would
leave them, and the database's own rules look at each of them. A newsroom makes 250 stories a
day, so that a million are eleven years of work; every twentieth came in from an older
archive. Words are made up and as frequent as words are (Zipf's law), and so are sections,
authors and tags; one tag stands on a third of all stories. There are 1.6 editions a story;
one story in fifty is a draft, one in fifty was changed since, one in a hundred withdrawn.
"""

import json
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import accumulate, count, pairwise, product
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

CHUNK = 2000
PACE = timedelta(days=1) / 250
TEN_YEARS = timedelta(days=3650)
UPDATED_AFTER, WITHDRAWN_AFTER = timedelta(minutes=40), timedelta(days=1)
# What the desk is at, however old its newsroom is.
TO_COME, AT_WORK = 20, 1000
SYLLABLES = [a + b for a, b in product("bdfgklmnprstvz", "aeiou")]
VOCABULARY = 50_000


def vocabulary():
    """Return made-up words, the most frequent first; the commonest are short."""
    twos = [a + b for a, b in product(SYLLABLES, SYLLABLES)]
    return (twos + [a + b for a, b in product(twos, SYLLABLES)])[:VOCABULARY]


def chooser(chance, rows):
    """Return a function that chooses some of the rows, the first of them most often."""
    weights = list(accumulate(1 / rank for rank in range(1, len(rows) + 1)))
    return partial(chance.choices, rows, cum_weights=weights)


class Table:
    """The rows of one model that wait to be written: of each only what differs from a first."""

    def __init__(self, first, *names):
        """``first`` is a stored row, ``names`` the fields that the others say themselves."""
        from django.db import connection

        own = [first._meta.get_field(name) for name in names]
        rest = [
            field
            for field in first._meta.concrete_fields
            if field not in own and not (field.primary_key and field.auto_created)
        ]
        self.name = first._meta.db_table
        self.columns = [field.column for field in [*own, *rest]]
        self.rest = tuple(
            field.get_db_prep_save(getattr(first, field.attname), connection) for field in rest
        )
        self.rows = []

    def add(self, *values):
        self.rows.append(values + self.rest)

    def take(self):
        """Return the rows that wait, which wait no longer."""
        rows, self.rows = self.rows, []
        return rows

    def write(self, cursor, rows):
        columns = ", ".join(self.columns)
        if cursor.db.vendor == "postgresql":
            with cursor.copy(f"COPY {self.name} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            holes = ", ".join(["%s"] * len(self.columns))
            cursor.executemany(f"INSERT INTO {self.name} ({columns}) VALUES ({holes})", rows)


class Filling:
    """Who and what the stories are about, and the tables that they go into."""

    def __init__(self, wanted):
        from django.contrib.auth import get_user_model
        from django.utils import timezone

        from articles.models import Section, Series, Tag
        from articles.search import indexing, words
        from authors.models import Author

        self.wanted, self.now = wanted, timezone.now()
        self.chance = random.Random(1)
        self.known = vocabulary()
        indexing.learn(self.known)
        self.stem_of = {word: words.stem(word) for word in self.known}
        self.some_words = chooser(self.chance, self.known)
        paragraphs = [self.some_words(k=30) for _number in range(5000)]
        self.paragraphs = [
            (f"<p>{' '.join(those).capitalize()}.</p>", [self.stem_of[word] for word in those])
            for those in paragraphs
        ]
        make_user = get_user_model().objects.create_user
        self.people = [make_user(f"desk{n}", is_staff=True) for n in range(40)]
        sections = [Section(name=f"Section {n}", slug=f"section-{n}") for n in range(10)]
        self.sections = Section.objects.bulk_create(sections)
        series = [Series(name=f"Series {n}", slug=f"series-{n}") for n in range(40)]
        self.series = Series.objects.bulk_create(series)
        self.authors = Author.objects.bulk_create(
            Author(
                name=f"{self.known[300 + n].capitalize()} {self.known[900 + n].capitalize()}",
                slug=f"author-{n}",
                user=self.people[n] if n < len(self.people) else None,
            )
            for n in range(400)
        )
        # A newsroom goes on making tags.
        self.tags = [
            Tag.objects.create(name=f"{self.known[2000 + n]} {self.known[(7 * n) % 4900]}")
            for n in range(300 + wanted // 200)
        ]
        self.some_sections = chooser(self.chance, self.sections)
        self.some_series = chooser(self.chance, self.series)
        self.some_authors = chooser(self.chance, self.authors)
        self.some_tags = chooser(self.chance, self.tags)
        self.names = {row: words.split(row.name) for row in [*self.authors, *self.tags]}
        self.places = []
        self._make_first()

    def _make_first(self):
        """Make a story by the product's own ways: the others differ from it in what they say."""
        from django.core.files.base import ContentFile
        from django.db import connection
        from PIL import Image as Pixels
        from reversion.models import Version

        from articles import publishing
        from articles.admin.revisions import record
        from articles.models import Article, Correction, FrontPage, Handover, Image
        from tests.pictures import encoded

        user = self.people[0]
        file = ContentFile(encoded(Pixels.new("RGB", (1200, 900), "teal")), "many.jpg")
        image = Image.objects.create(
            title="First", alt_text="A quay", credit="Desk", file=file, uploaded_by=user
        )
        article = Article.objects.create(
            headline="First",
            standfirst="First.",
            body="<p>First.</p>",
            slug="first",
            section=self.sections[0],
            lead_image=image,
            created_by=user,
            changed_by=user,
        )
        line = article.bylines.create(author=self.authors[0])
        article.tags.set(self.tags[:1])
        read = article.related_reads.create(title="Elsewhere", url="https://example.org/")
        correction = article.corrections.create(kind=Correction.Kind.CORRECTION, text="Wrong.")
        handover = Handover.objects.create(article=article, stage="drafting", made_by=user)
        article.refresh_fingerprint()
        record(article, user, "Begun")
        edition = publishing.publish(article, at=self.now - 2 * TEN_YEARS, by=user)
        page = FrontPage.objects.create(live_from=edition.live_from, made_by=user)
        pick = page.front_page_picks.create(article=article)
        article.refresh_from_db()
        read.title = read.url = ""
        edition.lead_image_alt = edition.lead_image_credit = ""
        version = Version.objects.get_for_object(article).first()
        self.saved = json.loads(version.serialized_data)[0]
        self.article_pk, self.first_image = article.pk, image.pk
        self.edition_pks = count(edition.pk + 1)
        self.image_pks, self.page_pks = count(image.pk + 1), count(page.pk + 1)
        self.revision_pks = count(version.revision_id + 1)
        self.latest_image = image.pk
        self.latest_live = [article.pk]
        shown = ("headline", "standfirst", "body", "slug", "section", "series", "lead_image")
        self.tables = {
            "images": Table(image, "id", "title", "file", "checksum", "uploaded_at"),
            "articles": Table(
                article,
                "id",
                *shown,
                "stage",
                "assignee",
                "embargoed_until",
                "created_at",
                "created_by",
                "changed_at",
                "changed_by",
                "fingerprint",
            ),
            "article_images": Table(article.article_images.get(), "article", "image"),
            "article_bylines": Table(line, "article", "author", "position"),
            "article_tags": Table(article.article_tags.get(), "content_object", "tag"),
            "related_reads": Table(read, "article", "story", "position"),
            "corrections": Table(correction, "article", "noted_at"),
            "handovers": Table(
                handover, "article", "stage", "made_at", "made_by", "assignee", "note"
            ),
            "revisions": Table(version.revision, "id", "date_created", "user"),
            "versions": Table(version, "revision", "object_id", "serialized_data", "object_repr"),
            "editions": Table(
                edition,
                "id",
                "article",
                *shown,
                "live_from",
                "live_until",
                "first_published_at",
                "first_published_on",
                "made_at",
                "made_by",
                "related_reads",
                "corrections",
                "fingerprint",
            ),
            "edition_images": Table(edition.edition_images.get(), "edition", "image"),
            "edition_bylines": Table(
                edition.bylines.get(),
                "edition",
                "author",
                "position",
                "first_published_at",
                "corrected_at",
            ),
            "edition_tags": Table(
                edition.edition_tags.get(), "edition", "tag", "first_published_at"
            ),
            "addresses": Table(article.addresses.get(), "article", "day", "slug"),
            "moves": Table(
                article.moves.get(), "article", "kind", "made_at", "effective_at", "made_by", "note"
            ),
            "front_pages": Table(page, "id", "live_from", "made_at"),
            "picks": Table(pick, "front_page", "article", "position"),
        }
        self.is_postgresql = connection.vendor == "postgresql"

    def time(self, moment):
        """Return a moment as the database takes it; None for none."""
        return moment and (str(moment) if self.is_postgresql else str(moment)[:-6])

    def write_story(self, n):
        """Add the rows of the nth story."""
        from django.utils import timezone

        from articles.search import A_SECOND, indexing

        into, chance, pk, time = self.tables, self.chance, self.article_pk + n, self.time
        age = self.wanted - n
        moment = self.now - PACE * (age - TO_COME)
        if age < TO_COME:
            moment = self.now + timedelta(hours=3) * (TO_COME - age)
        elif n % 20 == 5:
            moment = self.now - TEN_YEARS * chance.random() - timedelta(days=1)
        is_at_work = TO_COME <= age < AT_WORK
        in_review, embargoed = is_at_work and n % 50 == 3, is_at_work and n % 100 == 7
        is_draft = in_review or embargoed or n % 50 == 9
        withdrawn = n % 100 == 21 and age > 2 * WITHDRAWN_AFTER / PACE
        # The words
        headline, standfirst = self.some_words(k=6), self.some_words(k=12)
        body = chance.sample(self.paragraphs, 3)
        slug = f"{headline[0]}-{headline[1]}-{n}"
        # Where it stands
        (section,) = self.some_sections()
        series = self.some_series()[0] if n % 5 == 3 else None
        writers = dict.fromkeys(self.some_authors(k=1 + (n % 5 == 0)))
        about = dict.fromkeys([*([self.tags[0]] if n % 3 == 0 else []), *self.some_tags(k=2)])
        maker, editor = chance.choices(self.people, k=2)
        if n % 5 == 0:
            self.latest_image = next(self.image_pks)
            into["images"].add(
                self.latest_image,
                " ".join(headline[:3]),
                f"pictures/{n}.jpg",
                f"{n:064x}",
                time(min(moment, self.now)),
            )
        image = self.first_image if n % 50 == 0 else None if n % 10 == 4 else self.latest_image
        words = (
            " ".join(headline).capitalize(),
            " ".join(standfirst).capitalize() + ".",
            "".join(html for html, _stems in body),
            slug,
            section.pk,
            series and series.pk,
            image,
        )
        fingerprint = f"{n:064x}"
        now, was = time(min(moment, self.now)), time(min(moment, self.now) - timedelta(hours=2))
        into["articles"].add(
            pk,
            *words,
            "in review" if in_review else "drafting",
            self.people[n // 50 % 40].pk if in_review else None,
            time(self.now + timedelta(days=1 + n % 7)) if embargoed else None,
            was,
            maker.pk,
            now,
            editor.pk,
            f"changed {n}" if n % 50 == 31 else fingerprint,
        )
        if image:
            into["article_images"].add(pk, image)
        for place, author in enumerate(writers):
            into["article_bylines"].add(pk, author.pk, place)
        for tag in about:
            into["article_tags"].add(pk, tag.pk)
        reads = [other for other in self.latest_live[-2:] if n % 3 == 1]
        for place, other in enumerate(reads):
            into["related_reads"].add(pk, other, place)
        if in_review or n % 3 == 0:
            stage = "in review" if in_review else "ready"
            note = "Please look." if in_review else ""
            into["handovers"].add(pk, stage, was, maker.pk, editor.pk, note)
        revision = next(self.revision_pks)
        into["revisions"].add(revision, was, maker.pk)
        fields = {
            "headline": words[0],
            "standfirst": words[1],
            "body": words[2],
            "slug": slug,
            "section": words[4],
            "series": words[5],
            "lead_image": image,
        }
        saved = self.saved | {"pk": pk, "fields": self.saved["fields"] | fields}
        into["versions"].add(revision, str(pk), json.dumps([saved]), words[0])
        if is_draft:
            return
        # What readers have
        day = str(timezone.localdate(moment))
        into["addresses"].add(pk, day, slug)
        corrected_at = moment + UPDATED_AFTER if n % 100 == 1 else None
        begins = [moment, *([moment + UPDATED_AFTER] if n % 5 < 3 and age > TO_COME else [])]
        for begin, end in pairwise([*begins, moment + WITHDRAWN_AFTER if withdrawn else None]):
            edition = next(self.edition_pks)
            noted = corrected_at if begin != moment else None
            kind = "correction"
            into["editions"].add(
                edition,
                pk,
                *words,
                time(begin),
                time(end),
                time(moment),
                day,
                time(min(begin, self.now)),
                editor.pk,
                json.dumps([{"article": other} for other in reads]),
                json.dumps(
                    [{"kind": kind, "text": "Wrong.", "noted_at": noted.isoformat()}]
                    if noted
                    else []
                ),
                fingerprint,
            )
            if noted:
                into["corrections"].add(pk, time(noted))
            if image:
                into["edition_images"].add(edition, image)
            for place, author in enumerate(writers):
                into["edition_bylines"].add(edition, author.pk, place, time(moment), time(noted))
            for tag in about:
                into["edition_tags"].add(edition, tag.pk, time(moment))
            kind = "publish" if age > TO_COME else "schedule"
            into["moves"].add(pk, kind, time(min(begin, self.now)), time(begin), editor.pk, "")
            place = indexing.place_of(moment) + edition % A_SECOND
            self.places.append(
                (
                    place,
                    edition,
                    self._fields(headline, standfirst, body, section, series, writers, about),
                )
            )
        if withdrawn:
            into["moves"].add(pk, "withdraw", time(end), time(end), editor.pk, "Wrong.")
        elif age > TO_COME:
            self.latest_live = [*self.latest_live[-4:], pk]
        if n % 30 == 0 and age > TO_COME:
            page = next(self.page_pks)
            into["front_pages"].add(page, now, now)
            for place, pick in enumerate(self.latest_live):
                into["picks"].add(page, pick, place)

    def _fields(self, headline, standfirst, body, section, series, writers, about):
        """Return what ``indexing.fields_of`` makes of a story, for words that are known."""
        stands_in = [
            f"§s{section.pk}",
            *([f"§r{series.pk}"] if series else []),
            *(f"§a{author.pk}" for author in writers),
            *(f"§g{tag.pk}" for tag in about),
        ]
        stem_of, names = self.stem_of, [self.names[row] for row in [*writers, *about]]
        told = [headline, *names, standfirst]
        fields = [stands_in]
        for sign, those in (("¹", told[:1]), ("²", told[:-1]), ("³", told), ("", told)):
            fields += [[sign + stem_of[word] for word in each] for each in those]
        return [*fields, [stem for _html, stems in body for stem in stems]]

    def take(self):
        """Return what waits to be written: rows by table, and what the search finds."""
        rows = {table: table.take() for table in self.tables.values()}
        places, self.places = self.places, []
        return rows, places


def write(rows, places):
    """Write what a Filling gave away, in one transaction."""
    from django.db import connection, transaction

    from articles.search import backend

    with transaction.atomic(), connection.cursor() as cursor:
        for table, those in rows.items():
            table.write(cursor, those)
        backend().add(places)


# References are checked, and the index of words is made, sooner at the end, for all rows at once.
ALTOGETHER = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s',
                  conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""


def begin():
    """Make the database ready for many rows; return the statements that end that."""
    from django.db import connection

    from articles.search import postgresql

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(ALTOGETHER)
            drops, adds = zip(*cursor.fetchall(), strict=True)
            for statement in [*drops, postgresql.DROP_INDEX, "SET synchronous_commit = off"]:
                cursor.execute(statement)
            return [*adds, postgresql.CREATE_INDEX]
        else:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -500000")
    return []


def finish(statements):
    """Leave the database as one that was written story by story; return ``cpu`` of it all."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '1GB'")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")
    return cpu(connection)


def fill(wanted):
    """Fill a database that has no stories with a number of them; say how fast that went.

    While stories are made those before are written, by a process with a connection of its own.
    Raises SystemExit for one that has stories, unless there are as many already.
    """
    from django.db import connection

    from articles.models import Article

    there = Article.objects.count()
    if there == wanted:
        return
    if there:
        sys.exit(f"Here are {there:,} stories: {wanted:,} are made in an empty database only.")
    vendor, began = connection.vendor, time.perf_counter()
    filling = Filling(wanted)
    connection.close()
    # Its process is this one's copy.
    with ProcessPoolExecutor(1, get_context("fork")) as writer:
        begun = under_way = writer.submit(begin)
        for n in range(1, wanted):
            filling.write_story(n)
            if n % CHUNK == 0 or n == wanted - 1:
                # No more than one waits.
                under_way.result()
                under_way = writer.submit(write, *filling.take())
        under_way.result()
        worked = time.process_time() + writer.submit(finish, begun.result()).result()
    wall = time.perf_counter() - began
    print(
        f"{vendor}: {wanted:,} stories in {wall:.0f} s ({wanted / wall:,.0f} a second),"
        f" {worked:.0f} s of CPU ({wanted / worked:,.0f} a second)",
        file=sys.stderr,
        flush=True,
    )


def cpu(connection):
    """Return the seconds of CPU that this process has had, and its connection's server process."""
    seconds = time.process_time()
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
        seconds += int(server.read_text().split()[0]) / 1e9
    return seconds


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django

    django.setup()
    fill(int(sys.argv[1]))


if __name__ == "__main__":
    main()
