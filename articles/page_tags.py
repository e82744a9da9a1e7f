"""The tags of the readers' pages: which a page carries, and which a change ends.

* ``article:7``: something of a story shows; ``image:7``, ``author:7``, ``series:7``, ``tag:7``
  as well. ``images``, ``authors``, ``series``, ``tags`` and ``sections`` stand for any of them:
  every page has the sections' names.
* ``front``, ``in-section:7``, ``in-series:7``, ``tagged:7``, ``by:7``, ``on:2026-11-24`` (also of
  a month and a year): the list is of these stories. ``days``: which days have any.
* ``record:7``: an author's corrections; ``picks``: who leads the front page.
* ``sitemap:7``: the addresses of these stories, and when each changed last.
* ``stories``: anything that any story says, or that there is another: search, sitemaps.
* ``withdrawn``: it names stories, too many for a tag of each, none of which was withdrawn since.
* ``shown:7``: whether a picture may be seen.
* ``site``: nothing of the database shows. ``everything``: every page carries it, by the page cache
  itself.

What publishing changes is noted here, by ``articles.publishing``, and what merging tags does, by
``articles.tagging``. Profiles, sections, tags, pictures and front pages are changed in many ways;
there the database itself makes the note (``articles.models.page_change_rules``).
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from articles.body import linked_articles
from articles.models import Edition, FrontPage, PageChange
from articles.models.edition_lists import SITEMAP_PART
from articles.related import RELATED_READS, chosen_articles
from newsroom.page_store import EVERYTHING


def of_article(article_id):
    """Return the tag of all that shows something of a story."""
    return f"article:{article_id}"


def of_days(day):
    """Return the tags of the lists of a day, its month and its year."""
    return {f"on:{day.isoformat()[:length]}" for length in (4, 7, 10)}


def of_part(number):
    """Return the tag of a part of the stories' sitemap."""
    return f"sitemap:{number}"


def of_cards(editions: Iterable[Edition]):
    """Return the tags of stories as a list shows them; bylines and lead images are fetched."""
    tags = set()
    for edition in editions:
        tags.add(of_article(edition.article_id))
        tags.update(f"author:{line.author_id}" for line in edition.lines if line.author_id)
        if edition.lead_image_id:
            tags.add(f"image:{edition.lead_image_id}")
    return tags


def of_links(body):
    """Return the tags of the stories that a body links to: links live and die with them."""
    return {of_article(pk) for pk in linked_articles(body)}


def of_story(page):
    """Return the tags of a StoryPage."""
    edition, chosen = page.edition, chosen_articles(page.edition)
    shown = {edition.article_id, *page.addresses}
    links = [*page.more_from_authors, *page.related_reads]
    shown |= {link.article_id for link in links if link.article_id}
    tags = {of_article(pk) for pk in shown}
    tags |= {f"author:{author.pk}" for author in page.authors}
    tags |= {f"by:{author.pk}" for author in page.authors}
    tags |= {f"tag:{tag.pk}" for tag in page.tags}
    own = [read for read in page.related_reads if read.article_id in [None, *chosen]]
    if len(own) < RELATED_READS:
        # The room that is left goes to what shares tags.
        tags |= {f"tagged:{tag.pk}" for tag in page.tags}
    if edition.series_id:
        tags.add(f"series:{edition.series_id}")
    return tags | {f"image:{pk}" for pk in page.images}


def of_choices(page):
    """Return the tags of what a StoryPage would lead to: some of it readers may not see yet."""
    chosen = chosen_articles(page.edition)
    return {of_article(pk) for pk in chosen} | of_links(page.edition.body)


