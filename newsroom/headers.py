"""What every answer tells browsers to refuse: scripts, frames, devices, other sites.

Readers' pages run no script. The desk's run those of ``static/``, and an import map that bears
a nonce. No page has an inline style, and none is let through, not even as an attribute.
"""

from functools import cache

from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core.handlers.wsgi import WSGIRequest
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import reverse

# Of the powerful features (W3C, Permissions Policy, features.md) those by which whoever got into
# a page would gain: what is around readers, what they own, what other devices would take.
SENSITIVE = (
    *("camera", "display-capture", "geolocation", "microphone", "payment"),
    *("bluetooth", "hid", "serial", "usb"),
)
# What the desk uses: passkeys, copying a preview's address, writing in full screen.
OF_DESK = (
    *("clipboard-write", "fullscreen"),
    *("publickey-credentials-create", "publickey-credentials-get"),
)


def permissions(allowed=()):
    """Return a Permissions-Policy: these for our own pages alone, the sensitive ones for nobody."""
    return ", ".join([f"{each}=()" for each in SENSITIVE] + [f"{each}=(self)" for each in allowed])


FOR_READERS = {"Permissions-Policy": permissions()}
FOR_DESK = {
    "Permissions-Policy": permissions(OF_DESK),
    # No address of the desk leaves it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


def is_of_desk(path):
    """Whether a path, as PATH_INFO has it, is one of the desk's."""
    return path.startswith(_desk())


@cache
def _desk():
    return reverse("admin:index")


@cache
def _policy_for_readers():
    """Return what all readers' pages bear: no script has a nonce there."""
    return build_policy()


class Policies(CSPMiddleware):
    """Middleware, the first: whatever comes from further in leaves with all of these headers."""

    def __init__(self, get_response):
        super().__init__(get_response)
        # From their own places further in they miss what those before them answer.
        self._of_django = [
            each(get_response) for each in (SecurityMiddleware, XFrameOptionsMiddleware)
        ]

    def process_response(self, request, response):
        at_desk = is_of_desk(request.path_info)
        headers = FOR_DESK if at_desk else FOR_READERS
        for name, value in headers.items():
            response.headers[name] = value
        response.headers.setdefault("Cross-Origin-Resource-Policy", who_may_show(response))
        if at_desk and not hasattr(response, "_csp_config"):
            response._csp_config = settings.DESK_SECURITY_POLICY
        for each in self._of_django:
            response = each.process_response(request, response)
        if at_desk or settings.DEBUG:
            return super().process_response(request, response)
        response.headers.setdefault("Content-Security-Policy", _policy_for_readers())
        return response


def who_may_show(response):
    """Return whose pages may show an answer as a part of theirs (Fetch, 3.7)."""
    is_picture = response.get("Content-Type", "").startswith("image/")
    # Feed readers and previews of links show pictures that everybody may see.
    is_public = is_picture and "public" in response.get("Cache-Control", "")
    return "cross-origin" if is_public else "same-origin"


def with_policies(environ, response):
    """Return a response to a WSGI request that does not pass the middleware, with all of them."""
    return Policies(lambda request: response)(WSGIRequest(environ))


class CookieMessages(CookieStorage):
    """Messages in a cookie that no other host can set, as the session's is."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    storage_classes = (CookieMessages, SessionStorage)

    def take_back(self):
        self._queued_messages = []


def take_back_messages(request):
    """Forget what somebody was to be told by a request of which nothing came about."""
    told = get_messages(request)
    # Before the middleware for them there is an empty list.
    if isinstance(told, Messages):
        told.take_back()
