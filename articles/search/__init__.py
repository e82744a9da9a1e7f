"""Finding stories: by words in all that a story says of itself, and by where it stands.

    Search(live).matching("harbour -wall").in_section(section).latest(20)

There is a row for each edition, written where the edition is made and never changed; what
is found is always among the live editions that are handed over. SQLite and PostgreSQL have
an index of the same words each (``articles.search.sqlite`` and ``.postgresql``).

A row's *place* is the second of first publication with the edition's number in its lower
bits, so the index itself is in the order of lists. A word's place in the story is told by a
sign before it: ``¹`` in the headline, ``²`` there or in tags or authors, ``³`` in these or
the standfirst. Section, series, tags and authors are words of the index too: ``§s7``.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from math import log2
from typing import NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils import timezone

from articles.models import MergedTag
from articles.search.question import Question, read

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_SECOND = 1 << 16
# What matches is ranked among so many of the newest, and of the newest with a better place.
NEWEST = 200
NEWEST_OF_TIER = 50
# Of a phrase PostgreSQL looks at so many editions that have its words, the newest, for their order.
LOOKED_AT, LOOKED_AT_OF_TIER = 1000, 300
# What a place is worth: a match in the headline stands as high as one in the body that is
# two to three years newer; among equals the newer comes first.
WORTH = {"¹": 5, "²": 4, "³": 3, "part of ²": 2, "": 0}
A_MONTH = timedelta(days=30)


class Match(NamedTuple):
    """Of each group one phrase, none of the unwanted; a phrase is a list of the index's words."""

    groups: list
    unwanted: list

    def __bool__(self):
        return bool(self.groups or self.unwanted)


def backend():
    """Return the module for the database at hand."""
    return import_module(f"articles.search.{connection.vendor}")


def place_of(moment):
    """Return the lowest place of a moment."""
    return (moment - EPOCH) // timedelta(seconds=1) * A_SECOND


def moment_of(place):
    """Return the second that a place is of."""
    return EPOCH + timedelta(seconds=place // A_SECOND)


@dataclass(frozen=True)
class Search:
    """What is looked for among live editions; each method makes it narrower."""

    live: object
    question: Question = field(default_factory=Question)
    facets: tuple = ()
    lowest: int = -(1 << 62)
    highest: int = 1 << 62

    def matching(self, text):
        """Keep what has the words of a text, which is read as ``articles.search.question`` says."""
        return replace(self, question=read(text))

    def in_section(self, section):
        return self._with("s", [section.pk])

    def in_series(self, series):
        return self._with("r", [series.pk])

    def tagged(self, *tags):
        """Keep what has one of some tags, or one that was merged into one of these."""
        former = MergedTag.objects.filter(tag__in=tags).values_list("former_id", flat=True)
        return self._with("g", [*(tag.pk for tag in tags), *former])

    def by(self, author):
        return self._with("a", [author.pk])

    def since(self, moment):
        return replace(self, lowest=max(self.lowest, place_of(moment)))

    def until(self, moment):
        """Keep what was first published in the second of a moment, or before."""
        return replace(self, highest=min(self.highest, place_of(moment) + A_SECOND - 1))

    def none(self):
        return replace(self, lowest=1, highest=0)

    def _with(self, sign, numbers):
        if not numbers:
            return self.none()
        return replace(self, facets=(*self.facets, [[f"§{sign}{n}"] for n in numbers]))

    def latest(self, most, older_than=None):
        """Return the (place, edition's primary key) of the newest, newest first."""
        highest = self.highest if older_than is None else min(self.highest, older_than - 1)
        return self._find(self._match(), most, highest=highest)

    def in_headlines(self, most):
        """Return the (place, edition's primary key) of the newest with all words as headline."""
        return self._find(self._match("¹"), most)

    def earliest(self, most, newer_than):
        """Return the (place, edition's primary key) of the first after a place, oldest first."""
        lowest = max(self.lowest, newer_than + 1)
        return self._find(self._match(), most, lowest=lowest, latest_first=False)

    def best(self, moment):
        """Return the (place, edition's primary key) of what matches best, best first.

        By where the words stand, and by age at a moment; among the NEWEST matches, and the
        NEWEST_OF_TIER of those with a better place. A fixed number of queries.
        """
        scores, wider = {}, []
        for tier, worth in reversed(WORTH.items()):
            is_part = tier == "part of ²"
            if is_part and len(self.question.groups) < 2:
                continue
            most, looked_at = (NEWEST_OF_TIER, LOOKED_AT_OF_TIER) if tier else (NEWEST, LOOKED_AT)
            found = self._find(self._match(tier), most, looked_at, among=wider[:most])
            for row in found:
                age = max(moment - moment_of(row[0]), timedelta())
                scores[tuple(row)] = worth - log2(1 + age / A_MONTH)
            # What has its words in a better place has them here too.
            wider = wider if is_part else found
        return sorted(scores, key=lambda row: (-scores[row], -row[0]))

    def _match(self, tier=""):
        groups = [
            [[(tier if tier in "¹²³" else "") + word for word in phrase] for phrase in phrases]
            for phrases in self.question.stems
        ]
        if tier == "part of ²":
            groups.append([["²" + word for word in phrase] for phrase in self.question.phrases])
        return Match([*groups, *self.facets], self.question.unwanted_stems)

    def _find(
        self,
        match,
        most,
        looked_at=LOOKED_AT,
        lowest=None,
        highest=None,
        latest_first=True,
        among=(),
    ):
        """``among`` are the newest of what a match is part of: as many as wanted, or all."""
        # Nothing that is live is of tomorrow; a search that begins there need not look for today,
        # nor one of the past for what came since.
        tomorrow = place_of((self.live.as_of or timezone.now()) + timedelta(days=1))
        lowest = self.lowest if lowest is None else lowest
        highest = min(self.highest if highest is None else highest, tomorrow)
        highest, reach = (among[0][0], among[-1][0]) if among else (highest, highest)
        if lowest > highest:
            return []
        own = self.live.filter(pk=RawSQL("i.edition_id", ())).order_by().values("pk")
        sql = own.query.sql_with_params()
        bounds = (lowest, highest)
        return backend().find(match, sql, bounds, most, looked_at, latest_first, reach)
