"""What a story's page adds to its words: contents, reading time, weight, what printing leaves."""

import gzip
import re
from datetime import timedelta
from html import unescape
from itertools import product

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.utils import timezone

from articles import publishing
from articles.reading import headings_of, minutes_to_read
from tests.factories import change, make_article, make_author, make_image, make_series
from tests.plans import plans

pytestmark = pytest.mark.django_db
WORDS_OF_A_PARAGRAPH = 40


def page_of(client, **fields):
    return client.get(
        publishing.publish(make_article(**fields)).get_absolute_url()
    ).content.decode()


def long_body(*headings):
    paragraph = f"<p>{'word ' * WORDS_OF_A_PARAGRAPH}</p>"
    return "".join(f"{heading}{paragraph * 10}" for heading in headings)


def test_a_long_story_has_a_table_of_contents_that_leads_to_its_parts(client):
    page = page_of(
        client,
        body=long_body("<h2>First</h2>", "<h2>Then &amp; <em>there</em></h2>", "<h2>Last</h2>"),
    )
    contents = page.split('<nav class="contents"')[1].split("</nav>")[0]
    links = re.findall(r'<a href="#([^"]+)"[^>]*>([^<]+)</a>', contents)
    assert links == [
        ("part-first", "First"),
        ("part-then-there", "Then &amp; there"),
        ("part-last", "Last"),
    ]
    for name, _words in links:
        assert page.count(f'id="{name}"') == 1
    assert page.index("contents") < page.index('<div class="body"')


@pytest.mark.parametrize(
    "body",
    [
        "<h2>One</h2><p>Short.</p><h2>Two</h2><p>Short.</p><h2>Three</h2><p>Short.</p>",
        long_body("<h2>One</h2>", "<h2>Two</h2>", "", ""),
    ],
    ids=["short", "of two parts"],
)
def test_a_story_that_needs_no_table_of_contents_has_none(client, body):
    assert "In this story" not in page_of(client, body=body)


def test_a_headings_address_outlives_changes_to_the_others():
    before = headings_of("<h2>Why</h2><p>.</p><h2>Why</h2><p>.</p><h2>What next?</h2>")
    after = headings_of("<h2>New</h2><p>.</p><h2>Why</h2><p>.</p><h2>Why</h2><h2>What next?</h2>")
    assert [each.id for each in before] == ["part-why", "part-why-2", "part-what-next"]
    assert before == after[1:]


@pytest.mark.parametrize("words", ["ماذا بعد", "水位", "🌊", 'A "b" &lt;c&gt;'])
def test_headings_of_every_script_have_an_address(client, words):
    page = page_of(client, body=f"<h2>{words}</h2><p>.</p><h2>{words}</h2><p>.</p>")
    ids = re.findall(r'<h2 id="(part[^"\s<>]*)">', page)
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        ("<h3>a</h3><p>.</p><h2>b</h2><h3>c</h3>", ["h2", "h2", "h3"]),
        ("<h3>a</h3><p>.</p><h3>b</h3>", ["h2", "h2"]),
    ],
)
def test_no_level_of_heading_is_left_out(client, body, elements):
    page = page_of(client, body=body)
    inside = page.split('<div class="body"')[1].split("</div>")[0]
    assert re.findall(r"<(h\d)", inside) == elements


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ("<p>Yes.</p>", 1),
        (f"<p>{'word ' * 238 * 4}</p>", 4),
        ("<p>one</p><p>two</p>" * 119 * 3, 3),
        (f"<p>{'水' * 500 * 2}。</p>", 2),
        (f"<p>{'— ' * 5000}</p>", 1),
        # Looking from each dash for the word behind it, as was done, takes hours of this.
        (f"<p>{'-' * 200_000}</p>", 1),
    ],
)
def test_the_time_a_story_takes_to_read(body, minutes):
    assert minutes_to_read(body) == minutes


def test_the_head_of_a_story_says_how_long_it_takes(client):
    assert "4 min read" in page_of(client, body=f"<p>{'word ' * 238 * 4}</p>")


def test_a_passage_in_another_language_says_so_wherever_readers_meet_it(client):
    passage = '<span lang="fr" dir="auto">non<em>chalant</em></span>'
    article = make_article(body="<p>He was calm.</p>")
    publishing.publish(article, at=timezone.now() - timedelta(hours=1))
    change(article, body=f"<p>He was {passage}.</p>")
    edition = publishing.publish(article)
    for address in (edition.get_absolute_url(), edition.get_changes_url(), "/feed/"):
        assert passage in unescape(client.get(address).content.decode()), address
    # A mark within a word does not take it apart.
    assert edition.headline in client.get("/search/?q=nonchalant").content.decode()


