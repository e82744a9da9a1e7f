"""Finding stories, on whichever database the tests run."""

import re
import time
from datetime import timedelta
from html import unescape

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing
from articles.models import Edition, IndexedEdition, Tag
from articles.search import Search, indexing, postgresql, sqlite
from articles.tagging import merge
from articles.views.as_it_was import past_address
from tests.factories import change, make_article, make_author, make_section, make_series
from tests.newsroom.cached_site import Site

pytestmark = pytest.mark.django_db


def publish(headline, **fields):
    at = fields.pop("at", None)
    return publishing.publish(make_article(headline=headline, **fields), at=at)


def found(text):
    rows = Search(Edition.objects.live()).matching(text).latest(100)
    headlines = dict(Edition.objects.values_list("pk", "headline"))
    return [headlines[pk] for _place, pk in rows]


def test_a_word_is_found_wherever_a_story_has_it():
    publish("Zeppelin over the bay")
    publish("B", standfirst="A zeppelin!")
    publish("C", body="<p>Two <strong>Zep</strong>pelins.</p>")
    publish("D", tags=["Zeppelin"])
    publish("E", authors=[make_author(name="Zoe Zeppelin")])
    publish("F")
    assert found("zeppelin") == ["E", "D", "C", "B", "Zeppelin over the bay"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("harbour wall", ["apart", "side by side"]),
        ('"harbour wall"', ["side by side"]),
        ("“harbour wall”", ["side by side"]),
        ('"harbour wall', ["side by side"]),
        ("harbour -wall", ["harbour alone"]),
        ('harbour -"harbour wall"', ["apart", "harbour alone"]),
        ("fountain OR lighthouse", ["lighthouse", "fountain"]),
        ("stone fountain OR lighthouse", ["lighthouse", "fountain"]),
        ("HARBOUR -apart -alone", ["side by side"]),
        ("crane’s", ["apart"]),
        ("crème", ["apart"]),
        ("creme brulee", ["apart"]),
        ("tic-tac", ["side by side"]),
        ("-harbour stone", ["lighthouse", "fountain"]),
        ("-harbour", ["lighthouse", "fountain"]),
    ],
)
def test_quotes_minus_and_or_work(text, expected):
    section = make_section()
    for headline, body in [
        ("fountain", "stone fountain"),
        ("lighthouse", "lighthouse of stone"),
        ("harbour alone", "the harbour"),
        ("side by side", "the harbour walls, tic-tac"),
        ("apart", "the harbour of a crane, a wall of Crème brûlée"),
    ]:
        publish(headline, standfirst="", body=f"<p>{body}</p>", section=section, tags=[])
    assert found(text) == expected


def test_a_phrase_does_not_reach_from_one_part_into_the_next():
    publish("A harbour", standfirst="wall of stone", body="<p>tall</p><p>ships</p>")
    assert found('"harbour wall"') == []
    assert found('"wall of stone"') == ["A harbour"]


def test_chinese_arabic_and_russian_are_found():
    publish("港口关税战升级")
    publish("الميناء يغلق")
    publish("Новый порт")
    assert found("关税") == found("关税战") == ["港口关税战升级"]
    assert found("税关") == []
    assert found("الميناء") == ["الميناء يغلق"]
    assert found("новый") == ["Новый порт"]


def test_only_what_is_live_is_found():
    shown = make_article(headline="Zeppelin first")
    publishing.publish(shown, at=timezone.now() - timedelta(hours=2))
    gone = make_article(headline="Zeppelin gone")
    publishing.publish(gone)
    publishing.withdraw(gone, "Wrong.")
    publishing.schedule(make_article(headline="Zeppelin to come"), timezone.now() + timedelta(1))
    make_article(headline="Zeppelin draft")
    assert found("zeppelin") == ["Zeppelin first"]


