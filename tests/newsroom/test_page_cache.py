"""The page cache as readers meet it: through the door of WSGI, over the real pages."""

import gzip
import os
import random
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import timezone as zone
from itertools import count
from threading import Event, Thread, Timer

import brotli
import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.http import http_date

from articles import publishing
from articles.models import FormerSlug, FrontPage, PageChange, Tag
from articles.models.edition_lists import SITEMAP_PART
from articles.page_tags import of_article
from articles.tagging import merge
from newsroom.metrics import REGISTRY, PageCacheFigures
from newsroom.outage import unavailable
from newsroom.page_cache import PageCache
from newsroom.page_store import Change, PageStore
from newsroom.page_watch import LATE, LOST, Watch
from tests.articles.test_readers_site import public_addresses
from tests.at_once import at_once
from tests.factories import (
    change,
    make_article,
    make_author,
    make_image,
    make_section,
    make_series,
)
from tests.newsroom.cached_site import DJANGO, Site, answer, request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]


def test_a_second_reader_gets_the_page_without_django(site, story, django_assert_num_queries):
    first = site.get(story.get_absolute_url())
    site.watch.look()
    with django_assert_num_queries(0):
        second = site.get(story.get_absolute_url(), look=False)
    assert (first.status, site.asked) == (200, 1)
    assert second.body == first.body and second.is_hit and not first.is_hit
    assert second.headers["age"] == "0"


def test_every_public_page_of_a_newsroom_is_kept(site, story):
    for address in public_addresses():
        answer = site.get(address)
        kept = answer.status in (200, 410) and "no-store" not in answer.headers["cache-control"]
        if address.startswith(("/as-it-was", "/preview")) or answer.status == 404:
            continue
        assert kept, f"{address}: {answer.status}"
        assert site.get(address).is_hit, address


def test_pages_leave_in_the_coding_that_the_reader_takes(site, story):
    address = story.get_absolute_url()
    plain = site.get(address)
    assert "content-encoding" not in plain.headers
    for accepted, coding, decompress in (
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, *", "gzip", gzip.decompress),
        ("identity, gzip;q=0", None, bytes),
    ):
        answer = site.get(address, accept_encoding=accepted)
        assert answer.headers.get("content-encoding") == coding
        assert decompress(answer.body) == plain.body
        assert answer.headers["content-length"] == str(len(answer.body))
        assert answer.headers["vary"] == "Accept-Encoding"


def test_what_a_reader_has_is_not_sent_again(site, story):
    address = story.get_absolute_url()
    etag = site.get(address, accept_encoding="br").headers["etag"]
    again = site.get(address, accept_encoding="br", if_none_match=f'"x", W/{etag}')
    assert (again.status, again.body) == (304, b"") and again.headers["etag"] == etag
    assert "content-length" not in again.headers
    # Another coding is another representation.
    assert site.get(address, accept_encoding="gzip", if_none_match=etag).status == 200
    feed = site.get("/feed/").headers["etag"]
    assert site.get("/feed/", if_none_match=feed).status == 304


def test_head_answers_as_get_without_a_body(site, story):
    address = story.get_absolute_url()
    head, get = site.get(address, "HEAD"), site.get(address)
    assert head.body == b"" and get.is_hit
    assert head.headers["content-length"] == get.headers["content-length"]


def test_whoever_asks_for_another_form_between_two_looks_gets_it(site, story, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    etag = site.get("/feed/").headers["etag"]
    forms = [
        {},
        {"method": "HEAD"},
        {"accept_encoding": "br"},
        {"accept_encoding": "gzip"},
        {"if_none_match": etag},
        {"if_modified_since": http_date()},
        {"host": "other.example"},
        {"cookie": "sessionid=abc"},
        {"authorization": "Basic eDp5"},
        {"method": "POST"},
    ]

    def asked(of, form):
        found = of.get("/feed/", look=False, **form)
        kept = (found.headers.get(name) for name in ("cache-status", "content-encoding"))
        return found.status, *kept, found.body

    alone = []
    for form in forms:
        of = Site()
        of.get("/feed/", **{"host": form.get("host", "testserver")})
        alone.append(asked(of, form))
    assert [found[0] for found in alone] == [200, 200, 200, 200, 304, 200, 200, 200, 200, 403]
    site.get("/feed/", host="other.example")
    for form, expected in zip(forms, alone, strict=True):
        site.watch.look()
        # Until the next look it knows what this is answered with.
        site.get("/feed/", look=False)
        assert [asked(site, form) for _again in range(2)] == [expected, expected]


def test_parameters_that_a_page_does_not_read_neither_split_nor_poison_it(site, story):
    clean = site.get("/search/?q=harbour&order=newest")
    for query in (
        "?order=newest&q=harbour",
        "?utm_source=x&q=harbour&order=newest&evil=%3Cscript%3E",
        "?q=harbour&order=newest&",
    ):
        assert site.get(f"/search/{query}").body == clean.body
    assert site.asked == 1
    assert "evil" not in site.get("/search/?q=wall&evil=1").text
    for number in range(20):
        site.get(f"{story.get_absolute_url()}?fbclid={number}")
    assert site.asked == 3


def test_hosts_have_pages_of_their_own_and_strangers_none(site, story, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    settings.SITE_ORIGIN = ""
    here, there = site.get("/feed/"), site.get("/feed/", host="other.example")
    assert "http://testserver/" in here.text and "http://other.example/" in there.text
    strange = site.get("/feed/", host="evil.example")
    assert strange.status == 400 and len(site.store) == 2


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"cookie": "sessionid=abc"}),
        ("GET", {"authorization": "Basic eDp5"}),
        ("POST", {}),
    ],
)
def test_staff_and_what_is_sent_pass_by_the_cache(site, story, method, headers):
    site.get("/", method, **headers)
    assert len(site.store) == 0
    site.get("/")
    asked = site.asked
    site.get("/", method, **headers)
    assert site.asked == asked + 1


