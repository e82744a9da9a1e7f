"""By what the list of stories is narrowed."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import ArticleByline, Series, State
from authors.models import Author
from newsroom.keys import read_key, read_keys
from newsroom.long_list import LOOKED_THROUGH

# So many of a kind that there may be thousands of.
OFFERED = 50


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


def offered(model, chosen, first=()):
    """Return the (primary key, name) of the latest rows of a model, and whether there are more.

    ``chosen`` are primary keys, as an address has them, of rows that are offered in any case;
    ``first``, as numbers, of those that count as later than what was made last.
    """
    newest = model.objects.order_by("-pk").values_list("pk", flat=True)[: OFFERED + 1]
    keys = list(dict.fromkeys([*first, *newest]))
    rows = model.objects.filter(pk__in=[*keys[:OFFERED], *read_keys(chosen)]).only("name")
    return [(row.pk, str(row)) for row in rows], len(keys) > OFFERED


def bounded_title(title):
    """Return the title of a filter that does not offer all there is."""
    return _("%(title)s (the latest %(count)d)") % {"title": title, "count": OFFERED}


class SeriesFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.has_more:
            self.title = bounded_title(self.title)

    def field_choices(self, field, request, model_admin):
        choices, self.has_more = offered(Series, self.lookup_val or [])
        return choices


class AuthorFilter(admin.SimpleListFilter):
    title = gettext_lazy("author")
    parameter_name = "author"

    def lookups(self, request, model_admin):
        bylines = ArticleByline.objects.exclude(author=None).order_by("-pk")
        wrote_last = bylines.values_list("author", flat=True)[:LOOKED_THROUGH]
        choices, has_more = offered(Author, [self.value() or ""], wrote_last)
        if has_more:
            self.title = bounded_title(self.title)
        return choices

    def queryset(self, request, queryset):
        return queryset.by_author(read_key(self.value())) if self.value() else queryset
