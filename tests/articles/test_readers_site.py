"""What readers get, over HTTP."""

import io
import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from PIL import Image as Pixels

from articles import publishing
from articles.models import Edition, Image, Section, Series, Tag
from articles.views.as_it_was import past_address
from authors.models import Author
from tests.factories import change, make_article, make_author, make_image, make_section, make_series

pytestmark = pytest.mark.django_db
SECRET = "Zanzibar"


def public_addresses():
    """Return an address for every public route there is, for every row that it could name."""
    addresses = []
    for pattern in get_resolver().url_patterns:
        # The desk's, and the accounts' of who works there.
        if str(pattern.pattern) != "admin/":
            for route in pattern.url_patterns:
                addresses += addresses_of(route)
    return addresses + [past_address(timezone.now(), address[1:]) for address in addresses]


def addresses_of(route):
    text = str(route.pattern)
    if route.name in ("story", "changes"):
        for day, slug in Edition.objects.values_list("first_published_on", "slug"):
            yield f"/{day:%Y/%m/%d}/{slug}/{'changes/' if route.name == 'changes' else ''}"
    elif route.name in ("year", "month", "day"):
        form = {"year": "%Y", "month": "%Y/%m", "day": "%Y/%m/%d"}[route.name]
        for day in Edition.objects.live().values_list("first_published_on", flat=True).distinct():
            yield f"/{day.strftime(form)}/"
    elif route.name == "as-it-was":
        # The past has the addresses of all other pages.
        return
    elif "<str:slug>" in text:
        model = {"sections": Section, "series": Series, "tags": Tag, "authors": Author}
        for row in model[text.split("/")[0]].objects.all():
            yield "/" + text.replace("<str:slug>", row.slug)
    elif "<str:kind>" in text:
        for kind in ("stories", "sections", "series", "tags", "authors"):
            yield "/" + text.replace("<str:kind>", kind).replace("<int:part>", "0")
    elif "<str:token>" in text:
        # Whoever has a token is no stranger; what it leads to has tests of its own.
        yield "/" + text.replace("<str:token>", "hidden-token").split("<")[0]
    elif "<str:rendition>" in text:
        for image in Image.objects.all():
            yield "/" + text.replace("<str:name>", image.file.name.split("/")[1]).replace(
                "<str:rendition>", "wide-320.jpg"
            )
    else:
        assert "<" not in text, f"the walk does not know the route {text}"
        yield "/" + text


@pytest.mark.parametrize("state", ["draft", "scheduled", "embargoed", "withdrawn"])
def test_a_hidden_story_is_found_at_no_public_address(client, settings, state):
    settings.PAST_IS_PUBLIC = True
    settings.SECURITY_CONTACT = ["mailto:security@example.org"]
    section = make_section()
    publishing.publish(make_article(section=section, tags=["Port"], lead_image=None))
    in_an_hour = timezone.now() + timedelta(hours=1)
    hidden = make_article(
        headline=f"{SECRET} headline",
        slug="hidden",
        standfirst=SECRET,
        body=f"<p>{SECRET}</p>",
        section=section,
        series=Series.objects.create(name=f"{SECRET} series", slug="hidden-series"),
        tags=["Port", f"{SECRET} tag"],
        lead_image=make_image(),
        embargoed_until=in_an_hour if state == "embargoed" else None,
    )
    publishing.publish(
        make_article(section=section, tags=["Port"], related=[hidden], lead_image=None)
    )
    if state in ("scheduled", "embargoed"):
        publishing.schedule(hidden, in_an_hour)
    elif state == "withdrawn":
        publishing.publish(hidden)
        publishing.withdraw(hidden, "An error of ours.")
    addresses = public_addresses()
    assert len(addresses) > 15
    for address in addresses:
        response = client.get(address)
        page = b"".join(response) if response.streaming else response.content
        assert SECRET.encode() not in page, address
        if address.startswith("/as-it-was/2"):
            # Within the second of its own making a page may be there or not yet.
            assert response.status_code in (200, 404, 410), address
            continue
        # No other story is of a series.
        its_own = ("hidden", "zanzibar", "wide-320", "sitemap-series")
        about_it = any(each in address for each in its_own)
        of_the_story = address.endswith(("/hidden/", "/hidden/changes/"))
        expected = 410 if state == "withdrawn" and of_the_story else 404
        assert response.status_code == (expected if about_it else 200), address


