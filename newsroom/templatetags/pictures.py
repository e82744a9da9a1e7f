"""``{% picture %}``: one picture in every format and size that its place can use."""

from django import template

from newsroom.images import rendition_sources

register = template.Library()


@register.inclusion_tag("_picture.html")
def picture(picture, crop, sizes, alt="", eager=False):
    """Render a Picture cropped to a named crop.

    ``sizes`` is the img element's attribute of that name; ``eager`` is for the one
    picture that a reader sees first.
    """
    sources = rendition_sources(picture.rendition_url, crop, picture.width, picture.height)
    return {"sources": sources, "sizes": sizes, "alt": alt, "eager": eager}
