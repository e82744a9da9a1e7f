"""What a damaged database is found out by."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from articles import publishing
from articles.invariants import breaches
from articles.models import Address, Edition, EditionByline, EditionTag, PublishingMove
from tests.articles.test_publishing import MOVES, OUTCOMES, changed, in_hours
from tests.factories import change, make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    """A story that was published, changed, withdrawn and scheduled again."""
    article = make_article()
    publishing.publish(article)
    change(article, headline="Harbour wall gives way", slug="gives-way")
    publishing.publish(article)
    publishing.withdraw(article, "It was wrong.")
    publishing.schedule(article, in_hours(1))
    return article


def test_whatever_the_desk_does_nothing_is_amiss(story):
    for start, move, outcome in OUTCOMES:
        if outcome:
            MOVES[move](start())
    output = StringIO()
    call_command("check_newsroom", stdout=output)
    assert output.getvalue() == "All is as it has to be.\n"


DAMAGES = {
    "Its address leads nowhere": lambda story: Address.objects.all().delete(),
    "No edition has this address": lambda story: story.addresses.create(
        day="2026-01-01", slug="never"
    ),
    "It has no edition": lambda story: Edition.objects.latest("pk").delete(),
    "Nobody published or scheduled it": lambda story: story.moves.filter(kind="publish").delete(),
    "nobody withdrew it": lambda story: story.moves.filter(kind="withdraw").delete(),
    "It is not in the log": lambda story: PublishingMove.objects.create(
        article=story, kind="cancel", made_at=in_hours(0), effective_at=in_hours(0)
    ),
    "It has nobody in its byline": lambda story: EditionByline.objects.all().delete(),
    "It cannot be found by its words": lambda story: Edition.objects.first().indexed.delete(),
    "It is listed at another moment": lambda story: EditionTag.objects.update(
        first_published_at=in_hours(-1)
    ),
    "does not know that it shows": lambda story: (
        Edition.objects.first().edition_images.all().delete()
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_missing_or_too_much_is_named(story, damage):
    DAMAGES[damage](story)
    with pytest.raises(CommandError):
        call_command("check_newsroom", stdout=StringIO())
    assert any(damage in sentence for sentence in breaches())


def test_a_rule_that_the_database_has_lost_is_named(story):
    with connection.cursor() as cursor:
        on = " ON articles_edition" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER edition_is_record{on}")
    assert any("edition_is_record" in sentence for sentence in breaches())


def test_two_editions_that_are_live_at_once_are_named():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "ALTER TABLE articles_edition DROP CONSTRAINT edition_one_live_at_a_time"
            )
        else:
            cursor.execute("DROP TRIGGER edition_one_live_update")
    article = changed()
    publishing.schedule(article, in_hours(1))
    article.editions.update(live_until=None)
    assert any("is live at the same time" in sentence for sentence in breaches())


def test_a_story_withdrawn_at_the_moment_of_its_schedule_leaves_no_address():
    article, moment = make_article(), in_hours(1)
    publishing.schedule(article, moment)
    publishing.withdraw(article, "It was never true.", at=moment)
    assert not article.addresses.exists()
    assert [*breaches()] == []
