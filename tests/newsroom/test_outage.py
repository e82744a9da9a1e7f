"""What people are told while the database does not answer: the truth, in whole sentences."""

import random
import resource
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from uuid import uuid4

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from PIL import Image as Pixels

from articles import publishing
from articles.models import Article, Image, PageChange, Sitting
from newsroom.images import open_rendition, parse_rendition_name
from newsroom.outage import unavailable
from tests.articles.test_keeping import KEEP, message
from tests.factories import make_article, make_author, make_person
from tests.newsroom.cached_site import request
from tests.pictures import upload

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
    # A few words more find room where there is none for a page.
    body = f"<p>{'It falls. ' * 2000}</p>"
    form = message(client, article, standfirst="It falls.", body=body) | {"_continue": "1"}
    answer = client.post(article.get_absolute_url(), form)
    # Readers read on.
    assert client.get("/").status_code == 200
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


def test_the_page_that_says_so_saves_what_was_sent_when_it_is_reloaded(admin_client):
    # A page that is gone back to is fetched anew, and is not there while the database is away.
    admin_client.raise_request_exception = False
    author = make_author(bio="She dives.")
    form = {"name": author.name, "slug": author.slug, "bio": "She sails.", "focal_x": 50}
    form |= {"focal_y": 50, "links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    address = f"/admin/authors/author/{author.pk}/change/"
    with lost_on('UPDATE "authors_author"'):
        words = admin_client.post(address, form).text
    assert NOT_SAVED in words and "reload the page" in words and "Go back" not in words
    assert admin_client.post(address, form).status_code == 302
    author.refresh_from_db()
    assert author.bio == "She sails."


def sign_in(user):
    user.set_password("a-long-enough-password")
    user.save()
    fields = {"login": user.username, "password": "a-long-enough-password"}
    return lambda: Client(raise_request_exception=False).post("/admin/login/", fields)


def test_nobody_is_told_that_nothing_was_saved_after_something_was(ann):
    sessions, post = Session.objects.count(), sign_in(ann.user)
    # Who signs in has a session by then.
    with lost_on('UPDATE "auth_user"'):
        words = post().text
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


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite answers within the process")
def test_no_later_page_says_that_something_was_saved_which_was_not(ann, article):
    connection.ensure_connection()

    def fail():
        raise psycopg.OperationalError("the connection is closed")

    connection.connection.commit = fail
    _words, is_saved = save(ann, article)
    assert not is_saved and "successfully" not in ann.get(article.get_absolute_url()).text


def test_without_its_page_the_outage_is_told_in_a_sentence(settings, tmp_path):
    # Whoever ran the site here has collected files.
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "newsroom.static_files.CollectedFiles"},
    }
    environ = request("/admin/", "POST")
    headers, body = unavailable(environ)
    assert dict(headers)["Content-Type"] == "text/plain; charset=utf-8"
    assert "does not answer" in body.decode() and NOT_SAVED in body.decode()
    assert UNKNOWN in unavailable(environ, may_be_saved=True)[1].decode()
    assert NOT_SAVED not in unavailable(request("/admin/"))[1].decode()


def test_the_forms_script_is_told_of_an_outage_in_words_that_it_shows(ann, article):
    with read_only():
        sent = message(ann, article, standfirst="It falls.")
        answer = ann.post(KEEP, sent, headers={"accept": "application/json"})
    assert answer.status_code == 503 and "can only be read" in answer.json()["words"]


@contextmanager
def full_disk():
    """The database finds no room for what is to be written."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("CREATE TABLE ballast (words)")
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
            # Nothing stays free within the file either.
            with pytest.raises(OperationalError):
                while True:
                    cursor.execute("INSERT INTO ballast VALUES (zeroblob(2000))")
        else:
            cursor.execute(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'could not extend file: No space left on device'"
                " USING ERRCODE = 'disk_full'; END $$"
            )
            for table in ("articles_article", "authors_cachedcount"):
                cursor.execute(
                    f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table}"
                    " FOR EACH ROW EXECUTE FUNCTION no_room()"
                )
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DROP TABLE ballast")
            else:
                cursor.execute("DROP FUNCTION no_room CASCADE")


@contextmanager
def read_only():
    """The database can be read alone, as a replica, or one on a disk that is read-only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "PRAGMA query_only = 1"
            if connection.vendor == "sqlite"
            else "SET default_transaction_read_only = on"
        )
    try:
        yield
    finally:
        connection.close()


@contextmanager
def locked():
    """Somebody else holds what is needed for longer than one waits."""
    other = connection.copy()
    with other.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
            connection.cursor().execute("PRAGMA busy_timeout = 20")
        else:
            cursor.execute("BEGIN; SELECT 1 FROM articles_article FOR UPDATE")
            connection.cursor().execute("SET lock_timeout = 20")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
            other.close()


@contextmanager
def deadlock():
    """Somebody else waits for the story while the save waits for them."""
    other = connection.copy()
    with other.cursor() as cursor:
        # The other one does not look who is to give way.
        cursor.execute("SET deadlock_timeout = '1min'")
        connection.cursor().execute("SET deadlock_timeout = '200ms'")
        cursor.execute("BEGIN; LOCK TABLE reversion_revision")
        waits = Thread(target=cursor.execute, args=["SELECT 1 FROM articles_article FOR UPDATE"])
        with connection.execute_wrapper(_then(waits.start)):
            yield
        waits.join()
        cursor.execute("ROLLBACK")
    other.close()


