"""Writes the log of who did what: one row for each act, in the transaction of the act."""

import sys
from contextvars import ContextVar

from django.contrib.auth import get_user_model

from authors.models import LoggedAct
from newsroom.client_address import client_address

Kind = LoggedAct.Kind
# A reason can be long; who wants to read the whole of it finds it in the story's history.
LONGEST_DETAIL = 500
LONGEST_SUBJECT = LoggedAct._meta.get_field("subject").max_length

_request = ContextVar("request that is being answered", default=None)


def during_request(get_response):
    """Middleware: what is logged while a request is answered is logged as its user's."""

    def respond(request):
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return respond


def log(kind, subject=None, *, by=None, words="", **details):
    """Add an act to the log.

    ``subject`` is the row that it is about, or None with ``words`` that say what. ``by`` is an
    account; without one it is the request's. Outside any request the command's name is kept.
    ``details`` are short texts, numbers and lists of texts, by the names of ``log_admin``: never
    a password, a token or anything else that opens something.
    """
    request = _request.get()
    if by is None and request is not None:
        # A request that is refused early on has no user yet.
        user = getattr(request, "user", None)
        by = user if user is not None and user.is_authenticated else None
    if request is None:
        # Its arguments may hold what is nobody's business.
        details["command"] = " ".join(sys.argv[1:2])
    LoggedAct.objects.create(
        kind=kind,
        who_key=by.pk if by else None,
        who=account_in_words(by) if by else "",
        subject_type=subject._meta.label_lower if subject else "",
        subject_key=subject.pk if subject else None,
        subject=_short(words or _in_words(subject), LONGEST_SUBJECT),
        address=client_address(request) if request else "",
        details={
            name: _short(value, LONGEST_DETAIL) if isinstance(value, str) else value
            for name, value in details.items()
            if value not in ("", None, [])
        },
    )


def account_in_words(user):
    """Return an account's full name with the name it signs in with: “Ann Lee (ann)”."""
    full_name = user.get_full_name()
    return f"{full_name} ({user.get_username()})" if full_name else user.get_username()


def _in_words(subject):
    return (
        account_in_words(subject) if isinstance(subject, get_user_model()) else str(subject or "")
    )


def _short(text, length):
    # PostgreSQL stores no NUL.
    text = str(text).replace("\0", "")
    return text if len(text) <= length else text[: length - 1] + "…"
