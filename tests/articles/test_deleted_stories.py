"""A deleted story can be brought back, with all that belonged to it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import publishing, review
from articles.admin import snapshot
from articles.models import Article
from tests.articles.test_history import LIST, history, points, save, whole_article
from tests.factories import change, make_article, make_author, make_image, make_person

pytestmark = pytest.mark.django_db
DELETED = f"{LIST}deleted/"


def delete(desk, article):
    desk.post(f"{LIST}{article.pk}/delete/", {"post": "yes"})
    assert not Article.objects.filter(pk=article.pk).exists()


def offers(desk, **place):
    """Return what the page of deleted stories offers to bring back, the latest first."""
    return re.findall(r'name="version" value="(\d+)"', desk.get(DELETED, place).content.decode())


def way(desk, words, **place):
    """Return where a button below the deleted stories leads; None without such a button."""
    page = desk.get(DELETED, place).content.decode()
    button = re.search(rf'<button(?: name="(\w+)" value="(\w+)")?>{words}<', page)
    return button and {name: value for name, value in [button.groups()] if name}


def bring_back(desk, version=None):
    """Bring a story back, the latest one if none is named; return the page this leads to."""
    form = {"version": version or offers(desk)[0]}
    return desk.post(DELETED, form, follow=True).content.decode()


def test_a_deleted_story_comes_back_under_its_number_with_all_that_belonged_to_it(desk, ann):
    article = whole_article()
    change(article, created_by=ann)
    save(desk, article, headline="High tide")
    review.hand_in(article, by=ann, assignee=ann, note="Please check")
    article = Article.objects.get(pk=article.pk)
    before, shown = snapshot.stored(article), article.article_images.count()
    delete(desk, article)
    after = make_article()
    assert "“High tide” is back." in bring_back(desk)
    back = Article.objects.get(pk=article.pk)
    assert snapshot.stored(back) == before
    assert (back.created_by, back.stage, back.assignee) == (ann, article.stage, ann)
    for name in ("created_at", "changed_at"):
        assert abs(getattr(back, name) - getattr(article, name)) < timedelta(milliseconds=1), name
    assert back.fingerprint == article.fingerprint
    assert back.article_images.count() == shown
    assert (back.handovers.get().made_by, back.handovers.get().note) == (ann, "Please check")
    assert make_article().pk not in (back.pk, after.pk)
    text = history(desk, back).content.decode()
    assert len(points(history(desk, back))) == 4
    assert text.index("Brought back") < text.index("Deleted") < text.index("Headline")


def test_the_list_of_articles_leads_to_the_deleted_ones_and_tells_who_deleted_them(desk):
    article = make_article(headline="High tide")
    assert DELETED in desk.get(LIST).content.decode()
    assert "No story was deleted." in desk.get(DELETED).content.decode()
    for _time in range(2):
        delete(desk, article)
        text = desk.get(DELETED).content.decode()
        assert text.count("Bring back") == 1 and "ann: Deleted" in text
        bring_back(desk)
    assert "No story was deleted." in desk.get(DELETED).content.decode()


def test_stories_deleted_from_the_list_can_be_brought_back_too(desk):
    stories = [make_article(headline="Tide", tags=["Sea"]), make_article()]
    before = [snapshot.stored(story) for story in stories]
    action = {"action": "delete_selected", "_selected_action": [story.pk for story in stories]}
    confirmation = desk.post(LIST, action).content.decode()
    assert DELETED in confirmation and "can be brought back" in confirmation
    desk.post(LIST, action | {"post": "yes"})
    assert not Article.objects.exists()
    for _story in stories:
        bring_back(desk)
    assert [snapshot.stored(Article.objects.get(pk=story.pk)) for story in stories] == before


def test_a_story_that_was_published_is_deleted_neither_alone_nor_among_others(desk):
    draft, live = make_article(), make_article()
    publishing.publish(live)
    action = {"action": "delete_selected", "_selected_action": [draft.pk, live.pk]}
    page = desk.post(LIST, action).content.decode()
    assert "can be brought back" not in page
    assert "what readers saw stays on record" in page and "your account" not in page
    desk.post(LIST, action | {"post": "yes"})
    desk.post(f"{LIST}{live.pk}/delete/", {"post": "yes"})
    assert Article.objects.count() == 2


def test_the_confirmation_says_that_it_can_be_brought_back(desk):
    page = desk.get(f"{LIST}{make_article().pk}/delete/").content.decode()
    assert "can be brought back" in page and DELETED in page


def test_what_is_deleted_itself_by_now_is_named_and_the_rest_comes_back(desk):
    gone, image = make_author(name="Cleo"), make_image(title="Quay")
    ben = make_person("ben")
    article = make_article([gone, make_author()], lead_image=image, created_by=ben)
    change(article, changed_by=ben)
    review.hand_in(article, by=ben)
    delete(desk, article)
    for kind, row in (("authors/author", gone), ("articles/image", image), ("auth/user", ben)):
        desk.post(f"/admin/{kind}/{row.pk}/delete/", {"post": "yes"})
        assert not type(row).objects.filter(pk=row.pk).exists(), kind
    text = bring_back(desk)
    assert "Bylines: Cleo" in text and "Lead image: Quay" in text
    back = Article.objects.get()
    assert back.bylines.count() == 1 and back.lead_image is None and back.created_by is None
    assert back.handovers.get().made_by is None


def test_a_story_that_somebody_brought_back_already_is_not_made_twice(desk):
    delete(desk, make_article())
    [version] = offers(desk)
    bring_back(desk, version)
    for number in (version, "x", "0"):
        assert "back already" in bring_back(desk, number)
    assert Article.objects.count() == 1


def test_a_reporter_gets_back_what_they_deleted_themselves_and_sees_no_other(client, ann):
    rob = make_person("rob", "Reporter")
    client.force_login(ann)
    delete(client, make_article())
    [others] = offers(client)
    client.force_login(rob)
    own = make_article([make_author(user=rob)])
    delete(client, own)
    assert len(offers(client)) == 1 and others not in offers(client)
    assert "back already" in bring_back(client, others)
    assert "is back." in bring_back(client)
    assert Article.objects.get() == own


def test_pages_of_deleted_stories_follow_one_another_while_more_are_deleted(desk, monkeypatch):
    monkeypatch.setattr("articles.admin.deleted.PER_PAGE", 2)
    for _number in range(5):
        delete(desk, make_article())
    first = offers(desk)
    earlier = way(desk, "Earlier")
    assert len(first) == 2 and way(desk, "Latest") is None
    delete(desk, make_article())
    second = offers(desk, **earlier)
    assert len({*first, *second}) == 4
    assert way(desk, "Latest", **earlier) == {}
    last = way(desk, "Earlier", **earlier)
    assert len(offers(desk, **last)) == 1 and way(desk, "Earlier", **last) is None


def test_an_address_of_no_place_among_the_deleted_stories_shows_the_latest(desk):
    delete(desk, make_article())
    for before in ("x", "9" * 40, "-1", ""):
        assert len(offers(desk, before=before)) == 1


def test_the_deleted_stories_are_not_counted_and_none_are_skipped(desk):
    delete(desk, make_article())
    with CaptureQueriesContext(connection) as queries:
        offers(desk, p=2, before=10**9)
    assert not [each for each in queries if re.search("COUNT|OFFSET", each["sql"])]


def test_the_deleted_stories_take_a_fixed_number_of_queries(desk):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(DELETED).status_code == 200
        return len(queries)

    delete(desk, make_article())
    first = cost()
    for _number in range(3):
        delete(desk, make_article())
    assert cost() == first <= 5


def test_keeping_a_save_takes_as_many_queries_whatever_the_story_holds(desk):
    def cost(article):
        with CaptureQueriesContext(connection) as queries:
            save(desk, article, headline=f"{article.headline}, again")
        return len([each for each in queries if "reversion_" in each["sql"]])

    small, large = make_article(), whole_article()
    assert cost(small) == cost(large)
