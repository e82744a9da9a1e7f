"""Odd stories as readers meet them."""

import pytest

from tests.odd_stories import publish_odd_stories

pytestmark = pytest.mark.django_db


def test_every_odd_story_and_every_list_that_has_it_is_shown(client):
    odd = publish_odd_stories()
    section = odd["one word"].section
    for name, edition in odd.items():
        response = client.get(edition.get_absolute_url())
        assert response.status_code == 200, name
    for address in ("/", section.get_absolute_url(), "/feed/"):
        page = client.get(address).content.decode()
        for edition in odd.values():
            assert edition.get_absolute_url() in page, address
        assert "<script>alert" not in page
