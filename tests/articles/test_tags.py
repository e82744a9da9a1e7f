"""Tags and addresses that change: rename, merge, describe, count, and close twins."""

import re
from collections import Counter
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing, tagging
from articles.models import Article, Edition, PageChange, Tag
from articles.models.tag import twin_key
from tests.articles.test_desk import ADD, form_of
from tests.at_once import at_once
from tests.factories import (
    change,
    make_article,
    make_author,
    make_person,
    make_section,
    make_series,
)
from tests.newsroom.cached_site import Site

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/tag/"


@pytest.fixture
def editor(client):
    """A client signed in as an administrator, who may change authors too."""
    client.force_login(make_person("adam", "Administrator"))
    return client


def live(**fields):
    article = make_article(**fields)
    publishing.publish(article)
    return article


def address(tag):
    return f"{LIST}{tag.pk}/change/"


def state_of(article):
    return Article.objects.with_state().get(pk=article.pk).state


def rename(editor, tag, name, slug=None):
    form = {"name": name, "slug": tag.slug if slug is None else slug, "description": ""}
    return editor.post(address(tag), form, follow=True)


def test_a_renamed_tags_old_address_leads_to_the_new_one_in_one_step(editor):
    live(tags=["Chips"])
    tag = Tag.objects.get()
    for name in ("Semis", "Semiconductors"):
        rename(editor, tag, name)
        tag.refresh_from_db()
    assert tag.slug == "semiconductors"
    for old in ("chips", "semis"):
        for end in ("", "feed/"):
            response = editor.get(f"/tags/{old}/{end}")
            assert (response.status_code, response.url) == (301, f"/tags/semiconductors/{end}")
            assert editor.get(response.url).status_code == 200


def test_a_slug_of_the_desks_own_choice_stays_when_the_name_changes(editor):
    tag = Tag.objects.create(name="Chips", slug="silicon")
    rename(editor, tag, "Semiconductors")
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == ("Semiconductors", "silicon")


def test_a_slug_that_is_in_use_again_wins_over_a_former_one(editor):
    live(tags=["Chips"])
    rename(editor, Tag.objects.get(), "Semiconductors")
    live(tags=["Chips"])
    assert editor.get("/tags/chips/").status_code == 200
    assert editor.get("/tags/chips/feed/").status_code == 200


def test_no_address_leads_to_a_page_that_is_not_there(editor):
    article = live(tags=["Chips"])
    rename(editor, Tag.objects.get(), "Semiconductors")
    publishing.withdraw(article, "It was wrong.")
    assert editor.get("/tags/chips/").status_code == 404
    assert editor.get("/tags/chips/feed/").status_code == 404
    assert editor.get("/tags/never/").status_code == 404


def test_sections_series_and_authors_keep_their_old_addresses_too(editor):
    section, series, author = make_section(slug="a"), make_series(slug="b"), make_author(slug="c")
    live(section=section, series=series, authors=[author])
    base = {"description": ""}
    editor.post(
        f"/admin/articles/section/{section.pk}/change/",
        base | {"name": section.name, "slug": "a2", "position": 0},
    )
    editor.post(
        f"/admin/articles/series/{series.pk}/change/", base | {"name": series.name, "slug": "b2"}
    )
    links = {"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    editor.post(
        f"/admin/authors/author/{author.pk}/change/",
        links | {"name": author.name, "slug": "c2", "focal_x": 50, "focal_y": 50},
    )
    for old in ("/sections/a/", "/series/b/", "/authors/c/"):
        for end in ("", "feed/"):
            new = f"{old[:-1]}2/{end}"
            response = editor.get(f"{old}{end}")
            assert (response.status_code, response.url) == (301, new)
            assert editor.get(new).status_code == 200


