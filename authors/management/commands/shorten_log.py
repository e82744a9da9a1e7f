import json
import os
from argparse import ArgumentTypeError
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from authors.log import Kind, log
from authors.models import LoggedAct
from authors.models.log_rules import install_log_rules, lift_log_rules

# What happened lately is what somebody would want to be rid of who broke in.
KEPT_AT_LEAST = timedelta(days=90)
# So many rows go at a time: while they do, whoever publishes waits.
CHUNK = 5000


def midnight(text):
    """Return the moment at which a day (2025-01-31) begins in the newsroom's zone."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise ArgumentTypeError(f"“{text}” is no day. Write it as 2025-01-31.")
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


@contextmanager
def new_file(path):
    """Open a new file, unbuffered, that its owner alone may read; one that stays empty goes.

    Raises OSError.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            yield file
    finally:
        if not path.stat().st_size:
            path.unlink()


def add_whole(file, lines):
    """Add bytes to an unbuffered file and see them on the disk, or none; raises OSError."""
    end = file.tell()
    try:
        while lines:
            lines = lines[file.write(lines) :]
        os.fsync(file.fileno())
    except BaseException:
        file.truncate(end)
        raise


class Command(BaseCommand):
    help = (
        "Deletes what was logged before a day, and logs that. For who owns the database: "
        "nothing else takes anything out of the log of who did what."
    )

    def add_arguments(self, parser):
        parser.add_argument("before", type=midnight, help="a day, for example 2025-01-31")
        parser.add_argument(
            "--into",
            type=Path,
            help="a new file that keeps what is deleted, as lines of JSON",
        )

    def handle(self, *args, before, into, **options):
        if before > timezone.now() - KEPT_AT_LEAST:
            raise CommandError(f"The last {KEPT_AT_LEAST.days} days of the log are kept.")
        deleted = 0
        try:
            with new_file(into) if into else nullcontext() as file:
                while chunk := self._delete_a_chunk(before, file):
                    deleted += chunk
        except OSError as error:
            raise CommandError(
                f"{into}: {error.strerror}. Deleted from the log before that: {deleted}"
            ) from error
        self.stdout.write(f"Deleted from the log: {deleted}")

    def _delete_a_chunk(self, before, file):
        """Delete the oldest acts, at most CHUNK, and return how many they were."""
        with transaction.atomic():
            # First the lock that it takes, then what is read behind it.
            lift_log_rules(connection)
            acts = list(
                LoggedAct.objects.filter(happened_at__lt=before)
                .order_by("happened_at", "pk")
                .values()[:CHUNK]
            )
            if file:
                lines = [json.dumps(act, cls=DjangoJSONEncoder) + "\n" for act in acts]
                add_whole(file, "".join(lines).encode())
            LoggedAct.objects.filter(pk__in=[act["id"] for act in acts]).delete()
            install_log_rules(connection)
            if acts:
                log(Kind.SHORTEN_LOG, rows=len(acts), before=before.isoformat())
        return len(acts)
