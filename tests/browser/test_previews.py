"""Previews in a browser: laid out as on a phone, sent to a stranger, taken back."""

import pytest

from articles.models import PreviewLink
from tests.factories import make_article, make_image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]
NATURAL_WIDTH = "image => image.decode().then(() => image.naturalWidth)"


def test_the_story_is_laid_out_at_the_width_of_a_phone_and_of_a_desktop(desk):
    article = make_article(lead_image=make_image(), standfirst="It holds. " * 20)
    desk.goto(article.get_absolute_url())
    desk.click("[name=_preview]")
    for shown_as, width in (("Phone", 360), ("Desktop", 1280)):
        # Reached and pressed with the keyboard.
        desk.locator(".preview-tabs").get_by_text(shown_as, exact=True).press("Enter")
        desk.wait_for_selector(f".preview-window.fits .preview-{shown_as.lower()}")
        frame = desk.locator("iframe").element_handle().content_frame()
        frame.wait_for_selector(".story .lead-image img")
        assert frame.evaluate("innerWidth") == width
        assert frame.evaluate("document.documentElement.scrollWidth") == width
        assert frame.locator(".lead-image img").evaluate(NATURAL_WIDTH) > 0
        # The frame is as tall as its page and no wider than its place.
        desk.wait_for_function(
            """() => {
                const iframe = document.querySelector("iframe")
                const page = iframe.contentDocument.documentElement
                const place = iframe.parentElement.getBoundingClientRect()
                return page.scrollHeight <= iframe.offsetHeight
                    && place.right <= document.documentElement.clientWidth
            }"""
        )
    with desk.context.expect_page() as opened:
        frame.click(".masthead .name a")
    assert opened.value.url.endswith("/")
    assert "/preview/" in desk.url


def test_a_link_is_made_opened_by_a_stranger_and_revoked(desk, chromium, live_server):
    article = make_article(headline="Not out yet", lead_image=make_image())
    desk.context.grant_permissions(["clipboard-write"])
    desk.goto(f"/admin/articles/article/{article.pk}/preview/")
    desk.click(".preview-tabs a:has-text('Send a link')")
    desk.fill("#id_for_whom", "The lawyer")
    desk.select_option("#id_valid_for", label="1 hour")
    desk.click("text=Make a link")
    desk.click("button:has-text('Copy')")
    desk.wait_for_selector(".copied:has-text('Copied')")
    desk.focus("#id_for_whom")
    desk.keyboard.press("Control+v")
    address = desk.input_value("#id_for_whom")
    # The address is there to be copied: a key pressed in it does nothing else.
    desk.press(".preview-link input", "Enter")
    assert desk.locator("button:has-text('Revoke')").is_visible()
    assert address == live_server.url + PreviewLink.objects.get().get_absolute_url()

    with chromium.new_context() as stranger:
        page = stranger.new_page()
        page.goto(address)
        assert page.inner_text("h1") == "Not out yet"
        assert "The lawyer" in page.inner_text(".preview-bar")
        lead = page.locator(".lead-image img")
        assert lead.evaluate(NATURAL_WIDTH) > 0
        picture = lead.evaluate("image => image.currentSrc")
        assert address in picture
        assert stranger.cookies() == []
        desk.click("button:has-text('Revoke')")
        desk.wait_for_selector(".messagelist:has-text('Revoked')")
        for refused in (address, picture):
            assert page.goto(refused).status == 404
        assert "Not out yet" not in page.content()
