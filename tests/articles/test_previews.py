"""What the desk sees of a story before readers do: its page in a frame, and its cards."""

import re

import pytest
from django.utils import timezone

from articles import cards, limits, publishing
from tests.factories import (
    change,
    make_article,
    make_author,
    make_image,
    make_person,
    make_section,
    make_series,
)

pytestmark = pytest.mark.django_db
LONG = "The harbour wall that the council would not pay for has held through the highest tide yet"


def at_the_desk(article, page="preview"):
    return f"/admin/articles/article/{article.pk}/{page}/"


def whole_article(**fields):
    """Return an article with every part that a page can have."""
    image = make_image()
    other = make_article(headline="Older tide")
    publishing.publish(other)
    article = make_article(
        authors=[make_author(), make_author()],
        tags=["Port"],
        related=[other],
        series=make_series(),
        lead_image=image,
        standfirst="It holds.",
        body=f'<p>One.</p><figure data-image="{image.pk}"></figure>',
        **fields,
    )
    article.corrections.create(text="It was Tuesday.")
    article.refresh_fingerprint()
    return article


@pytest.mark.parametrize("says_updated", [True, False])
def test_the_frame_holds_exactly_what_readers_then_get(desk, says_updated):
    article = whole_article()
    publishing.publish(article, says_updated=says_updated)
    change(article, headline="Second words")
    framed = desk.get(at_the_desk(article, "preview-page")).content.decode()
    assert "Updated" in framed if says_updated else "Updated" not in framed
    edition = publishing.publish(article)
    public = desk.get(edition.get_absolute_url()).content.decode()
    assert framed.replace('<base target="_blank">', "") == public


def test_an_update_that_is_to_be_told_is_told_in_the_preview(desk):
    article = make_article()
    publishing.publish(article)
    notes = {"says_updated": "on"}
    frame = desk.get(at_the_desk(article), notes).content.decode()
    src = re.search(r'<iframe [^>]*src="([^"]+)"', frame)[1]
    assert "Updated" in desk.get(src).content.decode()


def test_only_the_framed_page_may_stand_in_a_frame_and_only_in_one_of_ours(desk):
    article = make_article()
    address = publishing.publish(article).get_absolute_url()
    framed = desk.get(at_the_desk(article, "preview-page"))
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in framed["Content-Security-Policy"]
    for other in (at_the_desk(article), at_the_desk(article, "preview-links"), "/admin/", address):
        response = desk.get(other)
        assert response["X-Frame-Options"] == "DENY", other
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"], other


@pytest.mark.parametrize("shown_as", ["phone", "desktop", "search", "social"])
def test_every_preview_has_an_address_that_names_it(desk, shown_as):
    page = desk.get(at_the_desk(make_article()), {"as": shown_as}).content.decode()
    current = re.findall(r'href="\?*[^"]*as=(\w+)" aria-current="page"', page)
    assert current == [shown_as]


def test_a_preview_that_there_is_not_answers_404(desk):
    assert desk.get(at_the_desk(make_article()), {"as": "radio"}).status_code == 404
    assert desk.get("/admin/articles/article/999/preview/").status_code == 404


def test_a_search_result_is_read_off_the_page_and_cut_where_results_are_cut(desk, settings):
    article = make_article(headline=LONG, slug="wall-holds", standfirst=f"{LONG}. {LONG}.")
    page = desk.get(at_the_desk(article), {"as": "search"}).content.decode()
    shown = re.search(r'<p class="search-card-title">(.*?)</p>', page)[1]
    assert shown.endswith("…") and len(shown) <= limits.SEARCH_TITLE
    assert LONG.startswith(shown.removesuffix("…"))
    today = timezone.localdate()
    assert f"testserver › {today:%Y} › {today:%m} › {today:%d} › wall-holds" in page
    whole = len(f"{LONG} – {settings.NEWSROOM_NAME}")
    assert f"Title: {whole} of about {limits.SEARCH_TITLE} characters." in page
    assert page.count("The end is cut.") == 2


def test_a_social_card_shows_the_lead_image_in_its_shape(desk):
    image = make_image(alt_text="A wall")
    article = make_article(headline="Wall holds", standfirst="Barely.", lead_image=image)
    page = desk.get(at_the_desk(article), {"as": "social"}).content.decode()
    src = re.search(r'<img src="([^"]+)" alt="A wall"', page)[1]
    assert f"/{image.file.name}/social-1200.jpg" in src
    assert desk.get(src).status_code == 200
    assert '<p class="social-card-title">Wall holds</p>' in page and "Barely." in page


def test_a_card_without_standfirst_and_picture_shows_first_words_and_says_so(desk):
    article = make_article(standfirst="", lead_image=None, body="<p>One.</p><p>Two &amp; more.</p>")
    social = desk.get(at_the_desk(article), {"as": "social"}).content.decode()
    assert "Without a lead image, the card shows text" in social
    assert "<p>One. Two &amp; more.</p>" in social
    search = desk.get(at_the_desk(article), {"as": "search"}).content.decode()
    assert "— One. Two &amp; more.</p>" in search


@pytest.mark.parametrize(
    ("text", "shown"),
    [("short", "short"), ("ten letter", "ten letter"), ("one two three", "one two…")],
)
def test_a_text_is_cut_behind_a_whole_word(text, shown):
    assert limits.cut(text, 10) == shown


def test_a_text_without_spaces_is_cut_where_it_stands():
    assert limits.cut("港" * 20, 10) == "港" * 9 + "…"


def test_the_title_of_a_page_is_that_of_its_head():
    html = "<title>A &amp; B</title><link rel=canonical href=https://a.example/2026/><svg><title>C"
    assert cards.HeadReader(html).title == "A & B"


# What is asked is Python's choice, whatever database answers.
@pytest.mark.looks
@pytest.mark.parametrize("stories", [1, 30])
@pytest.mark.parametrize("role", ["Editor", "Reporter"])
def test_previews_have_a_fixed_number_of_queries(client, django_assert_num_queries, role, stories):
    user = make_person("ed", role)
    client.force_login(user)
    section = make_section()
    article = whole_article(section=section)
    article.bylines.create(author=make_author(user=user), position=2)
    for _number in range(stories):
        authors = [line.author for line in article.bylines.all()]
        publishing.publish(make_article(authors=authors, tags=["Port"], section=section))
    for address, queries in [
        (at_the_desk(article), 6),
        (at_the_desk(article, "preview-page"), 16),
        (f"{at_the_desk(article)}?as=search", 15),
        (at_the_desk(article, "preview-links"), 7),
    ]:
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200
