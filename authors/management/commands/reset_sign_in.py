from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from authors.accounts.factors import remove_factors
from authors.accounts.sessions import end, sessions_of


class Command(BaseCommand):
    help = (
        "Removes all second factors of an account whose phone or key is lost, and ends its "
        "sessions. Its password stays; whoever must have a second factor sets up a new one."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name that the account signs in with")

    @transaction.atomic
    def handle(self, *args, name, **options):
        account = get_user_model().objects.filter(username=name).first()
        if account is None:
            raise CommandError(f"There is no account “{name}”.")
        sessions = sessions_of(account)
        remove_factors(account)
        end(account, sessions)
        self.stdout.write(f"{name} has no second factor any more. Sessions ended: {len(sessions)}")
