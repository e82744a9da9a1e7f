"""What the content policy keeps from running, should it ever get into a page."""

import pytest

from articles import publishing
from tests.factories import make_article

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]

INJECT = """() => {
    const script = document.createElement("script")
    script.textContent = "window.hasRun = true"
    const style = document.createElement("style")
    style.textContent = "h1 { opacity: 0.5 }"
    const place = document.createElement("div")
    place.innerHTML = '<p style="opacity: 0.5" onclick="window.hasRun = true">x</p>'
    document.body.append(script, style, place)
    place.firstChild.click()
    return [window.hasRun, getComputedStyle(document.querySelector("h1")).opacity,
        getComputedStyle(place.firstChild).opacity]
}"""


@pytest.mark.parametrize(
    "page", [{"expected": "Content Security Policy"}], indirect=True, ids=["page"]
)
def test_no_inline_script_or_style_runs_on_a_readers_page_or_at_the_desk(desk):
    article = make_article()
    edition = publishing.publish(article)
    for address in (edition.get_absolute_url(), "/search/", article.get_absolute_url()):
        desk.goto(address)
        assert desk.evaluate(INJECT) == [None, "1", "1"], address
