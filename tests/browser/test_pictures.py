"""Pictures at the desk, with a real mouse, clipboard and keyboard."""

import base64
import re

import pytest
from PIL import Image as Pixels
from playwright.sync_api import expect

from articles.models import Image
from tests.browser.axe import found_by_axe
from tests.factories import make_article, make_image
from tests.pictures import encoded

pytestmark = pytest.mark.django_db(transaction=True)
LIBRARY = "/admin/articles/image/"
EDITOR = ".prose-menubar + [contenteditable=true].ProseMirror"


def file_of(name, kind="image/jpeg", content=None):
    """Return a file as the page's script gets it: name, type and content in base64."""
    if content is None:
        noise = Pixels.effect_noise((600, 400), 60).convert("RGB")
        content = encoded(noise, kind.split("/")[1].upper())
    return [name, kind, base64.b64encode(content).decode()]


def hand_over(page, selector, event, *files):
    """Drop or paste files on an element, as the browser hands them over."""
    page.evaluate(
        """([selector, name, files]) => {
            const transfer = new DataTransfer()
            for (const [name, type, content] of files) {
                const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0))
                transfer.items.add(new File([bytes], name, { type }))
            }
            const element = document.querySelector(selector)
            const { x, y, width, height } = element.getBoundingClientRect()
            const options = { bubbles: true, cancelable: true, clientX: x + width / 2,
                              clientY: y + Math.min(height / 2, 20) }
            element.dispatchEvent(name === "paste"
                ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
                : new DragEvent(name, { ...options, dataTransfer: transfer }))
        }""",
        [selector, event, list(files)],
    )


def test_many_files_are_dropped_at_once_and_each_has_its_own_result(desk):
    known = Image.objects.count()
    desk.goto(LIBRARY)
    same = file_of("quay-at-noon.jpg")
    script = file_of("gates.jpg", content=b"<html><script>alert(1)</script>")
    hand_over(desk, "#changelist", "drop", same, script, file_of("tide.png", kind="image/png"))
    rows = desk.locator(".upload")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("“quay-at-noon.jpg” is in the library.")
    expect(rows.nth(1)).to_contain_text("“gates.jpg” cannot be read as a picture (it is HTML)")
    expect(rows.nth(2)).to_contain_text("“tide.png” is in the library.")
    expect(desk.locator(".upload-status")).to_contain_text("2 of 3 in the library.")

    words = rows.nth(0).locator("form")
    expect(words.get_by_label("Title")).to_have_value("Quay at noon")
    expect(words).to_contain_text("No alt text yet")
    words.get_by_label("Alt text").fill("A quay in the sun")
    words.get_by_label("Credit").fill("Ann Quill")
    expect(words.locator("p.lacks")).to_be_hidden()
    words.get_by_role("button", name="Save words").click()
    expect(words).to_contain_text("Saved.")

    hand_over(desk, "#changelist", "paste", same)
    expect(rows.nth(3)).to_contain_text("is in the library already, as “Quay at noon”.")
    assert Image.objects.count() == known + 2
    image = Image.objects.get(title="Quay at noon")
    assert (image.alt_text, image.credit) == ("A quay in the sun", "Ann Quill")
    expect(rows.nth(3).locator("a")).to_have_attribute("href", image.get_absolute_url())


# The browser itself reports what did not get through.
@pytest.mark.parametrize("page", [{"expected": "ERR_INTERNET_DISCONNECTED"}], indirect=True)
@pytest.mark.looks
def test_a_file_that_did_not_get_through_stays_and_is_tried_again(desk):
    desk.goto(LIBRARY)
    desk.context.set_offline(True)
    hand_over(desk, "#changelist", "drop", file_of("tide.jpg"))
    row = desk.locator(".upload")
    expect(row).to_contain_text("The connection is lost.")
    expect(row.get_by_role("button", name="Try again")).to_be_visible()
    desk.context.set_offline(False)
    expect(row).to_contain_text("“tide.jpg” is in the library.")
    assert Image.objects.get().title == "Tide"


