"""Feeds, held against the specifications of their formats."""

import json
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import http_date
from lxml import etree, html

from articles import publishing
from articles.models import Correction, FormerSlug, Tag
from tests.factories import change, make_article, make_author, make_image, make_section, make_series
from tests.newsroom.cached_site import DJANGO, Site, answer, request
from tests.odd_stories import publish_odd_stories

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
MEDIA = "{http://search.yahoo.com/mrss/}"
SPECIFICATIONS = Path(__file__).parent.parent / "specifications"
# What an RSS channel and item may hold: https://www.rssboard.org/rss-specification
CHANNEL = (
    "title link description language copyright managingEditor webMaster pubDate lastBuildDate "
    "category generator docs cloud ttl image rating textInput skipHours skipDays item"
).split()
ITEM = "title link description author category comments enclosure guid pubDate source".split()


def assert_is_rss(content):
    """Hold a document against the RSS 2.0 specification."""
    rss = etree.fromstring(content)
    assert rss.tag == "rss" and rss.get("version") == "2.0"
    (channel,) = rss
    own = [each.tag for each in channel if "{" not in each.tag]
    assert set(own) <= set(CHANNEL)
    for name in ("title", "link", "description"):
        assert own.count(name) == 1 and channel.findtext(name)
    parsedate_to_datetime(channel.findtext("lastBuildDate"))
    guids = []
    for item in channel.findall("item"):
        names = [each.tag for each in item if "{" not in each.tag]
        assert set(names) <= set(ITEM)
        assert not [
            each for each in set(names) - {"category", "enclosure"} if names.count(each) > 1
        ]
        assert item.findtext("title") or item.findtext("description")
        assert item.findtext("link").startswith("http")
        assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo
        guid = item.find("guid")
        assert guid.get("isPermaLink") == "false" or guid.text.startswith("http")
        guids.append(guid.text)
        for enclosure in item.findall("enclosure"):
            assert enclosure.get("length").isdigit() and enclosure.get("type")
        for author in item.findall("author"):
            assert "@" in author.text
    assert len(guids) == len(set(guids))
    return channel


def assert_is_atom(content):
    """Hold a document against the grammar of RFC 4287, and what its prose adds."""
    grammar = etree.RelaxNG(etree.parse(SPECIFICATIONS / "atom.rng"))
    feed = etree.fromstring(content)
    grammar.assertValid(feed)
    identifiers = [each.text for each in feed.iter(f"{ATOM}id")]
    assert all(re.match(r"[a-z][a-z0-9+.-]*:\S+$", each) for each in identifiers)
    assert len(identifiers) == len(set(identifiers))
    for entry in feed.findall(f"{ATOM}entry"):
        # 4.2.7: with content, no two alternates of one type.
        alternates = [
            link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"
        ]
        assert len(alternates) == 1
        assert entry.findtext(f"{ATOM}author/{ATOM}name") or feed.find(f"{ATOM}author") is not None
    return feed


def assert_is_json_feed(content):
    """Hold a document against https://www.jsonfeed.org/version/1.1/."""
    feed = json.loads(content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str) and isinstance(feed["items"], list)
    for name in ("home_page_url", "feed_url", "icon"):
        assert feed[name].startswith("http")
    known = {
        *("id", "url", "external_url", "title", "content_html", "content_text", "summary"),
        *("image", "banner_image", "date_published", "date_modified", "authors", "tags"),
        *("language", "attachments"),
    }
    for item in feed["items"]:
        assert set(item) <= known
        assert item["id"] and isinstance(item["id"], str)
        assert item.get("content_html") or item.get("content_text")
        assert all(isinstance(value, str) for name, value in item.items() if "s" != name[-1])
        assert parse_datetime(item["date_published"]).tzinfo
        assert parse_datetime(item["date_modified"]).tzinfo
        for author in item["authors"]:
            assert set(author) & {"name", "url", "avatar"} == set(author) != set()
        assert all(isinstance(tag, str) for tag in item["tags"])
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
    return feed


CHECKS = {"": assert_is_rss, "atom/": assert_is_atom, "json/": assert_is_json_feed}


def read(client, address="/feed/"):
    """Return (RSS channel, Atom feed, JSON feed) of a list, each found to be valid."""
    return [check(client.get(address + ending).content) for ending, check in CHECKS.items()]