def test_previews_and_the_past_are_never_kept(site, story, settings):
    settings.PAST_IS_PUBLIC = True
    moment = (timezone.now() - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for address in (f"/as-it-was/{moment}/", "/as-it-was/", "/preview/abc/", "/admin/login/"):
        site.get(address)
    assert len(site.store) == 0


def test_publishing_one_story_leaves_the_others_warm(site):
    shelf = [publishing.publish(make_article()) for _number in range(4)]
    for edition in shelf:
        site.get(edition.get_absolute_url())
    site.get(shelf[0].section.get_absolute_url())
    site.get("/")
    change(shelf[0].article, headline="The wall gave way")
    publishing.publish(shelf[0].article)
    for edition in shelf[1:]:
        assert site.get(edition.get_absolute_url()).is_hit
    for address in (shelf[0].get_absolute_url(), "/", shelf[0].section.get_absolute_url()):
        answer = site.get(address)
        assert not answer.is_hit and "The wall gave way" in answer.text


def test_a_story_leaves_the_sitemaps_of_the_others_warm(site):
    number = 2 * SITEMAP_PART
    first, far = publishing.publish(make_article()), publishing.publish(make_article(pk=number))
    parts = [f"/sitemap-stories-{each.article_id // SITEMAP_PART}.xml" for each in (first, far)]
    for address in (*parts, "/sitemap.xml"):
        assert site.get(address).status == 200
    publishing.publish(make_article(pk=number + 1))
    assert site.get(parts[0]).is_hit
    assert site.get(parts[1]).text.count("<loc>") == 2
    assert site.get("/sitemap.xml").text.count("sitemap-stories-") == 2
    # One that moves, and one that goes, end their own part.
    change(far.article, headline="The wall gave way")
    moved = publishing.publish(far.article)
    assert moved.live_from.isoformat(timespec="seconds") in site.get(parts[1]).text
    publishing.withdraw(moved.article, "It was wrong.")
    assert moved.get_absolute_url() not in site.get(parts[1]).text
    assert site.get(parts[0]).is_hit


def test_a_story_leaves_the_archive_of_other_days_warm_where_its_own_has_one(site):
    yesterday = publishing.publish(make_article(), at=timezone.now() - timedelta(days=1))
    addresses = [f"/{yesterday.first_published_on:%Y/%m/%d}/", "/archive/"]
    # Each page has the names of all sections.
    articles = [make_article(section=yesterday.section) for _number in range(2)]
    first = publishing.publish(articles[0])
    today = f"/{first.first_published_on:%Y/%m/%d}/"
    assert f'href="{today}"' in site.get(addresses[0]).text
    site.get("/archive/")
    second = publishing.publish(articles[1])
    assert all(site.get(address).is_hit for address in addresses)
    assert second.headline in site.get(today).text
    # Of both, the last to go takes the day with it, and whoever comes again brings it back.
    for edition in (first, second):
        publishing.withdraw(edition.article, "It was wrong.")
    assert f'href="{today}"' not in site.get(addresses[0]).text
    publishing.publish(first.article)
    assert f'href="{today}"' in site.get(addresses[0]).text


@pytest.mark.django_db(transaction=True)
def test_a_story_that_leaves_the_archive_warm_is_there_before_its_days_other_one_goes():
    """Between the two, a page of another day that was made anew would lack the day."""
    other = publishing.publish(make_article())
    article, gone = make_article(), Event()

    def withdraw():
        publishing.withdraw(other.article, "It was wrong.")
        gone.set()
        connection.close()

    withdrawing = Thread(target=withdraw)
    with transaction.atomic():
        publishing.publish(article)
        withdrawing.start()
        assert not gone.wait(0.5)
    withdrawing.join()
    assert gone.is_set()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one connection in tests")
@pytest.mark.django_db(transaction=True)
def test_a_day_whose_other_story_ends_before_the_next_is_there_comes_back_with_that():
    site = Site()
    yesterday = publishing.publish(make_article(), at=timezone.now() - timedelta(days=1))
    other = publishing.publish(make_article(section=yesterday.section))
    article = make_article(section=yesterday.section)
    address = f"/{yesterday.first_published_on:%Y/%m/%d}/"
    today = f'href="/{other.first_published_on:%Y/%m/%d}/"'
    ends_at = timezone.now() + timedelta(seconds=0.3)
    publishing.withdraw(other.article, "It was wrong.", at=ends_at)
    assert today in site.get(address).text
    with transaction.atomic():
        publishing.publish(article)
        time.sleep((ends_at - timezone.now()).total_seconds() + 0.01)
        between = at_once(lambda: site.get(address).text)[0]
        assert today not in between
    assert today in site.get(address).text


def test_a_link_added_to_a_profile_is_on_its_page_at_once(site):
    author = make_author()
    site.get(author.get_absolute_url())
    author.links.create(label="Elsewhere", url="https://elsewhere.example/")
    assert "https://elsewhere.example/" in site.get(author.get_absolute_url()).text


def test_changes_lead_to_the_past_as_soon_as_there_is_one(site, story, settings, monkeypatch):
    """A page of the past is of a whole second: an edition's first is still to come at first."""
    settings.PAST_IS_PUBLIC = True
    address, leads = story.get_changes_url(), "The story as it was then"
    with monkeypatch.context() as patch:
        # However slow this machine is.
        patch.setattr(timezone, "now", lambda: story.live_from)
        assert leads not in site.get(address).text
    time.sleep(1)
    assert leads in site.get(address).text
    assert site.get(address).is_hit


def test_a_scheduled_story_appears_on_its_second_without_a_look(site, story):
    assert story.headline in site.get("/").text
    article = make_article(headline="Due")
    at = timezone.now() + timedelta(seconds=1)
    publishing.schedule(article, at)
    time.sleep(max(0, (at - timezone.now()).total_seconds() - 0.3))
    site.watch.look()
    for _again in range(2):
        text = site.get("/", look=False).text
        assert "Due" not in text or timezone.now() >= at
    while timezone.now() < at:
        time.sleep(0.05)
    assert "Due" in site.get("/", look=False).text


def test_a_withdrawal_that_outlives_an_undone_schedule_ends_what_the_story_shows(site, clock):
    """It was set while another edition was to be there by then."""
    article = make_article()
    picture = article.lead_image.picture.thumbnail_url
    section = publishing.publish(article).section
    publishing.publish(make_article(section=section, lead_image=make_image()))
    now = timezone.now()
    change(article, lead_image=make_image(), section=make_section())
    publishing.schedule(article, now + timedelta(minutes=10))
    publishing.withdraw(article, "It was wrong.", at=now + timedelta(minutes=20))
    publishing.cancel(article)
    clock(minutes=11)
    listed = site.get(section.get_absolute_url())
    assert "2 stories" in listed.text and site.get(picture).status == 200
    assert site.get(picture).is_hit
    clock(minutes=21)
    assert site.get(picture).status == 404
    assert "1 story" in site.get(section.get_absolute_url()).text


def test_a_scheduled_story_appears_under_the_tag_that_its_own_was_merged_into(site, clock):
    publishing.publish(make_article(tags=["Dykes"]))
    article = make_article(headline="Due", tags=["Dikes"])
    now = timezone.now()
    publishing.schedule(article, now + timedelta(minutes=10))
    article.refresh_from_db()
    into, merged = Tag.objects.get(name="Dykes"), Tag.objects.get(name="Dikes")
    merge([merged], into)
    assert "Due" not in site.get(into.get_absolute_url()).text
    clock(minutes=9)
    assert site.get(into.get_absolute_url()).is_hit
    clock(minutes=11)
    assert "Due" in site.get(into.get_absolute_url()).text


def test_nginx_asks_anew_within_a_second_of_what_may_have_changed(site, story, settings):
    """It serves a page to the end of the second that X-Accel-Expires names."""
    address, tried = story.get_absolute_url(), set()

    def kept_for():
        answer = site.get(address)
        second = int(answer.headers["x-accel-expires"].removeprefix("@"))
        return second + 1 - site.watch.true_at

    first = [site.get(address, look=False) for _again in range(3)][-1]
    for _moment in range(5):
        time.sleep(0.23)
        tried.add(kept_for() > 0)
        assert kept_for() < 1
    last = site.get(address)
    assert last.headers["x-accel-expires"] > first.headers["x-accel-expires"]
    # In the rest of a second that it looked in, it need not ask.
    assert True in tried
    # Nor past the page's own moment.
    ends = time.time() + 3.5
    publishing.withdraw(story.article, "It was wrong.", at=datetime.fromtimestamp(ends, UTC))
    settings.SHARED_CACHE_SECONDS = 60
    second = int(site.get(address).headers["x-accel-expires"].removeprefix("@"))
    assert ends - 1 < second + 1 <= ends


def test_a_page_does_not_outlive_the_day_on_its_masthead(site, story):
    now = timezone.now().astimezone(UTC)
    since_midnight = timedelta(hours=now.hour, minutes=now.minute, seconds=now.second)
    almost_midnight = zone(timedelta(hours=23, minutes=59, seconds=58) - since_midnight)
    with timezone.override(almost_midnight):
        evening = site.get("/").text
        assert site.get("/").is_hit
        time.sleep(2.1)
        morning = site.get("/")
    assert not morning.is_hit and morning.text != evening


def site_that_may_lose_its_database():
    """Return (a list, a Site): while there is anything in the list, no change can be read."""
    is_away, read = [], PageChange.reader()

    def read_changes():
        if is_away:
            raise OperationalError("the server has gone")
        return read()

    return is_away, Site(read_changes=read_changes)


def test_while_the_database_is_away_true_pages_are_served_and_marked(story):
    is_away, site = site_that_may_lose_its_database()
    address, cold = story.get_absolute_url(), "/archive/"
    true = site.get(address)
    is_away.append(True)
    # What was known within the last second still holds.
    assert "stale" not in site.get(address, look=False).headers["cache-status"]
    time.sleep(1)
    with pytest.raises(OperationalError):
        site.watch.look()
    asked = site.asked
    stale, missing = site.get(address, look=False), site.get(cold, look=False)
    desk = site.get("/admin/articles/article/1/change/", "POST", look=False, cookie="sessionid=a")
    assert stale.body == true.body and "detail=stale" in stale.headers["cache-status"]
    assert stale.headers["cache-control"] == "no-cache"
    assert missing.status == 503 and "cannot be fetched right now" in missing.text
    assert missing.headers["retry-after"] and missing.headers["cache-control"] == "no-store"
    assert desk.status == 503 and "was not saved" in desk.text
    assert site.asked == asked
    is_away.clear()
    assert site.get(address).headers["cache-status"] == "newsroom; hit"
    assert site.get(cold).status == 200


def test_a_withdrawn_story_is_not_even_shown_while_the_database_is_away(story):
    is_away, site = site_that_may_lose_its_database()
    address = story.get_absolute_url()
    lists = ["/", story.section.get_absolute_url(), "/feed/"]
    for each in [address, *lists]:
        assert story.headline in site.get(each).text
    publishing.withdraw(story.article, "It was wrong.")
    site.watch.look()
    is_away.append(True)
    with pytest.raises(OperationalError):
        site.watch.look()
    # No cache in front is to fall back on what it has, as it may on 503.
    for each in [f"{address}?from=feed", *lists]:
        assert site.get(each, look=False).status == 504
    is_away.clear()
    assert [site.get(each).status for each in [address, *lists]] == [410, 200, 200, 200]


def test_no_page_that_named_a_withdrawn_story_is_shown_while_the_database_is_away(story):
    """Nor one that named the tag or the series which no other story has."""
    is_away, site = site_that_may_lose_its_database()
    series = make_series(name="Zanzibar series", slug="zanzibar-series")
    withdrawn = publishing.publish(
        make_article(headline="Zanzibar holds", tags=["Zanzibar tag"], series=series)
    )
    addresses = [each for each in public_addresses() if not each.startswith("/as-it-was/")]
    addresses.append("/search/?q=zanzibar")
    named = [each for each in addresses if b"zanzibar" in site.get(each).body.lower()]
    assert {"/sitemap-news.xml", "/sitemap-stories-0.xml", "/sitemap-tags-0.xml"} < {*named}
    publishing.withdraw(withdrawn.article, "It was wrong.")
    site.watch.look()
    is_away.append(True)
    with pytest.raises(OperationalError):
        site.watch.look()
    wrong = [each for each in named if b"zanzibar" in site.get(each, look=False).body.lower()]
    assert wrong == []


def test_a_story_ends_at_its_moment_though_the_database_is_away(story):
    is_away, site = site_that_may_lose_its_database()
    address = story.get_absolute_url()
    at = timezone.now() + timedelta(seconds=1)
    publishing.withdraw(story.article, "It was wrong.", at=at)
    assert site.get(address).status == 200
    is_away.append(True)
    time.sleep(1)
    with pytest.raises(OperationalError):
        site.watch.look()
    assert site.get(address, look=False).status == 504


def test_a_fault_of_the_database_within_a_page_is_answered_with_503(site, story):
    def fails(*_args):
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fails):
        answer = site.get("/", look=False)
    assert answer.status == 503 and "cannot be fetched" in answer.text


