"""What the site says of itself to machines: its one origin, its logo, what it is in a sentence."""

from functools import cache
from pathlib import Path
from urllib.parse import quote, urljoin

from django.conf import settings
from django.contrib.staticfiles import finders
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


@cache
def icon():
    """Return the icon of the site, ``favicon.svg``, as an address that holds it (RFC 2397).

    It is smaller than the request that a browser would make for it before a first page shows.
    """
    drawing = Path(finders.find("favicon.svg")).read_text().strip()
    return f"data:image/svg+xml,{quote(drawing, safe='=:/')}"


def description():
    """Return what the newsroom is, in a sentence."""
    return settings.NEWSROOM_DESCRIPTION or _("The latest stories from %(newsroom)s.") % {
        "newsroom": settings.NEWSROOM_NAME
    }
