"""What to read next: stories by the same authors, and stories about the same things."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from math import log
from typing import NamedTuple

from django.db.models import Func, TextField, Value

from articles.models import Edition
from articles.models.edition import story_address
from newsroom.prepared import any_of, prepared

MORE_FROM_AUTHOR = 4
# So many of an author's newest are asked for, that the query is the same for nearly all stories:
# some of them may be chosen already.
NEWEST_OF_AN_AUTHOR = 16
RELATED_READS = 4
# What the desk is offered to choose from.
SUGGESTIONS = 6
# Of how many stories each process keeps what they lead to: what was asked for last.
MOST_WEIGHED = 32
# How many of a tag's newest stories are looked at, so that the cost does not grow with the archive.
NEWEST_OF_A_TAG = 50


@dataclass(frozen=True)
class RelatedLink:
    """What to read next as the page shows it: one of our articles, or an outside address."""

    title: str
    url: str
    article_id: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """A live story that might be chosen as a related read, with what speaks for it."""

    edition: Edition
    shared_tags: list[str]
    is_of_the_series: bool


def read_next(edition, authors, tags, live):
    """Return what a story leads to, as RelatedLinks: (more from its authors, related reads).

    More from the authors are their newest other stories. The related reads are what the desk
    chose, in its order, then what shares tags. A chosen story without one of the ``live``
    editions is left out, and nothing is there twice.
    """
    chosen = chosen_articles(edition)
    taken = frozenset([edition.article_id, *chosen])
    most = max(NEWEST_OF_AN_AUTHOR, MORE_FROM_AUTHOR + len(taken))
    tag_ids = tuple(tag.pk for tag in tags)
    more, best, of_chosen = _links(_listed(live, most, authors, tag_ids, chosen), tag_ids, taken)
    related = _chosen_links(edition.related_reads, of_chosen)
    related += best[: max(RELATED_READS - len(related), 0)]
    return list(more), related


@lru_cache(MOST_WEIGHED)
def _links(rows, tag_ids, taken):
    """Return RelatedLinks: (the authors' newest others, the best of the tags', what was chosen).

    Of lists that a story had before nothing is weighed again.
    """
    by_authors, of_tags, of_chosen = _in_order(rows)
    more = {row.edition_id: row for row in by_authors if row.article_id not in taken}
    more = list(islice(more.values(), MORE_FROM_AUTHOR))
    sharing = _sharing_tags(tag_ids, of_tags, {*taken, *(row.article_id for row in more)})
    shown = {row.edition_id: row for row in of_tags}
    best = [shown[found.edition_id] for found in sharing[:RELATED_READS]]
    return tuple(
        [
            RelatedLink(row.headline, story_address(row.day, row.slug), row.article_id)
            for row in listed
        ]
        for listed in (more, best, of_chosen)
    )


def _chosen_links(chosen, links):
    """Return RelatedLinks of the desk's chosen reads; ``links`` lead to those that are live."""
    by_article = {link.article_id: link for link in links}
    found = []
    for read in chosen:
        if "url" in read:
            found.append(RelatedLink(read["title"], read["url"]))
        elif read["article"] in by_article:
            found.append(by_article.pop(read["article"]))
    return found


def chosen_articles(edition):
    """Return the primary keys of our articles among the reads that the desk chose."""
    return [read["article"] for read in edition.related_reads if "article" in read]


class _Listed(NamedTuple):
    """A live edition in the list of an author or of a tag, or as chosen; those sort by time."""

    first_published_at: object
    article_id: int
    edition_id: int
    kind: int
    # The author's or the tag's number.
    of: int
    day: object
    slug: str
    headline: str

    @classmethod
    def of_line(cls, line):
        """Return the _Listed of what ``_line`` made."""
        at, *numbers, day, slug, headline = line.split(BETWEEN, 7)
        return cls(
            datetime.fromisoformat(at), *map(int, numbers), date.fromisoformat(day), slug, headline
        )


BY_AUTHOR, OF_TAG, CHOSEN = range(3)
# No value but the last, the headline, can hold it.
BETWEEN = "|"


def _listed(live, most, authors, tag_ids, chosen=()):
    """Return lines of the authors' newest ``most``, the tags' newest and the chosen (``_line``).

    ``chosen`` are primary keys of articles.
    """
    # Few lengths make few queries, which are planned once each.
    padded = [*chosen, *[0] * (-len(chosen) % RELATED_READS)]
    authors = [each.pk for each in authors]
    return tuple(live.ask(_lists, most, authors=authors, tags=[*tag_ids], chosen=padded))


def _in_order(rows):
    """Return lists of _Listed: (of the authors, of the tags, of the chosen), the newest first."""
    rows = sorted((_Listed.of_line(line) for (line,) in rows), reverse=True)
    return [[row for row in rows if row.kind == kind] for kind in (BY_AUTHOR, OF_TAG, CHOSEN)]


