"""A story's body: what it holds, and the one place where it becomes a page's HTML."""

import re

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import mark_safe
from lxml.html.diff import htmldiff

from articles.models.body_field import FIGURE

CONTAINER_OR_PARAGRAPH_END = re.compile(r"<(/?)(?:blockquote|aside|table|ul|ol|figure)\b|</p>")


def render_body(body, images, series=None):
    """Return a sanitised body as HTML for readers.

    ``images`` maps primary keys to Image rows; a figure whose image is not among
    them is left out. ``series`` is called out to after the first paragraph.
    """

    def figure(match):
        image = images.get(int(match[1]))
        if image is None:
            return ""
        # The caption is part of the sanitised body.
        caption = mark_safe(match[2] or "")  # noqa: S308
        return render_to_string("articles/_figure.html", {"image": image, "caption": caption})

    html = body
    if series:
        end = _end_of_first_paragraph(html)
        callout = render_to_string("articles/_series_callout.html", {"series": series})
        html = html[:end] + callout + html[end:]
    html = FIGURE.sub(figure, html)
    # A wide table scrolls by itself; the page does not.
    html = html.replace("<table>", '<div class="table-scroll" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    return mark_safe(html)  # noqa: S308


def _end_of_first_paragraph(html):
    """Return the offset behind the first paragraph that stands by itself, or the end."""
    depth = 0
    for match in CONTAINER_OR_PARAGRAPH_END.finditer(html):
        if match[0] == "</p>":
            if depth == 0:
                return match.end()
        else:
            depth += -1 if match[1] else 1
    return len(html)


def show_in_words(body, titles):
    """Return a sanitised body as HTML in which each picture is named, for the desk's comparisons.

    ``titles`` maps the primary keys of images to their titles.
    """

    def named(match):
        title = titles.get(int(match[1]), match[1])
        return f"<p>[{escape(title)}] {match[2] or ''}</p>"

    return mark_safe(FIGURE.sub(named, body))  # noqa: S308


def mark_differences(before, after):
    """Return what became of one piece of safe HTML, word by word, with ``ins`` and ``del``."""
    marked = htmldiff(before, after)
    return mark_safe(re.sub(r"<(ins|del)>\s*</\1>", "", marked))  # noqa: S308
