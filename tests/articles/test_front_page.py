"""The front page: editors pick and order who leads, now or from a moment to come."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from articles import publishing
from articles.models import Article, Edition, FrontPage
from tests.factories import make_article, make_person

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/frontpage/"
ADD = f"{LIST}add/"
NOW = timezone.now
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def editor(client, edda):
    """A client signed in as an editor."""
    client.force_login(edda)
    return client


def live(*headlines):
    """Return live stories with these headlines, the first the oldest."""
    articles = [make_article(headline=headline) for headline in headlines]
    for hours, article in enumerate(reversed(articles), start=1):
        publishing.publish(article, at=NOW() - hours * AN_HOUR)
    return articles


def make_front_page(*picks, live_from=None, **fields):
    page = FrontPage.objects.create(live_from=live_from or NOW(), **fields)
    for position, article in enumerate(picks):
        page.front_page_picks.create(article=article, position=position)
    return page


def headlines(response):
    """Return the headlines of the stories on a readers' page, in order."""
    return re.findall(r'<h2[^>]*><a href="[^"]+">([^<]+)</a></h2>', response.content.decode())


def form_of(*picks, at=None, seen="{}", **fields):
    """Return what the front page's form posts."""
    local = at and timezone.localtime(at)
    form = {
        "live_from_0": f"{local:%Y-%m-%d}" if at else "",
        "live_from_1": f"{local:%H:%M:%S}" if at else "",
        "note": "",
        "seen": seen,
        "front_page_picks-TOTAL_FORMS": len(picks),
        "front_page_picks-INITIAL_FORMS": 0,
    }
    for number, article in enumerate(picks):
        form[f"front_page_picks-{number}-article"] = article.pk
        form[f"front_page_picks-{number}-position"] = number + 1
    return form | fields


def seen_in(response):
    text = re.search(r'name="seen" value="([^"]*)"', response.content.decode())[1]
    return text.replace("&quot;", '"').replace("&#x27;", "'")


def test_picks_lead_in_their_order_and_the_rest_follows_by_time(client):
    oldest, older, newer, newest = live("Oldest", "Older", "Newer", "Newest")
    make_front_page(older, oldest)
    assert headlines(client.get("/")) == ["Older", "Oldest", "Newest", "Newer"]
    page = client.get("/").content.decode()
    assert page.index('<div class="lead">') < page.index(">Older<") < page.index(">Oldest<")


def test_a_withdrawn_pick_leaves_no_hole_and_the_next_one_leads(client):
    first, second, third = live("First", "Second", "Third")
    make_front_page(first, second)
    publishing.withdraw(first, "It was wrong.")
    assert headlines(client.get("/")) == ["Second", "Third"]
    waiting = make_article(headline="Waiting")
    publishing.schedule(waiting, NOW() + AN_HOUR)
    make_front_page(waiting, third)
    assert headlines(client.get("/")) == ["Third", "Second"]


def test_nothing_shows_twice_from_the_front_page_to_the_last_of_the_earlier_stories(client):
    articles = live(*(f"Story {number}" for number in range(50)))
    make_front_page(articles[3], articles[30], articles[49])
    shown, address = [], "/"
    while address:
        response = client.get(address)
        shown.append(headlines(response))
        older = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
        address = older and f"/{older[1]}"
    assert [len(page) for page in shown] == [20, 20, 10]
    everything = [headline for page in shown for headline in page]
    assert sorted(everything) == sorted(article.headline for article in articles)
    assert everything[:4] == ["Story 3", "Story 30", "Story 49", "Story 48"]


def test_the_way_back_from_the_earlier_stories_ends_at_the_front_page(client):
    articles = live(*(f"Story {number}" for number in range(50)))
    make_front_page(articles[3])
    second = client.get("/").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', second)[1]
    newer = re.search(r'rel="prev" href="([^"]+)"', client.get(f"/{older}").content.decode())[1]
    assert newer == "/"


def test_a_front_page_to_come_goes_live_by_the_clock_alone(client):
    first, second = live("First", "Second")
    make_front_page(second)
    moment = NOW() + timedelta(seconds=1)
    make_front_page(first, live_from=moment)
    assert headlines(client.get("/"))[0] == "Second"
    time.sleep(max(0, (moment - NOW()).total_seconds()))
    assert headlines(client.get("/"))[0] == "First"


@pytest.mark.parametrize("picks", [0, 1, 12])
def test_the_front_page_has_a_fixed_number_of_queries(client, django_assert_num_queries, picks):
    articles = live(*(f"Story {number}" for number in range(40)))
    make_front_page(*articles[:picks])
    older = re.search(r'rel="next" href="([^"]+)"', client.get("/").content.decode())[1]
    with django_assert_num_queries(5 if picks else 4):
        client.get("/")
    with django_assert_num_queries(5):
        client.get(f"/{older}")


def test_an_editor_makes_a_front_page_that_readers_have_at_once(editor):
    first, second, third = live("First", "Second", "Third")
    page = editor.post(ADD, form_of(first, third), follow=True).content.decode()
    assert "Readers have this front page now." in page
    assert "Readers have it now" in page
    assert headlines(editor.get("/")) == ["First", "Third", "Second"]
    assert FrontPage.objects.get().made_by.username == "edda"


