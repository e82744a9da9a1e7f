"""What every page bears: the newsroom's name, today's date and the sections."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from articles.models import Section
from newsroom import identity
from newsroom.page_notes import shows
from newsroom.prepared import prepared


@prepared
def _sections():
    return Section.objects.all()


def masthead(request):
    """Context processor for ``templates/base.html``; the sections are fetched when shown."""
    today = timezone.localdate(request.moment)
    midnight = timezone.make_aware(datetime.combine(today + timedelta(days=1), time.min))
    shows(request, "sections", until=midnight.timestamp())
    return {
        "newsroom_name": settings.NEWSROOM_NAME,
        "origin": identity.origin(request),
        "now": request.moment,
        "today": today,
        "past_is_public": settings.PAST_IS_PUBLIC,
        "sections": SimpleLazyObject(_sections),
    }
