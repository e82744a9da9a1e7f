"""A story page's parts, gathered: the public page and the desk's preview show the same."""

from dataclasses import dataclass

from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property

from articles.body import linked_articles, live_addresses, render_body
from articles.models import Correction, Edition, EditionByline, Image, Role, Tag
from articles.reading import headings_of, minutes_to_read
from articles.related import RelatedLink, ask_for_newest, chosen_articles, read_next
from articles.story_rows import StoryRows
from newsroom.rows import as_key

# From here on a story is long enough to need a table of contents.
MINUTES_WITH_CONTENTS = 4
HEADINGS_WITH_CONTENTS = 3


@dataclass(frozen=True)
class ShownCorrection:
    """A correction as an edition froze it, with its kind in words."""

    kind: str
    label: str
    text: str
    noted_at: object


@dataclass
class StoryPage:
    """Everything that the template ``articles/story.html`` shows.

    ``images`` are by primary key; ``addresses`` are where the articles are that the body
    links to. What a reader may find made already (``shown``) is only made when asked for.
    """

    edition: Edition
    bylines: list[EditionByline]
    authors: list
    tags: list[Tag]
    images: dict[int, Image]
    addresses: dict[int, str]
    more_from_authors: list[RelatedLink]
    related_reads: list[RelatedLink]
    rows: StoryRows | None

    @cached_property
    def shown(self):
        """What tells all that is shown of the story itself, for ``{% remembered %}``.

        None in a preview, and of a story too long to remember: these are made anew each time.
        """
        is_remembered = self.rows and self.rows.are_kept
        return as_key([self.rows, self.addresses]) if is_remembered else None

    @property
    def writers(self):
        return [byline for byline in self.bylines if byline.role == Role.WRITER]

    @property
    def contributors(self):
        return [byline for byline in self.bylines if byline.role != Role.WRITER]

    @property
    def lead_image(self):
        return self.images.get(self.edition.lead_image_id)

    @property
    def body(self):
        return render_body(self.edition.body, self.images, self.addresses, self.edition.series)

    @property
    def minutes(self):
        return minutes_to_read(self.edition.body)

    @property
    def contents(self):
        return contents_of(self.edition.body, self.minutes)

    @property
    def corrections(self):
        return shown_corrections(self.edition)

    @property
    def trail(self):
        """What stands above the story, for the breadcrumbs: (name, address) of each."""
        section = self.edition.section
        return [(section.name, section.get_absolute_url())] if section else []


def gather(edition, bylines, tags, images, live, found=None):
    """Return the StoryPage of an edition, saved or not.

    ``bylines`` are in order; ``images`` are the Image rows that the edition shows; ``live``
    are the editions that the page may lead to; ``found`` is the LiveStory of all these, if live.
    """
    authors = list(dict.fromkeys(byline.author for byline in bylines if byline.author))
    newest = (
        found.newest if found else ask_for_newest(authors, tags, chosen_articles(edition), live)
    )
    more_from_authors, related_reads = read_next(edition, newest)
    return StoryPage(
        edition=edition,
        bylines=bylines,
        authors=authors,
        tags=tags,
        images={image.pk: image for image in images},
        addresses=live_addresses(linked_articles(edition.body), live),
        more_from_authors=more_from_authors,
        related_reads=related_reads,
        rows=found and found.rows,
    )


def contents_of(body, minutes):
    """Return the Headings that a body's table of contents lists: none where it needs none."""
    parts = [heading for heading in headings_of(body) if heading.element == "h2" and heading.words]
    is_long = minutes >= MINUTES_WITH_CONTENTS and len(parts) >= HEADINGS_WITH_CONTENTS
    return parts if is_long else []


def shown_corrections(edition):
    """Return the ShownCorrections of an edition, in order."""
    return [
        ShownCorrection(
            correction["kind"],
            Correction.Kind(correction["kind"]).label,
            correction["text"],
            parse_datetime(correction["noted_at"]),
        )
        for correction in edition.corrections
    ]
