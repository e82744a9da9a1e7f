"""The form that a story is written in."""

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import publishing
from articles.models import Article, ArticleByline, Correction, RelatedRead

from .tags_field import TagNamesField

# What the article form asks for the record of a publication, and no row keeps till then.
NOTED = ("publishing_note", "says_updated")


class ArticleForm(forms.ModelForm):
    tags = TagNamesField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Type to find a tag; type on to make a new one."),
    )
    says_updated = forms.BooleanField(
        label=gettext_lazy("Tell readers that the story was updated"), required=False
    )
    publishing_note = forms.CharField(
        label=gettext_lazy("Note for the record"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Why this is published; kept with the edition."),
    )

    class Meta:
        widgets = {
            "headline": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField headline"}),
            "standfirst": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "lead_image_caption": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        }

    def clean(self):
        """Refuse to write over what somebody else saved meanwhile, once: then they know."""
        super().clean()
        seen = self.data.get("seen_fingerprint")
        stored = Article.objects.select_related("changed_by").filter(pk=self.instance.pk).first()
        if stored and seen and seen != stored.fingerprint:
            raise forms.ValidationError(
                format_html(
                    _(
                        "{who} saved this story at {time}, while you had it open, so nothing of"
                        " yours is saved yet; all that you typed is still here. {link} and"
                        " compare. Saving again replaces what stands there."
                    ),
                    who=stored.changed_by or _("Somebody"),
                    time=publishing.spoken_time(stored.changed_at),
                    link=format_html(
                        '<a href="{}" target="_blank">{}</a>',
                        stored.get_absolute_url(),
                        _("Open it in another tab"),
                    ),
                )
            )

    def clean_headline(self):
        return " ".join(self.cleaned_data["headline"].split())


class BylineFormSet(forms.BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return _("The same author is in the byline twice: remove one of the lines.")

    def get_form_error(self):
        return _("This author is in the byline already.")


class BylineInline(admin.TabularInline):
    model = ArticleByline
    formset = BylineFormSet
    autocomplete_fields = ["author"]
    fields = ["author", "name", "role", "position"]
    extra = 0


class RelatedReadInline(admin.TabularInline):
    model = RelatedRead
    fk_name = "article"
    autocomplete_fields = ["story"]
    fields = ["story", "title", "url", "position"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    extra = 0


class CorrectionInline(admin.TabularInline):
    model = Correction
    fields = ["kind", "text", "noted_at"]
    extra = 0
