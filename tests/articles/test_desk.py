"""The admin, as an editor uses it."""

import io
import re
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pixels

from articles import publishing
from articles.models import Article, Edition
from authors.models import Author
from tests.factories import change, make_article, make_author, make_image, make_section, make_series

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"


def form_of(bylines=(), **fields):
    """Return what the article form posts."""
    posted = dict(fields)
    for prefix in ("bylines", "related_reads", "corrections"):
        posted |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    posted["bylines-TOTAL_FORMS"] = len(bylines)
    for number, author in enumerate(bylines):
        posted |= {f"bylines-{number}-author": author.pk, f"bylines-{number}-position": number}
    return posted


def test_a_story_is_written_and_published_in_one_go(desk, client):
    form = form_of(
        [make_author()],
        headline="A bridge opens",
        standfirst="Trains cross it from Monday.",
        body="<p>It opened.</p>",
        section=make_section().pk,
        lead_image=make_image().pk,
        tags=["Rail", "Bridges"],
        _publish="Publish",
    )
    page = desk.post(ADD, form, follow=True).content.decode()
    assert "Published: readers see it now." in page
    assert "Live since" in page
    edition = Edition.objects.live().get()
    assert edition.slug == "a-bridge-opens"
    assert {tag.name for tag in edition.tags.all()} == {"Rail", "Bridges"}
    assert client.get(edition.get_absolute_url()).status_code == 200


def test_a_refused_publication_names_every_field_and_loses_nothing(desk):
    form = form_of(standfirst="Typed in haste", _publish="Publish")
    page = desk.post(ADD, form, follow=True).content.decode()
    for sentence in (
        "Give the story a headline.",
        "Write the body.",
        "Choose a section.",
        "Name at least one author in the byline.",
    ):
        assert sentence in page
    assert "Typed in haste" in page
    assert Article.objects.get().standfirst == "Typed in haste"
    assert not Edition.objects.exists()


def test_a_story_is_scheduled_and_the_schedule_undone(desk):
    article = make_article()
    address = f"/admin/articles/article/{article.pk}"
    times = {"at_0": "2099-01-02", "at_1": "03:04:05", "seen_move": 0}
    page = desk.post(f"{address}/schedule/", times, follow=True).content.decode()
    assert "Goes live on 2 January 2099, 03:04" in page
    form = form_of(headline=article.headline, body=article.body, section=article.section_id)
    page = desk.post(f"{address}/change/", {**form, "_cancel": "x"}, follow=True).content.decode()
    assert "The schedule is undone." in page
    assert "Draft: readers do not see it." in page


def test_a_withdrawal_without_a_reason_is_refused(desk):
    article = make_article()
    page = desk.post(f"/admin/articles/article/{article.pk}/withdraw/", {"seen_move": 0})
    assert "This field is required." in page.content.decode()


@pytest.mark.parametrize(
    "page", ["preview", "preview-page", "preview-links", "schedule", "withdraw"]
)
def test_the_desks_pages_ask_strangers_to_sign_in(client, page):
    response = client.get(f"/admin/articles/article/{make_article().pk}/{page}/")
    assert response.status_code == 302 and "/admin/login/" in response.url


@pytest.mark.parametrize("state", ["draft", "scheduled", "live", "changed", "withdrawn"])
def test_the_list_filters_by_state(desk, state):
    make_article(headline="Still a draft")
    page = desk.get("/admin/articles/article/", {"state": state}).content.decode()
    assert ("Still a draft" in page) is (state == "draft")


def test_a_storys_form_holds_its_own_series_and_no_other(desk):
    story = make_article(series=make_series(name="Estuary watch"))
    make_series(name="Night shifts")
    page = desk.get(story.get_absolute_url()).content.decode()
    assert "Estuary watch" in page and "Night shifts" not in page
    assert "Night shifts" not in desk.get(ADD).content.decode()


