"""What is live at an address, in one query; of rows that were shown before nothing is made again.

An edition's own words never change. What may (names, profiles, tags, pictures, sections) is
told as text by the query that finds it: while that is the same, so is all that is shown.
"""

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import OuterRef

from articles.models import Edition, EditionByline, EditionTag, Image, Section, Series, Tag
from articles.reading import is_too_long_to_remember
from articles.related import LISTS, Newest, chosen_of, newest_by, newest_of
from authors.models import Author
from newsroom.latest import Latest
from newsroom.prepared import prepared
from newsroom.row_text import Lines, RowText, line, rows_of

# Of how many stories each process keeps the rows, and what they lead to: what was asked for last.
MOST_KEPT = 48


class Told(NamedTuple):
    """What the query says of the edition that is live at an address."""

    pk: int
    day: object
    slug: str
    # A number may be given again where a database is put back: these say that it is the same.
    made_at: object
    fingerprint: str
    # Those of the story's earlier editions too: a merge may undo what this one changed.
    tags_ever: str
    bylines: str
    authors: str
    tags: str
    images: str
    series: str
    sections: str


@dataclass(frozen=True, eq=False)
class StoryRows:
    """An edition with what it shows; all requests share it, so nothing of it may be changed.

    What is told otherwise is another, so that two are the same if they are one.
    """

    told: Told
    edition: Edition
    bylines: list[EditionByline]
    tags: list[Tag]
    images: list[Image]
    sections: list[Section]

    @property
    def are_kept(self):
        """Whether these are the same when the same is told again."""
        return not is_too_long_to_remember(self.edition.body)


@prepared
def _at_address(gate, at, now, day, slug):
    live = gate(at, now)
    found = live.at_address(day, slug, at)
    bylines = EditionByline.objects.filter(edition=OuterRef("pk"))
    edition_tags = EditionTag.objects.filter(edition=OuterRef("pk"))
    tags = Tag.objects.filter(editions=OuterRef("pk")).order_by("name")
    tags_ever = EditionTag.objects.filter(edition__article=OuterRef("article"))
    return found.values_list(
        "pk",
        "first_published_on",
        "slug",
        "made_at",
        "fingerprint",
        Lines(tags_ever.order_by("pk").values(line=line("edition", "tag")), LISTS),
        RowText(bylines, EditionByline),
        RowText(bylines, Author, "author"),
        RowText(tags, Tag),
        RowText(Image.objects.filter(editions=OuterRef("pk")), Image),
        RowText(Series.objects.filter(pk=OuterRef("series")), Series),
        RowText(Section.objects.all(), Section),
        Lines(bylines.order_by().values(line=newest_by("author", live)), LISTS),
        Lines(edition_tags.values(line=newest_of("tag", live)), LISTS),
        chosen_of("related_reads", live),
    )


@prepared
def _edition(gate, at, now, pk):
    # At every moment at which readers have an edition, what they had before it is the same.
    return gate(at, now).filter(pk=pk).with_whether_changed(at)


_kept = Latest(MOST_KEPT)


class LiveStory(NamedTuple):
    """What is live at an address, and what it may lead to."""

    rows: StoryRows
    newest: Newest


def live_at(day, slug, live):
    """Return the LiveStory of the ``live`` edition of the story that has an address, or None."""
    found = live.ask(_at_address, day=day, slug=slug)
    if not found:
        return None
    width = len(Told._fields)
    told, newest = Told(*found[0][:width]), Newest(*found[0][width:])
    rows = _kept.get(told)
    if rows is None:
        rows = _made(told, live)
        if rows and rows.are_kept:
            _kept.put(told, rows)
    return rows and LiveStory(rows, newest)


def _made(told, live):
    edition = next(iter(live.ask(_edition, pk=told.pk)), None)
    if edition is None:
        # The story was deleted this moment.
        return None
    sections = rows_of(told.sections, Section)
    # The sections' names are read with the edition: it has one of them.
    edition.section = next(each for each in sections if each.pk == edition.section_id)
    edition.series = next(iter(rows_of(told.series, Series)), None)
    bylines = rows_of(told.bylines, EditionByline)
    for byline, author in zip(bylines, rows_of(told.authors, Author), strict=True):
        byline.author = author
    tags, images = rows_of(told.tags, Tag), rows_of(told.images, Image)
    return StoryRows(told, edition, bylines, tags, images, sections)
