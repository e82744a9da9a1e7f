"""``{% picture %}``: one picture in every format and size that its place can use."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix

from newsroom.images import rendition_sources

register = template.Library()


@register.simple_tag
def picture(picture, crop, sizes, alt="", eager=False):
    """Render a Picture cropped to a named crop.

    ``sizes`` is the img element's attribute of that name; ``eager`` is for the one
    picture that a reader sees first.
    """
    return _rendered(picture, crop, sizes, alt, eager, get_script_prefix())


@lru_cache(maxsize=1024)
def _rendered(picture, crop, sizes, alt, eager, _script_prefix):
    """A Picture says itself what it looks like here: the same ones make the same HTML."""
    sources = rendition_sources(picture.rendition_url, crop, picture.width, picture.height)
    return render_to_string(
        "_picture.html", {"sources": sources, "sizes": sizes, "alt": alt, "eager": eager}
    )
