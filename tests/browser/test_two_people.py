"""Two browsers at once on one story."""

import pytest

from articles.models import Article
from tests.browser.conftest import sign_in
from tests.factories import make_article, make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def colleague(chromium, live_server):
    """A second browser, signed in as somebody else."""
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(15_000)
    sign_in(context, live_server, make_person("Bob", "Editor"))
    yield context.new_page()
    context.close()


def save(page):
    with page.expect_navigation():
        page.click("[name=_continue]")


def test_two_browsers_at_one_story_overwrite_nothing(desk, colleague):
    article = make_article(headline="Tide", standfirst="It rises.", slug="our-own")
    for page in (desk, colleague):
        page.goto(article.get_absolute_url())
        page.wait_for_selector(".prose-menubar + .ProseMirror")

    colleague.fill("#id_standfirst", "It falls.")
    save(colleague)
    desk.fill("#id_headline", "High tide")
    save(desk)
    desk.wait_for_selector("text=Both are kept.")
    article.refresh_from_db()
    assert (article.headline, article.standfirst) == ("High tide", "It falls.")

    # The colleague's form is older now: both write the headline.
    colleague.fill("#id_headline", "Spring tide")
    save(colleague)
    colleague.wait_for_selector("#conflict-headline")
    assert Article.objects.get().headline == "High tide"
    assert colleague.input_value("#id_headline") == "Spring tide"
    colleague.check("[name=decide_headline][value=mine]")
    save(colleague)
    colleague.wait_for_selector(".messagelist .success")
    assert Article.objects.get().headline == "Spring tide"
