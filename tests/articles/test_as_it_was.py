"""The site as it was, second by second."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import override_script_prefix
from django.utils import timezone

from articles import publishing
from articles.models import Edition, FrontPage
from articles.views.as_it_was import past_address
from articles.views.lists import write_cursor
from tests.factories import (
    change,
    make_article,
    make_author,
    make_image,
    make_section,
    make_series,
)
from tests.plans import effort

pytestmark = pytest.mark.django_db
NOW = timezone.now
AN_HOUR = timedelta(hours=1)


def sign_in(role):
    user = get_user_model().objects.create_user(role, password="x", is_staff=True)
    user.groups.set([Group.objects.get(name=role)])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff(db):
    return sign_in("Editor")


def past(client, moment, address="/"):
    return client.get(past_address(moment, address[1:]))


@pytest.fixture
def corrected(db):
    """A story published three hours ago, and again with another headline one hour ago."""
    article = make_article(headline="As it was first", slug="wall")
    publishing.publish(article, at=NOW() - 3 * AN_HOUR)
    change(article, headline="As it is now")
    publishing.publish(article, at=NOW() - AN_HOUR)
    return article


def test_a_story_is_shown_as_it_was_at_any_second(staff, corrected):
    first, second = corrected.editions.order_by("live_from")
    address = second.get_absolute_url()
    for moment, headline in (
        (first.live_from + timedelta(seconds=1), "As it was first"),
        (second.live_from - timedelta(seconds=1), "As it was first"),
        (second.live_from + timedelta(seconds=1), "As it is now"),
    ):
        page = past(staff, moment, address).content.decode()
        assert f'<h1 dir="auto">{headline}</h1>' in page
        assert "This is an old view" in page
        assert f'<a href="{address}">To this page today</a>' in page
    assert past(staff, first.live_from - AN_HOUR, address).status_code == 404
    assert "As it was first" not in staff.get(address).content.decode()


def test_links_and_pictures_of_an_old_page_lead_on_into_the_past(staff, corrected):
    moment = NOW() - 2 * AN_HOUR
    page = past(staff, moment).content.decode()
    addresses = set(re.findall(r'(?:href|src)="(/[^"]*)"', page)) - {"/"}
    own = {each for each in addresses if not each.startswith("/static/")}
    assert len(own) >= 4
    for address in own:
        assert address.startswith(past_address(moment)), address
        assert staff.get(address).status_code == 200, address


def test_a_story_leads_into_the_past_from_an_old_page_alone(staff, client):
    author = make_author()
    for slug in ("wall", "other"):
        publishing.publish(make_article(slug=slug, authors=[author]), at=NOW() - 2 * AN_HOUR)
    address = Edition.objects.get(slug="wall").get_absolute_url()
    moment = NOW() - AN_HOUR
    for prefix, page in [
        (past_address(moment), past(staff, moment, address)),
        ("/", client.get(address)),
        (past_address(moment), past(staff, moment, address)),
    ]:
        assert re.findall(r'href="([^"]*)20../../../other/"', page.text) == [prefix]


def test_the_front_page_has_the_picks_of_that_moment(staff):
    old, new = make_article(headline="Led then"), make_article(headline="Newer then")
    publishing.publish(old, at=NOW() - 5 * AN_HOUR)
    publishing.publish(new, at=NOW() - 4 * AN_HOUR)
    page = FrontPage.objects.create(live_from=NOW() - 3 * AN_HOUR)
    page.front_page_picks.create(article=old, position=0)
    FrontPage.objects.create(live_from=NOW() - AN_HOUR)

    def headlines(moment):
        html = past(staff, moment).content.decode()
        return re.findall(r'<h2[^>]*><a href="[^"]+">([^<]+)</a></h2>', html)

    assert headlines(NOW() - 2 * AN_HOUR) == ["Led then", "Newer then"]
    assert headlines(NOW() - timedelta(minutes=1)) == ["Newer then", "Led then"]


def test_an_address_of_then_redirects_within_the_past(staff):
    article = make_article(slug="first")
    first = publishing.publish(article, at=NOW() - 3 * AN_HOUR).get_absolute_url()
    change(article, slug="second")
    publishing.publish(article, at=NOW() - 2 * AN_HOUR)
    moment = NOW() - AN_HOUR
    response = past(staff, moment, first)
    assert response.status_code == 301
    assert response.url == past_address(moment, first[1:].replace("first", "second"))


def test_strangers_are_asked_to_sign_in_unless_the_past_is_public(client, corrected, settings):
    response = past(client, NOW() - AN_HOUR)
    assert response.status_code == 302 and response.url.startswith("/admin/login/")
    assert client.get("/as-it-was/").status_code == 302
    settings.PAST_IS_PUBLIC = True
    assert past(client, NOW() - 2 * AN_HOUR).status_code == 200
    assert client.get("/as-it-was/").status_code == 200


def test_a_member_who_is_no_staff_does_not_see_the_past(client, corrected):
    client.force_login(get_user_model().objects.create_user("reader", password="x"))
    assert past(client, NOW() - AN_HOUR).status_code == 404


def test_an_old_view_is_never_indexed_nor_kept(staff, corrected):
    story = corrected.editions.first().get_absolute_url()
    for address in ("/", story, "/nothing-here/"):
        response = past(staff, NOW() - 2 * AN_HOUR, address)
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert response["Cache-Control"] == "private, no-store"
        page = response.content.decode()
        assert '<meta name="robots" content="noindex, nofollow, noarchive">' in page
        assert "canonical" not in page and "feed/" not in page


def test_what_was_withdrawn_since_is_shown_to_the_desk_and_to_nobody_else(client, settings):
    settings.PAST_IS_PUBLIC = True
    author, section = make_author(), make_section()
    kept = make_article(authors=[author], section=section, tags=["Port"])
    publishing.publish(kept, at=NOW() - 4 * AN_HOUR)
    article = make_article(
        headline="Withdrawn headline", authors=[author], section=section, tags=["Port"]
    )
    publishing.publish(
        make_article(related=[article], authors=[author], section=section, tags=["Port"]),
        at=NOW() - 4 * AN_HOUR,
    )
    edition = publishing.publish(article, at=NOW() - 3 * AN_HOUR)
    publishing.withdraw(article, "An error.")
    moment = NOW() - AN_HOUR
    pages = [
        "/",
        section.get_absolute_url(),
        author.get_absolute_url(),
        article.tags.get().get_absolute_url(),
        kept.editions.get().get_absolute_url(),
    ]
    readers = [(client, False), (sign_in("Profile manager"), False), (sign_in("Reporter"), True)]
    for reader, sees_it in readers:
        for address in pages:
            page = past(reader, moment, address).content.decode()
            assert ("Withdrawn headline" in page) is sees_it, address
        response = past(reader, moment, edition.get_absolute_url())
        assert response.status_code == (200 if sees_it else 410)
        picture = f"/{article.lead_image.file.name}/wide-320.jpg"
        assert past(reader, moment, picture).status_code == (200 if sees_it else 404)


@pytest.mark.parametrize("moment", ["2999-01-01T00:00:00Z", "2024-13-01T00:00:00Z", "1000-01-01"])
def test_a_moment_that_is_none_or_to_come_answers_404(staff, moment):
    assert staff.get(f"/as-it-was/{moment}/").status_code == 404


def test_the_past_has_neither_desk_nor_feeds_nor_a_past_of_its_own(staff, corrected):
    moment = NOW() - AN_HOUR
    for address in ("/admin/", "/feed/", "/sitemap.xml", "/as-it-was/", past_address(moment)):
        assert past(staff, moment, address).status_code == 404


def test_a_moment_is_chosen_in_the_newsrooms_zone(staff, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    with timezone.override("Asia/Shanghai"):
        response = staff.get("/as-it-was/", {"moment": "2024-11-19T18:05:09"})
    assert response.url == "/as-it-was/2024-11-19T10:05:09Z/"


@pytest.mark.parametrize(
    ("asked", "says"),
    [("2999-01-01T00:00", "still to come"), ("soon", "Enter a valid date"), ("", "required")],
)
def test_a_moment_that_cannot_be_shown_is_answered_with_the_reason(staff, asked, says):
    response = staff.get("/as-it-was/", {"moment": asked})
    assert response.status_code == 200 and says in response.content.decode()


@pytest.mark.parametrize("year", ["0001", "0999", "1899", "9999"])
def test_a_moment_of_no_such_time_is_answered_with_the_reason(staff, settings, year):
    settings.TIME_ZONE = "Asia/Shanghai"
    response = staff.get("/as-it-was/", {"moment": f"{year}-01-01T00:00"})
    page = response.content.decode()
    assert "There were no such pages then" in page or "still to come" in page


def test_an_hour_that_the_clocks_left_out_is_answered_with_the_reason(staff, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    page = staff.get("/as-it-was/", {"moment": "2025-03-30T02:30:00"}).content.decode()
    assert "the clocks were put forward over it" in page
    assert 'value="2025-03-30T02:30:00"' in page


def test_an_hour_that_there_was_twice_offers_both(staff, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    asked = {"moment": "2025-10-26T02:30:00", "page": "sections/city/?before=1-1"}
    page = staff.get("/as-it-was/", asked).content.decode()
    assert "the clocks were put back" in page
    assert re.findall(r'<li><a href="([^"]+)">26 October 2025, ([^<]+)</a>', page) == [
        ("/as-it-was/2025-10-26T00:30:00Z/sections/city/?before=1-1", "02:30:00 CEST"),
        ("/as-it-was/2025-10-26T01:30:00Z/sections/city/?before=1-1", "02:30:00 CET"),
    ]
    page = staff.get("/as-it-was/2025-10-26T01:30:00Z/").content.decode()
    assert "as it was on 26 October 2025, 02:30:00 CET." in page


def test_the_bar_of_an_old_page_leads_to_the_same_page_at_another_moment(staff):
    section = make_section(slug="city")
    article = make_article(section=section, slug="潮水")
    edition = publishing.publish(article, at=NOW() - 5 * AN_HOUR)
    for address in (edition.get_absolute_url(), "/sections/city/?before=99999999999999999-1"):
        page = staff.get(past_address(NOW() - AN_HOUR) + address[1:]).content.decode()
        form = page.split('<form action="')[1].split("</form>")[0]
        assert form.startswith('/as-it-was/"')
        moment = re.search(r'name="moment" value="([^"]+)"', form)[1]
        at = timezone.make_aware(datetime.fromisoformat(moment)) - AN_HOUR
        asked = {
            "moment": f"{timezone.localtime(at):%Y-%m-%dT%H:%M:%S}",
            "page": unescape(re.search(r'name="page" value="([^"]+)"', form)[1]),
        }
        response = staff.get("/as-it-was/", asked)
        assert response.url == past_address(at) + address[1:]
        assert staff.get(response.url).status_code == 200


@pytest.mark.parametrize(
    "page",
    ["//example.org/", "https://example.org/", "a\nb", "%00", "?", "..//x", "/\\example.org"],
)
def test_the_page_that_is_asked_for_is_always_one_of_ours(staff, page):
    moment = NOW() - AN_HOUR
    asked = {"moment": f"{timezone.localtime(moment):%Y-%m-%dT%H:%M:%S}", "page": page}
    response = staff.get("/as-it-was/", asked)
    assert response.status_code == 302 and response.url.startswith(past_address(moment))
    assert staff.get(response.url).status_code in (200, 404)


def test_an_address_with_more_slashes_leads_to_no_other_host(staff):
    page = staff.get(past_address(NOW() - AN_HOUR) + "//example.org/").content.decode()
    assert '"//' not in page
    assert '<a href="/example.org/">To this page today</a>' in page


def test_a_site_below_a_path_of_its_server_keeps_that_path(corrected, settings):
    settings.PAST_IS_PUBLIC = True
    moment = NOW() - AN_HOUR / 2
    address = past_address(moment)
    with override_script_prefix("/paper/"):
        page = Client().get(address, SCRIPT_NAME="/paper").content.decode()
    assert '<a href="/paper/">To this page today</a>' in page
    assert '<form action="/paper/as-it-was/"' in page
    assert f'href="/paper{past_address(moment)}' in page


def test_what_was_withdrawn_stays_withdrawn_when_the_story_is_published_again(client, settings):
    settings.PAST_IS_PUBLIC = True
    image = make_image()
    article = make_article(headline="Wrong and hurtful", lead_image=image, slug="wall")
    first = publishing.publish(article, at=NOW() - 3 * AN_HOUR)
    publishing.withdraw(article, "An error.")
    change(article, headline="Right", lead_image=make_image())
    publishing.publish(article)
    moment = NOW() - AN_HOUR
    assert "Wrong and hurtful" not in past(client, moment).content.decode()
    for address in (first.get_absolute_url(), first.get_changes_url()):
        response = past(client, moment, address)
        assert response.status_code == 410
        assert "hurtful" not in response.content.decode()
    picture = f"/{image.file.name}/wide-320.jpg"
    assert past(client, moment, picture).status_code == 404
    assert "Wrong and hurtful" in past(sign_in("Reporter"), moment).content.decode()


def test_readers_are_led_to_the_past_only_where_it_is_theirs(client, settings, corrected):
    assert "as-it-was" not in client.get("/").content.decode()
    settings.PAST_IS_PUBLIC = True
    assert '<a rel="nofollow" href="/as-it-was/">' in client.get("/").content.decode()


def test_the_desk_leads_to_the_past_of_the_site_and_of_each_edition(corrected):
    desk = sign_in("Editor")
    assert '<a href="/as-it-was/">The site as it was</a>' in desk.get("/admin/").content.decode()
    change(corrected, headline="Never to be")
    publishing.schedule(corrected, NOW() + AN_HOUR)
    page = desk.get(f"/admin/articles/article/{corrected.pk}/history/").content.decode()
    found = re.findall(r'<a href="(/as-it-was/[^"]+)">As readers saw it', page)
    assert len(found) == 2
    for address, headline in zip(found, ("As it is now", "As it was first"), strict=True):
        assert f'<h1 dir="auto">{headline}</h1>' in desk.get(address).content.decode()


@pytest.mark.parametrize("stories", [10, 25])
@pytest.mark.parametrize("is_public", [True, False])
def test_old_pages_have_a_fixed_number_of_queries(
    django_assert_num_queries, settings, stories, is_public
):
    settings.PAST_IS_PUBLIC = is_public
    client = Client() if is_public else sign_in("Editor")
    author, section = make_author(), make_section()
    for _number in range(stories):
        article = make_article(
            authors=[author, make_author()], section=section, tags=["Port", "Jobs"]
        )
        edition = publishing.publish(article, at=NOW() - 5 * AN_HOUR)
    # Who asks, and what they may, is asked besides.
    besides, besides_nothing = (0, 0) if is_public else (4, 2)
    for address, queries in [
        (edition.get_absolute_url(), 3),
        ("/", 4),
        (section.get_absolute_url(), 6),
    ]:
        with django_assert_num_queries(queries + besides):
            assert past(client, NOW() - AN_HOUR, address).status_code == 200
    with django_assert_num_queries(1 + besides_nothing):
        assert past(client, NOW() - AN_HOUR, "/nothing-here/").status_code == 404


def test_the_masthead_of_an_old_page_bears_its_own_day(staff, corrected):
    moment = NOW() - timedelta(days=40)
    local = timezone.localtime(moment)
    page = past(staff, moment).content.decode()
    assert f"{local:%A}, {local.year} {local:%B} {local.day}" in page


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is stored")
def test_an_old_page_costs_the_same_however_much_came_since(client, settings):
    settings.PAST_IS_PUBLIC = True
    author, series, section, image = make_author(), make_series(), make_section(), make_image()

    def publish(count, at):
        for number in range(count):
            article = make_article(
                [author],
                ["Port"],
                headline=f"Harbour {number}",
                section=section,
                series=series,
                lead_image=image,
            )
            publishing.publish(article, at=at + timedelta(minutes=number))

    then = NOW() - timedelta(days=400)
    publish(42, at=then - timedelta(days=1))
    first = Edition.objects.latest_first()
    newest, twentieth = first[0], first[19]
    before = f"?before={write_cursor(twentieth)}"
    addresses = [
        *("/", "/archive/", f"/{then:%Y}/", "/authors/", "/series/"),
        f"/{newest.first_published_on:%Y/%m/}",
        f"/{newest.first_published_on:%Y/%m/%d/}",
        f"/{before}",
        *(f"{each.get_absolute_url()}{before}" for each in (section, author, series)),
        f"/tags/port/{before}",
        *("/search/", "/search/?q=harbour&order=newest"),
    ]
    old = [f"{past_address(then)}{address[1:]}" for address in addresses]
    efforts = [effort(client, address) for address in old]
    publish(60, at=NOW() - timedelta(days=1))
    now = [effort(client, address) for address in old]
    # Reading sixty rows takes more.
    grown = [
        (each, a, b) for each, a, b in zip(addresses, efforts, now, strict=True) if b > a + 300
    ]
    assert not grown
