"""Indexes by name: the authors, and the series, that have live stories."""

from functools import partial

from django.db import connections
from django.db.models import OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import Left, Upper
from django.views.generic import TemplateView

from articles.models import Series
from articles.views.live import live_editions
from authors.models import Author
from newsroom.each_row import has_any
from newsroom.page_notes import shows

PER_PAGE = 100


def initials_of(listed):
    """Return the initials of the names in a queryset, which is ordered by them, in that order.

    SQL is written here because each takes one look for the first name with it: to find those that
    differ a database would look for the stories of everybody.
    """
    last = RawSQL("found.name", ())
    others = listed.annotate(initial=Upper(Left("name", 1))).exclude(initial=Upper(Left(last, 1)))
    steps = [each.values("name")[:1] for each in (listed, others.filter(name__gt=last))]
    (first, of_first), (following, of_following) = (
        each.query.get_compiler(listed.db).as_sql() for each in steps
    )
    with connections[listed.db].cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE found(name) AS (
                SELECT ({first}) UNION ALL SELECT ({following}) FROM found WHERE name IS NOT NULL
            )
            SELECT name FROM found WHERE name IS NOT NULL
            """,
            [*of_first, *of_following],
        )
        # Where capitals do not stand beside small letters, a letter comes twice.
        return list(dict.fromkeys(name[:1].upper() for (name,) in cursor.fetchall()))


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
        return super().get_context_data(
            **context,
            rows=rows[:PER_PAGE],
            previous=before[-1].name if before else None,
            # Asked for where there is more than one page.
            initials=partial(initials_of, listed),
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
