"""Logs what Django does by itself: sign-ins, accounts, passwords, roles and permissions."""

from datetime import timedelta

from django.contrib.auth import get_user_model, signals
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils import timezone

from authors.log import Kind, client_address, log
from authors.models import LoggedAct

User = get_user_model()
# What is logged of an account when it changes, beside that its password did.
ACCOUNT_FIELDS = (
    "username",
    "first_name",
    "last_name",
    "email",
    "is_active",
    "is_staff",
    "is_superuser",
)
# So many failed sign-ins are logged in a minute, from one address and in all: guessing
# passwords must not fill the disk.
FAILURES_FROM_ONE_ADDRESS = 5
FAILURES_IN_ALL = 60
MINUTE = timedelta(minutes=1)


def connect():
    """Have the log told of sign-ins, and of changes of accounts and roles."""
    signals.user_logged_in.connect(_signed_in)
    signals.user_logged_out.connect(_signed_out)
    signals.user_login_failed.connect(_failed_to_sign_in)
    for model in (User, Group):
        pre_save.connect(_remember, sender=model)
        post_save.connect(_saved, sender=model)
        post_delete.connect(_deleted, sender=model)
    for rights in (User.groups, User.user_permissions, Group.permissions):
        m2m_changed.connect(_rights_changed, sender=rights.through)


# Signing in


def _signed_in(sender, user, request, **kwargs):
    # Its models are there only when all apps are.
    from authors.accounts.factors import used_at_sign_in

    log(Kind.SIGN_IN, user, by=user, factor=used_at_sign_in(request, user))


def _signed_out(sender, user, **kwargs):
    if user is not None:
        log(Kind.SIGN_OUT, user, by=user)


def _failed_to_sign_in(sender, credentials, request=None, **kwargs):
    log_failure(account_named(credentials.get(User.USERNAME_FIELD)), request)


def account_named(name):
    """Return the account that signs in with a name, or None; capital letters do not count."""
    name = str(name or "").replace("\0", "")
    return User.objects.filter(**{f"{User.USERNAME_FIELD}__iexact": name}).first()


def log_failure(account, request=None, **details):
    """Log that somebody failed to sign in, and who was meant, if there is such an account.

    What was typed otherwise is not kept: people type passwords into the field for the name
    (which is why login.defs(5) leaves LOG_UNKFAIL_ENAB off).
    """
    since = timezone.now() - MINUTE
    lately = LoggedAct.objects.filter(kind=Kind.FAIL_TO_SIGN_IN, happened_at__gt=since).order_by()
    address = client_address(request) if request else ""
    in_all = lately[:FAILURES_IN_ALL].count()
    from_there = lately.filter(address=address)[:FAILURES_FROM_ONE_ADDRESS].count()
    if in_all >= FAILURES_IN_ALL or from_there >= FAILURES_FROM_ONE_ADDRESS:
        return
    is_last = in_all == FAILURES_IN_ALL - 1 or from_there == FAILURES_FROM_ONE_ADDRESS - 1
    log(Kind.FAIL_TO_SIGN_IN, account, more_not_logged=is_last or None, **details)


# Accounts and roles


def _remember(sender, instance, raw=False, update_fields=None, **kwargs):
    """Keep what an account or a role is before it is saved, to tell what changes."""
    # That somebody signed in is logged already.
    if not raw and set(update_fields or []) != {"last_login"}:
        instance.before = sender.objects.filter(pk=instance.pk).first()


def _saved(sender, instance, created, raw=False, update_fields=None, **kwargs):
    before = instance.__dict__.pop("before", None)
    if raw:
        return
    if sender is Group:
        if created:
            log(Kind.MAKE_ROLE, instance)
        elif before and before.name != instance.name:
            log(Kind.CHANGE_ROLE, instance, was=before.name)
        return
    if created:
        log(Kind.MAKE_ACCOUNT, instance, is_superuser=instance.is_superuser or None)
    elif before:
        _account_changed(before, instance, update_fields)


def _account_changed(before, account, update_fields):
    stored = set(update_fields or [*ACCOUNT_FIELDS, "password"])
    changed = [
        f"{name}: {getattr(before, name)} → {getattr(account, name)}"
        for name in ACCOUNT_FIELDS
        if name in stored and getattr(before, name) != getattr(account, name)
    ]
    if changed:
        log(Kind.CHANGE_ACCOUNT, account, changed=changed)
    # At a sign-in Django may hash the same password anew, and then saves that alone.
    is_same = stored == {"password"} and account._password is None
    if "password" in stored and before.password != account.password and not is_same:
        log(Kind.CHANGE_PASSWORD, account)


def _deleted(sender, instance, **kwargs):
    log(Kind.DELETE_ROLE if sender is Group else Kind.DELETE_ACCOUNT, instance)


def _rights_changed(sender, instance, action, reverse, model, pk_set, **kwargs):
    """Log which roles and permissions an account or a role was given, or lost."""
    if action not in ("post_add", "pre_remove", "pre_clear"):
        return
    if action == "pre_clear":
        field = next(each for each in sender._meta.fields if each.related_model is type(instance))
        other = next(each for each in sender._meta.fields if each.related_model is model)
        rows = sender.objects.filter(**{field.name: instance})
        pk_set = set(rows.values_list(other.attname, flat=True))
    others = model.objects.filter(pk__in=pk_set)
    if model is Permission:
        others = others.select_related("content_type")
    verb = "given" if action == "post_add" else "taken"
    # From the other side: people of a role, or those who hold a permission.
    pairs = [(each, [instance]) for each in others] if reverse else [(instance, list(others))]
    for holder, rights in pairs:
        if rights:
            log(Kind.CHANGE_RIGHTS, holder, **{verb: sorted(map(_right_in_words, rights))})


def _right_in_words(right):
    if not isinstance(right, Permission):
        return right.name
    return f"{right.content_type.app_label}.{right.codename}"
