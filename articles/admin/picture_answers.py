"""What the desk's scripts ask of the image library: to find, to upload, to put into words."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from articles import library
from articles.models import Image

from .addresses import page
from .image_form import WordsForm

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
        """Answer a search for pictures, the newest first."""
        self._require_view(request)
        images, _may_have_duplicates = self.get_search_results(
            request, Image.objects.all(), request.GET.get("q", "")
        )
        return JsonResponse(
            {
                "images": [described(image) for image in images[:SHOWN_IN_PICKER]],
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
