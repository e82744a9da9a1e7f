"""The one door between the desk and the readers: nothing else makes or ends editions.

Four moves, each one transaction that locks the article, checks what must be true,
writes, and records who did it and why:

* ``publish``: readers get the working copy now;
* ``schedule``: they get it at a moment to come;
* ``withdraw``: they get nothing any more, now or at a moment to come;
* ``cancel``: what was going to happen does not.

A move that cannot be made raises ``Refused`` with every reason at once.
"""

from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.models import (
    Address,
    Article,
    ArticleByline,
    Edition,
    EditionByline,
    EditionImage,
    EditionTag,
    Image,
    PublishingMove,
    Stage,
    Story,
    Tag,
)
from articles.models.body_field import image_ids
from newsroom import people

Kind = PublishingMove.Kind
# What composing needs of the bylines; fetched before, they are not fetched again.
BYLINES = Prefetch("bylines", ArticleByline.objects.select_related("author"))


class Refused(Exception):
    """A move that was not made.

    ``reasons`` is a list of (field, sentence): the field of the article that the
    sentence is about, or "" when it is about the state of the story.
    """

    def __init__(self, reasons):
        self.reasons = [("", reasons)] if isinstance(reasons, str) else reasons
        super().__init__(" ".join(sentence for _field, sentence in self.reasons))


@dataclass
class Composition:
    """An edition that is not saved, with the rows that would be saved beside it."""

    edition: Edition
    bylines: list[EditionByline]
    tags: list[Tag]
    images: list[Image]


def missing_parts(article):
    """Return what keeps an article from being published, as (field, sentence) pairs."""
    reasons = []
    if not article.headline.strip():
        reasons.append(("headline", _("Give the story a headline.")))
    if not article.body:
        reasons.append(("body", _("Write the body.")))
    if not article.section_id:
        reasons.append(("section", _("Choose a section.")))
    if not article.bylines.exists():
        reasons.append(("bylines", _("Name at least one author in the byline.")))
    if article.lead_image and not (article.lead_image_alt or article.lead_image.alt_text):
        reasons.append(
            ("lead_image_alt", _("Say what the lead image shows, for those who cannot see it."))
        )
    wanted = image_ids(article.body)
    library = Image.objects.in_bulk(wanted)
    for pk in wanted:
        if pk not in library:
            reasons.append(
                ("body", _("A picture in the body is no longer in the library: remove it."))
            )
        elif not library[pk].alt_text:
            reasons.append(
                (
                    "body",
                    _("The picture “%(title)s” has no alt text: add it in the image library.")
                    % {"title": library[pk].title},
                )
            )
    return reasons


def compose(article, live_from, says_updated=False):
    """Return the edition that publishing would make of the working copy at ``live_from``.

    The article's fingerprint has to be fresh; ``says_updated`` tells readers of an update.
    """
    # Each edition hands on the moment and the day of the first.
    before = article.editions.begun(live_from).order_by("live_from").last()
    prefetch_related_objects([article], BYLINES)
    bylines, image = article.bylines.all(), article.lead_image
    edition = Edition(
        **{field.name: getattr(article, field.name) for field in Story._meta.fields},
        article=article,
        live_from=live_from,
        first_published_at=before.first_published_at if before else live_from,
        first_published_on=before.first_published_on if before else timezone.localdate(live_from),
        updated_at=live_from if says_updated else before and before.updated_at,
        related_reads=article.frozen_related_reads(),
        corrections=article.frozen_corrections(),
        fingerprint=article.fingerprint,
    )
    edition.slug = edition.slug or propose_slug(article)
    if image:
        edition.lead_image_alt = edition.lead_image_alt or image.alt_text
        edition.lead_image_caption = edition.lead_image_caption or image.caption
        edition.lead_image_credit = edition.lead_image_credit or image.credit
    images = Image.objects.in_bulk(article.shown_image_ids())
    return Composition(
        edition,
        [
            EditionByline(author=line.author, name=line.name, role=line.role, position=position)
            for position, line in enumerate(bylines)
        ],
        list(article.tags.order_by("name")),
        list(images.values()),
    )


def propose_slug(article):
    """Return a slug made from the headline; for one without letters, from the number."""
    slug = slugify(article.headline, allow_unicode=True)[:80].strip("-")
    return slug or f"story-{article.pk}"