def test_the_way_up_leads_to_the_section_and_the_front_page(client):
    page = page_of(client)
    way_up = page.split('aria-label="Breadcrumbs"')[1].split("</nav>")[0]
    addresses = re.findall(r'href="([^"]+)"', way_up)
    assert addresses[0] == "/" and addresses[1].startswith("/sections/")
    # The masthead marks the same section.
    assert re.findall(r'href="([^"]+)" aria-current="true"', page) == addresses[1:]


def test_a_story_on_paper_ends_with_its_address(client):
    edition = publishing.publish(make_article())
    page = client.get(edition.get_absolute_url()).content.decode()
    last = re.findall(r"<p[^>]*>[^<]*</p>", page)[-1]
    assert last == f'<p class="printed-from">http://testserver{edition.get_absolute_url()}</p>'


def test_every_picture_holds_its_place_and_the_first_alone_comes_first(client):
    lead, other = make_image(), make_image()
    body = f'<p>.</p><figure data-image="{other.pk}"><figcaption>So.</figcaption></figure>'
    pictures = re.findall(r"<img [^>]+>", page_of(client, lead_image=lead, body=body))
    assert len(pictures) == 2
    for picture in pictures:
        assert re.search(r'width="\d+" height="\d+" alt="A quay"', picture)
    assert 'fetchpriority="high"' in pictures[0] and "lazy" not in pictures[0]
    assert 'loading="lazy"' in pictures[1]


def test_beside_a_headline_a_picture_says_nothing_twice(client):
    publishing.publish(make_article(lead_image_alt="A quay"))
    pictures = re.findall(r"<img [^>]+>", client.get("/").content.decode())
    assert len(pictures) == 1 and 'alt=""' in pictures[0]


def test_a_story_of_800_words_weighs_at_most_25_kilobytes_with_its_stylesheet(client):
    """Without pictures, as nginx compresses by itself (level 1) and as most servers do (6)."""
    # Words that compress as badly as a language's do: none is like the one before it.
    words = [f"{number * 7919 % 999_983:x}" for number in range(1, 801)]
    paragraphs = [" ".join(words[at : at + 40]) for at in range(0, 800, 40)]
    image, author = make_image(), make_author(bio=" ".join(words[:40]), job_title="Reporter")
    parts = [f"<p>{paragraph}</p>" for paragraph in paragraphs]
    parts[4] += f'<h2>{paragraphs[4][:30]}</h2><figure data-image="{image.pk}"></figure>'
    parts[8] += f'<h2>{paragraphs[8][:30]}</h2><aside class="pull-quote">{parts[8]}</aside>'
    parts[12] += "<h2>Last</h2>"
    for _number in range(4):
        publishing.publish(make_article(authors=[author], tags=["Harbour"]))
        publishing.publish(make_article(tags=["Harbour"]))
    article = make_article(
        body="".join(parts),
        authors=[author],
        tags=["Harbour", *words[:7]],
        series=make_series(),
        lead_image=image,
        lead_image_caption=paragraphs[0],
    )
    article.corrections.create(text=paragraphs[1])
    page = client.get(publishing.publish(article).get_absolute_url()).content
    with open(finders.find("site.css"), "rb") as file:
        css = file.read()
    for level in (1, 6):
        weight = len(gzip.compress(page, level)) + len(gzip.compress(css, level))
        assert weight <= 25 * 1024, f"{weight} bytes at level {level}"


def test_what_to_read_next_is_read_from_the_begin_of_each_list_and_never_sorted(client):
    """However long a list is: a tag that every story has costs no more than a seldom one."""
    edition = publishing.publish(make_article(authors=[make_author()], tags=["Tides", "Walls"]))
    lists = {"edition_byline_time", "edition_tag_time"}
    found = [
        plan
        for _query, plan in plans(client, edition.get_absolute_url())
        if all(each in plan for each in lists)
    ]
    assert found
    for plan, index in product(found, lists):
        above, below = plan.split(index, 1)
        own = [above.rpartition("Limit")[2], below.partition("SCAN part")[0]]
        own = own[connection.vendor == "sqlite"]
        assert "Sort" not in own and "B-TREE" not in own, plan
