"""Whole pages, kept at the WSGI door: a hit enters neither Django nor the database.

A view marked ``cached`` says which tags its page carries (``shows``): what it shows, and the
lists that it is of. Who changes any of that notes the tag in the database, in the same
transaction; each process reads these notes several times a second (``newsroom.page_watch``)
and serves nothing any more that carries the tag. What is known to come (a schedule, midnight)
ends a page at its own moment, whether the database answers then or not.

While the database does not answer, what was true last is served, marked as stale; what is known
to be gone is answered with 504, which lets no nginx in front fall back on what it has, and
anything else with 503, at once.

HTTP caching is that of RFC 9111; ``Cache-Status`` (RFC 9211) says where an answer comes from.
"""

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from http import HTTPStatus
from math import floor, inf
from threading import Condition, Lock
from time import monotonic, time
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import QueryDict

from newsroom.health import WATCH
from newsroom.hosts import is_ours
from newsroom.one_core import OneCore
from newsroom.page_store import EVERYTHING, Page, is_text, own_tag

NOTES = "newsroom.page"
KEPT = {"200", "301", "410"}
# What is not kept, but is given to all who waited for it.
SHARED = {"404", "500"}
# Larger answers are left to the disk they come from; text is in memory anyway, and gets small.
LARGEST, LARGEST_TEXT = 512 * 1024, 4 * 1024 * 1024
# Nobody may fill the memory with what he asks for: longer words of a request are not kept.
LONGEST_REMEMBERED = 500
# Of so many requests a process knows the answer until its next look at the changes, where the
# page is no larger than this, in bytes.
MOST_KNOWN, LARGEST_KNOWN = 128, 64 * 1024
# So long (in seconds) one waits for another's rendering, or for room in Django; beyond so many who
# wait, only while requests come and go there within so many seconds.
LONGEST_WAIT, MOST_WAITING, STUCK = 5.0, 4, 1.0
STEP = 0.1
# What nginx's clock and ours may differ by, in seconds, with an answer's way to the reader.
MARGIN = 0.04
# Nearer to a page's end than so many times SHARED_CACHE_SECONDS, its headers say how near: a cache
# in front may keep a page for twice as long, the second half of it as stale.
NEAR = 2
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


@dataclass
class Notes:
    """What a view says of the page it makes: its tags, and until when it is true at most."""

    parameters: tuple | None = None
    tags: set = field(default_factory=set)
    awaited: set = field(default_factory=set)
    until: float = inf


def cached(*parameters):
    """Mark a view's pages as ones to keep; of the query it gets these parameters alone.

    The others are taken from the request, so that no page can show them. What the view does
    not say it ``shows`` is not kept.
    """

    def decorate(view):
        @wraps(view)
        def show(request, *args, **kwargs):
            query = normalised(request.META.get("QUERY_STRING", ""), parameters)
            request.META["QUERY_STRING"] = query
            # Whatever a Content-Type says that a request without a body has no use for.
            request.GET = QueryDict(query, encoding="utf-8")
            if notes := request.META.get(NOTES):
                notes.parameters = parameters
            return view(request, *args, **kwargs)

        return show

    return decorate


def shows(request, *tags, until=inf):
    """Say that the page a request gets carries tags, and that it is true until a moment at most.

    ``until`` is in seconds since 1970.
    """
    if notes := request.META.get(NOTES):
        notes.tags.update(tags)
        notes.until = min(notes.until, until)


def awaits(request, *tags):
    """Say what the page a request gets would show, were it there for readers.

    These tags end the page as others do, but no reader learns of them.
    """
    if notes := request.META.get(NOTES):
        notes.awaited.update(tags)


def normalised(query, parameters):
    """Return a query string with these parameters alone, in the order of their names."""
    if not query or not parameters:
        return ""
    if len(query) > LONGEST_REMEMBERED:
        return _normalised.__wrapped__(query, parameters)
    return _normalised(query, parameters)