def test_merging_moves_stories_and_leads_every_old_address_to_the_kept_tag(editor):
    both = live(tags=["Chips", "Semiconductors"], headline="Both")
    one = live(tags=["Chips"], headline="One")
    draft = make_article(tags=["Chips", "Semis"], headline="Draft")
    chips, kept, semis = (Tag.objects.get(name=n) for n in ("Chips", "Semiconductors", "Semis"))
    rename(editor, chips, "Micro chips")
    action = {"action": "merge_selected", "_selected_action": [chips.pk, kept.pk, semis.pk]}
    asked = editor.post(LIST, action, follow=True)
    page = asked.content.decode()
    assert "Which tag is kept?" in page and "live: 2 stories, at the desk: 3 stories" in page
    at = asked.redirect_chain[-1][0]
    assert "Choose the tag to keep." in editor.post(at).content.decode()
    page = editor.post(at, {"into": kept.pk}, follow=True).content.decode()
    assert "Merged “Micro chips” and “Semis” into “Semiconductors”" in page
    assert list(Tag.objects.all()) == [kept]
    for article in (both, one, draft):
        assert list(article.tags.all()) == [kept]
    for edition in Edition.objects.all():
        assert list(edition.tags.all()) == [kept]
    assert [state_of(article) for article in (both, one, draft)] == ["live", "live", "draft"]
    for old in ("chips", "micro-chips", "semis"):
        assert editor.get(f"/tags/{old}/").url == "/tags/semiconductors/"
        assert editor.get(f"/tags/{old}/feed/").url == "/tags/semiconductors/feed/"
    page = editor.get("/tags/semiconductors/").content.decode()
    assert "Both" in page and "One" in page and "Draft" not in page


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("page", ["section", "series", "tag", "author"])
@pytest.mark.parametrize("move", ["merge", "rename"])
def test_a_kept_page_says_which_tags_are_used_most_after_a_merge_and_a_rename(page, move):
    section, series, author = make_section(), make_series(), make_author()
    # More of them than any page shows.
    common = [f"Common {number:02}" for number in range(12)]
    for tags in (common, ["Rare"], ["Seldom"]):
        live(section=section, series=series, authors=[author], tags=["All", *tags])
    of, site = {"section": section, "series": series, "author": author}, Site()
    address = (of.get(page) or Tag.objects.get(name="All")).get_absolute_url()
    assert "/tags/rare/" not in site.get(address).text and site.get(address).is_hit
    rare = Tag.objects.get(name="Rare")
    if move == "merge":
        tagging.merge([Tag.objects.get(name="Seldom")], rare)
    else:
        rare.name = "A first one"
        rare.save()
    assert "/tags/rare/" in site.get(address).text


def test_an_article_has_unpublished_changes_after_a_merge_only_if_it_had_before(editor):
    same, changed = live(tags=["Chips"]), live(tags=["Chips"])
    change(changed, headline="Changed")
    waiting = live(tags=["Semiconductors", "Chips"])
    change(waiting, headline="Waiting")
    publishing.schedule(waiting, timezone.now() + timezone.timedelta(hours=1))
    before = [state_of(article) for article in (same, changed, waiting)]
    tagging.merge([Tag.objects.get(name="Chips")], Tag.objects.get(name="Semiconductors"))
    assert [state_of(article) for article in (same, changed, waiting)] == before
    for article in (same, changed, waiting):
        article.refresh_from_db()
        assert article.fingerprint == article.compute_fingerprint()
    with pytest.raises(publishing.Refused, match="Nothing has changed"):
        publishing.publish(same)


def test_a_tag_that_is_merged_among_others_into_itself_stays():
    article = make_article(tags=["Chips", "Semiconductors"])
    edition = publishing.publish(article)
    chips, into = Tag.objects.order_by("name")
    tagging.merge([into, chips], into)
    assert [*Tag.objects.all()] == [*article.tags.all()] == [*edition.tags.all()] == [into]


@pytest.mark.parametrize("stories", [3, 60])
def test_a_merge_asks_a_fixed_number_of_queries_for_each_chunk(django_assert_num_queries, stories):
    into = Tag.objects.create(name="Kept")
    for _number in range(stories):
        live(tags=["Chips"])
    with django_assert_num_queries(41):
        tagging.merge([Tag.objects.get(name="Chips")], into)


