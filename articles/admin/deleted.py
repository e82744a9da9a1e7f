"""Deleted stories: kept when they go, listed, and brought back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from articles import fingerprints
from articles.models import Article, RelatedRead
from authors.log import Kind, log
from authors.log_admin import LogsDeletions
from newsroom.keys import read_key

from .addresses import page
from .gate import StoryGate
from .revisions import bring_back, deleted_stories, record, record_deletion

PER_PAGE = 50


class DeletedStories(LogsDeletions, StoryGate):
    """The part of the article's admin that deletes stories so that they can come back."""

    delete_confirmation_template = "admin/articles/article/delete_confirmation.html"
    delete_selected_confirmation_template = (
        "admin/articles/article/delete_selected_confirmation.html"
    )

    def get_urls(self):
        return [
            page(self, "deleted/", self.deleted, "deleted"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        may = {"may_bring_back": self._may_bring_back(request)}
        return super().changelist_view(request, may | (extra_context or {}))

    def delete_model(self, request, obj):
        record_deletion(obj, request.user)
        with fingerprints.kept_true(_leading_to([obj])):
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        with fingerprints.kept_true(_leading_to(queryset)):
            for article in queryset:
                record_deletion(article, request.user)
            super().delete_queryset(request, queryset)

    def _may_bring_back(self, request):
        return self.has_add_permission(request) and self.has_delete_permission(request)

    def deleted(self, request):
        """List the articles that were deleted; bring back the one that is asked for."""
        if not self._may_bring_back(request):
            raise PermissionDenied
        stories = deleted_stories()
        if not request.user.has_perm("articles.delete_article"):
            # Who may delete own stories only gets back what they deleted themselves.
            stories = stories.filter(version__revision__user=request.user)
        if "version" in request.POST:
            story = stories.filter(version=read_key(request.POST["version"])).first()
            return self._bring_back(request, story and story.version)
        before = read_key(request.GET.get("before", ""))
        if before is not None:
            stories = stories.filter(pk__lt=before)
        # One more tells that there is another page.
        found = list(stories[: PER_PAGE + 1])
        shown = found[:PER_PAGE]
        return TemplateResponse(
            request,
            "admin/articles/article/deleted.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Deleted stories"),
                "versions": [story.version for story in shown],
                "is_latest": before is None,
                "last": shown[-1].pk if len(found) > PER_PAGE else None,
            },
        )

    def _bring_back(self, request, version):
        """Store a deleted article again; ``version`` is None if there is none (any more)."""
        try:
            with transaction.atomic():
                article, left_out = bring_back(version) if version else (None, [])
                if article:
                    record(article, request.user, _("Brought back"))
                    log(Kind.BRING_BACK, article)
        except IntegrityError:
            # Somebody else did at the same moment.
            article = None
        if article is None:
            self.message_user(
                request, _("This story is back already. Find it in the list."), messages.WARNING
            )
            return redirect("admin:articles_article_changelist")
        self.log_change(request, article, _("Brought back"))
        self.message_user(request, _("“%(story)s” is back.") % {"story": article}, messages.SUCCESS)
        tell_left_out(self, request, left_out)
        return redirect(article)


def _leading_to(stories):
    """Return the working copies that have any of some stories as a related read."""
    rows = RelatedRead.objects.filter(story__in=stories)
    return Article.objects.filter(pk__in=rows.values("article"))


def tell_left_out(model_admin, request, lines):
    """Say what an old state of a story named that is deleted itself by now."""
    if lines:
        model_admin.message_user(
            request,
            _("Left out, because it is deleted: %(things)s.") % {"things": "; ".join(lines)},
            messages.WARNING,
        )