def test_each_list_has_a_valid_feed_in_each_format_that_its_page_names(client):
    author, section, series = make_author(), make_section(), make_series()
    publishing.publish(
        make_article(
            authors=[author], section=section, series=series, tags=["Port"], headline="Quayside"
        )
    )
    publishing.publish(make_article())
    tag = Tag.objects.get(name="Port")
    pages = [each.get_absolute_url() for each in (author, section, series, tag)]
    for page in ["/", *pages, "/search/?q=quayside"]:
        head = html.fromstring(client.get(page).content).find("head")
        links = head.findall("link[@rel='alternate']")
        assert len(links) == 3
        for link, check in zip(links, CHECKS.values(), strict=True):
            response = client.get(link.get("href"))
            assert response["Content-Type"] == f"{link.get('type')}; charset=utf-8"
            feed = check(response.content)
            assert response.content.count(b"Second paragraph.") == (2 if page == "/" else 1)
            if check is assert_is_json_feed:
                assert feed["feed_url"] == f"http://testserver{link.get('href')}"
                assert feed["home_page_url"] == f"http://testserver{page}"


def test_odd_stories_leave_every_feed_valid(client):
    odd = publish_odd_stories()
    channel, atom, document = read(client)
    headlines = [edition.headline for edition in reversed(odd.values())]
    assert [item.findtext("title") for item in channel.findall("item")] == headlines
    assert [entry.findtext(f"{ATOM}title") for entry in atom.findall(f"{ATOM}entry")] == headlines
    assert [item["title"] for item in document["items"]] == headlines
    script = odd["a headline that is a script"]
    for item in channel.findall("item"):
        if item.findtext("title") == script.headline:
            # A description is HTML: what was written as text stays text.
            words = html.fromstring(f"<p>{item.findtext('description')}</p>").text_content()
            assert words == script.standfirst


def test_characters_that_xml_cannot_hold_break_no_feed(client):
    article = make_article(
        headline="Wall\x01 holds\x0b ]]> \ufffe",
        standfirst="\x1f",
        body="<p>Night\x02 ]]&gt; and day.</p>",
        tags=["Po\x03rt"],
        lead_image_alt="A\x04 quay",
    )
    publishing.publish(article)
    channel, atom, document = read(client)
    assert channel.findtext("item/title") == "Wall holds ]]> "
    assert "Night ]]&gt; and day." in channel.findtext(f"item/{CONTENT}")
    assert atom.findtext(f"{ATOM}entry/{ATOM}title") == "Wall holds ]]> "
    assert "Night" in document["items"][0]["content_html"]


def test_a_feed_has_the_whole_story_with_addresses_that_lead_there_from_anywhere(client):
    linked = publishing.publish(make_article(slug="linked"))
    draft = make_article(slug="hidden")
    image = make_image(caption="The quay")
    article = make_article(
        body=f'<p>See <a href="story:{linked.article_id}">this</a>, '
        f'<a href="story:{draft.pk}">not that</a> and <a href="/archive/">all</a>.</p>'
        f'<figure data-image="{image.pk}"></figure><p>The end.</p>',
        lead_image_caption="As it was",
    )
    Correction.objects.create(article=article, text="It was Tuesday.")
    article.refresh_fingerprint()
    publishing.publish(article)
    channel, atom, document = read(client)
    texts = {
        channel.find("item").findtext(CONTENT),
        atom.find(f"{ATOM}entry").findtext(f"{ATOM}content"),
        document["items"][0]["content_html"],
    }
    assert len(texts) == 1
    (text,) = texts
    story = html.fromstring(text)
    addresses = [
        each.get(name) for each in story.iter() for name in ("href", "src") if each.get(name)
    ]
    assert f"http://testserver{linked.get_absolute_url()}" in addresses
    assert "http://testserver/archive/" in addresses
    assert all(each.startswith("http://testserver/") for each in addresses)
    assert "hidden" not in text and "not that" in text and "srcset" not in text
    assert len(story.findall(".//img")) == 2
    for words in ("The quay", "As it was", "The end.", "It was Tuesday."):
        assert words in text


def test_no_word_is_lost_behind_quotes_within_quotes(client):
    quotes = "<blockquote>" * 300 + "<p>Deep.</p>" + "</blockquote>" * 300
    publishing.publish(make_article(body=f"{quotes}<p>The end.</p>"))
    for feed in (etree.tostring(each) for each in read(client)[:2]):
        assert b"Deep." in feed and b"The end." in feed


def test_all_writers_are_named_one_by_one_and_the_picture_with_its_size(client):
    ada = make_author(name="Ada")
    article = make_article(authors=[ada], tags=["Port", "Tides"])
    article.bylines.create(name="Reuters", position=1)
    article.bylines.create(author=make_author(name="Sub"), role="data", position=2)
    article.refresh_fingerprint()
    publishing.publish(article)
    channel, atom, document = read(client)
    item, entry = channel.find("item"), atom.find(f"{ATOM}entry")
    assert [each.text for each in item.findall(CREATOR)] == ["Ada", "Reuters"]
    assert [each.findtext(f"{ATOM}name") for each in entry.findall(f"{ATOM}author")] == [
        "Ada",
        "Reuters",
    ]
    address = f"http://testserver{ada.get_absolute_url()}"
    assert document["items"][0]["authors"] == [{"name": "Ada", "url": address}, {"name": "Reuters"}]
    assert document["items"][0]["tags"] == [article.section.name, "Port", "Tides"]
    picture = item.find(f"{MEDIA}content")
    assert (picture.get("width"), picture.get("height")) == ("960", "640")
    response = client.get(picture.get("url"))
    assert response.status_code == 200 and response["Content-Type"] == picture.get("type")
    links = {each.get("rel"): each for each in entry.findall(f"{ATOM}link")}
    assert links["enclosure"].get("href") == document["items"][0]["image"] == picture.get("url")


