"""Lists of stories, latest first: the front page, sections, series, tags and authors.

Pages are cut by time, not by number: "older" and "newer" name the story they go on
from, so nothing is counted and a new story shifts nothing.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from articles.models import (
    EditionByline,
    FormerSlug,
    FrontPagePick,
    Section,
    Series,
    Tag,
)
from articles.page_tags import of_article, of_cards
from articles.track_record import MOST_COUNTED, track_record
from articles.views.live import live_editions
from authors.models import Author
from newsroom.page_notes import awaits, shows
from newsroom.prepared import any_of, prepared

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PER_PAGE = 20
# The first page of a section, series or tag says how many stories it has, up to MOST_COUNTED, and
# what the newest of them are about.
NEWEST_FOR_TAGS = 50
MOST_TAGS = 10


def write_cursor(edition):
    """Return a story's place in a list, for an address: microseconds and article."""
    microseconds = (edition.first_published_at - EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}-{edition.article_id}"


def read_cursor(text):
    """Return the (moment, article id) that ``write_cursor`` wrote; raises Http404 for others."""
    try:
        microseconds, article_id = (int(part) for part in text.split("-"))
        moment = EPOCH + timedelta(microseconds=microseconds)
        if article_id >= 2**63:
            raise OverflowError
    except (ValueError, OverflowError) as error:
        raise Http404("no such place in the list") from error
    return moment, article_id


class StoryList(TemplateView):
    """One page of a list. A subclass says what heads it and which editions are in it."""

    http_method_names = ["get", "head", "options"]
    template_name = "articles/list.html"
    model = None
    feed = None
    per_page = PER_PAGE
    may_be_empty = False

    def get(self, request, *args, **kwargs):
        self.subject = self.model and self.model.objects.filter(slug=kwargs["slug"]).first()
        if self.model and self.subject is None:
            return self.redirect_to_subject(kwargs["slug"])
        listed = self.select(live_editions(self.request))
        stories = listed.for_lists().with_bylines()
        before, after = request.GET.get("before"), request.GET.get("after")
        place = f"?before={before}" if before else ""
        if after:
            rows = list(stories.newer_than(*read_cursor(after)).oldest_first()[: self.per_page + 1])
            if len(rows) <= self.per_page:
                return redirect(request.path)
            # The same stories have one address, whichever way somebody came.
            place = f"?before={write_cursor(rows[self.per_page])}"
            rows = rows[self.per_page - 1 :: -1]
            has_older = True
        else:
            if before:
                stories = stories.older_than(*read_cursor(before))
            rows = list(stories.latest_first()[: self.per_page + 1])
            has_older = len(rows) > self.per_page
            rows = rows[: self.per_page]
        if not rows and (before or not self.may_be_empty):
            raise Http404("no stories here")
        shows(request, *self.list_tags(), *of_cards(rows))
        return self.render_to_response(
            self.get_context_data(
                subject=self.subject,
                stories=rows,
                older=has_older and f"?before={write_cursor(rows[-1])}",
                newer=bool(before or after) and self.newer_address(listed, rows[0]),
                feed=self.feed,
                canonical=request.path + place,
            )
        )

    def newer_address(self, listed, first):
        """Return where the page is that stands above a story: the list's first has one address."""
        above = listed.newer_than(first.first_published_at, first.article_id)
        has_more = above.oldest_first()[self.per_page : self.per_page + 1].exists()
        return f"?after={write_cursor(first)}" if has_more else self.request.path

    def redirect_to_subject(self, slug):
        """Lead a slug that the subject had to its page, if there is one; raises Http404."""
        self.subject = FormerSlug.objects.subject(self.model, slug)
        if self.subject is None:
            raise Http404("no such page, and there never was")
        if not (self.may_be_empty or self.select(live_editions(self.request)).exists()):
            raise Http404("no stories here")
        return redirect(self.subject, permanent=True)

    def list_tags(self):
        """Return the tags of what the page shows beside the stories, their order included."""
        raise NotImplementedError

    def select(self, editions):
        """Return those of the live editions that the list holds."""
        return editions