def test_memory_is_bounded_and_the_cold_leave_first():
    site = Site(capacity=60_000)
    shelf = [publishing.publish(make_article()).get_absolute_url() for _number in range(12)]
    for address in shelf:
        site.get(address)
        assert site.get(shelf[0]).is_hit
        assert site.store.size <= 60_000
    assert site.get(shelf[0]).is_hit and site.get(shelf[-1]).is_hit
    assert not site.get(shelf[1]).is_hit


def door_of(application, **options):
    """Return (store, page cache) around an application whose pages no change ends."""
    store = PageStore(1 << 20)
    watch = Watch(store, list)
    options |= {"private": ("/admin/",), "apart": (), "unavailable": unavailable}
    return store, PageCache(application, store, watch, **options)


def ask(door, address, method="GET", **headers):
    return answer(door, request(address, method, **headers))


def test_nothing_is_kept_of_what_a_stranger_asks_for_in_a_form_of_their_own():
    def application(environ, start_response):
        notes = environ["newsroom.page"]
        notes.parameters, notes.tags = (), {"front"}
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"x" * (9 if environ["PATH_INFO"] == "/short/" else 300_000)]

    store, door = door_of(application)
    tracemalloc.start()
    try:
        for number in range(10):
            for accepted in ("gzip", "identity, " + "x" * 200_000 + str(number)):
                environ = request(f"/{number}/", accept_encoding=accepted)
                for _again in range(2):
                    assert b"".join(door(environ, lambda *_answer: None))
        for number in range(3_000):
            environ = request(f"/short/?{number}")
            assert b"".join(door(environ, lambda *_answer: None))
        del environ
        assert len(store) == 11
        assert tracemalloc.get_traced_memory()[0] < store.size + 600_000
    finally:
        tracemalloc.stop()


