"""The readers' addresses."""

from django.contrib.sitemaps.views import index, sitemap
from django.urls import path, re_path

from articles import feeds
from articles.sitemaps import SITEMAPS
from articles.views import lists
from articles.views.pictures import picture
from articles.views.story import story

urlpatterns = [
    path("", lists.Front.as_view(), name="front"),
    path("feed/", feeds.SiteFeed(), name="feed"),
    re_path(
        r"^(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/(?P<slug>[-\w]+)/$",
        story,
        name="story",
    ),
    path("pictures/<str:name>/<str:rendition>", picture, name="picture"),
    path("sitemap.xml", index, {"sitemaps": SITEMAPS}),
    path(
        "sitemap-<section>.xml",
        sitemap,
        {"sitemaps": SITEMAPS},
        name="django.contrib.sitemaps.views.sitemap",
    ),
]
for plural, name, page, feed in (
    ("sections", "section", lists.SectionList, feeds.SectionFeed),
    ("series", "series", lists.SeriesList, feeds.SeriesFeed),
    ("tags", "tag", lists.TagList, feeds.TagFeed),
    ("authors", "author", lists.AuthorList, feeds.AuthorFeed),
):
    urlpatterns += [
        path(f"{plural}/<str:slug>/", page.as_view(), name=name),
        path(f"{plural}/<str:slug>/feed/", feed(), name=f"{name}-feed"),
    ]
