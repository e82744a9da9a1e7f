"""Accounts and roles in the admin: who must have a second factor, and who is signed in where."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authors.accounts.factors import Type, remove_factors, with_second_factor
from authors.accounts.pages import confirmed
from authors.accounts.rights import given_by, may_open
from authors.accounts.sessions import end, sessions_of
from authors.log import Kind, account_in_words, log
from authors.models import RequiredSecondFactor
from newsroom.deletions import BoundedDeletions

User = get_user_model()
# A factor's page would show its secret; addresses are not signed in with.
for model in (Authenticator, EmailAddress, UserSession, User, Group):
    admin.site.unregister(model)
# Nobody's rights hang on these.
LIBRARY = ["account", "mfa", "usersessions"]


class FewerPermissions(admin.ModelAdmin):
    """An admin that offers only rights that mean something here, and that who asks has."""

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name in ("permissions", "user_permissions"):
            field.queryset = field.queryset.exclude(content_type__app_label__in=LIBRARY)
        return field

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        for name in {"permissions", "user_permissions", "groups"} & form.base_fields.keys():
            field = form.base_fields[name]
            offered = given_by(request.user, field.queryset)
            if obj is not None:
                # What is there already stays when somebody saves who could not give it.
                there = getattr(obj, name).values("pk")
                offered = field.queryset.filter(Q(pk__in=offered.values("pk")) | Q(pk__in=there))
            field.queryset = offered
        return form


class RoleForm(forms.ModelForm):
    must_have_second_factor = forms.BooleanField(
        label=gettext_lazy("Must have a second factor"),
        required=False,
        help_text=gettext_lazy(
            "Beside their password, people of this role sign in with a passkey or with a code "
            "from an app. Who has neither sets one up before anything else. Superusers must "
            "have one as soon as any role must."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        required = RequiredSecondFactor.objects.filter(role=self.instance.pk)
        self.initial.setdefault("must_have_second_factor", required.exists())


@admin.register(Group)
class RoleAdmin(BoundedDeletions, FewerPermissions, GroupAdmin):
    form = RoleForm
    fields = ["name", "must_have_second_factor", "permissions"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        must = form.cleaned_data.get("must_have_second_factor")
        if must is None or must == form.initial.get("must_have_second_factor", False):
            return
        if must:
            RequiredSecondFactor.objects.get_or_create(role=obj)
        else:
            RequiredSecondFactor.objects.filter(role=obj).delete()
        log(Kind.CHANGE_ROLE, obj, changed=[f"second factor required: {must}"])


@admin.register(User)
class AccountAdmin(BoundedDeletions, FewerPermissions, UserAdmin):
    list_display = [*UserAdmin.list_display, "has_second_factor"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(has_second_factor=with_second_factor())

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def has_second_factor(self, account):
        return account.has_second_factor

    def get_urls(self):
        view = self.admin_site.admin_view(self.sign_in)
        return [path("<id>/sign-in/", view, name="auth_user_sign-in"), *super().get_urls()]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def has_change_permission(self, request, obj=None):
        may = super().has_change_permission(request, obj)
        return may and (obj is None or may_open(request.user, obj))

    def has_delete_permission(self, request, obj=None):
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or may_open(request.user, obj))

    def user_change_password(self, request, id, form_url=""):
        return confirmed(super().user_change_password)(request, id, form_url)

    def sign_in(self, request, id):
        """Show how and where somebody is signed in; end that, or remove lost second factors."""
        account = self.get_object(request, id)
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return confirmed(self._sign_in)(request, account)

    def _sign_in(self, request, account):
        sessions = sessions_of(account)
        if request.method == "POST":
            with transaction.atomic():
                if "remove_factors" in request.POST:
                    remove_factors(account)
                    messages.success(request, _("The second factors are removed."))
                chosen = request.POST.get("session", "all")
                end(account, [each for each in sessions if chosen in ("all", str(each.pk))])
            messages.success(request, _("The sessions are ended."))
            return redirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": _("How %(who)s signs in") % {"who": account_in_words(account)},
            "opts": self.opts,
            "account": account,
            "sessions": sessions,
            "factors": Authenticator.objects.filter(user=account).order_by("created_at"),
            "types": Type,
        }
        return TemplateResponse(request, "admin/auth/user/sign_in.html", context)