def test_a_burst_for_a_cold_page_makes_it_once():
    made = []

    def application(environ, start_response):
        made.append(environ["PATH_INFO"])
        time.sleep(0.2)
        notes = environ["newsroom.page"]
        notes.parameters, notes.tags = (), {"front"}
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>The only one</p>"]

    _store, door = door_of(application)
    with ThreadPoolExecutor(50) as readers:
        answers = readers.map(lambda number: ask(door, f"/?from={number}").body, range(1000))
        assert {*answers} == {b"<p>The only one</p>"}
    assert len(made) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
def test_a_burst_for_what_is_not_there_or_fails_asks_django_no_more_than_its_waves(status):
    made = []

    def application(environ, start_response):
        made.append(environ["QUERY_STRING"])
        time.sleep(0.1)
        environ["newsroom.page"].parameters = ("q",)
        start_response(status, [("Content-Type", "text/html")])
        return [f"<p>Nothing of {environ['QUERY_STRING']}</p>".encode()]

    store, door = door_of(application)
    with ThreadPoolExecutor(50) as readers:
        answers = [*readers.map(lambda number: ask(door, f"/?junk={number}&q=a"), range(1000))]
    assert {each.status for each in answers} == {int(status[:3])}
    assert len(made) < 1000 / 50 * 3 and len(store) == 0
    # Who asks for something else at the same time does not get the same.
    with ThreadPoolExecutor(8) as readers:
        answers = [*readers.map(lambda number: ask(door, f"/?q={number % 2}"), range(8))]
    for number, each in enumerate(answers):
        assert each.status == int(status[:3]) and f"q={number % 2}<" in each.text


