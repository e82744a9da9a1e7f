"""What the clock does by itself, and whose clock it is."""

import json
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from articles.admin import snapshot
from articles.models import Edition
from tests.factories import change, make_article

pytestmark = pytest.mark.django_db


def wait_for(moment):
    time.sleep(max(0, (moment - timezone.now()).total_seconds()))


def shortly():
    return timezone.now() + timedelta(seconds=1)


def test_a_scheduled_story_goes_live_in_its_second_and_not_before(client):
    edition = publishing.schedule(make_article(), shortly())
    assert client.get(edition.get_absolute_url()).status_code == 404
    wait_for(edition.live_from)
    assert client.get(edition.get_absolute_url()).status_code == 200
    before = edition.live_from - timedelta(microseconds=1)
    assert not Edition.objects.live(before).exists()
    assert Edition.objects.live(edition.live_from).exists()


def test_an_update_of_a_live_story_comes_out_in_its_second(client):
    article = make_article(headline="First words")
    address = publishing.publish(article).get_absolute_url()
    change(article, headline="Second words")
    update = publishing.schedule(article, shortly(), says_updated=True)
    assert "First words" in client.get(address).content.decode()
    wait_for(update.live_from)
    page = client.get(address).content.decode()
    assert "Second words" in page
    assert "Updated" in page


def test_a_withdrawal_that_was_set_takes_effect_in_its_second(client):
    article = make_article()
    address = publishing.publish(article).get_absolute_url()
    moment = shortly()
    publishing.withdraw(article, "It was wrong.", at=moment)
    assert client.get(address).status_code == 200
    wait_for(moment)
    page = client.get(address)
    assert page.status_code == 410
    assert "It was wrong." in page.content.decode()


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # Berlin, an hour around each change of the clocks in 2025.
        (datetime(2025, 3, 29, 22, 59, tzinfo=UTC), "2025/03/29"),
        (datetime(2025, 3, 29, 23, 0, tzinfo=UTC), "2025/03/30"),
        (datetime(2025, 3, 30, 21, 59, tzinfo=UTC), "2025/03/30"),
        (datetime(2025, 3, 30, 22, 0, tzinfo=UTC), "2025/03/31"),
        (datetime(2025, 10, 25, 21, 59, tzinfo=UTC), "2025/10/25"),
        (datetime(2025, 10, 25, 22, 0, tzinfo=UTC), "2025/10/26"),
        (datetime(2025, 10, 26, 22, 59, tzinfo=UTC), "2025/10/26"),
        (datetime(2025, 10, 26, 23, 0, tzinfo=UTC), "2025/10/27"),
    ],
)
def test_the_newsrooms_zone_decides_the_day_across_daylight_saving(client, settings, moment, day):
    settings.TIME_ZONE = "Europe/Berlin"
    edition = publishing.publish(make_article(slug="clocks"), at=moment)
    assert edition.get_absolute_url() == f"/{day}/clocks/"
    assert client.get(f"/{day}/clocks/").status_code == 200


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_masthead_bears_the_newsrooms_day(client, settings, zone):
    settings.TIME_ZONE = zone
    today = datetime.now(ZoneInfo(zone))
    assert f"{today:%A, %Y %B} {today.day}" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("day", "said"), [("2027-03-28", "there is no such time"), ("2027-10-31", "time twice")]
)
def test_an_hour_that_daylight_saving_leaves_out_or_has_twice_is_refused_by_name(
    desk, settings, day, said
):
    settings.TIME_ZONE = "Europe/Berlin"
    article = make_article()
    page = desk.post(
        reverse("admin:articles_article_schedule", args=[article.pk]),
        {"at_0": day, "at_1": "02:30:00", "seen_move": "0", "note": "Before breakfast"},
    ).content.decode()
    assert said in page
    assert "Before breakfast" in page
    assert not article.editions.exists()


@pytest.mark.parametrize("hour", [0, 1])
def test_a_correction_noted_in_the_hour_that_comes_twice_can_be_saved(desk, settings, hour):
    settings.TIME_ZONE = "Europe/Berlin"
    article = make_article(headline="Tide")
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    article.corrections.create(text="It was wrong.", noted_at=at)
    base = snapshot.stored(article)
    post = dict(snapshot.posted(base | {"headline": "High tide"}, article).lists())
    post["corrections-0-text"] = "It was quite wrong."
    desk.post(article.get_absolute_url(), post | {"base": json.dumps(base), "stage": "drafting"})
    article.refresh_from_db()
    correction = article.corrections.get()
    assert (article.headline, correction.text) == ("High tide", "It was quite wrong.")
    assert correction.noted_at == at


def test_an_embargo_in_the_hour_that_comes_twice_is_refused_with_what_to_do(desk, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    article = make_article(headline="Tide")
    base = snapshot.stored(article)
    post = dict(snapshot.posted(base | {"headline": "High tide"}, article).lists())
    post |= {"embargoed_until_0": "2027-10-31", "embargoed_until_1": "02:30:00"}
    post |= {"base": json.dumps(base), "stage": "drafting"}
    page = desk.post(article.get_absolute_url(), post).content.decode()
    assert "Choose one outside that hour" in page and "High tide" in page
    article.refresh_from_db()
    assert article.headline == "Tide"


@pytest.mark.parametrize(
    ("zone", "day", "late"),
    [
        # The clocks go back from midnight to eleven: there is that hour twice.
        ("Asia/Beirut", "2025-10-25", datetime(2025, 10, 25, 21, 30, tzinfo=UTC)),
        ("Africa/Cairo", "2025-10-30", datetime(2025, 10, 30, 21, 30, tzinfo=UTC)),
        # They go forward at midnight: the next day begins at one.
        ("Africa/Cairo", "2025-04-24", datetime(2025, 4, 24, 21, 59, tzinfo=UTC)),
    ],
)
def test_a_search_up_to_a_day_finds_its_last_story_where_clocks_change_at_midnight(
    client, settings, zone, day, late
):
    settings.TIME_ZONE = zone
    article = make_article(headline="Late tide")
    next_day = make_article(headline="Early tide")
    address = publishing.publish(article, at=late).get_absolute_url()
    assert address.startswith(f"/{day.replace('-', '/')}/")
    publishing.publish(next_day, at=late + timedelta(minutes=31))
    page = client.get(f"/search/?to={day}").content.decode()
    assert "Late tide" in page and "Early tide" not in page
