"""One file with everything in it, and everything out of it again, on either database."""

import io
import json
import os
import re
import resource
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from articles import publishing
from articles.backup.making import make, verified
from articles.backup.restoring import restore
from articles.backup.tables import LEFT_OUT, models, plain_field, tables
from articles.invariants import breaches
from articles.models import (
    Article,
    Correction,
    Edition,
    FrontPage,
    FrontPagePick,
    Image,
    IndexedEdition,
    PageChange,
    Section,
    Sitting,
)
from articles.search import Search
from authors.log import Kind
from authors.models import Author, LoggedAct
from newsroom.backup_file import Reader, Refused, Writer
from newsroom.health import last_migrations
from newsroom.progress import Progress
from tests.at_once import at_once
from tests.browser.server import ROOT, database_url
from tests.factories import make_article, make_author, make_person
from tests.newsroom.cached_site import Site
from tests.newsroom.test_outage import read_only

real = pytest.mark.django_db(transaction=True)
SILENT = Progress(io.StringIO(), 0)
HOUR = timedelta(hours=1)


def make_newsroom():
    """Make some of everything, with values that do not survive just any way through a file."""
    ann = make_person("ann", last_name="Ångström-Ł 🖋")
    author = make_author(name="Zoë 'O\"Neill\\", bio="\t\u2028 two lines\r\nend ", user=ann)
    article = make_article([author], ["Häfen", "NULL"], body="<p>A harbour wall &amp; 'more'.</p>")
    Correction.objects.create(article=article, kind="correction", text='“Two”, not "three"; %s')
    publishing.publish(article, by=ann, note="{}")
    publishing.schedule(make_article(), timezone.now() + HOUR, by=ann)
    withdrawn = make_article()
    publishing.publish(withdrawn, by=ann)
    publishing.withdraw(withdrawn, "Wrong.", by=ann)
    front_page = FrontPage.objects.create(live_from=timezone.now() + HOUR)
    FrontPagePick.objects.create(front_page=front_page, article=article, position=0)
    odd = {"zz": [1.5, -0.0, 1e22, 10**18, None, True, "\ud83d\udd8b é \\u0041"], "a": {}, "ä": ""}
    Sitting.objects.create(
        key=uuid4(),
        user=ann,
        article=article,
        base=odd,
        words={},
        number=2**63 - 1,
        seen_at=timezone.now(),
    )
    # What the model would not store, past the model.
    Article.objects.filter(pk=article.pk).update(
        created_at=datetime(1969, 12, 31, 23, 59, 59, 1, UTC), embargoed_until=None
    )
    with connection.cursor() as cursor:
        body = "<p onclick='x()'>Older than the rules</p>"
        cursor.execute("UPDATE articles_article SET body = %s", [body])
    return article


def back_up(path, *options):
    call_command("backup", str(path), *options, verbosity=0)
    return path


def contents(path):
    """Return what a backup has of each table but the log, and its media."""
    with path.open("rb") as file:
        backup = Reader(file)
        said = {
            name: (t["rows"], t["digest"], t["last_number"]) for name, t in backup.tables.items()
        }
        del said["authors_loggedact"]
        return said, sorted(backup.media)


def log_of(path):
    with path.open("rb") as file:
        return list(Reader(file).rows_of("authors_loggedact"))


def indexes_of_words():
    with connection.cursor() as cursor:
        table = IndexedEdition._meta.db_table
        return connection.introspection.get_constraints(cursor, table)


