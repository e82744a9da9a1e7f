"""Tells the caches in front what they must forget: nginx, Varnish, Fastly, Cloudflare.

Each process tells them after its own look at what changed (``newsroom.page_watch``): after the
commit therefore, at the moment of a schedule, and in threads that nobody at the desk waits for.
"""

import json
import logging
import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import islice
from threading import Condition, Thread
from time import monotonic
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.core.exceptions import ImproperlyConfigured

from newsroom.page_store import own_tag

log = logging.getLogger(__name__)

# Seconds: a cache has so long to answer; between the first attempts, and at most.
PATIENCE = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
# What was on its way out of any process when the first word came is there by then.
AGAIN_AFTER = 2.0
MOST_WAITING = 50_000


class CacheInFront(ABC):
    """A cache between readers and this site, which can be told to forget pages.

    One that ``knows_tags`` gets the tags that its pages carry; another one the keys of pages
    as ``newsroom.page_cache`` has them: ((is HTTPS, host, path), query). It takes ``most`` at once.
    """

    knows_tags = True
    most: int

    @abstractmethod
    def purge(self, names):
        """Have all forgotten that carries, or is, one of these; raises OSError if it was not."""


@dataclass(frozen=True)
class Nginx(CacheInFront):
    """nginx with ngx_cache_purge, or what else forgets an address that it is asked to PURGE.

    It gets what is part of an address of ours, and each coding that a page leaves in.
    """

    origin: str
    knows_tags = False
    most = 1

    def purge(self, names):
        for (is_https, host, path), query in names:
            address = self.origin + quote(path.encode("latin-1"), safe="/!$&'()*+,;=:@~")
            address += f"?{query}" if query else ""
            headers = {"Host": host, "X-Forwarded-Proto": "https" if is_https else "http"}
            for coding in ("br", "gzip", "identity"):
                # It had no such page: 404, or 412 of newer ones.
                ask("PURGE", address, {**headers, "Accept-Encoding": coding}, fine=(404, 412))


@dataclass(frozen=True)
class Varnish(CacheInFront):
    """Varnish with vmod_xkey, whose documentation has the header ``xkey-purge``."""

    origin: str
    # Of the 8 KB that a header may have by default.
    most = 200

    def purge(self, names):
        ask("PURGE", f"{self.origin}/", {"xkey-purge": " ".join(names)}, fine=(404,))


@dataclass(frozen=True)
class Fastly(CacheInFront):
    """Fastly: at most 256 keys in a call (developer.fastly.com/reference/api/purging)."""

    service: str
    token: str
    api: str = "https://api.fastly.com"
    most = 256

    def purge(self, names):
        address = f"{self.api}/service/{self.service}/purge"
        ask("POST", address, {"Fastly-Key": self.token, "Surrogate-Key": " ".join(names)}, b"")


@dataclass(frozen=True)
class Cloudflare(CacheInFront):
    """Cloudflare: at most 30 tags in a call on every plan (developers.cloudflare.com/cache)."""

    zone: str
    token: str
    api: str = "https://api.cloudflare.com/client/v4"
    most = 30

    def purge(self, names):
        address = f"{self.api}/zones/{self.zone}/purge_cache"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        ask("POST", address, headers, json.dumps({"tags": names}).encode())


class NoRedirects(HTTPRedirectHandler):
    """Takes an answer that leads elsewhere for a refusal: a GET, token and all, purges nothing."""

    def redirect_request(self, *_args):
        return None


OPENER = build_opener(NoRedirects)


def ask(method, address, headers, body=None, fine=()):
    """Send a request; raises OSError unless it is answered with 2xx or a status that is fine."""
    request = Request(address, body, headers, method=method)
    try:
        with OPENER.open(request, timeout=PATIENCE):
            pass
    except HTTPError as error:
        error.close()
        if error.code not in fine:
            raise


def caches_in_front(names, tokens):
    """Return a CacheInFront for each name, as CACHES_IN_FRONT has them: kind:place.

    The place is the address of nginx or Varnish, the service of Fastly, the zone of Cloudflare;
    ``tokens`` has theirs by kind. Raises ImproperlyConfigured with the reason.
    """
    return [cache_in_front(name, tokens) for name in names]


