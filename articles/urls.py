"""The readers' addresses."""

from django.urls import URLResolver, path, re_path
from django.urls.resolvers import RegexPattern

from articles.feeds import urlpatterns as feeds
from articles.sitemaps import urlpatterns as sitemaps
from articles.views import archive, indexes, lists
from articles.views.as_it_was import as_it_was, choose
from articles.views.changes import changes
from articles.views.pictures import picture
from articles.views.search import PARAMETERS as SEARCH_PARAMETERS
from articles.views.search import search
from articles.views.story import story
from authors.urls import urlpatterns as portraits
from newsroom.page_notes import cached

# How lists are paged (articles.views.lists).
paged = cached("before", "after")

# What people read, and what it shows; each can be seen as it was.
pages = [
    path("", paged(lists.Front.as_view()), name="front"),
    re_path(
        r"^(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/(?P<slug>[-\w]+)/$",
        cached()(story),
        name="story",
    ),
    re_path(
        r"^(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/(?P<slug>[-\w]+)/changes/$",
        cached("before")(changes),
        name="changes",
    ),
    path("archive/", cached()(archive.years), name="archive"),
    re_path(r"^(?P<year>[12]\d{3})/$", paged(archive.PeriodList.as_view()), name="year"),
    re_path(
        r"^(?P<year>[12]\d{3})/(?P<month>\d{2})/$",
        paged(archive.PeriodList.as_view()),
        name="month",
    ),
    re_path(
        r"^(?P<year>[12]\d{3})/(?P<month>\d{2})/(?P<day>\d{2})/$",
        paged(archive.PeriodList.as_view()),
        name="day",
    ),
    path("search/", cached(*SEARCH_PARAMETERS)(search), name="search"),
    path("pictures/<str:name>/<str:rendition>", cached()(picture), name="picture"),
    path("sections/<str:slug>/", paged(lists.SectionList.as_view()), name="section"),
    path("series/", cached("from")(indexes.SeriesIndex.as_view()), name="series-index"),
    path("series/<str:slug>/", paged(lists.SeriesList.as_view()), name="series"),
    path("tags/<str:slug>/", paged(lists.TagList.as_view()), name="tag"),
    path("authors/", cached("from")(indexes.AuthorsIndex.as_view()), name="authors-index"),
    path("authors/<str:slug>/", paged(lists.AuthorList.as_view()), name="author"),
]

urlpatterns = [
    *pages,
    *feeds,
    *sitemaps,
    path("as-it-was/", choose, name="choose-moment"),
    re_path(
        r"^as-it-was/(?P<moment>[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/(?P<path>.*)$",
        as_it_was,
        {"pages": URLResolver(RegexPattern(r"^/"), [*portraits, *pages])},
        name="as-it-was",
    ),
]
