"""Restoring a backup: all of it or nothing, whatever happens meanwhile."""

import hashlib
import json
import re

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import DataError, IntegrityError, connection, transaction

from articles.backup.making import told_of_the_store
from articles.backup.tables import empty_all, migrations, tables
from articles.models import Article, Edition, Image, Section, Tag
from articles.models.page_change_rules import install_page_change_rules, remove_page_change_rules
from articles.page_tags import note_all_anew
from articles.search import indexing
from authors.log import Kind, log
from authors.models import Author
from authors.models.log_rules import install_log_rules, lift_log_rules
from newsroom.backup_file import BLOCK, Refused
from newsroom.health import missing_migrations

# An empty newsroom has none of these.
ROWS_OF_A_NEWSROOM = (Article, Author, Image, Section, Tag, get_user_model())


def restore(backup, progress, file="", replace=False):
    """Make the newsroom what a verified backup (a Reader) holds; ``file`` is its name for the log.

    Raises Refused, and Django's database errors; then the database is as it was.
    """
    _refuse_other_tables(backup)
    if not replace and any(model.objects.exists() for model in ROWS_OF_A_NEWSROOM):
        raise Refused(
            "This newsroom is not empty. Restore into one that has been migrated and no more, or "
            "add --replace: then everything that is here is lost."
        )
    _refuse_other_media(backup, progress)
    _restore_media(backup, progress)
    with transaction.atomic():
        _restore_rows(backup, progress)
        log(Kind.RESTORE, words=file, at=backup.manifest["made_at"], rows=backup.rows)
    ContentType.objects.clear_cache()


def _refuse_other_tables(backup):
    """Raise Refused unless the backup is of a database that is built as this one."""
    if missing_migrations():
        raise Refused("This database lacks tables or columns: run manage.py migrate first.")
    here, there = set(migrations()), set(backup.manifest["migrations"])
    if here != there:
        differences = [
            f"{words} {_some(sorted(names))}"
            for words, names in (
                ("only the backup has", there - here),
                ("only this database has", here - there),
            )
            if names
        ]
        raise Refused(
            f"The backup was made by another release of Newsroom ({'; '.join(differences)}). "
            "Install the release that made it, migrate an empty database, restore into that, and "
            "upgrade then."
        )
    if {name: said["columns"] for name, said in backup.tables.items()} != {
        table.name: table.columns for table in tables()
    }:
        raise Refused("The backup has other tables than this release of Newsroom.")


def _some(names):
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")


# Media


def _refuse_other_media(backup, progress):
    """Raise Refused if another file has the name of one in the backup."""
    media = backup.media
    progress.begin("Looking for media that are there", len(media))
    for name, length, digest in progress.each(media):
        with told_of_the_store(name):
            is_other = default_storage.exists(name) and not _has(name, length, digest)
        if is_other:
            raise Refused(
                f"Among the media is another file with the name {name}, which is not overwritten. "
                "Restore with an empty folder or bucket."
            )
    progress.end("none in the way")


def _restore_media(backup, progress):
    """Store the files that are not there, and see that they are as they were."""
    media = backup.media
    progress.begin("Media", len(media))
    for name, length, digest in progress.each(media):
        with told_of_the_store(name):
            if default_storage.exists(name):
                continue
            with backup.open_medium(name) as file:
                stored = default_storage.save(name, File(file, name))
            if stored != name or not _has(name, length, digest):
                raise Refused(f"The file {name} was not stored as it is in the backup.")
    progress.end(f"{len(media):,}")


def _has(name, length, digest):
    with default_storage.open(name) as file:
        found, read = hashlib.sha256(), 0
        while block := file.read(BLOCK):
            found.update(block)
            read += len(block)
    return read == length and found.hexdigest() == digest


# Rows


def _restore_rows(backup, progress):
    progress.begin("Rows", backup.rows)
    # What they would note of each row is noted of all of them below.
    remove_page_change_rules(apps, connection.schema_editor())
    lift_log_rules(connection)
    empty_all()
    for table in tables():
        rows = _Counted(backup.rows_of(table.name), progress)
        try:
            table.load(rows)
            connection.check_constraints([table.name])
        except (DataError, IntegrityError, ValueError, json.JSONDecodeError) as error:
            # PostgreSQL is handed many rows at once, and says itself which it does not take.
            said = re.search(rf"COPY {table.name}, line (\d+)", str(error))
            number = said[1] if said else rows.count
            raise Refused(f"Row {number} of {table.name} cannot be stored here: {error}") from error
    for table in tables():
        last = backup.tables[table.name]["last_number"]
        if last is not None:
            table.go_on_after(last)
    progress.end(f"{backup.rows:,}")
    progress.begin("Comparing", backup.rows)
    for table in tables():
        digest = hashlib.sha256()
        for _line in progress.each(table.lines(digest)):
            pass
        if digest.hexdigest() != backup.tables[table.name]["digest"]:
            raise Refused(f"The rows of {table.name} did not come in as they are in the backup.")
    progress.end("all as in the backup")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Without figures of what is in them now, it would plan as if they were empty.
            cursor.execute("ANALYZE")
    progress.begin("Search", Edition.objects.count())
    indexing.make_anew(progress.advance, is_alone=True)
    progress.end("indexed")
    install_log_rules(connection)
    install_page_change_rules(apps, connection.schema_editor())
    note_all_anew()


class _Counted:
    """Rows, of which ``count`` have been handed out."""

    def __init__(self, rows, progress):
        self._rows, self._progress, self.count = rows, progress, 0

    def __iter__(self):
        for row in self._rows:
            self.count += 1
            yield row
            self._progress.advance()
