"""The image library, and what the body's editor asks of it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _

from articles import roles
from articles.models import Image

SHOWN_IN_PICKER = 24


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    list_display = ["title", "shape", "alt_text", "credit", "uploaded_at", "uploaded_by"]
    list_select_related = ["uploaded_by"]
    search_fields = ["title", "alt_text", "caption", "credit"]
    date_hierarchy = "uploaded_at"
    fieldsets = [
        (None, {"fields": ["file", "title", "alt_text", "caption", "credit"]}),
        (_("Focal point"), {"fields": [("focal_x", "focal_y")]}),
    ]

    @admin.display(description=_("size in pixels"))
    def shape(self, image):
        return f"{image.width} × {image.height}"

    def get_readonly_fields(self, request, obj=None):
        # What readers have seen stays what it was: another picture is another row.
        return ["file"] if obj and obj.editions.exists() else []

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if obj and "alt_text" in form.base_fields and obj.editions.exists():
            form.base_fields["alt_text"].required = True
        return form

    def has_change_permission(self, request, obj=None):
        return roles.may_change_image(request.user, obj)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.uploaded_by = request.user
        super().save_model(request, obj, form, change)

    def get_urls(self):
        return [
            path(
                "library/",
                self.admin_site.admin_view(self.library),
                name="articles_image_library",
            ),
            path("<int:pk>/thumbnail/", self.admin_site.admin_view(self.thumbnail)),
            *super().get_urls(),
        ]

    def library(self, request):
        """Answer the editor's search for pictures with JSON, the newest first."""
        self._require_view(request)
        images, _may_have_duplicates = self.get_search_results(
            request, Image.objects.all(), request.GET.get("q", "")
        )
        return JsonResponse(
            {
                "images": [
                    {
                        "id": image.pk,
                        "title": image.title,
                        "alt_text": image.alt_text,
                        "caption": image.caption,
                        "thumbnail": image.picture.thumbnail_url,
                    }
                    for image in images[:SHOWN_IN_PICKER]
                ]
            }
        )

    def thumbnail(self, request, pk):
        """Redirect to an image's small rendition, for an editor that knows its number alone."""
        self._require_view(request)
        return redirect(get_object_or_404(Image, pk=pk).picture.thumbnail_url)

    def _require_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
