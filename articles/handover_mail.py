"""The mail that tells somebody that a story is theirs to go on with."""

import logging

from django.core.mail import send_mail
from django.utils.translation import gettext as _

from articles.models import Stage
from newsroom import people

log = logging.getLogger(__name__)


def send(handover, address):
    """Tell who a story was given to; ``address`` is the absolute one of its form.

    Nobody is told what they did themselves. A mail that cannot be sent is logged and
    stops nothing: the story waits on the person's dashboard as well.
    """
    reader, writer = handover.assignee, handover.made_by
    if not (reader and reader.email and reader.is_active) or reader == writer:
        return
    sentence = (
        _("%(who)s handed in “%(headline)s” for you to review.")
        if handover.stage == Stage.IN_REVIEW
        else _("%(who)s sent “%(headline)s” back to you.")
    ) % {
        "who": people.name(writer),
        "headline": handover.article,
    }
    parts = [sentence, handover.note, address]
    try:
        # A header holds one line.
        subject = " ".join(sentence.split())
        send_mail(subject, "\n\n".join(filter(None, parts)), None, [reader.email])
    except Exception:
        log.exception("No mail on handover %s", handover.pk)