def cache_in_front(name, tokens):
    """Return the CacheInFront of one name; raises ImproperlyConfigured for what is none."""
    kind, _colon, place = name.strip().partition(":")
    if kind in ("nginx", "varnish"):
        parts = urlsplit(place)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ImproperlyConfigured(
                f"CACHES_IN_FRONT: {name!r} needs scheme and host, "
                f"for example {kind}:http://10.0.0.1:8080."
            )
        return (Nginx if kind == "nginx" else Varnish)(place.rstrip("/"))
    if kind in ("fastly", "cloudflare"):
        if not place.isalnum():
            what = "service" if kind == "fastly" else "zone"
            raise ImproperlyConfigured(f"CACHES_IN_FRONT: {name!r} needs the id of a {what}.")
        # As it came out of a file; what http.client refuses it would write into the log.
        token = tokens.get(kind, "").strip()
        if not token:
            raise ImproperlyConfigured(
                f"CACHES_IN_FRONT names {kind}: set {kind.upper()}_TOKEN to a token that may purge."
            )
        return (Fastly if kind == "fastly" else Cloudflare)(place, token)
    raise ImproperlyConfigured(
        f"CACHES_IN_FRONT: {name!r} begins with none of nginx:, varnish:, fastly: and cloudflare:."
    )


class Purging:
    """Told by Watch (tags, keys of pages) what is true no longer; passes it on to each cache."""

    def __init__(self, caches):
        self._tellers = [Teller(cache) for cache in caches]

    def __call__(self, tags, keys):
        for teller in self._tellers:
            if names := {*tags, *map(own_tag, keys)} if teller.cache.knows_tags else keys:
                teller.tell(names)


def seconds_asked_for(error):
    """Return for how many seconds a refusal asks for none to follow (RFC 9110, 10.2.3), or 0."""
    retry_after = getattr(error, "headers", {}).get("Retry-After") or ""
    # Of the CDNs none names a date.
    return int(retry_after) if re.fullmatch("[0-9]{1,9}", retry_after) else 0


class Teller:
    """Tells one cache, until it has understood, and then once more."""

    def __init__(self, cache):
        self.cache = cache
        self._kind = type(cache).__name__
        # By name, whose turn is next first: when it is due, and whether for the last time.
        self._waiting = {}
        self._changed = Condition()
        self._process = None
        self._failures = self._retry_after = 0
        self._is_refused = self._has_left_out = False

    def tell(self, names):
        """Have the cache told of tags or keys; returns at once."""
        now = monotonic()
        with self._changed:
            for name in names:
                self._waiting.pop(name, None)
                self._waiting[name] = (now, False)
            while len(self._waiting) > MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
                if not self._has_left_out:
                    self._has_left_out = True
                    log.error("%s: too much waits; purge it by hand", self._kind)
            # Threads do not survive a fork.
            if self._process != os.getpid():
                self._process = os.getpid()
                Thread(target=self._keep_telling, name="purging", daemon=True).start()
            self._changed.notify()

    def _keep_telling(self):
        while True:
            due = self._wait()
            try:
                self.cache.purge(list(due))
            except Exception as error:  # The thread must not die.
                self._failures += 1
                self._retry_after = seconds_asked_for(error)
                if not self._is_refused:
                    self._is_refused = True
                    log.error("%s is not purged; it is tried again. %s", self._kind, error)
                with self._changed:
                    # Others first: it may refuse one of these for ever.
                    self._waiting |= {name: self._waiting.pop(name, due[name]) for name in due}
                continue
            self._failures = 0
            with self._changed:
                for name, state in due.items():
                    # Unless it has changed anew meanwhile.
                    if self._waiting.get(name) == state:
                        del self._waiting[name]
                        if not state[1]:
                            self._waiting[name] = (monotonic() + AGAIN_AFTER, True)
                if not any(self._due()):
                    self._has_left_out = False
                    if self._is_refused:
                        self._is_refused = False
                        log.warning("%s is purged again", self._kind)

    def _due(self):
        now = monotonic()
        return (each for each in self._waiting.items() if each[1][0] <= now)

    def _wait(self):
        """Return what is due, as soon as anything is, and not too soon after a failure."""
        retry_at = 0
        if self._failures:
            pause = max(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), self._retry_after)
            retry_at = monotonic() + min(pause, LONGEST_PAUSE)
        with self._changed:
            while True:
                now = monotonic()
                if now >= retry_at and (due := dict(islice(self._due(), self.cache.most))):
                    return due
                moments = [moment for moment, _is_last in self._waiting.values()]
                # None: until there is anything.
                pause = max(min(moments), retry_at) - now if moments else None
                self._changed.wait(pause)