def publish(
    article, *, by=None, note="", says_updated=False, at=None, seen_move=None, seen_fingerprint=None
):
    """Give readers the working copy now; return the new edition.

    An update that was scheduled is superseded; a withdrawal that was set for later
    stays. ``says_updated`` tells readers that the story was updated. ``at`` is for
    importers: a moment that has passed. ``seen_move`` is the number of the latest
    move the person knew of (0 for none), ``seen_fingerprint`` that of the working copy
    as they knew it: if there is a later one, they are told.

    Raises Refused.
    """
    with _move(article, seen_move, seen_fingerprint) as (article, now):
        moment = at or now
        if moment > now or article.editions.begun(now).filter(live_from__gte=moment).exists():
            raise ValueError("at: a moment that has passed, but after the latest edition's")
        if is_embargoed(article, moment):
            raise Refused([("embargoed_until", embargo_in_words(article))])
        live = article.editions.live(moment).first()
        _refuse_what_is_live(article, live)
        latest = _latest(article)
        ends_at = latest.live_until if latest else None
        if ends_at and ends_at <= moment:
            ends_at = None
        for edition in article.editions.that_hold().filter(live_from__gt=moment):
            _undo(edition)
        if live:
            _end(live, moment)
        return _make(article, moment, ends_at, Kind.PUBLISH, by, note, says_updated, now)


def schedule(
    article, at, *, by=None, note="", says_updated=False, seen_move=None, seen_fingerprint=None
):
    """Give readers the working copy at a moment to come; return the edition that waits.

    Raises Refused: the moment has passed, lies before the embargo or after a withdrawal
    that is set, or something is scheduled already.
    """
    with _move(article, seen_move, seen_fingerprint) as (article, now):
        if at <= now:
            raise Refused([("at", _("This moment has passed. Choose one to come, or publish."))])
        if is_embargoed(article, at):
            raise Refused([("at", embargo_in_words(article))])
        latest = _latest(article)
        if latest and latest.live_from > now:
            raise Refused(
                _("The story is scheduled for %(time)s already. Undo that schedule first.")
                % {"time": spoken_time(latest.live_from)}
            )
        live = article.editions.live(now).first()
        _refuse_what_is_live(article, live)
        ends_at = live.live_until if live else None
        if ends_at and ends_at <= at:
            raise Refused(
                [
                    (
                        "at",
                        _("The story will be withdrawn at %(time)s, before this moment.")
                        % {"time": spoken_time(ends_at)},
                    )
                ]
            )
        if live:
            _end(live, at)
        return _make(article, at, ends_at, Kind.SCHEDULE, by, note, says_updated, now)


def withdraw(article, reason, *, by=None, at=None, seen_move=None, seen_fingerprint=None):
    """Take a story from the readers, now or at a moment to come.

    ``reason`` is what readers find at its address from then on. An update scheduled
    for after that moment is undone.

    Raises Refused: no reason, not live, or withdrawn already.
    """
    with _move(article, seen_move, seen_fingerprint) as (article, now):
        moment = at or now
        if not reason.strip():
            raise Refused([("reason", _("Give the reason: readers find it at the address."))])
        if at and at <= now:
            raise Refused([("at", _("This moment has passed. Choose one to come, or leave it."))])
        latest = _latest(article)
        if latest and latest.live_until and now < latest.live_until <= moment:
            raise Refused(
                _("The story will be withdrawn at %(time)s already. Undo that first.")
                % {"time": spoken_time(latest.live_until)}
            )
        live = article.editions.live(moment).first()
        if live is None:
            raise Refused(_why_not_live(latest, now))
        for edition in article.editions.that_hold().filter(live_from__gt=moment):
            _undo(edition)
        _end(live, moment)
        _record(article, Kind.WITHDRAW, now, moment, by, reason)


def cancel(article, *, by=None, note="", seen_move=None):
    """Undo what is to come: the scheduled edition, or else the withdrawal set for later.

    What is live then goes on as if nothing had been set.

    Raises Refused when nothing is to come.
    """
    with _move(article, seen_move) as (article, now):
        latest = _latest(article)
        if latest and latest.live_from > now:
            moment, ends_at = latest.live_from, latest.live_until
            _undo(latest)
            article.editions.that_hold().filter(live_until=moment).update(live_until=ends_at)
        elif latest and latest.live_until and latest.live_until > now:
            moment = latest.live_until
            _end(latest, None)
        else:
            raise Refused(_("Nothing is scheduled for this story."))
        _record(article, Kind.CANCEL, now, moment, by, note)


def spoken_time(moment):
    """Return a moment as people write it, in the newsroom's zone."""
    # Translators: Django's date format characters, for a date and time within a sentence.
    return date_format(timezone.localtime(moment), _("j F Y, H:i"))


