"""What is said of a story after it came out: written at the desk, read on the page."""

import re

import pytest
from django.test import Client

from articles import publishing
from articles.admin import snapshot
from tests.factories import make_article

pytestmark = pytest.mark.django_db
NOTES = [
    ("correction", "Correction", "It was Tuesday, not <Monday>."),
    ("clarification", "Clarification", "The quay is public.\nThe wall is not."),
    ("update", "Update", "The mayor has answered."),
    ("note", "Editor’s note", "A relative of the writer works there."),
]


def test_each_kind_of_note_goes_from_the_form_to_the_page_with_its_date(desk):
    article = make_article()
    publishing.publish(article)
    wanted = snapshot.stored(article)
    wanted["corrections"] = [
        {"kind": kind, "text": text, "noted_at": f"2026-11-2{day}T09:41:00+00:00"}
        for day, (kind, _label, text) in enumerate(NOTES)
    ]
    form = snapshot.posted(wanted, article)
    form["stage"], form["_publish"] = "drafting", "Publish"
    desk.post(article.get_absolute_url(), form)

    edition = article.editions.live().get()
    page = Client().get(edition.get_absolute_url()).content.decode()
    shown = re.findall(r'<div class="correction correction-(\w+)">(.*?)</div>', page, re.DOTALL)
    assert [kind for kind, _html in shown] == [kind for kind, _label, _text in NOTES]
    for day, ((_kind, html), (_k, label, _text)) in enumerate(zip(shown, NOTES, strict=True)):
        assert f"<strong>{label}</strong>" in html
        assert f'datetime="2026-11-2{day}T09:41:00+0000">2{day} November 2026, 09:41' in html
    assert "It was Tuesday, not &lt;Monday&gt;." in shown[0][1]
    assert "The quay is public.<br>The wall is not." in shown[1][1]


def test_the_head_of_the_story_leads_to_its_latest_note():
    article = make_article()
    article.corrections.create(kind="correction", text="First.", noted_at="2026-11-20T08:00Z")
    article.corrections.create(kind="note", text="Second.", noted_at="2026-11-21T09:41Z")
    article.refresh_fingerprint()
    page = Client().get(publishing.publish(article).get_absolute_url()).content.decode()
    assert re.search(r'<a href="#corrections">Editor’s note, <time [^>]*>21 November 2026', page)
    assert 'id="corrections"' in page


def test_a_story_without_notes_has_no_room_for_them():
    page = Client().get(publishing.publish(make_article()).get_absolute_url()).content.decode()
    assert "corrections" not in page
