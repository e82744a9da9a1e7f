"""The readers' pages on every screen: nothing that axe-core finds, nothing out of place."""

import pytest

from articles import publishing
from tests.browser.axe import OF_COLOURS, found_by_axe
from tests.factories import make_article, make_section
from tests.odd_stories import publish_odd_stories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]

# 320 px is also 1280 px at 400 %.
WIDTHS = (1280, 768, 320)
# Beyond what axe-core looks for by itself: WCAG 2.2's target size, and 7:1 for text.
RULES = {"target-size": {"enabled": True}, "color-contrast-enhanced": {"enabled": True}}

# Names what is wider than the screen, and what lies on what stands beside it.
OUT_OF_PLACE = """() => {
  const name = (it) => `${it.localName}.${it.className} “${it.textContent.trim().slice(0, 40)}”`
  const problems = []
  const wide = document.documentElement.scrollWidth
  if (wide > innerWidth) problems.push(`the page is ${wide} px wide`)
  const seen = [...document.body.querySelectorAll("*")].filter(
    (it) => it.checkVisibility() && !it.closest(".skip, .visually-hidden, .table-scroll table"))
  for (const it of seen) {
    const box = it.getBoundingClientRect()
    if (box.right > innerWidth + 1 || box.left < -1) problems.push(`out of the screen: ${name(it)}`)
    // What is broken over columns has one box around all of them.
    if (it.closest(".columns")) continue
    const beside = [...it.children].filter((each) =>
      seen.includes(each) && getComputedStyle(each).display !== "inline")
    const boxes = beside.map((each) => each.getBoundingClientRect()).filter((each) => each.width)
    boxes.forEach((one, at) => boxes.slice(at + 1).forEach((other) => {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left)
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top)
      if (across > 1 && down > 1) problems.push(`parts lie on one another in ${name(it)}`)
    }))
  }
  return problems
}"""

SECTIONS = [
    "World",
    "International affairs",
    "Science and technology",
    "Business",
    "Sport",
    "Health",
]
SECTIONS += ["Opinion", "Investigations", "Education", "Wirtschaftswissenschaften", "Weather"]


@pytest.fixture
def odd(db):
    """Odd stories by name, in a newsroom of twelve sections."""
    for name in SECTIONS:
        make_section(name=name)
    return publish_odd_stories()


def test_odd_stories_stay_in_their_place_on_every_screen(page, live_server, odd, settings):
    settings.NEWSROOM_NAME = "The Greater Estuary Advertiser and Courier"
    addresses = {name: story.get_absolute_url() for name, story in odd.items()}
    section = odd["Arabic"].section.get_absolute_url()
    for name, address in {
        **addresses,
        "front": "/",
        "section": section,
        "authors": "/authors/",
    }.items():
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(OUT_OF_PLACE) == [], f"{name} at {width} px"


# axe-core itself writes inline styles, which the policy would refuse and report; the pages
# that are not there are reported too.
@pytest.mark.parametrize(
    "page", [{"bypass_csp": True, "expected": "Failed to load resource"}], indirect=True
)
def test_axe_finds_nothing(page, live_server, odd):
    withdrawn = make_article(slug="withdrawn")
    publishing.publish(withdrawn)
    publishing.withdraw(withdrawn, "It was never true.")
    story = odd["every part"]
    addresses = [
        story.get_absolute_url(),
        odd["Arabic"].get_absolute_url(),
        odd["twelve authors"].get_absolute_url(),
        "/",
        story.section.get_absolute_url(),
        story.series.get_absolute_url(),
        story.tags.first().get_absolute_url(),
        story.bylines.first().author.get_absolute_url(),
        f"{story.get_absolute_url()}changes/",
        "/search/?q=harbour",
        "/archive/",
        f"/{story.first_published_on:%Y/%m}/",
        "/authors/",
        "/series/",
        withdrawn.editions.get().get_absolute_url(),
        "/nothing-here/",
    ]
    for address in addresses:
        page.goto(address)
        page.emulate_media(color_scheme="light")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert found_by_axe(page, rules=RULES) == [], f"{address} at {width} px"
        # Colours do not change with the width: the last one is enough.
        page.emulate_media(color_scheme="dark")
        colours = [*OF_COLOURS, "color-contrast-enhanced"]
        assert found_by_axe(page, runOnly=colours) == [], f"{address}, dark"


# W3C's Layout Instability: 0 when nothing moved by itself.
WHAT_MOVED = """() => new Promise((done) => {
  let moved = 0
  new PerformanceObserver((list) => list.getEntries().forEach((it) => { moved += it.value }))
    .observe({ type: "layout-shift", buffered: true })
  scrollTo(0, document.body.scrollHeight)
  requestAnimationFrame(() => requestAnimationFrame(() => done(moved)))
})"""


def test_nothing_moves_while_a_page_loads(page, live_server, odd):
    page.set_viewport_size({"width": 360, "height": 740})
    asked = []

    def hold_the_first(route):
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.route("**/pictures/**", hold_the_first)
    for address in (odd["every part"].get_absolute_url(), "/"):
        asked.clear()
        # The lead image comes when all else is there.
        with page.expect_request("**/pictures/**"):
            page.goto(address, wait_until="domcontentloaded")
        page.wait_for_function("() => document.fonts.status == 'loaded'")
        asked[0].continue_()
        page.wait_for_function("() => document.images[0].complete")
        assert page.evaluate(WHAT_MOVED) == 0, address


def test_paper_shows_the_story_and_its_address_and_no_furniture(page, live_server, odd):
    story = odd["every part"]
    page.goto(story.get_absolute_url())
    page.emulate_media(media="print")
    for furniture in ("nav", ".foot", ".tags", ".skip", ".contents", "form", ".more"):
        assert page.locator(furniture).filter(visible=True).count() == 0, furniture
    assert page.locator("main > :last-child").inner_text().endswith(story.get_absolute_url())
    table = page.locator(".table-scroll")
    assert table.evaluate(
        "it => it.scrollWidth <= it.clientWidth || getComputedStyle(it).overflowX == 'visible'"
    )


def test_the_keyboard_comes_to_the_words_first_and_its_place_is_always_seen(page, live_server, odd):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(odd["every part"].get_absolute_url())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    stops = page.locator("main :is(a, summary, [tabindex])").filter(visible=True).count()
    for _stop in range(stops):
        outline = page.evaluate(
            "(({outlineStyle, outlineWidth}) => `${outlineWidth} ${outlineStyle}`)"
            "(getComputedStyle(document.activeElement))"
        )
        assert outline == "3px solid"
        # Nothing lies over what has the focus: neither at its middle nor out of the window.
        assert page.evaluate(
            """() => {
              const it = document.activeElement
              const box = it.getClientRects()[0]
              const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
              const there = document.elementFromPoint(x, y)
              return it.contains(there) || there.contains(it)
            }"""
        ), page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")
