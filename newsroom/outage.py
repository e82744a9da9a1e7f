"""What people get while the database does not answer."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.defaults import server_error


def unavailable(environ):
    """Return (headers, body) of the answer to a request that cannot be served now.

    At the desk it says that nothing can be saved, and where one's words are.
    """
    is_of_desk = environ["PATH_INFO"].startswith(reverse("admin:index"))
    page = render_to_string(
        "503.html", {"is_of_desk": is_of_desk, "was_sent": environ["REQUEST_METHOD"] == "POST"}
    )
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Retry-After", "5"),
        ("Cache-Control", "no-store"),
    ]
    return headers, page.encode()


def handler500(request):
    """Answer for a fault: 503 where it is the database's, for that one passes."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        headers, body = unavailable(request.META)
        return HttpResponse(body, status=503, headers=dict(headers))
    return server_error(request)
