"""The list of stories, which costs the same among a million stories as among a thousand."""

from django.contrib import admin
from django.db.models import Q

from articles.models import State
from newsroom import long_list
from newsroom.keys import read_key
from newsroom.long_list import ChosenRows, FirstRows, LongList

from .gate import StoryGate


class StoryList(LongList):
    time, filter_name = "changed_at", "state"
    # States that nothing but a look at a story and its editions tells.
    looked_for = frozenset({State.DRAFT, State.CHANGED})

    def get_results(self, request):
        super().get_results(request)
        self.result_list = self.result_list.defer("body", "standfirst")


class StoryListPages(ChosenRows, StoryGate):
    """The part of the article's admin that lists stories and finds them."""

    paginator = FirstRows
    show_full_result_count = False
    # To count what each filter would leave is to look at all.
    show_facets = admin.ShowFacets.NEVER
    # Other columns have no index to be read in their order.
    sortable_by = ["changed"]
    search_fields = ["headline", "standfirst", "slug"]

    @property
    def most_chosen(self):
        return long_list.LISTED

    def get_changelist(self, request, **kwargs):
        return StoryList

    def get_search_results(self, request, queryset, search_term):
        """Search the words of what was changed last; a whole slug or a number, all there is."""
        if not search_term:
            return queryset, False
        last = long_list.latest(queryset, "changed_at")
        among, _may_have_duplicates = super().get_search_results(
            request, self.model.objects.filter(pk__in=last), search_term
        )
        names = Q(slug=search_term)
        # "Or no number at all" would read every slug there is on SQLite.
        if (key := read_key(search_term)) is not None:
            names |= Q(pk=key)
        named = self.model.objects.filter(names)
        # Two short lists put together: "or" between them would read every story there is.
        keys = among.order_by().values("pk").union(named.order_by().values("pk"))
        return queryset.filter(pk__in=keys), False
