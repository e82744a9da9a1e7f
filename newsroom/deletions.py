"""Deleting in the admin, bounded: to ask first costs the same whatever number of rows point there.

Django's own page loads them all, and asks the database what each is called.
"""

from collections import Counter

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.db import IntegrityError, connection, transaction
from django.db.models import CASCADE, PROTECT, RESTRICT, ProtectedError, RestrictedError
from django.db.models.deletion import get_candidate_relations_to_delete
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from newsroom.long_list import ChosenRows

# So many rows of each relation are named, and counted.
SHOWN = 20
# How it ends if something came to point at a row after it was asked what does.
PUT_TO_USE = (ProtectedError, RestrictedError, IntegrityError)


class BoundedDeletions(ChosenRows):
    """The part of an admin that says what goes with rows, or keeps them, before it deletes."""

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except PUT_TO_USE:
            return self._look_again(request)

    def response_action(self, request, queryset):
        try:
            # Django writes down what it deletes before it does.
            with transaction.atomic():
                return super().response_action(request, queryset)
        except PUT_TO_USE:
            return self._look_again(request)

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        _check_what_points_there()

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        _check_what_points_there()

    def _look_again(self, request):
        """Lead back to where somebody was asked, or chose."""
        message = _(
            "Nothing was deleted: somebody has put it to use at this very moment. Look again."
        )
        self.message_user(request, message, messages.ERROR)
        return redirect(request.get_full_path())

    def get_deleted_objects(self, objs, request):
        """Return, as Django's own does, what the page shows of the rows that are to be deleted.

        That is: lines of the rows and of what goes with them, {name of a model: how many},
        the names of models whose rows the person may not delete, and lines of what keeps the
        rows. Of a relation SHOWN rows are looked at, whatever number there is. One query for
        each relation, and one for each model with an admin of its own.
        """
        objs = list(objs)
        lines, protected, perms_needed = self._lines(objs), [], self._refused(request, objs)
        counts = Counter()
        for on_delete, rows in _pointing_at(self.model, objs):
            found = list(_with_names(rows)[: SHOWN + 1])
            if not found:
                continue
            if on_delete is CASCADE:
                counts[found[0]._meta.verbose_name_plural] += len(found)
                perms_needed |= self._refused(request, found)
            shown = lines if on_delete is CASCADE else protected
            shown += self._few_lines(request, found)
        in_figures = {self.opts.verbose_name_plural: len(objs)} | {
            name: f"{SHOWN}+" if count > SHOWN else count for name, count in counts.items()
        }
        return lines, in_figures, perms_needed, protected

    def _refused(self, request, rows):
        """Return the name of the rows' model as a set if the person may not delete each of them."""
        model_admin = self._admin_of(rows)
        if model_admin is None or all(
            model_admin.has_delete_permission(request, row) for row in rows
        ):
            return set()
        return {model_admin.opts.verbose_name}

    def _few_lines(self, request, found):
        """Return lines of SHOWN rows at most, without those that the person may not see."""
        rows, things = found[:SHOWN], capfirst(found[0]._meta.verbose_name_plural)
        if model_admin := self._admin_of(found):
            seen = model_admin.get_queryset(request).filter(pk__in=[row.pk for row in rows])
            seen = set(seen.order_by().values_list("pk", flat=True))
            may_see = model_admin.has_view_permission(request)
            rows = [row for row in rows if may_see and row.pk in seen]
        lines = self._lines(rows)
        if len(rows) < len(found[:SHOWN]):
            lines.append(_("%(things)s that you may not see") % {"things": things})
        if len(found) > SHOWN:
            lines.append(
                _("%(things)s: more than %(number)s") % {"things": things, "number": SHOWN}
            )
        return lines

    def _lines(self, rows):
        """Return what rows are called, each once, with links to those that have a page."""
        if model_admin := self._admin_of(rows):
            opts = model_admin.opts
            page = f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_change"
            return [
                format_html(
                    '{}: <a href="{}">{}</a>',
                    capfirst(opts.verbose_name),
                    reverse(page, args=[quote(row.pk)]),
                    row,
                )
                for row in rows
            ]
        # Rows that join two others are often called like one of them.
        return list(dict.fromkeys(f"{capfirst(row._meta.verbose_name)}: {row}" for row in rows))

    def _admin_of(self, rows):
        model = type(rows[0]) if rows else None
        is_known = model and self.admin_site.is_registered(model)
        return self.admin_site.get_model_admin(model) if is_known else None


def _check_what_points_there():
    """Have PostgreSQL check references now: at the end, success would have been told by then.

    On SQLite nobody else writes between the question and the end.
    """
    if connection.vendor == "postgresql":
        connection.check_constraints()


def _pointing_at(model, rows):
    """Yield (on_delete, queryset) of all that keeps rows of a model, or goes with them."""
    for relation in get_candidate_relations_to_delete(model._meta):
        if relation.on_delete in (CASCADE, PROTECT, RESTRICT):
            others = relation.related_model._base_manager
            pointing = others.filter(**{f"{relation.field.name}__in": rows}).order_by()
            yield relation.on_delete, pointing
            if relation.on_delete is CASCADE:
                yield from _pointing_at(relation.related_model, pointing)


def _with_names(rows):
    """Fetch rows along with what they point at: many are called like one of those."""
    fields = rows.model._meta.concrete_fields
    return rows.select_related(*[field.name for field in fields if field.is_relation])
