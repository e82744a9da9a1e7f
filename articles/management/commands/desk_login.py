from secrets import token_urlsafe

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from articles.roles import ROLES

NAME = "editor"
ROLE_OF = {slugify(role): role for role in ROLES}


class Command(BaseCommand):
    help = (
        f"Makes the administrator “{NAME}” with a random password, if there is none yet; "
        "with --role, an account with that role alone, to see the desk as its people do."
    )

    def add_arguments(self, parser):
        parser.add_argument("--new-password", action="store_true")
        parser.add_argument("--role", choices=ROLE_OF)

    @transaction.atomic
    def handle(self, *args, new_password, role, **options):
        name = f"role-{role}" if role else NAME
        users = get_user_model().objects
        user = users.filter(username=name).first()
        if user and not new_password:
            suffix = f" ROLE={role}" if role else ""
            self.stdout.write(f"Login: {name} (make password{suffix} sets a new password)")
            return
        password = token_urlsafe(12)
        if user:
            user.set_password(password)
            user.save()
        elif role:
            group = Group.objects.filter(name=ROLE_OF[role]).first()
            if group is None:
                raise CommandError(f"There is no group “{ROLE_OF[role]}” any more.")
            user = users.create_user(name, password=password, is_staff=True)
            user.groups.add(group)
        else:
            users.create_superuser(name, password=password)
        self.stdout.write(f"Login: {name}, password: {password}")