@pytest.mark.parametrize(
    "header", [("Cache-Control", "private"), ("Vary", "Cookie"), ("Set-Cookie", "a=b")]
)
def test_who_waits_gets_nothing_that_is_for_another_alone(header):
    def application(environ, start_response):
        time.sleep(0.1)
        start_response("404 Not Found", [("Content-Type", "text/html"), header])
        return [f"<p>Not for {environ['HTTP_COOKIE']}</p>".encode()]

    _store, door = door_of(application)

    def ask_as(name):
        return answer(door, request("/", cookie=f"name={name}")).text

    with ThreadPoolExecutor(8) as readers:
        answers = readers.map(ask_as, range(8))
    assert [*answers] == [f"<p>Not for name={number}</p>" for number in range(8)]


def test_who_waits_for_what_is_not_there_gets_it_if_it_came_meanwhile():
    story, made, is_asked, is_there = [], [], Event(), Event()

    def application(environ, start_response):
        made.append(bool(story))
        if len(made) == 1:
            is_asked.set()
            is_there.wait()
        notes = environ["newsroom.page"]
        notes.parameters, notes.tags = (), {"article:1"}
        start_response("200 OK" if made[-1] else "404 Not Found", [("Content-Type", "text/html")])
        return [b"<p>There</p>" if made[-1] else b"<p>Nothing</p>"]

    store = PageStore(1 << 20)
    changes = []
    watch = Watch(store, lambda: [[changes.pop()]] if changes else [], interval=None)
    door = PageCache(
        application, store, watch, private=(), apart=(), unavailable=unavailable, at_once=3
    )
    with ThreadPoolExecutor(2) as readers:
        first = readers.submit(ask, door, "/")
        is_asked.wait()
        second = readers.submit(ask, door, "/")
        story.append("published")
        changes.append(Change("article:1"))
        watch.look()
        is_there.set()
        assert (first.result().status, second.result().status) == (404, 200)


def test_no_cache_in_front_keeps_what_is_too_large_to_be_kept_here():
    def application(environ, start_response):
        environ["newsroom.page"].tags = {"shown:1"}
        headers = [("Content-Length", "600000"), ("Cache-Control", "public, max-age=86400")]
        start_response("200 OK", headers)
        return [b"x" * 600_000]

    _store, door = door_of(application)
    picture = ask(door, "/pictures/1/")
    assert len(picture.body) == 600_000
    assert picture.headers["cache-control"] == "public, max-age=86400, s-maxage=0"


