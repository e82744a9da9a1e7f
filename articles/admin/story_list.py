"""The list of stories, which costs the same among a million stories as among a thousand.

A list shows the first thousand of its stories and leads to those changed before them.
What no index finds (a word in a headline, a draft) is looked for among the thousands
that were changed last, and from there on among those changed before.
"""

from datetime import timedelta

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from articles.models import State
from newsroom.keys import read_key

from .gate import StoryGate

LISTED = 1000
LOOKED_THROUGH = 5000
# States that nothing but a look at a story and its editions tells.
LOOKED_FOR = {State.DRAFT, State.CHANGED}


class FirstStories(Paginator):
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


class StoryList(ChangeList):
    """Django's list, made of a bounded number of rows whatever is asked for."""

    def get_queryset(self, request, exclude_parameters=None):
        """Return the stories that all filters and the search keep."""
        # First the filters that an index answers: what is looked through is theirs alone.
        query, self.query = self.query, ""
        stories = super().get_queryset(request, ["state"])
        self.query = query
        state = next(spec for spec in self.filter_specs if spec.parameter_name == "state")
        self.looked_through = None
        if query or state.value() in LOOKED_FOR:
            self.looked_through = stories
            stories = (
                self.model_admin.get_search_results(request, stories, query)[0]
                if query
                else stories.filter(pk__in=stories.latest_changed().values("pk")[:LOOKED_THROUGH])
            )
        return state.queryset(request, stories)

    def get_results(self, request):
        super().get_results(request)
        keys = self.paginator.keys[:LISTED]
        if self.multi_page and not (self.show_all and self.can_show_all):
            first = (self.page_num - 1) * self.list_per_page
            keys = keys[first : first + self.list_per_page]
        # The state of a story is made out for those that are shown alone.
        self.result_list = (
            self.root_queryset.filter(pk__in=keys)
            .order_by(*self.queryset.query.order_by)
            .defer("body", "standfirst")
        )
        self.has_more = self.paginator.has_more
        if self.has_more:
            # Otherwise a search would name the bound as the number of its results.
            self.full_result_count = self.result_count
        self.older_address = self._older_address()

    def _older_address(self):
        """Return where the stories are that were not listed or looked through; or None."""
        if self.has_more:
            last = self.root_queryset.filter(pk=self.paginator.keys[LISTED - 1])
        elif self.looked_through is not None:
            last = self.looked_through.latest_changed()[LOOKED_THROUGH - 1 : LOOKED_THROUGH + 1]
        else:
            return None
        moments = list(last.values_list("changed_at", flat=True))
        # The last of what was looked through is followed by another, if there are more.
        if len(moments) < (1 if self.has_more else 2):
            return None
        before = moments[0] + timedelta(microseconds=1)
        return self.get_query_string({"changed_at__lt": before}, remove=["changed_at__lt"])


class StoryListPages(StoryGate):
    """The part of the article's admin that lists stories and finds them."""

    paginator = FirstStories
    show_full_result_count = False
    # To count what each filter would leave is to look at all.
    show_facets = admin.ShowFacets.NEVER
    # Other columns have no index to be read in their order.
    sortable_by = ["changed"]
    search_fields = ["headline", "standfirst", "slug"]

    def get_changelist(self, request, **kwargs):
        return StoryList

    def get_search_results(self, request, queryset, search_term):
        """Search the words of what was changed last; a whole slug or a number, all there is."""
        if not search_term:
            return queryset, False
        last = queryset.latest_changed().values("pk")[:LOOKED_THROUGH]
        among, _may_have_duplicates = super().get_search_results(
            request, self.model.objects.filter(pk__in=last), search_term
        )
        named = self.model.objects.filter(Q(slug=search_term) | Q(pk=read_key(search_term)))
        # Two short lists put together: "or" between them would read every story there is.
        keys = among.order_by().values("pk").union(named.order_by().values("pk"))
        return queryset.filter(pk__in=keys), False

    def response_action(self, request, queryset):
        """Refuse an action on "all" where not all have been listed."""
        if request.POST.get("select_across") == "1" and queryset[LISTED : LISTED + 1].exists():
            message = _("These are more stories than can be chosen at once. Filter the list first.")
            self.message_user(request, message, messages.WARNING)
            return None
        return super().response_action(request, queryset)