def _then(start):
    """Return what calls a function once, behind the first statement that locks the story."""
    begun = []

    def then(execute, sql, *rest):
        found = execute(sql, *rest)
        if "FOR NO KEY UPDATE" in sql and not begun:
            begun.append(start())
        return found

    return then


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (full_disk, "is full, or fails"),
        (read_only, "can only be read"),
        (locked, "Others were saving at the same moment"),
        (deadlock, "Others were saving at the same moment"),
    ],
)
def test_the_desk_is_told_why_nothing_was_saved_and_readers_read_on(ann, article, fault, sentence):
    if fault is deadlock and connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with fault():
        words, is_saved = save(ann, article)
    assert sentence in words and "does not answer" not in words
    assert NOT_SAVED in words and UNKNOWN not in words and not is_saved


@pytest.mark.parametrize("fault", [read_only, locked])
def test_a_story_is_read_at_the_desk_while_nothing_can_be_saved(
    ann, article, fault, one_connection
):
    long_ago = timezone.now() - timedelta(days=2)
    Sitting.objects.create(key=uuid4(), user=ann.user, article=article, seen_at=long_ago)
    with fault():
        assert article.standfirst in ann.get(article.get_absolute_url()).text
        assert ann.get("/admin/articles/article/add/").status_code == 200


def test_no_change_is_overlooked_where_old_ones_cannot_be_deleted(article, monkeypatch):
    monkeypatch.setattr("articles.models.page_change.TIDIED_EVERY", -1)
    read_changes = PageChange.reader()
    list(read_changes())
    publishing.publish(article)
    with read_only():
        [changes] = read_changes()
    assert f"article:{article.pk}" in {change.tag for change in changes}


@contextmanager
def files_of_at_most(size):
    """A disk that takes so many bytes of a file and no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def no_room_at_all():
    """The database's disk takes not even a row; SQLite learns of it when it commits."""
    return files_of_at_most(2_000) if connection.vendor == "sqlite" else full_disk()


@pytest.mark.parametrize(
    ("fault", "sentence"), [(no_room_at_all, "is full, or fails"), (read_only, "can only be read")]
)
def test_who_cannot_sign_in_for_the_databases_sake_is_told_so_and_not_of_attempts(
    ann, fault, sentence
):
    post = sign_in(ann.user)
    with fault():
        answer = post()
    assert answer.status_code == 503 and "attempts" not in answer.text
    assert sentence in answer.text and NOT_SAVED in answer.text and UNKNOWN not in answer.text


@pytest.fixture
def large_picture():
    pixels = Pixels.frombytes("RGB", (400, 400), random.Random(1).randbytes(480_000))
    return upload(pixels, "PNG", name="noise.png")


def test_an_upload_onto_a_full_disk_is_refused_with_the_reason_and_leaves_nothing_behind(
    ann, large_picture, tmp_path
):
    with files_of_at_most(20_000):
        answer = ann.post("/admin/articles/image/upload/", {"file": large_picture})
    assert "The disk that files are kept on is full" in answer.json()["failed"]
    assert not Image.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_on_a_full_disk_readers_get_the_picture_all_the_same(large_picture, settings, tmp_path):
    default_storage.save("pictures/noise.png", large_picture)
    rendition = parse_rendition_name("natural-320.jpg")
    with files_of_at_most(2_000):
        file = open_rendition(default_storage, "pictures/noise.png", rendition, 0.5, 0.5)
    assert Pixels.open(file).size == (320, 320)
    assert not [path for path in (tmp_path / "renditions").rglob("*") if path.is_file()]


def test_a_folder_that_takes_nothing_from_this_process_is_called_so_and_no_fault_of_the_form(
    ann, large_picture, settings
):
    # Linux lets nobody make a file there.
    settings.MEDIA_ROOT = "/sys"
    answer = ann.post("/admin/articles/image/upload/", {"file": large_picture})
    assert "is full, or takes nothing" in answer.json()["failed"]
    large_picture.seek(0)
    words = {"title": "Sea", "alt_text": "A sea", "focal_x": 50, "focal_y": 50}
    answer = ann.post("/admin/articles/image/add/", {**words, "file": large_picture})
    assert answer.status_code == 503
    assert "is full, or takes nothing" in answer.text and NOT_SAVED in answer.text
    assert not Image.objects.exists()


def test_a_portrait_whose_row_was_not_saved_is_no_file_for_ever(
    admin_client, large_picture, tmp_path
):
    admin_client.raise_request_exception = False
    author = make_author()
    form = {"name": author.name, "slug": author.slug, "focal_x": 50, "focal_y": 50}
    form |= {"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0, "photo": large_picture}
    with lost_on('UPDATE "authors_author"'):
        answer = admin_client.post(f"/admin/authors/author/{author.pk}/change/", form)
    assert answer.status_code == 503
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
