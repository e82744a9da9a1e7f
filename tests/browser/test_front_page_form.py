"""The front page's form, as an editor uses it."""

import pytest
from playwright.sync_api import expect

from articles import publishing
from articles.models import FrontPage
from tests.factories import make_article

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]


def test_an_editor_leads_with_stories_sees_the_page_before_and_gives_it_to_readers(desk):
    for headline in ("The oldest tide", "The middle tide", "The newest tide"):
        publishing.publish(make_article(headline=headline))
    desk.goto("/admin/articles/frontpage/add/")
    # By keyboard from the list of the newest, and by searching.
    desk.get_by_role("button", name="Lead with “The oldest tide”").press("Enter")
    expect(desk.get_by_role("button", name="Lead with “The oldest tide”")).to_be_disabled()
    desk.get_by_text("Add another Lead story").click()
    desk.locator("tr.form-row:not(.empty-form) .select2-selection").last.click()
    desk.locator(".select2-search__field").fill("middle")
    desk.get_by_role("option", name="The middle tide").click()
    with desk.context.expect_page() as opened:
        desk.get_by_role("button", name="See it").click()
    preview = opened.value
    expect(preview.locator(".preview-bar")).to_contain_text("Preview: the front page of")
    order = ["The oldest tide", "The middle tide", "The newest tide"]
    expect(preview.locator(".front h2")).to_have_text(order)
    assert not FrontPage.objects.exists()
    preview.close()
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator(".messagelist")).to_contain_text("Readers have this front page now.")
    desk.goto("/")
    expect(desk.locator(".front h2")).to_have_text(order)
