"""What readers would get, shown at the desk."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone

from articles import publishing
from articles.story_page import gather
from articles.views.story import render_story

from .moves import article_page, with_notes


class PreviewPages(admin.ModelAdmin):
    """The part of the article's admin that shows previews."""

    def get_urls(self):
        return [article_page(self, self.preview, "preview"), *super().get_urls()]

    def preview(self, request, pk):
        """Show the page that readers would get if the article were published now."""
        article = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        now = timezone.now()
        whole = publishing.compose(article, now)
        page = gather(whole.edition, whole.bylines, whole.tags, whole.images, now)
        edit_url = with_notes(article.get_absolute_url(), request.GET)
        return render_story(request, page, preview=True, edit_url=edit_url)
