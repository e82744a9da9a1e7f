"""What the desk's scripts ask of the image library: to find, to upload, to put into words."""

import logging

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles import library
from articles.models import Image
from newsroom.long_list import last_looked_through
from newsroom.outage import matter_of_files

from .addresses import page
from .image_form import WordsForm

log = logging.getLogger(__name__)
SHOWN_IN_PICKER = 24
SHOWN_CROPS = ("wide", "square", "portrait")


class PictureAnswers(admin.ModelAdmin):
    """The part of the library's admin that answers with JSON.

    A refusal is an answer like another: status 200 with ``refused`` or ``errors``.
    """

    def get_urls(self):
        return [
            page(self, "library/", self.library, "library"),
            page(self, "upload/", require_POST(self.upload), "upload"),
            page(self, "<int:pk>/words/", self.words, "words"),
            page(self, "<int:pk>/thumbnail/", self.thumbnail, "thumbnail"),
            *super().get_urls(),
        ]

    def library(self, request):
        """Answer a search for pictures, the newest first, and say where it may be gone on with.

        ``before`` comes from there: a moment, before which the pictures were uploaded.
        """
        self._require_view(request)
        images, query = Image.objects.order_by("-uploaded_at", "-pk"), request.GET.get("q", "")
        if before := _read_moment(request.GET.get("before", "")):
            images = images.filter(uploaded_at__lt=before)
        found = list(self.get_search_results(request, images, query)[0][: SHOWN_IN_PICKER + 1])
        shown, older = found[:SHOWN_IN_PICKER], None
        # Either there are more, or there is more to look through.
        if len(found) > len(shown):
            older = shown[-1].uploaded_at
        elif query:
            older = last_looked_through(images, "uploaded_at")
        return JsonResponse(
            {
                "images": [described(image) for image in shown],
                "older": older and older.isoformat(),
                "may_add": self.has_add_permission(request),
            }
        )

    def upload(self, request):
        """Store one file; answer with its image, and whether the library had it already."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            image, is_new = library.add(request.FILES.get("file"), request.user)
        except ValidationError as error:
            return JsonResponse({"refused": " ".join(error.messages)})
        except Exception as error:
            if (matter := matter_of_files(error)) is None:
                raise
            log.exception("An upload cannot be stored")
            return JsonResponse({"failed": f"{matter} {_('The file is still here.')}"})
        if is_new:
            self.log_addition(request, image, [{"added": {}}])
        return JsonResponse({**self._answer(request, image), "is_new": is_new})

    def words(self, request, pk):
        """Answer with a picture's words; when they are posted, save them first."""
        self._require_view(request)
        image = get_object_or_404(Image, pk=pk)
        if request.method == "POST":
            if not self.has_change_permission(request, image):
                raise PermissionDenied
            form = WordsForm(request.POST, instance=image)
            if not form.is_valid():
                return JsonResponse({"errors": form.errors})
            form.save()
            self.log_change(request, image, self.construct_change_message(request, form, []))
        return JsonResponse(self._answer(request, image))

    def thumbnail(self, request, pk):
        """Redirect to an image's small rendition, for an editor that knows its number alone."""
        self._require_view(request)
        return redirect(get_object_or_404(Image, pk=pk).picture.thumbnail_url)

    def _answer(self, request, image):
        return {
            "image": described(image),
            "may_change": self.has_change_permission(request, image),
        }

    def _require_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied


def _read_moment(text):
    """Return the moment that ``library`` said to go on from; None for what is none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def described(image):
    """Return what the scripts show of an image, as JSON can hold it."""
    picture = image.picture
    return {
        "id": image.pk,
        "title": image.title,
        "alt_text": image.alt_text,
        "caption": image.caption,
        "credit": image.credit,
        "address": image.get_absolute_url(),
        "thumbnail": picture.cropped_url("square", 160),
        "crops": {crop: picture.cropped_url(crop, 320) for crop in SHOWN_CROPS},
    }
