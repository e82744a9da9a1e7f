"""Writing with a keyboard: quotes, links, cards, shortcuts, full screen, and how long it is."""

import re

import pytest

from articles import publishing
from articles.models import Edition
from tests.factories import change, make_article, make_image

from .test_desk_to_reader import EDITOR, click_behind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]

POST = "https://mastodon.social/@Gargron/109252111498807689"


def open_story(page, article):
    page.goto(article.get_absolute_url())
    page.wait_for_selector(EDITOR)


def paste(page, text, html=""):
    page.evaluate(
        """([selector, text, html]) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData("text/plain", text)
            if (html) clipboardData.setData("text/html", html)
            document.querySelector(selector).dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
        }""",
        [EDITOR, text, html],
    )


def body_typed(page):
    return page.input_value("#id_body")


def smartened(page, language, typed):
    """Return what a text becomes as it is typed, by the module itself."""
    return page.evaluate(
        """async ([language, typed]) => {
            const { smarten, quotesOf } = await import("/static/editor/smart_quotes.js")
            return [...typed].reduce((before, key) => {
                const change = smarten(before, key, quotesOf(language))
                if (!change) return before + key
                return before.slice(0, before.length - change.remove) + change.insert
            }, "")
        }""",
        [language, typed],
    )


def test_quotes_and_dashes_turn_while_typed_and_one_undo_brings_them_back(desk):
    open_story(desk, make_article(body="<p>Start.</p>"))
    click_behind(desk, "Start.")
    desk.keyboard.type(' "Don\'t," she said -- and left...')
    assert body_typed(desk) == "<p>Start. “Don’t,” she said – and left…</p>"
    desk.keyboard.press("Control+z")
    assert body_typed(desk) == "<p>Start. “Don’t,” she said – and left...</p>"
    desk.keyboard.type(' "')
    desk.keyboard.press("Backspace")
    assert body_typed(desk).endswith('left... "</p>')
    paste(desk, ' "pasted" -- as it is')
    assert '"pasted" -- as it is' in body_typed(desk)

    desk.fill("#id_headline", "")
    desk.click("#id_headline")
    desk.keyboard.type('The city\'s "no"')
    assert desk.input_value("#id_headline") == "The city’s “no”"
    desk.keyboard.press("Control+z")
    assert desk.input_value("#id_headline") == 'The city’s “no"'
    desk.keyboard.type(" --")
    desk.keyboard.press("Backspace")
    assert desk.input_value("#id_headline") == 'The city’s “no" --'

    for language, typed, wanted in [
        ("en-gb", "'It's (\"so\")' in the '90s --- yes", "‘It’s (“so”)’ in the ’90s — yes"),
        ("de", "Er sagt: \"Ich hab's 'gehört'\"", "Er sagt: „Ich hab’s ‚gehört‘“"),
        ("de-ch", '"Grüezi"', "«Grüezi»"),
        ("fr", '"Bonjour", l\'eau', "«\u00a0Bonjour\u00a0», l’eau"),
        ("fr", '" Bonjour "', "«\u00a0 Bonjour\u00a0»"),
        ("sv", '"Hej"', "”Hej”"),
        ("tlh", '"Qapla"', "“Qapla”"),
        ("en", 'at https://example.org/a--b "', "at https://example.org/a--b “"),
    ]:
        assert smartened(desk, language, typed) == wanted
    # It would take minutes, were each address looked at to the end.
    assert desk.evaluate(
        """async () => {
            const { smarten, quotesOf } = await import("/static/editor/smart_quotes.js")
            return smarten("://".repeat(200_000) + " ", '"', quotesOf("en")).insert
        }"""
    )


def test_a_link_found_by_searching_survives_a_new_slug(desk):
    target = make_article(headline="Old tide returns", slug="old-tide")
    make_article(headline="Something else")
    publishing.publish(target)
    story = make_article(body="<p>Start.</p>")
    open_story(desk, story)
    click_behind(desk, "Start.")
    desk.keyboard.type(" ")
    desk.click("button[title='link to a story']")
    desk.wait_for_selector(".story-dialog li")
    desk.keyboard.type("tide")
    desk.wait_for_selector(".story-dialog li:only-child")
    desk.keyboard.press("Enter")
    desk.keyboard.type(" again.")
    desk.wait_for_selector(f"{EDITOR} .story-link[title^='Old tide returns (Live']")
    desk.keyboard.press("Control+Alt+Enter")
    desk.wait_for_selector(".messagelist a")
    story.refresh_from_db()
    assert story.body == (f'<p>Start. <a href="story:{target.pk}">Old tide returns</a> again.</p>')

    change(target, slug="new-tide")
    publishing.publish(target)
    desk.goto(Edition.objects.live().get(article=story).get_absolute_url())
    desk.click("article .body a")
    desk.wait_for_url("**/new-tide/")
    assert desk.inner_text("h1") == "Old tide returns"


