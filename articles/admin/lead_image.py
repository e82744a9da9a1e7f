"""The lead image's field in the article form."""

from django import forms
from django.contrib import admin
from django.urls import reverse

from newsroom.autocomplete import RowChoices


class LeadImageField(RowChoices, admin.ModelAdmin):
    """The part of the article's admin that tells the lead image's field of the library."""

    class Media:
        css = {"all": ["desk/pictures.css"]}
        js = [forms.Script("desk/lead_image.js", type="module")]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "lead_image":
            field.widget.attrs["data-library"] = reverse("admin:articles_image_changelist")
        return field
