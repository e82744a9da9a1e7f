"""The names that the site answers to; who asks for another is told so, at every address."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host
from django.utils.translation import gettext as _

from newsroom.health import PROBES


def is_ours(host):
    """Whether the site answers to the value of a Host header."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_address(host):
    """Whether the value of a Host header is an IP address, which no stranger can name anew."""
    domain, _port = split_domain_port(host)
    try:
        return bool(ip_address(domain.strip("[]")))
    except ValueError:
        return False


def ours_alone(get_response):
    """Middleware: answers 400 to a host that is not ours, and logs nothing that strangers made up.

    Whoever watches a process may know no more than its IP address.
    """

    def respond(request):
        # A client of HTTP/1.0 gives none; Django takes the server's own name then.
        host = request.META.get("HTTP_HOST", request.META["SERVER_NAME"])
        if is_ours(host) or (request.path_info in PROBES and is_address(host)):
            return get_response(request)
        words = _("No site of that name is here: compare the address with the one you meant.")
        return HttpResponse(f"{words}\n", status=400, content_type="text/plain; charset=utf-8")

    return respond
