"""The rows below a story's form: bylines with and without profiles, related reads, suggestions."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing
from articles.models import Article
from authors.models import Author
from tests.articles.test_checklist import form_of
from tests.factories import make_article, make_author, make_person, make_series

pytestmark = pytest.mark.django_db
READS = "/admin/articles/article/related-reads/"
PROFILES = "/admin/articles/article/profiles/"


def rows(prefix, *given):
    """Return what rows of a form post that are all new."""
    posted = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(given):
        posted |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return posted


def save(desk, article, **posted):
    page = desk.post(article.get_absolute_url(), form_of(article) | posted, follow=True)
    return page.content.decode()


# Order


def test_rows_are_kept_in_the_order_of_their_numbers(desk):
    article = make_article(authors=[])
    names = rows(
        "bylines",
        {"name": "Third", "position": 3},
        {"name": "First", "position": 1},
        {"name": "Second", "position": 2},
    )
    save(desk, article, **names)
    assert [str(line) for line in article.bylines.all()] == ["First", "Second", "Third"]


def test_a_new_row_that_has_only_its_place_is_no_row(desk):
    article = make_article(authors=[])
    page = save(
        desk,
        article,
        **rows("bylines", {"position": 1}, {"name": "Reuters", "position": 2}),
        **rows("related_reads", {"position": 1}),
    )
    assert "Please correct" not in page
    assert [str(line) for line in article.bylines.all()] == ["Reuters"]


def test_a_stored_row_is_moved_by_its_number_alone(desk):
    article = make_article(authors=[make_author(name="A"), make_author(name="B")])
    save(desk, article, **{"bylines-0-position": 2, "bylines-1-position": 1})
    assert [str(line) for line in article.bylines.all()] == ["B", "A"]


# Bylines


def test_a_line_with_a_profile_and_a_name_says_what_to_do(desk):
    article = make_article(authors=[])
    author = make_author()
    both = rows("bylines", {"author": author.pk, "name": "Guest", "position": 1})
    page = save(desk, article, **both)
    assert "This line has both a profile and a typed name: empty one of the two." in page
    assert "Choose an author, or write the name" not in page


def test_a_line_with_a_role_alone_says_what_to_do(desk):
    article = make_article(authors=[])
    page = save(desk, article, **rows("bylines", {"role": "data", "position": 1}))
    assert "Choose an author, or write the name of a guest or an agency." in page


def test_a_related_read_of_both_kinds_says_what_to_do(desk):
    article, other = make_article(), make_article()
    both = {"story": other.pk, "title": "Log", "url": "https://example.org/", "position": 1}
    page = save(desk, article, **rows("related_reads", both))
    assert "This line has both one of our stories and an outside address" in page


def guest_story(**fields):
    article = make_article(
        authors=[make_author(name="Ada Quill", slug="ada-quill", bio="Ada writes.")], **fields
    )
    article.bylines.create(name="Tass", position=1)
    article.bylines.create(name="Reuters & Söhne", position=2)
    article.bylines.create(name="Jo Guest", role="photography", position=3)
    article.bylines.create(name="Al Guest", role="photography", position=4)
    article.refresh_fingerprint()
    return article


@pytest.mark.parametrize("place", ["page", "preview"])
def test_guests_stand_in_the_byline_without_a_link_and_without_a_card(desk, place):
    article = guest_story()
    edition = publishing.publish(article)
    address = {
        "page": edition.get_absolute_url(),
        "preview": f"/admin/articles/article/{article.pk}/preview-page/",
    }[place]
    page = desk.get(address).content.decode()
    by = r'By <a href="/authors/ada-quill/">Ada Quill</a>, Tass and Reuters &amp; Söhne\s*</p>'
    assert re.search(by, page)
    assert re.search(r"Photography: Jo Guest and Al Guest\s*</p>", page)
    assert page.count('class="author-card"') == 1


def test_guests_are_named_in_lists_and_feeds(client):
    publishing.publish(guest_story())
    front = client.get("/").content.decode()
    assert "Tass and Reuters &amp; Söhne" in front
    assert "Jo Guest" not in front
    feed = client.get("/feed/").content.decode()
    for name in ("Ada Quill", "Tass", "Reuters &amp; Söhne"):
        assert f"<dc:creator>{name}</dc:creator>" in feed


def test_more_from_author_needs_a_profile(client):
    for headline in ("First tide", "Second tide"):
        article = make_article(headline=headline, authors=[])
        article.bylines.create(name="Reuters")
        edition = publishing.publish(article)
    page = client.get(edition.get_absolute_url()).content.decode()
    assert re.search(r"By Reuters\s*</p>", page)
    assert "More from author" not in page


def test_a_guests_name_that_has_a_profile_is_answered_with_it(desk):
    author = make_author(name="Wency Chen", job_title="Reporter")
    make_author(name="Wency Quill")
    for typed in ("Wency Chen", "wency  chen", "Wency Chan"):
        found = desk.get(PROFILES, {"name": typed}).json()["profiles"]
        assert found == [{"id": author.pk, "name": "Wency Chen", "job_title": "Reporter"}]
    for typed in ("", "Reuters", "Chen", "%"):
        assert desk.get(PROFILES, {"name": typed}).json()["profiles"] == []


# Suggestions


def suggested(desk, **asked):
    answer = desk.get(READS, asked).json()["suggestions"]
    return [(each["headline"], each["reason"]) for each in answer]


def test_stories_that_share_the_tags_as_typed_are_suggested_with_the_reason(desk):
    both = make_article(headline="Both", tags=["Semiconductors", "Export controls"])
    one = make_article(headline="One", tags=["Export controls", "Trade"])
    hidden = make_article(headline="Draft", tags=["Semiconductors"])
    for article in (both, one):
        publishing.publish(article)
    assert not hidden.editions.exists()
    asked = {"tags": ["Semiconductors", "Export controls", "Typed just now"]}
    assert suggested(desk, **asked) == [
        ("Both", "shares: Semiconductors, Export controls"),
        ("One", "shares: Export controls"),
    ]
    assert suggested(desk, **asked, story=[both.pk]) == [("One", "shares: Export controls")]
    assert suggested(desk, **asked, article=one.pk, story=[both.pk]) == []
    assert suggested(desk) == []


def test_stories_of_the_series_are_suggested(desk):
    series = make_series(name="Estuary watch")
    publishing.publish(make_article(headline="Part one", series=series, tags=["Tide"]))
    publishing.publish(make_article(headline="Tides", tags=["Tide"]))
    assert suggested(desk, series=series.pk, tags=["Tide"]) == [
        ("Part one", "shares: Tide; same series: Estuary watch"),
        ("Tides", "shares: Tide"),
    ]
    assert suggested(desk, series=series.pk) == [("Part one", "same series: Estuary watch")]


def test_chosen_reads_that_lead_nowhere_are_answered_with_the_reason(desk):
    draft, live = make_article(), make_article()
    publishing.publish(live)
    asked = {
        "story": [draft.pk, live.pk],
        "url": ["https://example.org/", "https://a..b/", "http://testserver/tags/none/"],
    }
    assert desk.get(READS, asked).json()["warnings"] == {
        f"story:{draft.pk}": "This story is not published: readers do not find it.",
        "https://a..b/": "“https://a..b/” is not a whole address.",
        "http://testserver/tags/none/": "The site has no page at this address.",
    }


@pytest.mark.parametrize(
    "asked",
    [
        {
            "series": "x",
            "article": "٣x",
            "story": ["", "9" * 40],
            "tags": ["\x00"],
            "url": ["http://[", "\x00", "/tags/%00/"],
        }
    ],
)
def test_nonsense_is_answered_with_nothing(desk, asked):
    assert desk.get(READS, asked).status_code == 200
    assert desk.get(PROFILES, {"name": "\x00 (a|b) 😀"}).json()["profiles"] == []


def test_suggestions_cost_the_same_in_a_large_archive(desk):
    series = make_series()
    asked = {
        "tags": ["Tide", "Wall"],
        "series": series.pk,
        "story": [8001, 8002],
        "url": ["/tags/x/"],
    }

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert len(suggested(desk, **asked)) <= 6
        return len(queries)

    def add(number):
        for _ in range(number):
            article = make_article(series=series, tags=["Tide", "Wall"], lead_image=None)
            publishing.publish(article, at=timezone.now() - timedelta(seconds=1))

    add(1)
    first = cost()
    add(60)
    assert cost() == first <= 11


@pytest.mark.parametrize("address", [READS, PROFILES])
def test_who_may_not_see_stories_is_told_nothing(client, address):
    assert client.get(address).status_code == 302
    client.force_login(make_person("reader"))
    assert client.get(address).status_code == 403


def test_an_authors_links_are_put_in_order_too(desk):
    author = make_author()
    page = desk.get(f"/admin/authors/author/{author.pk}/change/").content.decode()
    assert "desk/order.js" in page
    form = {"name": author.name, "slug": author.slug, "focal_x": 50, "focal_y": 50}
    links = rows(
        "links",
        {"label": "Second", "url": "https://b.example/", "position": 2},
        {"label": "First", "url": "https://a.example/", "position": 1},
        {"position": 3},
    )
    desk.post(f"/admin/authors/author/{author.pk}/change/", form | links)
    assert [link.label for link in Author.objects.get().links.all()] == ["First", "Second"]


def test_the_slug_of_a_story_readers_never_had_is_marked_to_follow_the_headline(desk):
    article = make_article()
    follows = 'data-follows="id_headline"'
    assert follows in desk.get("/admin/articles/article/add/").content.decode()
    assert follows in desk.get(article.get_absolute_url()).content.decode()
    publishing.schedule(article, timezone.now() + timedelta(hours=1))
    assert follows not in desk.get(article.get_absolute_url()).content.decode()
    assert Article.objects.get().slug


def test_a_chosen_story_is_asked_for_alone_and_not_among_a_list_of_all(client):
    story = make_article(related=[make_article()])
    client.force_login(make_person("ed", "Editor"))
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/admin/articles/article/{story.pk}/change/")
    # PostgreSQL would read them all, a million, for each row of related reads.
    assert not re.findall(
        r'IN \(SELECT U\d\."id"[^)]* FROM "articles_article" U\d\)', str([*asked])
    )
