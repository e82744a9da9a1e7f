"""An author's page: since when, how much, about what, and what had to be corrected."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from articles import publishing
from articles.models import Article, Edition, EditionByline
from articles.track_record import MOST_CORRECTED, MOST_COUNTED
from articles.views.as_it_was import past_address
from tests.factories import change, make_article, make_author, make_section

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ago(**time):
    return NOW - timedelta(**time)


@pytest.fixture
def author():
    return make_author(name="Ann Lee", bio="Ann covers the harbour.")


def record(client, author, query=""):
    """Return the facts of the page as {label: words}."""
    page = client.get(author.get_absolute_url() + query).content.decode()
    return {
        label: " ".join(unescape(re.sub("<[^>]+>", "", words)).split())
        for label, words in re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", page)
    }


def correct(article, text="It was Tuesday.", **fields):
    article.corrections.create(text=text, **fields)
    article.refresh_fingerprint()
    return publishing.publish(article)


def test_it_says_since_when_how_many_and_about_what_most_frequent_first(client, author):
    city, sea = make_section(name="City"), make_section(name="Sea")
    first = make_article(authors=[author], section=city, tags=["Walls"])
    edition = publishing.publish(first, at=ago(days=700))
    change(first, headline="Again")
    publishing.publish(first, at=ago(days=3))
    for _number in range(2):
        by_both = [make_author(), author]
        publishing.publish(make_article(authors=by_both, section=sea, tags=["Port", "Walls"]))
    day = timezone.localtime(edition.first_published_at)
    assert record(client, author) == {
        "First story here": f"{day.day} {day:%B %Y}",
        "Stories": "3",
        "Covered": "Sea (2), City (1)",
        "Subjects": "Walls (3), Port (2)",
    }
    page = client.get(author.get_absolute_url()).content.decode()
    for address in (edition.get_absolute_url(), city.get_absolute_url(), "/tags/walls/"):
        assert f'<a href="{address}">' in page
    assert record(client, author, "?before=99999999999999999-1") == {}


def test_an_author_without_a_story_has_no_record(client, author):
    publishing.schedule(make_article(authors=[author]), NOW + timedelta(hours=1))
    page = client.get(author.get_absolute_url())
    assert page.status_code == 200 and record(client, author) == {}
    assert "Corrected stories" not in page.content.decode()


def test_stories_that_were_corrected_are_named_and_lead_to_the_correction(client, author):
    early, late, other = (make_article(authors=[author], headline=each) for each in "ABC")
    for article in (early, late, other):
        publishing.publish(article, at=ago(days=9))
    correct(other, kind="update", text="The mayor answered.")
    correct(late, noted_at=ago(days=1))
    edition = correct(early, noted_at=ago(days=2))
    page = client.get(author.get_absolute_url()).content.decode()
    found = re.findall(r'<a href="([^"]+)#corrections"[^>]*>([^<]+)</a>', page)
    assert [headline for _address, headline in found] == ["B", "A"]
    assert found[1][0] == edition.get_absolute_url()
    assert 'id="corrections"' in client.get(found[1][0]).content.decode()
    assert record(client, author)["Stories"] == "3, 2 corrected"
    change(late, headline="B again")
    publishing.publish(late)
    assert "B again" in client.get(author.get_absolute_url()).content.decode()


def test_a_correction_that_is_taken_back_is_none(client, author):
    article = make_article(authors=[author])
    publishing.publish(article)
    correct(article)
    article.corrections.all().delete()
    article.refresh_fingerprint()
    publishing.publish(article)
    assert "corrected" not in record(client, author)["Stories"]


@pytest.mark.parametrize("state", ["draft", "scheduled", "embargoed", "withdrawn"])
def test_a_hidden_story_is_in_no_part_of_the_record(client, author, state):
    seen = make_article(authors=[author], section=make_section(name="City"), tags=["Walls"])
    publishing.publish(seen, at=ago(days=2))
    before = record(client, author)
    in_an_hour = timezone.now() + timedelta(hours=1)
    hidden = make_article(
        headline="Zanzibar",
        authors=[author],
        section=make_section(name="Zanzibar section"),
        tags=["Walls", "Zanzibar tag"],
        embargoed_until=in_an_hour if state == "embargoed" else None,
    )
    hidden.corrections.create(text="Zanzibar.")
    hidden.refresh_fingerprint()
    if state in ("scheduled", "embargoed"):
        publishing.schedule(hidden, in_an_hour)
    elif state == "withdrawn":
        publishing.publish(hidden, at=ago(days=3))
        publishing.withdraw(hidden, "An error.")
    assert record(client, author) == before
    page = client.get(author.get_absolute_url()).content.decode()
    assert "Corrected stories" not in page
    # Sections stand in the masthead whatever is in them.
    assert "Zanzibar tag" not in page and "Zanzibar<" not in page


def test_the_record_of_an_old_page_is_that_of_then(settings, author):
    settings.PAST_IS_PUBLIC = True
    article = make_article(authors=[author])
    publishing.publish(article, at=ago(hours=3))
    publishing.publish(make_article(authors=[author]), at=ago(hours=1))
    correct(article)
    then = past_address(ago(hours=2), author.get_absolute_url()[1:])
    page = Client().get(then).content.decode()
    assert "<dt>Stories</dt><dd>1</dd>" in page and "Corrected" not in page


def many(author, count):
    """Give an author that many live stories, each corrected, without the door's care for each."""
    section = make_section()
    articles = Article.objects.bulk_create(Article(headline=f"S{n}") for n in range(count))
    editions = Edition.objects.bulk_create(
        Edition(
            article=article,
            section=section,
            headline=article.headline,
            slug=article.headline,
            body="<p>One.</p>",
            live_from=(at := ago(minutes=number)),
            first_published_at=at,
            first_published_on=at.date(),
        )
        for number, article in enumerate(articles)
    )
    EditionByline.objects.bulk_create(
        EditionByline(
            edition=edition,
            author=author,
            first_published_at=edition.first_published_at,
            corrected_at=NOW,
        )
        for edition in editions
    )


@pytest.mark.parametrize("stories", [4, 60])
def test_the_page_has_a_fixed_number_of_queries(django_assert_num_queries, author, stories):
    publishing.publish(make_article(authors=[author]))
    many(author, stories - 1)
    client = Client()
    with django_assert_num_queries(10):
        page = client.get(author.get_absolute_url()).content.decode()
    assert page.count("#corrections") == min(stories - 1, MOST_CORRECTED)
    assert ("and more" in page) is (stories > MOST_CORRECTED)


def test_many_stories_are_counted_to_a_bound_only(client, author):
    many(author, MOST_COUNTED)
    assert record(client, author)["Stories"].startswith(f"{MOST_COUNTED}, 20 corrected and more")
    many(author, 1)
    assert record(client, author)["Stories"].startswith(f"more than {MOST_COUNTED}, ")
