"""What the site says of itself to machines: its one origin, its logo, what it is in a sentence."""

from urllib.parse import urljoin

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext as _


def origin(request):
    """Return what every whole address begins with ("https://example.org").

    It is SITE_ORIGIN, so that a site which answers to several names has one address for
    each page; without that setting, the scheme and the host that were asked.
    """
    return settings.SITE_ORIGIN or f"{request.scheme}://{request.get_host()}"


def logo(origin):
    """Return the whole address of the newsroom's logo."""
    address = settings.NEWSROOM_LOGO
    return urljoin(origin, address if address.startswith(("https://", "/")) else static(address))


def description():
    """Return what the newsroom is, in a sentence."""
    return settings.NEWSROOM_DESCRIPTION or _("The latest stories from %(newsroom)s.") % {
        "newsroom": settings.NEWSROOM_NAME
    }