@pytest.mark.parametrize("headers", [{"cookie": "sessionid=a"}, {"authorization": "Basic eDp5"}])
def test_no_cache_in_front_keeps_a_picture_that_was_sent_past_this_one(site, story, headers):
    """It would have no tag by which to forget it when the story is withdrawn."""
    address = story.lead_image.picture.thumbnail_url
    assert "image:" in site.get(address).headers["cache-tag"]
    answer = site.get(address, **headers)
    assert answer.status == 200 and "cache-tag" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=86400, s-maxage=0"


def test_changes_are_seen_whatever_the_order_in_which_transactions_end():
    """PostgreSQL gives numbers when a row is written, and shows the row when that is committed."""
    read = PageChange.reader()
    assert all_of(read) == []
    PageChange.objects.create(tag="front")
    at = timezone.now() + timedelta(hours=1)
    PageChange.objects.create(tag="picks", at=at, is_at_once=False)
    assert all_of(read) == [Change("front"), Change("picks", at.timestamp(), is_at_once=False)]
    assert all_of(read) == []
    # A process that begins now has no page that was made before, but has to know what is to come.
    assert [change.tag for change in all_of(PageChange.reader())] == ["picks"]


@pytest.mark.parametrize("goes_on", [False, True])
def test_of_a_database_that_lost_its_last_moments_no_page_shows_them(site, story, goes_on):
    """A replica that was promoted before it had all, or a backup of the machine."""
    site.get("/")
    lost = transaction.savepoint()
    address = publishing.publish(make_article(headline="Lighthouse falls")).get_absolute_url()
    assert "Lighthouse falls" in site.get("/").text and site.get(address).status == 200
    transaction.savepoint_rollback(lost)
    if goes_on:
        publishing.publish(make_article(headline="Ferry sails again"))
    assert site.get(address).status == 404
    assert "Lighthouse falls" not in site.get("/").text
    assert ("Ferry sails again" in site.get("/").text) is goes_on
    assert site.get("/").is_hit


def all_of(read):
    return [change for changes in read() for change in changes]


@contextmanager
def gone_after(questions):
    """A database that answers so many more questions."""
    left = iter(range(questions))

    def ask(execute, *question):
        if next(left, None) is None:
            raise OperationalError("the server has gone")
        return execute(*question)

    with connection.execute_wrapper(ask):
        yield


@pytest.mark.parametrize("is_first_look", [True, False])
def test_what_a_look_read_before_the_database_went_the_next_one_reads(is_first_look):
    at = timezone.now() + timedelta(hours=1)
    for questions in count():
        read = PageChange.reader()
        if not is_first_look:
            all_of(read)
        PageChange.objects.create(tag=f"tag:{questions}", at=at)
        try:
            with gone_after(questions):
                all_of(read)
        except OperationalError:
            assert f"tag:{questions}" in {change.tag for change in all_of(read)}
        else:
            break
    assert questions > 1


def test_however_many_changes_come_at_once_each_is_read_once_and_in_parts(monkeypatch):
    monkeypatch.setattr("articles.models.page_change.MOST_AT_ONCE", 3)
    read = PageChange.reader()
    all_of(read)
    for number in (1, 2, 3, 6, 7):
        tags = [f"tag:{each}" for each in range(number)]
        PageChange.objects.bulk_create(PageChange(tag=tag) for tag in tags)
        parts = [*read()]
        assert [change.tag for part in parts for change in part] == tags
        assert max(map(len, parts)) <= 3
    assert all_of(read) == []


# More of them, now and then: SEEDS=1-40 in the environment.
SEEDS = range(*map(int, os.environ.get("SEEDS", "0-1").split("-")))
MOVES = [
    "publish",
    "correct",
    "withdraw",
    "rename_author",
    "rename_section",
    "describe_series",
    "rename_tag",
    "merge_tags",
    "pick",
    "caption",
    "retag",
]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kept_page_is_what_would_be_made_now_whatever_the_desk_did(seed, settings):
    """The pages of a newsroom, asked for after each of many moves, warm and anew."""
    chance = random.Random(seed)
    warm = Site()
    sections, series = [make_section(), make_section()], [make_series(), None]
    authors, tags = [make_author() for _number in range(3)], ["Port", "Jobs", "Sea", "Rail"]
    articles, hits = [], 0

    def new_story():
        article = make_article(
            authors=chance.sample(authors, chance.randint(1, 2)),
            tags=chance.sample(tags, 2),
            related=chance.sample(articles, min(len(articles), chance.randint(0, 2))),
            section=chance.choice(sections),
            series=chance.choice(series),
        )
        if articles and chance.random() < 0.5:
            linked = chance.choice(articles).pk
            change(article, body=f'<p>See <a href="story:{linked}">here</a>.</p>')
        articles.append(article)
        return article

    for _number in range(5):
        publishing.publish(new_story())
    for _number in range(8):
        move = chance.choice(MOVES)
        article = chance.choice(articles)
        number = chance.randint(0, 10**6)
        live = article.editions.live().first()
        if move == "publish" or (live is None and move in {"correct", "withdraw", "retag"}):
            publishing.publish(new_story())
        elif move == "correct":
            article.corrections.create(text=f"Not {number}.", kind="correction")
            change(article, headline=f"Headline {number}")
            publishing.publish(article)
        elif move == "withdraw":
            publishing.withdraw(article, f"Wrong {number}.")
        elif move == "retag":
            article.tags.set(chance.sample(tags, 3))
            change(article, section=chance.choice(sections), body=f"<p>Body {number}</p>")
            publishing.publish(article)
        elif move == "rename_author":
            author = chance.choice(authors)
            author.name = f"Author {number}"
            author.save()
        elif move == "rename_section":
            type(sections[0]).objects.filter(pk=chance.choice(sections).pk).update(
                name=f"Section {number}", description=f"About {number}"
            )
        elif move == "describe_series":
            type(series[0]).objects.filter(pk=series[0].pk).update(name=f"Series {number}")
        elif move == "rename_tag":
            tag = Tag.objects.exclude(name__in=tags).first()
            if tag:
                tag.name = f"Tag {number}"
                tag.save()
        elif move == "merge_tags":
            into, old = (
                Tag.objects.get_or_create(name=name)[0] for name in (f"New {number}", tags[0])
            )
            merge([old], into)
            tags[0] = into.name
        elif move == "pick":
            page = FrontPage.objects.create(live_from=timezone.now())
            page.front_page_picks.create(article=article, position=0)
        elif move == "caption":
            article.lead_image.focal_x = number % 100
            article.lead_image.save()
        for address in public_addresses():
            if address.startswith(("/as-it-was", "/preview")):
                continue
            now, kept = answer(DJANGO, request(address)), warm.get(address)
            assert (kept.status, kept.body) == (now.status, now.body), f"{address} after {move}"
            hits += kept.is_hit
    assert hits > 50


