"""How many clicks and keys, beyond its own words, a story costs from "Add" to live.

    .venv/bin/python benchmarks/clicks_to_live.py STORY.txt

STORY.txt has a story as a browser gives its page, blocks parted by empty lines: the
date, the headline, the standfirst, the first paragraph, the series, the other
paragraphs, the author (name, name, bio, "MORE FROM AUTHOR") and "Related Read".

The newsroom is a new one on SQLite, served by granian, with the author's
profile, the section and the series made beforehand, and one earlier story by the same
reporter. The words are typed; every click and every other key is counted and named.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

EDITOR = ".prose-menubar + [contenteditable=true].ProseMirror"
PASSWORD = "only-for-this-run-of-counting"


class Hand:
    """Does what a person does at a page, and counts it."""

    def __init__(self, page):
        self.page = page
        self.done = []

    def click(self, selector, what):
        self.page.click(selector)
        self.done.append(f"click  {what}")

    def press(self, keys, what):
        self.page.keyboard.press(keys)
        self.done.append(f"press  {keys}: {what}")

    def choose(self, selector, label):
        """Open a list and choose from it: a click, and the first letters count as one key."""
        self.page.select_option(selector, label=label)
        self.done += [f"click  {selector[4:]}", f"press  the first letter of “{label}”"]

    def type(self, words):
        """Type words of the story; a paragraph's end is part of its words."""
        self.page.keyboard.type(words)


def read_story(text):
    """Return the parts of a story page's text."""
    blocks = [block.strip() for block in text.strip().split("\n\n")]
    _date, headline, standfirst, first, series, *rest = blocks
    author = next(block for block in rest if "MORE FROM AUTHOR" in block)
    name, _caption, bio, *_more = author.splitlines()
    return {
        "headline": headline,
        "standfirst": standfirst,
        "series": series,
        "paragraphs": [first, *rest[: rest.index(author)]],
        "author": name,
        "bio": bio,
    }


def furnish(story):
    """Make what the newsroom has before the story is begun."""
    from django.contrib.auth import get_user_model

    from articles.models import Article, Section, Series
    from authors.models import Author

    reporter = get_user_model().objects.create_superuser("reporter", password=PASSWORD)
    author = Author.objects.create(
        name=story["author"], slug="author", bio=story["bio"], user=reporter
    )
    Series.objects.create(name=story["series"], slug="series")
    Section.objects.create(name="Business", slug="business")
    section = Section.objects.create(name="Technology", slug="technology")
    earlier = Article.objects.create(headline="Earlier", section=section, created_by=reporter)
    earlier.bylines.create(author=author)


def enter(hand, story):
    """Take the story from "Add" to live."""
    page = hand.page
    page.goto("/admin/")
    hand.click("a[href='/admin/articles/article/add/']", "Add a story")
    page.wait_for_selector(EDITOR)
    page.wait_for_function("document.activeElement.id === 'id_headline'")
    hand.type(story["headline"])
    hand.press("Tab", "to the standfirst")
    hand.type(story["standfirst"])
    hand.press("Tab", "to the editor's menu")
    hand.press("Tab", "to the body")
    page.wait_for_function("document.activeElement.matches('.ProseMirror')")
    for number, paragraph in enumerate(story["paragraphs"]):
        if number:
            page.keyboard.press("Enter")
        hand.type(paragraph)
    hand.choose("#id_series", story["series"])
    with page.expect_navigation():
        hand.press("Control+Alt+Enter", "Publish")
    if page.locator("[name=_publish]").get_attribute("value") == "Publish anyway":
        with page.expect_navigation():
            hand.click("[name=_publish]", "Publish anyway, as there is no picture and no tag")


def main(path):
    story = read_story(Path(path).read_text())
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "SECRET_KEY": "only-for-this-run-" + "0123456789abcdefghijklmnopqrstuvwxyz",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{folder}/newsroom.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "HTTPS": "off",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from tests.browser.server import Server

        call_command("migrate", verbosity=0)
        furnish(story)
        server = Server()
        server.start()
        try:
            report(story, server.url)
        finally:
            server.kill()


def report(story, address):
    from playwright.sync_api import sync_playwright

    from tests.run import chromium_path

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_context(base_url=address).new_page()
        page.goto("/admin/")
        page.fill("#id_login", "reporter")
        page.fill("#id_password", PASSWORD)
        page.click("[type=submit]")
        hand = Hand(page)
        enter(hand, story)
        page.goto("/")
        page.click(f"a:has-text('{story['headline'][:30]}')")
        shown = page.inner_text("main")
        browser.close()
    for part in (story["headline"], story["standfirst"], *story["paragraphs"], story["series"]):
        assert part in shown, f"not on the page: {part}"
    print("\n".join(hand.done))
    print(f"{len(hand.done)} clicks and keys beyond the words; every word is on the public page.")


if __name__ == "__main__":
    main(*sys.argv[1:])
