"""Addresses of pages, each worked out once."""

from functools import lru_cache

from django.urls import get_script_prefix, reverse


def address(name, *args):
    """Return the path that Django reverses a URL name and arguments to, and remember it."""
    return _reversed(name, args, get_script_prefix())


@lru_cache(maxsize=4096)
def _reversed(name, args, _script_prefix):
    return reverse(name, args=args)
