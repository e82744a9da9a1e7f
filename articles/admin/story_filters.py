"""By what the list of stories is narrowed."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import State
from authors.models import Author
from newsroom.keys import read_key


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
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        days = 0 if self.value() == "today" else int(self.value())
        return queryset.live_since(midnight - timedelta(days=days))


class AuthorFilter(admin.SimpleListFilter):
    title = gettext_lazy("author")
    parameter_name = "author"

    def lookups(self, request, model_admin):
        # Of all authors: to list only those in bylines would look through every byline.
        return [(author.pk, str(author)) for author in Author.objects.only("name")]

    def queryset(self, request, queryset):
        return queryset.by_author(read_key(self.value())) if self.value() else queryset
