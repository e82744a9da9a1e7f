"""What became of a story since it came out: for readers, edition by edition."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.body import linked_articles, live_addresses, show_changes, show_in_words
from articles.differences import (
    LABELS,
    PartDifference,
    byline_in_words,
    correction_in_words,
    in_lines,
)
from articles.models import Edition, Image
from articles.models.body_field import image_ids
from articles.publishing import spoken_time

PER_PAGE = 20
# Comparing takes a second for so many words: what is more waits for the next page.
MOST_WORDS = 40_000
CURSOR = "%Y-%m-%dT%H:%M:%S.%fZ"
# What readers are shown, in this order; the lead image with its words is one part.
PARTS = (
    "corrections",
    "headline",
    "standfirst",
    "bylines",
    "dateline",
    "lead_image",
    "body",
    "tags",
    "section",
    "series",
    "slug",
)
READERS_LABELS = {**LABELS, "slug": gettext_lazy("Address")}


@dataclass(frozen=True)
class Change:
    """An edition, and what it changed; nothing if it is the first since the story is out."""

    edition: Edition
    differences: list[PartDifference]
    is_first: bool

    @property
    def is_again(self):
        """Whether the story had been out, and was withdrawn, before this first edition."""
        return self.is_first and self.edition.first_published_at < self.edition.live_from


def changes_of(edition, live, at, before=None):
    """Return (changes, older, linked) of a live edition's story up to a moment, the latest first.

    ``live`` are the editions that the page may lead to, ``before`` the moment that a page
    goes on from; ``older`` is that of the next page, None on the last. ``linked`` are the
    articles (primary keys) that the text leads to, or led to before a change. Whatever there
    is: the same number of queries, and a bounded time.
    """
    run = Edition.objects.filter(article=edition.article_id).begun(at).in_present_run(at)
    if before:
        run = run.filter(live_from__lt=before)
    moments = list(
        run.that_tell_readers_something_new()
        .order_by("-live_from")
        .values_list("live_from", flat=True)[: PER_PAGE + 1]
    )
    pairs = _with_the_ones_before(edition.article_id, moments[:PER_PAGE])
    pairs = pairs[: _how_many_at_once(pairs)]
    bodies = [each.body for pair in pairs for each in pair if each]
    linked = {pk for body in bodies for pk in linked_articles(body)}
    words = _Words(
        {
            image.pk: _("Picture: %(alt)s") % {"alt": image.alt_text}
            for image in Image.objects.filter(
                pk__in={pk for body in bodies for pk in image_ids(body)}
            )
        },
        live_addresses(linked, live),
    )
    changes = [Change(new, words.differences(old, new), old is None) for old, new in pairs]
    older = changes[-1].edition.live_from if len(pairs) < len(moments) else None
    return changes, older, linked


def write_cursor(moment):
    """Return a moment for an address, to the microsecond."""
    return moment.astimezone(UTC).strftime(CURSOR)


def read_cursor(text):
    """Return the moment that ``write_cursor`` wrote; raises ValueError for others."""
    return datetime.strptime(text, CURSOR).replace(tzinfo=UTC)


def _with_the_ones_before(article_id, moments):
    """Return (edition before or None, edition) for each moment at which one began."""
    found = (
        Edition.objects.that_hold()
        .filter(Q(live_from__in=moments) | Q(live_until__in=moments), article=article_id)
        .select_related("section", "series", "lead_image")
        .with_bylines()
        .prefetch_related("tags")
    )
    beginning = {each.live_from: each for each in found}
    ending = {each.live_until: each for each in found}
    return [(ending.get(moment), beginning[moment]) for moment in moments]


def _how_many_at_once(pairs):
    """Return how many of the pairs can be compared on one page; one at the least."""
    words = 0
    for number, (old, new) in enumerate(pairs):
        if old and old.body != new.body:
            words += old.body.count(" ") + new.body.count(" ")
        if words > MOST_WORDS and number:
            return number
    return len(pairs)


class _Words:
    """The parts of editions as words, given what pictures are called and where links lead."""

    def __init__(self, pictures, addresses):
        self.pictures = pictures
        self.addresses = addresses

    def differences(self, old, new):
        """Return a PartDifference for each part in which two editions differ."""
        found = []
        for part in PARTS if old else ():
            if _value(old, part) == _value(new, part):
                continue
            before, after = self.of(old, part), self.of(new, part)
            marked = show_changes(before, after, counts_the_rest=part == "body") or in_lines(
                [_("The words are the same: a picture, a link or the form of the text changed.")]
            )
            found.append(PartDifference(part, READERS_LABELS[part], before, after, marked))
        return found

    def of(self, edition, part):
        """Return a part of an edition as HTML."""
        if part == "body":
            return show_in_words(edition.body, self.pictures, self.addresses.get)
        if part == "lead_image":
            if not edition.lead_image:
                return in_lines([])
            alt = _("Picture: %(alt)s") % {"alt": edition.lead_image_alt}
            return in_lines([alt, edition.lead_image_caption, edition.lead_image_credit])
        if part == "bylines":
            return in_lines(byline_in_words(str(line), line.role) for line in edition.bylines.all())
        if part == "tags":
            return in_lines(sorted((tag.name for tag in edition.tags.all()), key=str.casefold))
        if part == "corrections":
            return in_lines(
                correction_in_words(
                    note["kind"], spoken_time(parse_datetime(note["noted_at"])), note["text"]
                )
                for note in edition.corrections
            )
        return in_lines(str(getattr(edition, part) or "").split("\n"))


def _value(edition, part):
    """Return what makes a part of one edition differ from another's."""
    if part == "lead_image":
        names = ("id", "alt", "caption", "credit")
        return [getattr(edition, f"lead_image_{name}") for name in names]
    if part == "bylines":
        return [(line.author_id, line.name, line.role) for line in edition.bylines.all()]
    if part == "tags":
        return {tag.pk for tag in edition.tags.all()}
    return getattr(edition, part)
