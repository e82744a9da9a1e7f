"""Two addresses for whoever watches a process: is it alive, may it be sent readers."""

import logging
from functools import cache

from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, HttpResponseNotAllowed

from newsroom.metrics import metrics

log = logging.getLogger(__name__)
# Where a request says which Watch its process has (newsroom.page_cache).
WATCH = "newsroom.watch"


def probes(get_response):
    """Middleware: answers machines without HTTPS; of hosts, newsroom.hosts lets addresses in."""

    def respond(request):
        probe = PROBES.get(request.path_info)
        if not probe:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = probe(request)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return respond


def healthz(request):
    """Say that the process answers; nothing else is touched."""
    return in_words("This process is alive.")


def readyz(request):
    """Say whether the process can do its work: 200, or 503 with the reason in a sentence."""
    try:
        # Every page names it, the one for a fault too.
        staticfiles_storage.url("site.css")
    except ValueError as error:
        log.warning("Not ready: %s", error)
        return in_words(
            "The style sheets were not there when this process began"
            " (run manage.py collectstatic, and restart it).",
            503,
        )
    watch = request.META.get(WATCH)
    try:
        if watch and watch.hangs:
            # Whoever asked it too would wait as long again, and keep a thread from others.
            raise DatabaseError("it hangs")
        missing = missing_migrations()
    except DatabaseError as error:
        log.warning("Not ready: %s", error)
        return in_words("The database does not answer.", 503)
    if missing:
        names = ", ".join(sorted(".".join(each) for each in missing))
        return in_words(f"The database lacks migrations (run manage.py migrate): {names}.", 503)
    if watch and watch.is_lost:
        return in_words(
            "The database answers, but this process cannot read which pages have changed"
            " (its log says why): restart it.",
            503,
        )
    return in_words("The database answers and has every migration.")


def in_words(sentence, status=200):
    """Return the response that says a sentence, as plain text."""
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def missing_migrations():
    """Return the (app, name) of each app's last migrations that the database has not had.

    Raises DatabaseError while it does not answer.
    """
    return last_migrations() - set(MigrationRecorder(connection).applied_migrations())


@cache
def last_migrations():
    """Return the (app, name) of each app's last migrations, as this process has its code."""
    return set(MigrationLoader(None).graph.leaf_nodes())


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
