"""What the head of a page says to machines, where a template's own words do not reach."""

from django import template

from articles import limits, structured_data
from articles.body import json_ld_script
from articles.reading import text_of
from newsroom import identity
from newsroom.xml_text import xml_text

register = template.Library()
register.filter(xml_text)
register.simple_tag(structured_data.list_description)
register.simple_tag(identity.description, name="newsroom_description")
register.simple_tag(identity.icon, name="newsroom_icon")


@register.simple_tag(takes_context=True)
def story_json_ld(context, page):
    """Render what the page of a story is, and where it stands."""
    origin, edition = context["origin"], page.edition
    trail = [*page.trail, (edition, edition.get_absolute_url())]
    return json_ld_script(
        structured_data.graph(
            structured_data.news_article(page, origin), structured_data.breadcrumbs(trail, origin)
        )
    )


@register.simple_tag(takes_context=True)
def author_json_ld(context, author):
    """Render whose page an author's is."""
    origin = context["origin"]
    trail = [*context["trail"], (author, author.get_absolute_url())]
    return json_ld_script(
        structured_data.graph(
            structured_data.profile_page(author, origin), structured_data.breadcrumbs(trail, origin)
        )
    )


@register.simple_tag(takes_context=True)
def list_json_ld(context, name, description, address):
    """Render what a list is; ``address`` is the path of its first page."""
    origin = context["origin"]
    trail = [*context.get("trail", []), (name, address)]
    return json_ld_script(
        structured_data.graph(
            structured_data.collection_page(name, description, address, origin),
            structured_data.breadcrumbs(trail, origin),
        )
    )


@register.simple_tag(takes_context=True)
def front_json_ld(context):
    """Render who publishes the site."""
    origin = context["origin"]
    return json_ld_script(
        structured_data.graph(structured_data.organization(origin), structured_data.website(origin))
    )


@register.inclusion_tag("articles/_social_picture.html", takes_context=True)
def social_picture(context, picture, crop="social", alt=""):
    """Render the picture of a card elsewhere; without one, the newsroom's logo."""
    origin = context["origin"]
    if picture:
        address, width, height = picture.largest(crop)
        return {"url": origin + address, "width": width, "height": height, "alt": alt, "crop": crop}
    return {"url": identity.logo(origin), "alt": context["newsroom_name"]}


@register.filter
def description(edition):
    """Return what an edition is about in a sentence or two: its standfirst, or its first words."""
    if edition.standfirst:
        return edition.standfirst
    return limits.cut(text_of(edition.body), limits.SEARCH_DESCRIPTION)
