"""The way from the list of stories to the front page."""

from urllib.parse import urlencode

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy

from .front_page_form import that_may_lead


class FrontPageAction(admin.ModelAdmin):
    """The part of the article's admin that puts stories on the front page."""

    actions = ["put_on_front_page"]

    @admin.action(
        description=gettext_lazy("Put on the front page"), permissions=["make_front_page"]
    )
    def put_on_front_page(self, request, queryset):
        """Open a new front page that the selected stories lead."""
        chosen = queryset.values_list("pk", flat=True)
        # An address of a thousand is too long for a proxy.
        lead = ",".join(map(str, that_may_lead(chosen)))
        return redirect(f"{reverse('admin:articles_frontpage_add')}?{urlencode({'lead': lead})}")

    def has_make_front_page_permission(self, request):
        return request.user.has_perm("articles.add_frontpage")
