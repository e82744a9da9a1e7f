import json
import os
from argparse import ArgumentTypeError, FileType
from datetime import datetime, timedelta

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


class Command(BaseCommand):
    help = (
        "Deletes what was logged before a day, and logs that. For who owns the database: "
        "nothing else takes anything out of the log of who did what."
    )

    def add_arguments(self, parser):
        parser.add_argument("before", type=midnight, help="a day, for example 2025-01-31")
        parser.add_argument(
            "--into",
            type=FileType("x", encoding="utf-8"),
            help="a new file that keeps what is deleted, as lines of JSON",
        )

    def handle(self, *args, before, into, **options):
        if before > timezone.now() - KEPT_AT_LEAST:
            raise CommandError(f"The last {KEPT_AT_LEAST.days} days of the log are kept.")
        deleted = 0
        while chunk := self._delete_a_chunk(before, into):
            deleted += chunk
        self.stdout.write(f"Deleted from the log: {deleted}")

    def _delete_a_chunk(self, before, into):
        """Delete the oldest acts, at most CHUNK, and return how many they were."""
        with transaction.atomic():
            # First the lock that it takes, then what is read behind it.
            lift_log_rules(connection)
            acts = list(
                LoggedAct.objects.filter(happened_at__lt=before)
                .order_by("happened_at", "pk")
                .values()[:CHUNK]
            )
            if into:
                into.writelines(json.dumps(act, cls=DjangoJSONEncoder) + "\n" for act in acts)
                into.flush()
                os.fsync(into.fileno())
            LoggedAct.objects.filter(pk__in=[act["id"] for act in acts]).delete()
            install_log_rules(connection)
            if acts:
                log(Kind.SHORTEN_LOG, rows=len(acts), before=before.isoformat())
        return len(acts)
