"""The sessions of an account: where somebody is signed in, and an end to it."""

import re

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from authors.log import Kind, log

# Each browser but the last names another one too: the first that is found counts.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox|FxiOS": "Firefox",
    "Chrome|CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def sessions_of(user):
    """Return the sessions of an account that have not ended, the latest first."""
    # Of each of an account's sessions, allauth asks twice whether it goes on.
    going_on = Session.objects.filter(
        session_key=OuterRef("session_key"), expire_date__gt=timezone.now()
    )
    UserSession.objects.filter(~Exists(going_on), user=user).delete()
    there = UserSession.objects.purge_and_list(user)
    for session in there:
        session.browser = browser_in_words(session.user_agent)
    return sorted(there, key=lambda session: session.created_at, reverse=True)


@transaction.atomic
def end(user, sessions):
    """End sessions of an account, and log it if there are any."""
    for session in sessions:
        session.end()
    if sessions:
        log(Kind.END_SESSIONS, user, sessions=len(sessions))


def browser_in_words(user_agent):
    """Return “Firefox on Linux” for what a browser calls itself, as far as it can be told."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("unknown browser")


def _first(names, user_agent):
    return next((name for word, name in names.items() if re.search(word, user_agent)), None)
