"""The links with which people without an account see a story: made, listed, revoked."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.models import PreviewLink
from authors.log import Kind, log
from newsroom.keys import read_key

from .addresses import article_page
from .moves import with_notes
from .preview import PreviewPages


def _days(count):
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


class PreviewLinkForm(forms.Form):
    for_whom = forms.CharField(
        label=gettext_lazy("For whom"),
        required=False,
        max_length=PreviewLink._meta.get_field("for_whom").max_length,
        widget=admin.widgets.AdminTextInputWidget,
        help_text=gettext_lazy("They read it on the page. Left empty, the page names nobody."),
    )
    valid_for = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=lambda hours: timedelta(hours=int(hours)),
        initial=7 * 24,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["valid_for"].choices = [
            (1, _("1 hour")),
            *((24 * days, _days(days)) for days in (1, 7, 30)),
        ]


class PreviewLinkPages(PreviewPages):
    """The part of the article's admin that sends previews to people without an account."""

    def get_urls(self):
        return [article_page(self, self.preview_links, "preview-links"), *super().get_urls()]

    def render_preview(self, request, article, template, **context):
        links = reverse("admin:articles_article_preview-links", args=[article.pk])
        return super().render_preview(
            request,
            article,
            template,
            links_url=with_notes(links, request.GET)
            if self.has_change_permission(request, article)
            else None,
            **context,
        )

    def preview_links(self, request, pk):
        """List an article's links; make one, or revoke one (POST)."""
        article = self.article_to_preview(request, pk)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        if "_revoke" in request.POST:
            self._revoke(request, article)
            return redirect(request.get_full_path())
        form = PreviewLinkForm(request.POST or None)
        if form.is_valid():
            with transaction.atomic():
                link = PreviewLink.objects.make(article, request.user, **form.cleaned_data)
                log(
                    Kind.MAKE_PREVIEW_LINK,
                    article,
                    for_whom=link.for_whom,
                    until=link.expires_at.isoformat(),
                )
            self.log_change(request, article, _("Made a preview link: %s") % (link.for_whom or "–"))
            self.message_user(request, _("The link is ready: copy it below."))
            return redirect(request.get_full_path())
        links = article.preview_links.select_related("made_by")
        return self.render_preview(
            request,
            article,
            "preview_links.html",
            form=form,
            links=[(link, request.build_absolute_uri(link.get_absolute_url())) for link in links],
        )

    def _revoke(self, request, article):
        pk = request.POST["_revoke"]
        link = get_object_or_404(article.preview_links, pk=read_key(pk))
        with transaction.atomic():
            valid = article.preview_links.filter(pk=link.pk, revoked_at=None)
            if valid.update(revoked_at=timezone.now()):
                log(Kind.REVOKE_PREVIEW_LINK, article, for_whom=link.for_whom)
        self.log_change(request, article, _("Revoked a preview link: %s") % (link.for_whom or "–"))
        self.message_user(request, _("Revoked: the link shows nothing any more."))
