"""What those who watch the processes see."""

import io
import json
import logging

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from newsroom.logs import JsonLines
from tests.newsroom.cached_site import Site


def refuse(*_asked):
    raise OperationalError("FATAL: too many connections")


def test_a_process_is_alive_whatever_the_database_does(client):
    # Without its mark a test that asked the database would fail.
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_a_process_is_ready_with_a_database_that_has_every_migration(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/readyz", headers={"host": "10.0.0.7"}).status_code == 200
    MigrationRecorder(connection).migration_qs.filter(app="authors").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "lacks migrations (run manage.py migrate): authors." in answer.text


@pytest.mark.django_db(transaction=True)
def test_a_process_is_not_ready_without_its_database(client):
    settings = connection.settings_dict
    real = settings["NAME"]
    connection.close()
    settings["NAME"] = "/nowhere/at/all"
    try:
        answer = client.get("/readyz")
    finally:
        connection.close()
        settings["NAME"] = real
    assert (answer.status_code, answer.text) == (503, "The database does not answer.\n")


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
def test_a_process_is_not_ready_while_it_cannot_read_what_changed():
    reads = iter([[]])
    site = Site(read_changes=lambda: next(reads))
    assert site.get("/readyz").status == 200
    with pytest.raises(StopIteration):
        site.watch.look()
    answer = site.get("/readyz", look=False)
    assert answer.status == 503 and "which pages have changed" in answer.text


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
def test_only_the_addresses_of_machines_are_answered_past_an_outage():
    """What strangers made begin like them was let in to wait for the database, with no bound."""

    def lost():
        raise LookupError("no changes")

    site = Site(read_changes=lost)
    assert "restart it" in site.get("/readyz").text and site.asked == 1
    assert site.get("/readyz-or-so", look=False).status == 503 and site.asked == 1


@pytest.mark.django_db
def test_of_a_static_file_that_is_not_there_the_database_is_not_asked(client):
    with connection.execute_wrapper(refuse):
        for method in ("GET", "POST"):
            answer = client.generic(method, "/static/no/such.css")
            assert (answer.status_code, answer.content) == (404, b"")


def test_a_process_is_not_ready_without_style_sheets(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    collected = "newsroom.static_files.CollectedFiles"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": collected}}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "run manage.py collectstatic" in answer.text


@pytest.mark.django_db
def test_figures_are_for_the_bearer_of_the_token_alone(client, settings):
    bearer = {"authorization": "Bearer figures"}
    assert client.get("/metrics", headers=bearer).status_code == 403
    settings.METRICS_TOKEN = "figures"
    for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer é"}):
        assert client.get("/metrics", headers=headers).status_code == 403

    def counted(line):
        lines = client.get("/metrics", headers=bearer).text.splitlines()
        return float(next((each.split()[-1] for each in lines if each.startswith(line)), 0))

    front = 'newsroom_requests_total{method="GET",status="200",view="front"}'
    none = 'newsroom_requests_total{method="other",status="404",view="none"}'
    before = counted(front), counted(none)
    client.get("/")
    client.generic("BREW", "/no/such/page")
    assert (counted(front), counted(none)) == (before[0] + 1, before[1] + 1)
    assert counted('newsroom_request_seconds_count{view="front"}') >= 1


@pytest.fixture
def log_lines():
    """A function that returns what the log has had since, each line read as JSON."""
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_an_error_is_one_line_of_json_without_what_the_reader_asked(client, log_lines):
    client.raise_request_exception = False
    with connection.execute_wrapper(refuse):
        client.get(
            "/preview/secret-of-a-link/?q=what+somebody+reads", headers={"x-request-id": "7"}
        )
        client.get("/search/?q=what+somebody+reads")
    preview, page = log_lines()
    assert (preview["path"], preview["view"], preview["request_id"]) == (
        "/preview/…/",
        "preview",
        "7",
    )
    assert (page["path"], page["status"], page["level"]) == ("/search/", 503, "ERROR")
    written = json.dumps([preview, page])
    assert "secret-of-a-link" not in written and "what" not in written


@pytest.mark.django_db
def test_in_an_outage_each_answer_leaves_its_cause_in_the_log_and_no_more(client, log_lines):
    """A whole traceback for each would be megabytes a second."""
    client.raise_request_exception = False
    with connection.execute_wrapper(refuse):
        assert client.get("/").status_code == 503
    (line,) = log_lines()
    assert line["exc_info"] == "django.db.utils.OperationalError: FATAL: too many connections"


@pytest.mark.django_db
def test_strangers_fill_no_log(client, log_lines):
    client.raise_request_exception = False
    assert client.get("/no/such/page").status_code == 404
    in_no_parts = {"data": "x", "content_type": "multipart/form-data"}
    assert client.post("/admin/login/", **in_no_parts).status_code == 400
    assert log_lines() == []
    with connection.execute_wrapper(refuse):
        client.get(f"/2026/11/30/{'s' * 5000}/", headers={"x-request-id": "7" * 5000})
    (line,) = log_lines()
    assert line["status"] == 503 and len(json.dumps(line)) < 2500
