"""Making a backup: everything as it was at one moment, while editors go on."""

import hashlib
from contextlib import contextmanager
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from articles.backup.tables import migrations, tables
from newsroom.backup_file import Reader, Refused, Writer, is_medium_name, new_file

# So many files that are missing are named in a backup.
NAMED = 100
# What a backup in a folder is named after: its moment, so that names are in the order of time.
NAME = "newsroom-%Y-%m-%dT%H-%M-%SZ.zip"
NAMED_SO = "newsroom-????-??-??T??-??-??Z.zip"


def make(path, progress, overwrite=False):
    """Write a backup into a new file and read it again; return (its Reader, missing media).

    The second is a list of names that rows refer to and the storage has no files of. Raises
    Refused, OSError and Django's database errors; then there is no file.
    """
    with new_file(path, overwrite) as file, Writer(file) as writer:
        with one_moment():
            found = tables()
            progress.begin("Rows", sum(table.count() for table in found))
            made_at = timezone.now()
            names = set()
            for table in found:
                digest = hashlib.sha256()
                said = writer.add_table(
                    table.name, table.columns, progress.each(table.lines(digest))
                )
                said |= {"digest": digest.hexdigest(), "last_number": table.last_number()}
                names |= table.file_names()
            applied = migrations()
        progress.end(f"{sum(said['rows'] for said in writer.tables):,}")
        missing = _add_media(writer, sorted(names), progress)
        writer.finish(
            made_at=made_at.isoformat(),
            migrations=applied,
            missing=len(missing),
            missing_first=missing[:NAMED],
        )
        backup = verified(file, progress)
    if hasattr(default_storage, "tidy"):
        default_storage.tidy()
    return backup, missing


def delete_old(made, days):
    """Delete the backups beside a new one that are named after a moment so many days ago or more.

    The last that lacked no media stays: what is missing since may be nowhere else. Raises OSError.
    """
    backups = sorted(made.parent.glob(NAMED_SO))
    whole = next(filter(_lacks_nothing, reversed(backups)), None)
    first_kept = (timezone.now() - timedelta(days)).strftime(NAME)
    for path in backups:
        if path.name < first_kept and path not in (made, whole):
            path.unlink()


def _lacks_nothing(path):
    try:
        with path.open("rb") as file:
            return not Reader(file).manifest["missing"]
    except Refused:
        return False


def verified(file, progress):
    """Return the Reader of an open backup that was found to be whole; raises Refused."""
    backup = Reader(file)
    progress.begin("Reading it again", 2 * backup.size)
    backup.verify(progress.advance)
    progress.end("it is whole")
    return backup


def _add_media(writer, names, progress):
    """Write the files of these names; return the names of those that are not there."""
    progress.begin("Media", len(names))
    missing = []
    for name in progress.each(names):
        if not is_medium_name(name):
            raise Refused(f"A row refers to the file “{name}”, which is no name of ours.")
        try:
            with told_of_the_store(name), default_storage.open(name) as file:
                writer.add_medium(name, file)
        except FileNotFoundError:
            missing.append(name)
    progress.end(f"{writer.media:,}")
    return missing


@contextmanager
def told_of_the_store(name):
    """Raise Refused for whatever a store of media raises in the block that is no OSError."""
    try:
        yield
    except (OSError, Refused):
        raise
    except Exception as error:
        raise Refused(f"The store of the media failed at {name}: {error}") from error


@contextmanager
def one_moment():
    """Read everything within as it is at one moment; nobody who writes waits for that."""
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # With a write-ahead log, what begins by reading goes on reading what was there then.
    mode, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic():
            yield
    finally:
        connection.transaction_mode = mode
