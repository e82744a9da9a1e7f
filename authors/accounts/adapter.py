"""How django-allauth is set up for the desk, beyond what its settings can say."""

import base64
import time

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, gettext_lazy

from authors.accounts import devices
from authors.log_signals import account_named, log_failure
from newsroom.client_address import client_address


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "This name and this password do not belong together. Mind capital letters in the "
            "password; if it is lost, an administrator can set a new one."
        ),
        "incorrect_password": gettext_lazy("This is not your password."),
        "enter_current_password": gettext_lazy("This is not your present password."),
        # As long as the longest of the limits in the settings.
        "too_many_login_attempts": gettext_lazy(
            "Too many attempts have failed, on this account or from this address. "
            "Wait five minutes, then try again."
        ),
        "rate_limited": gettext_lazy(
            "Too many attempts have failed. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request):
        return False

    def add_message(self, request, level, message_template=None, *args, **kwargs):
        # That one is signed in is seen at the desk, and that one is signed out as well.
        if message_template not in (
            "account/messages/logged_in.txt",
            "account/messages/logged_out.txt",
        ):
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_client_ip(self, request):
        # A session is listed with its address, which has to be one.
        return client_address(request) or "::"

    def get_password_change_redirect_url(self, request):
        return reverse("mfa_index")

    def pre_login(self, request, user, **kwargs):
        if user.is_active and not user.is_staff:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def pre_authenticate(self, request, **credentials):
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log_failure(account_named(credentials.get("username")), request, refused=True)
            raise

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        devices.remember(response, user.get_username())
        return response

    def _get_login_attempts_cache_key(self, request, **credentials):
        # Of the name alone: other host names of the same site give no further attempts.
        name = credentials.get("username", "")
        return f"{devices.known(request, name)}:{name.casefold()}"

    def get_reauthentication_methods(self, user):
        """Return the ways to confirm who one is: a second factor, where there is one."""
        ways = super().get_reauthentication_methods(user)
        second = [way for way in ways if way["id"].startswith("mfa_")]
        # A passkey takes one touch.
        second.sort(key=lambda way: "webauthn" not in way["id"])
        return second or ways

    def is_reauthentication_required(self, *, app, **kwargs):
        """Whoever has just signed in has confirmed who they are."""
        user = context.request.user
        since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(context.request, user)
        has_just_signed_in = any(record["at"] > since for record in records)
        # An account with neither password nor factor has nothing to confirm with.
        return not has_just_signed_in and bool(self.get_reauthentication_methods(user))


class FactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "This code is not right, or no longer. Wait for the next one and type that; "
            "the clock of your device has to be right."
        ),
        "incorrect_passkey": gettext_lazy(
            "This passkey was not accepted: it may have been removed from your account, or the "
            "page was open for too long. Try again, or sign in in another way."
        ),
    }

    def get_totp_label(self, user):
        return user.get_username()

    def get_public_key_credential_rp_entity(self):
        return {**super().get_public_key_credential_rp_entity(), "name": settings.NEWSROOM_NAME}

    def get_public_key_credential_user_entity(self, user):
        entity = super().get_public_key_credential_user_entity(user)
        names = {"name": user.get_username(), "display_name": user.get_full_name()}
        return entity | {key: name for key, name in names.items() if name}

    def generate_authenticator_name(self, user, type):
        return gettext("My passkey")

    # Whoever gets hold of a copy of the database has no second factor by it.

    def encrypt(self, text):
        return _lock().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        from cryptography.fernet import InvalidToken

        try:
            return _lock().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            page = render(context.request, "account/unreadable.html", status=409)
            raise ImmediateHttpResponse(page) from error


def _lock():
    # Only who signs in with a code has need of it, and of the memory it takes.
    from cryptography.fernet import Fernet, MultiFernet

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (
        salted_hmac("authors.accounts.adapter", "", key, algorithm="sha256").digest()
        for key in keys
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
