"""Addresses with something odd in them: answered in plain words, never with a fault of ours."""

import pytest

from tests.factories import make_article

pytestmark = pytest.mark.django_db
NINES = "9" * 30
MANY_NINES = "9" * 5000


@pytest.mark.parametrize(
    "address",
    [
        f"/admin/articles/{model}/{garbage}/change/"
        for model in ("article", "frontpage", "image", "tag")
        for garbage in ("x", "'\"", "_25", "%C3%A4", NINES, "-1", "_00")
    ]
    + [
        address + number
        for address in (
            "/admin/articles/tag/merge/?tag=1&tag=",
            "/admin/articles/tag/twins/?name=a&tag=",
            "/admin/articles/frontpage/add/?copy=",
            "/admin/articles/frontpage/add/?lead=",
            "/admin/articles/article/{article}/history/?one=edition-",
            "/admin/articles/article/{article}/history/?one=save-",
            "/admin/articles/article/add/?lead_image=",
            "/admin/articles/article/add/?section=",
            "/admin/articles/article/add/?embargoed_until=",
            "/admin/articles/image/?uploaded_by__id__exact=",
            "/admin/articles/article/?section__id__exact=",
        )
        for number in (NINES, MANY_NINES, "x", "%00", "-1")
    ],
)
def test_an_odd_address_is_no_fault(desk, address):
    response = desk.get(address.format(article=make_article().pk), follow=True)
    assert response.status_code in (200, 400, 404)
