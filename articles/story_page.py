"""A story page's parts, gathered: the public page and the desk's preview show the same."""

from dataclasses import dataclass

from django.utils.dateparse import parse_datetime

from articles.body import linked_articles, live_addresses, render_body
from articles.models import Correction, Edition, EditionByline, Image, Role, Tag
from articles.reading import Heading, headings_of, minutes_to_read
from articles.related import RelatedLink, chosen_articles, more_from_authors, related_reads

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
    """Everything that the template ``articles/story.html`` shows."""

    edition: Edition
    writers: list[EditionByline]
    contributors: list[EditionByline]
    authors: list
    tags: list[Tag]
    lead_image: Image | None
    body: str
    minutes: int
    contents: list[Heading]
    corrections: list[ShownCorrection]
    more_from_authors: list[Edition]
    related_reads: list[RelatedLink]

    @property
    def trail(self):
        """What stands above the story, for the breadcrumbs: (name, address) of each."""
        section = self.edition.section
        return [(section.name, section.get_absolute_url())] if section else []


def gather(edition, bylines, tags, images, live):
    """Return the StoryPage of an edition, saved or not.

    ``bylines`` are in order; ``images`` are the Image rows that the edition shows; ``live``
    are the editions that the page may lead to.
    """
    library = {image.pk: image for image in images}
    authors = list(dict.fromkeys(byline.author for byline in bylines if byline.author))
    minutes = minutes_to_read(edition.body)
    more = more_from_authors(edition, authors, live, chosen_articles(edition))
    return StoryPage(
        edition=edition,
        writers=[byline for byline in bylines if byline.role == Role.WRITER],
        contributors=[byline for byline in bylines if byline.role != Role.WRITER],
        authors=authors,
        tags=tags,
        lead_image=library.get(edition.lead_image_id),
        body=render_body(
            edition.body,
            library,
            live_addresses(linked_articles(edition.body), live),
            edition.series,
        ),
        minutes=minutes,
        contents=contents_of(edition.body, minutes),
        corrections=shown_corrections(edition),
        more_from_authors=more,
        related_reads=related_reads(edition, tags, live, [story.article_id for story in more]),
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
