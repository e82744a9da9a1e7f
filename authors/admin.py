"""The authors' profiles."""

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from authors.models import Author, ProfileLink


class ProfileLinkInline(admin.TabularInline):
    model = ProfileLink
    fields = ["label", "url", "position"]
    extra = 0
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
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
    # A protected author's page names the way out beside the refusal.
    delete_confirmation_template = "admin/authors/author/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/authors/author/delete_selected_confirmation.html"
