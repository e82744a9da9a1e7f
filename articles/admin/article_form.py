"""The form that a story is written in."""

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import roles
from articles.models import Article, ArticleByline, Correction, RelatedRead
from newsroom.gated_rows import GatedRows

from .story_links import link_by_number
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

    # Why nothing may be saved, whatever is typed (articles.admin.merging).
    problem = ""

    def clean(self):
        super().clean()
        if self.problem:
            raise forms.ValidationError(self.problem)

    def clean_headline(self):
        return " ".join(self.cleaned_data["headline"].split())

    def clean_body(self):
        return link_by_number(self.cleaned_data["body"])


class BylineFormSet(forms.BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return _("The same author is in the byline twice: remove one of the lines.")

    def get_form_error(self):
        return _("This author is in the byline already.")


class BylineInline(GatedRows, admin.TabularInline):
    model = ArticleByline
    formset = BylineFormSet
    autocomplete_fields = ["author"]
    fields = ["author", "name", "role", "position"]
    extra = 0


class RelatedReadInline(GatedRows, admin.TabularInline):
    model = RelatedRead
    fk_name = "article"
    autocomplete_fields = ["story"]
    fields = ["story", "title", "url", "position"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    extra = 0

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "story":
            # What somebody may not see they cannot relate either, nor learn its headline by that.
            already = RelatedRead.objects.filter(
                article=request.resolver_match.kwargs.get("object_id")
            )
            kwargs["queryset"] = Article.objects.filter(
                Q(pk__in=roles.visible_articles(request.user, Article.objects).values("pk"))
                | Q(pk__in=already.values("story"))
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CorrectionInline(GatedRows, admin.TabularInline):
    model = Correction
    fields = ["kind", "text", "noted_at"]
    extra = 0
