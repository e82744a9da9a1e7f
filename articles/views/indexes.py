"""Indexes by name: the authors, and the series, that have live stories."""

from django.db.models import OuterRef
from django.db.models.functions import Left, Upper
from django.views.generic import TemplateView

from articles.models import Series
from articles.views.live import live_editions
from authors.models import Author
from newsroom.each_row import has_any
from newsroom.page_cache import shows

PER_PAGE = 100


class NameIndex(TemplateView):
    """One page of an index; ``?from=`` says at which name it begins.

    A subclass says which of the live editions belong to the row ``OuterRef("pk")``: ``select``.
    """

    http_method_names = ["get", "head", "options"]
    template_name = "articles/index.html"
    model = None

    def get_context_data(self, **context):
        # Any move may give somebody a first story, or take the last.
        shows(self.request, "stories", "withdrawn", "authors", "series")
        stories = self.select(live_editions(self.request)).latest_first()
        # By time alone, as the index goes on: for whatever comes behind it the next is read too.
        has_stories = has_any(stories.order_by(*stories.query.order_by[:1]))
        listed = self.model.objects.filter(has_stories).order_by("name", "pk")
        # A database takes no zero byte in a text.
        begin = self.request.GET.get("from", "").replace("\0", "")
        rows = list(listed.filter(name__gte=begin)[: PER_PAGE + 1])
        before = list(listed.filter(name__lt=begin).reverse()[:PER_PAGE]) if begin else []
        initials = listed.annotate(initial=Upper(Left("name", 1))).order_by("initial")
        return super().get_context_data(
            **context,
            rows=rows[:PER_PAGE],
            previous=before[-1].name if before else None,
            # Asked for where there is more than one page.
            initials=initials.values_list("initial", flat=True).distinct(),
            following=rows[PER_PAGE].name if len(rows) > PER_PAGE else None,
        )


class AuthorsIndex(NameIndex):
    template_name = "authors/index.html"
    model = Author

    def select(self, editions):
        return editions.by(OuterRef("pk"))


class SeriesIndex(NameIndex):
    model = Series

    def select(self, editions):
        return editions.in_series(OuterRef("pk"))
