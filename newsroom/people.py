"""What the desk calls people."""

from django.utils.translation import gettext_lazy as _

SOMEBODY = _("somebody")


def name(user, nobody=SOMEBODY):
    """Return the name of an account; ``nobody`` for one that is deleted, or was none (None)."""
    return user.get_full_name() or user.get_username() if user else str(nobody)
