"""What was saved can be seen, compared and restored."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Value
from django.db.models.functions import Replace
from django.utils import timezone
from reversion.models import Revision, Version

from articles import publishing
from articles.admin import snapshot
from articles.admin.revisions import record
from articles.models import Article, Handover, Tag
from tests.factories import change, make_article, make_author, make_image, make_person, make_section
from tests.plans import effort

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"


def save(desk, article, **parts):
    """Save some parts of an article through its form; without an article, a new one."""
    wanted = snapshot.stored(article) | parts
    post = {**dict(snapshot.posted(wanted, article).lists()), "_continue": "1"}
    address = article.get_absolute_url() if article else f"{LIST}add/"
    response = desk.post(address, post)
    assert response.status_code == 302, response.content.decode()
    return Article.objects.order_by("pk").last() if article is None else fresh(article)


def fresh(article):
    return Article.objects.get(pk=article.pk)


def history(desk, article, **query):
    return desk.get(f"{LIST}{article.pk}/history/", query)


def points(page):
    """Return the saves and editions that a history page offers, latest first."""
    return re.findall(r'name="one" value="([^"]+)"', page.content.decode())


def restore(desk, article, point, seen=None):
    form = {"point": point, "seen_fingerprint": seen or fresh(article).fingerprint}
    return desk.post(f"{LIST}{article.pk}/restore/", form, follow=True)


def whole_article():
    image = make_image(title="Lighthouse")
    article = make_article(
        headline="Tide",
        standfirst="It rises.",
        body=f'<p>One two.</p><figure data-image="{image.pk}"></figure>',
        lead_image=image,
        tags=["Harbour", "Tides"],
        related=[make_article(headline="Older tide")],
        embargoed_until=timezone.now().replace(microsecond=0) + timedelta(days=1),
    )
    article.bylines.create(name="The Agency", position=1)
    article.related_reads.create(title="Away", url="https://example.org/", position=1)
    article.corrections.create(text="It was Tuesday.")
    article.refresh_fingerprint()
    return article


def test_each_save_is_one_revision_that_says_who_changed_what(desk):
    article = save(desk, None, headline="Tide", body="<p>One.</p>")
    save(desk, article, standfirst="It falls.", tags=["Sea"])
    assert [(r.user.username, r.comment) for r in Revision.objects.order_by("pk")] == [
        ("ann", "Begun"),
        ("ann", "Standfirst and tags"),
    ]
    text = history(desk, article).content.decode()
    assert "<strong>ann</strong>: Standfirst and tags" in text


def test_a_save_that_changes_nothing_makes_no_revision(desk):
    article = save(desk, None, headline="Tide", body="<p>One.</p>")
    save(desk, article)
    assert Revision.objects.count() == 1


def test_what_came_in_by_another_way_is_kept_before_it_is_replaced(desk):
    article = make_article(headline="As imported")
    save(desk, article, headline="Once")
    change(article, headline="By a command")
    save(desk, article, headline="Twice")
    saved = points(history(desk, article))
    assert len(saved) == 4
    restore(desk, article, saved[-1])
    assert fresh(article).headline == "As imported"
    restore(desk, article, saved[1])
    assert fresh(article).headline == "By a command"


def test_any_two_saves_are_compared_word_by_word_with_their_rows_by_name(desk):
    article = whole_article()
    author = make_author(name="Cleo")
    save(
        desk,
        article,
        body="<p>One three.</p>",
        tags=["Harbour", "Storms"],
        bylines=[{"author": str(author.pk), "name": "", "role": ""}],
        related_reads=[],
        corrections=[],
        lead_image="",
    )
    latest, first = points(history(desk, article))
    text = history(desk, article, one=first, other=latest).content.decode()
    for mark in (
        "<del>two.</del>",
        "<ins>three.</ins>",
        "<del>Tides</del>",
        "<ins>Storms</ins>",
        "The Agency",
        "Cleo",
        "Older tide",
        "It was Tuesday.",
        "Lighthouse",
    ):
        assert mark in text, mark
    assert "Nothing differs." in history(desk, article, one=latest).content.decode()


def test_restoring_an_old_save_brings_every_part_back_and_loses_nothing(desk):
    article = whole_article()
    before = snapshot.stored(article)
    save(desk, article, headline="New", tags=[], bylines=[], related_reads=[], corrections=[])
    after = snapshot.stored(fresh(article))
    restore(desk, article, points(history(desk, article))[-1])
    assert snapshot.stored(fresh(article)) == before
    assert Revision.objects.order_by("pk").last().comment.startswith("Restored: ")
    assert not article.editions.exists()
    restore(desk, article, points(history(desk, article))[1])
    assert snapshot.stored(fresh(article)) == after


def test_restoring_an_edition_puts_back_what_readers_had_and_publishes_nothing(desk):
    article = make_article(
        lead_image=make_image(), tags=["Tides"], related=[make_article()], slug="tide"
    )
    article.corrections.create(text="It was Tuesday.")
    edition = publishing.publish(article, note="Checked twice")
    embargo = timezone.now().replace(microsecond=0) + timedelta(days=1)
    change(article, headline="Later words", embargoed_until=embargo)
    article.corrections.all().delete()
    assert "Checked twice" in history(desk, article).content.decode()
    restore(desk, article, f"edition-{edition.pk}")
    assert fresh(article).headline == edition.headline
    assert fresh(article).corrections.get().text == "It was Tuesday."
    assert fresh(article).embargoed_until == embargo
    assert list(article.editions.all()) == [edition]


def test_restoring_over_words_that_came_in_since_the_page_was_opened_is_told(desk):
    article = save(desk, None, headline="Tide", body="<p>One.</p>")
    save(desk, article, headline="High tide")
    seen, first = fresh(article).fingerprint, points(history(desk, article))[-1]
    change(article, headline="A colleague’s")
    page = restore(desk, article, first, seen)
    assert "Look again before you restore." in page.content.decode()
    assert fresh(article).headline == "A colleague’s"


def test_what_is_deleted_by_now_is_named_and_left_out_and_the_rest_is_restored(desk):
    cleo, section = make_author(name="Cleo"), make_section(name="Sea")
    image, shown = make_image(title="Quay"), make_image(title="Crane")
    older, stays = make_article(headline="Older tide"), make_article()
    figure = f'<figure data-image="{shown.pk}"><figcaption>A crane.</figcaption></figure>'
    article = make_article(
        headline="Tide",
        body=f"<p>One.</p>{figure}",
        section=section,
        lead_image=image,
        authors=[cleo],
        tags=["Harbour"],
        related=[older, stays],
    )
    article.bylines.create(name="The Agency", position=1)
    gone = {"section": "", "lead_image": "", "bylines": [], "related_reads": [], "tags": []}
    save(desk, article, headline="High tide", body="<p>Two.</p>", **gone)
    Tag.objects.all().delete()
    for kind, row in (
        ("authors/author", cleo),
        ("articles/section", section),
        ("articles/image", image),
        ("articles/image", shown),
        ("articles/article", older),
    ):
        desk.post(f"/admin/{kind}/{row.pk}/delete/", {"post": "yes"})
        assert not type(row).objects.filter(pk=row.pk).exists(), kind
    first = points(history(desk, article))[-1]
    text = history(desk, article, one=first).content.decode()
    for name in ("Sea", "Quay", "Cleo", "Older tide", "[Crane]", "Harbour"):
        assert f"<p>{name}" in text or f"<del>{name}" in text, name
    text = restore(desk, article, first).content.decode()
    for line in (
        "Section: Sea",
        "Lead image: Quay",
        "Bylines: Cleo",
        "Related reads: Older tide",
        "Body: Crane",
        "Readers see nothing of it before it is published",
    ):
        assert line in text, line
    article = fresh(article)
    assert (article.headline, article.body) == ("Tide", "<p>One.</p><p>A crane.</p>")
    assert (article.section, article.lead_image) == (None, None)
    assert [line.name for line in article.bylines.all()] == ["The Agency"]
    assert [read.story for read in article.related_reads.all()] == [stays]
    assert list(article.tags.names()) == ["Harbour"]


def test_what_cannot_be_saved_any_more_is_shown_with_every_word(desk):
    article = make_article(headline="Tide", lead_image_alt="A quay")
    save(desk, article, headline="High tide", lead_image_alt="")
    # As if more words had been allowed then.
    longer = Replace("serialized_data", Value("A quay"), Value("A quay " * 100))
    Version.objects.update(serialized_data=longer)
    text = restore(desk, article, points(history(desk, article))[-1]).content.decode()
    assert "Tide</textarea>" in text and f'action="{article.get_absolute_url()}"' in text
    assert "Restored" not in text
    assert fresh(article).headline == "High tide"


def test_what_a_save_changed_is_one_click_away(desk):
    article = make_article(headline="Tide")
    save(desk, article, headline="High tide")
    save(desk, article, standfirst="It falls.")
    link = re.search(r'href="([?]one=[^"]+)">What changed', history(desk, article).content.decode())
    text = desk.get(f"{LIST}{article.pk}/history/{unescape(link[1])}").content.decode()
    assert "<del>rises</del>" not in text and "It falls." in text and "<ins>High" not in text


def test_who_may_only_look_at_a_story_sees_its_history_and_restores_nothing(desk, client):
    article = make_article(headline="Tide")
    save(desk, article, headline="High tide")
    first = points(history(desk, article))[-1]
    reader = make_person("rob", may=["view_article"])
    client.force_login(reader)
    page = history(client, article, one=first)
    assert page.status_code == 200 and "High" in page.content.decode()
    assert "Restore<" not in page.content.decode()
    assert restore(client, article, first).status_code == 403


def test_the_timeline_has_editions_moves_and_handovers_with_who_and_why(desk):
    article, ann = whole_article(), get_user_model().objects.get()
    change(article, embargoed_until=None)
    publishing.publish(article, by=ann, note="Checked twice")
    publishing.withdraw(article, "It was wrong.", by=ann)
    Handover.objects.create(
        article=article, stage="in review", made_by=ann, assignee=ann, note="Please look."
    )
    text = history(desk, article).content.decode()
    for words in (
        "Live from",
        "until",
        "Checked twice",
        "It was wrong.",
        "Please look.",
        "In review",
    ):
        assert words in text, words


def test_a_long_history_is_paged_and_costs_the_same_queries(desk, ann, django_assert_num_queries):
    article = save(desk, None, headline="Tide 0", body="<p>One.</p>")
    save(desk, article, headline="Tide 1")
    for number in range(2, 56):
        change(article, headline=f"Tide {number}")
        record(article, ann, "Headline")
    with django_assert_num_queries(7):
        page = history(desk, article)
    assert len(points(page)) == 50
    older = points(history(desk, article, p=2))
    assert len(older) == 6
    with django_assert_num_queries(12):
        page = history(desk, article, one=older[-1])
    assert f'value="{older[-1]}" checked' in page.content.decode()
    assert "<del>0</del>" in page.content.decode()


@pytest.mark.parametrize(
    "key", ["save-0", "edition-0", "save-", "x", "save-²", "save-99999999999999999999"]
)
def test_a_point_that_the_story_does_not_have_is_not_found(desk, key):
    article = make_article()
    assert history(desk, article, one=key).status_code == 404
    assert restore(desk, article, key).status_code == 404


def test_another_storys_saves_cannot_be_read_at_this_ones(desk):
    secret = save(desk, None, headline="Secret", body="<p>One.</p>")
    point = points(history(desk, secret))[0]
    assert history(desk, make_article(), one=point).status_code == 404


def test_the_history_of_a_tag_costs_the_same_whatever_became_of_others(desk, ann):
    tag = make_article(tags=["Tides"]).tags.get()
    kind = ContentType.objects.get_for_model(tag)

    def cost_with(changes):
        entry = {"user": ann, "content_type": kind, "object_repr": "", "action_flag": CHANGE}
        LogEntry.objects.bulk_create(
            LogEntry(object_id=str(tag.pk + number), **entry) for number in range(1, changes)
        )
        return effort(desk, f"/admin/articles/tag/{tag.pk}/history/")

    few = cost_with(10)
    # Looking at each of them takes more.
    assert cost_with(2000) < few + 1000
