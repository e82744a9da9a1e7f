"""The buttons and pages that take a story from one person of the desk to another."""

from functools import partial

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import review
from articles.models import Stage
from articles.publishing import Refused
from newsroom import people

from .addresses import article_page
from .gate import StoryGate
from .moves import ask
from .state import brief_time


class PersonField(forms.ModelChoiceField):
    """One of the people who hold one of some permissions, by the name the desk uses."""

    def __init__(self, *permissions, **kwargs):
        self.permissions = permissions
        super().__init__(get_user_model().objects.none(), **kwargs)

    def find_people(self):
        """Ask the database who there is, for a form that is about to be shown or checked."""
        people = get_user_model().objects
        found = people.none()
        for permission in self.permissions:
            found |= people.with_perm(permission)
        self.queryset = found.filter(is_staff=True).distinct().order_by("first_name", "username")

    def label_from_instance(self, person):
        return people.name(person)


class HandoverForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "assignee" in self.fields:
            self.fields["assignee"].find_people()


class HandInForm(HandoverForm):
    title = gettext_lazy("Hand in for review")
    assignee = PersonField(
        "articles.change_article",
        label=gettext_lazy("To"),
        required=False,
        empty_label=gettext_lazy("Whoever has time"),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=admin.widgets.AdminTextareaWidget
    )

    def hand_over(self, article, by, address):
        """Make the move; return what to tell the person. Raises Refused."""
        handover = review.hand_in(article, by=by, address=address, **self.cleaned_data)
        if handover.assignee:
            return _("Handed in to %(who)s.") % {"who": people.name(handover.assignee)}
        return _("Handed in: every editor finds it on the first page.")


class SendBackForm(HandoverForm):
    title = gettext_lazy("Send back")
    assignee = PersonField(
        "articles.change_article",
        "articles.change_own_article",
        label=gettext_lazy("To"),
        required=False,
        empty_label=gettext_lazy("Who began it"),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        widget=admin.widgets.AdminTextareaWidget,
        help_text=gettext_lazy("What is to be done before it can be published."),
    )

    def hand_over(self, article, by, address):
        """Make the move; return what to tell the person. Raises Refused."""
        handover = review.send_back(article, by=by, address=address, **self.cleaned_data)
        if handover.assignee:
            return _("Sent back to %(who)s.") % {"who": people.name(handover.assignee)}
        return _("Sent back.")


class ReadyForm(HandoverForm):
    title = gettext_lazy("Mark ready")
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=admin.widgets.AdminTextareaWidget
    )

    def hand_over(self, article, by, address):
        """Make the move; return what to tell the person. Raises Refused."""
        review.mark_ready(article, by=by, **self.cleaned_data)
        return _("Marked as ready.")


FORMS = {"hand_in": HandInForm, "send_back": SendBackForm, "mark_ready": ReadyForm}


class ReviewPages(StoryGate):
    """The part of the article's admin that hands stories over."""

    def get_urls(self):
        return [
            *(article_page(self, partial(self.hand_over, move=move), move) for move in FORMS),
            *super().get_urls(),
        ]

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_handover(request, obj) or super().response_add(
            request, obj, post_url_continue
        )

    def response_change(self, request, obj):
        return self._to_handover(request, obj) or super().response_change(request, obj)

    def _to_handover(self, request, article):
        """Go on from a save to the page of the button that was pressed; None for another one."""
        for move in self._handovers(request, article):
            if f"_{move}" in request.POST:
                return redirect(f"admin:articles_article_{move}", article.pk)
        return None

    def _handovers(self, request, article):
        """Return the moves that somebody may make with a story, and that apply to it."""
        if not self.has_change_permission(request, article):
            return []
        moves = ["hand_in"] if article.stage != Stage.READY else []
        if request.user.has_perm("articles.change_article"):
            moves += ["send_back"] if article.stage != Stage.DRAFTING else []
            moves += ["mark_ready"] if article.stage != Stage.READY else []
        return moves

    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        if article:
            context["handovers"] = self._handovers(request, article)
            context["stage_in_words"] = stage_in_words(article, latest_handover(article))
        elif self.has_add_permission(request):
            context["handovers"] = ["hand_in"]
        return super().render_change_form(request, context, *args, **kwargs)

    def hand_over(self, request, pk, move):
        """Ask for what a handover needs, and make it."""
        article = get_object_or_404(self.get_queryset(request), pk=pk)
        may_review = request.user.has_perm("articles.change_article")
        if not self.has_change_permission(request, article) or not (
            may_review or move == "hand_in"
        ):
            raise PermissionDenied
        latest = latest_handover(article)
        seen = latest.pk if latest else 0
        initial = {"seen": seen}
        if move == "send_back":
            initial["assignee"] = review.writer_of(article)
        form = FORMS[move](request.POST or None, initial=initial)
        if form.is_valid():
            address = request.build_absolute_uri(article.get_absolute_url())
            try:
                self.message_user(request, form.hand_over(article, request.user, address))
                return redirect(article)
            except Refused as refusal:
                for field, sentence in refusal.reasons:
                    form.add_error(field or None, sentence)
                # They have been told now, and may decide again.
                form.data = {**form.data.dict(), "seen": seen}
        return ask(self, request, article, form, stage_in_words=stage_in_words(article, latest))


def latest_handover(article):
    """Return the latest record of a handover with its people, None when there is none."""
    return article.handovers.select_related("made_by", "assignee").last()


def stage_in_words(article, handover):
    """Return sentences on how far the desk is with an article.

    For example: "In review by Ann since 9:40, handed in by Ben: “Please check the figures.”"
    """
    if handover is None or handover.stage != article.stage:
        # Never handed over, or not since it was published.
        return "" if article.stage == Stage.DRAFTING else f"{Stage(article.stage).label}."
    words = {
        "who": people.name(handover.made_by),
        "to": people.name(handover.assignee, ""),
        "time": brief_time(handover.made_at),
        "note": handover.note,
    }
    if handover.stage == Stage.IN_REVIEW:
        sentence = (
            _("In review by %(to)s: handed in by %(who)s, %(time)s.")
            if handover.assignee
            else _("In review, by nobody yet: handed in by %(who)s, %(time)s.")
        )
    elif handover.stage == Stage.READY:
        sentence = _("Ready, says %(who)s, %(time)s.")
    else:
        sentence = (
            _("Drafting: sent back to %(to)s by %(who)s, %(time)s.")
            if handover.assignee
            else _("Drafting: sent back by %(who)s, %(time)s.")
        )
    sentences = [sentence % words]
    if handover.note:
        sentences.append(_("“%(note)s”") % words)
    if article.changed_by_id != handover.made_by_id and article.changed_at > handover.made_at:
        sentences.append(
            _("Changed since by %(who)s, %(time)s.")
            % {
                "who": people.name(article.changed_by),
                "time": brief_time(article.changed_at),
            }
        )
    return " ".join(sentences)
