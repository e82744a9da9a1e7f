from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from articles import publishing
from articles.models import FrontPage
from articles.roles import ROLES
from authors.models import LoggedAct
from tests.factories import (
    make_article,
    make_author,
    make_image,
    make_person,
    make_section,
    make_series,
)


@pytest.fixture
def rea(db):
    return make_person("rea", "Reporter", email="rea@example.org")


@pytest.fixture
def edda(db):
    return make_person("edda", "Editor", email="edda@example.org")


@pytest.fixture
def desk(client, ann):
    """A client signed in as Ann."""
    client.force_login(ann)
    return client


@pytest.fixture
def world(db):
    """One account for each role, and what the reporter has, beside what is a colleague's."""
    accounts = {role[0]: make_person(role[0], role) for role in ROLES} | {"S": make_person("S")}
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


@pytest.fixture
def signed_in(client, world):
    """Sign in as a role, by its initial; return the client."""

    def sign_in(initial):
        client.force_login(world[0][initial])
        return client

    return sign_in
