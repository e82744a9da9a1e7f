import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from articles import publishing
from tests.factories import make_article
from tests.newsroom.cached_site import Site


@pytest.fixture
def one_connection():
    """A request's end closes the database's connection, which holds what a test has made."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def story():
    return publishing.publish(make_article())
