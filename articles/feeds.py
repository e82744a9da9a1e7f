"""Feeds with whole stories: of the site, each section, series, tag, author and search."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import escape
from django.views.decorators.http import conditional_page, require_safe
from lxml.html import HTMLParser, fragment_fromstring, tostring

from articles.body import linked_articles, live_addresses, render_body
from articles.models import Edition, FormerSlug, Section, Series, Tag
from articles.page_tags import of_article, of_cards, of_links
from articles.search import Search
from articles.story_page import shown_corrections
from articles.structured_data import list_description
from articles.views.live import live_editions
from articles.views.search import PARAMETERS
from articles.views.story_filter import StoryFilter
from authors.models import Author
from newsroom import identity
from newsroom.feed_formats import FORMATS
from newsroom.page_notes import awaits, cached, shows
from newsroom.xml_text import xml_text

NEWEST = 20


@dataclass
class Asked:
    """What a feed was asked for: the request, and the section, series… that it is about."""

    request: HttpRequest
    subject: Model | None = None
    # Of a search: its words, and the primary keys of the editions that it found.
    words: str = ""
    found: tuple = ()

    @property
    def origin(self):
        return identity.origin(self.request)


@dataclass
class FeedStory:
    """A story as a feed has it: the edition, and its body where links to our stories lead."""

    edition: Edition
    origin: str
    addresses: dict

    def get_absolute_url(self):
        return self.origin + self.edition.get_absolute_url()

    def full_text(self):
        """Return the picture, the body and the corrections as HTML that can stand anywhere."""
        edition = self.edition
        images = {image.pk: image for image in edition.images.all()}
        html = render_to_string(
            "articles/_feed_story.html",
            {
                "edition": edition,
                "body": render_body(edition.body, images, self.addresses),
                "corrections": shown_corrections(edition),
            },
        )
        return for_other_sites(html, self.get_absolute_url())


# What helps a page that loads and is read here, and nobody elsewhere.
OF_OUR_PAGES = {"id", "class", "role", "tabindex", "aria-label", "loading", "decoding"}


def for_other_sites(html, address):
    """Return the HTML of a story as it can stand elsewhere: a feed reader, another site.

    Addresses are whole; ``address`` is the story's own. A picture has one size.
    """
    # Without "huge", the parser drops what stands behind 256 blocks in one another.
    parser = HTMLParser(encoding="utf-8", huge_tree=True)
    root = fragment_fromstring(xml_text(html), create_parent="div", parser=parser)
    for element in root.iter():
        for name in OF_OUR_PAGES:
            element.attrib.pop(name, None)
    # The parser knows no "source" and takes what follows it for its content.
    for element in [*root.findall(".//picture"), *root.findall(".//source")]:
        element.drop_tag()
    root.make_links_absolute(address, handle_failures="ignore")
    return tostring(root, encoding="unicode").removeprefix("<div>").removesuffix("</div>")


class SiteFeed(Feed):
    """The newest stories. A subclass names the model that its list is about."""

    model = None
    may_be_empty = True
    # The kinds of tag that the list has (articles.page_tags), before the number of its subject.
    list_tags = ("front",)
    parameters = ()

    def __init__(self, feed_type, suffix):
        """``suffix`` ends the names of the addresses in this format."""
        self.feed_type = feed_type
        self.suffix = suffix

    def __call__(self, request, *args, **kwargs):
        try:
            response = super().__call__(request, *args, **kwargs)
        except Http404:
            moved = self.model and FormerSlug.objects.subject(self.model, kwargs["slug"])
            live = live_editions(request)
            if not moved or not (self.may_be_empty or self.select(live, moved).exists()):
                raise
            name = f"{self.model._meta.model_name}-feed{self.suffix}"
            return redirect(name, moved.slug, permanent=True)
        # The newest story's time does not tell that another was withdrawn or somebody renamed
        # since: whether a feed has changed its ETag alone says.
        del response["Last-Modified"]
        return response

    def get_object(self, request, slug=None):
        return Asked(request, self.model and get_object_or_404(self.model, slug=slug))

    def title(self, asked):
        name = settings.NEWSROOM_NAME
        return f"{asked.subject} – {name}" if asked.subject else name

    def link(self, asked):
        page = asked.subject.get_absolute_url() if asked.subject else reverse("front")
        return asked.origin + page

    def feed_url(self, asked):
        return asked.origin + asked.request.get_full_path()

    feed_guid = feed_url

    def description(self, asked):
        return list_description(asked.subject) if asked.subject else identity.description()

    subtitle = description

    def author_name(self):
        return settings.NEWSROOM_NAME

    def author_link(self, asked):
        return asked.origin + reverse("front")

    def feed_extra_kwargs(self, asked):
        return {"icon": identity.logo(asked.origin)}

    def items(self, asked):
        live = live_editions(asked.request)
        stories = list(
            self.listed(live, asked)
            .select_related("section", "lead_image")
            .with_bylines()
            .prefetch_related("tags", "images")
            .latest_first()[:NEWEST]
        )
        if not stories and not self.may_be_empty:
            raise Http404("no stories here")
        number = f":{asked.subject.pk}" if asked.subject else ""
        shows(asked.request, *(f"{kind}{number}" for kind in self.list_tags))
        shows(asked.request, "sections", "series", "tags", *of_cards(stories))
        for story in stories:
            awaits(asked.request, *of_links(story.body))
            shows(asked.request, *(f"image:{image.pk}" for image in story.images.all()))
        linked = {pk for story in stories for pk in linked_articles(story.body)}
        addresses = live_addresses(linked, live)
        # What is there already is not awaited any more.
        shows(asked.request, *map(of_article, addresses))
        return [FeedStory(story, asked.origin, addresses) for story in stories]

    def listed(self, live, asked):
        """Return those of the live editions that the list holds."""
        return self.select(live, asked.subject)

    def select(self, editions, subject):
        return editions

    def item_title(self, story):
        return story.edition.headline

    def item_description(self, story):
        # Readers of feeds take a description for HTML.
        return escape(story.edition.standfirst) or None

    def item_guid(self, story):
        # The address may change with the slug; a feed reader must not see a new story then.
        return f"story-{story.edition.article_id}"

    item_guid_is_permalink = False

    def item_pubdate(self, story):
        return story.edition.first_published_at

    def item_updateddate(self, story):
        return story.edition.updated_at or story.edition.first_published_at

    def item_categories(self, story):
        return [story.edition.section.name, *(tag.name for tag in story.edition.tags.all())]

    def item_extra_kwargs(self, story):
        edition = story.edition
        return {
            "iri": self.iri(story),
            "authors": [
                {"name": line.author.name, "url": story.origin + line.author.get_absolute_url()}
                if line.author
                else {"name": line.name}
                for line in edition.short_byline
            ],
            "summary": edition.standfirst,
            "full_text": story.full_text(),
            "picture": edition.lead_image and self.picture(story),
        }

    def iri(self, story):
        """Return a name for the story that no other site gives to anything (RFC 4151)."""
        edition = story.edition
        host = urlsplit(story.origin).hostname
        return f"tag:{host},{edition.first_published_on}:story-{edition.article_id}"

    def picture(self, story):
        """Return what the formats say of the lead image."""
        edition = story.edition
        address, width, height = edition.lead_image.picture.largest("wide")
        return {
            "url": story.origin + address,
            "width": width,
            "height": height,
            "alt": edition.lead_image_alt,
            "credit": edition.lead_image_credit,
        }


class SectionFeed(SiteFeed):
    model, list_tags = Section, ("in-section",)

    def select(self, editions, subject):
        return editions.in_section(subject)


class SeriesFeed(SiteFeed):
    model, list_tags, may_be_empty = Series, ("in-series",), False

    def select(self, editions, subject):
        return editions.in_series(subject)


class TagFeed(SiteFeed):
    model, list_tags, may_be_empty = Tag, ("tagged",), False

    def select(self, editions, subject):
        return editions.tagged(subject)


class AuthorFeed(SiteFeed):
    model, list_tags = Author, ("author", "by")

    def select(self, editions, subject):
        return editions.by(subject)


class SearchFeed(SiteFeed):
    """The newest stories that a search finds; the address has what the search page's has."""

    list_tags, parameters = ("stories", "authors"), PARAMETERS

    def get_object(self, request):
        filters = StoryFilter(request.GET, queryset=live_editions(request), request=request)
        if not filters.form.is_valid():
            raise Http404("nobody can search for that")
        rows = filters.narrow(Search(live_editions(request))).latest(NEWEST)
        words = filters.form.cleaned_data["q"]
        return Asked(request, words=words, found=tuple(pk for _place, pk in rows))

    def title(self, asked):
        name = settings.NEWSROOM_NAME
        return f"“{asked.words}” – {name}" if asked.words else name

    def link(self, asked):
        return f"{asked.origin}{reverse('search')}?{asked.request.GET.urlencode()}"

    def listed(self, live, asked):
        return live.filter(pk__in=asked.found)


def in_every_format(route, name, feed):
    """Return the addresses of a list's feed: RSS at the route itself, the others behind it."""
    return [
        path(
            route + ending,
            cached(*feed.parameters)(conditional_page(require_safe(feed(feed_type, suffix)))),
            name=name + suffix,
        )
        for ending, suffix, feed_type in FORMATS
    ]


urlpatterns = [
    *in_every_format("feed/", "feed", SiteFeed),
    *in_every_format("sections/<str:slug>/feed/", "section-feed", SectionFeed),
    *in_every_format("series/<str:slug>/feed/", "series-feed", SeriesFeed),
    *in_every_format("tags/<str:slug>/feed/", "tag-feed", TagFeed),
    *in_every_format("search/feed/", "search-feed", SearchFeed),
    *in_every_format("authors/<str:slug>/feed/", "author-feed", AuthorFeed),
]
