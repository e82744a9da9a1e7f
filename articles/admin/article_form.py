"""The form that a story is written in."""

from django import forms
from django.utils.translation import gettext_lazy

from .story_links import link_by_number
from .tags_field import TagNamesField

# What the article form asks for the record of a publication, and no row keeps till then.
NOTED = ("publishing_note", "note_to_readers", "says_updated")


def note_to_readers_field():
    """Return the field of what readers are told of a change, for each form that publishes."""
    return forms.CharField(
        label=gettext_lazy("Note to readers"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "What was changed and why. Readers find it on the story’s page of changes."
        ),
    )


class ArticleForm(forms.ModelForm):
    tags = TagNamesField(
        label=gettext_lazy("Tags"),
        required=False,
        help_text=gettext_lazy("Type to find a tag; type on to make a new one."),
    )
    says_updated = forms.BooleanField(
        label=gettext_lazy("Tell readers that the story was updated"), required=False
    )
    note_to_readers = note_to_readers_field()
    publishing_note = forms.CharField(
        label=gettext_lazy("Note for the desk"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "Why this is published; kept in the history, never shown to readers."
        ),
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