def test_an_editor_schedules_a_front_page_changes_it_and_takes_it_back(editor):
    first, second = live("First", "Second")
    at = NOW().replace(microsecond=0) + AN_HOUR
    page = editor.post(ADD, form_of(first, at=at), follow=True).content.decode()
    assert "Readers get this front page on" in page and "To come: from" in page
    front_page = FrontPage.objects.get()
    assert front_page.live_from == at
    address = f"{LIST}{front_page.pk}/change/"
    opened = editor.get(address)
    assert "First" in opened.content.decode()
    form = form_of(first, second, at=at, seen=seen_in(opened)) | {
        "front_page_picks-INITIAL_FORMS": 1,
        "front_page_picks-0-id": front_page.front_page_picks.get().pk,
        "front_page_picks-0-position": 9,
    }
    assert editor.post(address, form).status_code == 302
    picks = front_page.front_page_picks.order_by("position")
    assert [pick.article for pick in picks] == [second, first]
    assert headlines(editor.get("/")) == ["Second", "First"]
    assert editor.post(f"{LIST}{front_page.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not FrontPage.objects.exists()


def test_a_new_front_page_begins_as_a_copy_of_the_one_that_readers_have(editor):
    first, second, third = live("First", "Second", "Third")
    publishing.withdraw(third, "It was wrong.")
    make_front_page(second, third, first)
    response = editor.get(ADD)
    page = response.content.decode()
    chosen = re.findall(r'<option value="(\d+)" selected>', page)
    assert chosen == [str(second.pk), str(first.pk)]
    # Sent as it came, it has all the rows.
    assert editor.post(ADD, form_of(second, first, seen=seen_in(response))).status_code == 302
    latest = FrontPage.objects.latest("pk")
    assert list(latest.front_page_picks.values_list("article", flat=True)) == [second.pk, first.pk]


def test_another_front_page_can_be_copied_and_a_storys_list_leads_with_stories(editor):
    first, second, third = live("First", "Second", "Third")
    old = make_front_page(third, live_from=NOW() - AN_HOUR)
    make_front_page(second)

    def chosen(address):
        return re.findall(r'<option value="(\d+)" selected>', editor.get(address).content.decode())

    assert chosen(f"{ADD}?copy={old.pk}") == [str(third.pk)]
    action = {"action": "put_on_front_page", "_selected_action": [first.pk]}
    response = editor.post("/admin/articles/article/", action)
    assert chosen(response.url) == [str(first.pk), str(second.pk)]


def test_a_new_front_page_of_a_whole_list_has_an_address_that_no_proxy_refuses(editor):
    first, second = live("First", "Second")
    drafts = Article.objects.bulk_create(
        Article(headline=f"Draft {number}", section=first.section, pk=10_000_000 + number)
        for number in range(1000)
    )
    chosen = [*(each.pk for each in drafts), first.pk, second.pk]
    action = {"action": "put_on_front_page", "_selected_action": chosen}
    address = editor.post("/admin/articles/article/", action).url
    assert len(address) < 1000
    page = editor.get(address).content.decode()
    assert page.count(" selected>First") == page.count(" selected>Second") == 1


def test_the_search_finds_what_readers_have_or_will_have_and_nothing_else(editor):
    live("Harbour wall holds")
    waiting, draft = make_article(headline="Harbour dues"), make_article(headline="Harbour draft")
    publishing.schedule(waiting, NOW() + AN_HOUR)
    withdrawn = make_article(headline="Harbour error")
    publishing.publish(withdrawn)
    publishing.withdraw(withdrawn, "It was wrong.")
    found = editor.get(f"{LIST}stories/", {"term": "HARBOUR"}).json()["results"]
    texts = [each["text"] for each in found]
    assert len(texts) == 2
    assert texts[0].startswith("Harbour dues (from ") and texts[1] == "Harbour wall holds"
    response = editor.post(ADD, form_of(draft))
    assert "Readers do not have “Harbour draft”" in response.content.decode()
    assert not FrontPage.objects.exists()


def test_of_old_stories_the_search_finds_whole_words_and_not_parts_of_them(editor, monkeypatch):
    live("Harbour wall holds", "Harbour dues rise")
    monkeypatch.setattr("articles.admin.front_page_previews.LOOKED_THROUGH", 1)

    def found(term):
        answer = editor.get(f"{LIST}stories/", {"term": term}).json()
        return {each["text"] for each in answer["results"]}

    assert found("harbour") == {"Harbour wall holds", "Harbour dues rise"}
    assert len(found("arbour")) == 1
    assert len(found("")) == 1


def test_the_same_story_twice_and_a_moment_gone_by_are_refused_in_plain_words(editor):
    first, second = live("First", "Second")
    page = editor.post(ADD, form_of(first, second, first, note="Typed")).content.decode()
    assert "The same story is chosen twice" in page and 'value="Typed"' in page
    page = editor.post(ADD, form_of(first, at=NOW() - AN_HOUR, note="Typed")).content.decode()
    assert "This moment has passed." in page and 'value="Typed"' in page
    assert f'<option value="{first.pk}" selected>First</option>' in page
    assert not FrontPage.objects.exists()


def test_what_has_begun_is_a_record(editor):
    (first,) = live("First")
    front_page = make_front_page(first)
    page = editor.get(f"{LIST}{front_page.pk}/change/").content.decode()
    assert 'name="live_from_0"' not in page and "Begin a new one like this" in page
    assert editor.post(f"{LIST}{front_page.pk}/delete/", {"post": "yes"}).status_code == 403
    assert FrontPage.objects.filter(pk=front_page.pk).exists()


def test_one_that_begins_while_it_is_changed_becomes_a_new_one_and_nothing_is_lost(editor):
    first, second = live("First", "Second")
    front_page = make_front_page(first, live_from=NOW() + AN_HOUR)
    pick = front_page.front_page_picks.get()
    address = f"{LIST}{front_page.pk}/change/"
    form = form_of(first, second, seen=seen_in(editor.get(address)), note="Typed")
    form |= {"front_page_picks-INITIAL_FORMS": 1, "front_page_picks-0-id": pick.pk}
    FrontPage.objects.update(live_from=NOW())
    response = editor.post(address, form)
    page = response.content.decode()
    assert "has begun, or was taken back" in page and 'value="Typed"' in page
    assert f'action="{ADD}"' in page
    again = form_of(first, second, seen=seen_in(response), note="Typed")
    assert editor.post(ADD, again).status_code == 302
    assert front_page.front_page_picks.count() == 1
    assert FrontPage.objects.latest("pk").front_page_picks.count() == 2


def test_who_is_later_is_told_of_the_other_front_page_before_replacing_it(editor):
    first, second = live("First", "Second")
    seen = seen_in(editor.get(ADD))
    bob = make_person("bob")
    make_front_page(second, made_by=bob)
    told = editor.post(ADD, form_of(first, seen=seen, note="Typed"))
    page = told.content.decode()
    assert "another front page was made or changed" in page and "by bob" in page
    assert 'value="Typed"' in page and "First</option>" in page
    assert FrontPage.objects.count() == 1
    assert editor.post(ADD, form_of(first, seen=seen_in(told))).status_code == 302
    assert headlines(editor.get("/"))[0] == "First"


@pytest.mark.parametrize("seen", ["[1]", "no JSON", "[" * 50_000])
def test_a_form_whose_memory_is_broken_is_told_of_the_front_page_there_is(editor, seen):
    first, second = live("First", "Second")
    make_front_page(second)
    told = editor.post(ADD, form_of(first, seen=seen, note="Typed")).content.decode()
    assert "another front page was made or changed" in told and 'value="Typed"' in told
    assert FrontPage.objects.count() == 1


def test_the_preview_shows_a_front_page_at_its_moment_and_saves_nothing(editor, client):
    first, second = live("First", "Second")
    waiting = make_article(headline="Waiting")
    at = NOW().replace(microsecond=0) + 30 * AN_HOUR
    publishing.schedule(waiting, at)
    response = editor.post(f"{LIST}preview/", form_of(waiting, first, at=at))
    assert headlines(response) == ["Waiting", "First", "Second"]
    assert "no-store" in response["Cache-Control"]
    page = response.content.decode()
    assert "Preview: the front page of" in page and 'content="noindex"' in page
    assert f'<time datetime="{timezone.localtime(at):%Y-%m-%d}">' in page
    assert not FrontPage.objects.exists()
    saved = make_front_page(waiting, live_from=at)
    assert headlines(editor.get(f"{LIST}{saved.pk}/preview/"))[0] == "Waiting"
    assert headlines(editor.get("/"))[0] == "Second"
    client.logout()
    assert client.get(f"{LIST}{saved.pk}/preview/").status_code == 302


def test_the_list_of_front_pages_has_a_fixed_number_of_queries(
    editor, django_assert_max_num_queries
):
    articles = live(*(f"Story {number}" for number in range(10)))
    for _number in range(20):
        make_front_page(*articles)
    with django_assert_max_num_queries(9):
        page = editor.get(LIST).content.decode()
    assert page.count("Readers have it now") == 1
    assert page.count(">Past<") == 19


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is stored")
def test_the_newest_stories_are_read_from_the_end_of_an_index_and_never_sorted():
    newest = Edition.objects.live().exclude(article__in=[1, 2]).latest_first()
    plan = newest.for_lists()[:20].explain()
    assert "edition_time" in plan and "B-TREE" not in plan


def test_a_front_page_of_the_past_says_when_in_the_desks_own_way(editor):
    page = make_front_page(live_from=NOW() - AN_HOUR)
    moment = timezone.localtime(page.live_from)
    shown = editor.get(f"{LIST}{page.pk}/change/").content.decode()
    assert f"{moment.day} {moment:%B %Y, %H:%M}" in shown