def test_a_merge_notes_what_changed_once_however_many_stories_it_moves():
    for _number in range(5):
        live(tags=["Chips"])
    old, into = Tag.objects.get(), Tag.objects.create(name="Kept")
    both = {f"{of}:{tag.pk}" for of in ("tag", "tagged") for tag in (old, into)}
    before = PageChange.objects.latest("pk").pk
    tagging.merge([old], into)
    noted = Counter(PageChange.objects.filter(pk__gt=before).values_list("tag", flat=True))
    assert set(noted) == {"stories", "tags", *both}
    # Once with the stories, and once when the tag is deleted.
    assert max(noted.values()) == 2


@contextmanager
def once(is_time, act):
    """Act when a statement was executed of which that is true, the first time."""
    acted = []

    def watches(execute, sql, *rest):
        answer = execute(sql, *rest)
        if not acted and is_time(sql):
            acted.append(sql)
            act()
        return answer

    with connection.execute_wrapper(watches):
        yield
    assert acted


def locks(table):
    return lambda sql: f'FROM "{table}"' in sql and "FOR " in sql


def tags_of_all():
    """Return the names of the tags of each working copy and each edition."""
    stories = [*Article.objects.all(), *Edition.objects.all()]
    return [[tag.name for tag in story.tags.all()] for story in stories]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_who_publishes_a_story_and_who_merges_its_tag_do_not_wait_for_each_other():
    article = make_article(tags=["Chips"])
    old, into = Tag.objects.get(), Tag.objects.create(name="Kept")
    is_held, is_begun = Event(), Event()

    def publish():
        with once(locks("articles_article"), lambda: (is_held.set(), is_begun.wait(5))):
            return publishing.publish(article)

    def merge():
        is_held.wait(5)
        with once(locks("articles_tag"), is_begun.set):
            return tagging.merge([old], into)

    assert len(at_once(publish, merge)) == 2
    assert tags_of_all() == [["Kept"], ["Kept"]]
    assert list(Tag.objects.all()) == [into]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_story_is_published_while_others_with_its_tag_are_merged_and_has_the_kept_one_then():
    live(tags=["Chips"])
    old, into = Tag.objects.get(), Tag.objects.create(name="Kept")
    others = []

    def publish_another():
        others.extend(at_once(lambda: live(tags=["Chips"])))

    with once(locks("articles_article"), publish_another):
        tagging.merge([old], into)
    assert len(others) == 1
    assert tags_of_all() == [["Kept"]] * 4


@pytest.mark.django_db(transaction=True)
def test_a_story_that_gets_a_tag_when_the_others_are_merged_is_merged_too():
    live(tags=["Chips"])
    old, into = Tag.objects.get(), Tag.objects.create(name="Kept")

    def is_nearly_over(sql):
        return '"articles_editiontag"' in sql and not connection.in_atomic_block

    with once(is_nearly_over, lambda: at_once(lambda: live(tags=["Chips"]))):
        tagging.merge([old], into)
    assert tags_of_all() == [["Kept"]] * 4
    assert list(Tag.objects.all()) == [into]


def test_a_merge_that_was_broken_off_leaves_whole_stories_and_goes_on_when_made_again(monkeypatch):
    monkeypatch.setattr(tagging, "CHUNK", 1)
    articles = [live(tags=["Chips"]) for _number in range(3)]
    old, into = Tag.objects.get(), Tag.objects.create(name="Kept")

    chunks = []

    def breaks_off(execute, sql, *rest):
        if sql.startswith("UPDATE articles_edition "):
            chunks.append(sql)
            if len(chunks) == 2:
                raise OperationalError
        return execute(sql, *rest)

    def assert_whole():
        for article in articles:
            article.refresh_from_db()
            assert article.fingerprint == article.compute_fingerprint()
            assert state_of(article) == "live"
            assert list(article.tags.all()) == list(article.editions.get().tags.all())

    with pytest.raises(OperationalError), connection.execute_wrapper(breaks_off):
        tagging.merge([old], into)
    assert sorted(tags_of_all()[:3]) == [["Chips"], ["Chips"], ["Kept"]]
    assert_whole()
    tagging.merge([old], into)
    assert tags_of_all() == [["Kept"]] * 6
    assert_whole()


