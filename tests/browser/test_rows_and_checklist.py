"""Rows put in order, related reads taken, a checklist passed over: with mouse and keyboard."""

import pytest

from articles import publishing
from articles.models import Edition
from tests.browser.axe import found_by_axe
from tests.factories import make_article, make_author

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]


def names(article):
    return [str(line) for line in article.bylines.all()]


def three_authors():
    return make_article(authors=[make_author(name=name) for name in ("Ann", "Ben", "Cem")])


def save(page):
    page.click("[name=_continue]")
    page.wait_for_selector(".messagelist")


def test_rows_are_ordered_by_dragging_and_by_keyboard(desk):
    article = three_authors()
    desk.goto(article.get_absolute_url())
    row = desk.locator("#bylines-group tr.form-row:not(.empty-form)")
    assert not desk.locator("#id_bylines-0-position").is_visible()
    handle, first = row.nth(2).locator(".order-handle"), row.nth(0)
    handle.scroll_into_view_if_needed()
    start, target = handle.bounding_box(), first.bounding_box()
    desk.mouse.move(start["x"] + 8, start["y"] + 8)
    desk.mouse.down()
    desk.mouse.move(start["x"] + 8, target["y"] + target["height"] + 5, steps=5)
    desk.mouse.move(start["x"] + 8, target["y"] + 3, steps=5)
    desk.mouse.up()
    assert "Cem is now number 1 of 3." in desk.inner_text("#bylines-group .order-news")
    down = desk.get_by_role("button", name="Move down: Ann")
    down.focus()
    desk.keyboard.press("Enter")
    assert down.evaluate("button => button === document.activeElement")
    save(desk)
    assert names(article) == ["Cem", "Ben", "Ann"]


def test_a_row_taken_out_after_ordering_leaves_the_others_what_they_are(desk):
    article = three_authors()
    desk.goto(article.get_absolute_url())
    for number, name in enumerate(("Reuters", "AFP"), 3):
        desk.click("#bylines-group .add-row a")
        desk.fill(f"#id_bylines-{number}-name", name)
        desk.locator(f"#id_bylines-{number}-name").blur()
    up = desk.get_by_role("button", name="Move up: AFP")
    for _ in range(4):
        up.focus()
        desk.keyboard.press("Enter")
    desk.locator("#bylines-3 .inline-deletelink").click()
    save(desk)
    assert names(article) == ["AFP", "Ann", "Ben", "Cem"]


def test_a_suggested_read_is_taken_with_one_click_and_a_guest_gets_their_profile(desk):
    other = make_article(headline="The older tide", tags=["Semiconductors"])
    publishing.publish(other)
    article = make_article(authors=[], tags=["Semiconductors"])
    author = make_author(name="Wency Chen")
    desk.goto(article.get_absolute_url())
    assert "shares: Semiconductors" in desk.inner_text(".suggestions li")
    desk.click("button:has-text('The older tide')")
    desk.wait_for_selector(".suggestions", state="hidden")
    desk.click("#bylines-group .add-row a")
    desk.fill("#id_bylines-0-name", "Wency Chan")
    desk.click("#bylines-0 button:has-text('Take Wency Chen')")
    assert desk.input_value("#id_bylines-0-name") == ""
    save(desk)
    assert article.related_reads.get().story == other
    assert article.bylines.get().author == author


# axe-core itself writes inline styles, which the policy would refuse and report.
@pytest.mark.parametrize("page", [{"bypass_csp": True}], indirect=True)
def test_warnings_take_a_second_click_and_their_lines_lead_to_the_fields(desk):
    article = make_article(standfirst="")
    article.related_reads.create(story=make_article(headline="Never published"))
    article.refresh_fingerprint()
    desk.goto(article.get_absolute_url())
    desk.click("[name=_publish]")
    desk.wait_for_selector("[name=_publish][value='Publish anyway']")
    assert not Edition.objects.exists()
    desk.click("#checklist a:has-text('Standfirst')")
    assert desk.evaluate("document.activeElement.id") == "id_standfirst"
    assert "not published" in desk.inner_text("#related_reads-0 .row-warning:not(:empty)")
    assert found_by_axe(desk) == []
    desk.click("[name=_publish]")
    desk.wait_for_selector(".messagelist:has-text('Published')")
    assert Edition.objects.live().get().article == article


def test_the_slug_of_a_draft_follows_its_headline_until_it_is_written_by_hand(desk):
    article = make_article(headline="First words", slug="first-words")
    desk.goto(article.get_absolute_url())
    desk.fill("#id_headline", "Second words")
    assert desk.input_value("#id_slug") == "second-words"
    desk.fill("#id_slug", "my-own")
    desk.fill("#id_headline", "Third words")
    assert desk.input_value("#id_slug") == "my-own"
