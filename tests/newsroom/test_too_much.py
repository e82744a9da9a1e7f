"""Forms that are too large to be read: said in a sentence, and nothing half saved."""

from io import BytesIO
from urllib.parse import urlencode

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse

from articles.models import Article
from newsroom.whole_requests import WholeRequests
from tests.articles.test_keeping import KEEP, message
from tests.factories import make_article
from tests.newsroom.cached_site import answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(ann):
    client = Client(raise_request_exception=False)
    client.force_login(ann)
    client.user = ann
    return client


@pytest.fixture
def article():
    return make_article(headline="Tide")


TOO_MUCH = {
    "larger than the 10.0\xa0MB": {"body": "<p>" + "word " * 2_200_000 + "</p>"},
    "more than the 1100 fields": {f"field-{number}": "" for number in range(1101)},
}


@pytest.mark.parametrize("reason", TOO_MUCH)
def test_a_form_that_is_too_large_is_refused_with_the_reason(desk, article, reason):
    form = message(desk, article) | {"headline": "High tide"} | TOO_MUCH[reason]
    answer = desk.post(article.get_absolute_url(), form)
    assert answer.status_code == 413
    assert reason in answer.text and "Nothing was saved." in answer.text
    assert "still stands in the form" in answer.text
    assert Article.objects.get().headline == "Tide"


@pytest.mark.parametrize("reason", TOO_MUCH)
def test_the_forms_script_is_told_why_words_cannot_be_kept(desk, article, reason):
    form = message(desk, article) | TOO_MUCH[reason]
    answer = desk.post(KEEP, form, headers={"accept": "application/json"})
    assert answer.status_code == 413 and reason in answer.json()["words"]


def test_what_comes_in_pieces_is_told_so(desk, article):
    answer = desk.post(article.get_absolute_url(), b"no parts", content_type="multipart/form-data")
    assert answer.status_code == 400 and "It came in pieces" in answer.text


def test_a_huge_headline_is_refused_beside_its_field(desk, article):
    form = message(desk, article) | {"headline": "tide " * 200_000}
    answer = desk.post(article.get_absolute_url(), form)
    assert answer.status_code == 200 and "at most" in answer.text
    assert Article.objects.get().headline == "Tide"


@pytest.mark.parametrize("cut", [1, 40])
def test_a_form_that_broke_off_on_its_way_is_not_saved(desk, article, one_connection, cut):
    form = message(desk, article) | {"headline": "High tide", "note": "x" * 50}
    body = urlencode(form, doseq=True).encode()
    environ = (
        RequestFactory()
        .generic(
            "POST",
            article.get_absolute_url(),
            body,
            "application/x-www-form-urlencoded",
            headers={
                "cookie": f"sessionid={desk.cookies['sessionid'].value}; csrftoken={'c' * 32}"
            },
        )
        .environ
    )
    environ |= {"HTTP_X_CSRFTOKEN": "c" * 32, "wsgi.input": BytesIO(body[:-cut])}
    assert answer(WholeRequests(WSGIHandler()), environ).status == 400
    assert Article.objects.get().headline == "Tide"
    environ["wsgi.input"] = BytesIO(body)
    assert answer(WholeRequests(WSGIHandler()), environ).status == 302
    assert Article.objects.get().headline == "High tide"


# More than the thousand fields that Django takes to pieces, and longer than a stranger's form.
LONG = {f"field-{number:060}": "" for number in range(1001)}


@pytest.fixture
def stranger():
    """Somebody who is signed out, and whose browser has a token against forged requests."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies["csrftoken"] = "c" * 32
    return client


@pytest.mark.parametrize("token", ["c" * 32, ""])
def test_a_strangers_long_form_is_not_taken_to_pieces(stranger, article, token):
    address = article.get_absolute_url()
    answer = stranger.post(address, {"csrfmiddlewaretoken": token} | LONG)
    assert answer.status_code == 302
    assert answer.url == f"{reverse('admin:login')}?next={address}"


def test_who_is_signed_out_with_a_long_story_is_told_so_by_the_forms_script(
    stranger, desk, article
):
    form = message(desk, article) | {"body": f"<p>{'word ' * 20_000}</p>"}
    answer = stranger.post(KEEP, form, headers={"accept": "application/json"})
    assert answer.status_code == 401 and "signed out" in answer.json()["words"]


def test_a_strangers_long_form_changes_nothing_where_strangers_may_send_one(stranger, ann):
    ann.set_password("a tide that falls")
    ann.save()
    form = {"login": "ann", "password": "a tide that falls", "csrfmiddlewaretoken": "c" * 32}
    assert stranger.post(reverse("account_login"), form | LONG).status_code == 200
    assert SESSION_KEY not in stranger.session
    stranger.post(reverse("account_login"), form)
    assert SESSION_KEY in stranger.session
