"""What to read next: stories by the same authors, and stories about the same things."""

from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import NamedTuple

from django.db.models import BigIntegerField, Func, OuterRef
from django.urls import get_script_prefix

from articles.models import Edition, Tag
from authors.models import Author
from newsroom.latest import Latest
from newsroom.prepared import any_of, prepared
from newsroom.row_text import BETWEEN, Lines, line

MORE_FROM_AUTHOR = 4
# So many of an author's newest are looked at: some of them may be chosen already.
NEWEST_OF_AN_AUTHOR = 16
RELATED_READS = 4
# What the desk is offered to choose from.
SUGGESTIONS = 6
# Of how many stories each process keeps what they lead to: what was asked for last.
MOST_WEIGHED = 32
_weighed = Latest(MOST_WEIGHED)
# How many of a tag's newest stories are looked at, so that the cost does not grow with the archive.
NEWEST_OF_A_TAG = 32
# What stands between the lines of a list, and between lists.
LISTED, LISTS = ";", "#"


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


class Newest(NamedTuple):
    """What a story may lead to, as the database tells it; each part is None where nothing is.

    That is the newest by its authors and of its tags, and which of its chosen reads are there.
    """

    by_authors: str | None
    of_tags: str | None
    chosen: str | None


def newest_by(author, live):
    """Return the column of an author's newest ``live`` editions; ``author`` names the row's."""
    return _newest(live.by(OuterRef(author)), "bylines", NEWEST_OF_AN_AUTHOR)


def newest_of(tag, live):
    """Return the column of a tag and its newest ``live`` editions; ``tag`` names the row's."""
    return line(tag, _newest(live.tagged(OuterRef(tag)), "edition_tags", NEWEST_OF_A_TAG))


def _newest(listed, through, most):
    time = f"{through}__first_published_at"
    # As the list's index has them: in any other order PostgreSQL, which plans for a list of
    # common length, would read a long one to its end.
    in_order = listed.latest_first().order_by(f"-{time}", f"{through}__edition_id")
    return Lines(in_order.values(line=_line(time))[:most], LISTED)


def chosen_of(reads, live):
    """Return the column of the ``live`` editions of related reads; ``reads`` names the row's."""
    chosen = live.filter(article__in=ChosenArticles(OuterRef(reads)))
    return Lines(chosen.order_by().values(line=_line("first_published_at")), LISTED)


def _line(time):
    # A number may be given again where a database is put back: when it was made tells them apart.
    return line(time, "article", "pk", "made_at")


class ChosenArticles(Func):
    """The primary keys of our articles in a column of related reads, of which some have none."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler, connection, **extra):
        keys = (
            "SELECT (read->>'article')::bigint FROM JSONB_ARRAY_ELEMENTS(%(expressions)s) AS read"
        )
        return self.as_sql(compiler, connection, template=keys, **extra)

    def as_sqlite(self, compiler, connection, **extra):
        keys = (
            "SELECT JSON_EXTRACT(read.value, '$.article') FROM JSON_EACH(%(expressions)s) AS read"
        )
        return self.as_sql(compiler, connection, template=keys, **extra)


def ask_for_newest(authors, tags, chosen, live):
    """Return the Newest of some authors and tags, and of chosen articles' primary keys."""
    authors = Author.objects.filter(pk__in=[each.pk for each in authors])
    tags = Tag.objects.filter(pk__in=[each.pk for each in tags])
    there = live.filter(article__in=chosen)
    return Newest(
        LISTS.join(filter(None, authors.values_list(newest_by("pk", live), flat=True))),
        LISTS.join(filter(None, tags.values_list(newest_of("pk", live), flat=True))),
        LISTED.join(there.values_list(_line("first_published_at"), flat=True)),
    )


class _Listed(NamedTuple):
    """A live edition in the list of an author or of a tag, or as chosen; those sort by time."""

    first_published_at: datetime
    article_id: int
    edition_id: int

    @classmethod
    def all(cls, lines):
        """Return all of a list."""
        found = []
        for each in lines.split(LISTED):
            at, article_id, edition_id, _made_at = each.split(BETWEEN)
            found.append(cls(datetime.fromisoformat(at), int(article_id), int(edition_id)))
        return found


