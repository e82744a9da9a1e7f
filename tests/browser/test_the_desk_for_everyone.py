"""The desk's pages: nothing that axe-core finds, nothing out of a phone's reach or a keyboard's."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import TimeoutError

from articles import publishing
from articles.models import FrontPage
from tests.articles.test_keeping import kept
from tests.browser.axe import OF_COLOURS, found_by_axe
from tests.factories import make_article, make_image, make_series

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]

PAGES = {
    "dashboard": "/admin/",
    "list": "/admin/articles/article/",
    "new story": "/admin/articles/article/add/",
    "history": "/admin/articles/article/{article}/history/?one=edition-{edition}",
    "deleted stories": "/admin/articles/article/deleted/",
    "article form": "/admin/articles/article/{article}/change/",
    "preview on a phone": "/admin/articles/article/{article}/preview/",
    "preview on a desktop": "/admin/articles/article/{article}/preview/?as=desktop",
    "search result": "/admin/articles/article/{article}/preview/?as=search",
    "social card": "/admin/articles/article/{article}/preview/?as=social",
    "preview links": "/admin/articles/article/{article}/preview-links/",
    "shared preview": "/preview/a-token/",
    "image library": "/admin/articles/image/",
    "front pages": "/admin/articles/frontpage/",
    "front page form": "/admin/articles/frontpage/add/",
    "tag form": "/admin/articles/tag/{tag}/change/",
    "merging tags": "/admin/articles/tag/merge/?tag={tag}&tag={twin}",
    "image form": "/admin/articles/image/{image}/change/",
}


@pytest.fixture
def story(db):
    """A live story with something in every part, and changes that readers do not have."""
    image = make_image()
    article = make_article(
        lead_image=image,
        series=make_series(),
        tags=["Harbour", "Tides"],
        related=[make_article(headline="An older tide")],
        standfirst="It holds.",
        body=f'<p>One.</p><figure data-image="{image.pk}"><figcaption>Two.</figcaption></figure>',
    )
    article.corrections.create(text="It was Tuesday.")
    publishing.publish(article)
    front_page = FrontPage.objects.create(live_from=timezone.now())
    front_page.front_page_picks.create(article=article)
    article.headline = "Harbour wall still holds"
    article.save()
    article.refresh_fingerprint()
    for token, time_left in (("a-token", timedelta(days=1)), ("an-expired-token", timedelta(0))):
        article.preview_links.create(token=token, expires_at=timezone.now() + time_left)
    return article


def open_page(desk, story, name, width):
    desk.set_viewport_size({"width": width, "height": 800})
    tag, twin = story.tags.order_by("pk").values_list("pk", flat=True)
    edition = story.editions.get().pk
    numbers = {"article": story.pk, "image": story.lead_image_id, "edition": edition}
    desk.goto(PAGES[name].format(**numbers, tag=tag, twin=twin))
    if name in ("new story", "article form"):
        desk.wait_for_selector(".prose-menubar + .ProseMirror")


IN_ITS_WIDTH = "width => document.documentElement.scrollWidth <= width"


# axe-core itself writes inline styles, which the policy would refuse and report.
@pytest.mark.parametrize("page", [{"bypass_csp": True}], indirect=True, ids=["page"])
def test_axe_finds_nothing_and_a_phone_shows_each_page_in_its_width(desk, story):
    """Of all pages in one newsroom: most of what they need the browser has from the first."""
    found = {}
    for name in PAGES:
        desk.emulate_media(color_scheme="light")
        open_page(desk, story, name, 360)
        for width in (360, 1280):
            desk.set_viewport_size({"width": width, "height": 800})
            # The menu is wide for the moment that its icons take to come.
            try:
                desk.wait_for_function(IN_ITS_WIDTH, arg=width)
            except TimeoutError:
                pytest.fail(f"{name} is wider than {width} px")
            found[f"{name} at {width} px"] = found_by_axe(desk)
        # Colours do not change with the width: the last one is enough.
        desk.emulate_media(color_scheme="dark")
        # Links fade from one theme's colour into the other's.
        desk.evaluate("document.getAnimations().forEach((each) => each.finish())")
        found[f"{name}, dark"] = found_by_axe(desk, runOnly=OF_COLOURS)
    assert {each: faults for each, faults in found.items() if faults} == {}


@pytest.mark.parametrize("name", ["article form", "history", "preview on a phone"])
def test_a_headline_without_a_gap_stays_within_a_phones_width(desk, story, name):
    story.headline = "x" * 300
    story.save()
    open_page(desk, story, name, 360)
    desk.wait_for_function("() => document.documentElement.scrollWidth <= 360")


# Names what stands out of the box that has to hold it.
OUT_OF_ITS_BOX = """held => [...document.querySelectorAll(held)].flatMap((it) => {
  const box = it.getBoundingClientRect(), around = it.parentElement.getBoundingClientRect()
  const isIn = box.left >= around.left - 1 && box.right <= around.right + 1 &&
      box.bottom <= around.bottom + 1
  return isIn ? [] : `${it.localName}.${it.className}`
})"""


@pytest.mark.parametrize("name", ["preview on a phone", "preview on a desktop", "front page form"])
def test_a_language_from_right_to_left_has_each_thing_in_its_box_on_a_phone(
    desk, story, settings, name
):
    settings.LANGUAGE_CODE = "ar"
    open_page(desk, story, name, 375)
    if "preview" in name:
        desk.wait_for_selector(".preview-window.fits")
    assert desk.evaluate("document.dir") == "rtl"
    held = ".preview-window iframe, .form-row:not(.empty-form) td .related-widget-wrapper"
    assert desk.locator(held).count() and desk.evaluate(OUT_OF_ITS_BOX, held) == []


@pytest.mark.parametrize("page", [{"bypass_csp": True}], indirect=True, ids=["page"])
def test_axe_finds_nothing_where_words_of_several_pages_are_offered(desk, story, ann, client):
    client.force_login(ann)
    client.user = ann
    for words in ("It falls.", "It falls again."):
        kept(client, story, standfirst=words)
    open_page(desk, story, "article form", 360)
    assert desk.locator("section.offer").count() == 2
    assert found_by_axe(desk) == []