def test_filters_and_dates_narrow_what_is_found():
    section, author = make_section(), make_author()
    now = timezone.now()
    publish("old", section=section, at=now - timedelta(days=400))
    publish("new", section=section, tags=["Port"], at=now - timedelta(days=4))
    publish("other", authors=[author])
    search = Search(Edition.objects.live())
    headlines = dict(Edition.objects.values_list("pk", "headline"))

    def shown(narrow, text="harbour"):
        return [headlines[pk] for _place, pk in narrow.latest(9)]

    search = Search(Edition.objects.live())
    assert shown(search) == ["other", "new", "old"]
    assert shown(search.in_section(section)) == ["new", "old"]
    assert shown(search.in_section(section).since(now - timedelta(days=9))) == ["new"]
    assert shown(search.in_section(section).until(now - timedelta(days=9))) == ["old"]
    assert shown(search.by(author)) == ["other"]
    assert shown(search.since(now).until(now - timedelta(days=1))) == []


def page(client, **asked):
    response = client.get("/search/", asked)
    assert response.status_code == 200
    return response.content.decode()


def shown(html):
    return re.findall(r'<h2[^>]*><a href="[^"]+">([^<]+)</a></h2>', re.sub("</?mark>", "", html))


def test_the_place_of_a_word_and_the_age_of_a_story_rank_it(client):
    now = timezone.now()
    day = timedelta(days=1)
    publish("Ferry in the body", body="<p>A zeppelin.</p>", at=now - 2 * day)
    publish("Ferry in the standfirst", standfirst="A zeppelin.", at=now - 3 * day)
    publish("Ferry in a tag", tags=["Zeppelin"], at=now - 4 * day)
    publish("Zeppelin in the headline", at=now - 5 * day)
    publish("Zeppelin, long ago", at=now - 4000 * day)
    publish("Ferry of today", body="<p>A zeppelin.</p>")
    best = shown(page(client, q="zeppelin"))
    assert best == [
        "Zeppelin in the headline",
        "Ferry in a tag",
        "Ferry in the standfirst",
        "Ferry of today",
        "Ferry in the body",
        "Zeppelin, long ago",
    ]
    newest = shown(page(client, q="zeppelin", order="newest"))
    assert newest == [best[3], best[4], best[2], best[1], best[0], best[5]]


def test_what_matches_best_is_the_same_all_day_for_as_long_as_the_page_is_kept(client, settings):
    """An hour takes more from a story of this hour than from one of years ago."""
    settings.PAST_IS_PUBLIC = True
    noon = timezone.localtime().replace(hour=12) - timedelta(days=1)
    publish("Zeppelin in the headline", at=noon - timedelta(days=31 * 30, hours=31))
    publish("Ferry", body="<p>A zeppelin.</p>", at=noon)

    def best(moment):
        path = past_address(moment, "search/")
        return shown(client.get(path, {"q": "zeppelin"}).content.decode())

    assert best(noon + timedelta(minutes=2)) == best(noon + timedelta(hours=11))


def test_of_several_words_one_in_the_headline_counts(client):
    publish("Ferry and more", body="<p>A zeppelin over the ferry.</p>", tags=[])
    publish("Other", body="<p>A zeppelin over the ferry.</p>", standfirst="", tags=[])
    assert shown(page(client, q="zeppelin ferry")) == ["Ferry and more", "Other"]


def test_the_matching_words_are_marked_and_nothing_else_is_markup(client):
    publish(
        "New harbours",
        standfirst="",
        body=f"<p>{'Word ' * 60}</p><p>Before &lt;b&gt; the Harbours’ wall and the harbour.</p>",
    )
    html = page(client, q='harbour "the harbour" <b>')
    snippet = re.search(r'<p class="summary"[^>]*>(.*?)</p>', html)[1]
    assert snippet.startswith("… Word")
    assert "&lt;<mark>b</mark>&gt;" in snippet and "<b>" not in html
    assert ">New <mark>harbours</mark></a></h2>" in html
    assert "<mark>the Harbours</mark>’ wall and <mark>the harbour</mark>." in snippet


