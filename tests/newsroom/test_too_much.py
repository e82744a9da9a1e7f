"""Forms that are too large to be read: said in a sentence, and nothing half saved."""

from io import BytesIO
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

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
    "more than the 1000 fields": {f"field-{number}": "" for number in range(1001)},
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