def test_a_story_stays_the_same_for_feed_readers_when_its_slug_changes(client):
    article = make_article(slug="first")
    publishing.publish(article)
    before = read(client)
    change(article, slug="second")
    publishing.publish(article, says_updated=True)
    after = read(client)
    assert before[0].findtext("item/guid") == after[0].findtext("item/guid")
    identifier = f"{ATOM}entry/{ATOM}id"
    assert before[1].findtext(identifier) == after[1].findtext(identifier)
    assert before[2]["items"][0]["id"] == after[2]["items"][0]["id"]
    assert before[2]["items"][0]["url"] != after[2]["items"][0]["url"]
    moments = after[2]["items"][0]
    assert moments["date_modified"] > moments["date_published"]


@pytest.mark.parametrize("ending", CHECKS)
def test_who_has_the_feed_already_is_told_so_until_something_changes(client, ending):
    article = make_article()
    publishing.publish(article, at=timezone.now() - timedelta(hours=2))
    other = make_article()
    publishing.publish(other, at=timezone.now() - timedelta(hours=1))
    headers = {"if-none-match": client.get(f"/feed/{ending}")["ETag"]}
    again = client.get(f"/feed/{ending}", headers=headers)
    assert again.status_code == 304 and not again.content
    publishing.withdraw(article, "An error.")
    assert client.get(f"/feed/{ending}", headers=headers).status_code == 200


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("ending", CHECKS)
def test_who_asks_by_time_alone_gets_the_feed_for_time_is_not_all_that_changes_it(ending):
    author = make_author(name="Joan Doe")
    publishing.publish(make_article(authors=[author]), at=timezone.now() - timedelta(hours=1))
    asked = request(f"/feed/{ending}", if_modified_since=http_date())
    author.name = "Jane Roe"
    author.save()
    for application in (DJANGO, Site().application):
        found = answer(application, asked)
        assert found.status == 200 and "Jane Roe" in found.text
        assert "last-modified" not in found.headers


@pytest.mark.usefixtures("one_connection")
def test_a_kept_feed_without_stories_has_the_present_name_of_its_author():
    author, site = make_author(name="Joan Doe"), Site()
    address = f"{author.get_absolute_url()}feed/"
    assert "Joan Doe" in site.get(address).text and site.get(address).is_hit
    author.name = "Jane Roe"
    author.save()
    assert "Jane Roe" in site.get(address).text


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("fate", ["deleted", "under another slug"])
def test_a_kept_feed_without_stories_ends_with_the_address_of_its_author(fate):
    author, site = make_author(), Site()
    address = f"{author.get_absolute_url()}feed/"
    assert site.get(address).status == 200 and site.get(address).is_hit
    if fate == "deleted":
        author.delete()
    else:
        author.slug = "another"
        author.save()
    assert site.get(address).status == 404


@pytest.mark.usefixtures("one_connection")
def test_a_kept_search_feed_finds_stories_by_the_present_name_of_an_author():
    author, site = make_author(name="Joan Doe"), Site()
    edition = publishing.publish(make_article(authors=[author]))
    address = "/search/feed/?author=Jane+Roe"
    assert edition.headline not in site.get(address).text and site.get(address).is_hit
    author.name = "Jane Roe"
    author.save()
    assert edition.headline in site.get(address).text


def test_an_empty_feed_is_valid_and_the_same_each_time(client):
    first = [client.get(f"/feed/{ending}").content for ending in CHECKS]
    read(client)
    assert first == [client.get(f"/feed/{ending}").content for ending in CHECKS]


def test_one_origin_stands_in_every_address_of_a_site_with_several_names(client, settings):
    settings.SITE_ORIGIN = "https://news.example"
    publishing.publish(make_article())
    for ending in CHECKS:
        content = client.get(f"/feed/{ending}").content.decode()
        assert "testserver" not in content and "https://news.example/" in content


def test_a_former_slug_leads_to_the_feed_in_the_same_format(client):
    section = make_section(slug="new")
    FormerSlug.objects.record(section, "old")
    for ending in CHECKS:
        response = client.get(f"/sections/old/feed/{ending}")
        assert (response.status_code, response.url) == (301, f"/sections/new/feed/{ending}")
    assert client.get(f"/series/none/feed/{ending}").status_code == 404
