"""What the front page's form asks for: stories to lead with, and the page as it would be."""

from csp.decorators import csp
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.models import Edition, FrontPage
from articles.publishing import spoken_time
from articles.search import Search
from articles.views.lists import render_front
from newsroom.keys import read_key

from .addresses import page
from .front_page_form import posted_rows
from .state import list_time

FOUND = 20
# Among so many of the newest any part of a headline is found, and whole words among all.
LOOKED_THROUGH = 1000
SHOWN = (
    "headline",
    "article_id",
    "slug",
    "first_published_at",
    "first_published_on",
    "live_from",
    "live_until",
)


class FrontPagePreviews(admin.ModelAdmin):
    """The part of the front page's admin that finds stories and shows what is chosen."""

    def get_urls(self):
        return [
            page(self, "stories/", self.stories, "stories"),
            page(self, "preview/", require_POST(self.preview_unsaved), "preview_unsaved"),
            page(self, "<int:pk>/preview/", self.preview, "preview"),
            *super().get_urls(),
        ]

    def stories(self, request):
        """Answer the search for a story, the newest first, in the form that the select reads."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        now, term = timezone.now(), request.GET.get("term", "").replace("\0", "")
        found = {}
        # An update that is to come stands behind what is live.
        order = ("-first_published_at", "-article_id", "live_from")
        newest = Edition.objects.live_or_to_come(now).order_by(*order).values("pk")
        among = Edition.objects.filter(pk__in=newest[:LOOKED_THROUGH], headline__icontains=term)
        keys = list(among.order_by(*order).values_list("pk", flat=True)[: 2 * FOUND])
        keys += [pk for _place, pk in _with_words(term, now)]
        for edition in Edition.objects.filter(pk__in=keys).only(*SHOWN).order_by(*order):
            found.setdefault(edition.article_id, edition)
        results = [
            {
                "id": str(pk),
                "text": edition.headline
                if edition.live_from <= now
                else _("%(story)s (from %(time)s)")
                % {"story": edition.headline, "time": list_time(edition.live_from)},
            }
            for pk, edition in list(found.items())[:FOUND]
        ]
        return JsonResponse({"results": results, "pagination": {"more": False}})

    @method_decorator(csp(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]))
    def preview(self, request, pk):
        """Show a front page as readers get it, or got it, at its moment."""
        front_page = get_object_or_404(FrontPage, pk=pk)
        if not self.has_view_permission(request, front_page):
            raise PermissionDenied
        picks = front_page.front_page_picks.order_by("position", "pk")
        return self._show(
            request,
            front_page.live_from,
            list(picks.values_list("article_id", flat=True)),
            edit_url=reverse("admin:articles_frontpage_change", args=[pk]),
        )

    @method_decorator(csp(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]))
    def preview_unsaved(self, request):
        """Show the front page that the posted form would make, and save nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            halves = [request.POST.get(f"live_from_{half}", "") for half in (0, 1)]
            at = forms.SplitDateTimeField(required=False).clean(halves)
        except ValidationError:
            at = None
        now = timezone.now()
        return self._show(request, max(at or now, now), _posted_picks(request.POST))

    def _show(self, request, at, picks, **context):
        sentence = _("Preview: the front page of %(time)s.") % {"time": spoken_time(at)}
        # "now" is the date that the masthead bears.
        live = Edition.objects.live(at)
        return render_front(request, live, picks, preview=sentence, now=at, **context)


def _with_words(term, at):
    """Return the (place, edition's primary key) of the newest with a term's words as headline."""
    search = Search(Edition.objects.live(at)).matching(term)
    return search.in_headlines(FOUND) if search.question else []


def _posted_picks(post):
    """Return the primary keys of the posted picks, in their order."""
    picks = []
    for prefix in posted_rows(post):
        article, position = post.get(f"{prefix}-article", ""), post.get(f"{prefix}-position", "")
        if read_key(article):
            picks.append((read_key(position) or 0, read_key(article)))
    return [article for _position, article in sorted(picks, key=lambda pick: pick[0])]
