"""The readers' pages on every screen: nothing that axe-core finds, nothing out of place."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from articles import publishing
from tests.factories import make_article, make_section
from tests.odd_stories import publish_odd_stories

pytestmark = pytest.mark.django_db(transaction=True)

# 320 px is also 1280 px at 400 %.
WIDTHS = (320, 768, 1280)
# Beyond what axe-core looks for by itself: WCAG 2.2's target size, and 7:1 for text.
RULES = {"rules": {"target-size": {"enabled": True}, "color-contrast-enhanced": {"enabled": True}}}

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


def test_odd_stories_stay_in_their_place_on_every_screen(page, live_server, odd):
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
        "/archive/",
        f"/{story.first_published_on:%Y/%m}/",
        "/authors/",
        "/series/",
        withdrawn.editions.get().get_absolute_url(),
        "/nothing-here/",
    ]
    for address in addresses:
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                found = Axe().run(page, options=RULES)
                report = f"{address} at {width} px, {theme}:\n{found.generate_report()}"
                assert found.violations_count == 0, report