@real
def test_everything_comes_back_as_it_was_and_the_newsroom_goes_on_from_there(tmp_path, settings):
    article = make_newsroom()
    gone = make_article()
    gone_number = gone.pk
    gone.delete()
    settings.MEDIA_ROOT = tmp_path / "media"
    image = Image.objects.first()
    default_storage.save(image.file.name, io.BytesIO(b"a picture"))
    for each in Image.objects.exclude(pk=image.pk):
        default_storage.save(each.file.name, io.BytesIO(each.file.name.encode()))
    first = back_up(tmp_path / "first.zip")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    site = Site()
    assert "Harbour wall" in site.get("/").text

    publishing.withdraw(article, "Gone")
    for number in range(3):
        publishing.publish(make_article(headline=f"Written since the backup {number}"))
    Author.objects.update(name="Somebody else")
    assert "Written since" in site.get("/").text
    default_storage.delete(image.file.name)
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(first), verbosity=0)
    assert Author.objects.filter(name="Somebody else").exists()

    indexes = indexes_of_words()
    call_command("restore", str(first), "--replace", verbosity=0)
    assert indexes_of_words() == indexes
    second = back_up(tmp_path / "second.zip")
    assert contents(second) == contents(first)
    *log, restored = log_of(second)
    assert log == log_of(first)
    assert {Kind.RESTORE, str(first)} <= {*map(str, restored)}
    assert default_storage.open(image.file.name).read() == b"a picture"

    assert list(breaches()) == []

    # Pages that were kept are not shown any more, and those to come know their moment.
    assert "Written since" not in site.get("/").text
    moments = set(PageChange.objects.filter(is_at_once=False).values_list("tag", flat=True))
    scheduled = Edition.objects.to_come().get()
    assert {f"article:{scheduled.article_id}", "picks"} <= moments
    # Search finds, numbers are not given twice, and the database keeps its rules.
    assert Search(Edition.objects.live()).matching("harbour wall").latest(1)
    assert IndexedEdition.objects.count() == Edition.objects.count()
    assert make_article().pk > gone_number
    with pytest.raises(IntegrityError), transaction.atomic():
        LoggedAct.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.update(headline="Another")
    site.get("/")
    Section.objects.create(name="New section", slug="new-section")
    assert PageChange.objects.order_by("-pk")[0].tag == "sections"


def manage(*arguments, **environment):
    """Run a command in a process of its own; return it when it has ended."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@real
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="needs both databases")
def test_a_backup_goes_from_postgresql_to_sqlite_and_back(tmp_path):
    make_newsroom()
    first, second, third = (tmp_path / f"{name}.zip" for name in ("first", "second", "third"))
    back_up(first)
    other = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3",
        "MEDIA_ROOT": str(tmp_path / "other"),
    }
    assert manage("migrate", "--verbosity=0", **other).returncode == 0
    restored = manage("restore", first, **other)
    assert restored.returncode == 0, restored.stderr
    assert "Rows: " in restored.stdout
    assert "all as in the backup" in restored.stdout
    manage("backup", second, **other)
    assert contents(second) == contents(first)
    assert log_of(second)[:-1] == log_of(first)
    call_command("restore", str(second), "--replace", verbosity=0)
    assert contents(back_up(third)) == contents(first)


class Meddling(Progress):
    """A progress that acts while rows are read, now and then."""

    def __init__(self, act):
        super().__init__(io.StringIO(), 0)
        self.act, self.tables = act, 0

    def each(self, parts):
        for number, part in enumerate(super().each(parts)):
            yield part
            if number == 0 and self._what == "Rows":
                if self.tables % 7 == 0:
                    self.act()
                self.tables += 1


@real
def test_a_backup_is_of_one_moment_while_editors_go_on(tmp_path):
    """Whoever publishes, changes and withdraws between two rows waits for nothing."""
    make_newsroom()
    before = contents(back_up(tmp_path / "before.zip"))

    def edit():
        publishing.publish(article := make_article())
        Author.objects.update(bio="Changed meanwhile")
        publishing.withdraw(article, "Meanwhile")

    path = tmp_path / "meanwhile.zip"
    make(path, Meddling(lambda: at_once(edit)))
    assert Author.objects.filter(bio="Changed meanwhile").exists()
    said, media = contents(path)
    # The numbers that rows get are of no moment: they only ever grow.
    rows = {name: table[:2] for name, table in said.items()}
    assert rows == {name: table[:2] for name, table in before[0].items()}
    assert media == before[1]
    call_command("restore", str(path), "--replace", verbosity=0)
    assert list(breaches()) == []


@real
def test_one_changed_byte_or_a_lost_end_is_found_wherever_it_is(tmp_path):
    make_article()
    path = back_up(tmp_path / "backup.zip")
    call_command("backup", str(path), "--verify", stdout=(said := io.StringIO()))
    assert "is whole" in said.getvalue()
    good = path.read_bytes()
    step = len(good) // 150
    # Where the file's own list says that its last part is encrypted (APPNOTE.TXT, 4.3.12).
    encrypted = good.rindex(b"PK\x01\x02") + 8
    for place in [encrypted, *range(0, len(good), step), *range(len(good) - 150, len(good))]:
        bad = bytearray(good)
        bad[place] ^= 1
        with pytest.raises(Refused):
            verified(io.BytesIO(bytes(bad)), SILENT)
    for length in (0, 1, len(good) // 2, len(good) - 1):
        with pytest.raises(Refused, match="its end is missing"):
            verified(io.BytesIO(good[:length]), SILENT)
    path.write_bytes(good[: len(good) // 2] + b"!" + good[len(good) // 2 + 1 :])
    with pytest.raises(CommandError, match=r"(?s)Nothing was restored.*damaged"):
        call_command("restore", str(path), "--replace", verbosity=0)
    assert Article.objects.count() == 1


KILLED = """
import django, os, signal
django.setup()
from articles.backup import making, restoring
from newsroom.health import last_migrations
from newsroom.progress import Progress
class Deadly(Progress):
    def begin(self, what, total):
        if what == "Search":
            os.kill(os.getpid(), signal.SIGKILL)
        super().begin(what, total)
