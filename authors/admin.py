"""The authors' profiles."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _

from authors.accounts.admin import AccountAdmin, RoleAdmin
from authors.log import Kind, log
from authors.log_admin import LogAdmin
from authors.models import Author, ProfileLink
from newsroom.autocomplete import RowChoices
from newsroom.gated_rows import GatedRows
from newsroom.ordered_rows import OrderedRows
from newsroom.pictures import no_file_left_behind

__all__ = ["AccountAdmin", "AuthorAdmin", "LogAdmin", "RoleAdmin"]

# What somebody may change of their own profile; the rest is the profile manager's.
OWN_FIELDS = {"bio", "photo", "focal_x", "focal_y"}


class ProfileLinkInline(GatedRows, OrderedRows):
    model = ProfileLink
    fields = ["label", "url", "position"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Author)
class AuthorAdmin(RowChoices, admin.ModelAdmin):
    list_display = ["name", "job_title", "is_on_staff", "user"]
    list_filter = ["is_on_staff"]
    list_select_related = ["user"]
    search_fields = ["name", "job_title"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["user"]
    inlines = [ProfileLinkInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "job_title", "bio", "is_on_staff", "user"]}),
        (_("Photo"), {"fields": ["photo", ("focal_x", "focal_y")]}),
        (_("Contact"), {"fields": ["email", "phone"]}),
    ]

    class Media:
        css = {"all": ["desk/desk.css"]}

    # A protected author's page names the way out beside the refusal.
    delete_confirmation_template = "admin/authors/author/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/authors/author/delete_selected_confirmation.html"

    def has_change_permission(self, request, obj=None):
        if super().has_change_permission(request, obj):
            return True
        is_own = obj is None or obj.user_id == request.user.pk
        return is_own and request.user.has_perm("authors.change_own_author")

    def save_model(self, request, obj, form, change):
        with no_file_left_behind(obj, "photo"):
            super().save_model(request, obj, form, change)
        # An account gets its author's stories with the profile.
        if "user" in form.changed_data:
            former = get_user_model().objects.filter(pk=form.initial.get("user")).first()
            for account, verb in ((former, "taken"), (obj.user, "given")):
                if account:
                    log(Kind.CHANGE_RIGHTS, account, **{verb: [str(obj)]})

    def get_readonly_fields(self, request, obj=None):
        fields = set(super().get_readonly_fields(request, obj))
        if not request.user.has_perm("authors.change_author") and obj:
            fields |= set(flatten_fieldsets(self.fieldsets)) - OWN_FIELDS
        # Rights come with the profile: that is for who makes accounts.
        if not request.user.has_perm("auth.change_user"):
            fields.add("user")
        return [name for name in flatten_fieldsets(self.fieldsets) if name in fields]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if "slug" in self.get_readonly_fields(request, obj) else self.prepopulated_fields
