"""The readers' addresses."""

from django.urls import URLResolver, path, re_path
from django.urls.resolvers import RegexPattern

from articles.feeds import urlpatterns as feeds
from articles.sitemaps import urlpatterns as sitemaps
from articles.views import archive, indexes, lists
from articles.views.as_it_was import as_it_was, choose
from articles.views.changes import changes
from articles.views.pictures import picture
from articles.views.search import search
from articles.views.story import story
from authors.urls import urlpatterns as portraits

# What people read, and what it shows; each can be seen as it was.
pages = [
    path("", lists.Front.as_view(), name="front"),
    re_path(
        r"^(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/(?P<slug>[-\w]+)/$",
        story,
        name="story",
    ),
    re_path(
        r"^(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/(?P<slug>[-\w]+)/changes/$",
        changes,
        name="changes",
    ),
    path("archive/", archive.years, name="archive"),
    re_path(r"^(?P<year>[12]\d{3})/$", archive.PeriodList.as_view(), name="year"),
    re_path(r"^(?P<year>[12]\d{3})/(?P<month>\d{2})/$", archive.PeriodList.as_view(), name="month"),
    re_path(
        r"^(?P<year>[12]\d{3})/(?P<month>\d{2})/(?P<day>\d{2})/$",
        archive.PeriodList.as_view(),
        name="day",
    ),
    path("search/", search, name="search"),
    path("pictures/<str:name>/<str:rendition>", picture, name="picture"),
    path("sections/<str:slug>/", lists.SectionList.as_view(), name="section"),
    path("series/", indexes.SeriesIndex.as_view(), name="series-index"),
    path("series/<str:slug>/", lists.SeriesList.as_view(), name="series"),
    path("tags/<str:slug>/", lists.TagList.as_view(), name="tag"),
    path("authors/", indexes.AuthorsIndex.as_view(), name="authors-index"),
    path("authors/<str:slug>/", lists.AuthorList.as_view(), name="author"),
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
