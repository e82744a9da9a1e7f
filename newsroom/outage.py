"""What people get while the database does not answer, or a disk takes nothing."""

import errno
import json
import logging
import sys
from traceback import walk_tb

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.defaults import server_error

from newsroom.headers import is_of_desk, take_back_messages, with_policies

log = logging.getLogger(__name__)
# What a transaction may hold without anything being saved by it.
SAVES_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "PRAGMA")


class Matter:
    """What is the matter, in a sentence for whoever wanted to save something."""

    NO_ANSWER = gettext_lazy("The newsroom’s database does not answer.")
    FULL = gettext_lazy(
        "The disk that the newsroom’s database is on is full, or fails: tell whoever runs it."
    )
    READ_ONLY = gettext_lazy(
        "The newsroom’s database can only be read at the moment: tell whoever runs it."
    )
    BUSY = gettext_lazy("Others were saving at the same moment, and the database let them first.")
    FULL_MEDIA = gettext_lazy(
        "The disk that files are kept on is full, or takes nothing: tell whoever runs it."
    )
    STORE_AWAY = gettext_lazy(
        "The store that files are kept in does not answer, or refuses them: tell whoever runs it."
    )


# PostgreSQL's codes (its manual, appendix A) and SQLite's (https://www.sqlite.org/rescode.html).
MATTERS = {
    "53100": Matter.FULL,
    "58030": Matter.FULL,
    "25006": Matter.READ_ONLY,
    "40001": Matter.BUSY,
    "40P01": Matter.BUSY,
    "55P03": Matter.BUSY,
    5: Matter.BUSY,
    6: Matter.BUSY,
    8: Matter.READ_ONLY,
    10: Matter.FULL,
    13: Matter.FULL,
}
DISK_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO),
    # A folder that is somebody else's, and one of another machine that is away.
    *(errno.EACCES, errno.EPERM, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN),
}
# By name: whoever keeps files in a folder need not import these, which take memory.
ERRORS_OF_S3 = {"botocore.exceptions", "boto3.exceptions", "s3transfer.exceptions"}


def matter_of(error):
    """Return the sentence of Matter that an exception stands for; None if it is another fault."""
    return matter_of_files(error) or _matter_of_database(error)


def matter_of_files(error):
    """Return the sentence for what a disk or S3 raises; None if it is another fault."""
    modules = {each.__module__ for each in type(error).__mro__}
    # First: a bucket that does not answer raises what is an OSError, too.
    if not ERRORS_OF_S3.isdisjoint(modules):
        return Matter.STORE_AWAY
    is_of_disk = isinstance(error, OSError) and error.errno in DISK_ERRORS
    return Matter.FULL_MEDIA if is_of_disk else None


def _matter_of_database(error):
    if not isinstance(error, (OperationalError, InterfaceError, InternalError)):
        return None
    cause = error.__cause__
    # SQLite's extended codes have the plain one in their last byte.
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorcode", 0) & 0xFF
    passes = not isinstance(error, InternalError)
    return MATTERS.get(code, Matter.NO_ANSWER if passes else None)


def unavailable(environ, may_be_saved=False, matter=Matter.NO_ANSWER):
    """Return (headers, body) of the answer to a request that cannot be served now.

    At the desk it says that nothing can be saved, and where one's words are.
    ``may_be_saved``: nobody knows whether what was sent is saved. ``matter`` is of Matter.
    """
    was_sent = environ["REQUEST_METHOD"] not in ("GET", "HEAD")
    if "application/json" in environ.get("HTTP_ACCEPT", ""):
        words = _in_a_sentence(was_sent, may_be_saved, matter)
        return _answer(environ, json.dumps({"words": words}), "application/json")
    try:
        context = {
            "is_of_desk": is_of_desk(environ["PATH_INFO"]),
            "was_sent": was_sent,
            "may_be_saved": may_be_saved,
            "matter": matter,
        }
        page, kind = render_to_string("503.html", context), "text/html"
    except Exception:
        # Whatever is broken besides, people are told what is the matter.
        log.exception("The page for an outage cannot be made")
        page, kind = _in_a_sentence(was_sent, may_be_saved, matter) + "\n", "text/plain"
    return _answer(environ, page, kind)


def _answer(environ, page, kind):
    headers = {
        "Content-Type": f"{kind}; charset=utf-8",
        "Retry-After": "5",
        "Cache-Control": "no-store",
    }
    response = with_policies(environ, HttpResponse(page, headers=headers))
    return list(response.items()), response.content


def _in_a_sentence(was_sent, may_be_saved, matter):
    words = [str(matter), _("Please try again in a minute.")]
    if may_be_saved:
        words.append(_("What you have just sent may or may not have been saved."))
    elif was_sent:
        words.append(_("What you have just sent was not saved."))
    return " ".join(words)


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
    """Answer for a fault: 503 where it is the database's or a disk's, for that one passes."""
    error = sys.exc_info()[1]
    if not getattr(request, "has_saved", False):
        # The next page would say that it was saved.
        take_back_messages(request)
    if matter := matter_of(error):
        # Who answers that a disk is full has saved nothing.
        is_unknown = matter is Matter.NO_ANSWER and _is_of_commit(error)
        may_be_saved = getattr(request, "has_saved", False) or is_unknown
        headers, body = unavailable(request.META, may_be_saved, matter)
        return HttpResponse(body, status=503, headers=dict(headers))
    return server_error(request)


def _is_of_commit(error):
    """Whether it was the answer to a transaction's end that did not come."""
    commit = BaseDatabaseWrapper._commit.__code__
    return any(frame.f_code is commit for frame, _line in walk_tb(error.__traceback__))