def test_a_snippet_says_which_of_its_passages_is_in_another_language(client):
    french = '<span lang="fr" dir="auto">'
    body = f"<p>A flot</p><p>“{french}le <em>flot</em> &amp; la mer</span>”</p>"
    publish("Tide", standfirst="It rose.", body=body)
    assert (
        f"It rose. A <mark>flot</mark> “{french}le </span>{french}<mark>flot</mark></span>"
        f"{french} &amp; la mer</span>”</p>"
    ) in page(client, q="flot")


def test_a_story_of_nothing_but_one_passage_and_heading_is_found_and_shown(client):
    # Comparing each with all the others, as was done, takes minutes of this.
    passages = '<span lang="fr" dir="auto">flot</span> la ' * 10_000
    edition = publish("Tide", standfirst="", body=f"{'<h2>Why</h2>' * 10_000}<p>{passages}</p>")
    assert '<span lang="fr" dir="auto"><mark>flot</mark></span> la ' in page(client, q="flot")
    assert 'id="part-why-10000"' in client.get(edition.get_absolute_url()).text


def test_a_snippet_does_not_end_with_the_mark_that_opens_a_quotation(client):
    publish("Tide", standfirst="", body=f"<p>Gauge {'word ' * 38}calm. “{'Said ' * 9}</p>")
    assert "word calm. …</p>" in page(client, q="gauge")


def test_typing_errors_are_forgiven_and_said(client):
    publish("Parliament meets")
    publish("Harbour wall stands")
    publish("Malaga")
    for asked, says in [
        ("parliment", "parliament"),
        ("aprliament", "parliament"),
        ("harbor wal", "harbour wall"),
        ("“harbur wall”", "“harbour wall”"),
        ("parliament metes", "parliament meets"),
        ("málagga", "malaga"),
    ]:
        html = page(client, q=asked)
        said = re.search(r'<p class="shown" role="status">(.*?)</p>', html)[1]
        assert said == f"Nothing for “{asked}”. Shown: “{says}”."
        assert len(shown(html)) == 1
    html = page(client, q="zzzzz")
    assert "Shown:" not in html and "Nothing found" in html


@pytest.mark.parametrize("state", ["draft", "scheduled", "withdrawn"])
def test_a_hidden_story_changes_no_answer(client, state):
    section = make_section()
    live = make_article(
        headline="Zeppelan rises", tags=["Airship"], section=section, standfirst="Zeppelans."
    )
    publishing.publish(live, at=timezone.now() - timedelta(days=1))
    addresses = [
        f"/search/?{query}"
        for query in (
            "q=zeppelin",
            "q=zeppelan",
            "q=zeppelon",
            "q=airship+zeppelin",
            "tag=zeppelin",
            "series=zeppelins",
            "author=nobody",
            f"section={section.slug}",
            "",
        )
    ]
    before = [client.get(address).content for address in addresses]
    hidden = make_article(
        headline="Zeppelin falls",
        body="<p>Zeppelon, zepelin, zeppelins</p>",
        section=section,
        tags=["Zeppelin"],
        authors=live.bylines.all()[0].author and [live.bylines.all()[0].author],
        series=make_series(name="Zeppelins", slug="zeppelins"),
    )
    if state == "scheduled":
        publishing.schedule(hidden, timezone.now() + timedelta(days=1))
    elif state == "withdrawn":
        publishing.publish(hidden)
        publishing.withdraw(hidden, "Wrong.")
    assert [client.get(address).content for address in addresses] == before


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "a\0b",
        "x" * 10_000,
        "word " * 2_000,
        '"',
        '"' * 99,
        "-",
        "----",
        "-harbour",
        "OR",
        "OR OR harbour OR",
        "NEAR(harbour wall, 3)",
        "AND NOT NEAR",
        "headline:harbour",
        "words : x",
        "harbour*",
        "^harbour + wall",
        "(((",
        "the of and",
        "🚢 ⚓",
        "%s %(x)s {}",
        "'; DROP TABLE articles_words; --",
        "\\ ' \" & | ! <-> :*A",
        "§ §s1 ¹harbour",
        "½ ﬁ ²",
        "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        "\u0301\u200d\ufeff",
        "ਪੰਜਾਬ หนังสือพิมพ์ 港",
    ],
)
def test_any_text_gets_an_answer(client, text):
    publish("Harbour wall")
    for order in ("", "newest"):
        html = page(client, q=text, order=order)
        assert '<meta name="robots" content="noindex, follow">' in html


