"""RSS 2.0 for the site and for each section, series, tag and author."""

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from articles.models import Edition, EditionByline, FormerSlug, Section, Series, Tag
from authors.models import Author

NEWEST = 20


class SiteFeed(Feed):
    """The newest stories. A subclass names the model that its list is about."""

    model = None
    may_be_empty = True

    def __call__(self, request, *args, **kwargs):
        try:
            return super().__call__(request, *args, **kwargs)
        except Http404:
            moved = self.model and FormerSlug.objects.subject(self.model, kwargs["slug"])
            live = Edition.objects.live(timezone.now())
            if not moved or not (self.may_be_empty or self.select(live, moved).exists()):
                raise
            return redirect(f"{self.model._meta.model_name}-feed", moved.slug, permanent=True)

    def get_object(self, request, slug=None):
        return self.model and get_object_or_404(self.model, slug=slug)

    def title(self, subject):
        return f"{subject} – {settings.NEWSROOM_NAME}" if subject else settings.NEWSROOM_NAME

    def link(self, subject):
        return subject.get_absolute_url() if subject else reverse("front")

    def description(self, subject):
        return getattr(subject, "description", "") or self.title(subject)

    def items(self, subject):
        stories = list(
            self.select(Edition.objects.live(timezone.now()), subject)
            .for_lists()
            .prefetch_related(Prefetch("bylines", EditionByline.objects.select_related("author")))
            .latest_first()[:NEWEST]
        )
        if not stories and not self.may_be_empty:
            raise Http404("no stories here")
        return stories

    def select(self, editions, subject):
        return editions

    def item_title(self, edition):
        return edition.headline

    def item_description(self, edition):
        return edition.standfirst

    def item_guid(self, edition):
        # The address may change with the slug; a feed reader must not see a new story then.
        return f"story-{edition.article_id}"

    item_guid_is_permalink = False

    def item_author_name(self, edition):
        return ", ".join(str(byline) for byline in edition.writers)

    def item_pubdate(self, edition):
        return edition.first_published_at

    def item_updateddate(self, edition):
        return edition.updated_at or edition.first_published_at

    def item_categories(self, edition):
        return [edition.section.name]


class SectionFeed(SiteFeed):
    model = Section

    def select(self, editions, subject):
        return editions.in_section(subject)


class SeriesFeed(SiteFeed):
    model, may_be_empty = Series, False

    def select(self, editions, subject):
        return editions.in_series(subject)


class TagFeed(SiteFeed):
    model, may_be_empty = Tag, False

    def select(self, editions, subject):
        return editions.tagged(subject)


class AuthorFeed(SiteFeed):
    model = Author

    def select(self, editions, subject):
        return editions.by(subject)
