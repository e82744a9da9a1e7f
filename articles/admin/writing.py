"""What the article form offers to those who write: counters, shortcuts, the whole screen."""

import json

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

# Where a headline and a standfirst are cut. A search result cuts at a width, so that its
# limit is measured in the typeface of the result, on a desktop's screen: titles are 20 px
# high and end at about 580 px, descriptions are 14 px high and take two lines, about 920 px
# (Google names no figure, developers.google.com/search/docs/appearance/title-link; these
# are what Moz and Ahrefs measure: about 60 characters, and 155 to 160). A card on
# Facebook, LinkedIn or X shows two lines of title, of which about 70 characters are safe.
CUT_AT = {
    "headline": [
        {"place": _("search results"), "pixels": 580, "font": "20px Arial"},
        {"place": _("social cards"), "characters": 70},
    ],
    "standfirst": [{"place": _("search results"), "pixels": 920, "font": "14px Arial"}],
}


class WritingTools(admin.ModelAdmin):
    """The part of the article's admin that helps to write."""

    class Media:
        css = {"all": ["desk/writing.css"]}
        js = [
            forms.Script(f"desk/{name}.js", type="module")
            for name in ("counters", "shortcuts", "full_screen")
        ]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in CUT_AT:
            limits = [{**limit, "place": str(limit["place"])} for limit in CUT_AT[db_field.name]]
            field.widget.attrs["data-cut-at"] = json.dumps(limits)
        return field
