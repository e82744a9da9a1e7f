"""What to read next: stories by the same authors, and stories about the same things."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from math import log

from django.core.exceptions import EmptyResultSet
from django.db.models.expressions import RawSQL

from articles.models import Edition
from newsroom.prepared import any_of, prepared, union_all

MORE_FROM_AUTHOR = 4
RELATED_READS = 4
# What the desk is offered to choose from.
SUGGESTIONS = 6
# How many of a tag's newest stories are looked at, so that the cost does not grow with the archive.
NEWEST_OF_A_TAG = 50


@dataclass(frozen=True)
class RelatedLink:
    """A related read as the page shows it: one of our editions, or an outside address."""

    title: str
    url: str
    edition: Edition | None = None


@dataclass(frozen=True)
class Suggestion:
    """A live story that might be chosen as a related read, with what speaks for it."""

    edition: Edition
    shared_tags: list[str]
    is_of_the_series: bool


def related_reads(edition, tags, live, leaving_out):
    """Return what to read next: what the desk chose, in its order, then what shares tags.

    A chosen story without one of the ``live`` editions is left out; articles in
    ``leaving_out`` are not looked for.
    """
    chosen = edition.related_reads
    chosen_ids = chosen_articles(edition)
    if len(chosen) >= RELATED_READS:
        links = _chosen_links(chosen, live.ask(_to_show, best=[], chosen=chosen_ids))
        if len(links) >= RELATED_READS:
            return links
    taken = {edition.article_id, *leaving_out, *chosen_ids}
    best = [found.edition_id for found in _sharing_tags(tags, live, taken)[:RELATED_READS]]
    stories = live.ask(_to_show, best=best, chosen=chosen_ids)
    by_pk = {story.pk: story for story in stories}
    links = _chosen_links(chosen, stories)
    room = max(RELATED_READS - len(links), 0)
    return links + [_inside(by_pk[pk]) for pk in best[:room]]


def _chosen_links(chosen, stories):
    """Return RelatedLinks of the desk's chosen reads; ``stories`` are those that are live."""
    by_article = {story.article_id: story for story in stories}
    links = []
    for read in chosen:
        if "url" in read:
            links.append(RelatedLink(read["title"], read["url"]))
        elif read["article"] in by_article:
            links.append(_inside(by_article.pop(read["article"])))
    return links


def chosen_articles(edition):
    """Return the primary keys of our articles among the reads that the desk chose."""
    return [read["article"] for read in edition.related_reads if "article" in read]


def more_from_authors(edition, authors, live, leaving_out):
    """Return the newest other live editions by any of the authors; ``leaving_out``: article ids."""
    leaving_out = [*leaving_out, edition.article_id]
    return live.ask(_newest_by, authors=[each.pk for each in authors], leaving_out=leaving_out)


@prepared
def _newest_by(gate, at, now, authors, leaving_out):
    most = MORE_FROM_AUTHOR + len(leaving_out)
    newest = [gate(at, now).by(author).latest_first().values("pk")[:most] for author in authors]
    found = _any_of(Edition.objects.all(), newest).exclude(article__in=any_of(leaving_out))
    return found.for_links().latest_first()[:MORE_FROM_AUTHOR]


@prepared
def _to_show(gate, at, now, best, chosen):
    shown = [
        Edition.objects.filter(pk__in=any_of(best)),
        gate(at, now).filter(article__in=any_of(chosen)),
    ]
    return _any_of(Edition.objects.all(), [each.values("pk") for each in shown]).for_links()


@prepared
def _newest_of_tags(gate, at, now, tags):
    columns = ("edition_tags__tag", "pk", "article", "edition_tags__first_published_at")
    return [
        gate(at, now).tagged(tag).latest_first().values_list(*columns)[:NEWEST_OF_A_TAG]
        for tag in tags
    ]


def suggest(tags, series, live, leaving_out):
    """Return Suggestions of what to read next, the best first, at most SUGGESTIONS.

    ``series`` may be None; articles in ``leaving_out`` are not looked for. However many
    stories there are: three queries, each of a bounded number of rows.
    """
    sharing = {found.edition_id: found for found in _sharing_tags(tags, live, leaving_out)}
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


@dataclass
class _Sharing:
    """A live edition that shares tags: how much that says, and which they are, rarest first."""

    edition_id: int
    article_id: int
    first_published_at: object
    score: float
    tag_ids: list[int]


def _sharing_tags(tags, live, leaving_out):
    """Return the live editions that share tags as _Sharing rows, the best first.

    Articles in ``leaving_out`` are left out. Rarer tags count for more; of equals the
    newer comes first. How rare a tag is shows in its newest rows: few of them, or many
    over a long time.
    """
    rows = live.ask(_newest_of_tags, tags=[tag.pk for tag in tags])
    editions_of, time_of = defaultdict(list), {}
    for tag_id, edition_id, article_id, first_published_at in rows:
        editions_of[tag_id].append(edition_id)
        time_of[edition_id] = (first_published_at, article_id)
    latest = max((moment for moment, _article_id in time_of.values()), default=None)
    spans = {
        tag_id: (latest - min(time_of[pk][0] for pk in found)).total_seconds() + 1
        for tag_id, found in editions_of.items()
    }
    longest = max(spans.values(), default=1)
    weights = {}
    for tag_id, found in editions_of.items():
        is_cut = len(found) >= NEWEST_OF_A_TAG
        estimated_stories = len(found) * (longest / spans[tag_id] if is_cut else 1)
        weights[tag_id] = 1 / (1 + log(estimated_stories))
    sharing = {}
    for tag_id in sorted(weights, key=weights.get, reverse=True):
        for pk in editions_of[tag_id]:
            first_published_at, article_id = time_of[pk]
            if article_id in leaving_out:
                continue
            found = sharing.setdefault(pk, _Sharing(pk, article_id, first_published_at, 0, []))
            found.score += weights[tag_id]
            found.tag_ids.append(tag_id)
    return sorted(
        sharing.values(),
        key=lambda found: (found.score, found.first_published_at, found.article_id),
        reverse=True,
    )


def _inside(edition):
    return RelatedLink(edition.headline, edition.get_absolute_url(), edition)


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
