"""A story's page as search engines and social networks show it: read off the page itself."""

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from articles import limits


class HeadReader(HTMLParser):
    """Collects what a page says of itself to machines."""

    def __init__(self, html):
        """Read a whole page: ``title``, ``canonical`` and ``meta`` (name or property: content)."""
        super().__init__()
        self.title, self.canonical, self.meta = "", "", {}
        self._in_title = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._in_title = tag == "title" and not self.title
        if tag == "meta" and "content" in attrs:
            self.meta[attrs.get("property") or attrs.get("name")] = attrs["content"]
        elif tag == "link" and attrs.get("rel") == "canonical":
            self.canonical = attrs["href"]

    def handle_endtag(self, tag):
        self._in_title = False

    def handle_data(self, data):
        if self._in_title:
            self.title += data


@dataclass(frozen=True)
class Line:
    """One text of a card: whole, and where the card cuts it (in characters)."""

    label: str
    text: str
    limit: int

    @property
    def shown(self):
        return limits.cut(self.text, self.limit)

    @property
    def is_cut(self):
        return len(self.text) > self.limit


@dataclass(frozen=True)
class Card:
    """What somebody sees of a page before opening it."""

    host: str
    path: list[str]
    title: Line
    description: Line
    published_at: object
    image: str
    image_alt: str

    @property
    def lines(self):
        return [self.title, self.description]


def search_card(html):
    """Return the Card that a search result shows of a story's page."""
    head = HeadReader(html)
    return _card(
        head,
        Line(_("Title"), head.title, limits.SEARCH_TITLE),
        Line(_("Description"), head.meta.get("description", ""), limits.SEARCH_DESCRIPTION),
    )


def social_card(html):
    """Return the Card that a social network shows of a story's page."""
    head = HeadReader(html)
    return _card(
        head,
        Line(_("Headline"), head.meta.get("og:title", ""), limits.SOCIAL_TITLE),
        Line(_("Standfirst"), head.meta.get("og:description", ""), limits.SOCIAL_DESCRIPTION),
    )


def _card(head, title, description):
    address = urlsplit(head.canonical)
    # Without a picture of its own, a story names the newsroom's logo, which is shown small.
    has_picture = head.meta.get("twitter:card") == "summary_large_image"
    return Card(
        host=address.netloc,
        path=unquote(address.path).strip("/").split("/"),
        title=title,
        description=description,
        published_at=parse_datetime(head.meta["article:published_time"]),
        image=head.meta["og:image"] if has_picture else "",
        image_alt=head.meta["og:image:alt"] if has_picture else "",
    )
