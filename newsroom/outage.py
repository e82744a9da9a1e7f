"""What people get while the database does not answer."""

import logging
import sys
from traceback import walk_tb

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.defaults import server_error

log = logging.getLogger(__name__)
# What a transaction may hold without anything being saved by it.
SAVES_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "PRAGMA")


def unavailable(environ, may_be_saved=False):
    """Return (headers, body) of the answer to a request that cannot be served now.

    At the desk it says that nothing can be saved, and where one's words are.
    ``may_be_saved``: nobody knows whether what was sent is saved.
    """
    was_sent = environ["REQUEST_METHOD"] not in ("GET", "HEAD")
    try:
        context = {
            "is_of_desk": environ["PATH_INFO"].startswith(reverse("admin:index")),
            "was_sent": was_sent,
            "may_be_saved": may_be_saved,
        }
        page, kind = render_to_string("503.html", context), "html"
    except Exception:
        # Whatever is broken besides, people are told what is the matter.
        log.exception("The page for an outage cannot be made")
        page, kind = _in_a_sentence(was_sent, may_be_saved), "plain"
    headers = [
        ("Content-Type", f"text/{kind}; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Retry-After", "5"),
        ("Cache-Control", "no-store"),
    ]
    return headers, page.encode()


def _in_a_sentence(was_sent, may_be_saved):
    words = [_("The newsroom’s database does not answer. Please try again in a minute.")]
    if may_be_saved:
        words.append(_("What you have just sent may or may not have been saved."))
    elif was_sent:
        words.append(_("What you have just sent was not saved."))
    return " ".join(words) + "\n"


def note_what_is_saved(get_response):
    """Middleware: notes on a request that sends something whether any of it is saved by now."""

    def respond(request):
        if request.method in ("GET", "HEAD"):
            return get_response(request)
        request.has_saved = False

        def saved():
            request.has_saved = True

        def note(execute, sql, params, many, context):
            if not sql.lstrip().startswith(SAVES_NOTHING):
                if context["connection"].in_atomic_block:
                    transaction.on_commit(saved)
                else:
                    # Saved when the database reads it, whether its answer arrives or not.
                    saved()
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            return get_response(request)

    return respond


def handler500(request):
    """Answer for a fault: 503 where it is the database's, for that one passes."""
    error = sys.exc_info()[1]
    if isinstance(error, (OperationalError, InterfaceError)):
        may_be_saved = getattr(request, "has_saved", False) or _is_of_commit(error)
        headers, body = unavailable(request.META, may_be_saved)
        return HttpResponse(body, status=503, headers=dict(headers))
    return server_error(request)


def _is_of_commit(error):
    """Whether it was the answer to a transaction's end that did not come."""
    commit = BaseDatabaseWrapper._commit.__code__
    return any(frame.f_code is commit for frame, _line in walk_tb(error.__traceback__))
