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
from datetime import timedelta
from functools import wraps
from time import monotonic, sleep

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles.composing import compose, fetch_parts, missing_parts, propose_slug
from articles.models import (
    Address,
    Article,
    Correction,
    Edition,
    EditionByline,
    EditionImage,
    EditionTag,
    PublishingMove,
    Stage,
)
from articles.models.edition_rules import IMMUTABLE
from articles.page_tags import note_move
from articles.search import indexing
from authors.log import Kind as LoggedKind
from authors.log import log
from newsroom import people

Kind = PublishingMove.Kind
# So far apart the clocks of two machines that keep time may be.
CLOCKS_DIFFER_BY = timedelta(seconds=2)


class Refused(Exception):
    """A move that was not made.

    ``reasons`` is a list of (field, sentence): the field of the article that the
    sentence is about, or "" when it is about the state of the story.
    """

    def __init__(self, reasons):
        self.reasons = [("", reasons)] if isinstance(reasons, str) else reasons
        super().__init__(" ".join(sentence for _field, sentence in self.reasons))


def _again_if_overtaken(move):
    """Make a move once more, by a later clock, if what was set for later came while it was made.

    The database says so: it lets nobody change the end of an edition that has just ended.
    """

    @wraps(move)
    def made(*args, **kwargs):
        give_up_at = monotonic() + CLOCKS_DIFFER_BY.total_seconds()
        while True:
            try:
                return move(*args, **kwargs)
            except IntegrityError as error:
                if IMMUTABLE not in str(error) or monotonic() > give_up_at:
                    raise
                sleep(0.01)

    return made


@_again_if_overtaken
def publish(
    article,
    *,
    by=None,
    note="",
    note_to_readers="",
    says_updated=False,
    at=None,
    seen_move=None,
    seen_fingerprint=None,
):
    """Give readers the working copy now; return the new edition.

    An update that was scheduled is superseded; a withdrawal that was set for later
    stays. ``says_updated`` tells readers that the story was updated, ``note_to_readers`` what
    was changed and why; ``note`` stays at the desk. ``at`` is for
    importers: a moment that has passed. ``seen_move`` is the number of the latest
    move the person knew of (0 for none), ``seen_fingerprint`` that of the working copy
    as they knew it: if there is a later one, they are told.

    Raises Refused.
    """
    with _move(article, seen_move, seen_fingerprint) as (article, now):
        moment = at or now
        standing = list(article.editions.live_or_to_come(moment).order_by("live_from"))
        if moment > now or any(moment <= edition.live_from <= now for edition in standing):
            raise ValueError("at: a moment that has passed, but after the latest edition's")
        if is_embargoed(article, moment):
            raise Refused([("embargoed_until", embargo_in_words(article))])
        to_come = [edition for edition in standing if edition.live_from > moment]
        live = standing[0] if len(standing) > len(to_come) else None
        _refuse_what_is_live(article, live)
        ends_at = standing[-1].live_until if standing else None
        for edition in to_come:
            _undo(edition)
        if live:
            _end(live, moment)
        notes = {"note": note, "note_to_readers": note_to_readers.strip()}
        edition = _make(article, moment, ends_at, Kind.PUBLISH, by, notes, says_updated, now)
        _tell_readers(live, edition, moment, now)
        return edition


@_again_if_overtaken
def schedule(
    article,
    at,
    *,
    by=None,
    note="",
    note_to_readers="",
    says_updated=False,
    seen_move=None,
    seen_fingerprint=None,
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
                        _("The story will be withdrawn on %(time)s, before this moment.")
                        % {"time": spoken_time(ends_at)},
                    )
                ]
            )
        if live:
            _end(live, at)
        notes = {"note": note, "note_to_readers": note_to_readers.strip()}
        edition = _make(article, at, ends_at, Kind.SCHEDULE, by, notes, says_updated, now)
        _tell_readers(live, edition, at, now)
        return edition


@_again_if_overtaken
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
                _("The story will be withdrawn on %(time)s already. Undo that first.")
                % {"time": spoken_time(latest.live_until)}
            )
        live = article.editions.live(moment).first()
        if live is None:
            raise Refused(_why_not_live(latest, now))
        for edition in article.editions.that_hold().filter(live_from__gt=moment):
            _undo(edition)
        _end(live, moment)
        _tell_readers(live, None, moment, now)
        _record(article, Kind.WITHDRAW, now, moment, by, reason)


