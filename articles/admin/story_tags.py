"""A story's tags: found while typing, with a word on a new one that there is already."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.utils.translation import gettext as _

from articles import tagging
from articles.models import Tag

from .addresses import page
from .tags import warn_of_twins

FOUND = 20


class StoryTags(admin.ModelAdmin):
    """The part of the article's admin that its tag field asks."""

    def get_urls(self):
        return [page(self, "tag-names/", self.tag_names, "tag_names"), *super().get_urls()]

    def tag_names(self, request):
        """Answer the tag field's search with names, in the form that the admin's select reads."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        term = request.GET.get("term", "").replace("\x00", "").strip()[:100]
        found = [tag.name for tag in Tag.objects.filter(name__icontains=term)[:FOUND]]
        close = [tag.name for tag in tagging.twins(term)] if term else []
        results = _choices(found)
        if others := [name for name in close if name not in found]:
            results.append({"text": _("Close to what you type"), "children": _choices(others)})
        return JsonResponse({"results": results, "pagination": {"more": False}})

    def save_related(self, request, form, formsets, change):
        names = form.cleaned_data.get("tags", []) if "tags" in form.changed_data else []
        new = [name for name in names if not Tag.objects.filter(name__iexact=name).exists()]
        super().save_related(request, form, formsets, change)
        if new:
            warn_of_twins(self, request, Tag.objects.filter(name__in=new))


def _choices(names):
    return [{"id": name, "text": name} for name in names]
