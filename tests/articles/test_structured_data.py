"""What pages say to search engines and social networks, held against schema.org and Google."""

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import html

from articles import publishing
from articles.models import Correction, Tag
from tests.factories import make_article, make_author, make_image, make_section, make_series
from tests.odd_stories import publish_odd_stories

pytestmark = pytest.mark.django_db
TYPES = json.loads(
    (Path(__file__).parent.parent / "specifications" / "schema_org.json").read_text()
)
# developers.google.com/search/docs/appearance/structured-data/…: required and recommended.
GOOGLE = {
    # …/article
    "NewsArticle": {"author", "dateModified", "datePublished", "headline", "image"},
    # …/profile-page
    "ProfilePage": {"mainEntity"},
    # …/breadcrumb
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    # …/organization, …/logo and …/sitelinks-searchbox
    "NewsMediaOrganization": {"name", "url", "logo"},
    "WebSite": {"name", "url", "potentialAction"},
    "SearchAction": {"target", "query-input"},
    "EntryPoint": {"urlTemplate"},
    "Person": {"name"},
    "ImageObject": {"url"},
}


def is_text(value):
    return isinstance(value, str) and value != ""


def is_address(value):
    return is_text(value) and bool(urlsplit(value).scheme and urlsplit(value).netloc)


def is_moment(value):
    return datetime.fromisoformat(value).tzinfo is not None


DATA_TYPES = {
    "Text": is_text,
    "URL": is_address,
    "Date": is_moment,
    "DateTime": is_moment,
    "Integer": lambda value: type(value) is int,
    "Boolean": lambda value: type(value) is bool,
}


def may_hold(expected, value):
    """Tell whether a value is of one of schema.org's types; it takes an address for any thing."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            return is_address(value["@id"])
        return bool(set(TYPES[value["@type"]]["is"]) & set(expected))
    checks = [DATA_TYPES[each] for each in expected if each in DATA_TYPES]
    if set(expected) - set(DATA_TYPES):
        checks.append(is_address)
    return any(check(value) for check in checks)


def assert_is_of_schema_org(node):
    """Hold a node and those in it against the excerpt of schema.org and Google's lists."""
    if set(node) <= {"@id"}:
        return
    known = TYPES[node["@type"]]["properties"]
    assert GOOGLE.get(node["@type"], set()) - {"image"} <= set(node), node["@type"]
    for name, value in node.items():
        if name in ("@type", "@id"):
            continue
        if name.endswith("-input"):
            assert name.removesuffix("-input") in known and is_text(value)
            continue
        assert name in known, f"{node['@type']} has no {name}"
        for each in value if isinstance(value, list) else [value]:
            assert may_hold(known[name], each), (name, each)
            if isinstance(each, dict):
                assert_is_of_schema_org(each)


def read(client, address):
    """Return ({type: node}, head) of a page, whose JSON-LD is valid."""
    response = client.get(address)
    assert response.status_code == 200
    head = html.fromstring(response.content.decode()).find("head")
    (script,) = head.findall("script")
    assert script.get("type") == "application/ld+json"
    document = json.loads(script.text)
    assert document["@context"] == "https://schema.org"
    for node in document["@graph"]:
        assert_is_of_schema_org(node)
    return {node["@type"]: node for node in document["@graph"]}, head


def meta(head, name):
    """Return the contents of a head's meta elements of a name or property."""
    return [
        each.get("content")
        for each in head.findall("meta")
        if name in (each.get("name"), each.get("property"))
    ]


def canonical(head):
    (link,) = head.findall("link[@rel='canonical']")
    return link.get("href")


def whole(page):
    return f"http://testserver{page.get_absolute_url()}"


