from argparse import ArgumentTypeError
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from articles.backup.making import NAME, delete_old, make, verified
from authors.log import Kind, log
from newsroom.backup_file import Refused
from newsroom.progress import Progress


def days(text):
    """Return a number of days, one at least: with a lesser one, backups of today would go."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is no number of days. Write it as 14.")
    return int(text)


class Command(BaseCommand):
    help = (
        "Writes all rows and media of the newsroom, as they are at one moment, into one file, and "
        "reads it again. Editors can go on meanwhile. The file holds what nobody else may read: "
        "drafts, accounts, the digests of their passwords."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "file", type=Path, help="a new file, or a folder for one named after the moment"
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace the file if there is one"
        )
        parser.add_argument(
            "--verify",
            action="store_true",
            help="make none: read the one that is there, and say whether it is whole",
        )
        parser.add_argument(
            "--keep-days",
            type=days,
            metavar="DAYS",
            help="when it is made, delete those beside it that are named after a moment longer "
            "ago; the last one that lacked no media stays",
        )

    def handle(self, *args, file, overwrite, verify, keep_days, verbosity, **options):
        progress = Progress(self.stdout, verbosity)
        if verify:
            return self._verify(file, progress)
        if file.is_dir():
            file /= timezone.now().strftime(NAME)
        try:
            backup, missing = make(file, progress, overwrite)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(
                f"No backup was made: {error.strerror or error} ({error.filename or file})."
            ) from error
        lacking = []
        try:
            log(Kind.BACK_UP, words=str(file), rows=backup.rows)
        except DatabaseError as error:
            lacking.append(f"the log of who did what does not have it: {str(error).strip()}")
        if verbosity:
            megabytes = backup.size / 1_000_000
            self.stdout.write(
                f"Backup: {file} ({megabytes:,.1f} MB, {backup.rows:,} rows, "
                f"{backup.manifest['media']:,} media)"
            )
        if keep_days is not None:
            try:
                delete_old(file, keep_days)
            except OSError as error:
                raise CommandError(
                    f"The backup was made, but an old one was not deleted: {error}"
                ) from error
        if missing:
            lacking.append(
                f"{len(missing)} media that rows refer to are not there: "
                f"{', '.join(missing[:10])}{' …' if missing[10:] else ''}"
            )
        if lacking:
            raise CommandError(f"The backup was made, but {'; '.join(lacking)}", returncode=2)

    def _verify(self, file, progress):
        try:
            with file.open("rb") as opened:
                backup = verified(opened, progress)
        except (OSError, Refused) as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(
            f"{file} is whole: made {backup.manifest['made_at']}, {backup.rows:,} rows, "
            f"{backup.manifest['media']:,} media"
        )
