"""Addresses of pages, each worked out once."""

from functools import lru_cache

from django.http import Http404
from django.urls import get_script_prefix, reverse


def address(name, *args):
    """Return the path that Django reverses a URL name and arguments to, and remember it."""
    return _reversed(name, args, get_script_prefix())


@lru_cache(maxsize=4096)
def _reversed(name, args, _script_prefix):
    return reverse(name, args=args)


def no_null_characters(get_response):
    """Middleware: no page has a null character in its path, and PostgreSQL takes none."""

    def respond(request):
        if "\x00" in request.path_info:
            raise Http404
        return get_response(request)

    return respond
