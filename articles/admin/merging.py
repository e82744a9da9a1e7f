"""Two people at one story: what each wrote is kept, and what both wrote is decided by hand.

The form carries, as ``base``, the snapshot of the article as it was opened. When it is
sent, the parts that only somebody else changed meanwhile are taken over; parts that
both changed stop the save and are shown side by side, with ``seen`` (the other's value
of each as it was shown) and a choice ``decide_<part>`` for each.
"""

import json
from dataclasses import dataclass

from django.contrib import admin, messages
from django.db import transaction
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from articles.models import Article
from articles.models.body_field import sanitise_body
from newsroom import people
from newsroom.hidden_field import read_object
from newsroom.keys import read_key

from . import snapshot
from .differences import LABELS, PartDifference, differences
from .state import brief_time

MOVES = ("_publish", "_schedule", "_withdraw", "_cancel")


@dataclass(frozen=True)
class Conflict:
    """A part that two people changed: what it was, and what each made of it."""

    theirs: PartDifference
    yours: PartDifference

    @property
    def part(self):
        return self.yours.part

    @property
    def field(self):
        """The name of the choice between the two."""
        return f"decide_{self.part}"


class MergePages(admin.ModelAdmin):
    """The part of the article's admin that lets nobody's words be overwritten in silence."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        # Who saves holds the article until it is done: nothing can change in between.
        with transaction.atomic():
            article = (
                Article.objects.locked()
                .select_related("changed_by")
                .filter(pk=read_key(str(object_id)))
                .first()
            )
            if article is None and self.has_add_permission(request):
                request.problem = _(
                    "Somebody deleted this story while you had it open. All that you typed is"
                    " still here: save it, and it is a new story."
                )
                request.POST = self._posted(request.POST, snapshot.typed(request.POST), None)
                add = reverse("admin:articles_article_add")
                return super().changeform_view(request, None, add, extra_context)
            if article and self.has_change_permission(request, article):
                self._merge(request, article)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _merge(self, request, article):
        """Bring what others saved meanwhile into what is posted; note what both changed."""
        theirs, yours = snapshot.stored(article), snapshot.typed(request.POST)
        base = read_snapshot(request.POST.get("base")) or dict(theirs)
        for part, value in read_parts(request.POST.get("seen")).items():
            decision = request.POST.get(f"decide_{part}")
            if decision in ("mine", "theirs"):
                base[part] = value
                yours[part] = value if decision == "theirs" else yours[part]
        merged, conflicts = snapshot.merge(base, theirs, yours)
        taken = snapshot.changed_parts(yours, merged)
        if merged != snapshot.typed(request.POST):
            request.POST = self._posted(request.POST, merged, article)
        who = people.name(article.changed_by, _("Somebody"))
        time = brief_time(article.changed_at)
        if conflicts:
            request.problem = _(
                "%(who)s saved this story at %(time)s, while you had it open, and changed what you"
                " changed too. Nothing is saved yet, and nothing is lost: decide below."
            ) % {"who": who, "time": time}
            request.conflicts = _conflicts(conflicts, base, theirs, merged)
            request.base = theirs | {part: base[part] for part in conflicts}
            request.seen = {part: theirs[part] for part in conflicts}
        elif taken:
            self._tell(request, who, time, taken)

    def _tell(self, request, who, time, taken):
        """Say what came in, and hold back a move: it would publish what nobody has read here."""
        parts = get_text_list([str(LABELS[part]) for part in taken], _("and"))
        sentence = _("%(who)s saved this story at %(time)s too: %(parts)s. Both are kept.") % {
            "who": who,
            "time": time,
            "parts": parts,
        }
        if any(move in request.POST for move in MOVES):
            for move in MOVES:
                request.POST.pop(move, None)
            request.POST["_continue"] = "1"
            sentence += " " + _("Nothing else was done: look, and press the button again.")
        self.message_user(request, sentence, messages.WARNING)

    def _posted(self, post, wanted, article):
        """Return what is posted with another snapshot in it; buttons and notes stay."""
        rewritten = snapshot.posted(wanted, article)
        for name in post:
            is_row = name.startswith(tuple(f"{part}-" for part in snapshot.ROWS))
            if name not in rewritten and not is_row and name not in snapshot.PARTS:
                rewritten.setlist(name, post.getlist(name))
        return rewritten

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.problem = getattr(request, "problem", "")
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        opened = getattr(request, "base", None) or read_snapshot(request.POST.get("base"))
        context["base"] = json.dumps(opened or snapshot.stored(article))
        context["seen"] = json.dumps(getattr(request, "seen", {}))
        context["conflicts"] = getattr(request, "conflicts", [])
        return super().render_change_form(request, context, *args, **kwargs)


def _conflicts(parts, base, theirs, yours):
    of_theirs = {each.part: each for each in differences(base, theirs, parts)}
    of_yours = {each.part: each for each in differences(base, yours, parts)}
    return [Conflict(of_theirs[part], of_yours[part]) for part in parts]


def read_snapshot(text):
    """Return the snapshot that a hidden field of the form holds; None where it holds none."""
    parts = read_parts(text)
    return parts if set(snapshot.PARTS) <= parts.keys() else None


def read_parts(text):
    """Return those parts of a snapshot that a hidden field of the form holds.

    Its body is sanitised like any that comes in: it is shown as HTML beside what it became.
    """
    found = read_object(text)
    parts = {part: value for part, value in found.items() if part in snapshot.PARTS}
    if "body" in parts:
        parts["body"] = sanitise_body(str(parts["body"]))
    return parts