def test_the_list_counts_stories_and_finds_the_unused(editor, django_assert_max_num_queries):
    live(tags=["Tides", "Port"])
    publishing.withdraw(live(tags=["Tides"]), "It was wrong.")
    make_article(tags=["Tides"])
    for number in range(30):
        Tag.objects.create(name=f"Idle {number}")
    with django_assert_max_num_queries(8):
        page = editor.get(LIST).content.decode()
    row = page.split(">Tides</a>")[1].split("</tr>")[0]
    assert 'field-live_stories">1<' in row and 'field-at_the_desk">3<' in row
    page = editor.get(LIST, {"use": "none"}).content.decode()
    assert "Idle 3" in page and ">Tides</a>" not in page


@pytest.mark.parametrize("action", ["delete_selected", "merge_selected"])
def test_nothing_is_done_to_all_tags_where_these_are_more_than_a_page_shows(editor, action):
    Tag.objects.bulk_create(Tag(name=f"Tag {n}", slug=f"tag-{n}") for n in range(201))
    first = Tag.objects.first()
    chosen = {"action": action, "select_across": "1", "_selected_action": first.pk, "post": "yes"}
    page = editor.post(LIST, chosen, follow=True)
    assert "These are more than can be chosen at once" in page.content.decode()
    assert page.redirect_chain == [(LIST, 302)] and Tag.objects.count() == 201
    # Three are fewer: 20, 120 and 200.
    editor.post(f"{LIST}?q=Tag+20", chosen)
    assert Tag.objects.count() == {"delete_selected": 198, "merge_selected": 201}[action]


def test_only_the_tags_that_a_page_shows_are_counted(editor, monkeypatch):
    monkeypatch.setattr("articles.admin.tags.TagAdmin.list_per_page", 2)
    live(tags=["Chips", "Ports", "Tides", "Walls"])
    make_article(tags=["Tides"])
    with CaptureQueriesContext(connection) as queries:
        page = editor.get(LIST, {"p": 2}).content.decode()
    assert re.findall(r'field-(?:live_stories|at_the_desk)">(\d+)', page) == ["1", "2", "1", "1"]
    assert page.index("Tides") < page.index("Walls") and "Ports" not in page
    skipping = [each["sql"] for each in queries if "OFFSET" in each["sql"]]
    assert skipping and not [sql for sql in skipping if "count" in sql]


def test_counting_ends_where_more_makes_no_difference(editor, monkeypatch):
    monkeypatch.setattr(tagging, "COUNTED_IN_LIST", 2)
    for _number in range(4):
        live(tags=["Tides"])
    live(tags=["Walls"])
    counts = re.findall(r'field-(?:live_stories|at_the_desk)">([^<]+)', editor.get(LIST).text)
    assert counts == ["2+", "2+", "1", "1"]


def test_a_tags_form_lists_its_stories_and_readers_see_its_description(editor):
    live(tags=["Tides"], headline="Out there")
    make_article(tags=["Tides"], headline="In work")
    tag = Tag.objects.get()
    editor.post(address(tag), {"name": "Tides", "slug": "tides", "description": "Ebb and flow."})
    page = editor.get(address(tag)).content.decode()
    assert "Out there" in page and "In work" in page
    assert "Live stories (1)" in page and "At the desk (2)" in page
    assert "Ebb and flow." in editor.get("/tags/tides/").content.decode()
    assert editor.get("/admin/articles/article/", {"tags__id__exact": tag.pk}).status_code == 200


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Semi-conductor", "semiconductors"),
        ("ELECTIONS", "Election"),
        ("Cafés", "cafe"),
        ("Real estate", "Real-Estate"),
        ("Policies", "policy"),
        ("Semicondutors", "semiconductors"),
        ("Semiconductosr", "semiconductors"),
        ("Xemiconductors", "semiconductors"),
    ],
)
def test_a_close_twin_is_found(name, other):
    Tag.objects.create(name=other)
    Tag.objects.create(name="Something else")
    assert [tag.name for tag in tagging.twins(name)] == [other]