@contextmanager
def _move(article, seen_move, seen_fingerprint=None):
    """Open a move: yield the locked article as it is stored, and the moment it happens at."""
    with transaction.atomic():
        locked = Article.objects.select_for_update().get(pk=article.pk)
        latest_move = locked.moves.order_by("-pk").select_related("made_by").first()
        if seen_move is not None and latest_move and latest_move.pk != seen_move:
            raise Refused(
                _("%(who)s was here first: “%(move)s” at %(time)s. Look again before you go on.")
                % {
                    "who": people.name(latest_move.made_by, _("Somebody")),
                    "move": latest_move.get_kind_display(),
                    "time": spoken_time(latest_move.made_at),
                }
            )
        if seen_fingerprint and locked.fingerprint != seen_fingerprint:
            raise Refused(
                _("%(who)s saved this story at %(time)s. Look again before you go on.")
                % {
                    "who": people.name(locked.changed_by, _("Somebody")),
                    "time": spoken_time(locked.changed_at),
                }
            )
        # The clock is read behind the lock: who waited for it is late by that much.
        yield locked, timezone.now()


def _latest(article):
    return article.editions.that_hold().order_by("live_from").last()


def _end(edition, moment):
    Edition.objects.filter(pk=edition.pk).update(live_until=moment)


def _refuse_what_is_live(article, live):
    if live and live.fingerprint == article.compute_fingerprint():
        raise Refused(
            _("Nothing has changed since %(who)s published at %(time)s.")
            % {"who": people.name(live.made_by), "time": spoken_time(live.made_at)}
        )


def is_embargoed(article, moment):
    return bool(article.embargoed_until and article.embargoed_until > moment)


def embargo_in_words(article):
    """Return the sentence that refuses to publish an article before its embargo ends."""
    return _("The story is under embargo until %(time)s. Schedule it for then or later.") % {
        "time": spoken_time(article.embargoed_until)
    }


def _why_not_live(latest, now):
    if latest is None:
        return _("The story was never published, so there is nothing to withdraw.")
    if latest.live_from > now:
        return _("The story is not live yet: undo its schedule instead.")
    return _("The story was withdrawn at %(time)s already.") % {
        "time": spoken_time(latest.live_until)
    }


def _make(article, live_from, live_until, kind, by, note, says_updated, now):
    """Write the edition with its rows, its address and the record of the move."""
    reasons = missing_parts(article)
    if reasons:
        raise Refused(reasons)
    # The proposed slug becomes the desk's own: a new headline later must not move the story.
    article.slug = article.slug or propose_slug(article)
    article.refresh_fingerprint()
    # What went between the people of the desk (articles.review) has come to its end.
    Article.objects.filter(pk=article.pk).update(
        slug=article.slug, stage=Stage.DRAFTING, assignee=None
    )
    whole = compose(article, live_from, says_updated)
    edition = whole.edition
    edition.live_until = live_until
    edition.made_at, edition.made_by, edition.note = now, by, note
    _claim_address(article, edition)
    edition.save(force_insert=True)
    rows = {"edition": edition, "first_published_at": edition.first_published_at}
    EditionTag.objects.bulk_create(EditionTag(tag=tag, **rows) for tag in whole.tags)
    for byline in whole.bylines:
        byline.edition, byline.first_published_at = edition, edition.first_published_at
    EditionByline.objects.bulk_create(whole.bylines)
    EditionImage.objects.bulk_create(
        EditionImage(edition=edition, image=image) for image in whole.images
    )
    _record(article, kind, now, live_from, by, note)
    return edition


def _claim_address(article, edition):
    address, _made = Address.objects.get_or_create(
        day=edition.first_published_on, slug=edition.slug, defaults={"article": article}
    )
    if address.article_id != article.pk:
        raise Refused(
            [
                (
                    "slug",
                    _("Another story of %(day)s has the slug “%(slug)s”. Choose another.")
                    % {
                        "day": date_format(edition.first_published_on, _("j F Y")),
                        "slug": edition.slug,
                    },
                )
            ]
        )


def _undo(edition):
    """Make a scheduled edition one that never was live, and free its address if only it had it."""
    _end(edition, edition.live_from)
    address = {"slug": edition.slug, "first_published_on": edition.first_published_on}
    if not edition.article.editions.that_hold().filter(**address).exists():
        edition.article.addresses.filter(slug=edition.slug, day=edition.first_published_on).delete()


def _record(article, kind, now, effective_at, by, note):
    PublishingMove.objects.create(
        article=article, kind=kind, made_at=now, effective_at=effective_at, made_by=by, note=note
    )
