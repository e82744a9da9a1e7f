"""The stored fingerprints of many working copies, when what these name changes or goes."""

from contextlib import contextmanager

from django.db import connection

from articles.models import Article, ArticleTag


@contextmanager
def kept_true(articles):
    """Hold articles while the block changes or deletes what they name; then store what follows.

    ``articles`` is a queryset. Yield a dict that has the fingerprints when the block is over,
    by (primary key, former fingerprint). Call it within a transaction; the number of queries
    does not depend on that of the articles.
    """
    held = list(articles.locked().order_by("pk").values_list("pk", flat=True))
    anew = {}
    yield anew
    tag_ids = {pk: [] for pk in held}
    rows = ArticleTag.objects.filter(content_object__in=held)
    for article_id, tag_id in rows.values_list("content_object_id", "tag_id"):
        tag_ids[article_id].append(tag_id)
    parts = ("bylines", "related_reads", "corrections")
    for article in Article.objects.filter(pk__in=held).prefetch_related(*parts):
        bylines = [(line.author_id, line.name, line.role) for line in article.bylines.all()]
        after = article.fingerprint_with(tag_ids[article.pk], bylines)
        anew[article.pk, article.fingerprint] = after
    store(Article, [(after, pk) for (pk, _before), after in anew.items()])


def store(model, rows):
    """Store (fingerprint, primary key) rows; one prepared statement is faster than bulk_update."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {model._meta.db_table} SET fingerprint = %s WHERE id = %s", rows
        )
