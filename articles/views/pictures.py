"""The pictures that stories show."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from articles.models import Image, ReplacedFile
from articles.views.live import live_editions
from newsroom.page_notes import shows
from newsroom.pictures import serve_rendition


@require_safe
def picture(request, name, rendition):
    """Serve a rendition of a picture that a live story shows; the desk gets every one."""
    image = Image.objects.filter(file=f"pictures/{name}").first()
    former = None
    if image is None:
        former_files = ReplacedFile.objects.select_related("image")
        former = get_object_or_404(former_files, file=f"pictures/{name}")
        image = former.image
    is_public = live_editions(request).filter(images=image).exists()
    # An account that is of the desk no more may still have its role, and a session.
    user = request.user
    if not (is_public or user.is_staff and user.has_perm("articles.view_image")):
        raise Http404("no live story shows this picture")
    shows(request, f"image:{image.pk}", f"shown:{image.pk}")
    if former:
        # An address from before the file was replaced, in a feed reader or a social card.
        return redirect(image.picture.rendition_url(rendition))
    response = serve_rendition(image.picture, rendition)
    if not is_public:
        response["Cache-Control"] = "private, no-store"
    return response
