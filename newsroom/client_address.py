"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings


def client_address(request):
    """Return the IP address that a request came from, as text; "" if none is known.

    Behind a proxy (``BEHIND_PROXY``) it is the last of ``X-Forwarded-For``, which that proxy
    wrote itself: what stands before it is whatever the client claims.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rpartition(",")[2]
    try:
        found = ip_address(address.strip())
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)