def test_the_search_page_itself_is_for_search_engines_and_what_is_asked_is_not(client):
    html = client.get("/search/").content.decode()
    assert "noindex" not in html and '<meta name="description"' in html
    assert '<link rel="canonical" href="http://testserver/search/">' in html
    assert '<meta name="robots" content="noindex, follow">' in page(client, q="wall")


def test_the_way_up_from_search_leads_to_the_front_page(client):
    way_up = page(client).split('aria-label="Breadcrumbs"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', way_up) == ["/"]


def test_each_filter_narrows_and_stands_in_the_address(client):
    section, author = make_section(slug="world"), make_author(name="Zoe Ames", slug="zoe-ames")
    series = make_series(name="Ports & docks", slug="ports")
    now = timezone.now()
    publish("Old", section=section, at=now - timedelta(days=800))
    publish("New", section=section, tags=["Big ships"], series=series)
    publish("Other", authors=[author], at=now - timedelta(days=30))
    ago = f"{now - timedelta(days=100):%Y-%m-%d}"
    today = f"{timezone.localdate(now)}"
    for asked, expected in [
        ({}, ["New", "Other", "Old"]),
        ({"section": "world"}, ["New", "Old"]),
        ({"series": "ports"}, ["New"]),
        ({"series": "ports & DOCKS"}, ["New"]),
        ({"series": "nothing"}, []),
        ({"author": "zoe-ames"}, ["Other"]),
        ({"author": "Zoe AMES"}, ["Other"]),
        ({"tag": "big-ships"}, ["New"]),
        ({"tag": "Big Ship"}, ["New"]),
        ({"from": ago}, ["New", "Other"]),
        ({"to": ago}, ["Old"]),
        ({"from": ago, "to": ago}, []),
        ({"from": today, "to": today}, ["New"]),
        ({"from": today, "to": today, "q": "new"}, ["New"]),
        ({"from": "0001-01-01", "to": "9999-12-31"}, ["New", "Other", "Old"]),
        ({"section": "world", "to": ago, "q": "harbour OR old"}, ["Old"]),
        ({"author": "nobody"}, []),
        ({"tag": "nothing"}, []),
    ]:
        assert shown(page(client, **asked)) == expected, asked


def test_a_slug_in_an_address_means_its_series_or_author_whatever_others_are_called(client):
    tides = make_series(name="Tides", slug="tides-2"), make_series(name="Water", slug="tides")
    ames = make_author(name="Ames", slug="ames-2"), make_author(name="Zoe Ames", slug="ames")
    for headline, series, author in zip(("Name", "Slug"), tides, ames, strict=True):
        publish(headline, series=series, authors=[author])
    assert shown(page(client, series="tides")) == ["Slug"]
    assert shown(page(client, author="ames")) == ["Slug"]
    assert shown(page(client, series="Tides")) == ["Name"]
    assert shown(page(client, author="Ames")) == ["Name"]


def test_the_search_page_is_as_long_with_many_series_as_with_few(client):
    section = make_section()
    publish("Story", section=section, series=make_series())
    few = page(client)
    for number in range(5):
        publish(f"Story {number}", section=section, series=make_series())
    assert page(client).count("<option") == few.count("<option")


