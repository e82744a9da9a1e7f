"""The archive: every year, month and day that has stories.

A story's address begins with a day in the newsroom's zone. That day counts here, not the
moment of publication: cut short, every address leads to a list that has its story.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from django.db.models import Subquery
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models.edition_lists import ZONES
from articles.views.lists import StoryList
from articles.views.live import live_editions
from newsroom.page_notes import shows

# The addresses know the years 1000 to 2999. The oldest newspaper is of 1605.
FIRST_DAY, A_DAY = date(1000, 1, 1), timedelta(days=1)
MOST_YEARS = 500


@dataclass(frozen=True)
class Period:
    """A year, a month of it or a day of that."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first(self):
        month, day = (1 if part is None else part for part in (self.month, self.day))
        return date(self.year, month, day)

    @property
    def last(self):
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    @property
    def parts(self):
        """The periods that this one consists of, in order; a day has none."""
        if self.month is None:
            return [Period(self.year, month) for month in range(1, 13)]
        if self.day is None:
            return [Period(self.year, self.month, day) for day in range(1, self.last.day + 1)]
        return []

    @property
    def above(self):
        """The periods that this one is a part of, the widest first."""
        parents = [Period(self.year), Period(self.year, self.month)]
        return parents[: (self.month is not None) + (self.day is not None)]

    def around(self, day):
        """Return the period of the same kind that a day is in; None for no day."""
        return day and Period(day.year, self.month and day.month, self.day and day.day)

    def get_absolute_url(self):
        if self.month is None:
            return reverse("year", args=[f"{self.year:04}"])
        if self.day is None:
            return reverse("month", args=[f"{self.year:04}", f"{self.month:02}"])
        return reverse("day", args=[f"{self.year:04}", f"{self.month:02}", f"{self.day:02}"])

    def __str__(self):
        if self.month is None:
            return f"{self.year:04}"
        return date_format(self.first, _("F Y") if self.day is None else _("l, j F Y"))

    @property
    def short_name(self):
        """What it is called in a list of its year's or month's parts."""
        return str(self.day or (MONTHS[self.month] if self.month else self))


def days_of(live, moment, first=FIRST_DAY, last=date.max):
    """Return the days from first to last with editions live at a moment, the latest first.

    One bound at each end: of two SQLite may take the wider, and look through what lies between.
    Without one it would read every edition, or all that came since the moment.
    """
    days = first, min(last, (moment + ZONES).date())
    found = live.filter(first_published_on__range=days).order_by("-first_published_on")
    return found.values_list("first_published_on", flat=True)


def first_of_each(lists, beside):
    """Return the first day of each of several lists, in one query; None of an empty one.

    The query is one for a row of ``beside``. Where the last of these was withdrawn since they
    were asked for before, None stands for all.
    """
    columns = [Subquery(each[:1]) for each in lists]
    return beside.values_list(*columns).first() or [None] * len(columns)


class PeriodList(StoryList):
    """The stories of a period, and which of its parts have any."""

    template_name = "articles/period.html"

    def get(self, request, year, month=None, day=None):
        numbers = [None if part is None else int(part) for part in (year, month, day)]
        self.period = Period(*numbers)
        try:
            self.days = self.period.first, self.period.last
        except ValueError as error:
            raise Http404("no such day") from error
        return super().get(request)

    def list_tags(self):
        numbers = (self.period.month, self.period.day)
        parts = [f"{self.period.year:04}", *(f"{each:02}" for each in numbers if each is not None)]
        return ["days", f"on:{'-'.join(parts)}"]

    def select(self, editions):
        return editions.of_days(*self.days)

    def get_context_data(self, **context):
        live = live_editions(self.request)
        first, last = self.days
        days = partial(days_of, live, self.request.moment)
        parts = self.period.parts
        wanted = [
            days(last=first - A_DAY),
            days(first=last + A_DAY).reverse(),
            *(days(part.first, part.last) for part in parts),
        ]
        earlier, later, *found = first_of_each(wanted, beside=days(first, last))
        return super().get_context_data(
            **context,
            period=self.period,
            trail=[
                (_("Archive"), reverse("archive")),
                *((above, above.get_absolute_url()) for above in self.period.above),
            ],
            parts=[(part, day is not None) for part, day in zip(parts, found, strict=True)],
            earlier=self.period.around(earlier),
            later=self.period.around(later),
        )


@require_safe
def years(request):
    """Show the years that have stories, the latest first."""
    days = partial(days_of, live_editions(request), request.moment)
    newest, oldest = days().first(), days().reverse().first()
    found = []
    if newest and oldest:
        wanted = [
            Period(year)
            for year in range(newest.year, max(oldest.year, newest.year - MOST_YEARS) - 1, -1)
        ]
        of_years = first_of_each([days(year.first, year.last) for year in wanted], beside=days())
        found = [year for year, day in zip(wanted, of_years, strict=True) if day]
    shows(request, "days")
    return TemplateResponse(request, "articles/archive.html", {"years": found})
