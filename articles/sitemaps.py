"""The sitemap (sitemaps.org protocol 0.9): stories and the pages that list them."""

from django.contrib.sitemaps import Sitemap
from django.db.models import Exists, OuterRef
from django.utils import timezone

from articles.models import Edition, EditionByline, EditionTag, Section, Series, Tag
from authors.models import Author


class StorySitemap(Sitemap):
    limit = 10_000

    def items(self):
        return Edition.objects.live(timezone.now()).defer("body").latest_first()

    def lastmod(self, edition):
        return edition.live_from


class SectionSitemap(Sitemap):
    def items(self):
        return Section.objects.order_by("pk")


class SeriesSitemap(Sitemap):
    def items(self):
        live = Edition.objects.live(timezone.now()).in_series(OuterRef("pk"))
        return Series.objects.filter(Exists(live)).order_by("pk")


class TagSitemap(Sitemap):
    def items(self):
        live = EditionTag.objects.filter(
            tag=OuterRef("pk"), edition__in=Edition.objects.live(timezone.now())
        )
        return Tag.objects.filter(Exists(live)).order_by("pk")


class AuthorSitemap(Sitemap):
    def items(self):
        live = EditionByline.objects.filter(
            author=OuterRef("pk"), edition__in=Edition.objects.live(timezone.now())
        )
        return Author.objects.filter(Exists(live)).order_by("pk")


SITEMAPS = {
    "stories": StorySitemap,
    "sections": SectionSitemap,
    "series": SeriesSitemap,
    "tags": TagSitemap,
    "authors": AuthorSitemap,
}
