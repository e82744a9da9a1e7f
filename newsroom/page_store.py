"""Pages as the cache keeps them: compressed, by the tags they carry, within so many bytes."""

import gzip
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import inf
from threading import Event, Lock

import brotli
from django.utils.http import parse_etags

# What a page takes beside its bytes: headers, key; and for each of its tags, which two headers
# name, and which is in the index.
OVERHEAD, OVERHEAD_OF_A_TAG = 1500, 550
MOST_PATHS = 50_000
MOST_GONE = 10_000
# No browser accepts more; what is remembered of strangers stays small.
LONGEST_ACCEPTED = 200
SMALLEST_COMPRESSED = 200
# A page may be in the making for so many seconds when a change comes that it has not seen.
LONGEST_MAKING = 60.0
# In seconds; less is a clock being put right.
CLOCK_SET_BACK = 1.0
# For so long a page that has just ended may be shown, but never so long after the look before: it
# may have ended right after that.
GRACE, LONGEST_GRACE = 0.4, 0.9
# A tag of every page that is kept.
EVERYTHING = "everything"
# Headers that each answer has its own of.
NOT_KEPT = {"content-length", "date", "connection", "keep-alive", "transfer-encoding", "etag"}


@dataclass(frozen=True)
class Change:
    """A tag's pages are true no longer: at once, or from ``at`` (seconds since 1970) on.

    Where it is at once, ``at`` is when that was on another machine's clock, which may go
    ahead of ours. What ``is_gone`` may not even be shown as stale.
    """

    tag: str
    at: float = 0
    is_at_once: bool = True
    is_gone: bool = False


