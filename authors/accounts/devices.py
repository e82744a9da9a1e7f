"""Browsers that have signed in to an account before: their failed attempts are counted apart.

Otherwise whoever guesses at an account keeps its owner out. OWASP calls this device cookies
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

from secrets import token_hex

from django.conf import settings
from django.core import signing
from django.urls import reverse

# Of the desk alone, which the prefix that our other cookies have does not allow.
COOKIE = f"{'__Secure-' if settings.HTTPS else ''}device"
SALT = "authors.accounts.devices"
SECONDS = 180 * 24 * 3600


def remember(response, username):
    """Let the browser that gets a response be known as one that has signed in as somebody."""
    response.set_cookie(
        COOKIE,
        signing.dumps([username.casefold(), token_hex(16)], salt=SALT),
        max_age=SECONDS,
        path=reverse("admin:index"),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def known(request, username):
    """Return what a browser is known by that has signed in with this name before, or ""."""
    try:
        name, number = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return ""
    return number if name == username.casefold() else ""
