"""What to read next: stories by the same authors, and stories about the same things."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import log
from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db.models import Value
from django.db.models.expressions import RawSQL

from articles.models import Edition
from articles.models.edition import story_address
from articles.story_rows import MOST_KEPT
from newsroom.prepared import any_of, prepared, union_all

MORE_FROM_AUTHOR = 4
# So many of an author's newest are asked for, that the query is the same for nearly all stories:
# some of them may be chosen already.
NEWEST_OF_AN_AUTHOR = 16
RELATED_READS = 4
# What the desk is offered to choose from.
SUGGESTIONS = 6
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
    more, best = _to_read(_newest(live, most, authors, tag_ids), tag_ids, taken)
    links = {
        pk: RelatedLink(headline, story_address(day, slug), article_id)
        for pk, article_id, headline, day, slug in live.ask(
            _to_show, editions=[*more, *best], chosen=chosen
        )
    }
    related = _chosen_links(edition.related_reads, links.values())
    related += [links[pk] for pk in best[: max(RELATED_READS - len(related), 0)] if pk in links]
    return [links[pk] for pk in more if pk in links], related


@lru_cache(MOST_KEPT)
def _to_read(rows, tag_ids, taken):
    """Return the editions to read next: (the authors' newest others, the best of the tags').

    Of lists that a story had before nothing is weighed again.
    """
    by_authors, of_tags = _in_order(rows)
    more = {row.edition_id: row.article_id for row in by_authors if row.article_id not in taken}
    more = dict(islice(more.items(), MORE_FROM_AUTHOR))
    sharing = _sharing_tags(tag_ids, of_tags, {*taken, *more.values()})
    return tuple(more), tuple(found.edition_id for found in sharing[:RELATED_READS])


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
    """A live edition in the list of an author or of a tag; those sort by time."""

    first_published_at: object
    article_id: int
    edition_id: int
    is_of_author: bool
    of: int


def _newest(live, most, authors, tag_ids):
    """Return the columns of _Listed of the authors' newest ``most``, and of the tags' newest."""
    authors = [each.pk for each in authors]
    return tuple(live.ask(_newest_of, most, authors=authors, tags=[*tag_ids]))


def _in_order(rows):
    """Return (_Listed of the authors, _Listed of the tags), the newest first."""
    rows = sorted(map(_Listed._make, rows), reverse=True)
    return [row for row in rows if row.is_of_author], [row for row in rows if not row.is_of_author]


@prepared
def _newest_of(gate, most, at, now, authors, tags):
    def rows(listed, is_of_author, through):
        # As the list's index has them: in any other order PostgreSQL, which plans for a list of
        # common length, would read a long one to its end.
        in_order = listed.latest_first().order_by(
            f"-{through}__first_published_at", f"{through}__edition_id"
        )
        return in_order.values_list(
            f"{through}__first_published_at",
            "article",
            "pk",
            Value(is_of_author),
            f"{through}__{'author' if is_of_author else 'tag'}",
        )

    return [
        *(rows(gate(at, now).by(author), True, "bylines")[:most] for author in authors),
        *(rows(gate(at, now).tagged(tag), False, "edition_tags")[:NEWEST_OF_A_TAG] for tag in tags),
    ]


@prepared
def _to_show(gate, at, now, editions, chosen):
    shown = [
        Edition.objects.filter(pk__in=any_of(editions)),
        gate(at, now).filter(article__in=any_of(chosen)),
    ]
    stories = _any_of(Edition.objects.all(), [each.values("pk") for each in shown])
    return stories.values_list("pk", "article", "headline", "first_published_on", "slug")


def suggest(tags, series, live, leaving_out):
    """Return Suggestions of what to read next, the best first, at most SUGGESTIONS.

    ``series`` may be None; articles in ``leaving_out`` are not looked for. However many
    stories there are: three queries, each of a bounded number of rows.
    """
    tag_ids = [tag.pk for tag in tags]
    _none, of_tags = _in_order(_newest(live, 0, [], tag_ids))
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


def _any_of(queryset, subqueries):
    """Keep the rows whose primary keys any of the subqueries, sliced or not, selects.

    As one IN (… UNION ALL …): as one IN for each, PostgreSQL would read the whole table to look
    every row up in all of them.
    """
    statements = []
    for subquery in subqueries:
        with suppress(EmptyResultSet):
            statements.append(subquery.query.sql_with_params())
    return queryset.filter(pk__in=RawSQL(*union_all(statements))) if statements else queryset.none()
