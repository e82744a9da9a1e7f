"""Sections and series."""

from django.contrib import admin

from articles import roles
from articles.models import Section, Series

from .former_slugs import FormerSlugs


class RubricAdmin(FormerSlugs):
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "slug"]


@admin.register(Section)
class SectionAdmin(RubricAdmin):
    list_display = ["name", "slug", "position"]


@admin.register(Series)
class SeriesAdmin(RubricAdmin):
    def has_view_permission(self, request, obj=None):
        # Whoever writes a story looks for the series that it is of.
        return super().has_view_permission(request, obj) or roles.may_see_article(request.user)
