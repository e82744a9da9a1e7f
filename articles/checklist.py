"""What to look at before readers get a story: what blocks, and what only warns.

What blocks is what ``articles.publishing`` itself refuses; here it is only listed. What
warns is for people: a command or an importer publishes without being asked.
"""

import hashlib
import re
from dataclasses import dataclass
from html import unescape
from unicodedata import east_asian_width

from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from articles import publishing
from articles.composing import missing_parts
from articles.links import links_in, why_dead
from articles.models import Edition, Image
from articles.models.body_field import image_ids
from articles.spelling import spelt_otherwise
from authors.models import Author

# Widths, in narrow characters; one of Chinese, Japanese or Korean is as wide as two.
# Google's guidelines for articles ask for headlines of at most 110 characters:
# https://developers.google.com/search/docs/appearance/structured-data/article
LONGEST_HEADLINE = 110
SHORTEST_HEADLINE = 8
# What search results and cards show of a description is cut behind 150 to 200 characters.
LONGEST_STANDFIRST = 200
# Among how many of the newest stories another with the same headline is looked for.
NEWEST = 500
# Paragraphs that begin with the same so many characters are taken for one pasted twice.
SAME_BEGINNING = 60

EMPTY_HEADING = re.compile(r"<h([23])>(?:\s|&nbsp;|<(?!/?h[23])[^>]*>)*</h\1>")
PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


@dataclass(frozen=True)
class Item:
    """One line of the checklist.

    ``field`` is the field of the article, or the name of its rows, that the sentence is
    about; ``row`` the number of the row in its order, from 0, if it is about one. What does
    not block publishing warns.
    """

    field: str
    sentence: str
    row: int | None = None
    blocks: bool = False

    @property
    def key(self):
        """What tells this line from every other, and stays the same while it is true."""
        return hashlib.sha256(f"{self.field}:{self.sentence}".encode()).hexdigest()[:16]


def checklist(article, at=None):
    """Return the Items of a stored article at a moment (default: now): what blocks comes first.

    The number of queries depends on what kinds of things the story has, not on how many.
    """
    at = at or timezone.now()
    items = [Item(*reason, blocks=True) for reason in missing_parts(article)]
    if publishing.is_embargoed(article, at):
        sentence = publishing.embargo_in_words(article)
        items.append(Item("embargoed_until", sentence, blocks=True))
    for warnings in (
        _of_the_texts(article),
        _of_the_pictures(article),
        _of_the_body(article),
        _of_names(article),
        _of_links(article, at),
        _of_twins(article, at),
    ):
        items += warnings
    # Two pictures of one title make one line.
    return list(dict.fromkeys(items))


def warnings_in(items):
    """Return those of a checklist's items that only warn."""
    return [item for item in items if not item.blocks]


def _of_the_texts(article):
    width = _width(article.headline)
    if width > LONGEST_HEADLINE:
        yield Item(
            "headline",
            _("The headline is long: search results and cards show a part of it only."),
        )
    elif 0 < width < SHORTEST_HEADLINE:
        yield Item(
            "headline",
            _("The headline is short: alone in a search result it says little."),
        )
    if not article.standfirst.strip():
        yield Item("standfirst", _("There is no standfirst: lists and cards show none."))
    elif _width(article.standfirst) > LONGEST_STANDFIRST:
        yield Item(
            "standfirst",
            _("The standfirst is long: search results and cards show a part of it only."),
        )
    if not article.tags.exists():
        yield Item("tags", _("There are no tags: readers find related stories by them."))


def _of_the_pictures(article):
    if not article.lead_image_id:
        yield Item("lead_image", _("There is no lead image."))
    elif not (article.lead_image_credit or article.lead_image.credit):
        yield Item("lead_image_credit", _("The lead image has no credit."))
    for image in Image.objects.filter(pk__in=image_ids(article.body), credit="").order_by("pk"):
        yield Item(
            "body",
            _("The picture “%(title)s” has no credit: add it in the image library.")
            % {"title": image.title},
        )


def _of_the_body(article):
    if EMPTY_HEADING.search(article.body):
        yield Item("body", _("A heading in the body is empty."))
    seen = set()
    for paragraph in PARAGRAPH.findall(article.body):
        beginning = _words(paragraph)[:SAME_BEGINNING]
        if len(beginning) == SAME_BEGINNING and beginning in seen:
            yield Item(
                "body",
                _("Two paragraphs begin with the same words: “%(words)s”.")
                % {"words": Truncator(beginning).chars(40)},
            )
        seen.add(beginning)


def _of_names(article):
    bylines = list(article.bylines.select_related("author"))
    text = " \n".join([article.headline, article.standfirst, _words(article.body)])
    for name, variant in spelt_otherwise([str(line) for line in bylines], text):
        yield Item(
            "bylines",
            _("The byline has “%(name)s”, the story “%(variant)s”.")
            % {"name": name, "variant": variant},
        )
    guests = {line.name: row for row, line in enumerate(bylines) if line.name}
    for name in Author.objects.filter(name__in=guests).values_list("name", flat=True):
        yield Item(
            "bylines",
            _("“%(name)s” has a profile, but stands in the byline as a guest.") % {"name": name},
            guests[name],
        )


def _of_links(article, at):
    links = links_in(article.body)
    reads = list(article.related_reads.select_related("story"))
    address_of = {read.pk: read.url or f"story:{read.story_id}" for read in reads}
    dead = why_dead([*(link.address for link in links), *address_of.values()], at)
    for link in dict.fromkeys(links):
        if link.address in dead:
            yield Item(
                "body",
                _("Link “%(words)s”: %(why)s")
                % {
                    # Of marks above letters, Python takes a time by the square of their number.
                    "words": Truncator((link.words or link.address)[:200]).chars(60),
                    "why": dead[link.address],
                },
            )
    for row, read in enumerate(reads):
        if address_of[read.pk] in dead:
            yield Item(
                "related_reads",
                _("“%(title)s”: %(why)s") % {"title": read, "why": dead[address_of[read.pk]]},
                row,
            )


def _of_twins(article, at):
    newest = Edition.objects.live(at).latest_first().values("pk")[:NEWEST]
    twins = Edition.objects.filter(pk__in=newest, headline=article.headline)
    if article.headline and twins.exclude(article=article).exists():
        yield Item("headline", _("Another story that is live has the same headline."))


def _words(html):
    """Return HTML as text, words of neighbouring blocks kept apart."""
    return " ".join(unescape(strip_tags(html.replace("<", " <"))).split())


def _width(text):
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
