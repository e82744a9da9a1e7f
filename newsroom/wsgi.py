"""The WSGI application that granian serves: Django's, behind the page cache."""

import os
from datetime import timedelta

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
# Django has to be set up before any model is imported.
django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from articles.models import PageChange  # noqa: E402
from newsroom.health import PROBES  # noqa: E402
from newsroom.metrics import REGISTRY, PageCacheFigures  # noqa: E402
from newsroom.outage import unavailable  # noqa: E402
from newsroom.page_cache import PageCache  # noqa: E402
from newsroom.page_store import PageStore  # noqa: E402
from newsroom.page_watch import Watch  # noqa: E402
from newsroom.purging import Purging  # noqa: E402
from newsroom.whole_requests import WholeRequests  # noqa: E402

# What a process that has ended may not have passed on, the next one does.
OF_LATE = timedelta(hours=1) if settings.CACHES_IN_FRONT else None

store = PageStore(settings.PAGE_CACHE_MIB * 1024 * 1024)
application = PageCache(
    WholeRequests(django_application),
    store,
    Watch(store, PageChange.reader(OF_LATE), on_look=Purging(settings.CACHES_IN_FRONT)),
    private=(reverse("admin:index"), "/preview/"),
    apart=(settings.STATIC_URL, *PROBES),
    unavailable=unavailable,
    media=("/pictures/", "/portraits/"),
)
REGISTRY.register(PageCacheFigures(application, store))
