"""The list of stories: found, filtered and bounded, however many there are."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing
from articles.models import Article, Edition, State
from newsroom import long_list
from tests.factories import (
    change,
    make_article,
    make_author,
    make_editions,
    make_image,
    make_person,
    make_section,
    make_series,
)
from tests.plans import effort

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"


@pytest.fixture
def desk(client):
    client.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    return client


@pytest.fixture
def short(monkeypatch):
    """Lists end after four stories, and six are looked through."""
    monkeypatch.setattr(long_list, "LISTED", 4)
    monkeypatch.setattr(long_list, "LOOKED_THROUGH", 6)


def make_stories(*headlines, **fields):
    """Return stories of which each was changed a day before the one ahead of it."""
    stories = [make_article(headline=headline, **fields) for headline in headlines]
    for days, story in enumerate(stories):
        moment = timezone.now() - timedelta(days=days)
        Article.objects.filter(pk=story.pk).update(changed_at=moment)
    return stories


def listed(page):
    """Return the headlines of a list, in order, and the address that leads further back."""
    page = page.content.decode()
    headlines = re.findall(r'<th class="field-__str__"><a [^>]+>([^<]+)', page)
    older = re.search(r'<a href="([^"]+)">Look further back', page)
    return headlines, unescape(older[1]) if older else None


def test_a_list_ends_after_its_first_stories_and_leads_to_those_before(desk, short):
    make_stories(*"ABCDEFGHI")
    headlines, older = listed(desk.get(LIST))
    assert headlines == ["A", "B", "C", "D"]
    headlines, older = listed(desk.get(LIST + older))
    # The last one stands first again, so that none of the same moment is left out.
    assert headlines == ["D", "E", "F", "G"]
    headlines, older = listed(desk.get(LIST + older))
    assert headlines == ["G", "H", "I"] and older is None


def test_a_list_that_ends_says_so_and_offers_no_choice_of_all(desk, short):
    stories = make_stories("Zebra", *"BCDE")
    page = desk.get(LIST).content.decode()
    assert "There are more than 4." in page
    assert "across all pages" not in page
    chosen = {
        "action": "delete_selected",
        "select_across": "1",
        "_selected_action": stories[0].pk,
        "post": "yes",
    }
    answer = desk.post(LIST, chosen, follow=True).content.decode()
    assert "more than can be chosen at once" in answer
    assert Article.objects.count() == 5
    desk.post(f"{LIST}?q=zebra", chosen)
    assert "Zebra" not in Article.objects.values_list("headline", flat=True)


@pytest.mark.parametrize("address", [LIST, "/admin/articles/tag/"])
def test_only_a_list_that_is_narrowed_leads_to_all(desk, address):
    make_article(headline="Zebra", tags=["Zebra"])
    assert "Show all" not in desk.get(address).text
    assert "Show all" in desk.get(f"{address}?q=zebra").text
    narrowed = "state=draft" if address == LIST else "use=none"
    assert "Show all" in desk.get(f"{address}?{narrowed}").text


def test_all_that_a_list_shows_can_be_deleted_at_once(desk):
    [story] = make_stories("Zebra")
    # As the page that asks sends them; so many that are gone already are quickly there.
    chosen = [story.pk, *range(story.pk + 1, story.pk + long_list.LISTED)]
    sent = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert desk.post(LIST, sent | {"csrfmiddlewaretoken": "x"}).status_code == 302
    assert not Article.objects.exists()


def test_pages_follow_one_another_up_to_the_lists_end(desk, short, monkeypatch):
    monkeypatch.setattr("articles.admin.article.ArticleAdmin.list_per_page", 3)
    make_stories(*"ABCDE")
    assert listed(desk.get(LIST))[0] == ["A", "B", "C"]
    assert listed(desk.get(f"{LIST}?p=2"))[0] == ["D"]
    assert listed(desk.get(f"{LIST}?all="))[0] == ["A", "B", "C", "D"]
    assert desk.get(f"{LIST}?p=3").status_code == 302


def test_a_word_is_looked_for_in_what_was_changed_last_and_then_further_back(desk, short):
    make_stories("Tide one", "B", "C", "Tide two", "E", "F", "Tide three")
    headlines, older = listed(desk.get(f"{LIST}?q=tide"))
    assert headlines == ["Tide one", "Tide two"]
    assert listed(desk.get(LIST + older)) == (["Tide three"], None)


def test_where_all_was_looked_through_nothing_leads_further(desk, short):
    make_stories("Tide", *"BCDEF")
    assert listed(desk.get(f"{LIST}?q=tide")) == (["Tide"], None)
    assert listed(desk.get(f"{LIST}?q=zebra")) == ([], None)


def test_a_search_within_a_filter_looks_through_what_the_filter_keeps(desk, short):
    section = make_section()
    make_stories("Tide one", *"BCDEFG")
    old = make_article(headline="Old tide", section=section)
    Article.objects.filter(pk=old.pk).update(changed_at=timezone.now() - timedelta(days=900))
    assert listed(desk.get(f"{LIST}?q=tide&section__id__exact={section.pk}"))[0] == ["Old tide"]


@pytest.mark.parametrize("field", ["slug", "pk"])
def test_a_story_is_found_by_its_slug_or_number_however_old(desk, short, field):
    *_newer, old = make_stories(*"ABCDEFG", standfirst="Words.")
    change(old, slug="the-old-tide")
    Article.objects.filter(pk=old.pk).update(changed_at=timezone.now() - timedelta(days=900))
    old.refresh_from_db()
    assert listed(desk.get(f"{LIST}?q={getattr(old, field)}"))[0] == ["G"]
    assert listed(desk.get(f"{LIST}?q={getattr(old, field)}&state=live"))[0] == []


def test_drafts_are_looked_for_in_what_was_changed_last_and_then_further_back(desk, short):
    stories = make_stories(*"ABCDEFGH")
    for story in stories[1:7]:
        publishing.publish(story, at=timezone.now() - timedelta(days=1))
    for days, story in enumerate(stories):
        moment = timezone.now() - timedelta(days=days)
        Article.objects.filter(pk=story.pk).update(changed_at=moment)
    headlines, older = listed(desk.get(f"{LIST}?state=draft"))
    assert headlines == ["A"]
    assert listed(desk.get(LIST + older)) == (["H"], None)


def test_each_state_keeps_its_own_stories(desk):
    tomorrow = timezone.now() + timedelta(days=1)
    make_article(headline="draft")
    undone = make_article(headline="draft, schedule undone")
    publishing.schedule(undone, tomorrow)
    publishing.cancel(undone)
    publishing.schedule(make_article(headline="scheduled"), tomorrow)
    publishing.publish(make_article(headline="live"))
    going = make_article(headline="live, ending tomorrow")
    publishing.publish(going)
    publishing.withdraw(going, "It is over then.", at=tomorrow)
    for headline in ("changed", "live, update to come", "changed, update to come"):
        story = make_article(headline=headline)
        publishing.publish(story)
        change(story, standfirst="Newer words.")
        if "to come" in headline:
            publishing.schedule(story, tomorrow)
        if headline.startswith("changed,"):
            change(story, standfirst="Newest words.")
    for headline in ("withdrawn", "live again", "scheduled again"):
        story = make_article(headline=headline)
        publishing.publish(story)
        publishing.withdraw(story, "It was wrong.")
        change(story, standfirst="Right words.")
        if headline == "live again":
            publishing.publish(story)
        elif headline == "scheduled again":
            publishing.schedule(story, tomorrow)
    assert Article.objects.with_state().filter(state="changed").count() == 2
    for state in State.values:
        headlines, _older = listed(desk.get(f"{LIST}?state={state}"))
        in_state = Article.objects.with_state().filter(state=state)
        assert set(headlines) == {each.headline for each in in_state}
        assert headlines and all(headline.startswith(state) for headline in headlines)
    assert listed(desk.get(f"{LIST}?state=nothing"))[0] == []


def test_live_since_leaves_out_what_was_withdrawn_and_what_was_only_updated(desk):
    long_ago = timezone.now() - timedelta(days=40)
    updated = make_article(headline="Updated")
    publishing.publish(updated, at=long_ago)
    change(updated, standfirst="Newer words.")
    publishing.publish(updated)
    gone = make_article(headline="Gone")
    publishing.publish(gone)
    publishing.withdraw(gone, "It was wrong.")
    back = make_article(headline="Back")
    publishing.publish(back, at=long_ago)
    publishing.withdraw(back, "Too early.")
    change(back, standfirst="Right words.")
    publishing.publish(back)
    assert listed(desk.get(f"{LIST}?live_since=30"))[0] == ["Back"]
    assert listed(desk.get(f"{LIST}?live_since=365"))[0] == ["Back", "Updated"]


def test_the_list_filters_by_author(desk):
    author = make_author()
    make_article(headline="Theirs", authors=[make_author(), author])
    make_article(headline="Another’s")
    assert listed(desk.get(f"{LIST}?author={author.pk}"))[0] == ["Theirs"]
    assert listed(desk.get(f"{LIST}?author=abc"))[0] == []


def offered(page, what):
    """Return one of the list's filters: its heading, and the names that it offers."""
    filters = re.findall(r"<summary>(.*?)</details>", page.content.decode(), re.S)
    [filter] = [each for each in filters if f"By {what}" in each]
    _all, *names = re.findall(r"<a [^>]+>([^<]+)</a>", filter)
    return filter.split("</summary>")[0].strip(), [name for name in names if name != "-"]


