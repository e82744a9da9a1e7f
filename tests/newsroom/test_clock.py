"""A clock that is set back: nothing is made to have been otherwise, and nobody is misled."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from articles import publishing
from articles.invariants import breaches
from articles.models import FrontPage
from tests.articles.test_front_page import form_of, make_front_page
from tests.articles.test_publishing import MOVES
from tests.factories import change, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]


@pytest.mark.parametrize("move", MOVES)
def test_no_move_is_made_before_the_one_that_was_made_last(clock, move):
    clock(hours=1)
    article = make_article(slug="wall")
    edition = publishing.publish(article)
    change(article, headline="Another headline")
    clock()
    with pytest.raises(publishing.Refused, match="clock was wrong, or is"):
        MOVES[move](article)
    article.refresh_from_db()
    assert [*article.editions.values_list("pk", "live_until")] == [(edition.pk, None)]
    assert article.moves.count() == 1 and article.addresses.count() == 1


def test_clocks_that_differ_by_a_second_keep_nobody_from_publishing(clock):
    clock(seconds=1)
    article = make_article()
    first = publishing.publish(article)
    change(article, headline="Another headline")
    clock()
    second = publishing.publish(article)
    first.refresh_from_db()
    assert first.live_from < first.live_until == second.live_from
    assert not [*breaches()]


def test_a_front_page_is_not_said_to_be_there_that_another_would_replace(clock, admin_client):
    article = make_article()
    publishing.publish(article, at=timezone.now() - timedelta(days=1))
    clock(hours=1)
    make_front_page(article)
    clock()
    answer = admin_client.post("/admin/articles/frontpage/add/", form_of(article))
    assert "clock was wrong, or is" in answer.text
    assert FrontPage.objects.count() == 1


def test_what_was_shown_too_early_is_gone_when_the_clock_is_right_and_comes_at_its_moment(
    clock, site
):
    article = make_article(headline="The verdict")
    publishing.schedule(article, timezone.now() + timedelta(minutes=30))
    assert "The verdict" not in site.get("/").text
    clock(hours=1)
    assert "The verdict" in site.get("/").text
    clock()
    assert "The verdict" not in site.get("/").text
    assert site.get("/").is_hit
    clock(minutes=31)
    assert "The verdict" in site.get("/").text


def test_where_there_is_midnight_twice_today_begins_with_the_first(clock, settings, client, ann):
    settings.TIME_ZONE = "America/Havana"
    began = datetime(2027, 11, 7, 4, 10, tzinfo=UTC)
    fast_by = (began - timezone.now()).total_seconds()
    clock(seconds=fast_by)
    publishing.publish(make_article(headline="Tide of the first hour"))
    # The same ten past midnight, an hour later.
    clock(seconds=fast_by, hours=1)
    client.force_login(ann)
    page = client.get("/admin/").text.partition("Live today")[2]
    assert "Tide of the first hour" in page.partition("</section>")[0]
