"""Search, which is the page of filters too: what is set stands in the address."""

import re

from django.http import Http404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from articles.page_tags import of_cards
from articles.search import NEWEST, Search
from articles.search.correcting import corrected
from articles.search.snippets import marked, passages_of, snippet
from articles.search.words import text_of
from articles.views.live import live_editions
from articles.views.story_filter import StoryFilter
from newsroom.moments import midnight
from newsroom.page_notes import shows

PER_PAGE = 20
# So far stories are counted.
COUNTED = 100
CURSORS = ("before", "after", "below")
PARAMETERS = (*StoryFilter.base_filters, *CURSORS)


@require_safe
def search(request):
    """Show the stories that match what is set in the address; the newest if nothing is."""
    live = live_editions(request)
    filters = StoryFilter(request.GET, queryset=live, request=request)
    filters.form.label_suffix = ""
    context = {"form": filters.form}
    shows(request, "stories", "series", "authors", "tags")
    if filters.form.is_valid():
        context |= answer(request, filters, live)
    return TemplateResponse(request, "articles/search.html", context)


def answer(request, filters, live):
    """Return what the page shows of a valid question."""
    values = filters.form.cleaned_data
    wanted = filters.narrow(Search(live))
    list_page = best_page if wanted.question.groups and not values["order"] else newest_page
    rows, context = list_page(request, wanted)
    if not rows:
        shown = corrected(wanted.question, live)
        if shown:
            wanted = wanted.matching(shown)
            rows, context = list_page(request, wanted)
            context["shown"] = rows and shown
    return {
        **context,
        "stories": fetch(request, rows, live, wanted.question),
        "asked": values["q"],
        "question": wanted.question,
        "either": " OR ".join(dict.fromkeys(word.plain for word in wanted.question.wanted_words)),
        "is_set": any(values.values()),
        "is_narrowed": any(value for name, value in values.items() if name != "q"),
    }


def newest_page(request, wanted):
    """Return the rows of a page of the newest, and what stands around it."""
    before, after = (read_place(request.GET.get(name)) for name in ("before", "after"))
    if after is not None:
        rows = wanted.earliest(PER_PAGE + 1, after)[::-1]
        has_newer, has_older = len(rows) > PER_PAGE, bool(rows)
        rows = rows[-PER_PAGE:]
    else:
        rows = wanted.latest(PER_PAGE + 1 if before is not None else COUNTED + 1, before)
        has_newer, has_older = bool(rows) and before is not None, len(rows) > PER_PAGE
    number, rows = len(rows), rows[:PER_PAGE]
    return rows, {
        "number": number if before is None and after is None else None,
        "newer": has_newer and link(request, after=rows[0][0]),
        "older": has_older and link(request, before=rows[-1][0]),
    }


def best_page(request, wanted):
    """Return the rows of a page of what matches best, and what stands around it."""
    # The page is kept until midnight: what is best as the day begins is best all day.
    rows, begin = wanted.best(midnight(request.moment)), 0
    below = read_place(request.GET.get("below"))
    if below is not None:
        places = [place for place, _pk in rows]
        if below not in places:
            raise Http404("no such place in the list")
        begin = places.index(below) + 1
    end = begin + PER_PAGE
    above = {"below": rows[begin - PER_PAGE - 1][0]} if begin > PER_PAGE else {}
    return rows[begin:end], {
        "number": len(rows),
        "previous": begin and link(request, **above),
        "following": len(rows) > end and link(request, below=rows[end - 1][0]),
        "all_of_many": NEWEST <= len(rows) <= end and link(request, order="newest"),
    }


def link(request, **values):
    """Return the address of another page of the list, or of it in another order."""
    address = request.GET.copy()
    for name in CURSORS:
        address.pop(name, None)
    for name, value in values.items():
        address[name] = value
    return f"?{address.urlencode()}"


def read_place(text):
    """Return the place in an address, or None without one; raises Http404 for what is none."""
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise Http404("no such place in the list")
    return int(text)


def fetch(request, rows, live, question):
    """Return the editions of rows, in their order, with what a card shows and a snippet."""
    found = live.filter(pk__in=[pk for _place, pk in rows]).select_related("section", "lead_image")
    if not question.groups:
        found = found.defer("body")
    editions = {edition.pk: edition for edition in found.with_bylines()}
    # One may have been withdrawn since it was found.
    stories = [editions[pk] for _place, pk in rows if pk in editions]
    shows(request, *of_cards(stories))
    if question.groups:
        for story in stories:
            before = f"{story.standfirst} " if story.standfirst else ""
            passages = passages_of(story.body, len(before))
            story.snippet = snippet(before + text_of(story.body), question.phrases, passages)
            story.marked_headline = marked(story.headline, question.phrases)
    return stories
