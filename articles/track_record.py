"""What an author has done here: since when, how much, about what, and what had to be corrected."""

from dataclasses import dataclass

from django.db.models import Count

from articles.models import Edition, Section, Tag

# Of so many of the newest stories it is said what they are about.
NEWEST = 200
MOST_COUNTED = 500
MOST_SECTIONS = 5
MOST_TAGS = 12
MOST_CORRECTED = 20


@dataclass(frozen=True)
class TrackRecord:
    """What a profile says of an author's stories. ``stories`` is MOST_COUNTED where more are."""

    first: Edition
    stories: int
    is_more: bool
    sections: list[Section]
    tags: list[Tag]
    corrected: list[Edition]
    has_more_corrected: bool

    @property
    def is_of_the_newest(self):
        """Whether there are more stories than those of which it is said what they are about."""
        return self.is_more or self.stories > NEWEST


def track_record(author, live):
    """Return the TrackRecord that an author has in the ``live`` editions; None without a story.

    Sections and tags come most frequent first, with the number of their ``stories``; corrected
    stories have ``corrected_at``, the latest first. However many stories there are: five
    queries, each of a bounded number of rows.
    """
    own = live.by(author)
    first = own.oldest_first().defer("body").first()
    if first is None:
        return None
    newest = own.latest_first().values("pk")[:NEWEST]
    # In the order of the index, so that no more than these are looked at.
    stories = own.latest_first()[: MOST_COUNTED + 1].count()
    corrected = list(live.corrected(author).defer("body")[: MOST_CORRECTED + 1])
    return TrackRecord(
        first=first,
        stories=min(stories, MOST_COUNTED),
        is_more=stories > MOST_COUNTED,
        sections=_most_frequent(Section, newest)[:MOST_SECTIONS],
        tags=_most_frequent(Tag, newest)[:MOST_TAGS],
        corrected=corrected[:MOST_CORRECTED],
        has_more_corrected=len(corrected) > MOST_CORRECTED,
    )


def _most_frequent(model, editions):
    """Return what the editions (a query of primary keys) belong to, most frequent first."""
    found = model.objects.filter(editions__in=editions)
    return found.annotate(stories=Count("editions")).order_by("-stories", "name")