def test_prometheus_reads_what_the_cache_gave(site, story, client, settings):
    settings.METRICS_TOKEN = "figures"
    figures = PageCacheFigures(site.application, site.store)
    REGISTRY.register(figures)
    try:
        site.get("/")
        site.get("/")
        site.get("/nowhere/")
        found = client.get("/metrics", headers={"authorization": "Bearer figures"}).text
    finally:
        REGISTRY.unregister(figures)
    for line in ('_answers_total{from="hit"} 1.0', '_answers_total{from="made"} 1.0', "_pages 1.0"):
        assert f"newsroom_page_cache{line}" in found


def test_a_page_that_ends_by_the_look_that_is_waited_for_is_not_served(story):
    changes = []
    site = Site(read_changes=lambda: [[changes.pop()]] if changes else [])
    address = story.get_absolute_url()
    for _number in range(2):
        site.get(address)
    assert site.asked == 1
    changes.append(Change(of_article(story.article_id)))
    # A process that was held up: its last look is too old to serve by.
    time.sleep(LATE)
    Timer(0.1, site.watch.look).start()
    status = site.get(address, look=False).headers["cache-status"]
    # On a machine that is too busy for the look, the page is marked.
    assert "hit" not in status or "stale" in status


def test_while_a_great_many_changes_are_read_the_database_is_not_taken_for_lost(story):
    is_over = Event()
    is_over.set()

    def read_changes():
        yield []
        while not is_over.wait(0.6):
            yield []

    site = Site(read_changes=read_changes)
    kept = site.get("/")
    is_over.clear()
    look = Thread(target=site.watch.look)
    look.start()
    time.sleep(2)
    assert site.get(story.get_absolute_url(), look=False).status == 200
    stale = site.get("/", look=False)
    assert stale.body == kept.body and "detail=stale" in stale.headers["cache-status"]
    is_over.set()
    look.join()
    assert site.get("/").is_hit


def test_a_process_that_was_held_up_itself_does_not_take_the_database_for_lost():
    def application(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Saved</p>"]

    store = PageStore(1 << 20)
    watch = Watch(store, list, interval=None)
    door = PageCache(
        application, store, watch, private=("/admin/",), apart=(), unavailable=unavailable
    )
    assert ask(door, "/admin/", "POST").status == 200
    time.sleep(LOST + 0.1)
    assert ask(door, "/admin/", "POST").status == 200
    # It looks as late as if the machine had stood still meanwhile.
    Timer(0.1, watch.look).start()
    assert ask(door, "/").status == 200


@pytest.mark.parametrize("headers", [{}, {"cookie": "sessionid=nobodys"}])
def test_hits_wait_for_no_slow_page(headers):
    """Whoever makes a session up, for which no page is kept, gets no more than others."""
    is_slow = True

    def application(environ, start_response):
        if notes := environ.get("newsroom.page"):
            notes.parameters, notes.tags = (), {"front"}
        while is_slow and environ["PATH_INFO"].startswith("/cold"):
            time.sleep(0.05)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"x" * 300]

    _store, door = door_of(application)
    ask(door, "/warm")
    # As many threads as a process of deploy/ has.
    with ThreadPoolExecutor(8) as threads:
        cold = [threads.submit(ask, door, f"/cold/{number}", **headers) for number in range(9)]
        began = time.monotonic()
        hit = threads.submit(ask, door, "/warm").result()
        waited, is_slow = time.monotonic() - began, False
    assert hit.is_hit and waited < 3
    statuses = [each.result().status for each in cold]
    assert sorted(statuses) == [200] * 7 + [503] * 2


