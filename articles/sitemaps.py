"""Sitemaps (sitemaps.org protocol 0.9): every story, the pages that list them, and the news.

A part holds what has its number in the database in one range (SITEMAP_PART): nothing is
counted, and however many stories there are, a new one changes the last part only.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Max, OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import get_language
from django.views.decorators.http import conditional_page, require_safe

from articles.models import Edition, Section, Series, Tag
from articles.models.edition_lists import SITEMAP_PART
from articles.page_tags import of_part
from articles.views.live import live_editions
from authors.models import Author
from newsroom import identity
from newsroom.page_notes import cached, shows

# Google's rules for news sitemaps: the last two days, and at most 1,000 stories.
# https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
NEWS_IS_NEW = timedelta(hours=48)
NEWS_LIMIT = 1_000

LISTS = {"sections": Section, "series": Series, "tags": Tag, "authors": Author}
# What shows in all but the parts of the stories.
OF_LISTS = {"stories", "withdrawn", "sections", "series", "tags", "authors"}
# The pages that lead to what a kind of list has, by the names of their addresses.
ABOVE = {
    "sections": ("front", "archive"),
    "series": ("series-index",),
    "authors": ("authors-index",),
}


def lists_with_newest(kind, live):
    """Return the sections, series, tags or authors that have live stories.

    ``newest`` is when the newest of these came out.
    """
    stories_of = {
        "sections": live.in_section,
        "series": live.in_series,
        "tags": live.tagged,
        "authors": live.by,
    }
    newest = stories_of[kind](OuterRef("pk")).latest_first().values("first_published_at")[:1]
    lists = LISTS[kind].objects.annotate(newest=Subquery(newest))
    return lists.filter(newest__isnull=False).order_by("pk")


def in_part(rows, part, number="pk"):
    """Keep the rows that belong to a part by their number."""
    first, end = part * SITEMAP_PART, (part + 1) * SITEMAP_PART
    return rows.filter(**{f"{number}__gte": first, f"{number}__lt": end})


def last_part(kind):
    """Return the highest number that a part of a kind's sitemap may have; -1 if there is none."""
    rows = Edition.objects.all() if kind == "stories" else LISTS[kind].objects.all()
    number = "article_id" if kind == "stories" else "pk"
    last = rows.aggregate(last=Max(number))["last"]
    return -1 if last is None else last // SITEMAP_PART


@cached()
@conditional_page
@require_safe
def sitemap_index(request):
    """Name all parts, with the time at which each changed last."""
    live = live_editions(request)
    newest = Edition.objects.newest_of_parts(request.moment)
    parts = [("stories", each.part, each.live_from) for each in newest]
    latest = max((changed for _kind, _part, changed in parts), default=None)
    for kind in LISTS:
        lists = lists_with_newest(kind, live)
        # Each new story is at the head of a list of each kind.
        parts += [
            (kind, part, latest)
            for part in range(last_part(kind) + 1 if latest else 0)
            if in_part(lists, part).exists()
        ]
    sitemaps = [
        (reverse("sitemap-part", args=[kind, part]), changed) for kind, part, changed in parts
    ]
    newest = news(live, request.moment).latest_first().values_list("first_published_at", flat=True)
    if newest := newest.first():
        shows(request, until=(newest + NEWS_IS_NEW).timestamp())
        sitemaps.append((reverse("news-sitemap"), latest))
    return _xml(request, "sitemap_index.xml", OF_LISTS, sitemaps=sitemaps)


@cached()
@conditional_page
@require_safe
def sitemap_part(request, kind, part):
    """List one part, if there is anything in it that readers have."""
    if kind not in {"stories", *LISTS} or part > last_part(kind):
        raise Http404("no such part")
    live = live_editions(request)
    tags = OF_LISTS
    if kind == "stories":
        tags = {of_part(part)}
        stories = in_part(live, part, "article_id").order_by("article_id")
        stories = stories.only("slug", "first_published_on", "live_from")
        pages = [(story.get_absolute_url(), story.live_from) for story in stories]
    else:
        rows = in_part(lists_with_newest(kind, live), part)
        pages = [(row.get_absolute_url(), row.newest) for row in rows]
    if not pages:
        # What only waits, or was withdrawn, shows by no number.
        raise Http404("nothing in this part")
    latest = max(changed for _path, changed in pages)
    pages += [(reverse(name), latest) for name in ABOVE.get(kind, ())]
    pages = [(path, changed.isoformat(timespec="seconds")) for path, changed in pages]
    return _xml(request, "sitemap.xml", tags, pages=pages)


def news(live, moment):
    """Return the live editions of the stories that came out within two days of a moment."""
    return live.filter(first_published_at__gte=moment - NEWS_IS_NEW)


@cached()
@conditional_page
@require_safe
def news_sitemap(request):
    """List the stories of the last two days for Google News."""
    stories = news(live_editions(request), request.moment)
    stories = stories.only("headline", "slug", "first_published_on", "first_published_at")
    stories = list(stories.latest_first()[:NEWS_LIMIT])
    if stories:
        shows(request, until=(stories[-1].first_published_at + NEWS_IS_NEW).timestamp())
    publication = {"newsroom_name": settings.NEWSROOM_NAME, "language": news_language()}
    return _xml(request, "sitemap_news.xml", OF_LISTS, stories=stories, **publication)


def news_language():
    """Return the site's language as Google News writes it: ISO 639, or which Chinese it is."""
    language = get_language()
    chinese = {"zh-hans": "zh-cn", "zh-cn": "zh-cn", "zh-hant": "zh-tw", "zh-tw": "zh-tw"}
    return chinese.get(language) or language.partition("-")[0]


def _xml(request, template, tags, **context):
    shows(request, *tags)
    context["origin"] = identity.origin(request)
    # Without the request, and so without the masthead's words: those end at midnight.
    xml = render_to_string(f"articles/{template}", context)
    response = HttpResponse(xml, content_type="application/xml; charset=utf-8")
    # What it lists is to be found, not the list.
    response["X-Robots-Tag"] = "noindex"
    return response


urlpatterns = [
    path("sitemap.xml", sitemap_index, name="sitemap"),
    path("sitemap-news.xml", news_sitemap, name="news-sitemap"),
    path("sitemap-<str:kind>-<int:part>.xml", sitemap_part, name="sitemap-part"),
]
