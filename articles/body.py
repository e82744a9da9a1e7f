"""A story's body: what it holds, and the one place where it becomes a page's HTML."""

import json
import re
from html import unescape
from itertools import groupby

from django.template.loader import render_to_string
from django.utils.html import escape, json_script
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import embeds
from articles.models.body_field import FIGURE
from articles.reading import HEADING, headings_of
from newsroom.html_differences import blocks_that_differ, differences_of
from newsroom.prepared import any_of, prepared

EMBED = re.compile(
    r'<figure data-embed="([^"]+)">\s*+(?:<figcaption>(.*?)</figcaption>)?\s*+</figure>', re.DOTALL
)
STORY_LINK = re.compile(r'<a\b[^>]*?\bhref="story:(\d+)"[^>]*>(.*?)</a>', re.DOTALL)
OTHER_BLOCK = re.compile(
    r"</?(?:ul|ol|li|table|colgroup|col|thead|tbody|tfoot|blockquote|aside|figure)\b[^>]*>"
)
CONTAINER_OR_PARAGRAPH_END = re.compile(r"<(/?)(?:blockquote|aside|table|ul|ol|figure)\b|</p>")


def linked_articles(body):
    """Return the primary keys of our articles that a body links to, in order, each once."""
    return list(dict.fromkeys(int(match[1]) for match in STORY_LINK.finditer(body)))


@prepared
def _to_link_to(gate, at, now, articles):
    return gate(at, now).filter(article__in=any_of(articles)).for_links()


def live_addresses(articles, live):
    """Return where readers find each of the articles (primary keys) that has a live edition.

    One query, and none when there are no articles.
    """
    found = live.ask(_to_link_to, articles=list(articles)) if articles else []
    return {edition.article_id: edition.get_absolute_url() for edition in found}


def render_body(body, images, addresses, series=None):
    """Return a sanitised body as HTML for readers.

    ``images`` maps primary keys to Image rows; a figure whose image is not among
    them is left out. ``addresses`` says where the articles are that the body links to
    (``live_addresses``); without an address only the link's words are left. ``series`` is
    called out to after the first paragraph.
    """

    def figure(match):
        image = images.get(int(match[1]))
        if image is None:
            return ""
        # The caption is part of the sanitised body.
        caption = mark_safe(match[2] or "")  # noqa: S308
        return render_to_string("articles/_figure.html", {"image": image, "caption": caption})

    def embed(match):
        # The sanitiser lets through only what is recognised; a provider may leave the table.
        found = embeds.recognise(unescape(match[1]))
        caption = mark_safe(match[2] or "")  # noqa: S308
        if found is None:
            return f"<p>{caption}</p>" if caption else ""
        return render_to_string("articles/_embed.html", {"embed": found, "caption": caption})

    def story_link(match):
        address = addresses.get(int(match[1]))
        if address is None:
            return match[2]
        return match[0].replace(f'href="story:{match[1]}"', f'href="{address}"', 1)

    headings = iter(headings_of(body))

    def heading(match):
        here = next(headings)
        return f'<{here.element} id="{escape(here.id)}">{match[2]}</{here.element}>'

    html = STORY_LINK.sub(story_link, HEADING.sub(heading, body))
    if series:
        end = _end_of_first_paragraph(html)
        callout = render_to_string("articles/_series_callout.html", {"series": series})
        html = html[:end] + callout + html[end:]
    html = EMBED.sub(embed, FIGURE.sub(figure, html))
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


def show_in_words(body, pictures, address_of):
    """Return a sanitised body as HTML that can be compared word by word.

    Each picture is named and each card has its address. ``pictures`` maps the primary keys of
    images to what they are called; ``address_of`` returns where a link to one of our articles
    (its primary key) leads, or None for a link of which only the words are left.
    """

    def named(match):
        name = pictures.get(int(match[1]), match[1])
        return f"<p>[{escape(name)}] {match[2] or ''}</p>"

    def story_link(match):
        address = address_of(int(match[1]))
        if address is None:
            return match[2]
        return match[0].replace(f"story:{match[1]}", address, 1)

    html = EMBED.sub(r"<p>[\1] \2</p>", FIGURE.sub(named, body))
    return mark_safe(STORY_LINK.sub(story_link, html))  # noqa: S308


def mark_differences(before, after):
    """Return what became of one piece of safe HTML, word by word, with ``ins`` and ``del``."""
    return mark_safe(differences_of(before, after))  # noqa: S308


def show_changes(before, after, counts_the_rest=False):
    """Return for readers what became of one piece of safe HTML, word by word; "" if no word did.

    What ``ins`` and ``del`` show to the eye is said to whoever hears the page. Paragraphs that
    did not change are left out; if wanted, a line says how many they are.
    """
    found = blocks_that_differ(_in_paragraphs(before), _in_paragraphs(after))
    shown = []
    for is_changed, blocks in groupby(found, lambda block: block[1]):
        blocks = [html for html, _is_changed in blocks]
        if is_changed:
            shown += blocks
        elif counts_the_rest:
            words = ngettext(
                "%(count)s paragraph unchanged", "%(count)s paragraphs unchanged", len(blocks)
            )
            shown.append(f'<p class="unchanged">… {escape(words % {"count": len(blocks)})} …</p>')
    html = "".join(shown)
    if "<ins>" not in html and "<del>" not in html:
        return ""
    for element, words in (("ins", _("[added:")), ("del", _("[taken out:"))):
        spoken = f'<span class="visually-hidden">{escape(words)} </span>'
        html = html.replace(f"<{element}>", f"<{element}>{spoken}")
        html = html.replace(f"</{element}>", f'<span class="visually-hidden">] </span></{element}>')
    return mark_safe(html)  # noqa: S308


def _in_paragraphs(html):
    """Return safe HTML with everything in paragraphs, so that what is marked in it stays valid.

    Half a list or table is none; and a heading would head what stands below it.
    """
    html = re.sub(r"<tr>(.*?)</tr>", _row_in_a_paragraph, html, flags=re.DOTALL)
    html = re.sub(r"<li[^>]*>\s*<p>", "<p>• ", html)
    html = re.sub(r"<h[23]>", "<p><strong>", html)
    html = re.sub(r"</h[23]>", "</strong></p>", html)
    html = re.sub(r"<br\s*/?>", " ", html)
    return OTHER_BLOCK.sub("", html)


def _row_in_a_paragraph(match):
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", match[1], re.DOTALL)
    # A cell may hold paragraphs and lists of its own.
    lines = (re.sub(r"</?(?:p|h2|h3|li|br)\b[^>]*>", " ", cell) for cell in cells)
    return f"<p>{' | '.join(' '.join(line.split()) for line in lines)}</p>"


class _LightJSON(json.JSONEncoder):
    """Writes letters as they are, and no space that nobody reads."""

    def __init__(self, **options):
        super().__init__(**{**options, "ensure_ascii": False, "separators": (",", ":")})


def json_ld_script(document):
    """Return the script element that holds a JSON-LD document.

    Django's own escapes what could end the element; it knows one media type only.
    """
    script = json_script(document, encoder=_LightJSON)
    script = script.replace("application/json", "application/ld+json", 1)
    return mark_safe(script)  # noqa: S308
