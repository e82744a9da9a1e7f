"""Whole pages, kept at the WSGI door: a hit enters neither Django nor the database.

A view marked ``cached`` says which tags its page carries (``newsroom.page_notes``): what it shows,
and the lists that it is of. Who changes any of that notes the tag in the database, in the same
transaction; each process reads these notes several times a second (``newsroom.page_watch``)
and serves nothing any more that carries the tag. What is known to come (a schedule, midnight)
ends a page at its own moment, whether the database answers then or not.

While the database does not answer, what was true last is served, marked as stale; what is known
to be gone is answered with 504, which lets no nginx in front fall back on what it has, and
anything else with 503, at once.
"""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from threading import Lock
from time import monotonic, time

from django.conf import settings

from newsroom.health import WATCH
from newsroom.hosts import is_ours
from newsroom.one_core import OneCore
from newsroom.page_answers import (
    NEAR,
    answer_with,
    controlled,
    give,
    is_for_everybody,
    may_be_kept,
    not_in_front,
    seconds_in_front,
    send,
    with_directives,
)
from newsroom.page_notes import LONGEST_REMEMBERED, NOTES, Notes, normalised
from newsroom.page_store import EVERYTHING, Page, is_text, own_tag
from newsroom.room import STEP, Room

# What is not kept, but is given to all who waited for it.
SHARED = {"404", "500"}
# Larger answers are left to the disk they come from; text is in memory anyway, and gets small.
LARGEST, LARGEST_TEXT = 512 * 1024, 4 * 1024 * 1024
# Of so many requests a process knows the answer until its next look at the changes, where the
# page is no larger than this, in bytes.
MOST_KNOWN, LARGEST_KNOWN = 128, 64 * 1024
# So long (in seconds) one waits for another's rendering, or for room in Django; beyond so many who
# wait, only while requests come and go there within so many seconds.
LONGEST_WAIT, MOST_WAITING, STUCK = 5.0, 4, 1.0
# A page of more tags names none of them: nginx takes no more than 16 KB of headers.
MOST_NAMED = 250
# What decides whether a request gets a page that is kept, which one, and in which form.
DECIDING = (
    "REQUEST_METHOD",
    "wsgi.url_scheme",
    "HTTP_HOST",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_COOKIE",
    "HTTP_AUTHORIZATION",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
)
# What says in a request which form of an answer is wanted: the cache sees to it.
OF_THE_FORM = (
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_RANGE",
    "HTTP_RANGE",
    "wsgi.file_wrapper",
)


@dataclass(frozen=True)
class Shared:
    """A page that is not kept, for those who waited while it was made.

    Of the query that it was made for these parameters count, or all of it if they are None.
    ``true_at`` is the look (of Watch) up to which it is true.
    """

    page: Page
    parameters: tuple | None
    query: str
    true_at: float

    def is_for(self, query):
        """Whether a query is answered with the same."""
        if self.parameters is None:
            return query == self.query
        return normalised(query, self.parameters) == normalised(self.query, self.parameters)


