"""Caches in front, told what to forget: real servers stand in for them and note what they get."""

import json
import time
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import compress
from queue import Empty, Queue
from threading import Event, Thread

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from articles import publishing
from articles.models import PageChange
from newsroom import purging
from newsroom.purging import Cloudflare, Fastly, Nginx, Purging, Varnish, caches_in_front
from tests.factories import change, make_article
from tests.newsroom.cached_site import Site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]


class Server(ThreadingHTTPServer):
    """What a cache in front is told: (method, path, headers, body) of each request, in a queue.

    It answers with the statuses of ``answers`` first, and only while ``may_answer`` is set; a path
    of ``refused`` it takes never. Where a status leads elsewhere, that is here as well. What it
    refuses it wants to be asked ``retry_after``.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told, self.answers, self.refused = Queue(), [], set()
        self.retry_after = "0"
        self.may_answer = Event()
        self.may_answer.set()
        self.origin = f"http://127.0.0.1:{self.server_port}"

    def next(self, timeout=4):
        return self.told.get(timeout=timeout)


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.told.put((self.command, self.path, self.headers, body))
        self.server.may_answer.wait(10)
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(414 if self.path in self.server.refused else status)
        self.send_header("Content-Length", "0")
        self.send_header("Retry-After", self.server.retry_after)
        self.send_header("Location", f"{self.server.origin}/elsewhere/")
        self.end_headers()

    do_GET = do_PURGE = do_POST = answer

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    with Server() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield server
        server.may_answer.set()
        # Until whoever tells it has said all of it.
        with suppress(Empty):
            while True:
                server.next(timeout=0.2)
        server.shutdown()


@pytest.fixture(autouse=True)
def without_long_pauses(monkeypatch):
    monkeypatch.setattr(purging, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(purging, "AGAIN_AFTER", 0.05)


def site_behind(*caches):
    """Return a Site whose changes are told to the caches; it has looked once."""
    site = Site(on_look=Purging(caches))
    site.watch.start()
    return site


def test_nginx_is_asked_to_forget_the_addresses_that_show_a_story(server):
    story = publishing.publish(make_article())
    other = publishing.publish(make_article())
    site = site_behind(Nginx(server.origin))
    search = "/search/?order=newest&q=caf%C3%A9"
    for address in (story.get_absolute_url(), other.get_absolute_url(), "/", search):
        site.get(address)
    change(story.article, headline="The wall gave way")
    publishing.publish(story.article)
    site.watch.look()
    told = [server.next() for _number in range(9)]
    assert {method for method, *_others in told} == {"PURGE"}
    assert {path for _method, path, *_others in told} == {story.get_absolute_url(), "/", search}
    headers = [headers for _method, path, headers, _body in told if path == "/"]
    assert {each["Accept-Encoding"] for each in headers} == {"br", "gzip", "identity"}
    assert {(each["Host"], each["X-Forwarded-Proto"]) for each in headers} == {
        ("testserver", "http")
    }


@pytest.mark.parametrize(
    ("address", "seconds"),
    [
        ("/search/?order=newest&q=wall", 60),
        ("/search/?q=wall&order=newest", 1),
        ("/search/?q=wall&order=", 1),
        ("/?utm_source=mail", 1),
        ("/", 60),
    ],
)
def test_nginx_keeps_what_it_is_not_told_of_for_a_second(settings, address, seconds):
    """It knows an address as readers spelled it; a process names parameters in one order."""
    settings.SHARED_CACHE_SECONDS = 60
    publishing.publish(make_article())
    site = Site()
    for _cold_and_warm in range(3):
        answer = site.get(address, look=False)
        last_second = int(answer.headers["x-accel-expires"].removeprefix("@"))
        assert seconds - 2 < last_second + 1 - site.watch.true_at <= seconds
    assert answer.is_hit


def test_varnish_fastly_and_cloudflare_get_the_tags_of_a_story_as_each_wants_them(server):
    story = publishing.publish(make_article())
    site = site_behind(
        Varnish(server.origin),
        Fastly("SU1Z", "secret-f", server.origin),
        Cloudflare("023e", "secret-c", server.origin),
    )
    tags = f"article:{story.article_id} in-section:{story.section_id} stories".split()
    publishing.withdraw(story.article, "It was wrong.")
    site.watch.look()
    told = {path: (method, headers, body) for method, path, headers, body in take(server, 3)}
    method, headers, _body = told["/"]
    assert method == "PURGE" and set(tags) < set(headers["xkey-purge"].split())
    method, headers, _body = told["/service/SU1Z/purge"]
    assert (method, headers["Fastly-Key"]) == ("POST", "secret-f")
    assert set(tags) < set(headers["Surrogate-Key"].split())
    method, headers, body = told["/zones/023e/purge_cache"]
    assert (method, headers["Authorization"]) == ("POST", "Bearer secret-c")
    assert set(tags) < set(json.loads(body)["tags"])


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("kind", [Varnish, Fastly, Cloudflare])
def test_a_cache_that_leads_elsewhere_was_not_told_and_no_token_goes_there(server, status, kind):
    server.answers = [status]
    place = (server.origin,) if kind is Varnish else ("1", "token", server.origin)
    Purging([kind(*place)])({"article:1"}, set())
    first, again = take(server, 2)
    assert first[:2] == again[:2] and first[1] != "/elsewhere/"


def take(server, number):
    return [server.next() for _number in range(number)]


@pytest.mark.parametrize(("kind", "most"), [(Cloudflare, 30), (Fastly, 256), (Varnish, 200)])
def test_no_more_tags_go_into_a_call_than_a_cache_takes(server, monkeypatch, kind, most):
    monkeypatch.setattr(purging, "AGAIN_AFTER", 60)
    tags = {f"article:{number}" for number in range(300)}
    place = (server.origin,) if kind is Varnish else ("1", "token", server.origin)
    Purging([kind(*place)])(tags, set())
    sent = [named(call) for call in take(server, -(-len(tags) // most))]
    assert max(map(len, sent)) == most
    assert sorted(tag for call in sent for tag in call) == sorted(tags)


def named(call):
    """Return the tags of a call as a server got it."""
    _method, _path, headers, body = call
    names = headers["Surrogate-Key"] or headers["xkey-purge"]
    return names.split() if names else json.loads(body)["tags"]


def test_what_a_cache_has_taken_it_is_not_told_again_when_it_has_had_enough(server, monkeypatch):
    """Cloudflare takes so many calls a minute: what began anew each time would never be through."""
    monkeypatch.setattr(purging, "AGAIN_AFTER", 60)
    tags = {f"article:{number}" for number in range(100)}
    server.answers = statuses = [200, 200, 429] * 10
    statuses = [*statuses]
    Purging([Cloudflare("1", "token", server.origin)])(tags, set())
    taken = [named(server.next()) for _call in range(5)]
    whether = [status == 200 for status in statuses[:5]]
    assert {tag for call in compress(taken, whether) for tag in call} == tags


def test_what_a_cache_never_takes_holds_nothing_else_up(server):
    server.refused.add("/odd/")
    told = Purging([Nginx(server.origin)])
    told(set(), {((True, "testserver", "/odd/"), "")})
    assert server.next()[1] == "/odd/"
    told(set(), {((True, "testserver", "/"), "")})
    assert "/" in {path for _method, path, *_others in take(server, 4)}


def test_a_cache_that_refuses_is_told_until_it_takes_it_and_then_once_more(server, caplog):
    server.answers = [503, 429, 403]
    told = Purging([Fastly("SU1Z", "secret", server.origin)])
    told({"front", "stories"}, set())
    # Three refusals, and two that are taken.
    for _method, _path, headers, _body in take(server, 5):
        assert set(headers["Surrogate-Key"].split()) == {"front", "stories"}
    with pytest.raises(Empty):
        server.next(timeout=0.3)
    words = [record.getMessage() for record in caplog.records]
    assert len(words) == 2 and "503" in words[0] and words[1] == "Fastly is purged again"
    assert "secret" not in caplog.text


@pytest.mark.parametrize("status", [429, 503])
def test_a_cache_that_says_for_how_long_it_refuses_is_left_alone_for_so_long(server, status):
    server.answers, server.retry_after = [status], "1"
    Purging([Fastly("SU1Z", "secret", server.origin)])({"front"}, set())
    server.next()
    with pytest.raises(Empty):
        server.next(timeout=0.8)
    take(server, 2)


@pytest.mark.parametrize("retry_after", ["999999999", "9" * 5000, "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_no_cache_is_left_alone_for_ever(server, monkeypatch, retry_after):
    monkeypatch.setattr(purging, "LONGEST_PAUSE", 0.2)
    server.answers, server.retry_after = [429], retry_after
    Purging([Fastly("SU1Z", "secret", server.origin)])({"front"}, set())
    take(server, 3)


def test_a_cache_that_refused_for_a_day_is_still_told(server, monkeypatch):
    """Doubled so often a pause was more than a number can say, and nobody was told any more."""
    monkeypatch.setattr(purging, "FIRST_PAUSE", 0.0)
    server.answers = [403] * 1030
    Purging([Fastly("SU1Z", "secret", server.origin)])({"front"}, set())
    take(server, 1032)


def test_publishing_and_readers_do_not_wait_for_a_cache_that_hangs(server):
    server.may_answer.clear()
    site = site_behind(Varnish(server.origin))
    for headline in ("One", "Two"):
        story = publishing.publish(make_article(headline=headline))
        assert site.get(story.get_absolute_url()).status == 200
    # The first is being told and the second waits while all this has been answered.
    first = server.next()[2]["xkey-purge"]
    assert f"article:{story.article_id}" not in first.split() and server.told.empty()
    server.may_answer.set()
    assert f"article:{story.article_id}" in server.next()[2]["xkey-purge"].split()


def test_a_scheduled_story_is_told_of_at_its_moment(server):
    article = make_article()
    site = site_behind(Varnish(server.origin))
    at = timezone.now() + timedelta(seconds=0.7)
    publishing.schedule(article, at)
    site.watch.look()
    assert server.told.empty()
    while timezone.now() < at:
        time.sleep(0.02)
    for _look in range(3):
        site.watch.look()
    # Now, and once more.
    for _method, _path, headers, _body in take(server, 2):
        assert f"article:{article.pk}" in headers["xkey-purge"].split()
    with pytest.raises(Empty):
        server.next(timeout=0.3)


def test_what_an_ended_process_may_not_have_told_the_next_one_tells(server):
    story = publishing.publish(make_article())
    site = Site(
        read_changes=PageChange.reader(timedelta(hours=1)),
        on_look=Purging([Varnish(server.origin)]),
    )
    site.watch.start()
    assert f"article:{story.article_id}" in server.next()[2]["xkey-purge"].split()


def test_a_page_is_kept_in_front_no_longer_than_until_what_it_awaits_can_be_told(server, settings):
    """Whichever process made the page may not be there when the story begins that it leads to."""
    settings.SHARED_CACHE_SECONDS = 3600
    awaited = make_article(headline="The wall held")
    leads_to_it = publishing.publish(make_article(related=[awaited]))
    before = Site().get(leads_to_it.get_absolute_url())
    # That was long ago.
    PageChange.objects.all().delete()
    publishing.publish(awaited)
    # As a process does that began since.
    site = Site(
        read_changes=PageChange.reader(timedelta(hours=1)),
        on_look=Purging([Varnish(server.origin)]),
    )
    site.watch.start()
    told = named(server.next())
    assert "The wall held" in site.get(leads_to_it.get_absolute_url()).text
    assert set(told) & set(before.headers["surrogate-key"].split()) or (
        "s-maxage=1," in before.headers["cache-control"]
    )


def test_a_feed_whose_links_all_lead_to_what_is_there_is_kept_in_front_for_long(settings):
    settings.SHARED_CACHE_SECONDS = 3600
    linked = publishing.publish(make_article())
    link = f'<p><a href="story:{linked.article_id}">The wall</a></p>'
    publishing.publish(make_article(body=link, tags=["Tides"]))
    feed = Site().get("/tags/tides/feed/")
    assert linked.get_absolute_url() in feed.text
    assert "s-maxage=3600," in feed.headers["cache-control"]


def test_no_cache_in_front_may_keep_a_page_past_its_moment(settings):
    settings.SHARED_CACHE_SECONDS = 3600
    story = publishing.publish(make_article())
    change(story.article, headline="The wall gave way")
    publishing.schedule(story.article, timezone.now() + timedelta(seconds=100))
    site = Site()
    # Said outright, for what is not said has a default: ten seconds in Varnish.
    never_stale = "stale-while-revalidate=0,"
    for _made_and_kept in range(2):
        answer = site.get(story.get_absolute_url())
        control = answer.headers["cache-control"]
        assert "public, max-age=0, s-maxage=99" in control and never_stale in control
    # Neither as stale, where it stays within it otherwise.
    settings.SHARED_CACHE_SECONDS = 60
    control = site.get(story.get_absolute_url()).headers["cache-control"]
    assert "s-maxage=60" in control and never_stale in control
    # Its age counts from when it was last found true: a minute later it may be kept as long.
    page = next(iter(site.store._pages.values()))
    page.made -= 60
    assert site.get(story.get_absolute_url()).headers["age"] == "0"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("squid:http://10.0.0.1", "begins with none of nginx:"),
        ("nginx:10.0.0.1:8080", "needs scheme and host"),
        ("varnish:http://10.0.0.1/cache", "needs scheme and host"),
        ("fastly:", "needs the id of a service"),
        ("cloudflare:023e", "set CLOUDFLARE_TOKEN"),
    ],
)
def test_a_cache_that_cannot_be_told_is_refused_at_the_start(name, reason):
    with pytest.raises(ImproperlyConfigured, match=reason):
        caches_in_front([name], {"fastly": "f", "cloudflare": ""})


def test_caches_are_named_in_the_environment():
    names = ["nginx:http://10.0.0.1:8080/", "varnish:http://v", "fastly:SU1Z", "cloudflare:023e"]
    assert caches_in_front(names, {"fastly": "f", "cloudflare": "c\n"}) == [
        Nginx("http://10.0.0.1:8080"),
        Varnish("http://v"),
        Fastly("SU1Z", "f"),
        Cloudflare("023e", "c"),
    ]
