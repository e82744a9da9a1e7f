"""What a new story's form begins with."""

import pytest

from articles.models import Article
from tests.articles.test_desk import ADD, form_of
from tests.factories import make_author, make_section

pytestmark = pytest.mark.django_db


def test_a_new_story_has_its_writers_name_and_last_section_already(desk, ann):
    author, section = make_author(user=ann), make_section()
    make_section()
    desk.post(ADD, form_of(headline="The first", section=section.pk))
    form = desk.get(ADD).context
    [byline] = form["inline_admin_formsets"][0].formset.forms
    assert byline.initial["author"] == author.pk
    assert form["adminform"].form.initial["section"] == section.pk


def test_the_name_that_was_filled_in_is_saved_though_nobody_touched_it(desk, ann):
    author = make_author(user=ann)
    desk.post(ADD, form_of([author], headline="The first"))
    assert [line.author for line in Article.objects.get().bylines.all()] == [author]


def test_a_name_that_was_removed_from_a_new_story_stays_away(desk, ann):
    make_author(user=ann)
    desk.post(ADD, form_of([], headline="By nobody"))
    assert not Article.objects.get().bylines.exists()


def test_who_has_no_profile_begins_with_an_empty_byline(desk, ann):
    assert desk.get(ADD).context["inline_admin_formsets"][0].formset.forms == []
