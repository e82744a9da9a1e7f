"""By what the list of stories is narrowed."""

from datetime import timedelta

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import ArticleByline, Series, State
from authors.models import Author
from newsroom.keys import read_key
from newsroom.long_list import LOOKED_THROUGH, OfferedRows, bounded_title, offered
from newsroom.moments import midnight


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, queryset):
        return queryset.in_state(self.value()) if self.value() else queryset


class LiveSinceFilter(admin.SimpleListFilter):
    title = gettext_lazy("live since")
    parameter_name = "live_since"

    def lookups(self, request, model_admin):
        return [
            ("today", _("Today")),
            ("7", _("Past 7 days")),
            ("30", _("Past 30 days")),
            ("365", _("Past year")),
        ]

    def queryset(self, request, queryset):
        if self.value() not in dict(self.lookup_choices):
            return queryset
        days = 0 if self.value() == "today" else int(self.value())
        return queryset.live_since(midnight() - timedelta(days=days))


class SeriesFilter(OfferedRows):
    def offered(self, chosen):
        return offered(Series.objects.only("name"), chosen)


class AuthorFilter(admin.SimpleListFilter):
    title = gettext_lazy("author")
    parameter_name = "author"

    def lookups(self, request, model_admin):
        bylines = ArticleByline.objects.exclude(author=None).order_by("-pk")
        wrote_last = bylines.values_list("author", flat=True)[:LOOKED_THROUGH]
        rows, has_more = offered(Author.objects.only("name"), [self.value() or ""], wrote_last)
        if has_more:
            self.title = bounded_title(self.title)
        return [(row.pk, str(row)) for row in rows]

    def queryset(self, request, queryset):
        return queryset.by_author(read_key(self.value())) if self.value() else queryset