@lru_cache(1024)
def _normalised(query, parameters):
    # WSGI hands bytes over as if they were Latin-1 (PEP 3333).
    query = query.encode("latin-1", "replace").decode(errors="replace")
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] in parameters]
    return urlencode(sorted(kept, key=lambda pair: pair[0]))


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


class Room:
    """So many places; whoever came first is let in first."""

    def __init__(self, places):
        self._free, self._queue, self._changed = places, deque(), Condition()
        # When somebody came in or left, by the monotonic clock.
        self.moved_at = monotonic()

    def enter(self, waits_on):
        """Take a place, waiting for one while ``waits_on()``; return whether it was taken."""
        turn = object()
        with self._changed:
            self._queue.append(turn)
            try:
                while waits_on():
                    if self._free and self._queue[0] is turn:
                        self._move(-1)
                        return True
                    self._changed.wait(STEP)
                return False
            finally:
                self._queue.remove(turn)
                self._changed.notify_all()

    def leave(self):
        """Give one's place back."""
        with self._changed:
            self._move(1)
            self._changed.notify_all()

    def _move(self, places):
        self._free += places
        self.moved_at = monotonic()


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
        if not self._has_room(environ["PATH_INFO"]):
            return self._without_database(old, environ, start_response, place)
        try:
            status, headers, body = self._ask(inner)
        finally:
            self._leave_room(environ["PATH_INFO"])
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

    def _has_room(self, path):
        """Take a place in Django, waiting for one; False if none comes, or the database is lost."""
        taken = []
        # Whoever sends something is let in as they come: a save before what was typed after it.
        for room in self._rooms(path):
            with self._patience(room) as waits_on:
                if not room.enter(waits_on):
                    for each in taken:
                        each.leave()
                    return False
            taken.append(room)
        return True

    def _leave_room(self, path):
        for room in self._rooms(path):
            room.leave()

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
        if not self._has_room(path):
            return self._without_database(None, environ, start_response)
        self.answers["passed"] += 1

        def start(status, headers, *error):
            headers = controlled(not_in_front(headers), "private, no-cache")
            return start_response(status, headers, *error)

        try:
            return self._in_django(environ, start)
        finally:
            self._leave_room(path)

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


def controlled(headers, control):
    """Return an answer's headers with a Cache-Control, if it has none: caches guess without one.

    (RFC 9111, 4.2.2.)
    """
    has_one = any(name.lower() == "cache-control" for name, _value in headers)
    return headers if has_one else [*headers, ("Cache-Control", control)]


def not_in_front(headers):
    """Return headers that have no shared cache keep an answer which everybody may have.

    Without tags nobody would tell it when that is true no longer.
    """
    return [
        (name, f"{value}, s-maxage=0")
        if name.lower() == "cache-control" and "public" in value
        else (name, value)
        for name, value in headers
    ]


def with_directives(headers, named, seconds):
    """Return a kept page's headers: for how long shared caches in front have it, by which tags."""
    kept = [each for each in headers if each[0].lower() != "cache-control"]
    control = next((value for name, value in headers if name.lower() == "cache-control"), None)
    names = sorted(named)
    return [
        *kept,
        (
            "Cache-Control",
            f"{control or 'public, max-age=0'}, s-maxage={seconds}, "
            f"stale-while-revalidate={max(seconds - 1, 0)}, stale-if-error=86400",
        ),
        ("Surrogate-Key", " ".join(names)),
        ("Cache-Tag", ",".join(names)),
    ]


def seconds_in_front(is_named):
    """Return how long a shared cache may serve a page without asking.

    ``is_named``: whether all tags that may end the page are named to it.
    """
    shared = settings.SHARED_CACHE_SECONDS
    # Of others it is told only by a process that still has the page.
    return shared if is_named else min(shared, 1)


def may_be_kept(status, headers):
    """Whether an answer is one for everybody (RFC 9111, 3)."""
    return status[:3] in KEPT and is_for_everybody(headers)


