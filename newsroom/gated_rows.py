"""Inline rows that are part of the page they stand on."""

from django.contrib import admin


class GatedRows(admin.options.InlineModelAdmin):
    """An inline without permissions of its own: who may change the page may change its rows."""

    def has_view_permission(self, request, obj=None):
        return self._page().has_view_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        if obj is None or obj.pk is None:
            return self._page().has_add_permission(request)
        return self._page().has_change_permission(request, obj)

    def has_add_permission(self, request, obj):
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def _page(self):
        return self.admin_site.get_model_admin(self.parent_model)
