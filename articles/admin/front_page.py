"""The front pages: who leads, in which order, from when on."""

import json

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Prefetch, Q, Subquery
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Edition, FrontPage, FrontPagePick
from articles.publishing import spoken_time, wait_for_clock
from authors.log_admin import LogsDeletions
from newsroom import people
from newsroom.hidden_field import read_object
from newsroom.keys import read_key, read_keys

from .front_page_form import PICKS, FrontPageForm, PickInline, posted_rows, that_may_lead
from .front_page_previews import FOUND, SHOWN, FrontPagePreviews
from .state import list_time


@admin.register(FrontPage)
class FrontPageAdmin(LogsDeletions, FrontPagePreviews):
    form = FrontPageForm
    inlines = [PickInline]
    fields = ["live_from", "note"]
    list_display = ["__str__", "when", "leads", "note", "made_by", "ways_on"]
    list_display_links = None
    list_select_related = ["made_by"]
    list_per_page = 30
    actions = None
    view_on_site = False

    class Media:
        css = {"all": ["desk/front_page.css"]}
        js = [forms.Script("desk/front_page.js", type="module")]

    # The list

    def get_queryset(self, request):
        picks = Prefetch(PICKS, FrontPagePick.objects.select_related("article"))
        live_pk = Subquery(FrontPage.objects.live().values("pk"))
        return super().get_queryset(request).prefetch_related(picks).annotate(live_pk=live_pk)

    @admin.display(description=gettext_lazy("state"))
    def when(self, front_page):
        if not front_page.has_begun():
            return _("To come: from %(time)s") % {"time": list_time(front_page.live_from)}
        return _("Readers have it now") if front_page.pk == front_page.live_pk else _("Past")

    @admin.display(description=gettext_lazy("lead stories"))
    def leads(self, front_page):
        return format_html_join(
            "", "<p>{}</p>", ((pick.article,) for pick in front_page.front_page_picks.all())
        )

    @admin.display(description=gettext_lazy("what next"))
    def ways_on(self, front_page):
        """Links; what the person may not do is refused at the address."""
        about = [front_page.pk]
        links = [
            (reverse("admin:articles_frontpage_preview", args=about), _("See it")),
            (f"{reverse('admin:articles_frontpage_add')}?copy={front_page.pk}", _("Copy")),
        ]
        if not front_page.has_begun():
            links = [
                (reverse("admin:articles_frontpage_change", args=about), _("Change")),
                *links,
                (reverse("admin:articles_frontpage_delete", args=about), _("Take back")),
            ]
        return format_html_join(" ", '<a href="{}">{}</a>', links)

    # Who may do what: what has begun is a record

    def has_change_permission(self, request, obj=None):
        may = super().has_change_permission(request, obj)
        return may and not (obj and obj.pk and obj.has_begun())

    def has_delete_permission(self, request, obj=None):
        may = super().has_delete_permission(request, obj)
        return may and not (obj and obj.pk and obj.has_begun())

    # The form

    def get_changeform_initial_data(self, request):
        # The picks are the inline's; see get_formset_kwargs.
        return {}

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and obj.pk is None:
            kwargs["initial"] = self._proposed(request)
        return kwargs

    def get_formsets_with_inlines(self, request, obj=None):
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            if obj is None:
                formset.extra = len(self._proposed(request))
            yield formset, inline

    def _proposed(self, request):
        """Return the picks that a new front page begins with: those of the one that it replaces.

        ``?copy=`` names another to begin with, ``?lead=1,2`` the articles to put before them.
        """
        if not hasattr(request, "proposed"):
            copy = read_key(request.GET.get("copy", ""))
            lead = read_keys(request.GET.get("lead", "").split(","))
            picks = (
                FrontPagePick.objects.filter(front_page=copy)
                .order_by("position", "pk")
                .values_list("article_id", flat=True)
                if copy
                else FrontPagePick.objects.articles_at(timezone.now())
            )
            wanted = dict.fromkeys([*lead, *picks])
            request.proposed = [
                {"article": pk, "position": place}
                for place, pk in enumerate(that_may_lead(wanted), start=1)
            ]
        return request.proposed

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            # Who makes a front page waits here for whoever is making one.
            latest = FrontPage.objects.select_for_update().order_by("-pk").first()
            request.problem = _news(read_object(request.POST.get("seen")), _standing())
            if latest:
                request.problem = wait_for_clock(latest.made_at) or request.problem
            to_come = FrontPage.objects.to_come()
            if object_id and not to_come.filter(pk=read_key(object_id)).exists():
                request.problem = _(
                    "This front page has begun, or was taken back, while you had it open. What"
                    " you chose is still here: save it, and it is a new one."
                )
                request.POST, object_id = _as_new(request.POST), None
                form_url = reverse("admin:articles_frontpage_add")
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.problem = getattr(request, "problem", "")
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        context["seen"] = json.dumps({pk: seen for pk, (seen, _page) in _standing().items()})
        context["newest"] = Edition.objects.live().only(*SHOWN).latest_first()[:FOUND]
        context["next_ones"] = FrontPage.objects.to_come().select_related("made_by")
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.made_by = request.user
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        return self.response_change(request, obj)

    def response_change(self, request, obj):
        if obj.has_begun():
            sentence = _("Readers have this front page now.")
        else:
            sentence = _("Readers get this front page on %(time)s.") % {
                "time": spoken_time(obj.live_from)
            }
        self.message_user(request, sentence, messages.SUCCESS)
        return redirect("admin:articles_frontpage_changelist")


def _standing():
    """Return {primary key: (what stands there, front page)} of the live one and those to come."""
    now = timezone.now()
    pages = (
        FrontPage.objects.filter(Q(pk__in=FrontPage.objects.live(now)) | Q(live_from__gt=now))
        .select_related("made_by")
        .prefetch_related(PICKS)
    )
    return {
        str(page.pk): (
            f"{page.live_from.timestamp()} {[p.article_id for p in page.front_page_picks.all()]}",
            page,
        )
        for page in pages
    }


def _news(seen, standing):
    """Return a sentence on what was made or changed since a form was opened, "" for nothing."""
    changed = [
        _("%(front_page)s, by %(who)s") % {"front_page": page, "who": people.name(page.made_by)}
        for pk, (stands, page) in standing.items()
        if seen.get(pk) != stands
    ]
    if not changed:
        return ""
    return _(
        "Since you opened this form another front page was made or changed: %(changed)s. Nothing"
        " is saved yet, and what you chose is still here: look at the other, then save again to"
        " have yours."
    ) % {"changed": get_text_list(changed, _("and"))}


def _as_new(post):
    """Return what is posted for a front page as the form of a new one posts it, at once."""
    new = post.copy()
    rows = [
        {name: post.get(f"{prefix}-{name}", "") for name in ("article", "position")}
        for prefix in posted_rows(post)
    ]
    for name in post:
        if name.startswith((f"{PICKS}-", "live_from_")):
            del new[name]
    new[f"{PICKS}-INITIAL_FORMS"], new[f"{PICKS}-TOTAL_FORMS"] = "0", str(len(rows))
    for number, row in enumerate(rows):
        for name, value in row.items():
            new[f"{PICKS}-{number}-{name}"] = value
    return new