def test_every_script_of_the_form_bears_the_policys_nonce(desk):
    response = desk.get(ADD)
    policy = response["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'<script type="importmap" nonce="{nonce}">' in response.content.decode()
    assert "unsafe" not in policy


def test_an_author_who_was_published_cannot_be_deleted_and_the_way_out_is_named(desk):
    author = make_author()
    make_article(authors=[author])
    page = desk.get(f"/admin/authors/author/{author.pk}/delete/").content.decode()
    assert "untick “Is on staff”" in page


@pytest.mark.parametrize(
    "model",
    [
        "articles/article",
        "articles/image",
        "articles/section",
        "articles/series",
        "articles/tag",
        "authors/author",
    ],
)
@pytest.mark.parametrize("page", ["", "add/"])
def test_every_list_and_form_of_the_desk_opens(desk, model, page):
    assert desk.get(f"/admin/{model}/{page}").status_code == 200


def test_an_uploaded_portrait_is_renamed_and_shown_to_readers_as_a_rendition(desk, client):
    out = io.BytesIO()
    Pixels.new("RGB", (640, 800), "sienna").save(out, "JPEG")
    upload = SimpleUploadedFile("wency at home.jpg", out.getvalue(), "image/jpeg")
    form = {
        "name": "Wency Chen",
        "slug": "wency-chen",
        "photo": upload,
        "focal_x": 50,
        "focal_y": 30,
        "links-TOTAL_FORMS": 0,
        "links-INITIAL_FORMS": 0,
        "_continue": "Save",
    }
    page = desk.post("/admin/authors/author/add/", form, follow=True).content.decode()
    photo = Author.objects.get().photo
    assert "wency" not in photo.name
    assert f"/{photo.name}/square-" in page
    assert client.get(f"/{photo.name}/portrait-320.webp")["Content-Type"] == "image/webp"


def test_a_file_that_is_no_picture_is_refused_by_name(desk):
    upload = SimpleUploadedFile("notes.jpg", b"<svg onload=alert(1)>", "image/jpeg")
    form = {"title": "Quay", "file": upload, "focal_x": 50, "focal_y": 50}
    page = desk.post("/admin/articles/image/add/", form).content.decode()
    assert "“notes.jpg” cannot be read as a picture (it is SVG)" in page


def test_every_style_and_script_of_the_form_exists(desk):
    page = desk.get(ADD).content.decode()
    assets = re.findall(r'(?:href|src)="/static/([^"]+)"', page)
    assert "editor/editor.css" in assets
    assert [asset for asset in assets if not finders.find(asset)] == []


def test_the_list_filters_by_the_time_since_which_a_story_is_live(desk):
    fresh, old = make_article(headline="Fresh tide"), make_article(headline="Old tide")
    publishing.publish(fresh)
    publishing.publish(old, at=timezone.now() - timedelta(days=20))
    listed = {
        period: desk.get(f"/admin/articles/article/?live_since={period}").content.decode()
        for period in ("today", "7", "30")
    }
    assert all("Fresh tide" in page for page in listed.values())
    assert ["Old tide" in page for page in listed.values()] == [False, False, True]


def test_the_form_of_a_live_story_leads_to_its_page(desk):
    article = make_article()
    assert "Read it on the site" not in desk.get(article.get_absolute_url()).content.decode()
    edition = publishing.publish(article)
    page = desk.get(article.get_absolute_url()).content.decode()
    assert f'<a href="{edition.get_absolute_url()}">Read it on the site</a>' in page


def test_a_tag_without_letters_has_an_address(desk, client):
    article = make_article(tags=["!!!", "???"])
    address = publishing.publish(article).get_absolute_url()
    assert client.get(address).status_code == 200
    assert client.get("/sitemap-tags-0.xml").content.decode().count("<loc>") == 2


def test_the_note_and_the_mark_for_an_update_survive_a_refusal_and_go_along_to_the_schedule(desk):
    article = make_article()
    publishing.publish(article)
    form = form_of(headline="Changed", body="<p>Changed.</p>", section="")
    form |= {"publishing_note": "Figures & names checked", "says_updated": "on"}
    again = desk.post(article.get_absolute_url(), form | {"_publish": "1"}, follow=True)
    page = again.content.decode()
    assert "Choose a section." in page
    assert 'value="Figures &amp; names checked"' in page
    assert re.search(r'<input type="checkbox" name="says_updated"[^>]* checked', page)
    schedule = desk.post(article.get_absolute_url(), form | {"_schedule": "1"}, follow=True)
    page = schedule.content.decode()
    assert 'value="Figures &amp; names checked"' in page
    assert re.search(r'<input type="checkbox" name="says_updated"[^>]* checked', page)


def test_who_was_told_of_another_move_may_decide_again(desk):
    article = make_article()
    page = reverse("admin:articles_article_schedule", args=[article.pk])
    publishing.publish(article)
    publishing.withdraw(article, "Too early.")
    form = {"at_0": "2040-01-01", "at_1": "12:00:00", "seen_move": article.moves.first().pk}
    told = desk.post(page, form)
    assert "was here first" in told.content.decode()
    seen = re.search(r'name="seen_move" value="(\d+)"', told.content.decode())[1]
    assert desk.post(page, form | {"seen_move": seen}).status_code == 302
    assert article.editions.filter(live_from__year=2040).exists()


def test_live_since_is_the_beginning_of_the_present_run(desk):
    article = make_article()
    days_ago = [timezone.now() - timedelta(days=days) for days in (9, 6)]
    publishing.publish(article, at=days_ago[0])
    change(article, headline="Second words")
    publishing.publish(article, at=days_ago[1])
    assert Article.objects.with_state().get(pk=article.pk).live_since == days_ago[0]
    publishing.withdraw(article, "It was wrong.")
    change(article, headline="Third words")
    again = publishing.publish(article)
    assert Article.objects.with_state().get(pk=article.pk).live_since == again.live_from


def test_a_filter_that_there_is_not_filters_nothing(desk):
    assert desk.get("/admin/articles/article/?live_since=abc").status_code == 200


def test_an_author_twice_in_the_byline_is_refused_in_plain_words(desk):
    author = make_author()
    form = form_of([author, author], headline="Tide")
    assert "This author is in the byline already." in desk.post(ADD, form).content.decode()


def test_a_picture_that_readers_have_seen_keeps_its_alt_text(desk):
    image = make_image()
    publishing.publish(make_article(lead_image=image))
    page = f"/admin/articles/image/{image.pk}/change/"
    form = {"title": "Quay", "alt_text": "", "focal_x": 50, "focal_y": 50}
    assert "This field is required." in desk.post(page, form).content.decode()


def test_a_form_from_an_earlier_session_is_answered_with_the_way_back():
    page = Client(enforce_csrf_checks=True).post(ADD, {"headline": "Tide"})
    assert page.status_code == 403
    assert "Where the form still shows what you typed, copy it" in page.content.decode()
    assert "<style" not in page.content.decode()
