import pytest

from articles import publishing
from tests.factories import make_article
from tests.newsroom.cached_site import Site


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def story():
    return publishing.publish(make_article())
