"""Sections, series and tags."""

from django.contrib import admin

from articles.models import Section, Series, Tag


class RubricAdmin(admin.ModelAdmin):
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "slug"]


@admin.register(Section)
class SectionAdmin(RubricAdmin):
    list_display = ["name", "slug", "position"]


@admin.register(Series)
class SeriesAdmin(RubricAdmin):
    pass


@admin.register(Tag)
class TagAdmin(RubricAdmin):
    pass
