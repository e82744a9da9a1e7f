"""The rows below a story's form: bylines, related reads, corrections."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextInputWidget
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import roles
from articles.models import Article, ArticleByline, Correction, RelatedRead
from newsroom.gated_rows import GatedRows
from newsroom.keys import read_key
from newsroom.moments import PastMomentField, look_the_same
from newsroom.ordered_rows import OrderedRow, OrderedRows


class BylineForm(OrderedRow):
    class Meta:
        widgets = {
            "name": AdminTextInputWidget(
                attrs={"data-profiles": reverse_lazy("admin:articles_article_profiles")}
            )
        }

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())

    def clean(self):
        super().clean()
        if self.cleaned_data.get("author") and self.cleaned_data.get("name"):
            self.add_error(
                "name",
                _(
                    "This line has both a profile and a typed name: empty one of the two."
                    " Two people need two lines."
                ),
            )


class BylineFormSet(forms.BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return _("The same author is in the byline twice: remove one of the lines.")

    def get_form_error(self):
        return _("This author is in the byline already.")


class BylineInline(GatedRows, OrderedRows):
    model = ArticleByline
    form = BylineForm
    formset = BylineFormSet
    autocomplete_fields = ["author"]
    fields = ["author", "name", "role", "position"]

    class Media:
        js = [forms.Script("desk/bylines.js", type="module")]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # A new profile is a click away; to delete one is no part of writing a story.
        if db_field.name == "author":
            field.widget.can_change_related = field.widget.can_delete_related = False
        return field


class RelatedReadForm(OrderedRow):
    class Meta:
        widgets = {
            "title": AdminTextInputWidget(
                attrs={"data-related-reads": reverse_lazy("admin:articles_article_related_reads")}
            )
        }

    def clean(self):
        super().clean()
        outside = self.cleaned_data.get("title") or self.cleaned_data.get("url")
        if self.cleaned_data.get("story") and outside:
            self.add_error(
                "story",
                _(
                    "This line has both one of our stories and an outside address: empty one"
                    " of the two. Two reads need two lines."
                ),
            )


class RelatedReadInline(GatedRows, OrderedRows):
    model = RelatedRead
    form = RelatedReadForm
    fk_name = "article"
    autocomplete_fields = ["story"]
    fields = ["story", "title", "url", "position"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    class Media:
        js = [forms.Script("desk/related_reads.js", type="module")]
        css = {"all": ["desk/suggestions.css"]}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # One looks at the other story from here; it is written in a form of its own.
        if db_field.name == "story":
            field.widget.can_add_related = field.widget.can_change_related = False
        return field

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "story":
            # What somebody may not see they cannot relate either, nor learn its headline by that.
            already = RelatedRead.objects.filter(
                article=read_key(request.resolver_match.kwargs.get("object_id", ""))
            )
            visible = roles.visible_articles(request.user, Article.objects.all())
            # Asked of the one story that is chosen: "in" would have PostgreSQL read all of them.
            kwargs["queryset"] = Article.objects.filter(
                Exists(visible.filter(pk=OuterRef("pk")))
                | Exists(already.filter(story=OuterRef("pk")))
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CorrectionForm(forms.ModelForm):
    def clean_noted_at(self):
        """Keep what is stored where the form shows the same: the second of two hours, perhaps.

        But for parts of a second, which no form and no version of the history holds.
        """
        typed, stored = self.cleaned_data["noted_at"], self.instance.noted_at
        if self.instance.pk and look_the_same(typed, stored):
            return stored.replace(microsecond=0)
        return typed


class CorrectionInline(GatedRows, admin.TabularInline):
    model = Correction
    form = CorrectionForm
    fields = ["kind", "text", "noted_at"]
    formfield_overrides = {
        models.DateTimeField: {"form_class": PastMomentField, "widget": AdminSplitDateTime},
        models.TextField: {
            "widget": forms.Textarea(
                attrs={
                    "rows": 3,
                    "class": "vLargeTextField",
                    "placeholder": gettext_lazy(
                        "What was wrong, and what is right. Readers see it below the story."
                    ),
                }
            )
        },
    }
    extra = 0
