import pytest

from tests.factories import make_person


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
def signed_in(client, world):
    """Sign in as a role, by its initial; return the client."""

    def sign_in(initial):
        client.force_login(world[0][initial])
        return client

    return sign_in
