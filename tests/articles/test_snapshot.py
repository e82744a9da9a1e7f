"""Snapshots of articles: read from the database and from a form, merged, posted again."""

import pytest
from django.utils import timezone

from articles.admin import snapshot
from articles.models import Article
from tests.factories import change, make_article, make_author

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    """An article with something in every part."""
    article = make_article(
        authors=[make_author(), make_author()],
        tags=["Rail", "bridges"],
        related=[make_article()],
        standfirst="One line\r\nand another",
        embargoed_until=timezone.now(),
    )
    article.bylines.create(name="Harbour Press", role="data", position=2)
    article.related_reads.create(title="Elsewhere", url="https://example.org/", position=1)
    article.corrections.create(text="It was Tuesday.")
    return article


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_the_form_would_post_reads_back_as_what_is_stored(article, settings, language):
    settings.LANGUAGE_CODE = language
    there = snapshot.stored(article)
    assert snapshot.typed(snapshot.posted(there, article)) == there
    assert snapshot.typed(snapshot.posted(there, None)) == there
    assert snapshot.changed_parts(there, snapshot.stored(None))[:1] == ["headline"]


def test_a_posted_snapshot_turns_one_article_into_another(article, desk):
    wanted = snapshot.stored(article)
    wanted["bylines"] = [wanted["bylines"][2], wanted["bylines"][0]]
    wanted["related_reads"].reverse()
    wanted["corrections"] = [{**wanted["corrections"][0], "text": "It was Friday."}]
    wanted["tags"] = ["Ferries"]
    post = snapshot.posted(wanted, article) | {"stage": "drafting", "_continue": "Save"}
    assert desk.post(article.get_absolute_url(), post).status_code == 302
    assert snapshot.stored(Article.objects.get(pk=article.pk)) == wanted


def test_what_only_one_side_changed_is_merged_and_what_both_changed_is_named(article):
    base = snapshot.stored(article)
    yours = {**base, "headline": "Mine", "tags": ["Rail"], "slug": "same"}
    change(article, headline="Theirs", standfirst="Theirs too", slug="same")
    merged, conflicts = snapshot.merge(base, snapshot.stored(article), yours)
    assert conflicts == ["headline"]
    assert (merged["headline"], merged["standfirst"]) == ("Mine", "Theirs too")
    assert merged["tags"] == ["Rail"]
