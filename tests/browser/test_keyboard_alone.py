"""The desk's five pages, worked with a keyboard alone; ``Keyboard`` looks at each stop."""

import re

import pytest
from PIL import Image as Pixels
from playwright.sync_api import expect

from articles import publishing
from articles.models import Article, Edition, FrontPage, Image, PreviewLink
from tests.browser.keyboard import Keyboard
from tests.browser.test_desk_to_reader import EDITOR
from tests.browser.test_the_desk_for_everyone import open_page, story  # noqa: F401, F811
from tests.factories import make_article, make_author, make_image, make_section, make_series

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]


@pytest.mark.parametrize(
    "name",
    [
        "dashboard",
        "list",
        "new story",
        "article form",
        "image library",
        "image form",
        "preview on a phone",
        "preview links",
    ],
)
def test_tab_goes_through_the_whole_page_and_back_with_the_focus_always_in_sight(
    desk,
    story,  # noqa: F811
    name,
):
    open_page(desk, story, name, 1280)
    assert len(Keyboard(desk).walk(there_and_back=True)) > 10
    # A phone's page has the same way back.
    desk.set_viewport_size({"width": 360, "height": 800})
    assert len(Keyboard(desk).walk()) > 10


def test_the_dashboard_leads_to_a_story(desk):
    publishing.publish(make_article(headline="Gates closed"))
    desk.goto("/admin/")
    Keyboard(desk).enter(desk.locator(".panel").get_by_role("link", name="Gates closed"))
    expect(desk.locator("#id_headline")).to_have_value("Gates closed")


def test_stories_are_searched_filtered_ticked_and_opened_in_the_list(desk):
    for headline in ("Gates closed", "Gates open"):
        publishing.publish(make_article(headline=headline))
    make_article(headline="Gates drafted")
    make_article(headline="Harbour wall")
    desk.goto("/admin/articles/article/")
    keys = Keyboard(desk)
    rows = desk.locator("#result_list tbody tr")
    keys.tab_to(desk.locator("#searchbar"))
    keys.type("gates")
    keys.press("Enter")
    expect(rows).to_have_count(3)
    keys.enter(desk.locator("#changelist-filter").get_by_role("link", name="Live", exact=True))
    expect(rows).to_have_count(2)
    keys.tab_to(desk.locator("select[name=action]"))
    keys.type("Put on")
    keys.tab_to(desk.locator("#action-toggle"))
    keys.press("Space")
    keys.enter(desk.locator("button[name=index]"), back=True)
    expect(desk.locator("#content h1")).to_contain_text("front page")
    keys.enter(desk.locator("[name=_save]"))
    expect(desk.locator(".messagelist")).to_contain_text("Readers have this front page now.")
    assert FrontPage.objects.get().front_page_picks.count() == 2
    desk.goto("/admin/articles/article/?q=gates")
    keys.enter(desk.get_by_role("link", name="Gates drafted"))
    expect(desk.locator("#id_headline")).to_have_value("Gates drafted")


def test_a_story_is_written_put_in_order_saved_checked_and_published(desk):
    make_section(name="City")
    picture = make_image(title="Lock gates")
    older = make_article(headline="The older tide", tags=["Flooding"])
    publishing.publish(older)
    for name in ("Ada Quill", "Ben Stone"):
        make_author(name=name)
    desk.goto("/admin/articles/article/add/")
    desk.wait_for_selector(EDITOR)
    keys = Keyboard(desk)
    keys.tab_to(desk.locator("#id_headline"))
    keys.type("Wall holds in the highest tide")
    keys.tab_to(desk.locator(EDITOR))
    keys.type("The water stopped below the top.")
    keys.enter(desk.get_by_role("button", name="Choose picture…"))
    expect(desk.get_by_role("searchbox", name="Search the library")).to_be_focused()
    # Each answer puts other buttons in the place of those that are there.
    with desk.expect_response(lambda answer: answer.url.endswith("q=lock")):
        keys.type("lock")
    keys.enter(desk.locator(".library-grid button", has_text="Lock gates"))
    expect(desk.locator(".lead-image img")).to_have_count(3)
    keys.tab_to(desk.locator("#id_section"))
    keys.type("City")
    keys.find("#id_tags", "Flooding")
    for number, name in enumerate(("Ada Quill", "Ben Stone")):
        keys.enter(desk.locator("#bylines-group .add-row a"))
        keys.tab_to(desk.locator(f"#id_bylines-{number}-role"), back=True)
        keys.press("Shift+Tab", "Shift+Tab")
        keys.find(f"#id_bylines-{number}-author", name)
    keys.enter(desk.get_by_role("button", name="Move up: Ben Stone"))
    expect(desk.locator("#bylines-group .order-news")).to_contain_text("is now number 1 of 2.")
    keys.enter(desk.locator(".suggestions button", has_text="The older tide"))
    keys.press("Control+s")
    expect(desk.locator(".messagelist")).to_contain_text("added successfully")

    desk.wait_for_selector(EDITOR)
    keys.press("Control+Alt+Enter")
    expect(desk.locator("[name=_publish]")).to_have_value("Publish anyway")
    assert not Edition.objects.live().filter(article__slug__startswith="wall").exists()
    keys.enter(desk.locator("#checklist a", has_text="Standfirst"))
    expect(desk.locator("#id_standfirst")).to_be_focused()
    keys.type("A hand’s breadth was left.")
    keys.enter(desk.locator("[name=_publish]"))
    expect(desk.locator(".messagelist")).to_contain_text("Published")
    written = Article.objects.get(slug="wall-holds-in-the-highest-tide")
    assert [str(line) for line in written.bylines.all()] == ["Ben Stone", "Ada Quill"]
    assert (written.lead_image, written.related_reads.get().story) == (picture, older)
    assert written.editions.live().get().standfirst == "A hand’s breadth was left."


