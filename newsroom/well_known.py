"""What machines ask for at addresses that every site has."""

from datetime import UTC, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.translation import get_language, get_language_bidi
from django.views.decorators.http import require_safe

from newsroom import identity
from newsroom.page_notes import cached, shows

# RFC 9116, 2.5.5: best less than a year ahead.
CONTACT_HOLDS = timedelta(days=180)


@cached()
@require_safe
def robots(request):
    """Tell crawlers where the sitemaps are, and that the desk is not for them (RFC 9309).

    What else is not to be found says so of itself (noindex), which a crawler that is kept
    out would never read; and a list of such addresses would show them to everybody.
    """
    shows(request, "site")
    origin = identity.origin(request)
    sitemaps = [f"Sitemap: {origin}{reverse(name)}" for name in ("sitemap", "news-sitemap")]
    lines = ["User-agent: *", f"Disallow: {reverse('admin:index')}", "", *sitemaps, ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@cached()
@require_safe
def security_txt(request):
    """Tell who finds a weakness whom to write to (RFC 9116); 404 without SECURITY_CONTACT."""
    if not settings.SECURITY_CONTACT:
        raise Http404("the newsroom names no contact")
    day = request.moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    shows(request, "site", until=(day + timedelta(days=1)).timestamp())
    lines = [f"Contact: {contact}" for contact in settings.SECURITY_CONTACT]
    lines.append(f"Expires: {day + CONTACT_HOLDS:%Y-%m-%dT%H:%M:%SZ}")
    lines.append(f"Preferred-Languages: {get_language()}")
    if identity.origin(request).startswith("https:"):
        lines.append(f"Canonical: {identity.origin(request)}{request.path}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@cached()
@require_safe
def manifest(request):
    """Say how the site looks on a phone's first screen (W3C Web Application Manifest)."""
    shows(request, "site")
    return JsonResponse(
        {
            "name": settings.NEWSROOM_NAME,
            "short_name": settings.NEWSROOM_NAME,
            "description": identity.description(),
            "lang": get_language(),
            "dir": "rtl" if get_language_bidi() else "ltr",
            "start_url": reverse("front"),
            "scope": reverse("front"),
            "display": "browser",
            "icons": [
                {
                    "src": static(f"icons/icon-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                }
                for size in (192, 512)
            ],
        },
        content_type="application/manifest+json",
    )


def no_more_static_files(get_response):
    """Middleware, behind WhiteNoise: says 404 without a page, which would ask the database."""

    def respond(request):
        if request.path_info.startswith(settings.STATIC_URL):
            return HttpResponse(status=404, content_type="text/plain; charset=utf-8")
        return get_response(request)

    return respond


urlpatterns = [
    path("robots.txt", robots),
    path(".well-known/security.txt", security_txt),
    path("manifest.webmanifest", manifest, name="manifest"),
]