@pytest.mark.parametrize(
    ("name", "other"), [("Trade", "Grade"), ("!!!", "???"), ("Tides", "Tides"), ("Rail", "Ship")]
)
def test_what_means_something_else_is_no_twin(name, other):
    Tag.objects.create(name=other)
    assert tagging.twins(name) == []


def test_a_name_that_a_tag_had_before_leads_to_it(editor):
    live(tags=["Chips"])
    rename(editor, Tag.objects.get(), "Semiconductors")
    assert [tag.name for tag in tagging.twins("Chips")] == ["Semiconductors"]


def test_a_saved_tag_follows_its_name_to_its_key():
    tag = Tag.objects.create(name="Élections")
    assert tag.twin_key == twin_key("election")


def test_twins_are_pointed_out_while_typing_and_after_saving(editor):
    live(tags=["semiconductors"])
    hint = editor.get(f"{LIST}twins/", {"name": "Semi-conductor"}).json()["twins"]
    assert [each["words"] for each in hint] == ["There is “semiconductors” (1 story)."]
    found = editor.get("/admin/articles/article/tag-names/", {"term": "Semi-conductor"}).json()
    assert found["results"][0]["children"] == [{"id": "semiconductors", "text": "semiconductors"}]
    form = form_of(headline="Fabs", tags=["Semi-conductor", "Fabs"], _continue="1")
    page = editor.post(ADD, form, follow=True).content.decode()
    assert "“Semi-conductor” is close to “semiconductors” (1 story)." in page
    new, old = (Tag.objects.get(name=n).pk for n in ("Semi-conductor", "semiconductors"))
    assert f'/admin/articles/tag/merge/?tag={new}&amp;tag={old}">Merge them' in page
    assert "is close to" not in editor.post(ADD, form, follow=True).content.decode()


def test_the_same_name_in_another_case_is_refused_in_a_tags_form(editor):
    Tag.objects.create(name="Tides")
    page = editor.post(f"{LIST}add/", {"name": "TIDES", "slug": "", "description": "Kept"})
    assert "There is the tag “Tides” already." in page.content.decode()
    assert "Kept" in page.content.decode()


def test_a_tags_address_is_made_from_its_name_and_gives_way_to_one_in_use(editor):
    Tag.objects.create(name="Port", slug="the-port")
    editor.post(f"{LIST}add/", {"name": "The port", "slug": "", "description": ""})
    assert Tag.objects.get(name="The port").slug == "the-port_1"
    page = editor.get(address(Tag.objects.get(name="The port"))).content.decode()
    assert "Close to this tag" not in page


def test_a_free_address_is_found_without_reading_all_that_begin_the_same(editor):
    Tag.objects.bulk_create(Tag(name=f"Port {n}", slug=f"port-{n}") for n in range(300))
    Tag.objects.create(name="Port!", slug="port")
    form = {"name": "Port", "slug": "", "description": ""}
    with CaptureQueriesContext(connection) as queries:
        editor.post(f"{LIST}add/", form)
    assert Tag.objects.get(name="Port").slug == "port_1"
    # No index answers this in PostgreSQL's usual order of letters.
    like = re.compile(r'"slug"(::text)? LIKE')
    assert not [each["sql"] for each in queries if like.search(each["sql"])]


def test_no_filter_of_the_tags_counts_what_it_would_leave(editor):
    Tag.objects.create(name="Idle")
    assert "_facets" not in editor.get(LIST).text
    assert "Unused (" not in editor.get(LIST, {"_facets": "True"}).text
