"""Second factors: who has one, who must have one, and what is logged of them."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from authors.log import Kind, log
from authors.log_signals import log_failure
from authors.models import RequiredSecondFactor

Type = Authenticator.Type
# Recovery codes come with one of the others and are none by themselves.
FACTORS = [Type.TOTP, Type.WEBAUTHN]
NAMES = {
    Type.TOTP: _("authenticator app"),
    Type.WEBAUTHN: _("passkey"),
    Type.RECOVERY_CODES: _("recovery codes"),
}


def with_second_factor():
    """Return an expression on accounts: whether one has a second factor."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS))


def lacking_required_factor():
    """Return a condition on accounts: that one must have a second factor and has none.

    A role asks it of its people; superusers, who have all that any role has, must have one
    as soon as any role must.
    """
    roles = RequiredSecondFactor.objects.all()
    must = Exists(roles.filter(role__user=OuterRef("pk"))) | Q(is_superuser=True) & Exists(roles)
    return must & ~with_second_factor()


def remove_factors(user):
    """Remove all second factors of somebody who has lost them; log it."""
    factors = Authenticator.objects.filter(user=user)
    names = sorted({str(NAMES[kind]) for kind in factors.values_list("type", flat=True)})
    factors.delete()
    log(Kind.RESET_SECOND_FACTORS, user, factor=names)


def in_words(authenticator):
    """Return what the log calls a factor: its kind, and its name if it has one."""
    kind = str(NAMES[authenticator.type])
    name = authenticator.data.get("name")
    return f"{kind} “{name}”" if name else kind


def used_at_sign_in(request, user):
    """Return what the log calls the second factor that somebody signs in with, or ""."""
    used = [record.get("type") for record in get_authentication_records(request, user)]
    return next((str(NAMES[kind]) for kind in reversed(used) if kind in NAMES), "")


def log_refused(request, user, kind):
    """Log that a factor did not let somebody in; of a passkey alone ``user`` may be None."""
    log_failure(user, request, factor=str(NAMES[kind]))


# What django-allauth does tells itself by signals alone.


def connect():
    """Have the log told of second factors."""
    signals.authenticator_added.connect(_added)
    signals.authenticator_reset.connect(_added)
    signals.authenticator_removed.connect(_removed)
    signals.authentication_failed.connect(_failed)


def _added(sender, user, authenticator, **kwargs):
    log(Kind.ADD_SECOND_FACTOR, user, factor=in_words(authenticator))


def _removed(sender, user, authenticator, **kwargs):
    log(Kind.REMOVE_SECOND_FACTOR, user, factor=in_words(authenticator))


def _failed(sender, request, user, authenticator, **kwargs):
    log_refused(request, user, authenticator.type)
