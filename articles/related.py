"""What to read next: stories by the same authors, and stories about the same things."""

from collections import defaultdict
from dataclasses import dataclass
from math import log

from django.db.models import Q

from articles.models import Edition, EditionTag

MORE_FROM_AUTHOR = 4
RELATED_READS = 4
# How many of a tag's newest stories are looked at, so that the cost does not grow with the archive.
NEWEST_OF_A_TAG = 50


@dataclass(frozen=True)
class RelatedLink:
    """A related read as the page shows it: one of our editions, or an outside address."""

    title: str
    url: str
    edition: Edition | None = None


def related_reads(edition, tags, at, leaving_out):
    """Return what to read next: what the desk chose, in its order, then what shares tags.

    A chosen story that is not live at that moment is left out; articles in
    ``leaving_out`` are not looked for.
    """
    chosen = edition.related_reads
    chosen_ids = chosen_articles(edition)
    best = _sharing_tags(edition, tags, at, {*leaving_out, *chosen_ids})
    stories = Edition.objects.filter(
        Q(pk__in=best) | Q(pk__in=Edition.objects.live(at).filter(article__in=chosen_ids))
    ).for_lists()
    by_article = {story.article_id: story for story in stories}
    by_pk = {story.pk: story for story in stories}
    links = []
    for read in chosen:
        if "url" in read:
            links.append(RelatedLink(read["title"], read["url"]))
        elif read["article"] in by_article:
            links.append(_inside(by_article.pop(read["article"])))
    room = max(RELATED_READS - len(links), 0)
    return links + [_inside(by_pk[pk]) for pk in best[:room]]


def chosen_articles(edition):
    """Return the primary keys of our articles among the reads that the desk chose."""
    return [read["article"] for read in edition.related_reads if "article" in read]


def more_from_authors(edition, authors, at, leaving_out):
    """Return the newest other stories by any of the authors; ``leaving_out``: article ids."""
    newest = [
        Edition.objects.live(at)
        .by(author)
        .latest_first()
        .values("pk")[: MORE_FROM_AUTHOR + len(leaving_out) + 1]
        for author in authors
    ]
    return list(
        _any_of(Edition.objects.all(), newest)
        .exclude(article_id__in={edition.article_id, *leaving_out})
        .for_lists()
        .latest_first()[:MORE_FROM_AUTHOR]
    )


def _sharing_tags(edition, tags, at, leaving_out):
    """Return the primary keys of the stories that share tags, the best first.

    Rarer tags count for more; of equals the newer comes first. How rare a tag is
    shows in its newest rows: few of them, or many over a long time.
    """
    newest = [
        EditionTag.objects.filter(tag=tag, edition__in=Edition.objects.live(at))
        .order_by("-first_published_at")
        .values("pk")[:NEWEST_OF_A_TAG]
        for tag in tags
    ]
    rows = (
        _any_of(EditionTag.objects.all(), newest)
        .exclude(edition__article=edition.article_id)
        .values_list("tag_id", "edition_id", "edition__article_id", "first_published_at")
    )
    editions_of, time_of = defaultdict(list), {}
    for tag_id, edition_id, article_id, first_published_at in rows:
        editions_of[tag_id].append(edition_id)
        time_of[edition_id] = (first_published_at, article_id)
    spans = {
        tag_id: (at - min(time_of[pk][0] for pk in found)).total_seconds() + 1
        for tag_id, found in editions_of.items()
    }
    longest = max(spans.values(), default=1)
    scores = defaultdict(float)
    for tag_id, found in editions_of.items():
        is_cut = len(found) >= NEWEST_OF_A_TAG - 1
        estimated_stories = len(found) * (longest / spans[tag_id] if is_cut else 1)
        for pk in found:
            scores[pk] += 1 / (1 + log(estimated_stories))
    return sorted(
        (pk for pk in scores if time_of[pk][1] not in leaving_out),
        key=lambda pk: (scores[pk], time_of[pk]),
        reverse=True,
    )[:RELATED_READS]


def _inside(edition):
    return RelatedLink(edition.headline, edition.get_absolute_url(), edition)


def _any_of(queryset, subqueries):
    """Keep the rows that any of the sliced subqueries names."""
    condition = Q(pk__in=[])
    for subquery in subqueries:
        condition |= Q(pk__in=subquery)
    return queryset.filter(condition)