def note_move(old, new, at, is_at_once):
    """Note that readers get one edition of a story after another, at a moment that may be to come.

    ``old`` or ``new`` is None where the story was, or is then, not live.
    """
    article_id = (new or old).article_id
    part = of_part(article_id // SITEMAP_PART)
    tags, gone = {of_article(article_id), part, "stories"}, set()
    lists = [_lists_of(edition) if edition else set() for edition in (old, new)]
    if lists[0] != lists[1]:
        tags |= lists[0] | lists[1]
    if new is None or old is None:
        tags |= {"front", *of_days((new or old).first_published_on)}
        if new is None or not is_at_once or not _has_its_day(new):
            tags.add("days")
    corrections = [edition.corrections if edition else [] for edition in (old, new)]
    if corrections[0] != corrections[1] or new is None or old is None:
        tags |= {name.replace("by:", "record:") for name in lists[0] | lists[1] if "by:" in name}
    pictures = [
        set(edition.images.values_list("pk", flat=True)) if edition else set()
        for edition in (old, new)
    ]
    gone |= {f"shown:{pk}" for pk in pictures[0] - pictures[1]}
    if new is None:
        gone |= {of_article(article_id), part, "withdrawn"}
    PageChange.objects.bulk_create(
        PageChange(tag=tag, at=at, is_at_once=is_at_once, is_gone=tag in gone)
        for tag in sorted(tags | gone)
    )


def note_all_anew():
    """Note that nothing is as it was, and all that is to come: for rows that came in otherwise."""
    PageChange.objects.create(tag=EVERYTHING, is_gone=True)
    now = timezone.now()
    for edition in Edition.objects.to_come(now).iterator():
        old = edition.article.editions.that_hold().filter(live_until=edition.live_from).first()
        note_move(old, edition, edition.live_from, is_at_once=False)
    for edition in Edition.objects.that_hold().filter(live_until__gt=now).iterator():
        if not edition.article.editions.that_hold().filter(live_from=edition.live_until).exists():
            note_move(edition, None, edition.live_until, is_at_once=False)
    PageChange.objects.bulk_create(
        PageChange(tag="picks", at=page.live_from, is_at_once=False)
        for page in FrontPage.objects.filter(live_from__gt=now)
    )


def note_merge(tag, into, editions):
    """Note that editions have a Tag in place of another: in lists, too, and among the most used.

    So have those that are to come or to end: what was noted of them names the other.
    """
    now = timezone.now()
    tags = [f"{of}:{each.pk}" for of in ("tag", "tagged") for each in (tag, into)]
    moved = editions.tagged(into).that_hold()
    moments = moved.filter(Q(live_from__gt=now) | Q(live_until__gt=now))
    moments = {at for both in moments.values_list("live_from", "live_until") for at in both}
    PageChange.objects.bulk_create(
        [
            *(PageChange(tag=each) for each in [*tags, "tags", "stories"]),
            *(
                PageChange(tag=f"tagged:{into.pk}", at=at, is_at_once=False)
                for at in moments
                if at and at > now
            ),
        ]
    )


def note_index_anew():
    """Note that search may find otherwise: its index was made anew."""
    PageChange.objects.create(tag="stories")


def _has_its_day(edition):
    """Whether readers have another story of an edition's day, and have it until this is committed.

    Whoever withdraws that one meanwhile waits; one that has an end may come to it.
    """
    others = Edition.objects.live().filter(first_published_on=edition.first_published_on)
    # Said the other way round, SQLite may look up all that have none.
    others = others.exclude(live_until__isnull=False).exclude(article=edition.article_id)
    others = others.order_by().only("pk")
    return bool(others.select_for_update(no_key=True, skip_locked=True)[:1])


def _lists_of(edition):
    """Return the tags of the lists that an edition is in, but those of time."""
    tags = {f"in-section:{edition.section_id}"}
    if edition.series_id:
        tags.add(f"in-series:{edition.series_id}")
    tags |= {f"tagged:{pk}" for pk in edition.edition_tags.values_list("tag_id", flat=True)}
    authors = edition.bylines.exclude(author=None).values_list("author_id", flat=True)
    return tags | {f"by:{pk}" for pk in authors}
