"""The files that a picture had before it was replaced: shown at the desk, and brought back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from articles import library
from articles.models import ReplacedFile
from authors.log_admin import LogsDeletions
from newsroom.pictures import serve_rendition

from .addresses import page


class FormerFiles(LogsDeletions):
    """The part of the library's admin that keeps what was replaced within reach."""

    def get_urls(self):
        return [
            page(self, "former/<int:former>/bring-back/", self.bring_back, "bring_back"),
            page(self, "former/<str:name>/<str:rendition>", self.former_file, "former_file"),
            *super().get_urls(),
        ]

    def former_file(self, request, name, rendition):
        """Serve a rendition of a former file; readers get the current one alone."""
        former_files = ReplacedFile.objects.select_related("image")
        former = get_object_or_404(former_files, file=f"pictures/{name}")
        if not self.has_view_permission(request, former.image):
            raise PermissionDenied
        response = serve_rendition(former.picture, rendition)
        response["Cache-Control"] = "private, max-age=3600"
        return response

    def bring_back(self, request, former):
        """Ask before a former file takes its place again, and let it."""
        former = get_object_or_404(ReplacedFile.objects.select_related("image"), pk=former)
        image = former.image
        if not self.has_change_permission(request, image):
            raise PermissionDenied
        if request.method == "POST":
            library.bring_back(former, request.user)
            self.log_change(request, image, _("Brought a former file back."))
            self.message_user(
                request,
                _("Brought back: every story with this picture shows it."),
                messages.SUCCESS,
            )
            return redirect(image)
        live_stories = library.live_stories(image)
        return TemplateResponse(
            request,
            "admin/articles/image/bring_back.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Bring back a former file"),
                "original": image,
                "former": former,
                "live_stories": live_stories,
                "live_stories_in_figures": library.in_figures(live_stories),
            },
        )