@_again_if_overtaken
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
            before = article.editions.that_hold().filter(live_until=moment).first()
            if before:
                _end(before, ends_at)
                if ends_at:
                    # Noted was the end of what does not come.
                    _tell_readers(before, None, ends_at, now)
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
        shown = Article.objects.select_related("section", "series", "lead_image")
        locked = shown.locked().get(pk=article.pk)
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
        if latest_move and (problem := wait_for_clock(latest_move.made_at)):
            raise Refused(problem)
        yield locked, timezone.now()


def wait_for_clock(made_at):
    """Wait until it is later than something was made; return the sentence why that is too long.

    The record would otherwise say that what readers have had was never live.
    """
    behind = made_at - timezone.now()
    if behind > CLOCKS_DIFFER_BY:
        return _(
            "Something was done here at %(made)s, and now it is only %(now)s: the server’s clock"
            " was wrong, or is. Tell whoever runs it; nothing is lost, and nothing is done yet."
        ) % {"made": spoken_time(made_at), "now": spoken_time(timezone.now())}
    if behind >= timedelta():
        sleep(behind.total_seconds() + 0.001)
    return ""


def _latest(article):
    return article.editions.that_hold().order_by("live_from").last()


def _end(edition, moment):
    """Let an edition end at a moment, or with None go on; free its address if it never was live."""
    Edition.objects.filter(pk=edition.pk).update(live_until=moment)
    if moment != edition.live_from:
        return
    address = {"slug": edition.slug, "first_published_on": edition.first_published_on}
    if not edition.article.editions.that_hold().filter(**address).exists():
        edition.article.addresses.filter(slug=edition.slug, day=edition.first_published_on).delete()


def _undo(edition):
    """Make a scheduled edition one that never was live."""
    _end(edition, edition.live_from)


def _refuse_what_is_live(article, live):
    if live and live.fingerprint == article.compute_fingerprint():
        raise Refused(
            _("Nothing has changed since %(who)s published at %(time)s.")
            % {"who": people.name(live.made_by), "time": spoken_time(live.made_at)}
        )


def is_embargoed(article, moment):
    """Whether readers may not have a story yet at a moment."""
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


def _make(article, live_from, live_until, kind, by, notes, says_updated, now):
    """Write the edition with its rows, its address and the record of the move."""
    fetch_parts(article)
    reasons = missing_parts(article)
    if reasons:
        raise Refused(reasons)
    # The proposed slug becomes the desk's own: a new headline later must not move the story.
    article.slug = article.slug or propose_slug(article)
    whole = compose(article, live_from, says_updated)
    edition = whole.edition
    edition.fingerprint = article.fingerprint_with(
        [tag.pk for tag in whole.tags],
        [(line.author_id, line.name, line.role) for line in whole.bylines],
    )
    # What went between the people of the desk (articles.review) has come to its end.
    Article.objects.filter(pk=article.pk).update(
        slug=article.slug, fingerprint=edition.fingerprint, stage=Stage.DRAFTING, assignee=None
    )
    article.refresh_images()
    edition.live_until = live_until
    edition.made_at, edition.made_by = now, by
    edition.note, edition.note_to_readers = notes["note"], notes["note_to_readers"]
    _claim_address(article, edition)
    edition.save(force_insert=True)
    rows = {"edition": edition, "first_published_at": edition.first_published_at}
    EditionTag.objects.bulk_create(EditionTag(tag=tag, **rows) for tag in whole.tags)
    for byline in whole.bylines:
        byline.edition, byline.first_published_at = edition, edition.first_published_at
        byline.corrected_at = _corrected_at(edition)
    EditionByline.objects.bulk_create(whole.bylines)
    EditionImage.objects.bulk_create(
        EditionImage(edition=edition, image=image) for image in whole.images
    )
    indexing.add(
        edition,
        [(byline.author_id, str(byline)) for byline in whole.bylines],
        [(tag.pk, tag.name) for tag in whole.tags],
    )
    _record(article, kind, now, live_from, by, edition.note)
    return edition


def _tell_readers(old, new, moment, now):
    """Let the pages that show a story know what readers get from a moment on."""
    note_move(old, new, moment, is_at_once=moment <= now)
    if new and new.live_until:
        note_move(new, None, new.live_until, is_at_once=False)


def _corrected_at(edition):
    """Return when its latest correction was noted; None if all that is noted is none."""
    moments = [
        parse_datetime(note["noted_at"])
        for note in edition.corrections
        if note["kind"] == Correction.Kind.CORRECTION
    ]
    return max(moments, default=None)


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


def _record(article, kind, now, effective_at, by, note):
    PublishingMove.objects.create(
        article=article, kind=kind, made_at=now, effective_at=effective_at, made_by=by, note=note
    )
    at = "" if effective_at == now else effective_at.isoformat()
    log(LoggedKind(kind), article, by=by, at=at, note=note)
