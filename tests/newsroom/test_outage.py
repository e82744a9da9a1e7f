"""What people are told while the database does not answer: the truth, in whole sentences."""

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client

from articles.models import Article
from newsroom.outage import unavailable
from tests.articles.test_keeping import message
from tests.factories import make_article, make_person

NOT_SAVED, UNKNOWN = "was not saved", "may or may not have been saved"


@pytest.fixture
def ann(transactional_db):
    client = Client(raise_request_exception=False)
    client.user = make_person("Ann", "Editor")
    client.force_login(client.user)
    return client


@pytest.fixture
def article(transactional_db):
    return make_article(standfirst="It rises.")


def save(client, article):
    """Save a new standfirst; return what the answer says, and whether it is stored."""
    form = message(client, article, standfirst="It falls.") | {"_continue": "1"}
    answer = client.post(article.get_absolute_url(), form)
    assert answer.status_code == 503 and answer["Retry-After"]
    connection.close()
    return answer.text, Article.objects.get().standfirst == "It falls."


def lost_on(*beginnings):
    """Return what loses the database with the first statement that begins so."""

    def lose(execute, sql, *rest):
        if sql.startswith(beginnings):
            raise OperationalError("the connection is closed")
        return execute(sql, *rest)

    return connection.execute_wrapper(lose)


def test_what_is_lost_within_a_save_was_not_saved_not_even_half(ann, article):
    with lost_on('UPDATE "articles_sitting"'):
        words, is_saved = save(ann, article)
    assert NOT_SAVED in words and UNKNOWN not in words and not is_saved


def test_nobody_is_told_that_nothing_was_saved_after_something_was(ann):
    ann.user.set_password("a-long-enough-password")
    ann.user.save()
    fields = {"username": ann.user.username, "password": "a-long-enough-password"}
    sessions = Session.objects.count()
    # Who signs in has a session by then.
    with lost_on('UPDATE "auth_user"'):
        words = Client(raise_request_exception=False).post("/admin/login/", fields).text
    assert Session.objects.count() == sessions + 1
    assert UNKNOWN in words and NOT_SAVED not in words


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite answers within the process")
def test_a_save_whose_answer_is_lost_is_called_neither_saved_nor_unsaved(ann, article):
    connection.ensure_connection()
    commit = connection.connection.commit

    def commit_and_lose():
        commit()
        raise psycopg.OperationalError("the connection is closed")

    connection.connection.commit = commit_and_lose
    words, is_saved = save(ann, article)
    assert UNKNOWN in words and NOT_SAVED not in words and is_saved


def test_without_its_page_the_outage_is_told_in_a_sentence(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/admin/"}
    headers, body = unavailable(environ)
    assert dict(headers)["Content-Type"] == "text/plain; charset=utf-8"
    assert "does not answer" in body.decode() and NOT_SAVED in body.decode()
    assert UNKNOWN in unavailable(environ, may_be_saved=True)[1].decode()
    assert NOT_SAVED not in unavailable(environ | {"REQUEST_METHOD": "GET"})[1].decode()