def test_pages_are_made_while_the_store_of_pictures_hangs():
    hangs = Event()

    def application(environ, start_response):
        if environ["PATH_INFO"].startswith("/pictures/"):
            hangs.wait(10)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Made</p>"]

    _store, door = door_of(application, media=("/pictures/",))
    with ThreadPoolExecutor(8) as threads:
        pictures = [threads.submit(ask, door, f"/pictures/{number}") for number in range(6)]
        try:
            time.sleep(0.3)
            page = threads.submit(ask, door, "/cold").result(2)
        finally:
            hangs.set()
    assert page.status == 200
    assert {each.result().status for each in pictures} <= {200, 503}


def test_a_burst_for_pages_that_are_quickly_made_is_answered_whole():
    def application(environ, start_response):
        time.sleep(0.02)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Made</p>"]

    _store, door = door_of(application)
    with ThreadPoolExecutor(20) as threads:
        answers = threads.map(lambda number: ask(door, f"/{number}"), range(100))
        assert {each.status for each in answers} == {200}


def test_a_save_comes_before_what_was_sent_after_it():
    order, is_held = [], Event()

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/admin/slow/":
            is_held.wait()
        order.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Saved</p>"]

    _store, door = door_of(application, at_once=1)
    threads = []
    # Whoever waits looks up ten times a second: the second came in between.
    for path, pause in (("slow", 0.2), ("first", 0.05), ("second", 0.07)):
        threads.append(Thread(target=ask, args=(door, f"/admin/{path}/", "POST")))
        threads[-1].start()
        time.sleep(pause)
    is_held.set()
    for thread in threads:
        thread.join()
    assert order == ["/admin/slow/", "/admin/first/", "/admin/second/"]


@pytest.mark.parametrize(
    ("address", "cookie", "control"),
    [
        ("/2026/11/30/to-come/", "", "no-cache"),
        ("/sections/former/", "", "no-cache"),
        (f"/search/?q={'x' * 600}", "", "no-cache"),
        ("/", "sessionid=a", "private, no-cache"),
    ],
)
def test_no_cache_guesses_how_long_what_is_not_kept_is_true(site, story, address, cookie, control):
    section = make_section(slug="present")
    FormerSlug.objects.record(section, "former")
    assert site.get(address, cookie=cookie).headers["cache-control"] == control


def test_a_story_as_long_as_a_book_is_kept_and_leaves_compressed(site):
    article = make_article(body=f"<p>{'word ' * 120_000}</p>")
    address = publishing.publish(article).get_absolute_url()
    site.get(address)
    again = site.get(address, accept_encoding="gzip")
    assert again.is_hit and again.headers["content-encoding"] == "gzip"
    assert gzip.decompress(again.body).count(b"word") >= 120_000


def test_a_page_of_more_tags_than_fit_into_a_head_is_kept_in_front_for_a_second(settings):
    settings.SHARED_CACHE_SECONDS = 3600

    def application(environ, start_response):
        notes = environ["newsroom.page"]
        notes.parameters, notes.tags = (), {f"article:{number}" for number in range(300)}
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Links</p>"]

    _store, door = door_of(application)
    first, again = ask(door, "/"), ask(door, "/")
    assert again.is_hit
    for each in (first, again):
        assert "s-maxage=1, stale-while-revalidate=0," in each.headers["cache-control"]
        assert sum(map(len, each.headers.values())) < 1000
        assert each.headers["surrogate-key"].startswith("everything page:")


def test_a_thread_that_answers_hits_stays_on_the_core_of_its_process(settings):
    everywhere = os.sched_getaffinity(0)
    settings.CORE = len(everywhere) + 1
    cores = []

    def application(environ, start_response):
        cores.append(os.sched_getaffinity(0))
        notes = environ["newsroom.page"]
        notes.parameters, notes.tags = (), {"front"}
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Made</p>"]

    def core_after(address):
        ask(door, address)
        return os.sched_getaffinity(0)

    _store, door = door_of(application)
    with ThreadPoolExecutor(1) as thread:
        made, *hits, other = thread.map(core_after, ["/", "/", "/", "/other/"])
    assert made == other == everywhere and cores == [everywhere] * 2
    assert hits[-1] == {sorted(everywhere)[1 % len(everywhere)]}


def test_a_page_that_awaits_more_than_fits_into_a_head_is_not_kept_in_front_past_its_moment(
    settings,
):
    settings.SHARED_CACHE_SECONDS = 3600

    def application(environ, start_response):
        notes = environ["newsroom.page"]
        notes.parameters, notes.tags, notes.until = (), {"front"}, time.time() + 100
        notes.awaited = {f"article:{number}" for number in range(300)}
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>Links</p>"]

    _store, door = door_of(application)
    for each in (ask(door, "/"), ask(door, "/")):
        assert "s-maxage=1," in each.headers["cache-control"]
        assert "article:" not in each.headers["surrogate-key"]
