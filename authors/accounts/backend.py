"""Who a session belongs to, and in the same question whether a second factor is missing."""

from functools import cache

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model

from authors.accounts.factors import lacking_required_factor


class Backend(AuthenticationBackend):
    def get_user(self, user_id):
        """Return an account with ``lacks_required_factor``, or None if it may not sign in."""
        user = _accounts().filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


@cache
def _accounts():
    """Return all accounts to ask among: put together once, for each request of the desk asks."""
    accounts = get_user_model()._default_manager
    return accounts.annotate(lacks_required_factor=lacking_required_factor()).order_by("pk")
