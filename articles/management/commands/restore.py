from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from articles.backup.making import verified
from articles.backup.restoring import restore
from articles.invariants import breaches
from newsroom.backup_file import Refused
from newsroom.progress import Progress

# A damaged newsroom has as many breaches as rows: so many are named.
NAMED = 10


class Command(BaseCommand):
    help = (
        "Makes an empty newsroom (migrated, and no more) what a backup holds, on SQLite or "
        "PostgreSQL, whichever the backup came from. Whatever goes wrong, the database is "
        "afterwards as it was before."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="let go of everything that is in the newsroom, its log included",
        )

    def handle(self, *args, file, replace, verbosity, **options):
        progress = Progress(self.stdout, verbosity)
        try:
            with file.open("rb") as opened:
                backup = verified(opened, progress)
                restore(backup, progress, str(file), replace)
        except Refused as refused:
            raise CommandError(f"Nothing was restored. {refused}") from refused
        except (OSError, DatabaseError) as error:
            raise CommandError(
                f"Nothing was restored, the database is as it was: {str(error).strip()}"
            ) from error
        if backup.manifest["missing"]:
            self.stderr.write(
                f"{backup.manifest['missing']} media that rows refer to were missing when the "
                f"backup was made: {', '.join(backup.manifest['missing_first'][:10])} …"
            )
        if verbosity:
            self.stdout.write(
                f"Restored: {backup.rows:,} rows and {backup.manifest['media']:,} media of "
                f"{backup.manifest['made_at']}. Restart what serves the newsroom."
            )
        # Afterwards: a newsroom that was amiss when it was backed up has to come back, too.
        progress.begin("Asking whether all is as it has to be", 1)
        found = list(islice(breaches(), NAMED))
        progress.end("no" if found else "it is")
        if found:
            raise CommandError(
                "It was restored, but was not as it has to be when the backup was made (manage.py "
                "check_newsroom names all): " + "; ".join(found),
                returncode=2,
            )
