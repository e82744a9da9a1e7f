"""What readers have of an article, in the desk's words."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles.models import State
from articles.publishing import spoken_time
from newsroom import people


def state_in_words(article):
    """Return a sentence on an article that was fetched ``with_state``.

    For example: "Live since 9:40, with unpublished changes by Ann."
    """
    if article.state == State.DRAFT:
        return _("Draft: readers do not see it.")
    if article.state == State.WITHDRAWN:
        return _("Withdrawn on %(time)s.") % {"time": spoken_time(article.ends_at)}
    if article.state == State.SCHEDULED:
        parts = [_("Goes live on %(time)s") % {"time": spoken_time(article.scheduled_for)}]
    else:
        parts = [_("Live since %(time)s") % {"time": brief_time(article.live_since)}]
        if article.scheduled_for:
            parts.append(
                _("an update follows on %(time)s") % {"time": spoken_time(article.scheduled_for)}
            )
    if article.has_unpublished_changes:
        parts.append(
            _("with unpublished changes by %(who)s") % {"who": people.name(article.changed_by)}
            if article.changed_by
            else _("with unpublished changes")
        )
    if article.ends_at:
        parts.append(_("withdrawn on %(time)s") % {"time": spoken_time(article.ends_at)})
    return ", ".join(parts) + "."


def brief_time(moment):
    """Return the time of day for a moment of today, else date and time."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return date_format(local, "G:i")
    return spoken_time(moment)


def list_time(moment):
    """Return a moment as short as a list's column needs: the year only when it is another."""
    local = timezone.localtime(moment)
    this_year = local.year == timezone.localdate().year
    # Translators: Django's date format characters, for a narrow column.
    return date_format(local, _("j M, H:i") if this_year else _("j M Y"))
