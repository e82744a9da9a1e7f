"""What the content policy keeps from running, should it ever get into a page."""

import pytest

from articles import publishing
from authors.accounts.urls import urlpatterns as account_addresses
from tests.articles.test_roles import ELSEWHERE, TABLE, addresses, subjects
from tests.factories import make_article

from .test_desk_to_reader import EDITOR

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


# What the page asks for that its policy refuses, told to the console of the test as well.
WATCH = """
    addEventListener("securitypolicyviolation", each => {
        console.error(`${each.violatedDirective}: ${each.blockedURI} ${each.sourceFile}`)
    })
"""
# They lead away, or give a file.
NO_PAGES = {
    *("logout", "account_logout", "mfa_download_recovery_codes"),
    # Nothing is there yet.
    *("mfa_deactivate_totp", "mfa_view_recovery_codes"),
    # Pictures, around which the browser lays a page of its own, with styles.
    *("articles_image_former_file", "articles_image_thumbnail"),
}


def pages_of_the_desk(things):
    """Return an address for each page of the admin, and of accounts, that can be looked at."""
    found = []
    for key, name, route in addresses():
        who = None if key in ELSEWHERE or key in NO_PAGES else TABLE[key][0]
        for kind, address in subjects(name, route, things).items() if who else ():
            if "A" in (who[kind] if isinstance(who, dict) else who):
                found.append(address)
                break
    accounts = [each for each in account_addresses if each.name not in NO_PAGES]
    return found + [f"/admin/{each.pattern}" for each in accounts if "<" not in str(each.pattern)]


@pytest.mark.parametrize(
    "page", [{"expected": "the server responded with a status of 40"}], indirect=True, ids=["page"]
)
def test_no_page_of_the_desk_asks_for_what_its_policy_refuses(page, ann, world):
    """What the browser complains of fails the test: see the fixture."""
    ann.set_password("correct-horse-battery")
    ann.save()
    page.add_init_script(WATCH)
    page.goto("/admin/login/")
    page.fill("#id_login", "ann")
    page.fill("#id_password", "correct-horse-battery")
    page.press("#id_password", "Enter")
    page.wait_for_selector("#user-tools")
    for address in pages_of_the_desk(world[1]):
        assert page.goto(address).status == 200, address
    for address in ("account/recovery-codes/", "r/1/x/"):
        assert page.goto(f"/admin/{address}").status == 404, address

    page.goto(world[1]["articles_article"]["own draft"].get_absolute_url())
    page.click(EDITOR)
    page.click(".prose-menubar__selected")
    page.keyboard.press("Escape")
    opened = []
    for button in page.locator(".prose-menubar button:visible").all():
        page.click(EDITOR)
        page.keyboard.press("Control+a")
        button.click(force=True)
        if page.locator("dialog[open]").count():
            opened.append(button.get_attribute("title"))
            page.keyboard.press("Escape")
            page.wait_for_selector("dialog[open]", state="detached")
    assert {"picture from the library", "insert link", "link to a story"} <= {*opened}
    for button in ("text=Keyboard shortcuts", "text=Choose picture"):
        page.click(button)
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
    page.click("#full-screen-button")
    page.wait_for_selector(".writing-alone")
    page.keyboard.press("Control+Shift+Enter")
    page.wait_for_url("**/preview/**")
