"""What views say of the pages that they make: what a page shows, and until when it is true."""

from dataclasses import dataclass, field
from functools import lru_cache, wraps
from math import inf
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict

NOTES = "newsroom.page"
# Nobody may fill the memory with what he asks for: longer words of a request are not kept.
LONGEST_REMEMBERED = 500


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