class Front(StoryList):
    """The picked stories, then the newest others; older pages leave out the picked ones too."""

    feed = "feed"
    may_be_empty = True

    def get(self, request, *args, **kwargs):
        if request.GET.get("before") or request.GET.get("after"):
            return super().get(request, *args, **kwargs)
        picks = [pk for (pk,) in _picks(at=request.moment)]
        return render_front(request, live_editions(request), picks)

    def list_tags(self):
        return ["front", "picks"]

    def select(self, editions):
        picks = FrontPagePick.objects.articles_at(self.request.moment)
        return editions.exclude(article__in=list(picks))


@prepared
def _picks(at):
    return FrontPagePick.objects.articles_at(at)


@prepared
def _picked(gate, at, now, picks):
    return gate(at, now).for_lists().filter(article__in=any_of(picks))


@prepared
def _others(gate, most, at, now, picks):
    return gate(at, now).for_lists().exclude(article__in=any_of(picks)).latest_first()[:most]


@prepared
def _bylines(editions):
    return EditionByline.objects.filter(edition__in=any_of(editions)).select_related("author")


def render_front(request, live, picks, **context):
    """Return the front page: of the live editions those that are picked, and the newest others.

    ``picks``: primary keys of articles, in order; one that is not live leaves no hole.
    """
    picked = {story.article_id: story for story in live.ask(_picked, picks=picks)} if picks else {}
    leads = [picked[pk] for pk in picks if pk in picked]
    room = max(PER_PAGE - len(leads), 1)
    others = live.ask(_others, room + 1, picks=picks)
    stories = [*leads, *others[:room]]
    lines = defaultdict(list)
    for line in _bylines(editions=[story.pk for story in stories]):
        lines[line.edition_id].append(line)
    for story in stories:
        story.lines = lines[story.pk]
    shows(request, *Front.list_tags(None), *of_cards(stories))
    awaits(request, *map(of_article, picks))
    older = len(others) > room and f"?before={write_cursor(others[room - 1])}"
    return TemplateResponse(
        request,
        "articles/front.html",
        {"stories": stories, "older": older, "feed": Front.feed, **context},
    )


class Landing(StoryList):
    """A list that people come to: its first page says what it is about, and how much there is."""

    # The name and the address's name of the page that lists its like.
    index = None

    def get_context_data(self, **context):
        if not (self.request.GET.get("before") or self.request.GET.get("after")):
            newest = self.select(live_editions(self.request)).latest_first()
            subjects = Tag.objects.most_used_in(newest[:NEWEST_FOR_TAGS])
            if self.model is Tag:
                subjects = subjects.exclude(pk=self.subject.pk)
            context |= {
                "is_landing": True,
                "count": newest[: MOST_COUNTED + 1].count(),
                "most_counted": MOST_COUNTED,
                "subjects": list(subjects[:MOST_TAGS]),
            }
            # A merge, or another name among equals, may bring in one that is not shown now.
            shows(self.request, "tags")
        trail = [(self.index[0], reverse(self.index[1]))] if self.index else []
        return super().get_context_data(**context, trail=trail)


class SectionList(Landing):
    model, feed, may_be_empty = Section, "section-feed", True

    def list_tags(self):
        return [f"in-section:{self.subject.pk}"]

    def select(self, editions):
        return editions.in_section(self.subject)


class SeriesList(Landing):
    model, feed, index = Series, "series-feed", (_("Series"), "series-index")

    def list_tags(self):
        return [f"series:{self.subject.pk}", f"in-series:{self.subject.pk}"]

    def select(self, editions):
        return editions.in_series(self.subject)


class TagList(Landing):
    model, feed = Tag, "tag-feed"

    def list_tags(self):
        return [f"tag:{self.subject.pk}", f"tagged:{self.subject.pk}"]

    def select(self, editions):
        return editions.tagged(self.subject)


class AuthorList(StoryList):
    template_name = "authors/author.html"
    model, feed, may_be_empty = Author, "author-feed", True

    def list_tags(self):
        return [f"{kind}:{self.subject.pk}" for kind in ("author", "by", "record")]

    def select(self, editions):
        return editions.by(self.subject)

    def get_context_data(self, **context):
        if not context["newer"]:
            record = track_record(self.subject, live_editions(self.request))
            context["record"] = record
            if record:
                shows(self.request, "tags")
                shown = [record.first, *record.corrected]
                shows(self.request, *(of_article(story.article_id) for story in shown))
        trail = [(_("Authors"), reverse("authors-index"))]
        return super().get_context_data(**context, trail=trail)
