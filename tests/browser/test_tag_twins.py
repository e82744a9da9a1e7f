"""Close twins of a tag, pointed out while it is typed."""

import pytest
from playwright.sync_api import expect

from articles.models import Tag
from tests.factories import make_article

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]


def test_a_new_tag_that_is_close_to_another_gives_way_to_it_with_one_click(desk):
    make_article(tags=["semiconductors"])
    desk.goto("/admin/articles/article/add/")
    tags = desk.locator(".field-tags .select2-search__field")
    chosen = desk.locator(".field-tags .select2-selection__choice")
    # The list below the field has it while one types.
    tags.fill("Semi-conductor")
    expect(desk.get_by_role("group", name="Close to what you type")).to_contain_text(
        "semiconductors"
    )
    # Who makes the new tag all the same is told, and takes the other one by keyboard.
    tags.press("Enter")
    expect(chosen).to_contain_text("Semi-conductor")
    hint = desk.locator(".twin-hint")
    expect(hint).to_contain_text("There is “semiconductors” (1 story).")
    hint.get_by_role("button", name="Take “semiconductors”").press("Enter")
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("semiconductors")
    expect(hint).to_be_empty()
    # A tag's own form says so too.
    desk.goto("/admin/articles/tag/add/")
    desk.locator("#id_name").press_sequentially("Semiconducter")
    expect(desk.locator(".twin-hint a")).to_have_attribute(
        "href", f"/admin/articles/tag/{Tag.objects.get().pk}/change/"
    )
