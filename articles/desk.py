"""The site that the desk is: Django's admin, with a first page that says what is to be done."""

from functools import wraps

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils.translation import gettext_lazy
from django.views.i18n import JavaScriptCatalog

from newsroom.keys import read_keys
from newsroom.once_more import once_more


class DeskSite(admin.AdminSite):
    index_title = gettext_lazy("The desk")

    def index(self, request, extra_context=None):
        # The admin's modules register with this site, so it is there before they are.
        from .admin.dashboard import dashboard

        return super().index(request, {**dashboard(self, request), **(extra_context or {})})

    def i18n_javascript(self, request, extra_context=None):
        # The words of the desk's own scripts and of the editor, not the admin's alone.
        return JavaScriptCatalog.as_view()(request)

    def admin_view(self, view, cacheable=False):
        """Return the view for the desk; of the rows ticked in a list, it gets those that can be."""

        @wraps(view)
        def view_of_rows(request, *args, **kwargs):
            if ACTION_CHECKBOX_NAME in request.POST:
                # Django's actions look each one up as it was sent: letters would be a fault.
                request.POST = request.POST.copy()
                rows = read_keys(request.POST.getlist(ACTION_CHECKBOX_NAME))
                request.POST.setlist(ACTION_CHECKBOX_NAME, [str(row) for row in rows])
            return view(request, *args, **kwargs)

        return super().admin_view(once_more(view_of_rows), cacheable)
