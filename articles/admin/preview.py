"""What readers would get, shown at the desk as they would meet it."""

from csp.constants import SELF
from csp.decorators import csp
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from articles import cards
from articles.composing import BYLINES, compose
from articles.models import Edition
from articles.story_page import gather
from articles.views.story import render_story

from .addresses import article_page
from .moves import with_notes
from .state import state_in_words

# A readers' page, with no script: but in a frame.
FRAMED = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"frame-ancestors": [SELF]}
# What the story can be shown as; the value of ``as`` in the preview's address.
SHOWN_AS = {
    "phone": gettext_lazy("Phone"),
    "desktop": gettext_lazy("Desktop"),
    "search": gettext_lazy("Search result"),
    "social": gettext_lazy("Social card"),
}


class PreviewPages(admin.ModelAdmin):
    """The part of the article's admin that shows previews."""

    def get_urls(self):
        return [
            article_page(self, self.preview, "preview"),
            article_page(self, self.previewed_page, "preview-page"),
            *super().get_urls(),
        ]

    def preview(self, request, pk):
        """Show the story's page in a frame, or the card that it has elsewhere."""
        article = self.article_to_preview(request, pk)
        shown_as = request.GET.get("as", "phone")
        if shown_as not in SHOWN_AS:
            raise Http404("a story is not shown as that")
        context = {"shown_as": shown_as}
        if shown_as in ("phone", "desktop"):
            page = reverse("admin:articles_article_preview-page", args=[article.pk])
            context["page_url"] = with_notes(page, request.GET)
        else:
            html = self._page(request, article).render().content.decode()
            read = cards.search_card if shown_as == "search" else cards.social_card
            context["card"] = read(html)
        return self.render_preview(request, article, "preview.html", **context)

    # The one page of the whole site that may stand in a frame, and only in one of ours.
    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp(FRAMED))
    def previewed_page(self, request, pk):
        """Answer with the page that readers would get, for the preview's frame."""
        return self._page(request, self.article_to_preview(request, pk), framed=True)

    def article_to_preview(self, request, pk):
        """Return the article with what its preview needs; refuse who may not see it."""
        articles = self.get_queryset(request).prefetch_related(None)
        articles = articles.prefetch_related(BYLINES)
        article = articles.select_related("series", "lead_image").filter(pk=pk).first()
        if article is None:
            raise Http404("no such article")
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        return article

    def render_preview(self, request, article, template, **context):
        """Return a page of the preview, below the links to all of them."""
        preview = reverse("admin:articles_article_preview", args=[article.pk])
        return TemplateResponse(
            request,
            f"admin/articles/article/{template}",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Preview"),
                "original": article,
                "state_in_words": state_in_words(article),
                "edit_url": with_notes(article.get_absolute_url(), request.GET),
                "tabs": [
                    (name, label, with_notes(f"{preview}?as={name}", request.GET))
                    for name, label in SHOWN_AS.items()
                ],
                **context,
            },
        )

    def _page(self, request, article, framed=False):
        now = timezone.now()
        whole = compose(article, now, "says_updated" in request.GET)
        live = Edition.objects.live(now)
        page = gather(whole.edition, whole.bylines, whole.tags, whole.images, live)
        there = live.filter(article=article).with_whether_changed(now).first()
        would_change = there and there.fingerprint != whole.edition.fingerprint
        shows_changes = (
            there and settings.CHANGES_ARE_PUBLIC and (there.was_changed or would_change)
        )
        return render_story(request, page, framed=framed, shows_changes=shows_changes)
