"""Two people at one story: nothing is overwritten in silence."""

import html
import json
import re
from threading import Event, Thread

import pytest
from django.db import connection
from django.test import Client

from articles import publishing
from articles.admin import snapshot
from articles.admin.revisions import saves_of
from articles.models import Article, Section, Tag
from tests.articles.test_deletions import just_before
from tests.articles.test_tags import once
from tests.at_once import at_once
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
several_writers = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer at a time"
)


@pytest.fixture
def article():
    return make_article(headline="Tide", standfirst="It rises.", body="<p>One two three.</p>")


def opened(page):
    """Return what a form that was opened carries along: its hidden fields by name."""
    text = page.content.decode()
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
        if name in ("base", "seen", "seen_move")
    }


def send(desk, article, hidden, *, press="_continue", **typed):
    """Send the form as it was opened, with some parts typed over."""
    base = {**snapshot.stored(None), **json.loads(hidden["base"])}
    parts = {name: value for name, value in typed.items() if name in snapshot.PARTS}
    others = {name: value for name, value in typed.items() if name not in snapshot.PARTS}
    post = form_of(base | parts, article, **{press: "1"}, **hidden, **others)
    return desk.post(article.get_absolute_url(), post, follow=True)


def form_of(wanted, article, **more):
    """Return what the form posts to turn an article into a snapshot, and more."""
    return {**dict(snapshot.posted(wanted, article).lists()), "stage": "drafting", **more}


def test_parts_that_only_one_person_changed_merge_by_themselves(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, standfirst="It falls.", changed_by=make_person("Bob"))
    article.bylines.create(author=make_author(name="Cleo"), position=1)
    page = send(desk, article, hidden, headline="High tide").content.decode()
    assert "Bob saved this story at" in page and "Standfirst and Bylines. Both are kept." in page
    article.refresh_from_db()
    assert (article.headline, article.standfirst) == ("High tide", "It falls.")
    assert article.bylines.count() == 2


def test_what_nobody_else_touched_is_saved_without_a_word(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    page = send(desk, article, hidden, headline="High tide").content.decode()
    assert "saved this story" not in page
    assert Article.objects.get().headline == "High tide"


def test_what_a_form_says_it_was_opened_with_is_shown_without_anything_that_runs(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, body="<p>One two four.</p>")
    base = json.loads(hidden["base"]) | {"body": "<p onclick='tide()'>One <script>tide()</script>"}
    page = send(desk, article, hidden | {"base": json.dumps(base)}, body="<p>One two five.</p>")
    text = page.content.decode()
    assert 'name="decide_body"' in text
    assert "<script>tide" not in text and "onclick" not in text


def test_a_part_that_both_changed_is_shown_side_by_side_and_nothing_is_saved(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, body="<p>One two four.</p>", standfirst="It falls.")
    page = send(desk, article, hidden, body="<p>One two five.</p>", press="_publish")
    text = page.content.decode()
    assert "Nothing is saved yet, and nothing is lost" in text
    assert "<del>three.</del>" in text
    assert "<ins>four.</ins>" in text and "<ins>five.</ins>" in text
    assert 'name="decide_body"' in text and 'name="decide_standfirst"' not in text
    assert "&lt;p&gt;One two five.&lt;/p&gt;" in text
    article.refresh_from_db()
    assert article.body == "<p>One two four.</p>"
    assert not article.editions.exists()


@pytest.mark.parametrize(("decision", "body"), [("mine", "five"), ("theirs", "four")])
def test_the_second_person_decides(desk, article, decision, body):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, body="<p>four</p>", standfirst="It falls.")
    hidden = opened(send(desk, article, hidden, body="<p>five</p>"))
    send(desk, article, hidden, body="<p>five</p>", decide_body=decision)
    article.refresh_from_db()
    assert (article.body, article.standfirst) == (f"<p>{body}</p>", "It falls.")


def test_without_a_decision_nothing_is_saved(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, body="<p>four</p>")
    hidden = opened(send(desk, article, hidden, body="<p>five</p>"))
    page = send(desk, article, hidden, body="<p>five</p>").content.decode()
    assert 'name="decide_body"' in page
    article.refresh_from_db()
    assert article.body == "<p>four</p>"