def test_a_story_says_all_that_google_asks_and_recommends(client):
    ada = make_author(name="Ada Quill", job_title="Reporter")
    section, series = make_section(name="World"), make_series(name="Tides")
    article = make_article(
        authors=[ada], section=section, series=series, tags=["Port", "Sea"], dateline="Lerran"
    )
    article.bylines.create(name="Reuters", position=1)
    article.bylines.create(name="Jo Guest", position=2)
    article.bylines.create(author=make_author(name="Sam"), role="photography", position=3)
    Correction.objects.create(article=article, text="It was Tuesday.")
    Correction.objects.create(article=article, text="More came in.", kind="update")
    article.refresh_fingerprint()
    edition = publishing.publish(article, says_updated=True)
    nodes, _head = read(client, edition.get_absolute_url())
    story = nodes["NewsArticle"]
    assert GOOGLE["NewsArticle"] <= set(story)
    assert story["author"] == [
        {"@type": "Person", "name": "Ada Quill", "url": whole(ada), "jobTitle": "Reporter"},
        {"@type": "Organization", "name": "Reuters"},
        {"@type": "Person", "name": "Jo Guest"},
    ]
    assert [each["name"] for each in story["contributor"]] == ["Sam"]
    assert [each["text"] for each in story["correction"]] == ["It was Tuesday."]
    assert story["isAccessibleForFree"] is True
    assert (story["articleSection"], story["keywords"]) == ("World", ["Port", "Sea"])
    assert (story["dateline"], story["wordCount"], story["inLanguage"]) == ("Lerran", 5, "en")
    assert story["mainEntityOfPage"] == story["url"] == whole(edition)
    assert story["isPartOf"]["url"] == whole(series)
    steps = nodes["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2, 3]
    assert [step["item"] for step in steps] == [
        "http://testserver/",
        whole(section),
        whole(edition),
    ]
    # Google: in 16:9, 4:3 and 1:1, each a picture that is served.
    ratios = []
    for address in story["image"]:
        response = client.get(address)
        assert response.status_code == 200 and response["Content-Type"] == "image/jpeg"
        crop = address.split("/")[-1].split("-")[0]
        ratios.append(crop)
    assert ratios == ["16x9", "4x3", "1x1"]


def test_the_head_has_the_card_in_the_right_crop_and_the_storys_facts(client):
    ada = make_author()
    article = make_article(authors=[ada], tags=["Port", "Sea"], lead_image_alt='A "quay"')
    edition = publishing.publish(article)
    _nodes, head = read(client, edition.get_absolute_url() + "?utm_source=mail")
    assert canonical(head) == whole(edition) == meta(head, "og:url")[0]
    assert meta(head, "og:type") == ["article"]
    assert meta(head, "og:title") == [edition.headline]
    assert meta(head, "description") == meta(head, "og:description") == [edition.standfirst]
    assert meta(head, "twitter:card") == ["summary_large_image"]
    assert meta(head, "og:image:alt") == ['A "quay"']
    width, height = (int(meta(head, f"og:image:{each}")[0]) for each in ("width", "height"))
    assert width / height == pytest.approx(1.91, abs=0.01)
    assert client.get(meta(head, "og:image")[0]).status_code == 200
    assert meta(head, "article:author") == [whole(ada)]
    assert meta(head, "article:section") == [article.section.name]
    assert meta(head, "article:tag") == ["Port", "Sea"]
    for name in ("published", "modified"):
        assert is_moment(meta(head, f"article:{name}_time")[0])


def test_odd_stories_are_described_as_they_are(client):
    for name, edition in publish_odd_stories().items():
        nodes, head = read(client, edition.get_absolute_url())
        assert nodes["NewsArticle"]["headline"] == edition.headline, name
        assert meta(head, "og:title") == [edition.headline], name
        assert meta(head, "og:image")[0] and meta(head, "description")[0], name
        assert ("image" in nodes["NewsArticle"]) is (edition.lead_image is not None)
        if name == "twelve authors":
            assert len(nodes["NewsArticle"]["author"]) == 12
        if name == "forty tags":
            assert len(nodes["NewsArticle"]["keywords"]) == 40


def test_no_headline_ends_the_script_that_it_stands_in(client):
    edition = publishing.publish(
        make_article(headline="</script><!-- & ]]> <script>\x01\u2028", standfirst="")
    )
    page = client.get(edition.get_absolute_url())
    script = page.content.decode().split('application/ld+json">')[1].split("</script>")[0]
    assert not set("<>&") & set(script)
    assert json.loads(script)["@graph"][0]["headline"] == edition.headline
    assert "unsafe" not in page["Content-Security-Policy"]


def test_an_authors_page_is_a_profile(client):
    author = make_author(
        name="Ada Quill", bio="Ada covers\nports.", job_title="Reporter", email="ada@example.org"
    )
    author.links.create(label="Mastodon", url="https://social.example/@ada")
    author.photo, author.photo_width, author.photo_height = make_image().file.name, 1200, 900
    author.save()
    publishing.publish(make_article(authors=[author]))
    nodes, head = read(client, author.get_absolute_url())
    person = nodes["ProfilePage"]["mainEntity"]
    assert person["@type"] == "Person" and person["name"] == "Ada Quill"
    assert person["sameAs"] == ["https://social.example/@ada"]
    assert person["worksFor"]["name"] and person["description"] == "Ada covers\nports."
    assert "/portraits/" in person["image"]
    assert meta(head, "og:type") == ["profile"] and meta(head, "twitter:card") == ["summary"]
    author.is_on_staff = False
    author.save()
    nodes, _head = read(client, author.get_absolute_url())
    assert "worksFor" not in nodes["ProfilePage"]["mainEntity"]


def test_the_front_page_says_who_publishes_and_how_to_search(client, settings):
    settings.NEWSROOM_NAME, settings.NEWSROOM_DESCRIPTION = "The Post", "News of the coast."
    publishing.publish(make_article(headline="Quayside"))
    nodes, head = read(client, "/")
    assert nodes["NewsMediaOrganization"]["name"] == nodes["WebSite"]["name"] == "The Post"
    template = nodes["WebSite"]["potentialAction"]["target"]["urlTemplate"]
    page = client.get(template.replace("{search_term_string}", "quayside"))
    assert "Quayside" in page.content.decode().replace("<mark>", "").replace("</mark>", "")
    assert meta(head, "description") == ["News of the coast."]


@pytest.mark.parametrize("logo", ["icons/icon-192.png", "https://cdn.example/logo.png"])
def test_the_logo_is_a_static_file_or_an_address(client, settings, logo):
    settings.NEWSROOM_LOGO, settings.SITE_ORIGIN = logo, "https://news.example"
    nodes, head = read(client, "/")
    address = logo if "://" in logo else f"https://news.example/static/{logo}"
    assert nodes["NewsMediaOrganization"]["logo"]["url"] == address == meta(head, "og:image")[0]
    assert canonical(head) == "https://news.example/"


def test_each_page_that_may_be_found_has_one_canonical_address_and_says_where_it_stands(client):
    section, author = make_section(), make_author()
    for _number in range(45):
        edition = publishing.publish(
            make_article(section=section, authors=[author], tags=["Port"], lead_image=None)
        )
    day = f"{edition.first_published_on:/%Y/%m/%d/}"
    pages = [section.get_absolute_url(), author.get_absolute_url(), day, day[:9], day[:6]]
    pages += [Tag.objects.get(name="Port").get_absolute_url(), "/archive/", "/authors/", "/series/"]
    for page in pages:
        nodes, head = read(client, page + "?utm_source=mail")
        assert canonical(head) == f"http://testserver{page}"
        assert nodes["BreadcrumbList"]["itemListElement"][-1]["item"] == canonical(head)
        assert meta(head, "description")[0] and meta(head, "og:title")[0]
    # Reached from above or from below, a page of a list has one address.
    for page in [section.get_absolute_url(), "/", day]:
        response, seen = client.get(page), []
        for rel in ("next", "next", "prev"):
            (link,) = html.fromstring(response.content.decode()).findall(f".//nav/a[@rel='{rel}']")
            address = link.get("href")
            address = page + address if address.startswith("?") else address
            response = client.get(address)
            head = html.fromstring(response.content.decode()).find("head")
            seen.append(canonical(head))
        assert seen[0] == seen[2] != seen[1]
        assert all("?before=" in each for each in seen)


def test_what_may_not_be_found_has_no_canonical_address(client):
    edition = publishing.publish(make_article())
    for page in ("/nothing/", edition.get_absolute_url() + "changes/", "/search/?q=wall"):
        assert 'rel="canonical"' not in client.get(page).content.decode()