@pytest.mark.parametrize("asked", [{"section": "none"}, {"from": "soon"}, {"order": "odd"}])
def test_a_field_that_cannot_be_read_is_told(client, asked):
    publish("Story")
    html = page(client, **asked)
    assert "cannot be read" in html and "errorlist" in html and not shown(html)


def test_a_tag_that_was_merged_is_still_found(client):
    publish("Story", tags=["Ports"])
    publish("Another", tags=["Harbours"])
    merge([Tag.objects.get(name="Ports")], Tag.objects.get(name="Harbours"))
    merge([Tag.objects.get(name="Harbours")], Tag.objects.create(name="Quays"))
    assert shown(page(client, tag="quays")) == ["Another", "Story"]


@pytest.mark.parametrize("order", ["", "newest"])
def test_answers_page_in_both_directions_and_are_counted_to_a_bound(client, order):
    now = timezone.now()
    for number in range(45):
        publish(f"Zeppelin {number:02}", at=now - timedelta(days=100 - number))
    expected = [f"Zeppelin {number:02}" for number in range(44, -1, -1)]
    first = html = page(client, q="zeppelin", order=order)
    assert "45 stories" in html
    seen = shown(html)
    while following := re.search(r'rel="next" href="([^"]+)"', html):
        html = client.get("/search/" + unescape(following[1])).content.decode()
        seen += shown(html)
    assert seen == expected
    while previous := re.search(r'rel="prev" href="([^"]+)"', html):
        html = client.get("/search/" + unescape(previous[1])).content.decode()
        seen = shown(html)
    assert seen == shown(first)


@pytest.mark.parametrize("cursor", ["x", "9" * 40, "1-1"])
def test_a_place_that_is_none_is_not_found(client, cursor):
    for name in ("before", "after"):
        assert client.get("/search/", {name: cursor}).status_code == 404
    assert client.get("/search/", {"q": "a", "below": cursor}).status_code == 404


def test_the_past_can_be_searched(client, settings):
    settings.PAST_IS_PUBLIC = True
    article = make_article(headline="Zeppelin of then")
    publishing.publish(article, at=timezone.now() - timedelta(hours=3))
    change(article, headline="Zeppelin of now")
    publishing.publish(article)
    address = past_address(timezone.now() - timedelta(hours=1), "search/")
    html = client.get(address, {"q": "zeppelin"}).content.decode()
    assert shown(html) == ["Zeppelin of then"]
    assert f'action="{address}"' in html


@pytest.mark.parametrize("stories", [3, 25])
def test_search_has_a_fixed_number_of_queries(django_assert_num_queries, stories):
    section, author = make_section(slug="world"), make_author(slug="ames")
    shared = {"section": section, "series": make_series(slug="bays"), "authors": [author]}
    for number in range(stories):
        publish(f"Zeppelin over a bay, {number}", tags=["Port"], **shared)
    for asked, queries in [
        ({}, 5),
        ({"q": "zeppelin"}, 8),
        ({"q": "zeppelin bay"}, 9),
        ({"q": "zeppelin", "section": "world", "author": "ames", "tag": "port"}, 12),
        ({"q": "zeppelin", "series": "bays"}, 9),
        ({"q": "zeppelin", "order": "newest"}, 5),
        ({"q": "zepelin"}, 15),
    ]:
        client = Client()
        with django_assert_num_queries(queries):
            assert len(shown(page(client, **asked))) == min(stories, 20), asked