@pytest.mark.looks
def test_a_file_that_no_longer_gets_on_is_said_to_be_stuck_and_is_tried_again(desk):
    desk.clock.install()
    desk.goto(LIBRARY)
    desk.route("**/upload/", lambda route: None, times=1)
    with desk.expect_request("**/upload/"):
        hand_over(desk, "#changelist", "drop", file_of("tide.jpg"))
    desk.clock.fast_forward(61_000)
    row = desk.locator(".upload")
    expect(row).to_contain_text("The connection is lost.")
    row.get_by_role("button", name="Try again").click()
    expect(row).to_contain_text("“tide.jpg” is in the library.")


# The browser itself reports what did not get through.
@pytest.mark.parametrize("page", [{"expected": "ERR_INTERNET_DISCONNECTED"}], indirect=True)
@pytest.mark.looks
def test_words_of_a_picture_leave_the_storys_form_only_saved_or_if_that_is_meant(desk):
    desk.goto(make_article(lead_image=None).get_absolute_url())
    desk.get_by_role("button", name="Choose picture…").click()
    hand_over(desk, ".library-dialog", "drop", file_of("quay.jpg"))
    dialog = desk.get_by_role("dialog")
    words = dialog.get_by_label("Alt text")
    words.fill("A quay at night")
    # By a link, a reload or the tab's cross: the browser asks.
    leaves = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert not desk.evaluate(leaves)
    desk.context.set_offline(True)
    desk.on("dialog", lambda question: question.dismiss())
    for key in ("Escape", "Enter"):
        with desk.expect_event("dialog"):
            dialog.get_by_role("button", name="Cancel").press(key)
        expect(dialog).to_contain_text("Your words are still here.")
    expect(words).to_have_value("A quay at night")
    desk.context.set_offline(False)
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert Image.objects.get(title="Quay").alt_text == "A quay at night"
    assert desk.evaluate(leaves)


def drawn_crop(page):
    return page.locator(".focal-crops canvas").nth(1).evaluate("canvas => canvas.toDataURL()")


@pytest.mark.looks
def test_the_focal_point_is_set_by_click_and_by_keys_and_the_crops_follow(desk):
    image = make_image()
    with image.file.storage.open(image.file.name, "wb") as file:
        gradient = Pixels.linear_gradient("L").rotate(90).resize((1200, 900)).convert("RGB")
        gradient.save(file, "JPEG")
    desk.goto(image.get_absolute_url())
    desk.wait_for_function("() => document.querySelector('.focal-picture img').naturalWidth > 0")
    before = drawn_crop(desk)
    box = desk.locator(".focal-picture img").bounding_box()
    desk.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.75)
    assert (desk.input_value("#id_focal_x"), desk.input_value("#id_focal_y")) == ("55", "75")
    after_click = drawn_crop(desk)
    assert after_click != before
    # The click leaves the mark in the keyboard's reach.
    desk.keyboard.press("Shift+ArrowRight")
    desk.keyboard.press("ArrowUp")
    marker = desk.get_by_role("button", name=re.compile("65 percent from the left, 74 percent"))
    expect(marker).to_be_focused()
    assert drawn_crop(desk) != after_click
    desk.fill("#id_focal_x", "40")
    expect(desk.locator(".focal-marker")).to_have_attribute("aria-label", re.compile("40 percent"))
    desk.click("[name=_save]")
    expect(desk.locator(".messagelist")).to_contain_text("changed successfully")
    image.refresh_from_db()
    assert (image.focal_x, image.focal_y) == (40, 74)


