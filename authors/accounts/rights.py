"""Whose account may be changed by whom, and what can be handed out: no more than one has."""

from django.contrib.auth.models import Permission
from django.db.models import Q


def may_open(user, account):
    """Whether somebody may change an account: whoever can sets its password, and is it then."""
    if user.is_superuser or user.pk == account.pk:
        return True
    return not account.is_superuser and not _held_by(account).filter(pk__in=_lacked_by(user))


def given_by(user, rights):
    """Return those of a queryset, of permissions or of roles, that somebody may hand out."""
    if user.is_superuser:
        return rights
    way = "pk__in" if rights.model is Permission else "permissions__in"
    return rights.exclude(**{way: _lacked_by(user)})


def _held_by(account):
    """Return the permissions of an account that is no superuser, active or not."""
    return Permission.objects.filter(Q(user=account) | Q(group__user=account))


def _lacked_by(user):
    """Return the keys of the permissions that somebody has not.

    Whoever may change every story may change their own: that takes no permission of its own.
    """
    held = set(_held_by(user).values_list("content_type", "codename"))
    return [
        key
        for key, kind, codename in Permission.objects.values_list("pk", "content_type", "codename")
        if not held & {(kind, codename), (kind, codename.replace("_own_", "_"))}
    ]
