"""The checklist in the article's form, and the second look before publishing with warnings."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from articles.checklist import Item, checklist, warnings_in
from articles.models import Article

from .moves import NAMES, MovePages, ScheduleForm, with_notes


@dataclass(frozen=True)
class Line:
    """A line of the checklist as the form shows it: what it is called, and leads to."""

    name: str
    sentence: str
    anchor: str


@dataclass(frozen=True)
class ShownChecklist:
    items: list[Item]
    blocking: list[Line]
    warning: list[Line]

    @property
    def count(self):
        return len(self.items)


class ChecklistPages(MovePages):
    """The part of the article's admin that shows the checklist, and asks before it is passed over.

    A story with nothing on its list is published at once. One with warnings comes back,
    saved and with the warnings open; the form then names those that were seen, and the
    button publishes unless there is one that was not.
    """

    class Media:
        css = {"all": ["desk/checklist.css"]}
        js = [forms.Script("desk/checklist.js", type="module")]

    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        form = context["adminform"].form
        if article and self.has_change_permission(request, article):
            items = checklist(article)
            context["checklist"] = _shown(items)
            context["seen_warnings"] = _seen(request, items)
            context["is_open"] = "refused" in request.GET or bool(context["seen_warnings"])
            if "refused" in request.GET and request.method == "GET":
                _put_beside_fields(items, form)
        return super().render_change_form(request, context, *args, **kwargs)

    def move(self, request, pk, form_class):
        response = super().move(request, pk, form_class)
        if form_class is ScheduleForm and response.status_code == 200:
            items = checklist(response.context_data["original"])
            # Scheduling is what an embargo asks for.
            items = [item for item in items if item.field != "embargoed_until"]
            response.context_data["checklist"] = _shown(items)
            response.context_data["media"] += forms.Media(css={"all": ["desk/checklist.css"]})
        return response

    def _respond(self, request, article):
        return self._hold_back(request, article) or super()._respond(request, article)

    def _hold_back(self, request, article):
        """Return the way back to the form if there are warnings nobody has seen yet, else None."""
        if "_publish" not in request.POST or not self.may_publish(request):
            return None
        # Read again: the form's own article may remember rows from before they were saved.
        items = checklist(Article.objects.get(pk=article.pk))
        warnings = warnings_in(items)
        unseen = {item.key for item in warnings} - set(request.POST.getlist("seen_warnings"))
        # What blocks is refused by publishing itself, with its reasons.
        if len(warnings) < len(items) or not unseen:
            return None
        self.message_user(
            request,
            _(
                "Saved, but not published yet: look at the warnings below."
                " “Publish anyway” publishes all the same."
            ),
            messages.WARNING,
        )
        return redirect(with_notes(f"{article.get_absolute_url()}?warned=1", request.POST))


def _seen(request, items):
    """Return the keys of the warnings that the person has before them, or had and sent along."""
    if request.method == "POST":
        return request.POST.getlist("seen_warnings")
    return [item.key for item in warnings_in(items)] if "warned" in request.GET else []


def _shown(items):
    return ShownChecklist(
        items,
        blocking=[_line(item) for item in items if item.blocks],
        warning=[_line(item) for item in warnings_in(items)],
    )


def _line(item):
    return Line(NAMES[item.field], item.sentence, _anchor(item))


def _anchor(item):
    """Return the id of what a line of the checklist is about, in the article's form."""
    if item.row is not None:
        return f"{item.field}-{item.row}"
    if item.field in ("bylines", "related_reads"):
        return f"{item.field}-group"
    # A moment has two fields: the day comes first.
    return "id_embargoed_until_0" if item.field == "embargoed_until" else f"id_{item.field}"


def _put_beside_fields(items, form):
    """Show what blocks as the errors of its fields."""
    errors = forms.utils.ErrorDict()
    for item in items:
        if item.blocks:
            errors.setdefault(item.field, form.error_class()).append(item.sentence)
    # An unbound form has no errors of its own that these could hide.
    form._errors = errors
