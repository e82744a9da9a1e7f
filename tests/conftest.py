import gc
import os
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from django.test import TransactionTestCase
from django.utils import timezone

from articles import publishing
from articles.models import FrontPage
from articles.roles import ROLES
from authors.models import LoggedAct
from tests.databases import Emptying, make_databases
from tests.factories import (
    make_article,
    make_author,
    make_image,
    make_person,
    make_section,
    make_series,
)

# Files of tests that take longest, or wait longest, beside those with a browser.
LONG = {
    "test_accounts.py",
    "test_backup.py",
    "test_commands.py",
    "test_crash.py",
    "test_forged_requests.py",
    "test_media.py",
    "test_nothing_leaks.py",
    "test_page_cache.py",
    "test_page_cache_attacks.py",
    "test_purging.py",
    "test_roles.py",
    "test_search.py",
    "test_two_people.py",
}


def pytest_collection_modifyitems(items):
    """Begin with what takes longest, so that at the end no core waits for another's file."""
    waits = {"browser", "deploy"}
    items.sort(key=lambda item: (waits.isdisjoint(item.path.parts), item.path.name not in LONG))


def pytest_collection_finish():
    """Have Python look for garbage among what tests make, not among all that is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def passwords_that_cost_nothing():
    """Most tests make an account; only an attacker has to be slowed down."""
    ScryptPasswordHasher.work_factor, ScryptPasswordHasher.parallelism = 2, 1


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """Keep SQLite's test database in a file: two people at once need two connections."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        folder = tmp_path_factory.mktemp("database")
        connection.settings_dict["TEST"]["NAME"] = str(folder / "tests.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment, django_db_blocker, django_db_modify_db_settings, tmp_path_factory
):
    """One of several workers migrates; behind a test whose transactions are real, rows go."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with django_db_blocker.unblock():
        remove = make_databases(folder)
        empty = Emptying()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: empty(test))
        yield
    with django_db_blocker.unblock():
        remove()


@pytest.fixture(autouse=True)
def plain_static_files_and_own_media(settings, tmp_path):
    """Tests need no collectstatic, and no test finds another's uploads."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def ann(db):
    """Somebody who may do everything."""
    return get_user_model().objects.create_superuser("ann")


@pytest.fixture
def one_connection():
    """A request's end closes the database's connection, which holds what a test has made."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def accounts(db):
    """One account for each role, by its initial, and one of the staff without a role: S."""
    return {role[0]: make_person(role[0], role) for role in ROLES} | {"S": make_person("S")}


@pytest.fixture
def world(accounts):
    """The accounts, and what the reporter has, beside what is a colleague's."""
    reporter, author = accounts["R"], make_author(user=accounts["R"])
    stories = {
        "own draft": make_article(created_by=reporter, tags=["Tides"]),
        "other draft": make_article(),
        "own live": make_article(authors=[author]),
        "other live": make_article(),
    }
    shown = make_image(uploaded_by=reporter)
    publishing.publish(stories["own live"])
    publishing.publish(stories["other live"])
    publishing.publish(make_article(lead_image=shown))
    images = {"own": make_image(uploaded_by=reporter), "other": make_image(), "own live": shown}
    for image in images.values():
        image.replaced_files.create(file=image.file.name, width=1200, height=900)
    return accounts, {
        "articles_article": stories,
        "articles_image": images,
        "authors_author": {"own": author, "other": make_author()},
        "articles_frontpage": {
            "begun": FrontPage.objects.create(live_from=timezone.now()),
            "to come": FrontPage.objects.create(live_from=timezone.now() + timedelta(hours=1)),
        },
        "articles_tag": {"": stories["own draft"].tags.get()},
        "articles_section": {"": make_section()},
        "articles_series": {"": make_series()},
        "authors_loggedact": {"": LoggedAct.objects.first()},
        "auth_user": {"": make_person("somebody", is_staff=False)},
        "auth_group": {"": Group.objects.create(name="Somebodies")},
    }
