"""What leaves compressed."""

import gzip

import pytest

from articles import publishing
from tests.factories import make_article, make_image

pytestmark = [pytest.mark.django_db, pytest.mark.looks]
ACCEPTS_GZIP = {"Accept-Encoding": "gzip, br"}


def test_a_page_leaves_compressed_for_browsers_that_take_it(client):
    address = publishing.publish(make_article(headline="High tide")).get_absolute_url()
    response = client.get(address, headers=ACCEPTS_GZIP)
    assert response["Content-Encoding"] == "gzip" and "Accept-Encoding" in response["Vary"]
    assert b"High tide" in gzip.decompress(response.content)
    assert not client.get(address).has_header("Content-Encoding")


def test_a_picture_is_not_compressed_again(client):
    image = make_image()
    publishing.publish(make_article(lead_image=image))
    response = client.get(f"/{image.file.name}/wide-320.jpg", headers=ACCEPTS_GZIP)
    assert response.status_code == 200 and not response.has_header("Content-Encoding")
