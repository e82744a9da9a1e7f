"""Links from one story to another: by number, so that they lead where the story is."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles import publishing
from articles.admin.story_links import link_by_number
from articles.body import linked_articles, live_addresses
from articles.models import Edition
from tests.factories import change, make_article, make_person

pytestmark = pytest.mark.django_db
SEARCH = "/admin/articles/article/story-links/"


def linking_to(*articles, **fields):
    links = "".join(f'<p>See <a href="story:{each.pk}">this story</a>.</p>' for each in articles)
    return make_article(body=links, **fields)


def body_of(edition):
    return Client().get(edition.get_absolute_url()).content.decode()


def test_a_link_leads_to_where_the_story_is_now():
    target = make_article(slug="old-tide")
    publishing.publish(target)
    edition = publishing.publish(linking_to(target))
    assert f'<a href="{target.editions.get().get_absolute_url()}">this story</a>' in body_of(
        edition
    )
    change(target, slug="new-tide")
    moved = publishing.publish(target)
    assert "new-tide" in moved.get_absolute_url()
    assert f'<a href="{moved.get_absolute_url()}">this story</a>' in body_of(edition)


def test_a_link_to_what_readers_do_not_see_is_plain_words():
    draft, scheduled, withdrawn = make_article(), make_article(), make_article()
    publishing.schedule(scheduled, timezone.now() + timedelta(hours=1))
    publishing.publish(withdrawn)
    publishing.withdraw(withdrawn, "It was wrong.")
    page = body_of(publishing.publish(linking_to(draft, scheduled, withdrawn)))
    assert page.count("<p>See this story.</p>") == 3
    assert "story:" not in page


def test_the_preview_follows_links_too(desk):
    target = make_article()
    address = publishing.publish(target).get_absolute_url()
    page = desk.get(f"/admin/articles/article/{linking_to(target).pk}/preview-page/")
    assert f'<a href="{address}">this story</a>' in page.content.decode()


@pytest.mark.parametrize("links", [1, 30])
def test_all_links_of_a_body_cost_one_query(django_assert_num_queries, links):
    targets = [make_article() for _number in range(links)]
    for target in targets:
        publishing.publish(target)
    edition = publishing.publish(linking_to(*targets))
    with django_assert_num_queries(1):
        found = live_addresses(linked_articles(edition.body), Edition.objects.live())
    assert len(found) == links
    with django_assert_num_queries(0):
        assert live_addresses(linked_articles("<p>None.</p>"), Edition.objects.live()) == {}
    client = Client()
    with django_assert_num_queries(3):
        client.get(edition.get_absolute_url())


def test_a_body_says_which_stories_it_links_to():
    body = (
        '<p><a href="story:3">a</a> <a title="x" href="story:1">b</a> <a href="story:3">c</a></p>'
    )
    assert linked_articles(body) == [3, 1]


def test_an_address_of_ours_that_was_pasted_becomes_a_link_by_number(desk, settings):
    settings.ALLOWED_HOSTS = ["testserver", ".news.example"]
    target = make_article()
    address = publishing.publish(target).get_absolute_url()
    for ours in (
        address,
        f"http://testserver{address}",
        f"https://www.news.example{address}?utm_source=x&amp;y=1#top",
        f"https://www.news.example{address.rstrip('/')}",
    ):
        assert link_by_number(f'<p><a href="{ours}">a</a></p>') == (
            f'<p><a href="story:{target.pk}">a</a></p>'
        )
    for other in (
        f"https://elsewhere.example{address}",
        "/2020/01/01/no-such-story/",
        "/2020/13/41/no-such-day/",
        "/sections/city/",
        "http://[broken",
    ):
        body = f'<p><a href="{other}">a</a></p>'
        assert link_by_number(body) == body


def test_saving_the_form_keeps_a_pasted_address_by_number(desk):
    target, article = make_article(), make_article()
    address = publishing.publish(target).get_absolute_url()
    form = {"body": f'<p><a href="http://testserver{address}">a</a></p>', "stage": "drafting"}
    for prefix in ("bylines", "related_reads", "corrections"):
        form |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    desk.post(article.get_absolute_url(), form)
    article.refresh_from_db()
    assert article.body == f'<p><a href="story:{target.pk}">a</a></p>'


def test_stories_are_found_by_their_words_the_latest_first(desk, django_assert_num_queries):
    older, live = make_article(headline="Older tide"), make_article(headline="Tide is live")
    publishing.publish(live)
    change(live, standfirst="Changed last.")
    found = desk.get(SEARCH).json()["stories"]
    assert [story["id"] for story in found] == [live.pk, older.pk]
    assert (found[0]["headline"], found[0]["state"], found[0]["is_live"]) == (
        "Tide is live",
        "Live, with unpublished changes",
        True,
    )
    assert (found[1]["state"], found[1]["is_live"]) == ("Draft", False)
    with django_assert_num_queries(3):
        assert [s["id"] for s in desk.get(SEARCH, {"q": "older"}).json()["stories"]] == [older.pk]


def test_stories_are_named_by_their_numbers(desk):
    first, second = make_article(headline="One"), make_article(headline="Two")
    make_article(headline="Three")
    answer = desk.get(SEARCH, {"id": [first.pk, second.pk, "x'", "9" * 30]}).json()
    assert {story["headline"] for story in answer["stories"]} == {"One", "Two"}


def test_who_may_not_see_stories_finds_none(client):
    assert client.get(SEARCH).status_code == 302
    profile_manager = make_person("pam", may=["change_author"])
    client.force_login(profile_manager)
    assert client.get(SEARCH).status_code == 403


def test_a_reporter_finds_own_stories_and_live_ones_but_no_colleagues_draft(client, rea):
    own, live, draft = make_article(created_by=rea), make_article(), make_article()
    publishing.publish(live)
    client.force_login(rea)
    assert {s["id"] for s in client.get(SEARCH).json()["stories"]} == {own.pk, live.pk}
    assert client.get(SEARCH, {"id": draft.pk}).json() == {"stories": []}