def test_what_was_published_before_the_index_is_taken_in():
    publish("Zeppelin", tags=["Airship"], authors=[make_author(name="Zoe Ames")])
    publish("Another zeppelin")
    indexing.empty()
    assert found("zeppelin") == []
    indexing.fill()
    call_command("index_stories")
    assert found("zeppelin") == ["Another zeppelin", "Zeppelin"]
    assert found("airship ames") == ["Zeppelin"]


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("older", [False, True])
def test_kept_answers_end_when_the_index_is_made_anew(older):
    publish("Zeppelin")
    indexing.empty()
    site = Site()
    for address in ("/search/?q=zeppelin", "/search/feed/?q=zeppelin"):
        assert "brought the highest water" not in site.get(address).text
        assert site.get(address).is_hit
    call_command("index_stories", older=older)
    for address in ("/search/?q=zeppelin", "/search/feed/?q=zeppelin"):
        assert "brought the highest water" in site.get(address).text


AGES = (0, 1, 3, 5, 20, 60, 100, 200, 400, 700, 1500, 4000, 12_000, 40_000)


@pytest.mark.parametrize("first", [0, 5, 10])
def test_what_was_published_long_ago_is_found_in_its_order(first):
    """Of each age in days, with what is there from any age on, back to before 1970 and 1930."""
    ages, now = AGES[first:], timezone.now()
    for age in ages:
        publish(f"Zeppelin over {age}", at=now - timedelta(days=age), tags=["Airship"])
        publish(f"Over a zeppelin {age}", at=now - timedelta(days=age, seconds=1))
    wanted = [f"Zeppelin over {age}" for age in ages]
    assert found('"zeppelin over"') == found("zeppelin airship") == wanted
    assert found("zeppelin -airship") == [f"Over a zeppelin {age}" for age in ages]
    assert found("zeppelin OR airship")[::2] == wanted
    search = Search(Edition.objects.live()).matching('"zeppelin over"')
    rows = search.latest(100)
    assert search.earliest(100, rows[-1][0] - 1) == rows[::-1]
    assert search.until(now - timedelta(days=ages[-1])).latest(100) == rows[-1:]


def in_(place):
    """Return what a story is published with that has “airship bay” in a place."""
    calm = {"headline": "Calm", "standfirst": "Calm.", "tags": [], "body": "<p>Calm.</p>"}
    told = "<p>An airship bay.</p>" if place == "body" else "Airship bay"
    return calm | {place: [told] if place == "tags" else told}


@pytest.mark.parametrize("text", ["airship", "airship bay", '"airship bay"'])
@pytest.mark.parametrize("turn", range(3))
def test_the_best_are_the_newest_of_all_and_the_newest_of_each_better_place(
    monkeypatch, text, turn
):
    """Wherever those with a better place begin, and however far apart they are."""
    monkeypatch.setattr("articles.search.NEWEST", 4)
    monkeypatch.setattr("articles.search.NEWEST_OF_TIER", 2)
    now, rows = timezone.now(), {}
    places = ["body", "standfirst", "tags", "headline", "body"]
    for number, age in enumerate(AGES):
        place = places[(number * (turn + 1) + turn) % len(places)]
        edition = publish(**in_(place), slug=f"of-{age}", at=now - timedelta(days=age))
        rows[edition.pk] = place
    expected = set()
    for better, most in (
        (("headline",), 2),
        (("headline", "tags"), 2),
        (("headline", "tags", "standfirst"), 2),
        (("headline", "tags", "standfirst", "body"), 4),
    ):
        expected |= set([pk for pk, place in rows.items() if place in better][:most])
    best = Search(Edition.objects.live()).matching(text).best(now)
    assert {pk for _place, pk in best} == expected


def test_a_phrase_is_found_though_its_words_stand_apart_in_many_newer_stories(monkeypatch):
    publish("Harbour wall", at=timezone.now() - timedelta(days=2))
    for number in range(5):
        publish(f"Wall of the harbour {number}")
    monkeypatch.setattr("articles.search.LOOKED_AT_OF_TIER", 2)
    search = Search(Edition.objects.live()).matching('"harbour wall"')
    assert len(search.latest(1)) == len(search.best(timezone.now())) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite packs nothing")
