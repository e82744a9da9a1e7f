"""What can be done with tags as a whole: count their stories, find their twins, merge them."""

from time import sleep

from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Length
from django.utils import timezone

from articles import fingerprints
from articles.models import (
    Article,
    ArticleTag,
    Edition,
    EditionTag,
    FormerSlug,
    MergedTag,
    Tag,
)
from articles.models.tag import TWIN_END, twin_key
from articles.page_tags import note_merge
from articles.search.words import is_one_error
from authors.log import Kind, log

# No further is counted: what a tag on half of all stories has more does not matter. In a list of
# fifty tags less tells enough.
COUNTED, COUNTED_IN_LIST = 50, 25
# Shorter words that differ in one letter are two words: "Trade" and "Grade".
SHORTEST_WITH_AN_ERROR = 7
SHOWN_TWINS = 5
CHUNK = 500
# Seconds. Whoever waits for SQLite looks every tenth of a second whether it is free.
SQLITE_IS_FREE = 0.05


class CountOf(Subquery):
    """The number of rows of a subquery, which its slice bounds."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


def with_counts(tags, most=COUNTED):
    """Annotate tags with ``live_count`` and ``desk_count``: stories that readers have with the
    tag, and working copies with it; ``most + 1`` stands for more than ``most``.
    """
    live = Edition.objects.live(timezone.now()).filter(edition_tags__tag=OuterRef("pk"))
    at_the_desk = ArticleTag.objects.filter(tag=OuterRef("pk"))
    return tags.annotate(
        live_count=CountOf(live.order_by().values("pk")[: most + 1]),
        desk_count=CountOf(at_the_desk.values("pk")[: most + 1]),
    )


def unused(tags):
    """Keep the tags that neither a working copy nor an edition has."""
    return tags.exclude(models.Exists(ArticleTag.objects.filter(tag=OuterRef("pk")))).exclude(
        models.Exists(EditionTag.objects.filter(tag=OuterRef("pk")))
    )


def twins(name, leaving_out=None):
    """Return the tags, with counts, that a name means most likely; none if it is a tag's own.

    They differ in case, accents, hyphens, spaces, number, or one typing error; or they had
    the name's slug before they were renamed or merged. ``leaving_out``: a tag's primary key.
    """
    key, plain = twin_key(name), name.strip().casefold()
    # Names that are the same but for their case have the same key: no other index is asked.
    close = dict(Tag.objects.filter(twin_key=key).values_list("pk", "name")) if key else {}
    if any(plain == other.casefold() for pk, other in close.items() if pk != leaving_out):
        return []
    had_it = FormerSlug.objects.filter(page="tag", slug=Tag().slugify(name))
    found = [*close, *had_it.values_list("subject_id", flat=True)]
    if len(key) >= SHORTEST_WITH_AN_ERROR:
        found += _one_error_away(key)
    others = with_counts(Tag.objects.filter(pk__in=found).exclude(pk=leaving_out))
    return list(others.order_by("-desk_count", "name")[:SHOWN_TWINS])


def _one_error_away(key):
    """Return the primary keys of the tags whose key differs in one letter."""
    ends = Q(twin_head=key[:TWIN_END]) | Q(twin_tail=key[-TWIN_END:])
    candidates = (
        Tag.objects.filter(ends)
        .alias(length=Length("twin_key"))
        .filter(length__range=(max(len(key) - 1, SHORTEST_WITH_AN_ERROR), len(key) + 1))
        .order_by()
        .values_list("pk", "twin_key")
    )
    return [pk for pk, other in candidates.iterator() if is_one_error(key, other)]


def merge(tags, into):
    """Make one tag of several: ``into`` has their stories, old addresses lead to it.

    Working copies and editions are moved; an article without unpublished changes has none
    afterwards. Memory does not grow with the number of stories, and nobody waits for all of
    them: each CHUNK is a transaction of its own. A merge that was broken off goes on where it
    was when it is made again.
    """
    for tag in tags:
        is_over = tag.pk == into.pk
        while not is_over:
            while article_ids := _some_articles(tag):
                _move(article_ids, tag, into)
                if connection.vendor == "sqlite":
                    sleep(SQLITE_IS_FREE)
            is_over = _end(tag, into)


def _some_articles(tag):
    """Return the primary keys of some articles that have a tag, or an edition with it."""
    at_the_desk = ArticleTag.objects.filter(tag=tag).values_list("content_object_id", flat=True)
    editions = EditionTag.objects.filter(tag=tag).values_list("edition__article_id", flat=True)
    return set(at_the_desk[:CHUNK]) or set(editions[:CHUNK])


@transaction.atomic
def _move(article_ids, tag, into):
    """Give articles and their editions another tag in place of one, and the fingerprints that
    follow from it.
    """
    # Nobody merges that one away meanwhile. Who publishes refers to tags while they hold an
    # article: they need not wait for this lock, as this waits for their articles.
    Tag.objects.select_for_update(no_key=True).get(pk=into.pk)
    editions = Edition.objects.filter(article__in=article_ids)
    with fingerprints.kept_true(Article.objects.filter(pk__in=article_ids)) as anew:
        rows = ArticleTag.objects.filter(tag=tag, content_object__in=article_ids)
        _move_rows(rows, "content_object", into)
        _move_rows(EditionTag.objects.filter(tag=tag, edition__in=editions), "edition", into)
    of_editions = [
        (anew[article_id, before], pk)
        for pk, article_id, before in editions.values_list("pk", "article_id", "fingerprint")
        if (article_id, before) in anew
    ]
    fingerprints.store(Edition, of_editions)
    note_merge(tag, into, editions)


@transaction.atomic
def _end(tag, into):
    """Let a tag's addresses lead to another, and delete it; return whether that is done.

    It is not if somebody gave a story the tag in the meantime.
    """
    both = Tag.objects.select_for_update().filter(pk__in=[tag.pk, into.pk]).order_by("pk")
    # Who makes the same merge may have been here first.
    if tag not in list(both):
        return True
    if _some_articles(tag):
        return False
    FormerSlug.objects.filter(page="tag", subject_id=tag.pk).update(subject_id=into.pk)
    FormerSlug.objects.record(into, tag.slug)
    MergedTag.objects.filter(tag=tag).update(tag=into)
    MergedTag.objects.create(former_id=tag.pk, tag=into)
    log(Kind.MERGE, tag, into=str(into))
    tag.delete()
    return True


def _move_rows(rows, owner, into):
    """Give rows that join a tag to an owner the other tag; drop those whose owner has it."""
    there = rows.model.objects.filter(tag=into, **{owner: OuterRef(owner)})
    rows.filter(models.Exists(there)).delete()
    rows.update(tag=into)
