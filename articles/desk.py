"""The site that the desk is: Django's admin, with a first page that says what is to be done."""

from django.contrib import admin
from django.utils.translation import gettext_lazy


class DeskSite(admin.AdminSite):
    index_title = gettext_lazy("The desk")

    def index(self, request, extra_context=None):
        # The admin's modules register with this site, so it is there before they are.
        from .admin.dashboard import dashboard

        return super().index(request, {**dashboard(self, request), **(extra_context or {})})