def test_words_are_packed_so_that_they_are_soon_unpacked():
    publish("Zeppelin", body=f"<p>{' '.join(f'Word{number}' for number in range(500))}</p>")
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT pg_column_compression(words) FROM articles_indexededition")
        assert cursor.fetchall() == [("lz4",)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads its lists in order")
def test_a_search_that_takes_too_long_gives_what_is_newest(monkeypatch):
    for age in (0, 100, 3000):
        publish(f"Zeppelin over {age}", at=timezone.now() - timedelta(days=age))
    assert len(found("zeppelin")) == 3
    monkeypatch.setattr(postgresql, "PATIENCE", 0)
    assert found("zeppelin") == ["Zeppelin over 0"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL goes on to longer times")
def test_a_search_that_takes_sqlite_too_long_gives_what_is_newest(monkeypatch):
    for age in range(12):
        publish(f"Zeppelin over {age}", at=timezone.now() - timedelta(days=age))
    whole = found("zeppelin")
    monkeypatch.setattr(sqlite, "PATIENCE", -1)
    numbers = set()
    # SQLite goes on counting where it was ended: of ever more steps it would make the same few.
    for steps in range(3000, 10, -10):
        monkeypatch.setattr(sqlite, "STEPS", steps)
        some = found("zeppelin")
        assert some == whole[: len(some)]
        numbers.add(len(some))
    assert {0, 12} < numbers
    monkeypatch.setattr(sqlite, "PATIENCE", 60)
    assert found("zeppelin") == whole


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL goes on to longer times")
def test_a_search_whose_process_stood_still_finds_all_there_is():
    """As while a disk is slow. What its page says, readers get until something changes."""
    for age in range(12):
        publish(f"Zeppelin over {age}", at=timezone.now() - timedelta(days=age))

    def stand_still(execute, sql, *rest):
        if "articles_words" in sql:
            time.sleep(sqlite.PATIENCE + 0.05)
        return execute(sql, *rest)

    with connection.execute_wrapper(stand_still):
        assert len(found("zeppelin")) == 12


@pytest.mark.django_db(transaction=True)
def test_the_index_of_an_older_version_is_made_anew():
    publish("Zeppelin", at=timezone.now() - timedelta(days=3000))
    call_command("migrate", "articles", "0018", verbosity=0)
    if connection.vendor == "postgresql":
        take_in_as_before()
    call_command("migrate", "articles", verbosity=0)
    assert found("zeppelin") == ["Zeppelin"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's index is as it was")
def test_what_an_older_version_takes_in_meanwhile_is_taken_in_anew():
    publish("Zeppelin", at=timezone.now() - timedelta(days=20_000))
    take_in_as_before()
    publish("Another zeppelin")
    place = IndexedEdition.objects.latest("place").place
    with CaptureQueriesContext(connection) as queries:
        call_command("index_stories", older=True)
    assert found("zeppelin") == ["Another zeppelin", "Zeppelin"]
    assert not [each for each in queries if f"({place}, " in each["sql"]], "taken in once more"


def take_in_as_before():
    """Leave words in PostgreSQL's index that have no eras."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE articles_indexededition SET words = 'zeppelin'")
    assert found("zeppelin") == []


def test_many_editions_of_one_second_have_a_place_each(monkeypatch):
    monkeypatch.setattr(indexing, "A_SECOND", 1)
    moment = timezone.now() - timedelta(days=1)
    for number in range(4):
        publish(f"Zeppelin {number}", at=moment)
    assert len(found("zeppelin")) == 4


@pytest.mark.parametrize("language", ["de", "zh-hans", "xx"])
def test_words_are_those_of_the_newsrooms_language(client, settings, language):
    settings.LANGUAGE_CODE = language if language != "xx" else "eo-xx"
    publish("Häuser am Hafen")
    expected = ["Häuser am Hafen"] if language == "de" else []
    assert found("haus") == expected
    assert found("hauser") == ["Häuser am Hafen"]
