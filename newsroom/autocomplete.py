"""The admin's autocomplete, which survives what its own list would never send."""

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect

from newsroom.keys import read_keys


class RowSelect(AutocompleteSelect):
    """An autocomplete that shows nothing chosen where a row's number should be and is not.

    Django's looks it up as it was sent, and a refused form then cannot be shown again.
    """

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [str(key) for key in read_keys(map(str, value))], attrs)


class RowChoices(BaseModelAdmin):
    """A page or inline whose ``autocomplete_fields`` are each a RowSelect."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RowSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
