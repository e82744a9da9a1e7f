"""Django's list, bounded: it costs the same among a million rows as among a thousand.

A list shows the first thousand of its rows and leads to those of an earlier time. What no
index finds (a word in a headline, a picture without alt text) is looked for among the
thousand that are the latest, and from there on among those before.
"""

from datetime import timedelta

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from newsroom.keys import read_keys

LISTED = LOOKED_THROUGH = 1000
# So many of a kind that there may be thousands of does a filter offer.
OFFERED = 50


class FirstRows(Paginator):
    """Pages of the first thousand: it counts no further."""

    @cached_property
    def keys(self):
        """The primary keys of what is listed, in order, and of one more if there is more."""
        return list(self.object_list.values_list("pk", flat=True)[: LISTED + 1])

    @property
    def count(self):
        return min(len(self.keys), LISTED)

    @property
    def has_more(self):
        """Whether there are more than are counted."""
        return len(self.keys) > LISTED


def latest(rows, time):
    """Return the primary keys (a query) of those of the rows that are looked through."""
    return rows.order_by(f"-{time}", "-pk").values("pk")[:LOOKED_THROUGH]


def look_through(rows, time):
    """Keep those of the rows that are looked through. One query, for where they end."""
    last = rows.order_by(f"-{time}", "-pk").values_list(time, flat=True)
    keys = latest(rows, time)
    # Without knowing the moment PostgreSQL reads the whole table and keeps what is a key.
    for moment in last[LOOKED_THROUGH - 1 : LOOKED_THROUGH]:
        rows = rows.filter(**{f"{time}__gte": moment})
    return rows.filter(pk__in=keys)


def last_looked_through(rows, time):
    """Return the moment of the last row that is looked through; None if no other follows it."""
    moments = rows.order_by(f"-{time}", "-pk").values_list(time, flat=True)
    last = list(moments[LOOKED_THROUGH - 1 : LOOKED_THROUGH + 1])
    return last[0] if len(last) == 2 else None


def offered(rows, chosen, first=()):
    """Return the latest of the rows, and whether there are more.

    ``chosen`` are primary keys, as an address has them, of rows that are offered in any case;
    ``first``, as numbers, of those that count as later than what was made last.
    """
    newest = rows.order_by("-pk").values_list("pk", flat=True)[: OFFERED + 1]
    keys = list(dict.fromkeys([*first, *newest]))
    return rows.filter(pk__in=[*keys[:OFFERED], *read_keys(chosen)]), len(keys) > OFFERED


def bounded_title(title):
    """Return the title of a filter that does not offer all there is."""
    return _("%(title)s (the latest %(count)d)") % {"title": title, "count": OFFERED}


class OfferedRows(admin.RelatedFieldListFilter):
    """A filter that offers the latest of what a column points at, and what is chosen."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.has_more:
            self.title = bounded_title(self.title)

    def field_choices(self, field, request, model_admin):
        rows, self.has_more = self.offered(self.lookup_val or [])
        return [(row.pk, str(row)) for row in rows]

    def offered(self, chosen):
        """Return what the function ``offered`` does."""
        raise NotImplementedError


class LongList(ChangeList):
    """A list of a bounded number of rows, whatever is asked for.

    A subclass names the column that tells the latest rows (``time``), and a filter some of
    whose values (``looked_for``) nothing but a look at each row answers.
    """

    time = None
    filter_name = None
    looked_for = frozenset()

    def get_queryset(self, request, exclude_parameters=None):
        """Return the rows that all filters and the search keep."""
        # First the filters that an index answers: what is looked through is theirs alone.
        query, self.query = self.query, ""
        rows = super().get_queryset(request, [self.filter_name])
        self.query = query
        chosen = next(
            spec
            for spec in self.filter_specs
            if getattr(spec, "parameter_name", None) == self.filter_name
        )
        self.looked_through = None
        if query or chosen.value() in self.looked_for:
            self.looked_through = rows
            rows = (
                self.model_admin.get_search_results(request, rows, query)[0]
                if query
                else look_through(rows, self.time)
            )
        return chosen.queryset(request, rows)

    def get_results(self, request):
        super().get_results(request)
        keys = self.paginator.keys[:LISTED]
        if self.multi_page and not (self.show_all and self.can_show_all):
            first = (self.page_num - 1) * self.list_per_page
            keys = keys[first : first + self.list_per_page]
        # What else is asked of a row is asked of those that are shown alone.
        self.result_list = self.root_queryset.filter(pk__in=keys).order_by(
            *self.queryset.query.order_by
        )
        self.has_more = self.paginator.has_more
        if self.has_more or not (self.query or self.has_active_filters):
            # Otherwise a search would name the bound as the number of its results, and a list
            # that shows all would lead to itself as "all".
            self.full_result_count = self.result_count
        self.older_address = self._older_address()

    def _older_address(self):
        """Return where the rows are that were not listed or looked through; or None."""
        last = None
        if self.has_more:
            listed = self.root_queryset.filter(pk=self.paginator.keys[LISTED - 1])
            last = listed.values_list(self.time, flat=True).first()
        elif self.looked_through is not None:
            last = last_looked_through(self.looked_through, self.time)
        if last is None:
            return None
        name = f"{self.time}__lt"
        return self.get_query_string({name: last + timedelta(microseconds=1)}, remove=[name])


class ChosenRows(admin.ModelAdmin):
    """An admin whose actions are for rows that somebody chose: no click takes a whole table."""

    @property
    def most_chosen(self):
        """Of so many rows an action takes "all"."""
        return self.list_max_show_all

    def response_action(self, request, queryset):
        """Refuse an action on "all" where these are too many."""
        is_for_all = request.POST.get("select_across", "0") != "0"
        if is_for_all and queryset[self.most_chosen : self.most_chosen + 1].exists():
            message = _(
                "These are more than can be chosen at once. Choose them on the page, or filter"
                " the list first."
            )
            self.message_user(request, message, messages.WARNING)
            return None
        return super().response_action(request, queryset)
