"""The door: each move from each state, twice in a row, and by two people at once."""

import time
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from articles import publishing
from articles.invariants import breaches
from articles.models import Article, Edition
from tests.at_once import at_once
from tests.factories import change, make_article, make_author

pytestmark = pytest.mark.django_db


def in_hours(hours):
    return timezone.now() + timedelta(hours=hours)


def state_of(article):
    return Article.objects.with_state().get(pk=article.pk).state


def draft():
    return make_article()


def scheduled():
    article = make_article()
    publishing.schedule(article, in_hours(1))
    return article


def live():
    article = make_article()
    publishing.publish(article)
    return article


def changed():
    article = live()
    change(article, headline="A changed headline")
    return article


def withdrawn():
    article = live()
    publishing.withdraw(article, "It was wrong.")
    return article


MOVES = {
    "publish": publishing.publish,
    "schedule": lambda article: publishing.schedule(article, in_hours(2)),
    "withdraw": lambda article: publishing.withdraw(article, "It was wrong."),
    "cancel": publishing.cancel,
}
REFUSED = None
OUTCOMES = [
    (draft, "publish", "live"),
    (draft, "schedule", "scheduled"),
    (draft, "withdraw", REFUSED),
    (draft, "cancel", REFUSED),
    (scheduled, "publish", "live"),
    (scheduled, "schedule", REFUSED),
    (scheduled, "withdraw", REFUSED),
    (scheduled, "cancel", "draft"),
    (live, "publish", REFUSED),
    (live, "schedule", REFUSED),
    (live, "withdraw", "withdrawn"),
    (live, "cancel", REFUSED),
    (changed, "publish", "live"),
    (changed, "schedule", "live"),
    (changed, "withdraw", "withdrawn"),
    (changed, "cancel", REFUSED),
    (withdrawn, "publish", "live"),
    (withdrawn, "schedule", "scheduled"),
    (withdrawn, "withdraw", REFUSED),
    (withdrawn, "cancel", REFUSED),
]


@pytest.mark.parametrize(("start", "move", "outcome"), OUTCOMES)
def test_each_move_from_each_state_is_made_or_refused(start, move, outcome):
    article = start()
    before = state_of(article)
    if outcome is REFUSED:
        with pytest.raises(publishing.Refused):
            MOVES[move](article)
        assert state_of(article) == before
    else:
        MOVES[move](article)
        assert state_of(article) == outcome


@pytest.mark.parametrize(("start", "move", "outcome"), [o for o in OUTCOMES if o[2]])
def test_no_move_can_be_made_twice_in_a_row(start, move, outcome):
    article = start()
    MOVES[move](article)
    with pytest.raises(publishing.Refused):
        MOVES[move](article)


def test_everything_that_is_missing_is_named_at_once():
    article = Article.objects.create()
    with pytest.raises(publishing.Refused) as refusal:
        publishing.publish(article)
    assert [field for field, _sentence in refusal.value.reasons] == [
        "headline",
        "body",
        "section",
        "bylines",
    ]


def test_a_cancelled_update_leaves_the_live_edition_as_if_nothing_had_been_set():
    article = changed()
    publishing.schedule(article, in_hours(1))
    publishing.cancel(article)
    assert Edition.objects.live(in_hours(3)).get(article=article).live_until is None


def test_publishing_supersedes_a_scheduled_update_and_keeps_the_end_that_was_set():
    article = changed()
    publishing.withdraw(article, "The rights end.", at=in_hours(5))
    publishing.schedule(article, in_hours(1))
    change(article, headline="Published at once")
    publishing.publish(article)
    assert Edition.objects.live(in_hours(2)).get(article=article).headline == "Published at once"
    assert not Edition.objects.live(in_hours(6)).filter(article=article).exists()


def test_an_embargo_holds_against_publishing_and_an_early_schedule():
    article = make_article(embargoed_until=in_hours(3))
    with pytest.raises(publishing.Refused):
        publishing.publish(article)
    with pytest.raises(publishing.Refused):
        publishing.schedule(article, in_hours(2))
    publishing.schedule(article, in_hours(4))
    assert state_of(article) == "scheduled"


def test_who_has_not_seen_the_latest_move_is_told_of_it():
    article = changed()
    seen = article.moves.last().pk
    publishing.publish(article, seen_move=seen)
    change(article, headline="Another headline")
    with pytest.raises(publishing.Refused):
        publishing.publish(article, seen_move=seen)


