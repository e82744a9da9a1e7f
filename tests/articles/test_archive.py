"""The archive by year, month and day; the indexes of authors and series; the landing pages."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from articles import publishing
from articles.models import Tag
from tests.factories import (
    make_article,
    make_author,
    make_editions,
    make_image,
    make_section,
    make_series,
)
from tests.plans import effort, plans

pytestmark = pytest.mark.django_db


def publish_on(year, month, day, hour=12, **fields):
    return publishing.publish(
        make_article(**fields), at=datetime(year, month, day, hour, tzinfo=UTC)
    )


def links(page, part):
    """Return the addresses in the first element whose opening tag has a text in it."""
    inside = re.search(rf"<(\w+)[^>]*{part}[^>]*>(.*?)</\1>", page, re.DOTALL)
    return re.findall(r'href="([^"]+)"', inside[2]) if inside else []


def headlines(page):
    return re.findall(r"<h2[^>]*><a [^>]*>([^<]+)</a></h2>", page)


@pytest.fixture
def three_years(db):
    publish_on(2019, 12, 31, headline="Last day of 2019")
    publish_on(2023, 2, 28, headline="Late February")
    publish_on(2023, 2, 28, 18, headline="Later that day")
    publish_on(2023, 11, 5, headline="November")
    publish_on(2024, 1, 1, headline="First day of 2024")


def test_the_archive_lists_the_years_that_have_stories(client, three_years):
    page = client.get("/archive/").content.decode()
    assert links(page, "periods") == ["/2024/", "/2023/", "/2019/"]


def test_a_year_lists_its_months_and_a_month_its_days_that_have_stories(client, three_years):
    year = client.get("/2023/").content.decode()
    assert links(year, "periods") == ["/2023/02/", "/2023/11/"]
    assert headlines(year) == ["November", "Later that day", "Late February"]
    month = client.get("/2023/02/").content.decode()
    assert links(month, "periods") == ["/2023/02/28/"]
    assert headlines(month) == ["Later that day", "Late February"]
    assert headlines(client.get("/2023/02/28/").content.decode()) == headlines(month)


def test_a_storys_address_cut_short_leads_to_lists_that_have_it(client):
    edition = publishing.publish(make_article(headline="Cut short"))
    address = edition.get_absolute_url()
    for _part in range(3):
        address = address.rstrip("/").rpartition("/")[0] + "/"
        assert headlines(client.get(address).content.decode()) == ["Cut short"]


def test_the_ways_to_earlier_and_later_skip_what_is_empty(client, three_years):
    for address, around in {
        "/2023/": ["/2019/", "/2024/"],
        "/2023/02/": ["/2019/12/", "/2023/11/"],
        "/2023/02/28/": ["/2019/12/31/", "/2023/11/05/"],
        "/2019/": ["/2023/"],
        "/2024/01/01/": ["/2023/11/05/"],
    }.items():
        assert links(client.get(address).content.decode(), "Earlier and later") == around


@pytest.mark.parametrize(
    "address",
    [
        *("/2022/", "/2023/03/", "/2023/02/27/", "/0000/"),
        *("/2023/02/30/", "/2023/13/", "/2019/00/", "/2023/02/00/"),
    ],
)
def test_a_period_without_stories_is_none(client, three_years, address):
    assert client.get(address).status_code == 404


def test_the_day_is_that_of_the_newsrooms_zone_as_it_was_then(client, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    with timezone.override("Pacific/Auckland"):
        edition = publishing.publish(
            make_article(headline="New year"), at=datetime(2023, 12, 31, 12, tzinfo=UTC)
        )
    assert edition.first_published_on == date(2024, 1, 1)
    # The newsroom moves to the other side of the world; the address stays.
    settings.TIME_ZONE = "Pacific/Honolulu"
    with timezone.override("Pacific/Honolulu"):
        for address in ("/2024/", "/2024/01/", "/2024/01/01/"):
            assert headlines(client.get(address).content.decode()) == ["New year"]
        assert client.get("/2023/").status_code == 404


def test_a_long_day_goes_on_over_pages(client):
    for number in range(25):
        publish_on(2023, 2, 28, headline=f"Number {number:02}")
    first = client.get("/2023/02/28/").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)[1]
    second = client.get(f"/2023/02/28/{older}").content.decode()
    assert headlines(first) + headlines(second) == [f"Number {n:02}" for n in range(24, -1, -1)]


def test_what_was_withdrawn_or_is_to_come_opens_no_day(client):
    article = make_article()
    edition = publishing.publish(article)
    publishing.withdraw(article, "An error.")
    publishing.schedule(make_article(), timezone.now() + timedelta(days=400))
    assert client.get(f"/{edition.first_published_on:%Y/%m/%d}/").status_code == 404
    assert client.get(f"/{timezone.now() + timedelta(days=400):%Y}/").status_code == 404
    assert "Nothing is published yet." in client.get("/archive/").content.decode()


def test_the_authors_are_those_who_have_live_stories_by_name(client):
    for name in ("Wanda Chen", "Ada Quill", "Abel Moor"):
        publishing.publish(make_article(authors=[make_author(name=name)]))
    make_author(name="Nobody Yet")
    make_article(authors=[make_author(name="Draft Writer")])
    page = client.get("/authors/").content.decode().split("<main")[1]
    assert re.findall(r">([^<]+)</(?:a|h2)>", page.split("<h1>")[1].split("</main>")[0]) == [
        "A",
        "Abel Moor",
        "Ada Quill",
        "W",
        "Wanda Chen",
    ]


def test_many_authors_are_cut_into_pages_and_found_by_initial(client, monkeypatch):
    monkeypatch.setattr("articles.views.indexes.PER_PAGE", 3)
    names = [f"{letter}uthor {number}" for letter in "ABC" for number in range(3)]
    names.insert(4, names[3])
    for name in names:
        publishing.publish(make_article(authors=[make_author(name=name)]))
    seen, address = [], "/authors/"
    while address:
        page = client.get(address).content.decode()
        seen.append(re.findall(r">([ABC]uthor \d)</a>", page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following and f"/authors/{following[1]}"
    assert seen == [names[:3], names[3:6], names[6:9], names[9:]]
    previous = re.search(r'rel="prev" href="([^"]+)"', page)[1]
    assert names[6] in client.get(f"/authors/{previous}").content.decode()
    assert links(page, "Initials") == ["?from=A", "?from=B", "?from=C"]
    assert names[3] in client.get("/authors/?from=B").content.decode()


def test_the_initials_are_those_of_names_that_are_listed(client, monkeypatch):
    monkeypatch.setattr("articles.views.indexes.PER_PAGE", 1)
    for name in ("Ada", "ada", "Bo", "élan", "Éric", "安娜"):
        publishing.publish(make_article(authors=[make_author(name=name)]))
    publishing.schedule(
        make_article(authors=[make_author(name="Zoe")]), timezone.now() + timedelta(days=1)
    )
    found = links(client.get("/authors/").content.decode(), "Initials")
    assert sorted(found) == ["?from=%C3%89", "?from=%E5%AE%89", "?from=A", "?from=B"]


def test_the_series_are_those_that_have_live_stories(client):
    publishing.publish(make_article(series=make_series(name="The Water", description="All of it.")))
    make_article(series=make_series(name="Unpublished"))
    page = client.get("/series/").content.decode()
    assert "The Water" in page and "All of it." in page and "Unpublished" not in page


def test_a_landing_page_says_what_it_is_about_and_how_much_there_is(client, monkeypatch):
    section = make_section(description="Boats and tides.")
    for tags in (["Port"], ["Port", "Wages"], ["Port"]):
        publishing.publish(make_article(section=section, tags=tags))
    make_article(section=section, tags=["Secret"])
    page = client.get(section.get_absolute_url()).content.decode()
    assert "Boats and tides." in page and "3 stories" in page
    assert links(page, "Subjects of late") == ["/tags/port/", "/tags/wages/"]
    assert page.count('<div class="lead">') == 1
    assert f'href="{section.get_absolute_url()}feed/"' in page
    # On its own page a tag is not among its subjects.
    page = client.get(Tag.objects.get(name="Port").get_absolute_url()).content.decode()
    assert links(page, "Subjects of late") == ["/tags/wages/"]
    monkeypatch.setattr("articles.views.lists.MOST_COUNTED", 2)
    assert "More than 2 stories" in client.get(section.get_absolute_url()).content.decode()


@pytest.mark.parametrize("stories", [2, 25])
def test_these_pages_have_a_fixed_number_of_queries(client, django_assert_num_queries, stories):
    author, series, section = make_author(), make_series(), make_section()
    for number in range(stories):
        publish_on(
            2023,
            1 + number % 12,
            1 + number % 28,
            authors=[author],
            series=series,
            section=section,
            tags=["Port", f"Tag {number}"],
        )
    for address, queries in {
        "/archive/": 4,
        "/2023/": 4,
        "/2023/01/": 4,
        "/2023/01/01/": 4,
        "/authors/": 2,
        "/series/": 2,
        series.get_absolute_url(): 6,
        section.get_absolute_url(): 6,
        "/tags/port/": 6,
    }.items():
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200, address


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is there")
def test_no_page_reads_all_editions_however_many_there_are(client):
    """SQLite plans by what a query says, not by what the tables hold: so its plans show it."""
    author, series, section = make_author(), make_series(), make_section()
    for number in range(3):
        edition = publish_on(
            2023,
            1 + number,
            1,
            authors=[author, make_author()],
            series=series,
            section=section,
            tags=["Port", "Wages"],
        )
    for address in (
        "/",
        edition.get_absolute_url(),
        "/archive/",
        "/2023/",
        "/2023/01/",
        "/2023/01/01/",
        "/authors/",
        "/series/",
        series.get_absolute_url(),
        section.get_absolute_url(),
        author.get_absolute_url(),
        "/tags/port/",
    ):
        for query, plan in plans(client, address):
            # A column that nearly every edition has alike chooses none of them.
            reads_all = re.findall(
                r"SCAN (?:articles_edition\w*|[UV]\d)$|INDEX edition_live_(?:until|from) ",
                plan,
                re.M,
            )
            # The masthead names all sections there are.
            sections = re.findall(r'FROM "articles_section" (U\d)', query)
            assert len(reads_all) <= len(sections), f"{address}: {query}\n{plan}"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL goes by both of two bounds")
@pytest.mark.parametrize("address", ["/2019/", "/2019/12/", "/2019/12/31/", "/archive/"])
def test_an_old_period_costs_the_same_however_much_came_since(client, three_years, address):
    fields = {"section": make_section(), "lead_image": make_image()}
    since = datetime(2024, 2, 1, tzinfo=UTC)

    def cost_with(stories):
        for hours in range(stories):
            make_editions(make_article([], [], **fields), [since + timedelta(hours=hours)])
        return effort(client, address)

    few = cost_with(5)
    # Reading each of them takes more.
    assert cost_with(60) < few + 60
