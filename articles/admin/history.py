"""A story's history: every save, edition, move and handover; compared and restored."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import CharField, F, Value
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from reversion.models import Version

from articles.models import Article, Edition, Handover, PublishingMove, Stage
from articles.views.as_it_was import past_address_of
from newsroom import people
from newsroom.keys import read_key

from . import snapshot
from .addresses import article_page
from .deleted import tell_left_out
from .differences import differences
from .gate import StoryGate
from .left_out import without_the_deleted
from .revisions import in_words, read_edition, read_save, record, record_unrecorded, saves_of
from .state import list_time

PER_PAGE = 50
# The name of the working copy among the points that can be compared.
NOW = "now"
SHOWN_MOVES = [PublishingMove.Kind.WITHDRAW, PublishingMove.Kind.CANCEL]


class HistoryPages(StoryGate):
    """The part of the article's admin that keeps each save, and shows and restores them."""

    def get_urls(self):
        return [
            article_page(self, require_POST(self.restore), "restore"),
            *super().get_urls(),
        ]

    # Keeping

    def save_model(self, request, obj, form, change):
        # Behind this line the form writes: what stood here is asked for now.
        if not hasattr(request, "stood_here"):
            request.stood_here = record_unrecorded(obj) if change else snapshot.stored(None)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        now = snapshot.stored(Article.objects.get(pk=form.instance.pk))
        changed = snapshot.changed_parts(request.stood_here, now)
        if change and not changed:
            return
        comment = getattr(request, "restored", "") or (in_words(changed) if change else _("Begun"))
        record(form.instance, request.user, comment)

    # Looking up

    def history_view(self, request, object_id, extra_context=None):
        """Show what became of an article; with two points chosen, what differs between them."""
        article = self.get_object(request, object_id)
        if article is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, article):
            raise PermissionDenied
        page = Paginator(_timeline(article), PER_PAGE).get_page(request.GET.get("p"))
        events = _events(article, page.object_list)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("History"),
            "original": article,
            "page": page,
            "events": events,
            "may_restore": self.has_change_permission(request, article),
            "one": request.GET.get("one"),
            "other": request.GET.get("other") or NOW,
            "now": NOW,
        }
        if request.GET.get("one"):
            points = [_read_point(article, context[name]) for name in ("one", "other")]
            parts = None
            if any(isinstance(source, Edition) for source, _label, _snapshot in points):
                # Readers' editions have no embargo that could differ.
                parts = [part for part in snapshot.PARTS if part not in snapshot.MOMENTS]
            (_source, context["one_label"], one), (_source, context["other_label"], other) = points
            context["differences"] = differences(one, other, parts)
            context["compared"] = True
            shown = {event["key"] for event in events} | {NOW}
            # Chosen on another page of the list, they stay chosen on this one.
            context["kept_one"] = context["one"] not in shown
            context["kept_other"] = context["other"] not in shown
        return TemplateResponse(request, "admin/articles/article/history.html", context)

    def restore(self, request, pk):
        """Save what stood in an old save or edition again, as if somebody had typed it."""
        with transaction.atomic():
            # Nobody saves between the look at what stands there and its replacement.
            Article.objects.locked().filter(pk=pk).first()
            article = get_object_or_404(self.get_queryset(request), pk=pk)
            if not self.has_change_permission(request, article):
                raise PermissionDenied
            if not request.POST.get("point"):
                return redirect("admin:articles_article_history", article.pk)
            if request.POST.get("seen_fingerprint") != article.fingerprint:
                self.message_user(
                    request,
                    _("%(who)s saved this story at %(time)s. Look again before you restore.")
                    % {
                        "who": people.name(article.changed_by, _("Somebody")),
                        "time": list_time(article.changed_at),
                    },
                    messages.WARNING,
                )
                return redirect("admin:articles_article_history", article.pk)
            source, label, wanted = _read_point(article, request.POST["point"])
            if isinstance(source, Edition):
                wanted["embargoed_until"] = snapshot.stored(article)["embargoed_until"]
            wanted, left_out = without_the_deleted(wanted)
            tell_left_out(self, request, left_out)
            request.restored = _("Restored: %(point)s") % {"point": label}
            request.POST = snapshot.posted(wanted, article)
            request.POST["_continue"] = "1"
            address = article.get_absolute_url()
            response = self.changeform_view(request, str(article.pk), address)
            if response.status_code != 302:
                # The form is shown again, with what keeps it from being saved.
                return response
            self.message_user(
                request,
                _(
                    "Restored: %(point)s. Readers see nothing of it before it is published; what"
                    " stood here until now is in the history."
                )
                % {"point": label},
                messages.SUCCESS,
            )
            return redirect(address)


