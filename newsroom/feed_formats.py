"""The three formats that feeds come in: RSS 2.0, Atom and JSON Feed 1.1.

What Django's generators do not know of an item comes in the keyword arguments of
``add_item``: ``iri`` (a name for good that no other site gives), ``authors`` ([{"name",
"url"}], an address only where there is one), ``summary`` (plain text), ``full_text``
(HTML with whole addresses) and ``picture`` ({"url", "width", "height", "alt", "credit"};
None without one). ``icon`` of a feed is the whole address of a square picture.
"""

import json
from datetime import UTC, datetime

from django.utils.feedgenerator import (
    Atom1Feed,
    Rss201rev2Feed,
    SyndicationFeed,
    rfc3339_date,
)

from newsroom.xml_text import xml_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NewsFeed(SyndicationFeed):
    """What the three have in common."""

    def latest_post_date(self):
        """Return when a story changed last; an empty feed changes at no reading."""
        return super().latest_post_date() if self.items else EPOCH


class XMLFeed(NewsFeed):
    """Leaves out of all texts what no XML document can hold."""

    def __init__(self, **feed):
        super().__init__(**_for_xml(feed))

    def add_item(self, **item):
        super().add_item(**_for_xml(item))


class RSS(XMLFeed, Rss201rev2Feed):
    """RSS 2.0 (https://www.rssboard.org/rss-specification).

    An item's author there is an e-mail address, and an enclosure must say its length in
    bytes: authors are named in Dublin Core, pictures in Media RSS, whole texts in RSS 1.0's
    content module.
    """

    def rss_attributes(self):
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:media": "http://search.yahoo.com/mrss/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for author in item["authors"]:
            handler.addQuickElement("dc:creator", author["name"])
        handler.addQuickElement("atom:updated", rfc3339_date(item["updateddate"]))
        handler.addQuickElement("content:encoded", item["full_text"])
        if picture := item["picture"]:
            about = {name: str(picture[name]) for name in ("url", "width", "height")}
            about |= {"medium": "image", "type": "image/jpeg"}
            handler.startElement("media:content", about)
            handler.addQuickElement("media:description", picture["alt"], {"type": "plain"})
            if picture["credit"]:
                handler.addQuickElement("media:credit", picture["credit"])
            handler.endElement("media:content")


class Atom(XMLFeed, Atom1Feed):
    """Atom (RFC 4287), where an enclosure need not say its length."""

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        handler.addQuickElement("icon", self.feed["icon"])

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, {**item, "unique_id": item["iri"]})
        for author in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", author["name"])
            if "url" in author:
                handler.addQuickElement("uri", author["url"])
            handler.endElement("author")
        handler.addQuickElement("content", item["full_text"], {"type": "html"})
        if picture := item["picture"]:
            link = {"rel": "enclosure", "type": "image/jpeg", "href": picture["url"]}
            handler.addQuickElement("link", "", {**link, "title": picture["alt"]})


class JSONFeed(NewsFeed):
    """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile, encoding):
        feed = self.feed
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed["title"],
            "home_page_url": feed["link"],
            "feed_url": feed["feed_url"],
            "description": feed["description"],
            "icon": feed["icon"],
            "authors": [{"name": feed["author_name"], "url": feed["author_link"]}],
            "language": feed["language"],
            "items": [self.item(each) for each in self.items],
        }
        outfile.write(json.dumps(document, ensure_ascii=False).encode(encoding))

    def item(self, item):
        """Return an item as the format writes it."""
        written = {
            "id": item["iri"],
            "url": item["link"],
            "title": item["title"],
            "summary": item["summary"],
            "content_html": item["full_text"],
            "image": item["picture"] and item["picture"]["url"],
            "date_published": rfc3339_date(item["pubdate"]),
            "date_modified": rfc3339_date(item["updateddate"]),
            "authors": item["authors"],
            "tags": item["categories"],
        }
        return {name: value for name, value in written.items() if value}


# What stands behind the address of a list's feed, and behind its name, for each format.
FORMATS = [("", "", RSS), ("atom/", "-atom", Atom), ("json/", "-json", JSONFeed)]


def _for_xml(value):
    if isinstance(value, str):
        return xml_text(value)
    if isinstance(value, dict):
        return {name: _for_xml(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_for_xml(each) for each in value]
    return value
