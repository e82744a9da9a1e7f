"""What takes a story to the readers and back: the buttons and pages of the publishing door."""

from functools import partial
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import publishing
from articles.composing import missing_parts
from articles.models import Article
from newsroom.keys import read_key
from newsroom.moments import MomentField

from .addresses import article_page
from .article_form import NOTED, note_to_readers_field
from .gate import StoryGate
from .state import state_in_words

# What a refusal calls the fields of an article, also on a page that does not have them.
NAMES = {
    **{field.name: capfirst(field.verbose_name) for field in Article._meta.fields},
    "bylines": gettext_lazy("Bylines"),
    "related_reads": gettext_lazy("Related reads"),
    "tags": gettext_lazy("Tags"),
}


class ScheduleForm(forms.Form):
    title = gettext_lazy("Schedule")
    seen_move = forms.IntegerField(widget=forms.HiddenInput)
    seen_fingerprint = forms.CharField(widget=forms.HiddenInput, required=False)
    at = MomentField(label=gettext_lazy("Goes live at"), widget=admin.widgets.AdminSplitDateTime)
    says_updated = forms.BooleanField(
        label=gettext_lazy("Tell readers that the story was updated"), required=False
    )
    note_to_readers = note_to_readers_field()
    note = forms.CharField(
        label=gettext_lazy("Note for the desk"),
        required=False,
        widget=admin.widgets.AdminTextInputWidget,
        help_text=gettext_lazy("Kept in the history, never shown to readers."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not settings.CHANGES_ARE_PUBLIC:
            del self.fields["note_to_readers"]

    def make_move(self, article, by):
        """Make the move; return what to tell the person. Raises Refused."""
        publishing.schedule(article, by=by, **self.cleaned_data)
        return _("Scheduled: the story goes live on %(time)s.") % {
            "time": publishing.spoken_time(self.cleaned_data["at"])
        }


class WithdrawForm(forms.Form):
    title = gettext_lazy("Withdraw")
    seen_move = forms.IntegerField(widget=forms.HiddenInput)
    seen_fingerprint = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=admin.widgets.AdminTextareaWidget,
        help_text=gettext_lazy("Readers find it at the story’s address from then on."),
    )
    at = MomentField(
        label=gettext_lazy("Withdrawn at"),
        required=False,
        widget=admin.widgets.AdminSplitDateTime,
        help_text=gettext_lazy("Left empty: now."),
    )

    def make_move(self, article, by):
        """Make the move; return what to tell the person. Raises Refused."""
        publishing.withdraw(article, by=by, **self.cleaned_data)
        at = self.cleaned_data["at"]
        if at:
            return _("The story will be withdrawn on %(time)s.") % {
                "time": publishing.spoken_time(at)
            }
        return _("Withdrawn: readers find the reason in its place.")


class MovePages(StoryGate):
    """The part of the article's admin that makes moves."""

    def get_urls(self):
        return [
            article_page(self, partial(self.move, form_class=ScheduleForm), "schedule"),
            article_page(self, partial(self.move, form_class=WithdrawForm), "withdraw"),
            *super().get_urls(),
        ]

    def response_add(self, request, obj, post_url_continue=None):
        return self._respond(request, obj) or self._with_notes(
            request, super().response_add(request, obj, post_url_continue)
        )

    def response_change(self, request, obj):
        return self._respond(request, obj) or self._with_notes(
            request, super().response_change(request, obj)
        )

    def _with_notes(self, request, response):
        """Send what was typed for a publication to come along with a redirect."""
        if response.status_code == 302:
            response["Location"] = with_notes(response["Location"], request.POST)
        return response

    def _respond(self, request, article):
        """Go on from a save with the button that was pressed; None for a plain save."""
        address = reverse("admin:articles_article_change", args=[article.pk])
        may_publish = self.may_publish(request)
        for page in ("preview", "schedule", "withdraw") if may_publish else ("preview",):
            if f"_{page}" in request.POST:
                return self._with_notes(
                    request, redirect(f"admin:articles_article_{page}", article.pk)
                )
        if not may_publish:
            return None
        try:
            if "_publish" in request.POST:
                edition = publishing.publish(
                    article,
                    by=request.user,
                    note=request.POST.get("publishing_note", ""),
                    note_to_readers=request.POST.get("note_to_readers", ""),
                    says_updated="says_updated" in request.POST,
                    seen_move=_number(request.POST.get("seen_move")),
                    seen_fingerprint=article.fingerprint,
                )
                self.message_user(
                    request,
                    format_html(
                        '{} <a href="{}">{}</a>',
                        _("Published: readers see it now."),
                        edition.get_absolute_url(),
                        _("Read it on the site"),
                    ),
                    messages.SUCCESS,
                )
            elif "_cancel" in request.POST:
                publishing.cancel(
                    article, by=request.user, seen_move=_number(request.POST.get("seen_move"))
                )
                self.message_user(request, _("The schedule is undone."), messages.SUCCESS)
            else:
                return None
        except publishing.Refused as refusal:
            return self._refuse(request, article, refusal, address)
        return HttpResponseRedirect(address)

    def _refuse(self, request, article, refusal, address):
        """Say every reason, and show the form again with the reasons beside their fields."""
        missing = missing_parts(article)
        for field, sentence in refusal.reasons:
            # The form itself names what is missing.
            if (field, sentence) not in missing:
                self.message_user(request, _named(field, sentence), messages.ERROR)
        return self._with_notes(request, HttpResponseRedirect(f"{address}?refused=1"))

    def move(self, request, pk, form_class):
        """Ask for what a move to come needs, and make it."""
        article = get_object_or_404(self.get_queryset(request), pk=pk)
        if not (self.may_publish(request) and self.has_change_permission(request, article)):
            raise PermissionDenied
        seen_move = latest_move(article)
        form = form_class(
            request.POST or None,
            initial={
                "seen_move": seen_move,
                "seen_fingerprint": article.fingerprint,
                "note": request.GET.get("publishing_note"),
                "note_to_readers": request.GET.get("note_to_readers"),
                "says_updated": request.GET.get("says_updated"),
            },
        )
        if form.is_valid():
            try:
                self.message_user(request, form.make_move(article, request.user))
                return redirect(article)
            except publishing.Refused as refusal:
                for field, sentence in refusal.reasons:
                    if field in form.fields:
                        form.add_error(field, sentence)
                    else:
                        form.add_error(None, _named(field, sentence))
                # They have been told now, and may decide again.
                form.data = {
                    **form.data.dict(),
                    "seen_move": seen_move,
                    "seen_fingerprint": article.fingerprint,
                }
        return ask(self, request, article, form)


def ask(model_admin, request, article, form, **context):
    """Return the page that asks for what a move needs."""
    return TemplateResponse(
        request,
        "admin/articles/article/move.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": form.title,
            "original": article,
            "state_in_words": state_in_words(article),
            "form": form,
            "media": model_admin.media + form.media,
            **context,
        },
    )


def with_notes(address, typed):
    """Return an address that carries on what was typed for the publication to come."""
    notes = {name: typed[name] for name in NOTED if typed.get(name)}
    if not notes:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(notes)}"


def latest_move(article):
    """Return the number of the latest move of an article, 0 for none."""
    move = article.moves.last()
    return move.pk if move else 0


def _named(field, sentence):
    """Return a reason of a refusal with the field that it is about before it."""
    return f"{NAMES[field]}: {sentence}" if field in NAMES else sentence


def _number(text):
    return read_key(text or "")