@lru_cache(256)
def best_coding(accepted):
    """Return the best of our codings that an Accept-Encoding header takes (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _mark, parameter = part.strip().partition(";")
        try:
            weights[name.strip()] = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[name.strip()] = 0
    for coding in ("br", "gzip"):
        if weights.get(coding, weights.get("*", 0)) > 0:
            return coding
    return "identity"


def compressed(body, coding):
    """Return a body in a coding."""
    if coding == "br":
        return brotli.compress(body, quality=5)
    return gzip.compress(body, 6, mtime=0) if coding == "gzip" else body


def is_text(content_type):
    """Whether what a Content-Type names is text."""
    kind = content_type.partition(";")[0]
    return kind.startswith("text/") or kind.endswith(("xml", "json", "javascript"))


def is_worth_compressing(headers, body):
    """Whether a body gets smaller by it: text, and more than a handful of bytes."""
    is_raw = "content-encoding" not in headers
    return is_raw and len(body) >= SMALLEST_COMPRESSED and is_text(headers.get("content-type", ""))


class Page:
    """An answer as it is kept: in each coding that was asked for, with its headers.

    ``made`` and ``false_from`` are in seconds since 1970; ``query`` is the query it is kept by.
    ``is_named``: its headers name all tags.
    """

    def __init__(self, status, headers, body, tags, made, false_from=inf, query="", is_named=True):
        self.status, self.tags, self.made, self.false_from = status, tags, made, false_from
        self.query, self.is_named = query, is_named
        # Whether ``apply`` has told that it is true no longer.
        self.has_ended = False
        # While it is made anew after a change, it may be shown for this instant longer.
        self.may_linger_until = 0
        self._headers = [each for each in headers if each[0].lower() not in NOT_KEPT]
        by_name = {name.lower(): value for name, value in self._headers}
        self._varies = "accept-encoding" in by_name.get("vary", "").lower()
        self._is_compressed = is_worth_compressing(by_name, body)
        self._digest = blake2b(body, digest_size=12).hexdigest()
        self._kept = compressed(body, "gzip") if self._is_compressed else body
        self._answers = {}
        # Text is kept in two codings, sooner or later.
        self.size = OVERHEAD + OVERHEAD_OF_A_TAG * len(tags)
        self.size += len(self._kept) * (2 if self._is_compressed else 1)

    def answer(self, accepted):
        """Return (entity tag, headers, body) for an Accept-Encoding header."""
        coding = best_coding(accepted[:LONGEST_ACCEPTED]) if self._is_compressed else "identity"
        if coding == "identity" and self._is_compressed:
            # Nobody asks for it but tools: made each time.
            return self._make_answer(coding)
        if coding not in self._answers:
            self._answers[coding] = self._make_answer(coding)
        return self._answers[coding]

    def _make_answer(self, coding):
        body = self._kept
        if self._is_compressed and coding != "gzip":
            body = compressed(gzip.decompress(body), coding)
        # Each coding is another representation, with a tag of its own (RFC 9110, 8.8.3.3).
        etag = f'"{self._digest}"' if coding == "identity" else f'"{self._digest}-{coding}"'
        headers = [*self._headers, ("ETag", etag), ("Content-Length", str(len(body)))]
        if self._is_compressed and not self._varies:
            headers.append(("Vary", "Accept-Encoding"))
        if coding != "identity":
            headers.append(("Content-Encoding", coding))
        return etag, headers, body

    def is_known(self, environ, etag):
        """Whether a request says that its sender has this answer (RFC 9110, 13.2.2)."""
        asked = environ.get("HTTP_IF_NONE_MATCH", "")
        known = [each.removeprefix("W/") for each in parse_etags(asked)]
        return etag in known or "*" in known


def own_tag(key):
    """Return the tag that a page alone carries: caches in front are told so of what it awaited."""
    return f"page:{blake2b(repr(key).encode(), digest_size=8).hexdigest()}"


class Rendering:
    """A page in the making: when that began, what changed since, and a bell for who waits.

    ``shared`` is what they get though it is not kept.
    """

    def __init__(self):
        self.began = time.time()
        self.changed = {}
        self.is_over = Event()
        self.shared = None


class PageStore:
    """Pages by (place, query), as many as fit into ``capacity`` bytes; the cold leave first.

    A place is all of an address but its query.
    """

    def __init__(self, capacity):
        self._capacity = capacity
        self._pages = OrderedDict()
        self._keys_by_tag = defaultdict(set)
        self._parameters = OrderedDict()
        self._renderings = set()
        # Which pages were thrown out as gone, and not made anew since.
        self._gone = OrderedDict()
        # By tag, the moments of changes to come, and of late: (at, is_gone).
        self._moments = defaultdict(set)
        self._applied_at = 0
        self._lock = Lock()
        self.size = 0

    def __len__(self):
        return len(self._pages)

    def parameters(self, place):
        """Return which parameters of a query count at a place; None where it is not known yet."""
        return self._parameters.get(place)

    def get(self, place, query):
        """Return the page kept there, true or not; None without one."""
        page = self._pages.get((place, query))
        if page is not None:
            try:
                self._pages.move_to_end((place, query))
            except KeyError:
                pass  # Another thread has just thrown it out.
        return page

    def is_gone(self, place, query):
        """Whether what was kept there last may not even be shown as stale."""
        return (place, query) in self._gone

    def begin(self):
        """Return a Rendering, which learns of what changes until it is ended."""
        rendering = Rendering()
        with self._lock:
            self._renderings.add(rendering)
        return rendering

    def end(self, rendering):
        """Wake whoever waits for a rendering."""
        with self._lock:
            self._renderings.discard(rendering)
        rendering.is_over.set()

    def put(self, place, query, parameters, page, rendering):
        """Keep a page; one that a change overtook while it was made is not true any more."""
        with self._lock:
            now = time.time()
            for tag in page.tags:
                moments = [each for each in self._moments.get(tag, ()) if each[0] > page.made]
                if tag in rendering.changed:
                    moments.append((0, rendering.changed[tag]))
                for at, is_gone in moments:
                    page.false_from = min(page.false_from, at)
                    if is_gone and at <= now:
                        self._note_gone((place, query))
                        return
            self._remove((place, query))
            self._gone.pop((place, query), None)
            self._pages[place, query] = page
            self.size += page.size
            for tag in page.tags:
                self._keys_by_tag[tag].add((place, query))
            self._parameters[place] = parameters
            self._parameters.move_to_end(place)
            if len(self._parameters) > MOST_PATHS:
                self._parameters.popitem(last=False)
            while self.size > self._capacity:
                # At once: a hit moves its page to the end without the lock.
                self._leave_out(*self._pages.popitem(last=False))

    def apply(self, changes, looked_at=inf):
        """Take Changes in; return (tags, keys): what has just come about, what became false.

        ``looked_at`` (in seconds since 1970) is when the look before this one began.
        """
        with self._lock:
            now, ended = time.time(), set()
            if now < self._applied_at - CLOCK_SET_BACK:
                # Pages show what is not to be seen yet.
                for key in list(self._pages):
                    self._remove(key)
                for rendering in self._renderings:
                    rendering.changed[EVERYTHING] = True
            linger_until = min(now + GRACE, looked_at + LONGEST_GRACE)
            come = [change for change in changes if change.is_at_once or change.at <= now]
            for change in come:
                # What was made after its moment may yet have been made before its commit.
                ended |= self._end(change.tag, now, change.is_gone, linger_until, made_by=inf)
            for change in changes:
                if change.at > now or not change.is_at_once:
                    self._moments[change.tag].add((change.at, change.is_gone))
                    for key in self._keys_by_tag.get(change.tag, ()):
                        page = self._pages[key]
                        if page.made <= change.at:
                            page.false_from = min(page.false_from, change.at)
            tags = {change.tag for change in come}
            for tag, moments in list(self._moments.items()):
                for at, is_gone in [each for each in moments if each[0] <= now]:
                    ended |= self._end(tag, at, is_gone)
                    if at > self._applied_at:
                        tags.add(tag)
                    if at <= now - LONGEST_MAKING:
                        moments.discard((at, is_gone))
                if not moments:
                    del self._moments[tag]
            self._applied_at = now
            return tags, ended

    def clear(self):
        """Forget all pages."""
        with self._lock:
            for key in list(self._pages):
                self._remove(key)

    def _end(self, tag, at, is_gone, linger_until=0, made_by=None):
        """End what was made by ``at`` (or ``made_by``) and carries a tag; return the keys of it."""
        made_by = made_by or at
        for rendering in self._renderings:
            if rendering.began <= made_by:
                rendering.changed[tag] = is_gone or rendering.changed.get(tag, False)
        ended = set()
        for key in list(self._keys_by_tag.get(tag, ())):
            page = self._pages[key]
            if page.made > made_by:
                continue
            if not page.has_ended:
                page.has_ended = True
                page.may_linger_until = min(page.false_from, linger_until)
                page.false_from = min(page.false_from, at)
                ended.add(key)
            if is_gone:
                self._remove(key)
                self._note_gone(key)
        return ended

    def _note_gone(self, key):
        self._gone[key] = True
        if len(self._gone) > MOST_GONE:
            self._gone.popitem(last=False)

    def _remove(self, key):
        page = self._pages.pop(key, None)
        if page is not None:
            self._leave_out(key, page)

    def _leave_out(self, key, page):
        self.size -= page.size
        for tag in page.tags:
            keys = self._keys_by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._keys_by_tag[tag]
