"""A story as it stands at the desk, for whoever has a link to it: no account, no trace.

A token that is unknown, expired or revoked, or whose article is deleted, gets one and
the same answer. Nothing here may be indexed, cached or told to another site.
"""

from functools import wraps

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.composing import compose
from articles.models import Edition, Image, PreviewLink
from articles.story_page import gather
from articles.views.story import render_story
from newsroom.pictures import serve_rendition
from newsroom.replica import reads_primary


def for_the_holder_of_a_link(view):
    """Make a view of (request, link) one of (request, token); refuse what is no valid link."""

    @reads_primary
    @require_safe
    @wraps(view)
    def look_up(request, token, **kwargs):
        links = PreviewLink.objects.valid().select_related(
            "article__section", "article__series", "article__lead_image"
        )
        link = links.filter(token=token).first()
        try:
            response = view(request, link, **kwargs) if link else _no_preview(request)
        except Http404:
            response = _no_preview(request)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return look_up


def _no_preview(request):
    return TemplateResponse(request, "articles/no_preview.html", status=404)


@for_the_holder_of_a_link
def preview(request, link):
    """Show the page that readers would get now, with pictures from under the same token."""
    now = timezone.now()
    whole = compose(link.article, now)
    for image in whole.images:
        image.preview_token = link.token
    live = Edition.objects.live(now)
    page = gather(whole.edition, whole.bylines, whole.tags, whole.images, live)
    embargoed_until = link.article.embargoed_until
    return render_story(
        request,
        page,
        preview_link=link,
        embargoed_until=embargoed_until if embargoed_until and embargoed_until > now else None,
    )


@for_the_holder_of_a_link
def picture(request, link, name, rendition):
    """Serve a rendition of a picture that the story shows as it stands now, and of no other."""
    image = get_object_or_404(Image, file=f"pictures/{name}")
    if image.pk not in link.article.shown_image_ids():
        raise Http404("the story does not show this picture")
    return serve_rendition(image.picture, rendition)


urlpatterns = [
    path("preview/<str:token>/", preview, name="preview"),
    path(
        "preview/<str:token>/pictures/<str:name>/<str:rendition>", picture, name="preview-picture"
    ),
]
