"""What readers can set to find stories; each field stands in the address, to be shared."""

from datetime import datetime, time

import django_filters
from django import forms
from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from articles.models import Section, Series, Tag
from articles.models.tag import twin_key
from articles.search.question import MOST_CHARACTERS
from authors.models import Author


class PlainText(forms.CharField):
    """A text that is never refused: what no text may hold, or nobody reads, is dropped."""

    def to_python(self, value):
        # One more tells that there was more.
        return super().to_python((value or "").replace("\0", "")[: MOST_CHARACTERS + 1])


class TextFilter(django_filters.CharFilter):
    field_class = PlainText


class DayFilter(django_filters.DateFilter):
    def __init__(self, **kwargs):
        super().__init__(widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), **kwargs)


def called(model, text):
    """Return the author or series that has a text as slug, or else as name; None if none has."""
    slugs = [text, slugify(text, allow_unicode=True)]
    found = model.objects.filter(Q(slug__in=slugs) | Q(name__iexact=text))
    # A slug in an address that was shared means what it always did.
    return found.order_by(Case(When(slug=text, then=0), default=1), "name").first()


class StoryFilter(django_filters.FilterSet):
    """What can be set, and how each makes a Search narrower."""

    q = TextFilter(
        label=_("Words"),
        method="with_words",
        widget=forms.TextInput(
            {"type": "search", "maxlength": MOST_CHARACTERS, "enterkeyhint": "search"}
        ),
    )
    section = django_filters.ModelChoiceFilter(
        label=_("Section"),
        queryset=Section.objects.all(),
        to_field_name="slug",
        empty_label=_("All sections"),
        method="in_section",
    )
    series = TextFilter(label=_("Series"), method="in_series")
    author = TextFilter(label=_("Author"), method="by")
    tag = TextFilter(label=_("Tag"), method="tagged")
    # The word of the address is one of Python's own.
    vars()["from"] = DayFilter(label=_("From"), method="since")
    to = DayFilter(label=_("To"), method="until")
    order = django_filters.ChoiceFilter(
        label=_("Order"),
        choices=[("newest", _("Newest first"))],
        empty_label=_("Best match first"),
        method="in_order",
    )

    def narrow(self, search):
        """Return a Search made narrower by all that is set."""
        for name, value in self.form.cleaned_data.items():
            search = self.filters[name].filter(search, value)
        return search

    def with_words(self, search, _name, text):
        return search.matching(text)

    def in_section(self, search, _name, section):
        return search.in_section(section)

    def in_series(self, search, _name, text):
        series = called(Series, text)
        return search.in_series(series) if series else search.none()

    def by(self, search, _name, text):
        author = called(Author, text)
        return search.by(author) if author else search.none()

    def tagged(self, search, _name, text):
        # A tag that no live story has is not told from one that never was.
        tags = Tag.objects.filter(Q(slug=text) | Q(twin_key=twin_key(text) or None))
        return search.tagged(*tags)

    def since(self, search, _name, day):
        return search.since(timezone.make_aware(datetime.combine(day, time.min)))

    def until(self, search, _name, day):
        # Where the clocks go back at midnight, there is a day's last hour twice.
        end = datetime.combine(day, time.max).replace(fold=1)
        return search.until(timezone.make_aware(end))

    def in_order(self, search, _name, _value):
        # Read by the view: it changes no result, only which are first.
        return search
