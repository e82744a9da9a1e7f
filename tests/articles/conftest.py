import pytest
from django.contrib.auth import get_user_model

from tests.factories import make_person


@pytest.fixture
def ann(db):
    return get_user_model().objects.create_superuser("ann")


@pytest.fixture
def rea(db):
    return make_person("rea", "Reporter", email="rea@example.org")


@pytest.fixture
def edda(db):
    return make_person("edda", "Editor", email="edda@example.org")


@pytest.fixture
def desk(client, ann):
    """A client signed in as Ann, who may do everything."""
    client.force_login(ann)
    return client