def test_a_series_is_chosen_changed_and_cleared(desk):
    series = [make_series(name=name) for name in ("Estuary watch", "Night shifts")]
    story = make_article()  # noqa: F811
    keys = Keyboard(desk)

    def saved():
        keys.press("Control+s")
        expect(desk.locator(".messagelist")).to_contain_text("changed successfully")
        story.refresh_from_db()
        return story.series

    desk.goto(story.get_absolute_url())
    desk.wait_for_selector(EDITOR)
    for name, chosen in zip(("Estuary", "Night"), series, strict=True):
        keys.find("#id_series", name)
        assert saved() == chosen
        desk.wait_for_selector(EDITOR)
        # The way there has been gone.
        desk.locator("#id_section").focus()
    keys.tab_to(desk.locator("#id_series + .select2 [role=combobox]"))
    keys.press("Delete")
    assert saved() is None


def test_a_picture_is_uploaded_put_into_words_pointed_at_and_replaced(desk, tmp_path):
    for name, colour in (("harbour", "navy"), ("newer", "teal")):
        Pixels.new("RGB", (900, 600), colour).save(tmp_path / f"{name}.jpg")

    def choose(keys, field, name):
        # Listened for before the key is pressed: the browser would open its own window else.
        keys.page.once("filechooser", lambda chooser: chooser.set_files(tmp_path / name))
        keys.tab_to(field)
        keys.press("Space")

    desk.goto("/admin/articles/image/")
    keys = Keyboard(desk)
    choose(keys, desk.get_by_label("Upload pictures").locator("input[type=file]"), "harbour.jpg")
    words = desk.locator(".upload form")
    keys.tab_to(words.get_by_label("Alt text"))
    keys.type("A harbour")
    keys.tab_to(words.get_by_label("Credit"))
    keys.type("Ann Quill")
    keys.enter(words.get_by_role("button", name="Save words"))
    expect(words).to_contain_text("Saved.")
    image = Image.objects.get(alt_text="A harbour", credit="Ann Quill")
    former = image.file.name
    with desk.expect_popup() as popup:
        keys.enter(desk.locator(".upload a").first, back=True)

    page = popup.value
    keys = Keyboard(page)
    keys.tab_to(page.locator(".focal-marker"))
    keys.press("Shift+ArrowRight", "ArrowUp")
    choose(keys, page.locator("#id_file"), "newer.jpg")
    expect(page.locator("#id_file")).to_have_value(re.compile("newer.jpg"))
    keys.enter(page.locator("[name=_save]"))
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    image.refresh_from_db()
    assert (image.focal_x, image.focal_y) == (60, 49)
    assert image.file.name != former and image.replaced_files.get().file.name == former


def test_a_story_is_seen_at_both_widths_and_a_link_to_it_made_and_revoked(desk):
    article = make_article()
    desk.goto(f"/admin/articles/article/{article.pk}/preview/")
    keys = Keyboard(desk)
    tabs = desk.locator(".preview-tabs")
    for name in ("Desktop", "Phone"):
        keys.enter(tabs.get_by_role("link", name=name))
        desk.wait_for_selector(f".preview-window.fits .preview-{name.lower()}")
    keys.enter(tabs.get_by_role("link", name="Send a link…"))
    keys.tab_to(desk.locator("#id_for_whom"))
    keys.type("The lawyer")
    keys.tab_to(desk.locator("#id_valid_for"))
    keys.type("1 hour")
    keys.enter(desk.get_by_role("button", name="Make a link"))
    keys.enter(desk.get_by_role("button", name="Revoke"))
    expect(desk.locator(".messagelist")).to_contain_text("Revoked")
    assert PreviewLink.objects.get(for_whom="The lawyer").revoked_at