class PageCache:
    """A WSGI application in front of Django's.

    ``store`` holds the pages and ``watch`` keeps them true. Paths that begin with one
    of ``private`` are never kept. ``apart`` has paths that are answered whatever the database does,
    and, ending in a slash, what such paths begin with. ``unavailable``
    makes (headers, body) of an answer to a request (environ) that cannot be served. At most
    ``at_once`` requests are in Django at a time, and MOST_WAITING wait for long: a server of more
    threads always has one for hits. Paths that begin with one of ``media`` wait for a store that
    may hang: they leave a place for others.
    """

    def __init__(
        self, application, store, watch, *, private, apart, unavailable, media=(), at_once=3
    ):
        self._application, self._store, self._watch = application, store, watch
        self._unavailable = unavailable
        # Whatever else a stranger makes one begin with has to wait for a place.
        self._apart = {each for each in apart if not each.endswith("/")}
        self._folders_apart = tuple(each for each in apart if each.endswith("/"))
        self._passed_by = (*private, *self._folders_apart)
        self._is_our_host = lru_cache(256)(is_ours)
        # (name in the environ, value) of the header in which a proxy says that it spoke HTTPS.
        self._proxy_says = settings.SECURE_PROXY_SSL_HEADER
        self._deciding = (*DECIDING, *(self._proxy_says or ())[:1])
        # Since the look at this moment: what was asked, and the (page, answer) to it.
        self._known = 0.0, {}
        self._renderings = {}
        self._lock = Lock()
        self._room, self._waiting = Room(at_once), 0
        self._media, self._room_of_media = media, Room(at_once - 1)
        self._core = OneCore(settings.CORE)
        # Django also takes one with spaces before the "=".
        self._cookie = settings.SESSION_COOKIE_NAME
        self._near = NEAR * settings.SHARED_CACHE_SECONDS
        # How many answers came from where; threads may lose one now and then.
        self.answers = dict.fromkeys(("hit", "stale", "made", "passed", "refused"), 0)

    def __call__(self, environ, start_response):
        if not self._watch.is_started:
            self._watch.start()
        # Most of what comes was asked for a moment ago: nothing of it is worked out again.
        asked = tuple(map(environ.get, self._deciding))
        looked_at, known = self._known
        found = known.get(asked)
        if found and self._watch.is_sure() and looked_at == self._watch.true_at:
            page, answer = found
            if time() < page.false_from - self._near:
                self._core.stay()
                self.answers["hit"] += 1
                return give(answer, start_response)
        path = environ["PATH_INFO"]
        if (
            environ["REQUEST_METHOD"] not in ("GET", "HEAD")
            or self._cookie in environ.get("HTTP_COOKIE", "")
            or "HTTP_AUTHORIZATION" in environ
            or path.startswith(self._passed_by)
            or path in self._apart
            or len(host := environ.get("HTTP_HOST", "")) > LONGEST_REMEMBERED
            or not self._is_our_host(host)
        ):
            return self._pass(environ, start_response, path)
        place = (self._is_secure(environ), host.lower(), path)
        return self._answer(environ, start_response, place, asked)

    def _is_secure(self, environ):
        """Whether Django would say that a request came by HTTPS."""
        if self._proxy_says:
            name, secure = self._proxy_says
            if name in environ:
                return environ[name].partition(",")[0].strip() == secure
        return environ["wsgi.url_scheme"] == "https"

    def _answer(self, environ, start_response, place, asked):
        query = environ.get("QUERY_STRING", "")
        waited = False
        while True:
            parameters = self._store.parameters(place)
            page = None
            if parameters is not None:
                page = self._store.get(place, normalised(query, parameters))
            if page and time() < page.false_from:
                if not self._watch.is_sure():
                    return self._without_database(page, environ, start_response)
                # The look that was waited for may have ended it.
                if time() < page.false_from:
                    self.answers["hit"] += 1
                    true_at = self._watch.true_at
                    answer = answer_with(page, environ, "hit", true_at)
                    self._remember(asked, page, answer, true_at)
                    return give(answer, start_response)
            if self._watch.is_lost:
                return self._without_database(page, environ, start_response, place)
            # Until it is known which parameters count, whatever is asked may be one page.
            key = (place, parameters and normalised(query, parameters))
            with self._lock:
                rendering = self._renderings.get(key)
                if rendering is None or waited:
                    rendering = self._renderings[key] = self._store.begin()
                    break
            if page and time() < page.may_linger_until:
                self.answers["hit"] += 1
                return send(page, environ, start_response, "hit; detail=updating")
            with self._patience(self._rooms(place[2])[0]) as waits_on:
                while not (waited := rendering.is_over.wait(STEP)) and waits_on():
                    pass
            if not waited:
                return self._without_database(page, environ, start_response, place)
            if rendering.shared and rendering.shared.is_for(query):
                answer = answer_with(rendering.shared.page, environ, "fwd=bypass; collapsed")
                self.answers["passed"] += 1
                true_at = rendering.shared.true_at
                # A fault is told to nobody else: who asks next may be spared it.
                if answer[0].startswith("404") and true_at == self._watch.true_at:
                    self._remember(asked, rendering.shared.page, answer, true_at)
                return give(answer, start_response)
        try:
            return self._make(environ, start_response, place, page, rendering)
        finally:
            with self._lock:
                if self._renderings.get(key) is rendering:
                    del self._renderings[key]
            self._store.end(rendering)

    def _remember(self, asked, page, answer, true_at):
        """Keep what a request is answered with until the next look at the changes."""
        length = sum(len(each) for each in asked if each)
        if length > LONGEST_REMEMBERED or page.size > LARGEST_KNOWN:
            return
        if self._known[0] != true_at:
            self._known = true_at, {}
        known = self._known[1]
        if len(known) < MOST_KNOWN:
            known[asked] = page, answer

    def _make(self, environ, start_response, place, old, rendering):
        """Let Django answer; keep what may be kept."""
        self._core.roam()
        query = environ.get("QUERY_STRING", "")
        inner = {name: value for name, value in environ.items() if name not in OF_THE_FORM}
        notes = Notes()
        # Pages say the address that they came from: it must be everybody's.
        inner |= {"REQUEST_METHOD": "GET", "HTTP_HOST": place[1], NOTES: notes}
        with self._place_in_django(environ["PATH_INFO"]) as has_place:
            if not has_place:
                return self._without_database(old, environ, start_response, place)
            status, headers, body = self._ask(inner)
        if status.startswith("503"):
            return self._without_database(old, environ, start_response, place)
        if not isinstance(body, bytes):
            if notes.tags:
                headers = not_in_front(headers)
            start_response(status, controlled(headers, "no-cache"))
            return body if environ["REQUEST_METHOD"] == "GET" else closed(body)
        is_kept = notes.tags and notes.parameters is not None and may_be_kept(status, headers)
        kept_query = normalised(query, notes.parameters or ())
        is_kept = is_kept and len(kept_query) <= LONGEST_REMEMBERED
        if is_kept:
            notes.tags.add(EVERYTHING)
            tags = notes.tags | notes.awaited
            is_short = len(tags) <= MOST_NAMED
            named = {*(notes.tags if is_short else {EVERYTHING}), own_tag((place, kept_query))}
            is_named = is_short and notes.awaited <= notes.tags
            headers = with_directives(headers, named, seconds_in_front(is_named))
        else:
            tags, is_named, headers = (), True, controlled(headers, "no-cache")
        page = Page(status, headers, body, tags, rendering.began, notes.until, kept_query, is_named)
        if not is_kept:
            self.answers["passed"] += 1
            true_at = self._watch.true_at
            # Up to that look nothing has changed since it began.
            if status[:3] in SHARED and is_for_everybody(headers) and not rendering.changed:
                rendering.shared = Shared(page, notes.parameters, query, true_at)
            return send(page, environ, start_response, "fwd=bypass")
        self.answers["made"] += 1
        self._store.put(place, kept_query, notes.parameters, page, rendering)
        return send(page, environ, start_response, "fwd=miss; stored", self._watch.true_at)

    def _ask(self, environ):
        """Return what Django answers: (status, headers, body).

        The body is bytes, or else the iterable of a long one.
        """
        answer = []
        body = self._in_django(
            environ, lambda *status_and_headers: answer.extend(status_and_headers)
        )
        status, headers = answer[:2]
        by_name = {name.lower(): value for name, value in headers}
        largest = LARGEST_TEXT if is_text(by_name.get("content-type", "")) else LARGEST
        if int(by_name.get("content-length", 0)) > largest:
            return status, headers, body
        try:
            return status, headers, b"".join(body)
        finally:
            close(body)

    def _in_django(self, environ, start_response):
        if len(environ.get("CONTENT_TYPE", "")) > LONGEST_REMEMBERED:
            # Python's parser reads one anew from each of its semicolons; none is so long.
            environ = {**environ, "CONTENT_TYPE": ""}
        with self._watch.guard:
            return self._application(environ, start_response)

    def _rooms(self, path):
        """Return what a request takes a place in, in this order."""
        return [self._room_of_media] * path.startswith(self._media) + [self._room]

    @contextmanager
    def _place_in_django(self, path):
        """Wait for a place; yield False if none comes, or the database is lost."""
        with ExitStack() as taken:
            # Whoever sends something is let in as they come: a save before what was typed after it.
            for room in self._rooms(path):
                with self._patience(room) as waits_on:
                    is_in = room.enter(waits_on)
                if not is_in:
                    break
                taken.callback(room.leave)
            yield is_in

    @contextmanager
    def _patience(self, room):
        """Yield a function that says whether somebody who waits within may wait on."""
        end = monotonic() + LONGEST_WAIT
        with self._lock:
            self._waiting += 1
            is_one_too_many = self._waiting > MOST_WAITING

        def waits_on():
            now = monotonic()
            is_in_vain = is_one_too_many and now - room.moved_at > STUCK
            return now < end and not is_in_vain and not self._watch.is_known_to_be_lost

        try:
            yield waits_on
        finally:
            with self._lock:
                self._waiting -= 1

    def _pass(self, environ, start_response, path):
        """Let Django answer what is not kept, unless that cannot be."""
        self._core.roam()
        if path in self._apart or path.startswith(self._folders_apart):
            environ[WATCH] = self._watch
            return self._in_django(environ, start_response)

        def start(status, headers, *error):
            headers = controlled(not_in_front(headers), "private, no-cache")
            return start_response(status, headers, *error)

        with self._place_in_django(path) as has_place:
            if not has_place:
                return self._without_database(None, environ, start_response)
            self.answers["passed"] += 1
            return self._in_django(environ, start)

    def _without_database(self, page, environ, start_response, place=None):
        """Answer with the page that was true last, if there is one, and say so.

        Without one it is 503, or 504 if what was at a ``place`` is known to be gone: the status
        of a cache that may not serve what it has and cannot ask (RFC 9111, 5.2.2.2).
        """
        self.answers["stale" if page else "refused"] += 1
        if page:
            return send(page, environ, start_response, "hit; ttl=-1; detail=stale", is_stale=True)
        headers, body = self._unavailable(environ)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        if place:
            query = normalised(environ.get("QUERY_STRING", ""), self._store.parameters(place))
            if self._store.is_gone(place, query):
                status = HTTPStatus.GATEWAY_TIMEOUT
        page = Page(f"{status.value} {status.phrase}", headers, body, (), time())
        return send(page, environ, start_response, "fwd=miss")


def close(body):
    """End an iterable that Django answered with, as PEP 3333 wants it."""
    if hasattr(body, "close"):
        body.close()


def closed(body):
    """Return no body in a body's place."""
    close(body)
    return []
