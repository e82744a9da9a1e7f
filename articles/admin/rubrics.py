"""Sections, series and tags."""

from django.contrib import admin
from taggit.models import Tag as UnusedTag

from articles.models import Section, Series, Tag

# The package's own tags are not ours: two lists called "Tags" would mislead.
admin.site.unregister(UnusedTag)


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
