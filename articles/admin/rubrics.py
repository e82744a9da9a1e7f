"""Sections and series."""

from django.contrib import admin

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
    pass
