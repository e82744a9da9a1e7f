from secrets import token_urlsafe

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

NAME = "editor"


class Command(BaseCommand):
    help = f"Makes the administrator “{NAME}” with a random password, if there is none yet."

    def add_arguments(self, parser):
        parser.add_argument("--new-password", action="store_true")

    def handle(self, *args, new_password, **options):
        users = get_user_model().objects
        user = users.filter(username=NAME).first()
        if user and not new_password:
            self.stdout.write(f"Login: {NAME} (make password sets a new password)")
            return
        password = token_urlsafe(12)
        if user:
            user.set_password(password)
            user.save()
        else:
            users.create_superuser(NAME, password=password)
        self.stdout.write(f"Login: {NAME}, password: {password}")
