"""Rows of the admin that people put in order: by dragging, by keyboard, or by number."""

from django import forms
from django.contrib import admin
from django.utils.functional import cached_property

from newsroom.autocomplete import RowChoices


class OrderedRow(forms.ModelForm):
    """One row. A new one that has nothing but its place in the order is an empty row."""

    @cached_property
    def changed_data(self):
        changed = super().changed_data
        if self.instance.pk is None and changed == ["position"]:
            return []
        return changed


class OrderedRows(RowChoices, admin.TabularInline):
    """An inline whose model has a ``position``.

    With a script the rows have a handle and two buttons; without one, the number is typed.
    A subclass's own form derives from OrderedRow.
    """

    form = OrderedRow
    extra = 0

    class Media:
        js = [
            forms.Script("desk/rows.js", type="module"),
            forms.Script("desk/order.js", type="module"),
        ]
        css = {"all": ["desk/rows.css"]}
