"""How a story goes between the people of the desk before readers have it.

Three moves, each one transaction that locks the article, checks what must be true,
writes the stage and who goes on with it, and keeps a ``Handover`` of it:

* ``hand_in``: somebody is to look at it;
* ``send_back``: it is to be written on, for the reason given;
* ``mark_ready``: nothing more is to be done before it is published.

A move that cannot be made raises ``publishing.Refused``. None of them is needed to
publish, which ends the round: see ``publishing``.
"""

from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from articles import handover_mail
from articles.models import Article, Handover, Stage
from articles.publishing import Refused, spoken_time
from newsroom import people


def hand_in(article, *, by, assignee=None, note="", seen=None, address=""):
    """Give a story to whoever is to review it, or pass it on to somebody else; return the record.

    ``assignee`` may be None: any editor takes it. ``seen`` is the number of the latest
    handover that the person knew of (0 for none): if there is a later one, they are told.
    ``address`` is the absolute one of the story's form, for the mail; without it none is sent.

    Raises Refused: it is in review by the same person already.
    """
    with _locked(article, seen) as article:
        if article.stage == Stage.IN_REVIEW and article.assignee == assignee:
            raise Refused(
                _("The story is in review by %(who)s already.") % {"who": people.name(assignee)}
                if assignee
                else _("The story is in review already. Choose who it is to go to.")
            )
        return _hand_over(article, Stage.IN_REVIEW, by, assignee, note, address)


def send_back(article, note, *, by, assignee=None, seen=None, address=""):
    """Give a story back to be written on; return the record. Arguments as in ``hand_in``.

    ``note`` says what is to be done. Without an assignee it goes to ``writer_of``.

    Raises Refused: no note, or it is being drafted already.
    """
    with _locked(article, seen) as article:
        if not note.strip():
            raise Refused([("note", _("Say what is to be done."))])
        if article.stage == Stage.DRAFTING:
            raise Refused(_("The story is being drafted already: there is nothing to send back."))
        assignee = assignee or writer_of(article)
        return _hand_over(article, Stage.DRAFTING, by, assignee, note, address)


def mark_ready(article, *, by, note="", seen=None):
    """Say that a story can be published; return the record. Arguments as in ``hand_in``.

    Raises Refused: it is ready already.
    """
    with _locked(article, seen) as article:
        if article.stage == Stage.READY:
            raise Refused(_("The story is ready already."))
        return _hand_over(article, Stage.READY, by, None, note, "")


def writer_of(article):
    """Return who handed a story in for the review that it is in, or else who began it."""
    handed_in = None
    for handover in article.handovers.select_related("made_by").order_by("-pk"):
        if handover.stage == Stage.DRAFTING:
            break
        if handover.stage == Stage.IN_REVIEW:
            handed_in = handover.made_by
    return handed_in or article.created_by


@contextmanager
def _locked(article, seen):
    """Yield the article as it is stored, and hold it until the move is made."""
    with transaction.atomic():
        locked = Article.objects.locked().get(pk=article.pk)
        latest = locked.handovers.select_related("made_by").last()
        if seen is not None and latest and latest.pk != seen:
            raise Refused(
                _("%(who)s was here first: “%(stage)s” at %(time)s. Look again before you go on.")
                % {
                    "who": people.name(latest.made_by, _("Somebody")),
                    "stage": Stage(latest.stage).label,
                    "time": spoken_time(latest.made_at),
                }
            )
        yield locked


def _hand_over(article, stage, by, assignee, note, address):
    Article.objects.filter(pk=article.pk).update(stage=stage, assignee=assignee)
    handover = Handover.objects.create(
        article=article, stage=stage, made_by=by, assignee=assignee, note=note.strip()
    )
    if address:
        transaction.on_commit(lambda: handover_mail.send(handover, address), robust=True)
    return handover
