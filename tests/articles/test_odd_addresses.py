"""Addresses with something odd in them: answered in plain words, never with a fault of ours."""

from uuid import uuid4

import pytest

from articles import publishing
from tests.articles.test_desk import ADD, form_of
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


@pytest.mark.parametrize("action", ["delete_selected", "put_on_front_page"])
@pytest.mark.parametrize("row", ["", "x", "\x00", NINES, MANY_NINES])
def test_a_list_acts_on_the_rows_that_there_are(desk, action, row):
    article = make_article()
    if action == "put_on_front_page":
        publishing.publish(article)
    posted = {"action": action, "index": "0"}
    answer = desk.post("/admin/articles/article/", posted | {"_selected_action": [row, article.pk]})
    if action == "delete_selected":
        assert "Are you sure" in answer.text and str(article) in answer.text
    else:
        assert answer.url == f"/admin/articles/frontpage/add/?lead={article.pk}"
    answer = desk.post(
        "/admin/articles/article/", posted | {"_selected_action": [row]}, follow=True
    )
    assert "Items must be selected" in answer.text


@pytest.mark.parametrize("number", ["x", "\x00", "-1", NINES, MANY_NINES])
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/admin/articles/article/add/", "lead_image"),
        ("/admin/articles/article/add/", "bylines-0-author"),
        ("/admin/articles/article/add/", "related_reads-0-story"),
        ("/admin/articles/frontpage/add/", "front_page_picks-0-article"),
        ("/admin/authors/author/add/", "user"),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_words(desk, address, field, number):
    posted = {field: number}
    for rows in desk.get(address).context["inline_admin_formsets"]:
        prefix = rows.formset.prefix
        posted[f"{prefix}-TOTAL_FORMS"] = int(field.startswith(prefix))
        posted[f"{prefix}-INITIAL_FORMS"] = 0
    response = desk.post(address, posted)
    assert response.status_code == 200 and f'id="id_{field}_error"' in response.text


@pytest.mark.parametrize("name", ["headline", "slug", "body", "tags", "section", "embargoed_until"])
def test_a_null_character_in_a_form_is_no_fault(desk, ann, name):
    form = form_of(headline="Tide", body="<p>It held.</p>") | {name: "a\x00b"}
    sitting = {"sitting": uuid4(), "number": "1", "user": ann.pk}
    assert desk.post("/admin/articles/article/keep/", form | sitting).status_code == 200
    assert desk.post(ADD, form | {"_continue": "1"}).status_code in (200, 302)


@pytest.mark.parametrize(
    "address",
    [
        "/admin/articles/article/tag-names/?term=",
        "/admin/articles/article/story-links/?term=",
        "/admin/articles/article/related-reads/?term=",
        "/admin/articles/article/profiles/?term=",
        "/admin/articles/article/?q=",
        "/admin/articles/image/?q=",
        "/admin/articles/tag/?q=",
        "/admin/authors/author/?q=",
        "/search/?q=",
        "/search/?tag=",
        "/authors/?from=",
        "/tags/",
    ],
)
def test_a_null_character_in_an_address_is_no_fault(desk, address):
    assert desk.get(f"{address}a%00b", follow=True).status_code in (200, 400, 404)
