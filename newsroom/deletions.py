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

# So many rows are named, and counted.
SHOWN = 20
# Several of the rows that are looked at may belong to one that is named.
LOOKED_AT = 10 * SHOWN
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

        That is: lines of the rows and, while nothing keeps them, of what goes with them; {name
        of a model: how many}; the names of models whose rows the person may not delete; and
        lines of what keeps the rows. A row without a page in the admin is called by the one
        with a page that it belongs to. Of a relation LOOKED_AT rows are looked at, whatever
        number there is. One query for each relation, and two for each model whose pages are
        named.
        """
        objs = list(objs)
        counts, going, keeping, protected = Counter(), [], {}, []
        pointing = _pointing_at(self.model, objs, self.admin_site.is_registered)
        for on_delete, rows, way, owner in pointing:
            found = list(rows.values_list(way or "pk", flat=True)[:LOOKED_AT])
            keys, things = set(found), rows.model._meta.verbose_name_plural
            if not found:
                continue
            if on_delete is CASCADE:
                counts[things] += len(found)
                if way:
                    going.append((owner, keys, rows.model._meta))
            elif way:
                keeping.setdefault(owner, set()).update(keys)
            else:
                protected.append(f"{capfirst(things)}: {_in_figures(len(found))}")
        for model, keys in keeping.items():
            protected += self._few_lines(request, model, keys, model._meta)
        lines = self._lines(objs)
        if not protected:
            for model, keys, opts in going:
                # The row goes, what it is called by stays.
                lines += self._few_lines(request, model, keys, opts)
        in_figures = {self.opts.verbose_name_plural: len(objs)} | {
            name: _in_figures(count) for name, count in counts.items()
        }
        return lines, in_figures, self._refused(request, objs), protected

    def _refused(self, request, rows):
        """Return the name of our model as a set if the person may not delete each of its rows."""
        if all(self.has_delete_permission(request, row) for row in rows):
            return set()
        return {self.opts.verbose_name}

    def _few_lines(self, request, model, keys, opts):
        """Return lines of SHOWN rows at most, the latest, and of those that nobody may see.

        ``opts`` is of the rows that are called by these.
        """
        model_admin, visible = self.admin_site.get_model_admin(model), []
        if model_admin.has_view_permission(request):
            rows = model_admin.get_queryset(request).filter(pk__in=keys).order_by("-pk")
            visible = list(rows.values_list("pk", flat=True))
        rows = _with_names(model._base_manager.filter(pk__in=visible[:SHOWN]).order_by("-pk"))
        lines = self._lines(rows, opts)
        things = capfirst(opts.verbose_name_plural)
        if len(visible) < len(keys):
            lines.append(_("%(things)s that you may not see") % {"things": things})
        if len(visible) > SHOWN:
            lines.append(
                _("%(things)s: more than %(number)s") % {"things": things, "number": SHOWN}
            )
        return lines

    def _lines(self, rows, opts=None):
        """Return what rows are called, with links to their pages."""
        return [
            format_html(
                '{}: <a href="{}">{}</a>',
                capfirst((opts or row._meta).verbose_name),
                reverse(
                    f"{self.admin_site.name}:{row._meta.app_label}_{row._meta.model_name}_change",
                    args=[quote(row.pk)],
                ),
                row,
            )
            for row in rows
        ]


def _check_what_points_there():
    """Have PostgreSQL check references now: at the end, success would have been told by then.

    On SQLite nobody else writes between the question and the end.
    """
    if connection.vendor == "postgresql":
        connection.check_constraints()


def _in_figures(count):
    return f"{SHOWN}+" if count > SHOWN else str(count)


def _pointing_at(model, rows, has_page):
    """Yield (on_delete, queryset, way, owner) of all that keeps rows of a model, or goes with them.

    ``owner`` is the model of what each belongs to that has a page, itself or another row, and
    ``way`` how a query names its primary key; both are None if it belongs to none.
    """
    for relation in get_candidate_relations_to_delete(model._meta):
        if relation.on_delete in (CASCADE, PROTECT, RESTRICT):
            others = relation.related_model
            pointing = others._base_manager.filter(**{f"{relation.field.name}__in": rows})
            yield relation.on_delete, pointing.order_by(), *_way(others, relation.field, has_page)
            if relation.on_delete is CASCADE:
                yield from _pointing_at(others, pointing, has_page)


def _way(model, leaving_out, has_page):
    """Return (way, owner) by which a row comes to what it cannot be without, and a page."""
    if has_page(model):
        return "pk", model
    for field in model._meta.concrete_fields:
        if field.many_to_one and not field.null and field != leaving_out:
            way, owner = _way(field.related_model, None, has_page)
            if way:
                return f"{field.name}__{way}", owner
    return None, None


def _with_names(rows):
    """Fetch rows along with what they point at: many are called like one of those."""
    fields = rows.model._meta.concrete_fields
    return rows.select_related(*[field.name for field in fields if field.is_relation])
