"""How a kept page goes out: its headers, for browsers and for caches in front, and its form.

HTTP caching is that of RFC 9111; ``Cache-Status`` (RFC 9211) says where an answer comes from.
"""

from http import HTTPStatus
from math import floor
from time import time

from django.conf import settings

# Browsers ask each time; shared caches are told more.
FOR_ALL = "public, max-age=0"
KEPT = {"200", "301", "410"}
# What nginx's clock and ours may differ by, in seconds, with an answer's way to the reader.
MARGIN = 0.04
# Nearer to a page's end than so many times SHARED_CACHE_SECONDS, its headers say how near: a cache
# in front may keep a page for twice as long, the second half of it as stale.
NEAR = 2


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
        ("Cache-Control", _in_front(control or FOR_ALL, seconds, max(seconds - 1, 0))),
        ("Surrogate-Key", " ".join(names)),
        ("Cache-Tag", ",".join(names)),
    ]


def _in_front(control, seconds, stale_seconds):
    """Return a Cache-Control that says how long shared caches have a page, and then as stale."""
    stale = f"stale-while-revalidate={stale_seconds}, stale-if-error=86400"
    return f"{control}, s-maxage={seconds}, {stale}"


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
        # Nothing is kept past its moment there, and nothing stale takes the place of theirs. Where
        # nothing says how long it may be stale, Varnish serves it for ten seconds more.
        seconds = min(shared, int(true_for))
        control = _in_front(FOR_ALL, seconds, 0) if true_for >= 1 else "no-cache"
        headers.append(("Cache-Control", control))
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