def _timeline(article):
    """Return a query of (kind, primary key, moment) of all that happened, latest first."""

    def rows(kind, queryset, moment):
        return (
            queryset.order_by()
            .annotate(kind_of_row=Value(kind, output_field=CharField()), moment=F(moment))
            .values_list("kind_of_row", "id", "moment")
        )

    return (
        rows("save", Version.objects.get_for_object(article), "revision__date_created")
        .union(
            rows("edition", article.editions.all(), "made_at"),
            rows("move", article.moves.filter(kind__in=SHOWN_MOVES), "made_at"),
            rows("handover", article.handovers.all(), "made_at"),
            all=True,
        )
        .order_by("-moment", "-kind_of_row", "-id")
    )


def _events(article, rows):
    """Return for each row of the timeline what the page says of it."""
    wanted = {"save": [], "edition": [], "move": [], "handover": []}
    for kind, pk, _moment in rows:
        wanted[kind].append(pk)
    found = {
        # The words themselves are not shown here.
        "save": saves_of(article).defer("serialized_data").in_bulk(wanted["save"]),
        "edition": Edition.objects.select_related("made_by")
        .defer("body")
        .in_bulk(wanted["edition"]),
        "move": PublishingMove.objects.select_related("made_by").in_bulk(wanted["move"]),
        "handover": Handover.objects.select_related("made_by", "assignee").in_bulk(
            wanted["handover"]
        ),
    }
    now = timezone.now()
    keys = [f"{kind}-{pk}" if kind in ("save", "edition") else "" for kind, pk, _moment in rows]
    return [
        {
            "kind": kind,
            "key": keys[place],
            # The state that it followed, as far as this page knows.
            "before": next(filter(None, keys[place + 1 :]), "") if keys[place] else "",
            "moment": moment,
            "row": (row := found[kind][pk]),
            "who": people.name(row.revision.user if kind == "save" else row.made_by, _("Somebody")),
            # Where its page is as readers had it, if they ever had.
            "as_readers_saw_it": past_address_of(row, now) if kind == "edition" else None,
            "stage": Stage(row.stage).label if kind == "handover" else "",
            "assignee": people.name(row.assignee, "") if kind == "handover" else "",
        }
        for place, (kind, pk, moment) in enumerate(rows)
    ]


def _read_point(article, key):
    """Return (row, label, snapshot) of what a key names: a save, an edition, the working copy.

    Raises Http404 if the article has no such point.
    """
    kind, _dash, number = key.partition("-")
    pk = read_key(number)
    if key == NOW:
        return article, _("the working copy"), snapshot.stored(article)
    if kind == "save" and pk:
        version = get_object_or_404(saves_of(article), pk=pk)
        who, moment = version.revision.user, version.revision.date_created
        label, found = gettext_lazy("%(time)s, saved by %(who)s"), read_save(version)
    elif kind == "edition" and pk:
        version = get_object_or_404(article.editions.select_related("made_by", "lead_image"), pk=pk)
        who, moment = version.made_by, version.live_from
        label, found = gettext_lazy("%(time)s, edition by %(who)s"), read_edition(version)
    else:
        raise Http404
    return version, label % {"time": list_time(moment), "who": people.name(who)}, found