def test_two_stories_of_a_day_cannot_share_a_slug():
    publishing.publish(make_article(slug="the-wall"))
    with pytest.raises(publishing.Refused) as refusal:
        publishing.publish(make_article(slug="the-wall"))
    assert refusal.value.reasons[0][0] == "slug"


def test_the_database_refuses_two_live_editions_of_one_article():
    edition = publishing.publish(make_article())
    twin = Edition.objects.get(pk=edition.pk)
    twin.pk, twin.live_from = None, edition.live_from + timedelta(seconds=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.parametrize("column", ["headline", "live_from", "note", "slug"])
def test_the_database_refuses_to_change_what_an_edition_says(column):
    edition = publishing.publish(make_article())
    value = in_hours(-1) if column == "live_from" else "other"
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.filter(pk=edition.pk).update(**{column: value})


def test_the_database_refuses_to_reopen_an_edition_that_has_ended():
    article = withdrawn()
    time.sleep(0.01)
    with pytest.raises(IntegrityError), transaction.atomic():
        article.editions.update(live_until=None)


def test_the_database_refuses_an_edition_that_ends_before_it_begins():
    edition = publishing.publish(make_article())
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.filter(pk=edition.pk).update(live_until=in_hours(-1))


def press_at_once(*buttons):
    """Press buttons at the same moment; return the sorted outcomes."""

    def outcome(button):
        try:
            button()
        except publishing.Refused:
            return "told"
        return "made"

    return sorted(at_once(*(partial(outcome, button) for button in buttons)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("start", "move"),
    [
        (draft, "publish"),
        (draft, "schedule"),
        (changed, "publish"),
        (changed, "schedule"),
        (live, "withdraw"),
        (scheduled, "publish"),
        (scheduled, "cancel"),
        (withdrawn, "publish"),
        (withdrawn, "schedule"),
    ],
)
def test_of_two_people_at_once_one_wins_and_the_other_is_told(start, move):
    article = start()
    button = partial(MOVES[move], article)
    assert press_at_once(button, button) == ["made", "told"]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_with_different_buttons_the_later_one_is_told_too():
    article = changed()
    seen = article.moves.last().pk
    outcomes = press_at_once(
        partial(publishing.publish, article, seen_move=seen),
        partial(publishing.withdraw, article, "It was wrong.", seen_move=seen),
    )
    assert outcomes == ["made", "told"]
    assert article.moves.count() == 2


@contextmanager
def slow_until(moment):
    """Let the first change of an edition wait until a moment has come."""

    def waits(execute, sql, *rest):
        if sql.startswith('UPDATE "articles_edition"'):
            time.sleep(max((moment - timezone.now()).total_seconds(), 0) + 0.01)
        return execute(sql, *rest)

    with connection.execute_wrapper(waits):
        yield


def soon():
    """Return a moment to come, but not before a busy machine has got as far as to set it."""
    return timezone.now() + timedelta(seconds=1.5)


def live_for_a_moment():
    article = changed()
    publishing.withdraw(article, "The rights end.", at=(until := soon()))
    return article, until


def live_until_its_update():
    article = changed()
    publishing.schedule(article, until := soon())
    change(article, headline="Changed once more")
    return article, until


@pytest.mark.parametrize(
    ("start", "move", "outcome"),
    [
        (live_for_a_moment, "publish", "live"),
        (live_for_a_moment, "withdraw", "withdrawn"),
        (live_for_a_moment, "cancel", "withdrawn"),
        (live_until_its_update, "publish", "live"),
        (live_until_its_update, "cancel", "changed"),
    ],
)
def test_a_move_that_what_was_set_for_later_overtakes_is_made_or_refused_after_it(
    start, move, outcome
):
    article, until = start()
    refused = pytest.raises(publishing.Refused) if move != "publish" else nullcontext()
    with slow_until(until), refused:
        MOVES[move](article)
    assert state_of(article) == outcome
    assert [*breaches()] == []


def test_two_authors_stand_in_the_edition_in_order():
    authors = [make_author(name="Ann"), make_author(name="Bo")]
    edition = publishing.publish(make_article(authors=authors))
    assert [str(byline) for byline in edition.bylines.all()] == ["Ann", "Bo"]