def is_for_everybody(headers):
    """Whether nothing in an answer's headers says that others are to get another."""
    for name, value in headers:
        name, value = name.lower(), value.lower()
        if name == "set-cookie" or (name == "vary" and value.strip() != "accept-encoding"):
            return False
        if name == "cache-control" and ("no-store" in value or "private" in value):
            return False
    return True


def send(page, environ, start_response, where_from, true_at=None, is_stale=False):
    """Answer a request with a page, as ``answer_with`` says."""
    return give(answer_with(page, environ, where_from, true_at, is_stale), start_response)


def give(answer, start_response):
    """Answer a request with (status, headers, body)."""
    status, headers, body = answer
    # A server may add to what it is given.
    start_response(status, [*headers])
    return [*body]


def answer_with(page, environ, where_from, true_at=None, is_stale=False):
    """Return what answers a request with a page: (status, headers, body).

    ``where_from`` is what Cache-Status says of it. ``true_at`` is up to when every change is known
    that it could have seen, in seconds since 1970; None for what may not be kept in front as true.
    """
    etag, headers, body = page.answer(environ.get("HTTP_ACCEPT_ENCODING", ""))
    is_told = environ.get("QUERY_STRING", "") == page.query
    headers = _headers(page, headers, where_from, true_at, is_told, is_stale, time())
    if page.status.startswith("200") and page.is_known(environ, etag):
        kind = ("content-length", "content-type", "content-encoding")
        headers = [each for each in headers if each[0].lower() not in kind]
        not_modified = HTTPStatus.NOT_MODIFIED
        return f"{not_modified.value} {not_modified.phrase}", headers, []
    return page.status, headers, [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _headers(page, headers, where_from, true_at, is_told, is_stale, now):
    """Return the headers of a page with those that are of this moment.

    ``is_told``: nginx, which goes by addresses, is told of the one that was asked.
    """
    true_for = -1 if is_stale else page.false_from - now
    shared = seconds_in_front(page.is_named)
    if is_stale or (page.tags and true_for < NEAR * shared):
        headers = [each for each in headers if each[0] != "Cache-Control"]
        # Nothing is kept past its moment there, and nothing stale takes the place of theirs.
        seconds = min(shared, int(true_for))
        control = f"public, max-age=0, s-maxage={seconds}, stale-if-error=86400"
        headers.append(("Cache-Control", control if true_for >= 1 else "no-cache"))
    # A page that is true was found so within this second (RFC 9111, 4.2.3): caches in front keep
    # one that was made long ago for as long as a new one.
    age = max(0, int(now - page.made)) if true_for < 0 else 0
    own = [("Age", str(age)), ("Cache-Status", f"newsroom; {where_from}")]
    if page.tags or is_stale:
        true_at = true_at if true_for > 0 else None
        own.append(("X-Accel-Expires", nginx_expires(page, true_at, is_told)))
    # nginx 1.22 takes the first that says how long for the one that counts.
    return [*own, *headers]


def nginx_expires(page, true_at, is_told):
    """Return the last second in which nginx may serve a page without asking; "0" for none.

    nginx counts whole seconds of the clock, and serves to the end of the one that
    ``X-Accel-Expires`` names (ngx_http_proxy_module, proxy_cache_valid). That end is no later
    than SHARED_CACHE_SECONDS after ``true_at``: whatever was changed since is seen so soon. Of
    an address that it is not told of, no later than a second.
    """
    if true_at is None:
        return "0"
    seconds = settings.SHARED_CACHE_SECONDS
    until = min(true_at - MARGIN + (seconds if is_told else min(seconds, 1)), page.false_from)
    return f"@{floor(until) - 1}"


def close(body):
    """End an iterable that Django answered with, as PEP 3333 wants it."""
    if hasattr(body, "close"):
        body.close()


def closed(body):
    """Return no body in a body's place."""
    close(body)
    return []
