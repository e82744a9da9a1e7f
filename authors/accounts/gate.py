"""Whoever must have a second factor and has none is nobody until they have set one up."""

from functools import cache

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.functional import SimpleLazyObject


def second_factor_first(get_response):
    """Middleware: takes such a person from a request, except where a factor is set up.

    Nothing is asked of the database unless somebody asks who the request's user is.
    """

    def respond(request):
        if not request.path_info.startswith(_open_to_them()):
            request.user = SimpleLazyObject(lambda: _let_in(get_user(request)))
        return get_response(request)

    return respond


@cache
def _open_to_them():
    return tuple(map(reverse, ("mfa_index", "account_login", "admin:logout")))


def _let_in(user):
    # The sessions' backend has asked.
    return AnonymousUser() if getattr(user, "lacks_required_factor", False) else user
