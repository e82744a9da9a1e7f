"""Two people at one story: nothing is overwritten in silence."""

import html
import json
import re

import pytest

from articles import publishing
from articles.admin import snapshot
from articles.models import Article
from tests.factories import change, make_article, make_author, make_person

pytestmark = pytest.mark.django_db


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
