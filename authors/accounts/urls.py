"""The pages about signing in, all of them at the desk. Nobody makes an account for themselves."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from authors.accounts import pages
from authors.accounts.pages import page

ACCOUNT = "allauth.account.views"
FACTORS = "allauth.mfa.base.views"
APP = "allauth.mfa.totp.views"
CODES = "allauth.mfa.recovery_codes.views"
PASSKEYS = "allauth.mfa.webauthn.views"
OWN = _("How you sign in")

urlpatterns = [
    path("login/", page(pages.sign_in, _("Sign in")), name="account_login"),
    path(
        "password_change/",
        page(f"{ACCOUNT}.password_change", _("Change your password")),
        name="account_change_password",
    ),
    path("account/", page(f"{FACTORS}.index", OWN), name="mfa_index"),
    # Where django-allauth leads back to when a passkey is renamed or removed.
    path("account/", page(f"{FACTORS}.index", OWN), name="mfa_list_webauthn"),
    path(
        "account/first/",
        page(pages.factor_first, _("First set up a second factor")),
        name="second_factor_first",
    ),
    path(
        "account/refused/",
        page(f"{ACCOUNT}.account_inactive", _("Not for the desk")),
        name="account_inactive",
    ),
    path("account/leave/", page(f"{ACCOUNT}.logout", _("Sign out")), name="account_logout"),
    path(
        "account/password/",
        page(f"{ACCOUNT}.password_set", _("Set a password")),
        name="account_set_password",
    ),
    path(
        "account/sessions/",
        page(pages.own_sessions, _("Where you are signed in")),
        name="usersessions_list",
    ),
    path(
        "account/confirm/",
        page(f"{ACCOUNT}.reauthenticate", _("Is it you?")),
        name="account_reauthenticate",
    ),
    path(
        "account/confirm/code/",
        page(f"{FACTORS}.reauthenticate", _("Is it you?")),
        name="mfa_reauthenticate",
    ),
    path(
        "account/confirm/passkey/",
        page(f"{PASSKEYS}.reauthenticate_webauthn", _("Is it you?")),
        name="mfa_reauthenticate_webauthn",
    ),
    path("login/code/", page(f"{FACTORS}.authenticate", _("Sign in")), name="mfa_authenticate"),
    path(
        "login/passkey/",
        page(f"{PASSKEYS}.login_webauthn", _("Sign in")),
        name="mfa_login_webauthn",
    ),
    path(
        "account/app/",
        page(f"{APP}.activate_totp", _("Add an authenticator app")),
        name="mfa_activate_totp",
    ),
    path(
        "account/app/remove/",
        page(f"{APP}.deactivate_totp", _("Remove the authenticator app")),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/passkeys/add/",
        page(f"{PASSKEYS}.add_webauthn", _("Add a passkey")),
        name="mfa_add_webauthn",
    ),
    path(
        "account/passkeys/<int:pk>/",
        page(f"{PASSKEYS}.edit_webauthn", _("Rename a passkey")),
        name="mfa_edit_webauthn",
    ),
    path(
        "account/passkeys/<int:pk>/remove/",
        page(f"{PASSKEYS}.remove_webauthn", _("Remove a passkey")),
        name="mfa_remove_webauthn",
    ),
    path(
        "account/recovery-codes/",
        page(f"{CODES}.view_recovery_codes", _("Recovery codes")),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/recovery-codes/new/",
        page(f"{CODES}.generate_recovery_codes", _("New recovery codes")),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/recovery-codes/file/",
        page(f"{CODES}.download_recovery_codes", _("Recovery codes")),
        name="mfa_download_recovery_codes",
    ),
]
