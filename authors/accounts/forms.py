"""django-allauth's forms with the desk's words, and fields that phones fill in by themselves."""

import struct
from contextlib import contextmanager

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

from authors.accounts.factors import log_refused

# In characters. It is kept as it came; with what its maker says of a device it has a few thousand.
LONGEST_PASSKEY = 64 * 1024


class WithCode(forms.Form):
    """The part of a form that takes a code of digits."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 20,
            "autofocus": True,
        }


class CodeForm(WithCode, AuthenticateForm):
    pass


class ConfirmByCodeForm(WithCode, ReauthenticateForm):
    pass


class AddAppForm(WithCode, ActivateTOTPForm):
    def clean_code(self):
        code = super().clean_code()
        # Whoever looked over the shoulder does not sign in with it (RFC 6238, 5.2).
        TOTP(Authenticator(user=self.user))._mark_code_used(code)
        return code


@contextmanager
def refused_as_passkey():
    """Refuse in words about passkeys what is refused as a code, or is no passkey at all."""
    try:
        yield
    except forms.ValidationError as error:
        if error.code not in ("incorrect_code", "invalid", "required"):
            raise
    # Where fido2, or Python, fails on what no browser sends.
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error):
        pass
    else:
        return
    raise get_adapter().validation_error("incorrect_passkey")


class PasskeyField(forms.JSONField):
    widget = forms.HiddenInput

    def clean(self, value):
        with refused_as_passkey():
            if len(value or "") > LONGEST_PASSKEY:
                raise ValueError("longer than any browser's")
            return super().clean(value)

    def bound_data(self, data, initial):
        # What was sent is good for one time and not shown again.
        return initial


class WithPasskey(forms.Form):
    """The part of a form that takes a passkey; django-allauth tells nobody that it refused one."""

    credential = PasskeyField()

    def clean_credential(self):
        try:
            with refused_as_passkey():
                return super().clean_credential()
        except forms.ValidationError:
            log_refused(context.request, self.user, Authenticator.Type.WEBAUTHN)
            raise


class PasskeyForm(WithPasskey, AuthenticateWebAuthnForm):
    pass


class SignInByPasskeyForm(WithPasskey, LoginWebAuthnForm):
    pass


class ConfirmByPasskeyForm(WithPasskey, ReauthenticateWebAuthnForm):
    pass


class NamePasskeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name"), max_length=100)


class AddPasskeyForm(AddWebAuthnForm):
    credential = PasskeyField()
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("To tell it from others, for example: “My phone”."),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone"),
        required=False,
        initial=True,
        help_text=_(
            "No name, password or code is asked for then: the device asks for your "
            "fingerprint, face or PIN. Untick for a key that has none of these."
        ),
    )

    def clean(self):
        with refused_as_passkey():
            return super().clean()