def test_a_withdrawal_between_any_two_queries_breaks_no_page(client, monkeypatch):
    """Its moment is read before it is stored, and so may lie before that of the page."""
    article = make_article(headline="Alone", series=make_series(), lead_image=None)
    publishing.publish(article)

    def was_withdrawn_after(number, address):
        """Ask for a page; return whether it came as far as to this number of its queries."""
        began, asked = timezone.now(), 0

        def withdraw(execute, *query):
            nonlocal asked
            answer, asked = execute(*query), asked + 1
            if asked == number:
                with monkeypatch.context() as patch:
                    patch.setattr(timezone, "now", lambda: began)
                    publishing.withdraw(article, "An error.")
            return answer

        with transaction.atomic(), connection.execute_wrapper(withdraw):
            assert client.get(address).status_code < 500, address
            transaction.set_rollback(True)
        return asked >= number

    # The past, and other feeds, ask what these ask.
    asking = [each for each in public_addresses() if not re.search("as-it-was|feed", each)]
    for address in [*asking, "/feed/", "/search/?q=alone", "/search/feed/?q=alone"]:
        # After each query that it asks, up to the first number that is none.
        assert not all(was_withdrawn_after(number, address) for number in range(1, 40))


def test_the_parts_of_a_story_stand_in_the_order_of_the_page(client):
    author = make_author(name="Wanda Chen", bio="Wanda covers trade.")
    section = make_section(name="World")
    other = make_article(headline="Chosen to read next")
    publishing.publish(other)
    publishing.publish(make_article(headline="By the same author", authors=[author]))
    article = make_article(
        headline="Users are not targeted",
        standfirst="A deadline looms.",
        body="<p>Opening words.</p><p>Closing words.</p>",
        authors=[author],
        section=section,
        series=Series.objects.create(name="China digest", slug="china-digest"),
        tags=["Trade"],
        related=[other],
    )
    edition = publishing.publish(article)
    page = client.get(edition.get_absolute_url()).content.decode()
    text = re.sub(r"<[^>]+>", " ", page.split("<body>")[1])
    now = timezone.localtime()
    parts = [
        f"{now:%A}, {now.year} {now:%B} {now.day}",
        "Users are not targeted",
        "A deadline looms.",
        "Opening words.",
        "China digest",
        "Closing words.",
        "Trade",
        "Wanda Chen",
        "Wanda covers trade.",
        "More from author",
        "By the same author",
        "Related Read",
        "Chosen to read next",
    ]
    place = 0
    for part in parts:
        place = text.find(part, place)
        assert place >= 0, f"{part} is missing or out of order"
        place += len(part)


def test_an_empty_part_leaves_no_heading_behind(client):
    page = client.get(publishing.publish(make_article()).get_absolute_url()).content.decode()
    assert "More from author" not in page
    assert "Related Read" not in page


def test_an_old_slug_redirects_in_one_step_and_a_waiting_one_is_unknown(client):
    article = make_article(slug="first")
    first = publishing.publish(article).get_absolute_url()
    change(article, slug="second")
    publishing.schedule(article, timezone.now() + timedelta(hours=1))
    assert client.get(first).status_code == 200
    assert client.get(first.replace("first", "second")).status_code == 404
    publishing.cancel(article)
    publishing.publish(article)
    response = client.get(first)
    assert (response.status_code, response.url) == (301, first.replace("first", "second"))
    assert client.get(response.url).status_code == 200


def test_a_withdrawn_story_answers_410_with_the_reason(client):
    article = make_article()
    address = publishing.publish(article).get_absolute_url()
    publishing.withdraw(article, "The family had not been told.")
    response = client.get(address)
    assert response.status_code == 410
    assert "The family had not been told." in response.content.decode()


def test_readers_keep_the_edition_while_the_desk_changes_the_article(client):
    article = make_article(headline="As published")
    address = publishing.publish(article).get_absolute_url()
    change(article, headline="As changed")
    page = client.get(address).content.decode()
    assert "As published" in page and "As changed" not in page