def test_a_passage_is_marked_as_another_language_and_unmarked_again(desk):
    story = make_article(body="<p>He said: non</p>")
    open_story(desk, story)
    click_behind(desk, "He said: non")
    button = "button[title='language of a passage']"
    # Nothing is selected: there is nothing to mark.
    desk.click(f"{button}.disabled")
    assert not desk.locator(".language-dialog").count()
    # Twenty milliseconds after it got the focus back, the editor puts its own selection back.
    desk.evaluate("() => new Promise(done => setTimeout(done, 30))")
    desk.keyboard.press("Control+Shift+ArrowLeft")
    # A browser tells the editor of a selection when it has time to.
    desk.click(f"{button}:not(.disabled)")
    # Letters that come slower than a second apart would choose by the last one alone.
    desk.select_option("#language-of-passage", label="French")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(f"{EDITOR} span[lang=fr]")
    desk.keyboard.type(", and left.")
    passage = '<span lang="fr" dir="auto">non</span>'
    assert body_typed(desk) == f"<p>He said: {passage}, and left.</p>"

    for _letter in ", and left.":
        desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("ArrowLeft")
    desk.click(button)
    assert desk.input_value("#language-of-passage") == "fr"
    desk.select_option("#language-of-passage", label="Arabic")
    desk.click(".language-dialog button:text-is('Mark')")
    assert passage.replace("fr", "ar") in body_typed(desk)
    desk.keyboard.press("ArrowLeft")
    desk.click(button)
    desk.select_option("#language-of-passage", value="")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(f"{EDITOR} span[lang]", state="detached")
    assert body_typed(desk) == "<p>He said: non, and left.</p>"


def test_a_pasted_address_becomes_a_card_and_undo_leaves_a_link(desk):
    story = make_article(body="<p>Start.</p>")
    open_story(desk, story)
    click_behind(desk, "Start.")
    desk.keyboard.press("Enter")
    paste(desk, f"{POST}\n")
    assert f'<figure data-embed="{POST}">' in body_typed(desk)
    desk.keyboard.press("Control+z")
    assert body_typed(desk) == f'<p>Start.</p><p><a href="{POST}">{POST}</a></p>'
    desk.keyboard.press("Control+Shift+z")
    desk.click(f"{EDITOR} .embed-figure figcaption")
    desk.keyboard.type("What he said")
    desk.keyboard.press("Enter")
    desk.keyboard.type("Onward")
    paste(desk, POST)
    desk.keyboard.press("Control+s")
    desk.wait_for_selector(".messagelist")
    story.refresh_from_db()
    assert story.body == (
        f'<p>Start.</p><figure data-embed="{POST}"><figcaption>What he said</figcaption></figure>'
        f'<p>Onward<a href="{POST}">{POST}</a></p>'
    )
    desk.wait_for_selector(f"{EDITOR} .embed-figure")
    desk.keyboard.press("Control+Shift+Enter")
    desk.wait_for_url("**/preview/**")
    assert "@Gargron" in desk.frame_locator("iframe").locator("article .embed").inner_text()


def test_a_document_from_google_docs_keeps_its_links_and_its_cards(desk):
    story = make_article(body="")
    open_story(desk, story)
    desk.click(EDITOR)
    paste(
        desk,
        "as the browser has it",
        '<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span>One </span>'
        '<a href="https://example.org/"><span>link</span></a><span>.</span></p>'
        f'<p dir="ltr"><a href="{POST}"><span>{POST}</span></a></p>'
        '<p dir="ltr"><span>Last.</span></p></b>',
    )
    desk.click("[name=_continue]")
    story.refresh_from_db()
    assert story.body == (
        '<p>One <a href="https://example.org/">link</a>.</p>'
        f'<figure data-embed="{POST}"><figcaption></figcaption></figure><p>Last.</p>'
    )


