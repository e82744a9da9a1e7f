"""The log of who did what, as administrators read it: nobody changes anything here."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import OuterRef
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authors.log import Kind, account_in_words, log
from authors.models import LoggedAct
from newsroom.deletions import BoundedDeletions
from newsroom.each_row import has_any
from newsroom.keys import read_key
from newsroom.long_list import (
    LOOKED_THROUGH,
    FirstRows,
    LongList,
    bounded_title,
    look_through,
    offered,
)

# What each detail is called; those that are moments stand apart.
DETAILS = {
    "note": gettext_lazy("Note"),
    "for_whom": gettext_lazy("For whom"),
    "into": gettext_lazy("Into"),
    "was": gettext_lazy("Was called"),
    "changed": gettext_lazy("Changed"),
    "given": gettext_lazy("Given"),
    "taken": gettext_lazy("Taken"),
    "is_superuser": gettext_lazy("Is a superuser"),
    "refused": gettext_lazy("Refused unread, after too many"),
    "more_not_logged": gettext_lazy("More of these within a minute are not logged"),
    "command": gettext_lazy("Command"),
    "rows": gettext_lazy("Rows"),
    "sessions": gettext_lazy("Sessions"),
    "file": gettext_lazy("File"),
    "factor": gettext_lazy("Second factor"),
}
MOMENTS = {
    "at": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
    "before": gettext_lazy("Before"),
}


class LogsDeletions(BoundedDeletions):
    """The part of an admin that logs who deleted which row."""

    def delete_model(self, request, obj):
        with transaction.atomic():
            log(Kind.DELETE, obj)
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        with transaction.atomic():
            for each in queryset:
                log(Kind.DELETE, each)
            super().delete_queryset(request, queryset)


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("what")
    parameter_name = "what"

    def lookups(self, request, model_admin):
        return Kind.choices

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() in Kind.values else queryset


class PersonFilter(admin.SimpleListFilter):
    title = gettext_lazy("who")
    parameter_name = "who"

    def lookups(self, request, model_admin):
        acts = LoggedAct.objects.filter(who_key=OuterRef("pk"))
        accounts = get_user_model().objects.filter(has_any(acts)).order_by("username")
        chosen = self.value()
        last = LoggedAct.objects.values_list("who_key", flat=True)[:LOOKED_THROUGH]
        rows, has_more = offered(accounts, [chosen or ""], filter(None, last))
        if has_more:
            self.title = bounded_title(self.title)
        found = {str(account.pk): account_in_words(account) for account in rows}
        if chosen and chosen not in found and (key := read_key(chosen)) is not None:
            # An account that is deleted is still called something here.
            last = LoggedAct.objects.filter(who_key=key).values_list("who", flat=True).first()
            found[chosen] = last or chosen
        return found.items()

    def queryset(self, request, queryset):
        return queryset.filter(who_key=read_key(self.value())) if self.value() else queryset


class ChosenFilter(admin.SimpleListFilter):
    """Narrows the list to what was clicked on in it, and offers nothing else."""

    def lookups(self, request, model_admin):
        return [(self.value(), self.value())] if self.value() else []


class AddressFilter(ChosenFilter):
    title = gettext_lazy("from where")
    parameter_name = "address"

    def queryset(self, request, queryset):
        chosen = (self.value() or "").replace("\0", "")
        return queryset.filter(address=chosen) if chosen else queryset


class SubjectFilter(ChosenFilter):
    title = gettext_lazy("on what")
    parameter_name = "subject"

    def queryset(self, request, queryset):
        kind, _colon, key = (self.value() or "").replace("\0", "").partition(":")
        if not kind:
            return queryset
        return queryset.filter(subject_type=kind, subject_key=read_key(key))


class Log(LongList):
    time, filter_name = "happened_at", "what"

    @property
    def looked_for(self):
        """No index has the acts of one kind by one person, or from one address."""
        others = {filter.parameter_name for filter in (PersonFilter, AddressFilter, SubjectFilter)}
        for spec in self.filter_specs:
            if getattr(spec, "parameter_name", None) in others and spec.value():
                return frozenset(Kind.values)
        return frozenset()


@admin.register(LoggedAct)
class LogAdmin(admin.ModelAdmin):
    list_display = ["moment", "kind", "by_whom", "on_what", "from_where"]
    list_filter = [KindFilter, PersonFilter, "happened_at", AddressFilter, SubjectFilter]
    search_fields = ["who", "subject", "address"]
    search_help_text = gettext_lazy("Looks for names, headlines and addresses.")
    fields = ["moment", "kind", "by_whom", "on_what", "from_where", "more"]
    readonly_fields = fields
    paginator = FirstRows
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = []
    actions = None

    class Media:
        css = {"all": ["desk/log.css"]}

    # Not for superusers either, to whom Django gives every permission.

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_changelist(self, request, **kwargs):
        return Log

    def get_search_results(self, request, queryset, search_term):
        """Search the words of what happened last."""
        if search_term:
            queryset = look_through(queryset, "happened_at")
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request, extra_context=None):
        context = {"title": _("Who did what")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    # What is shown

    @admin.display(description=gettext_lazy("when"))
    def moment(self, act):
        return _in_words(act.happened_at)

    @admin.display(description=gettext_lazy("who"))
    def by_whom(self, act):
        if act.who_key is None:
            command = act.details.get("command")
            return _("command “%(name)s”") % {"name": command} if command else _("not signed in")
        return _narrowed({"who": act.who_key}, act.who)

    @admin.display(description=gettext_lazy("on what"))
    def on_what(self, act):
        if act.subject_key is None:
            return act.subject or "–"
        all_of_it = _narrowed({"subject": f"{act.subject_type}:{act.subject_key}"}, _("its log"))
        try:
            page = f"admin:{act.subject_type.replace('.', '_')}_change"
            own = format_html(
                '<a href="{}">{}</a>', reverse(page, args=[act.subject_key]), act.subject
            )
        except NoReverseMatch:
            own = act.subject
        return format_html("{} ({})", own, all_of_it)

    @admin.display(description=gettext_lazy("from where"))
    def from_where(self, act):
        return _narrowed({"address": act.address}, act.address) if act.address else "–"

    @admin.display(description=gettext_lazy("details"))
    def more(self, act):
        lines = [(label, act.details.get(name)) for name, label in DETAILS.items()]
        lines += [
            (label, _in_words(parse_datetime(act.details[name])))
            for name, label in MOMENTS.items()
            if name in act.details
        ]
        shown = [
            (label, ", ".join(value) if isinstance(value, list) else value)
            for label, value in lines
            if value
        ]
        return format_html_join("", "<div>{}: {}</div>", shown) or "–"


def _in_words(moment):
    # Translators: Django's date format characters, for a moment to the second.
    return date_format(timezone.localtime(moment), _("j M Y, H:i:s"))


def _narrowed(to, words):
    """Return a link to the list, narrowed."""
    address = reverse("admin:authors_loggedact_changelist", query=to)
    return format_html('<a href="{}">{}</a>', address, words)
