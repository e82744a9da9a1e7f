"""The demo newsroom: whole, of every kind, and made once."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils.html import strip_tags

from articles.demo.loading import read_demo
from articles.models import Article, Edition, Image, Section, Series, State
from authors.models import Author

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="class")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo without anybody at the desk, made once: what a test does to it is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
            call_command("demo")
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("demo")
class TestTheDemo:
    def test_it_makes_a_newsroom_with_stories_in_every_state(self, client):
        states = [article.state for article in Article.objects.with_state()]
        assert {*states} == {*State}
        assert Article.objects.filter(embargoed_until__isnull=False).exists()
        assert Article.objects.in_review().count() == 2
        assert Edition.objects.live().exclude(corrections=[]).exists()
        counts = [each.objects.count() for each in (Section, Series, Author)]
        assert counts == [6, 4, 8]
        assert all(author.photo and author.bio for author in Author.objects.all())
        assert len(states) >= 55
        assert all(edition.tags.exists() for edition in Edition.objects.live())
        for edition in Edition.objects.live():
            page = client.get(edition.get_absolute_url())
            assert page.status_code == 200
            assert "data-image" not in page.content.decode()

    def test_it_makes_nothing_twice_and_leaves_what_the_desk_changed(self, capsys):
        before = Article.objects.count()
        Author.objects.filter(slug="maren-holt").update(name="Maren Holt-Brandt")
        call_command("demo")
        assert Article.objects.count() == before
        assert Author.objects.get(slug="maren-holt").name == "Maren Holt-Brandt"

    def test_what_it_makes_anew_has_no_picture_in_common_with_what_was_renamed(self, client):
        Author.objects.filter(slug="maren-holt").update(slug="maren")
        Image.objects.filter(pk=Image.objects.first().pk).update(title="Another")
        call_command("demo")
        anew = Author.objects.get(slug="maren-holt")
        assert client.get(anew.picture.thumbnail_url).status_code == 200
        files = [image.file.name for image in Image.objects.all()]
        assert len(files) == len({*files})


def test_whoever_runs_the_desk_finds_a_story_that_waits_for_them(client, capsys):
    call_command("desk_login")
    call_command("demo")
    editor = get_user_model().objects.get(username="editor")
    client.force_login(editor)
    page = client.get("/admin/").content.decode()
    waiting = Article.objects.waiting_for(editor).get()
    assert page.count(waiting.headline) == 2
    assert "from Jonas Lindqvist" in page and "Enough, or shall I ask" in page
    assert "with nobody yet" in page


def test_it_stays_out_of_a_newsroom_that_has_begun(capsys):
    Section.objects.create(name="News", slug="news")
    call_command("demo", if_empty=True)
    assert not Article.objects.exists()


def test_each_story_is_written_in_150_to_900_words_and_names_only_what_there_is():
    newsroom, stories = read_demo()
    slugs = {story["slug"] for story in stories}
    images = {image["key"] for image in newsroom["images"]}
    for story in stories:
        words = len(strip_tags(story["body"]).split())
        assert 150 <= words <= 900, story["slug"]
        assert {*re.findall(r'data-image="([^"]+)"', story["body"]), story["image"]} <= images
        assert {read["story"] for read in story.get("related", []) if "story" in read} <= slugs
