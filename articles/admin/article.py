"""The article form and list: where stories are written and sent on their way."""

from functools import partial
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from js_asset import Media

from articles import publishing
from articles.models import (
    Article,
    ArticleByline,
    Correction,
    RelatedRead,
    State,
    Tag,
)
from articles.story_page import gather
from articles.views.story import render_story

from .state import LiveSinceFilter, StateFilter, list_time, state_in_words
from .tags_field import TagNamesField

# What the article form asks for the record of a publication, and no row keeps till then.
NOTED = ("publishing_note", "says_updated")
# What a refusal calls the fields of an article, also on a page that does not have them.
NAMES = {
    **{field.name: capfirst(field.verbose_name) for field in Article._meta.fields},
    "bylines": gettext_lazy("Bylines"),
}


class ArticleForm(forms.ModelForm):
    tags = TagNamesField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Type to find a tag; type on to make a new one."),
    )
    says_updated = forms.BooleanField(
        label=gettext_lazy("Tell readers that the story was updated"), required=False
    )
    publishing_note = forms.CharField(
        label=gettext_lazy("Note for the record"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Why this is published; kept with the edition."),
    )

    class Meta:
        widgets = {
            "headline": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField headline"}),
            "standfirst": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "lead_image_caption": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        }

    def clean(self):
        """Refuse to write over what somebody else saved meanwhile, once: then they know."""
        super().clean()
        seen = self.data.get("seen_fingerprint")
        stored = Article.objects.select_related("changed_by").filter(pk=self.instance.pk).first()
        if stored and seen and seen != stored.fingerprint:
            raise forms.ValidationError(
                format_html(
                    _(
                        "{who} saved this story at {time}, while you had it open, so nothing of"
                        " yours is saved yet; all that you typed is still here. {link} and"
                        " compare. Saving again replaces what stands there."
                    ),
                    who=stored.changed_by or _("Somebody"),
                    time=publishing.spoken_time(stored.changed_at),
                    link=format_html(
                        '<a href="{}" target="_blank">{}</a>',
                        stored.get_absolute_url(),
                        _("Open it in another tab"),
                    ),
                )
            )

    def clean_headline(self):
        return " ".join(self.cleaned_data["headline"].split())


class BylineFormSet(forms.BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return _("The same author is in the byline twice: remove one of the lines.")

    def get_form_error(self):
        return _("This author is in the byline already.")


class BylineInline(admin.TabularInline):
    model = ArticleByline
    formset = BylineFormSet
    autocomplete_fields = ["author"]
    fields = ["author", "role", "position"]
    extra = 0


class RelatedReadInline(admin.TabularInline):
    model = RelatedRead
    fk_name = "article"
    autocomplete_fields = ["story"]
    fields = ["story", "title", "url", "position"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    extra = 0


class CorrectionInline(admin.TabularInline):
    model = Correction
    fields = ["kind", "text", "noted_at"]
    extra = 0


class ScheduleForm(forms.Form):
    title = gettext_lazy("Schedule")
    seen_move = forms.IntegerField(widget=forms.HiddenInput)
    at = forms.SplitDateTimeField(
        label=gettext_lazy("Goes live at"), widget=admin.widgets.AdminSplitDateTime
    )
    says_updated = forms.BooleanField(
        label=gettext_lazy("Tell readers that the story was updated"), required=False
    )
    note = forms.CharField(
        label=gettext_lazy("Note for the record"),
        required=False,
        widget=admin.widgets.AdminTextInputWidget,
    )

    def make_move(self, article, by):
        """Make the move; return what to tell the person. Raises Refused."""
        publishing.schedule(article, by=by, **self.cleaned_data)
        return _("Scheduled: the story goes live at %(time)s.") % {
            "time": publishing.spoken_time(self.cleaned_data["at"])
        }


class WithdrawForm(forms.Form):
    title = gettext_lazy("Withdraw")
    seen_move = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=admin.widgets.AdminTextareaWidget,
        help_text=gettext_lazy("Readers find it at the story’s address from then on."),
    )
    at = forms.SplitDateTimeField(
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
            return _("The story will be withdrawn at %(time)s.") % {
                "time": publishing.spoken_time(at)
            }
        return _("Withdrawn: readers find the reason in its place.")


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    form = ArticleForm
    inlines = [BylineInline, RelatedReadInline, CorrectionInline]
    fieldsets = [
        (None, {"fields": ["headline", "standfirst", "body"]}),
        (
            gettext_lazy("Lead image"),
            {
                "fields": [
                    "lead_image",
                    "lead_image_alt",
                    "lead_image_caption",
                    "lead_image_credit",
                ]
            },
        ),
        (
            gettext_lazy("Where it belongs"),
            {"fields": [("section", "series"), "tags", "dateline", "slug"]},
        ),
        (
            gettext_lazy("At the desk"),
            {"fields": ["stage", "embargoed_until", "says_updated", "publishing_note"]},
        ),
    ]
    autocomplete_fields = ["lead_image"]
    prepopulated_fields = {"slug": ["headline"]}
    list_display = ["__str__", "shown_state", "section", "authors", "live_since", "changed"]
    list_filter = [
        StateFilter,
        LiveSinceFilter,
        "stage",
        "section",
        "series",
        ("bylines__author", admin.RelatedOnlyFieldListFilter),
        "changed_at",
    ]
    search_fields = ["headline", "standfirst", "slug"]
    show_full_result_count = False
    list_per_page = 50
    save_on_top = False
    # "View on site" would ask the article, whose own address is the desk's.
    view_on_site = False

    class Media:
        css = {"all": ["editor/editor.css", "desk/desk.css"]}

    # The list

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .with_state()
            .select_related("section", "changed_by")
            .prefetch_related("bylines__author")
        )

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, article):
        return State(article.state).label

    @admin.display(description=gettext_lazy("authors"))
    def authors(self, article):
        return ", ".join(str(byline) for byline in article.bylines.all())

    @admin.display(description=gettext_lazy("live since"))
    def live_since(self, article):
        if article.live_since:
            return list_time(article.live_since)
        if article.scheduled_for:
            return _("from %(time)s") % {"time": list_time(article.scheduled_for)}
        return None

    @admin.display(description=gettext_lazy("changed"), ordering="changed_at")
    def changed(self, article):
        when = list_time(article.changed_at)
        return f"{when}, {article.changed_by}" if article.changed_by else when

    # The form

    def render_change_form(self, request, context, *args, **kwargs):
        # The editor's import map is an inline script: the policy asks for a nonce.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        article = context.get("original")
        context["may_publish"] = self.may_publish(request)
        if article:
            context["seen_move"] = _latest_move(article)
            context["state_in_words"] = state_in_words(article)
            context["live_edition"] = article.editions.live().first()
            if request.method == "GET":
                # What was typed for a publication that has not come about yet.
                for name in NOTED:
                    context["adminform"].form.initial[name] = request.GET.get(name)
                if "refused" in request.GET:
                    self._name_missing_parts(article, context)
        return super().render_change_form(request, context, *args, **kwargs)

    def _name_missing_parts(self, article, context):
        """Put what keeps the article from being published beside the fields it is about."""
        form = context["adminform"].form
        errors = forms.utils.ErrorDict()
        context["missing_parts"] = []
        for field, sentence in publishing.missing_parts(article):
            anchor = f"id_{field}" if field in form.fields else "bylines-group"
            context["missing_parts"].append((NAMES[field], sentence, anchor))
            errors.setdefault(field, form.error_class()).append(sentence)
        # An unbound form has no errors of its own that these could hide.
        form._errors = errors

    def save_model(self, request, obj, form, change):
        obj.changed_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.refresh_fingerprint()

    def has_delete_permission(self, request, obj=None):
        # What readers have seen stays on record; the way out is to withdraw it.
        return super().has_delete_permission(request, obj) and not (obj and obj.editions.exists())

    def may_publish(self, request):
        return request.user.has_perm("articles.publish_article")

    # The moves

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
                    says_updated="says_updated" in request.POST,
                    seen_move=_number(request.POST.get("seen_move")),
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
        missing = publishing.missing_parts(article)
        for field, sentence in refusal.reasons:
            # The form itself names what is missing.
            if (field, sentence) not in missing:
                self.message_user(request, _named(field, sentence), messages.ERROR)
        return self._with_notes(request, HttpResponseRedirect(f"{address}?refused=1"))

    def get_urls(self):
        def page(view, name):
            return path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"articles_article_{name}",
            )

        return [
            path(
                "tag-names/",
                self.admin_site.admin_view(self.tag_names),
                name="articles_article_tag_names",
            ),
            page(self.preview, "preview"),
            page(partial(self.move, form_class=ScheduleForm), "schedule"),
            page(partial(self.move, form_class=WithdrawForm), "withdraw"),
            *super().get_urls(),
        ]

    def preview(self, request, pk):
        """Show the page that readers would get if the article were published now."""
        article = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        now = timezone.now()
        whole = publishing.compose(article, now)
        page = gather(whole.edition, whole.bylines, whole.tags, whole.images, now)
        edit_url = with_notes(article.get_absolute_url(), request.GET)
        return render_story(request, page, preview=True, edit_url=edit_url)

    def move(self, request, pk, form_class):
        """Ask for what a move to come needs, and make it."""
        article = get_object_or_404(self.get_queryset(request), pk=pk)
        if not (self.may_publish(request) and self.has_change_permission(request, article)):
            raise PermissionDenied
        seen_move = _latest_move(article)
        form = form_class(
            request.POST or None,
            initial={
                "seen_move": seen_move,
                "note": request.GET.get("publishing_note"),
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
                form.data = {**form.data.dict(), "seen_move": seen_move}
        return TemplateResponse(
            request,
            "admin/articles/article/move.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": form.title,
                "original": article,
                "state_in_words": state_in_words(article),
                "form": form,
                "media": self.media + form.media,
            },
        )

    def tag_names(self, request):
        """Answer the tag field's search with names, in the form that the admin's select reads."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = Tag.objects.filter(name__icontains=request.GET.get("term", ""))[:20]
        return JsonResponse(
            {
                "results": [{"id": tag.name, "text": tag.name} for tag in found],
                "pagination": {"more": False},
            }
        )


def with_notes(address, typed):
    """Return an address that carries on what was typed for the publication to come."""
    notes = {name: typed[name] for name in NOTED if typed.get(name)}
    if not notes:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(notes)}"


def _latest_move(article):
    """Return the number of the latest move of an article, 0 for none."""
    move = article.moves.last()
    return move.pk if move else 0


def _named(field, sentence):
    """Return a reason of a refusal with the field that it is about before it."""
    return f"{NAMES[field]}: {sentence}" if field in NAMES else sentence


def _number(text):
    return int(text) if text and text.isdecimal() else None