def test_rarer_shared_tags_come_first_and_nothing_twice(client):
    author = make_author()
    for _number in range(6):
        publishing.publish(make_article(tags=["Common"]))
    rare = publishing.publish(make_article(headline="Rare | and | odd", tags=["Rare"]))
    publishing.publish(make_article(tags=["Common"]))
    mine = publishing.publish(make_article(authors=[author], tags=["Rare", "Common"]))
    story = publishing.publish(make_article(authors=[author], tags=["Rare", "Common"]))
    page = client.get(story.get_absolute_url()).content.decode()
    related = page.split("Related Read")[1]
    links = re.findall(r'href="(/\d{4}/[^"]+)"', related)
    assert links[0] == rare.get_absolute_url() and "Rare | and | odd" in related
    assert len(links) == len(set(links)) == 4
    assert mine.get_absolute_url() not in links and story.get_absolute_url() not in links


def test_lists_page_by_time_in_both_directions(client):
    section = make_section()
    headlines = [f"Story numbered {number:02}" for number in range(45)]
    for headline in headlines:
        publishing.publish(make_article(headline=headline, section=section))
    seen, address = [], section.get_absolute_url()
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r"Story numbered \d\d", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older and section.get_absolute_url() + older[1]
    assert seen == headlines[::-1]
    newer = re.search(r'rel="prev" href="([^"]+)"', page)[1]
    page = client.get(section.get_absolute_url() + newer).content.decode()
    assert re.findall(r"Story numbered \d\d", page) == headlines[5:25][::-1]
    # The first page has one address.
    assert re.search(r'rel="prev" href="([^"]+)"', page)[1] == section.get_absolute_url()


@pytest.mark.parametrize("cursor", ["x", "1-", "9" * 40 + "-1", "1-" + "9" * 40, "-1--1"])
def test_a_place_that_is_none_answers_404(client, cursor):
    assert client.get("/", {"before": cursor}).status_code == 404


def fill(stories, section, author):
    chosen = make_article()
    publishing.publish(chosen)
    for _number in range(stories):
        publishing.publish(make_article(section=section, authors=[author], tags=["Port", "Jobs"]))
    image = make_image()
    article = make_article(
        section=section,
        authors=[author, make_author()],
        tags=["Port", "Jobs"],
        related=[chosen],
        lead_image=image,
    )
    return publishing.publish(article)


@pytest.mark.parametrize("stories", [3, 25])
def test_pages_have_a_fixed_number_of_queries(django_assert_num_queries, stories):
    section, author = make_section(), make_author()
    story = fill(stories, section, author)
    client = Client()
    for address, queries in [
        (story.get_absolute_url(), 3),
        # The edition itself, and what it leads to, are only read once.
        (story.get_absolute_url(), 1),
        ("/", 4),
        (section.get_absolute_url(), 6),
        (Tag.objects.get(name="Port").get_absolute_url(), 6),
        (author.get_absolute_url(), 10),
        ("/feed/", 4),
        ("/feed/atom/", 4),
        ("/feed/json/", 4),
        (f"{section.get_absolute_url()}feed/", 5),
        (f"{Tag.objects.get(name='Port').get_absolute_url()}feed/atom/", 5),
        (f"{author.get_absolute_url()}feed/json/", 5),
        ("/search/feed/?q=holds", 5),
        ("/sitemap.xml", 9),
        ("/sitemap-stories-0.xml", 2),
        ("/sitemap-tags-0.xml", 2),
        ("/sitemap-news.xml", 1),
    ]:
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


def test_a_picture_is_served_in_every_format_and_only_while_a_live_story_shows_it(client):
    image = make_image()
    article = make_article(lead_image=image)
    publishing.publish(article)
    address = f"/{image.file.name}"
    for extension, mime_type in (("avif", "avif"), ("webp", "webp"), ("jpg", "jpeg")):
        response = client.get(f"{address}/wide-320.{extension}")
        assert response["Content-Type"] == f"image/{mime_type}"
        assert Pixels.open(io.BytesIO(b"".join(response))).size == (320, 213)
    for name in ("wide-321.jpg", "wide-1920.jpg", "huge-320.jpg", "wide-320.svg"):
        assert client.get(f"{address}/{name}").status_code == 404
    publishing.withdraw(article, "The agency withdrew the picture.")
    assert client.get(f"{address}/wide-320.jpg").status_code == 404
