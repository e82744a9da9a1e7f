"""django-allauth's forms with the desk's words, and fields that phones fill in by themselves."""

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


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


class NamePasskeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name"), max_length=100)


class AddPasskeyForm(AddWebAuthnForm):
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