@pytest.mark.looks
def test_a_picture_pasted_into_the_body_is_put_into_words_there_and_stands_in_the_story(desk):
    article = make_article(body="<p>The gates are closed.</p>", lead_image=None)
    desk.goto(article.get_absolute_url())
    desk.click(EDITOR)
    hand_over(desk, EDITOR, "paste", file_of("image.png", kind="image/png"))
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("“Pasted picture.png” is in the library.")
    expect(dialog.get_by_label("Alt text")).to_be_focused()
    desk.keyboard.type("Two closed gates")
    dialog.get_by_label("Credit").fill("Ann Quill")
    dialog.get_by_role("button", name="Save words and use this picture").click()
    expect(desk.locator(f"{EDITOR} .library-figure img")).to_be_visible()
    # The rest of the story is still there to write on.
    desk.keyboard.type("They stay so.")
    desk.click("[name=_continue]")
    image = Image.objects.get()
    assert (image.title, image.alt_text) == ("Pasted picture", "Two closed gates")
    article.refresh_from_db()
    assert f'<figure data-image="{image.pk}">' in article.body
    assert "The gates are closed." in article.body and "They stay so." in article.body


@pytest.mark.looks
def test_files_dropped_on_the_body_become_pictures_and_beside_it_nothing(desk):
    article = make_article(lead_image=None)
    desk.goto(article.get_absolute_url())
    desk.click(EDITOR)
    hand_over(desk, "#id_headline", "drop", file_of("quay.jpg"))
    expect(desk.get_by_role("dialog")).to_have_count(0)
    hand_over(desk, EDITOR, "drop", file_of("quay.jpg"), file_of("tide.jpg"))
    desk.get_by_role("button", name="use these 2 pictures").click()
    expect(desk.locator(f"{EDITOR} .library-figure")).to_have_count(2)
    assert {image.title for image in Image.objects.all()} == {"Quay", "Tide"}


@pytest.mark.looks
def test_the_lead_image_is_uploaded_and_chosen_in_one_dialog_by_keyboard(desk, tmp_path):
    article = make_article(lead_image=None)
    picture = tmp_path / "harbour.jpg"
    Pixels.new("RGB", (900, 600), "navy").save(picture)
    desk.goto(article.get_absolute_url())
    desk.get_by_role("button", name="Choose picture…").press("Enter")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Upload a picture").set_input_files(picture)
    dialog.get_by_label("Alt text").fill("A harbour")
    dialog.get_by_role("button", name="Save words and use this picture").press("Enter")
    expect(desk.locator(".lead-image")).to_contain_text("A harbour")
    expect(desk.locator(".lead-image img")).to_have_count(3)
    desk.click("[name=_continue]")
    article.refresh_from_db()
    assert article.lead_image == Image.objects.get(title="Harbour", alt_text="A harbour")


@pytest.mark.looks
@pytest.mark.parametrize("page", [{"bypass_csp": True}], indirect=True)
def test_axe_finds_nothing_in_the_dialog(desk):
    make_image(alt_text="")
    desk.goto(make_article(lead_image=None).get_absolute_url())
    for width in (1280, 360):
        desk.set_viewport_size({"width": width, "height": 800})
        desk.get_by_role("button", name="Choose picture…").click()
        expect(desk.locator(".library-grid button")).to_have_count(1)
        hand_over(desk, ".library-dialog", "drop", file_of("gates.jpg", content=b"<html>"))
        expect(desk.locator(".upload-refused")).to_be_visible()
        assert found_by_axe(desk) == []
        desk.keyboard.press("Escape")
        expect(desk.get_by_role("dialog")).to_have_count(0)


@pytest.mark.looks
@pytest.mark.parametrize("page", [{"bypass_csp": True}], indirect=True)
def test_axe_finds_nothing_in_a_list_of_uploads_or_in_former_files(desk):
    image = make_image()
    image.replaced_files.create(file=image.file.name, width=1200, height=900)
    former = image.replaced_files.get()
    for address in (
        LIBRARY,
        image.get_absolute_url(),
        f"{LIBRARY}former/{former.pk}/bring-back/",
    ):
        desk.set_viewport_size({"width": 360, "height": 800})
        desk.goto(address)
        if address == LIBRARY:
            script = file_of("gates.jpg", content=b"<html>")
            hand_over(desk, "#changelist", "drop", file_of("tide.jpg"), script)
            expect(desk.locator(".upload-status")).to_contain_text("of 2 in the library.")
            expect(desk.locator(".picture-words")).to_be_visible()
        assert found_by_axe(desk) == []
        assert desk.evaluate("document.documentElement.scrollWidth") <= 360