import sys
from django.core.management.base import OutputWrapper
progress = Deadly(OutputWrapper(sys.stdout))
with open(sys.argv[1], "rb") as file:
    restoring.restore(making.verified(file, progress), progress, replace=True)
"""


@real
def test_a_restore_that_is_killed_before_its_end_leaves_the_database_as_it_was(tmp_path):
    make_newsroom()
    path = back_up(tmp_path / "backup.zip")
    publishing.publish(make_article(headline="Written since"))
    before = contents(back_up(tmp_path / "before.zip"))
    environment = {
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "DATABASE_URL": database_url(),
        "MEDIA_ROOT": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -9, killed.stderr
    assert "Comparing" in killed.stdout
    assert contents(back_up(tmp_path / "after.zip")) == before
    with pytest.raises(IntegrityError), transaction.atomic():
        LoggedAct.objects.all().delete()


KILLED_HALF_WRITTEN = """
import django, os, signal, sys
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from newsroom.backup_file import new_file
from pathlib import Path
class Deadly(ContentFile):
    def chunks(self, size=None):
        yield b"half"
        os.kill(os.getpid(), signal.SIGKILL)
if os.fork() == 0:
    default_storage.save("pictures/of-the-quay.jpg", Deadly(b""))
os.wait()
with new_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@real
def test_what_a_kill_leaves_half_written_is_no_picture_and_cleared_away_after_a_day(
    tmp_path, settings, client
):
    settings.MEDIA_ROOT = tmp_path / "media"
    environment = {
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "MEDIA_ROOT": str(tmp_path / "media"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", KILLED_HALF_WRITTEN, str(tmp_path / "one.zip")]
    killed = subprocess.run(command, env={**os.environ, **environment}, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    parts = sorted(tmp_path.rglob("*.part"))
    assert [part.parent.name for part in parts] == ["pictures", tmp_path.name]
    assert not default_storage.exists("pictures/of-the-quay.jpg")
    for name in ("of-the-quay.jpg", parts[0].name):
        assert client.get(f"/pictures/{name}/wide-320.webp").status_code == 404

    # One may still be written.
    assert contents(back_up(tmp_path / "two.zip"))[1] == []
    assert sorted(tmp_path.rglob("*.part")) == parts
    for part in parts:
        os.utime(part, (0, time.time() - 25 * 60 * 60))
    back_up(tmp_path / "three.zip")
    assert list(tmp_path.rglob("*.part")) == []


@real
def test_a_full_disk_is_told_in_a_sentence_and_leaves_no_file(tmp_path):
    make_newsroom()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(CommandError, match=r"No backup was made: File too large"):
            back_up(tmp_path / "backups.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.glob("backups*")) == []
    assert not LoggedAct.objects.filter(kind=Kind.BACK_UP).exists()


@real
def test_who_backs_up_a_database_that_takes_nothing_is_told_that_the_log_alone_lacks_it(tmp_path):
    make_newsroom()
    path = tmp_path / "backup.zip"
    with (
        read_only(),
        pytest.raises(CommandError, match="The backup was made, but the log .* does not have it"),
    ):
        back_up(path)
    call_command("backup", str(path), "--verify", stdout=io.StringIO())
    assert not LoggedAct.objects.filter(kind=Kind.BACK_UP).exists()


@real
def test_what_is_in_the_way_or_missing_is_named(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    make_article()
    image = Image.objects.get()
    (tmp_path / "backups").mkdir()
    back_up(tmp_path / "backups")
    (path,) = (tmp_path / "backups").iterdir()
    assert re.fullmatch(r"newsroom-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.zip", path.name)
    with pytest.raises(CommandError, match="is there already"):
        back_up(path)
    back_up(path, "--overwrite")

    default_storage.save(image.file.name, io.BytesIO(b"another picture"))
    with pytest.raises(CommandError, match=f"another file with the name {image.file.name}"):
        call_command("restore", str(path), "--replace", verbosity=0)
    assert default_storage.open(image.file.name).read() == b"another picture"

    default_storage.delete(image.file.name)
    with pytest.raises(CommandError, match=f"not there: {image.file.name}") as error:
        back_up(tmp_path / "without.zip")
    assert error.value.returncode == 2
    told = io.StringIO()
    call_command("restore", str(tmp_path / "without.zip"), "--replace", verbosity=0, stderr=told)
    assert image.file.name in told.getvalue()
    with pytest.raises(CommandError, match="No such file"):
        call_command("restore", str(tmp_path / "none.zip"))

    recorder = MigrationRecorder(connection)
    recorder.record_applied("articles", "0999_of_tomorrow")
    try:
        with pytest.raises(CommandError, match=r"only this database has articles\.0999_of_tomor"):
            call_command("restore", str(path), "--replace", verbosity=0)
    finally:
        recorder.record_unapplied("articles", "0999_of_tomorrow")
    last = sorted(last_migrations())[0]
    recorder.record_unapplied(*last)
    try:
        with pytest.raises(CommandError, match=r"run manage\.py migrate first"):
            call_command("restore", str(path), "--replace", verbosity=0)
    finally:
        recorder.record_applied(*last)


@real
def test_old_backups_go_when_a_new_one_is_whole_but_never_the_last_that_lacked_nothing(
    tmp_path, settings
):
    settings.MEDIA_ROOT = tmp_path / "media"
    make_article()
    folder = tmp_path / "backups"
    folder.mkdir()

    def named(days):
        return folder / f"newsroom-{timezone.now() - timedelta(days):%Y-%m-%dT%H-%M-%SZ}.zip"

    def left():
        return {each for each in folder.iterdir() if each not in (today, other)}

    other, today = folder / "before-the-move.zip", named(0)
    oldest, older, old, recent = (back_up(named(days)) for days in (40, 30, 20, 13))
    back_up(other)
    with pytest.raises(CommandError, match="No backup was made"):
        back_up(tmp_path / "no" / today.name, "--keep-days", "14")
    assert left() == {oldest, older, old, recent}
    back_up(today, "--keep-days", "14")
    assert left() == {recent} and other.exists()

    # Nights of backups that lack a picture: it is in older ones alone.
    recent.rename(whole := named(60))
    today.unlink()
    default_storage.delete(Image.objects.get().file.name)
    for days in (50, 20, 3):
        with pytest.raises(CommandError, match="are not there"):
            back_up(named(days))
    (broken := named(55)).write_bytes(b"Half a copy")
    with pytest.raises(CommandError, match="are not there") as error:
        back_up(today, "--keep-days", "14")
    assert error.value.returncode == 2
    assert broken not in left() and whole in left() and len(left()) == 2


@real
@pytest.mark.parametrize("days", ["-3", "0", "two"])
def test_what_is_no_number_of_days_costs_no_backup(tmp_path, days):
    older = tmp_path / "newsroom-2020-01-31T03-40-00Z.zip"
    older.write_bytes(b"")
    with pytest.raises(CommandError, match=f"“{days}” is no number of days"):
        call_command("backup", str(tmp_path), f"--keep-days={days}")
    assert [*tmp_path.iterdir()] == [older]


@real
def test_what_was_amiss_when_it_was_backed_up_is_said_after_a_restore(tmp_path):
    publishing.publish(article := make_article())
    article.addresses.all().delete()
    path = back_up(tmp_path / "backup.zip")
    Article.objects.update(headline="Written since")
    with pytest.raises(CommandError, match=r"It was restored, but.*address leads nowhere") as error:
        call_command("restore", str(path), "--replace", verbosity=0)
    assert error.value.returncode == 2
    assert Article.objects.get().headline != "Written since"


def forged(path, *, media=(), change=lambda manifest: None, rows=None):
    """Return the Reader of a file that somebody made who knows how: all its digests are right."""
    with path.open("rb") as file:
        backup = Reader(file)
        out = io.BytesIO()
        writer = Writer(out)
        for name, said in backup.tables.items():
            own = (rows or {}).get(name, backup.rows_of(name))
            lines = (json.dumps(row).encode() + b"\n" for row in own)
            writer.add_table(name, said["columns"], lines).update(
                digest=said["digest"], last_number=said["last_number"]
            )
        for name in media:
            writer.add_medium(name, io.BytesIO(b"picture"))
        manifest = {k: backup.manifest[k] for k in ("made_at", "migrations")}
        change(manifest)
        for table in manifest.pop("more_tables", ()):
            writer.add_table(table, ["id"], []).update(digest="", last_number=None)
        writer.finish(**manifest)
    return Reader(out)


@real
def test_a_forged_file_is_refused_and_changes_nothing(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media" / "deep"
    make_person("ann")
    path = back_up(tmp_path / "backup.zip")
    before = contents(path)

    def refuses(reason, **forgery):
        backup = forged(path, **forgery)
        with pytest.raises(Refused, match=reason):
            backup.verify()
            restore(backup, SILENT, replace=True)

    for name in ("../../evil.jpg", "/etc/evil.jpg", "a/../../b.jpg", "a\\..\\b", "C:evil", "a\nb"):
        refuses("no name that media have", media=[name])
    refuses("other tables", change=lambda said: said.update(more_tables=["sqlite_master"]))
    refuses("another release", change=lambda said: said.update(migrations=[]))
    refuses("did not come in", rows={"auth_user": []})
    refuses("Row 1 of auth_group cannot be stored", rows={"auth_group": [[None, None]]})
    refuses("damaged", rows={"auth_group": [[1, "Too", "long"]]})
    refuses("damaged", rows={"auth_group": ["no row"]})

    # A member that unpacks to more than it says, or is not what it is said to be.
    bomb = io.BytesIO(path.read_bytes())
    with ZipFile(bomb, "a") as archive:
        archive.writestr("media/bomb.jpg", b"\0" * 100_000, compress_type=8)
    with pytest.raises(Refused):
        verified(bomb, SILENT)
    assert contents(back_up(tmp_path / "after.zip")) == before
    assert not list(tmp_path.rglob("evil*"))


@real
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite takes it")
def test_a_nul_that_postgresql_cannot_store_is_refused_with_its_row(tmp_path):
    back_up(tmp_path / "first.zip")
    path = back_up(tmp_path / "second.zip")
    with path.open("rb") as file:
        columns = Reader(file).tables["authors_loggedact"]["columns"]
    act = log_of(path)[-1]
    key, details = columns.index("id"), columns.index("details")
    acts = [[*act] for _number in range(5)]
    for number, each in enumerate(acts):
        each[key] += number
    acts[1][details] = '{"words": "\\u0000"}'
    for rows, where in (
        ({"auth_group": [[1, "Desk"], [2, "A\0B"], [3, "C"]]}, "Row 2 of auth_group.*NUL"),
        ({"authors_loggedact": acts}, "(?s)Row 2 of authors_loggedact.*u0000"),
    ):
        with pytest.raises(Refused, match=where):
            restore(forged(path, rows=rows), SILENT, replace=True)


def test_every_table_is_in_a_backup_and_numbered_so_that_its_order_is_the_same_everywhere():
    named = {table.name for table in tables()}
    left_out = {apps.get_model(label)._meta.db_table for label in LEFT_OUT}
    assert named | left_out == {model._meta.db_table for model in models()}
    # Whoever comes by a backup must not be signed in by it.
    assert not any("session_key" in table.columns for table in tables())
    for table in tables():
        kind = plain_field(table.model._meta.pk).get_internal_type()
        assert "Integer" in kind or "Auto" in kind


def test_progress_is_a_line_that_changes_on_a_terminal_and_silence_when_asked():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, verbosity, said in (
        (Terminal(), 1, r"\rRows: 0 % +\rRows: 3 +\n"),
        (io.StringIO(), 1, r"Rows: 3\n"),
        (Terminal(), 0, ""),
    ):
        progress = Progress(OutputWrapper(stream), verbosity)
        progress.begin("Rows", 3)
        assert list(progress.each("abc")) == [*"abc"]
        progress.end("3")
        assert re.fullmatch(said, stream.getvalue())
