"""A story shown to people without an account: as long as the link is valid, and no longer."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles import publishing
from articles.models import PreviewLink
from tests.factories import change, make_article, make_image, make_person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def stranger():
    return Client()


def link_to(article, valid_for=DAY, for_whom="The lawyer"):
    return PreviewLink.objects.make(article, None, for_whom, valid_for)


def links_page(article):
    return f"/admin/articles/article/{article.pk}/preview-links/"


def assert_refused(response):
    """Assert that an answer is the one that every link without a preview gets."""
    assert response.status_code == 404
    assert "This link shows nothing" in response.content.decode()
    assert_kept_out_of_everything(response)


def assert_kept_out_of_everything(response):
    assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies and "Cookie" not in response.get("Vary", "")


def test_a_link_made_at_the_desk_shows_the_story_to_a_stranger(desk, stranger):
    article = make_article(headline="Not out yet", standfirst="Wait.")
    form = {"for_whom": "The lawyer", "valid_for": "168"}
    page = desk.post(links_page(article), form, follow=True).content.decode()
    link = article.preview_links.get()
    assert link.made_by.username == "ann" and "made by ann" in page
    assert timedelta(days=6) < link.expires_at - timezone.now() <= timedelta(days=7)
    address = re.search(r'readonly value="http://testserver([^"]+)"', page)[1]
    response = stranger.get(address)
    shown = response.content.decode()
    assert response.status_code == 200
    assert "Not out yet" in shown and "Preview for The lawyer until" in shown
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in shown
    assert_kept_out_of_everything(response)
    change(article, headline="As it is now")
    assert "As it is now" in stranger.get(address).content.decode()


def test_what_a_messenger_makes_of_a_link_names_no_word_of_the_story(stranger):
    article = make_article(headline="Not out yet", standfirst="Wait.", lead_image=make_image())
    head = stranger.get(link_to(article).get_absolute_url()).content.decode().split("</head>")[0]
    for word in ("Not out yet", "Wait.", "og:", "pictures/"):
        assert word not in head


def test_a_link_that_is_unknown_expired_revoked_or_of_a_deleted_article_shows_the_same_nothing(
    desk, stranger
):
    expired, revoked, deleted = (link_to(make_article(headline=f"Secret {n}")) for n in range(3))
    PreviewLink.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    page = desk.post(links_page(revoked.article), {"_revoke": revoked.pk}, follow=True)
    assert "Revoked: the link shows nothing any more." in page.content.decode()
    deleted.article.delete()
    answers = [
        stranger.get(f"/preview/{token}/")
        for token in ("unknown", expired.token, revoked.token, deleted.token)
    ]
    for answer in answers:
        assert_refused(answer)
        assert answer.content == answers[0].content
        assert answer.headers == answers[0].headers


def test_pictures_of_a_hidden_story_are_there_for_the_holder_of_the_link_alone(stranger):
    lead, inside, other = make_image(), make_image(), make_image()
    article = make_article(
        lead_image=lead, body=f'<p>One.</p><figure data-image="{inside.pk}"></figure>'
    )
    make_article(lead_image=other)
    link = link_to(article)
    page = stranger.get(link.get_absolute_url()).content.decode()
    shown = re.findall(r'<img src="([^"]+)"', page)
    assert len(shown) == 2
    assert all(src.startswith(f"/preview/{link.token}/pictures/") for src in shown)
    for src in shown:
        picture = stranger.get(src)
        assert picture.status_code == 200 and picture["Content-Type"] == "image/jpeg"
        assert_kept_out_of_everything(picture)
        assert stranger.get(src.replace(f"/preview/{link.token}", "")).status_code == 404
    lead_name, other_name = (image.file.name.split("/")[1] for image in (lead, other))
    assert_refused(stranger.get(shown[0].replace(lead_name, other_name)))
    assert_refused(stranger.get(shown[0].replace("wide-", "huge-")))
    PreviewLink.objects.update(revoked_at=timezone.now())
    for src in shown:
        assert_refused(stranger.get(src))


def test_a_picture_that_was_taken_out_of_the_story_is_no_longer_there_for_the_link(stranger):
    article = make_article(lead_image=make_image())
    page = stranger.get(link_to(article).get_absolute_url()).content.decode()
    src = re.search(r'<img src="([^"]+)"', page)[1]
    change(article, lead_image=None)
    assert_refused(stranger.get(src))


def test_a_withdrawn_story_is_shown_as_the_desk_has_it(stranger):
    article = make_article(headline="Once live")
    publishing.publish(article)
    publishing.withdraw(article, "An error of ours.")
    response = stranger.get(link_to(article).get_absolute_url())
    assert response.status_code == 200 and "Once live" in response.content.decode()


def test_an_embargo_is_named_to_the_holder_of_the_link(stranger):
    article = make_article(embargoed_until=timezone.now() + DAY)
    page = stranger.get(link_to(article).get_absolute_url()).content.decode()
    assert "Under embargo until" in page


def test_the_address_of_a_link_stands_on_no_public_page(desk, stranger):
    article = make_article()
    link = link_to(article)
    address = publishing.publish(article).get_absolute_url()
    for public in ("/", address, "/feed/", "/sitemap.xml", "/sitemap-stories-0.xml"):
        response = stranger.get(public)
        assert response.status_code == 200
        assert "/preview/" not in response.content.decode()
        assert link.token not in str(response.headers)


def test_a_link_only_shows_and_takes_nothing(stranger):
    address = link_to(make_article()).get_absolute_url()
    assert stranger.post(address).status_code == 405
    assert stranger.head(address).status_code == 200


def test_the_list_says_what_became_of_each_link_and_shows_the_address_of_valid_ones_alone(desk):
    article = make_article()
    valid, expired, revoked = (link_to(article, for_whom=f"Reader {n}") for n in range(3))
    PreviewLink.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    desk.post(links_page(article), {"_revoke": revoked.pk})
    page = desk.get(links_page(article)).content.decode()
    assert valid.token in page and expired.token not in page and revoked.token not in page
    assert all(f"Reader {number}" in page for number in range(3))
    assert "Valid until" in page and "Expired" in page and "Revoked" in page


def test_links_are_made_and_revoked_by_posting_with_the_forms_own_token_alone(ann):
    article, strict = make_article(), Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    link = link_to(article)
    for posted in ({"valid_for": "1"}, {"_revoke": link.pk}):
        assert strict.post(links_page(article), posted).status_code == 403
        strict.get(links_page(article), posted)
    link.refresh_from_db()
    assert link.revoked_at is None and article.preview_links.count() == 1


def test_who_may_only_look_makes_and_revokes_no_link(client):
    client.force_login(make_person("cy", may=["view_article"]))
    article = make_article()
    link = link_to(article)
    preview = client.get(f"/admin/articles/article/{article.pk}/preview/")
    assert preview.status_code == 200 and "Send a link" not in preview.content.decode()
    for posted in ({"valid_for": "1"}, {"_revoke": link.pk}):
        assert client.post(links_page(article), posted).status_code == 403
    assert client.get(links_page(article)).status_code == 403
    link.refresh_from_db()
    assert link.revoked_at is None and article.preview_links.count() == 1


def test_a_link_is_revoked_on_the_page_of_its_own_article_alone(desk):
    link = link_to(make_article())
    for pk in (link.pk, "x", ""):
        assert desk.post(links_page(make_article()), {"_revoke": pk}).status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None


@pytest.mark.parametrize("valid_for", ["0", "87600", "x", ""])
def test_a_link_is_valid_for_one_of_the_times_on_offer(desk, valid_for):
    article = make_article()
    desk.post(links_page(article), {"valid_for": valid_for})
    assert not article.preview_links.exists()


def test_a_preview_has_a_fixed_number_of_queries(stranger, django_assert_num_queries):
    article = make_article(lead_image=make_image(), tags=["Port"])
    link = link_to(article)
    src = re.search(r'<img src="([^"]+)"', stranger.get(link.get_absolute_url()).content.decode())[
        1
    ]
    for address, queries in [(link.get_absolute_url(), 9), (src, 2), ("/preview/x/", 2)]:
        with django_assert_num_queries(queries):
            stranger.get(address)