def test_a_third_persons_change_during_the_decision_is_shown_again(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, body="<p>four</p>")
    hidden = opened(send(desk, article, hidden, body="<p>five</p>"))
    change(article, body="<p>six</p>")
    page = send(desk, article, hidden, body="<p>five</p>", decide_body="mine")
    assert "<ins>six</ins>" in page.content.decode()
    article.refresh_from_db()
    assert article.body == "<p>six</p>"
    send(desk, article, opened(page), body="<p>five</p>", decide_body="mine")
    article.refresh_from_db()
    assert article.body == "<p>five</p>"


@pytest.mark.parametrize("move", ["_publish", "_schedule"])
def test_a_move_waits_when_somebody_elses_words_came_in(desk, article, move):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, standfirst="It falls.")
    page = send(desk, article, hidden, headline="High tide", press=move).content.decode()
    assert "Nothing else was done: look, and press the button again." in page
    article.refresh_from_db()
    assert article.headline == "High tide"
    assert not article.editions.exists()


def test_rows_that_both_changed_are_decided_as_one(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    mine, theirs = make_author(name="Mine"), make_author(name="Theirs")
    article.bylines.create(author=theirs, position=1)
    rows = [{"author": str(mine.pk), "name": "", "role": ""}]
    page = send(desk, article, hidden, bylines=rows)
    assert "decide_bylines" in page.content.decode()
    send(desk, article, opened(page), bylines=rows, decide_bylines="mine")
    assert [line.author for line in article.bylines.all()] == [mine]


def test_a_story_that_was_deleted_meanwhile_becomes_a_new_one_with_every_word(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    gone = snapshot.stored(article)
    address = article.get_absolute_url()
    article.delete()
    post = form_of(gone | {"headline": "My words"}, None, _continue="1", **hidden)
    page = desk.post(address, post)
    text = page.content.decode()
    assert "Somebody deleted this story" in text and "My words" in text
    assert 'action="/admin/articles/article/add/"' in text
    desk.post("/admin/articles/article/add/", post)
    assert Article.objects.get().headline == "My words"


def test_a_schedule_is_not_made_of_words_that_came_in_since_its_page_was_opened(desk, article):
    page = f"/admin/articles/article/{article.pk}/schedule/"
    seen = re.search(r'name="seen_fingerprint" value="(\w+)"', desk.get(page).content.decode())[1]
    change(article, standfirst="It falls.")
    form = {"at_0": "2099-01-02", "at_1": "03:04:05", "seen_move": 0, "seen_fingerprint": seen}
    told = desk.post(page, form).content.decode()
    assert "saved this story at" in told and not article.editions.exists()
    seen = re.search(r'name="seen_fingerprint" value="(\w+)"', told)[1]
    desk.post(page, form | {"seen_fingerprint": seen})
    assert article.editions.get().standfirst == "It falls."


def test_a_withdrawal_waits_when_words_came_in_since_its_page_was_opened(desk, article):
    publishing.publish(article)
    page = f"/admin/articles/article/{article.pk}/withdraw/"
    hidden = dict(re.findall(r'name="(seen_\w+)" value="(\w+)"', desk.get(page).content.decode()))
    change(article, standfirst="It falls.")
    told = desk.post(page, {"reason": "Wrong.", **hidden}).content.decode()
    assert "saved this story at" in told and article.editions.live().exists()
    hidden = dict(re.findall(r'name="(seen_\w+)" value="(\w+)"', told))
    desk.post(page, {"reason": "Wrong.", **hidden})
    assert not article.editions.live().exists()


def test_the_door_refuses_to_publish_what_the_person_has_not_seen(article):
    seen = article.fingerprint
    change(article, standfirst="It falls.")
    with pytest.raises(publishing.Refused, match="saved this story at"):
        publishing.publish(article, seen_fingerprint=seen)


@pytest.mark.parametrize(
    "base", ["", "[]", "{}", '{"headline": 3}', "not JSON", "null", "[" * 50_000]
)
def test_a_form_whose_memory_is_broken_is_saved_as_it_stands(desk, article, base):
    hidden = opened(desk.get(article.get_absolute_url()))
    post = form_of(json.loads(hidden["base"]) | {"headline": "Mine"}, article, base=base)
    desk.post(article.get_absolute_url(), post)
    article.refresh_from_db()
    assert article.headline == "Mine"


def test_characters_that_no_page_can_show_do_not_keep_two_people_from_deciding(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    change(article, standfirst="It falls\x01 \ufffe\x1b.")
    page = send(desk, article, hidden, standfirst="It stays\x08.")
    assert page.status_code == 200
    assert 'name="decide_standfirst"' in page.content.decode()


def test_a_form_that_is_sent_again_after_its_answer_was_lost_publishes_once(desk):
    article = make_article()
    hidden = opened(desk.get(article.get_absolute_url()))
    assert "Published: readers see it now." in send(desk, article, hidden, press="_publish").text
    again = send(desk, article, hidden, press="_publish").text
    assert "Nothing else was done: look, and press the button again." in again
    assert article.editions.count() == article.moves.count() == 1


def deleted_just_before(beginning, row):
    """Have somebody delete a row at the last moment, when the form was found to be in order."""
    return just_before(beginning, lambda: at_once(row.delete))


@several_writers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("press", ["_continue", "_publish"])
@pytest.mark.parametrize(
    ("part", "make"),
    [("section", make_section), ("series", make_series), ("lead_image", make_image)],
)
def test_what_somebody_deletes_while_a_story_is_saved_with_it_is_told_beside_every_word(
    desk, article, part, make, press
):
    row = make()
    hidden = opened(desk.get(article.get_absolute_url()))
    with deleted_just_before('UPDATE "articles_article"', row):
        typed = {"headline": "High tide", part: str(row.pk)}
        page = send(desk, article, hidden, press=press, **typed).text
    assert "High tide" in page and "Select a valid choice." in page
    assert "successfully" not in page and "Published" not in page
    article.refresh_from_db()
    assert article.headline == "Tide" and not article.editions.exists()
    assert "successfully" not in desk.get("/admin/").text


@several_writers
@pytest.mark.django_db(transaction=True)
def test_a_move_waits_when_a_tag_is_deleted_while_its_story_is_published(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    with deleted_just_before('INSERT INTO "articles_editiontag"', article.tags.get()):
        page = send(desk, article, hidden, headline="High tide", press="_publish").text
    assert "Tags. Both are kept. Nothing else was done: look" in page and "Published" not in page
    assert Article.objects.get().headline == "High tide" and not article.editions.exists()


@several_writers
@pytest.mark.django_db(transaction=True)
def test_the_history_of_a_save_that_was_taken_once_more_has_what_stood_there(desk, article):
    hidden = opened(desk.get(article.get_absolute_url()))
    with deleted_just_before('INSERT INTO "articles_editiontag"', article.tags.get()):
        send(desk, article, hidden, headline="High tide", press="_publish")
    saves = [save.revision.comment for save in saves_of(article)]
    assert saves == ["Headline", "As it was before the history begins"]


@several_writers
@pytest.mark.django_db(transaction=True)
def test_of_two_sections_made_under_one_slug_at_the_same_moment_the_second_is_told(desk):
    make = {"name": "Coast", "slug": "coast", "position": 1}
    with just_before(
        'INSERT INTO "articles_section"', lambda: at_once(lambda: make_section(slug="coast"))
    ):
        page = desk.post("/admin/articles/section/add/", make).text
    assert "Section with this Slug already exists." in page
    assert Section.objects.filter(slug="coast").count() == 1


@several_writers
@pytest.mark.django_db(transaction=True)
def test_two_stories_that_get_the_same_new_tags_in_another_order_both_keep_them(desk, ann):
    connection.cursor().execute("SET deadlock_timeout = '50ms'")
    names, is_begun = ["Locks", "Tides"], Event()

    def save(client, tags):
        article = make_article(tags=[])
        hidden = opened(client.get(article.get_absolute_url()))
        return lambda: send(client, article, hidden, tags=tags).text

    other = Client()
    other.force_login(ann)
    first, second = save(desk, names), save(other, names[::-1])

    def save_the_second():
        with once(makes_a_tag, is_begun.set):
            second()
        connection.close()

    def begin_the_second():
        waits.start()
        is_begun.wait()

    waits = Thread(target=save_the_second)
    with once(makes_a_tag, begin_the_second):
        assert "successfully" in first()
    waits.join()
    assert [sorted(tag.name for tag in each.tags.all()) for each in Article.objects.all()] == [
        names,
        names,
    ]
    assert Tag.objects.filter(name__in=names).count() == 2


def makes_a_tag(sql):
    return sql.startswith('INSERT INTO "articles_tag"')