def _line(time, kind, of):
    """Return the expression that makes the columns of a _Listed one text.

    Where a story's lists are as they were before nothing but that is asked of them, and one
    text is fetched and compared in half the time of eight values.
    """
    columns = (time, "article", "pk", kind, of, "first_published_on", "slug", "headline")
    return Func(
        *columns,
        template="%(expressions)s",
        arg_joiner=f" || '{BETWEEN}' || ",
        output_field=TextField(),
    )


@prepared
def _lists(gate, most, at, now, authors, tags, chosen):
    def rows(listed, kind, through):
        # As the list's index has them: in any other order PostgreSQL, which plans for a list of
        # common length, would read a long one to its end.
        in_order = listed.latest_first().order_by(
            f"-{through}__first_published_at", f"{through}__edition_id"
        )
        of = f"{through}__{'author' if kind == BY_AUTHOR else 'tag'}"
        time = f"{through}__first_published_at"
        return in_order.values_list(_line(time, Value(kind), of))

    of_chosen = gate(at, now).filter(article__in=any_of(chosen))
    return [
        *(rows(gate(at, now).by(author), BY_AUTHOR, "bylines")[:most] for author in authors),
        *(
            rows(gate(at, now).tagged(tag), OF_TAG, "edition_tags")[:NEWEST_OF_A_TAG]
            for tag in tags
        ),
        of_chosen.values_list(_line("first_published_at", Value(CHOSEN), Value(0))),
    ]


def suggest(tags, series, live, leaving_out):
    """Return Suggestions of what to read next, the best first, at most SUGGESTIONS.

    ``series`` may be None; articles in ``leaving_out`` are not looked for. However many
    stories there are: three queries, each of a bounded number of rows.
    """
    tag_ids = [tag.pk for tag in tags]
    _by_authors, of_tags, _chosen = _in_order(_listed(live, 0, [], tag_ids))
    sharing = {found.edition_id: found for found in _sharing_tags(tag_ids, of_tags, leaving_out)}
    of_series = (
        live.in_series(series)
        .exclude(article__in=leaving_out)
        .latest_first()
        .values_list("pk", flat=True)[:SUGGESTIONS]
        if series
        else []
    )
    # The whole of a series belongs together: that says as much as a tag of its own would.
    scores = {pk: found.score for pk, found in sharing.items()}
    for pk in of_series:
        scores[pk] = scores.get(pk, 0) + 1
    editions = Edition.objects.filter(
        pk__in=sorted(scores, key=scores.get, reverse=True)[:SUGGESTIONS]
    ).select_related("series")
    names = {tag.pk: tag.name for tag in tags}
    return sorted(
        (
            Suggestion(
                edition,
                [names[pk] for pk in sharing[edition.pk].tag_ids] if edition.pk in sharing else [],
                series is not None and edition.series_id == series.pk,
            )
            for edition in editions
        ),
        key=lambda each: (scores[each.edition.pk], each.edition.first_published_at),
        reverse=True,
    )


class _Sharing(NamedTuple):
    """A live edition that shares tags, and which, the rarest first; sorts by its score."""

    score: float
    first_published_at: object
    article_id: int
    edition_id: int
    tag_ids: list[int]


def _sharing_tags(tag_ids, rows, leaving_out):
    """Return what is listed among tags' newest, latest first, as _Sharing rows, the best first.

    Articles in ``leaving_out`` are left out. Rarer tags count for more; of equals the
    newer comes first. How rare a tag is shows in its newest rows: few of them, or many
    over a long time.
    """
    # Of equally rare ones the first comes first.
    listed = {tag_id: [] for tag_id in tag_ids}
    for row in rows:
        listed[row.of].append(row)
    listed = {tag_id: own for tag_id, own in listed.items() if own}
    spans = {
        tag_id: (rows[0].first_published_at - own[-1].first_published_at).total_seconds() + 1
        for tag_id, own in listed.items()
    }
    longest = max(spans.values(), default=1)
    weights = {}
    for tag_id, own in listed.items():
        is_cut = len(own) >= NEWEST_OF_A_TAG
        estimated_stories = len(own) * (longest / spans[tag_id] if is_cut else 1)
        weights[tag_id] = 1 / (1 + log(estimated_stories))
    shared = {}
    for tag_id in sorted(weights, key=weights.get, reverse=True):
        for row in listed[tag_id]:
            if row.article_id not in leaving_out:
                shared.setdefault(row.edition_id, (row, []))[1].append(tag_id)
    sharing = [
        _Sharing(
            sum(weights[tag_id] for tag_id in tag_ids),
            row.first_published_at,
            row.article_id,
            row.edition_id,
            tag_ids,
        )
        for row, tag_ids in shared.values()
    ]
    return sorted(sharing, reverse=True)
