"""Tags in a form: chosen by name while typing, new ones made by typing on."""

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin
from django.urls import reverse
from django.utils.translation import gettext as _


class TagNamesWidget(forms.SelectMultiple):
    """The admin's own autocomplete select, fed with tag names; unknown names are kept."""

    @property
    def media(self):
        # The admin's autocomplete script starts every select of the class below.
        return AutocompleteMixin(None, None).media + forms.Media(
            css={"all": ["desk/tags.css"]},
            js=[forms.Script("desk/tag_twins.js", type="module")],
        )

    def build_attrs(self, base_attrs, extra_attrs=None):
        return super().build_attrs(
            base_attrs,
            {
                **(extra_attrs or {}),
                "class": "admin-autocomplete",
                "data-ajax--cache": "true",
                "data-ajax--delay": 250,
                "data-ajax--url": reverse("admin:articles_article_tag_names"),
                "data-twins": reverse("admin:articles_tag_twins"),
                "data-theme": "admin-autocomplete",
                "data-tags": "true",
                "data-token-separators": '[","]',
                "data-app-label": "articles",
                "data-model-name": "article",
                "data-field-name": "tags",
            },
        )

    def optgroups(self, name, value, attrs=None):
        self.choices = [(tag, tag) for tag in value]
        return super().optgroups(name, value, attrs)


class TagNamesField(forms.Field):
    """Cleans to the list of tag names, in the order chosen, each once."""

    widget = TagNamesWidget

    def prepare_value(self, value):
        return [str(tag) for tag in value or []]

    def clean(self, value):
        # PostgreSQL takes no null character.
        names = (" ".join(name.replace("\x00", " ").split()) for name in value or [])
        value = list(dict.fromkeys(name for name in names if name))
        if any(len(name) > 100 for name in value):
            raise forms.ValidationError(_("A tag has at most 100 characters."))
        return super().clean(value)

    def has_changed(self, initial, data):
        return set(self.prepare_value(initial)) != set(data or [])
