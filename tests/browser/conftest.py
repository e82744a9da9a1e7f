"""A real Chromium, signed in at the desk."""

import os
import threading

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import WSGIRequestHandler
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from tests.run import chromium_path

# Playwright keeps an event loop in this thread; the tests use the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Milliseconds for what has to come about; a machine may be busy with other things.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):
    """The live server, begun after the test database: its threads need connections of their own."""
    # Else a browser's system waits 40 ms with its word that the head of an answer has come, and
    # the server waits for that word with the body.
    WSGIRequestHandler.disable_nagle_algorithm = True
    # As it is deployed, scripts and style sheets are asked for once, and not for each page.
    serve = StaticFilesHandler.serve

    def serve_to_be_kept(handler, request):
        answer = serve(handler, request)
        answer.headers["Cache-Control"] = "max-age=3600"
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", serve_to_be_kept)
        yield live_server


@pytest.fixture(autouse=True)
def the_last_answer_is_given_before_the_database_is_emptied(transactional_db):
    """Wait for the requests a closed page left behind, such as “this person has left”.

    Emptying the tables while one is answered is a deadlock on PostgreSQL, or leaves its
    rows to the next test.
    """
    yield
    for thread in threading.enumerate():
        # The name that Python gives each thread of a threading server.
        if "process_request_thread" in thread.name:
            thread.join(timeout=15)


@pytest.fixture(scope="session")
def chromium():
    path = chromium_path()
    assert path, "Chromium is missing: apt-get install chromium-headless-shell, or name CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        browser.executable = path
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, live_server, request):
    """A page at the live server; what the browser complains of fails the test.

    Its parameter, where there is one, holds further options of the browser's context, and
    as ``expected`` what the browser may well complain of.
    """
    options = dict(getattr(request, "param", {}))
    expected = options.pop("expected", None)
    context = chromium.new_context(base_url=live_server.url, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if not (expected and expected in each)] == []


@pytest.fixture
def desk(page, live_server, ann):
    """The page, signed in as Ann."""
    sign_in(page.context, live_server, ann)
    return page


def sign_in(context, server, person):
    """Let a browser's context have somebody's session at a server, without the form for it."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": server.url}])