def test_series_and_authors_are_all_offered_where_they_are_few(desk):
    for name in ("Tides", "Ports"):
        make_series(name=name), make_author(name=name)
    for what in ("series", "author"):
        assert offered(desk.get(LIST), what) == (f"By {what}", ["Ports", "Tides"])


def test_of_many_series_the_latest_are_offered_and_the_chosen_one(desk, monkeypatch):
    monkeypatch.setattr("newsroom.long_list.OFFERED", 2)
    first, *_others = [make_series(name=name) for name in ("Ports", "Tides", "Bays")]
    heading = "By series (the latest 2)"
    assert offered(desk.get(LIST), "series") == (heading, ["Bays", "Tides"])
    make_article(headline="In port", series=first)
    page = desk.get(f"{LIST}?series__id__exact={first.pk}")
    assert offered(page, "series") == (heading, ["Bays", "Ports", "Tides"])
    assert listed(page)[0] == ["In port"]


def test_of_many_authors_those_who_wrote_last_are_offered_and_the_chosen_one(desk, monkeypatch):
    monkeypatch.setattr("newsroom.long_list.OFFERED", 2)
    ada, ben, cleo, _dan = [make_author(name=name) for name in ("Ada", "Ben", "Cleo", "Dan")]
    for author in (cleo, ben, ada):
        make_article(headline=f"By {author}", authors=[author])
    heading = "By author (the latest 2)"
    assert offered(desk.get(LIST), "author") == (heading, ["Ada", "Ben"])
    page = desk.get(f"{LIST}?author={cleo.pk}")
    assert offered(page, "author") == (heading, ["Ada", "Ben", "Cleo"])
    assert listed(page)[0] == ["By Cleo"]


