"""Which editions a page may show: the one gate between the readers' site and the record."""

from articles import roles
from articles.models import Edition


def live_editions(request):
    """Return the editions that are live at the request's moment, for whoever asks.

    What was withdrawn since is left out of the past, but for those who see it at the desk.
    """
    live = Edition.objects.live(request.moment)
    if request.is_past and not roles.may_see_article(request.user):
        return live.live_ever_since()
    return live
