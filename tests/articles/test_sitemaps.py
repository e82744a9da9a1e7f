"""Sitemaps, held against the protocol's schemas and Google's rules for news."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone, translation
from lxml import etree

from articles import publishing, sitemaps
from articles.models import Edition, Tag
from tests.factories import change, make_article, make_author, make_section, make_series
from tests.odd_stories import publish_odd_stories

pytestmark = pytest.mark.django_db
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
SPECIFICATIONS = Path(__file__).parent.parent / "specifications"
NOW = timezone.now

BOTH = """<schema xmlns="http://www.w3.org/2001/XMLSchema">
<import namespace="http://www.sitemaps.org/schemas/sitemap/0.9" schemaLocation="sitemap.xsd"/>
<import namespace="http://www.google.com/schemas/sitemap-news/0.9"
 schemaLocation="sitemap-news.xsd"/></schema>"""


def schema(name):
    if name == "siteindex":
        return etree.XMLSchema(etree.parse(SPECIFICATIONS / "siteindex.xsd"))
    base = str(SPECIFICATIONS / "both.xsd")
    return etree.XMLSchema(etree.fromstring(BOTH, base_url=base))


def read(client, address, kind="sitemap"):
    """Return {address: time of the last change} of a sitemap or an index that is valid."""
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    root = etree.fromstring(response.content)
    schema(kind).assertValid(root)
    return {each.findtext(f"{SITEMAP}loc"): each.findtext(f"{SITEMAP}lastmod") for each in root}


def everything(client):
    """Return all addresses of all parts that the index names."""
    found = {}
    for address in read(client, "/sitemap.xml", "siteindex"):
        found |= read(client, address)
    return {address.removeprefix("http://testserver") for address in found}


def test_the_sitemaps_name_every_page_with_live_stories_and_each_answers(client):
    author, series = make_author(), make_series()
    story = publishing.publish(make_article(authors=[author], series=series, tags=["Port"]))
    make_section(), make_author(), make_series(), Tag.objects.create(name="Unused", slug="unused")
    withdrawn = make_article(tags=["Gone"])
    publishing.publish(withdrawn)
    publishing.withdraw(withdrawn, "An error.")
    publishing.schedule(make_article(tags=["Later"]), NOW() + timedelta(hours=1))
    pages = [each.get_absolute_url() for each in (story, story.section, series, author)]
    indexes = ["/", "/archive/", "/authors/", "/series/"]
    assert everything(client) == {*indexes, "/tags/port/", *pages}
    for page in everything(client):
        assert client.get(page).status_code == 200


def test_odd_stories_leave_the_sitemaps_valid(client):
    odd = publish_odd_stories()
    assert {edition.get_absolute_url() for edition in odd.values()} <= everything(client)


def test_a_story_changed_when_its_live_edition_began(client):
    article = make_article()
    publishing.publish(article, at=NOW() - timedelta(days=9))
    change(article, headline="Anew")
    second = publishing.publish(article, at=NOW() - timedelta(days=3))
    (changed,) = read(client, "/sitemap-stories-0.xml").values()
    assert changed == second.live_from.isoformat(timespec="seconds")


def test_the_parts_divide_the_stories_by_number(client):
    articles = [make_article() for _number in range(3)]
    first = articles[0].pk
    for days, article in enumerate(articles, start=1):
        publishing.publish(article, at=NOW() - timedelta(days=days))
    newest = list(Edition.objects.newest_of_parts(NOW()))
    assert [each.part for each in newest] == [first // sitemaps.SITEMAP_PART]
    # A story whose number is far ahead stands in a part of its own; none is named between.
    far = make_article(pk=(first // sitemaps.SITEMAP_PART + 2) * sitemaps.SITEMAP_PART)
    edition = publishing.publish(far)
    parts = [part for part in read(client, "/sitemap.xml", "siteindex") if "-stories-" in part]
    assert [int(part.split("-")[-1][:-4]) for part in parts] == [
        first // sitemaps.SITEMAP_PART,
        first // sitemaps.SITEMAP_PART + 2,
    ]
    assert list(read(client, parts[1])) == [f"http://testserver{edition.get_absolute_url()}"]
    assert len(read(client, parts[0])) == 3
    assert (
        client.get(f"/sitemap-stories-{first // sitemaps.SITEMAP_PART + 3}.xml").status_code == 404
    )


def test_no_part_tells_of_what_readers_do_not_have(client):
    publishing.publish(make_article())
    number = 2 * sitemaps.SITEMAP_PART
    Tag.objects.create(pk=number, name="Later", slug="later")
    later = make_article(pk=number, tags=["Later"])
    publishing.schedule(later, NOW() + timedelta(hours=1))
    for kind in ("stories", "tags"):
        assert f"{kind}-2" not in client.get("/sitemap.xml").content.decode()
        assert client.get(f"/sitemap-{kind}-2.xml").status_code == 404
    publishing.publish(later)
    for kind in ("stories", "tags"):
        assert f"{kind}-2" in client.get("/sitemap.xml").content.decode()
        assert client.get(f"/sitemap-{kind}-2.xml").status_code == 200
    publishing.withdraw(later, "An error.")
    assert client.get("/sitemap-stories-2.xml").status_code == 404


@pytest.mark.parametrize("part", ["stories-1", "tags-0", "secrets-0", "stories-" + "9" * 30])
def test_a_part_that_is_none_answers_404(client, part):
    assert client.get(f"/sitemap-{part}.xml").status_code == 404


def test_the_news_sitemap_has_the_stories_of_two_days_and_no_more(client, settings, monkeypatch):
    settings.NEWSROOM_NAME = "The Post & Mail"
    old = publishing.publish(make_article(), at=NOW() - timedelta(hours=49))
    published = [
        publishing.publish(
            make_article(headline=f"Wall\x01 {number} </news:title> & ]]>"),
            at=NOW() - timedelta(hours=number),
        )
        for number in range(1, 4)
    ]
    addresses = [f"http://testserver{each.get_absolute_url()}" for each in published]
    assert list(read(client, "/sitemap-news.xml")) == addresses
    assert f"http://testserver{old.get_absolute_url()}" in read(client, "/sitemap-stories-0.xml")
    (first, *_others) = etree.fromstring(client.get("/sitemap-news.xml").content)
    news = first.find(f"{NEWS}news")
    assert news.findtext(f"{NEWS}title") == "Wall 1 </news:title> & ]]>"
    assert news.findtext(f"{NEWS}publication/{NEWS}name") == "The Post & Mail"
    moment = timezone.datetime.fromisoformat(news.findtext(f"{NEWS}publication_date"))
    assert abs(moment - published[0].first_published_at) < timedelta(seconds=1)
    monkeypatch.setattr(sitemaps, "NEWS_LIMIT", 2)
    assert list(read(client, "/sitemap-news.xml")) == addresses[:2]


@pytest.mark.parametrize(
    ("language", "said"),
    [("de-at", "de"), ("zh-hans", "zh-cn"), ("zh-hant", "zh-tw"), ("en", "en")],
)
def test_the_news_sitemap_says_its_language_as_google_writes_it(language, said):
    with translation.override(language):
        assert sitemaps.news_language() == said


def test_nothing_is_named_where_nothing_is_published(client):
    root = etree.fromstring(client.get("/sitemap.xml").content)
    assert len(root) == 0


def test_who_has_a_sitemap_already_is_told_so(client):
    publishing.publish(make_article())
    for address in ("/sitemap.xml", "/sitemap-stories-0.xml", "/sitemap-news.xml"):
        headers = {"if-none-match": client.get(address)["ETag"]}
        assert client.get(address, headers=headers).status_code == 304