FILTERS = {
    "": 14,
    "p=2": 14,
    "q=harbour": 15,
    "state=draft": 16,
    "state=live": 14,
    "live_since=today": 14,
    "author=1": 14,
}


# What is asked is Python's choice, whatever database answers.
@pytest.mark.looks
def test_the_list_asks_a_fixed_number_of_queries(client):
    person = make_person("somebody", "Reporter")
    author = make_author(user=person)
    client.force_login(person)
    make_series()
    client.get(LIST)
    for _round in range(2):
        # Many stories are dear to make: all filters, and both roles, look at the same.
        for _number in range(30):
            publishing.publish(make_article(authors=[author]), by=person)
            make_article(authors=[author], created_by=person)
        for role in ("Reporter", "Editor"):
            person.groups.set([Group.objects.get(name=role)])
            for filters, queries in FILTERS.items():
                with CaptureQueriesContext(connection) as asked:
                    address = f"{LIST}?{filters.replace('=1', f'={author.pk}')}"
                    assert client.get(address).status_code == 200
                sql = "\n".join(each["sql"][:200] for each in asked)
                assert len(asked) == queries, f"{role}, {filters}: {sql}"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is stored")
@pytest.mark.parametrize("within", ["section", "series"])
def test_a_stage_within_a_section_or_series_costs_the_same_however_long_that_is(desk, within):
    article = make_article(series=make_series(), stage="in review")
    whole = getattr(article, within)

    def cost_with(stories):
        Article.objects.bulk_create(Article(**{within: whole}) for _number in range(stories))
        return effort(desk, f"{LIST}?{within}__id__exact={whole.pk}&stage__exact=in+review")

    few = cost_with(20)
    # Looking at each of them takes more.
    assert cost_with(400) < few + 400


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not reckon so far")
def test_postgresql_expects_to_find_soon_what_went_live_last():
    """Else it would look at all that did to find the thousand that did last."""
    fields = {"section": make_section(), "lead_image": make_image()}
    for _number in range(40):
        make_editions(make_article([], [], **fields), [timezone.now() - timedelta(hours=1)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = json.loads(Edition.objects.begun().that_follow_nothing().explain(format="json"))
    assert plan[0]["Plan"]["Plan Rows"] > 10


@pytest.mark.parametrize("page", ["", "{}/change/"])
def test_the_effort_grows_with_a_storys_editions_and_not_with_their_square(desk, page):
    article, efforts = make_article(), []
    # Of most stories there is one: so PostgreSQL expects few of any.
    fields = {"section": article.section, "lead_image": article.lead_image}
    for _number in range(40):
        other = make_article([], [], **fields)
        Article.objects.filter(pk=other.pk).update(changed_at=other.changed_at - timedelta(days=9))
        make_editions(other, [timezone.now() - timedelta(hours=1)])
    # SQLite would go on with these figures in the tests to come.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    for editions in (200, 400):
        article.editions.all().delete()
        now = timezone.now()
        make_editions(article, [now - timedelta(hours=hours) for hours in range(editions, 0, -1)])
        efforts.append(effort(desk, f"{LIST}{page.format(article.pk)}"))
    assert efforts[1] < 3 * efforts[0], efforts