def test_the_counters_turn_where_a_text_is_cut(desk):
    open_story(desk, make_article(headline="Short", body="<p>One two-three don’t.</p><p>— 5</p>"))
    counter = desk.locator("#id_headline_counter")
    assert counter.inner_text().strip() == "5 characters"
    assert desk.get_attribute("#id_headline", "aria-describedby") == "id_headline_counter"
    desk.fill("#id_headline", "W" * 40)
    assert counter.inner_text() == "40 characters ⚠ Too long: cut in search results"
    desk.fill("#id_headline", "Tower " * 15)
    assert counter.inner_text().endswith("cut in search results and social cards")
    desk.fill("#id_standfirst", "Water stands at the wall. " * 8)
    assert "cut in search results" in desk.inner_text("#id_standfirst_counter")

    assert desk.inner_text(".body-length") == "4 words · 1 minute to read"
    click_behind(desk, "— 5")
    desk.keyboard.type(" more")
    desk.wait_for_selector(".body-length:has-text('5 words')")
    measured = desk.evaluate(
        """async () => {
            const { measure } = await import("/static/desk/counters.js")
            // Of the dashes a moment, not the minutes of a look from each.
            const texts = ["", "word ".repeat(714), "今天天气很好。", "字".repeat(1500)]
            return [...texts, "-".repeat(200_000)].map(measure)
        }"""
    )
    assert measured[0] == {"words": 0, "minutes": 0}
    assert measured[1] == {"words": 714, "minutes": 3}
    assert 2 <= measured[2]["words"] <= 6
    assert measured[3]["minutes"] == 3
    assert measured[4] == {"words": 0, "minutes": 0}


def test_full_screen_and_the_list_of_shortcuts_by_keyboard(desk):
    story = make_article(body="<p>Start.</p>")
    open_story(desk, story)
    desk.focus("#full-screen-button")
    desk.keyboard.press("?")
    listed = desk.inner_text("dialog[open]")
    for words in ("Save", "Preview", "Publish", "full screen"):
        assert words in listed
    desk.keyboard.press("Escape")
    desk.wait_for_selector("dialog", state="detached")

    click_behind(desk, "Start.")
    desk.keyboard.type(" Why?")
    assert desk.locator("dialog").count() == 0
    desk.keyboard.press("Control+Shift+F")
    for hidden in ("#header", ".submit-row", "#id_slug", "#bylines-group"):
        desk.wait_for_selector(hidden, state="hidden")
    for shown in ("#id_headline", "#id_standfirst", ".prose-menubar"):
        assert desk.is_visible(shown)
    desk.wait_for_selector(".writing-foot #keeping-status:has-text('Saved')")
    desk.keyboard.type(" Because.")
    desk.keyboard.press("Escape")
    desk.wait_for_selector("#header", state="visible")
    assert desk.is_visible("#keeping-status")
    assert desk.locator(".writing-foot #keeping-status").count() == 0
    assert body_typed(desk) == "<p>Start. Why? Because.</p>"

    desk.keyboard.press("Control+Shift+F")
    desk.wait_for_selector("#header", state="hidden")
    desk.keyboard.press("Control+s")
    desk.wait_for_selector(".messagelist")
    desk.wait_for_selector("#header", state="hidden")
    story.refresh_from_db()
    assert story.body == "<p>Start. Why? Because.</p>"
    assert re.fullmatch(r"\d+ words · 1 minute to read", desk.inner_text(".body-length"))


def test_a_click_on_a_picture_or_a_card_leads_into_its_caption(desk):
    figures = [
        (f'data-image="{make_image().pk}"', ".library-figure img", "One."),
        ('data-embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ"', ".embed-card", ""),
    ]
    for attribute, shown, caption in figures:
        body = f"<p>Start.</p><figure {attribute}><figcaption>%s</figcaption></figure>"
        open_story(desk, make_article(body=body % caption))
        for words in ("Two.", "Three."):
            desk.click("#id_standfirst")
            desk.click(f"{EDITOR} {shown}")
            desk.keyboard.type(words)
        assert body_typed(desk) == body % f"{caption}Two.Three."
