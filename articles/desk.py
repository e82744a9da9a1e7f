"""The site that the desk is: Django's admin, with a first page that says what is to be done."""

from django.contrib import admin
from django.utils.translation import gettext_lazy
from django.views.i18n import JavaScriptCatalog


class DeskSite(admin.AdminSite):
    index_title = gettext_lazy("The desk")

    def index(self, request, extra_context=None):
        # The admin's modules register with this site, so it is there before they are.
        from .admin.dashboard import dashboard

        return super().index(request, {**dashboard(self, request), **(extra_context or {})})

    def i18n_javascript(self, request, extra_context=None):
        # The words of the desk's own scripts and of the editor, not the admin's alone.
        return JavaScriptCatalog.as_view()(request)
