"""Deleting at the desk: what is asked first costs the same, whatever number of rows point there."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import CASCADE
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing
from articles.models import Article, Handover, Section, Tag
from authors.log import Kind
from authors.models import LoggedAct
from tests.factories import (
    change,
    make_article,
    make_author,
    make_image,
    make_person,
    make_section,
    make_series,
)

pytestmark = pytest.mark.django_db

MODELS = ["section", "series", "author", "image", "user", "tag"]


def page_of(row):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/delete/"


def ask(desk, row):
    """Return the page that asks before a row is deleted, and the number of its queries."""
    with CaptureQueriesContext(connection) as asked:
        answer = desk.get(page_of(row))
    assert answer.status_code == 200
    return answer.content.decode(), len(asked)


def delete(desk, row):
    """Say yes; return whether the row is gone, and the page that this leads to."""
    page = desk.post(page_of(row), {"post": "yes"}, follow=True).content.decode()
    return not type(row).objects.filter(pk=row.pk).exists(), page


def log_entries(person, number):
    kind = ContentType.objects.get_for_model(Tag)
    entry = {"content_type": kind, "object_id": "1", "object_repr": "Tides", "action_flag": CHANGE}
    LogEntry.objects.bulk_create(LogEntry(user=person, **entry) for _number in range(number))


def test_to_ask_costs_the_same_whatever_number_of_rows_keep_a_row_or_go_with_it(desk):
    section, series, author, image = make_section(), make_series(), make_author(), make_image()
    person, busy = make_person("gil"), make_person("busy")
    tag, loose = Tag.objects.create(name="Tides"), Tag.objects.create(name="Loose")
    role = Group.objects.create(name="Divers")
    rows = [section, series, author, image, person, busy, tag, loose, role]
    costs = []
    for number in (2, 40):
        fields = {"section": section, "series": series, "lead_image": image}
        for each in range(number):
            story = make_article([author], [tag, loose], **fields)
            publishing.publish(story, by=person, at=timezone.now() - timedelta(hours=1))
            role.user_set.add(make_person(f"diver{number}-{each}"))
        log_entries(busy, number)
        # Of the tag that only working copies have, all goes.
        loose.edition_tags.all().delete()
        costs.append([ask(desk, row)[1] for row in rows])
    assert costs == [[7, 7, 8, 10, 15, 13, 8, 8, 8]] * 2


def test_what_keeps_a_row_is_named_and_counted_to_a_bound(desk):
    section = make_section()
    for number in range(3):
        make_article(section=section, headline=f"Tide {number}")
    page, _queries = ask(desk, section)
    assert all(f">Tide {number}</a>" in page for number in range(3)) and "more than" not in page
    for number in range(3, 30):
        make_article(section=section, headline=f"Tide {number}")
    page, _queries = ask(desk, section)
    assert page.count(">Tide ") == 20 and "Articles: more than 20" in page
    is_gone, page = delete(desk, section)
    assert not is_gone and "Cannot delete section" in page


def test_what_goes_with_a_row_is_named_and_counted_to_a_bound(desk):
    person = make_person("gil")
    log_entries(person, 3)
    assert "Log entries: 3<" in ask(desk, person)[0]
    log_entries(person, 30)
    page, _queries = ask(desk, person)
    assert "Log entries: 20+" in page
    assert delete(desk, person)[0] and not LogEntry.objects.filter(user=person.pk).exists()


def test_what_nothing_points_at_is_deleted(desk):
    rows = [make_section(), make_series(), make_author(), make_image(), make_person("gil")]
    rows += [Tag.objects.create(name="Tides"), Group.objects.create(name="Divers")]
    for row in rows:
        assert "Are you sure" in ask(desk, row)[0]
        assert delete(desk, row)[0], row


def test_what_keeps_a_row_is_said_to_who_may_delete_it_and_not_that_they_lack_a_right(desk):
    section = make_section()
    publishing.publish(make_article(section=section, headline="High tide"))
    page, _queries = ask(desk, section)
    assert "High tide" in page and "permission" not in page


def test_stories_that_somebody_may_not_see_keep_a_row_unnamed(client):
    section = make_section()
    make_article(section=section, headline="High tide")
    client.force_login(make_person("gil", may=["delete_section", "view_section"]))
    page, _queries = ask(client, section)
    assert "Articles that you may not see" in page and "High tide" not in page
    assert not delete(client, section)[0]


def story_that_shows_all(headline, **rows):
    """Return a published story, of three editions, that has everything a story can have."""
    story = make_article(
        [rows["author"]],
        [rows["tag"]],
        headline=headline,
        section=rows["section"],
        series=rows["series"],
        lead_image=rows["image"],
        body=f'<p>Look.</p><figure data-image="{rows["image"].pk}"></figure>',
    )
    for hours in (3, 2, 1):
        publishing.publish(story, by=rows["person"], at=timezone.now() - timedelta(hours=hours))
        change(story, standfirst=f"{hours} hours ago")
    return story


@pytest.fixture
def in_use():
    """Return what stories point at, by what it is."""
    return {
        "section": make_section(),
        "series": make_series(),
        "author": make_author(),
        "image": make_image(),
        "person": make_person("gil"),
        "tag": Tag.objects.create(name="Tides"),
    }


def test_stories_that_keep_a_row_are_named_each_once_with_a_link(desk, in_use):
    stories = [story_that_shows_all(headline, **in_use) for headline in ("High tide", "Ebb")]
    for row in in_use.values():
        page, _queries = ask(desk, row)
        shown = re.findall(r"<li>([^<]*<a href=.*)</li>", page)
        assert sorted(shown) == sorted(
            f'Article: <a href="/admin/articles/article/{story.pk}/change/">{story}</a>'
            for story in stories
        ), row


def test_no_joining_row_tells_of_a_story_that_somebody_may_not_see(client, in_use):
    rights = [f"{may}_{model}" for may in ("delete", "view", "change") for model in MODELS]
    kim = make_person("kim")
    kim.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(kim)
    story_that_shows_all("High tide", **in_use)
    loose = Tag.objects.create(name="Loose")
    make_article(tags=[loose], headline="High tide")
    busy = make_person("busy")
    kind = ContentType.objects.get_for_model(Article)
    entry = {"content_type": kind, "object_id": "1", "action_flag": CHANGE}
    LogEntry.objects.create(user=busy, object_repr="High tide", **entry)
    for row in [*in_use.values(), loose, busy]:
        page, _queries = ask(client, row)
        assert "High tide" not in page, row
        assert "that you may not see" in page or row == busy


def test_what_is_in_use_has_its_way_out_named(desk, in_use):
    story_that_shows_all("High tide", **in_use)
    page, _queries = ask(desk, in_use["tag"])
    assert "merge it into another" in page
    page, _queries = ask(desk, in_use["person"])
    assert "untick “Active”" in page
    for row, way_out in (("tag", "merge them"), ("person", "untick “Active”")):
        opts = in_use[row]._meta
        chosen = {"action": "delete_selected", "_selected_action": [in_use[row].pk]}
        page = desk.post(f"/admin/{opts.app_label}/{opts.model_name}/", chosen).text
        assert way_out in page and "High tide" in page


def test_an_account_whose_handovers_stay_is_deleted_without_reading_them(desk):
    story, costs = make_article(), []
    # What Django remembers of its own tables is asked once.
    delete(desk, make_person("first"))
    for number in (2, 40):
        person = make_person(f"gil{number}")
        Handover.objects.bulk_create(
            Handover(article=story, stage="review", made_by=person) for _number in range(number)
        )
        log_entries(person, number)
        with CaptureQueriesContext(connection) as asked:
            assert desk.post(page_of(person), {"post": "yes"}).status_code == 302
        costs.append(len(asked))
    assert costs[0] == costs[1] and Handover.objects.filter(made_by=None).count() == 42


def test_several_that_are_chosen_in_a_list_are_asked_about_and_refused_in_the_same_way(desk):
    kept, free = make_section(), make_section()
    make_article(section=kept, headline="High tide")
    chosen = {"action": "delete_selected", "_selected_action": [kept.pk, free.pk]}
    page = desk.post("/admin/articles/section/", chosen).content.decode()
    assert "High tide" in page and "Cannot delete sections" in page
    desk.post("/admin/articles/section/", chosen | {"post": "yes"})
    assert Section.objects.filter(pk__in=[kept.pk, free.pk]).count() == 2
    chosen["_selected_action"] = [free.pk]
    assert "Are you sure" in desk.post("/admin/articles/section/", chosen).content.decode()
    desk.post("/admin/articles/section/", chosen | {"post": "yes"})
    assert not Section.objects.filter(pk=free.pk).exists()
    assert Article.objects.exists()


@contextmanager
def just_before(beginning, act):
    """Do something once, right before the first statement that begins so."""
    waiting = [act]

    def look(execute, sql, *rest):
        if waiting and sql.startswith(beginning):
            waiting.pop()()
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield
    assert not waiting


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["page", "list"])
# Then what points there is found by Django, or by the database alone.
@pytest.mark.parametrize(
    "moment",
    [
        'INSERT INTO "authors_loggedact"',
        pytest.param(
            'DELETE FROM "articles_section"',
            marks=pytest.mark.skipif(
                connection.vendor == "sqlite", reason="SQLite has one writer at a time"
            ),
        ),
    ],
)
def test_what_is_put_to_use_at_the_moment_of_its_deletion_stays_and_that_is_said(desk, way, moment):
    section = make_section()
    sent = {
        "page": (page_of(section), {"post": "yes"}),
        "list": (
            "/admin/articles/section/",
            {"action": "delete_selected", "_selected_action": [section.pk], "post": "yes"},
        ),
    }
    with just_before(moment, lambda: make_article(section=section)):
        answer = desk.post(*sent[way], follow=True)
    assert "Nothing was deleted" in answer.text and "successfully" not in answer.text.lower()
    assert Section.objects.filter(pk=section.pk).exists()
    assert not LogEntry.objects.filter(action_flag=DELETION).exists()
    assert not LoggedAct.objects.filter(kind=Kind.DELETE).exists()


def test_no_row_with_a_page_of_its_own_goes_with_another():
    """The right to delete it would have to be asked of each, not of those that are named alone."""
    assert [
        (model, relation)
        for model in admin.site._registry
        for relation in model._meta.get_fields(include_hidden=True)
        if getattr(relation, "on_delete", None) is CASCADE
        and admin.site.is_registered(relation.related_model)
    ] == []


@pytest.mark.parametrize("way", ["page", "list"])
@pytest.mark.parametrize("thing", ["tag", "related read"])
def test_a_story_tells_truly_whether_it_has_changes_after_what_it_named_is_deleted(
    desk, thing, way
):
    draft, tag = make_article(), Tag.objects.create(name="Tides")
    row = {"tag": tag, "related read": draft}[thing]
    added, named = make_article(), make_article(related=[draft])
    for story in (added, named):
        publishing.publish(story)
    if thing == "tag":
        added.tags.add(tag)
    else:
        added.related_reads.create(story=draft)
    change(added)
    if way == "page":
        assert delete(desk, row)[0]
    else:
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        desk.post(f"/admin/articles/{row._meta.model_name}/", chosen)
        assert not type(row).objects.filter(pk=row.pk).exists()
    for story in Article.objects.with_state():
        assert story.fingerprint == story.compute_fingerprint(), story
        if story == added:
            assert story.state == "live"
            with pytest.raises(publishing.Refused, match="Nothing has changed"):
                publishing.publish(story)
        elif story == named and thing == "related read":
            # Readers' edition still names it: publishing again would not.
            assert story.state == "changed" and publishing.publish(story)


@pytest.mark.parametrize("stories", [3, 30])
def test_a_tags_deletion_costs_the_same_whatever_number_of_stories_have_it(desk, stories):
    # What Django remembers of its own tables is asked once.
    delete(desk, Tag.objects.create(name="First"))
    tag = Tag.objects.create(name="Tides")
    for _number in range(stories):
        make_article(tags=[tag])
    with CaptureQueriesContext(connection) as asked:
        assert desk.post(page_of(tag), {"post": "yes"}).status_code == 302
    assert len(asked) <= 40