def _by_authors(newest):
    """Return the _Listed of a Newest's authors, the latest first."""
    lists = newest.by_authors.split(LISTS) if newest.by_authors else []
    return sorted({each for lines in lists for each in _Listed.all(lines)}, reverse=True)


def _of_tags(newest):
    """Return the _Listed of each of a Newest's tags, by its number, the latest first."""
    lists = newest.of_tags.split(LISTS) if newest.of_tags else []
    parts = sorted(each.split(BETWEEN, 1) for each in lists)
    return {int(tag): sorted(_Listed.all(lines), reverse=True) for tag, lines in parts}


def read_next(edition, newest):
    """Return what a story leads to, as RelatedLinks: (more from its authors, related reads).

    More from the authors are their newest other stories. The related reads are what the desk
    chose, in its order, then what shares tags; all out of a Newest. A chosen story that is not
    live is left out, and nothing is there twice.
    """
    taken = frozenset([edition.article_id, *chosen_articles(edition)])
    more, best, of_chosen = _links(newest, taken)
    related = _chosen_links(edition.related_reads, of_chosen)
    related += best[: max(RELATED_READS - len(related), 0)]
    return [*more], related


def _links(newest, taken):
    """Return RelatedLinks: (the authors' newest others, the best of the tags', what was chosen).

    Of lists that a story had before nothing is weighed again: the words of an edition stay.
    """
    # Links from a page of the past lead on into it.
    key = newest, taken, get_script_prefix()
    links = _weighed.get(key)
    if links is not None:
        return links
    more = [each for each in _by_authors(newest) if each.article_id not in taken]
    more = more[:MORE_FROM_AUTHOR]
    sharing = _sharing_tags(_of_tags(newest), {*taken, *(each.article_id for each in more)})
    chosen = _Listed.all(newest.chosen) if newest.chosen else []
    found = (more, sharing[:RELATED_READS], chosen)
    listed = [[each.edition_id for each in some] for some in found]
    pks = [pk for some in listed for pk in some]
    # Few lengths make few queries, which are planned once each.
    padded = [*pks, *[0] * (-len(pks) % RELATED_READS)]
    shown = {edition.pk: edition for edition in _shown(pks=padded)} if pks else {}
    links = [[_link(shown[pk]) for pk in some if pk in shown] for some in listed]
    # One that was deleted since it was listed comes back with a database that is put back.
    if all(pk in shown for pk in pks):
        _weighed.put(key, links)
    return links


def _link(edition):
    return RelatedLink(edition.headline, edition.get_absolute_url(), edition.article_id)


@prepared
def _shown(pks):
    return Edition.objects.filter(pk__in=any_of(pks)).for_links()


def _chosen_links(reads, links):
    """Return RelatedLinks of the desk's chosen reads; ``links`` lead to those that are live."""
    by_article = {link.article_id: link for link in links}
    found = []
    for read in reads:
        if "url" in read:
            found.append(RelatedLink(read["title"], read["url"]))
        elif read["article"] in by_article:
            found.append(by_article.pop(read["article"]))
    return found


def chosen_articles(edition):
    """Return the primary keys of our articles among the reads that the desk chose."""
    return [read["article"] for read in edition.related_reads if "article" in read]


def suggest(tags, series, live, leaving_out):
    """Return Suggestions of what to read next, the best first, at most SUGGESTIONS.

    ``series`` may be None; articles in ``leaving_out`` are not looked for. However many
    stories there are: three queries, each of a bounded number of rows.
    """
    of_tags = _of_tags(ask_for_newest([], tags, [], live))
    sharing = {found.edition_id: found for found in _sharing_tags(of_tags, leaving_out)}
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


def _sharing_tags(listed, leaving_out):
    """Return what is ``listed`` by tag, latest first, as _Sharing rows, the best first.

    Articles in ``leaving_out`` are left out. Rarer tags count for more; of equals the
    newer comes first. How rare a tag is shows in its newest rows: few of them, or many
    over a long time.
    """
    newest = max((own[0].first_published_at for own in listed.values()), default=None)
    spans = {
        tag_id: (newest - own[-1].first_published_at).total_seconds() + 1
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
