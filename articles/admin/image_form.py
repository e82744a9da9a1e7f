"""The forms for a picture of the library: its words, and the whole of it."""

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles import library
from articles.models import Image
from newsroom.uploads import CleanPicture


class WordsForm(forms.ModelForm):
    """What has to be said of a picture; what readers have seen keeps an alt text."""

    class Meta:
        model = Image
        fields = ["title", "alt_text", "caption", "credit"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "alt_text" in self.fields and self.instance.pk and self.instance.editions.exists():
            self.fields["alt_text"].required = True


class ImageForm(WordsForm):
    """The library's own form: a new file, or a new one in the place of what readers see."""

    replace_live = forms.BooleanField(
        label=gettext_lazy("Replace it in the live stories as well"), required=False
    )

    class Meta(WordsForm.Meta):
        fields = [*WordsForm.Meta.fields, "file", "focal_x", "focal_y"]
        widgets = {
            "alt_text": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
            "caption": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["replace_live"]
        elif "file" in self.fields:
            field = self.fields["file"]
            field.label = _("New file")
            field.help_text = _(
                "Takes the place of this picture in every story; the former file is kept below."
            )
            field.widget = forms.FileInput(
                attrs={**field.widget_attrs(field.widget), "class": "replacement"}
            )

    def clean_file(self):
        """Refuse a file that the library has already, and say where."""
        file = self.cleaned_data["file"]
        if isinstance(file, CleanPicture):
            known = Image.objects.filter(checksum=file.checksum).first()
            if known == self.instance:
                raise forms.ValidationError(_("This is the file that is here already."))
            if known:
                raise forms.ValidationError(
                    format_html(
                        '{} <a href="{}">{}</a>',
                        _("This file is in the library already:"),
                        known.get_absolute_url(),
                        known.title,
                    )
                )
        return file

    def clean(self):
        """Ask before live stories get another picture."""
        super().clean()
        if not self.is_replacement or self.cleaned_data.get("replace_live"):
            return
        count = library.live_stories(self.instance)
        if count:
            self.add_error(
                "replace_live",
                ngettext(
                    "%(count)s live story shows this picture. Choose the file again and tick this"
                    " to replace it for readers at once.",
                    "%(count)s live stories show this picture. Choose the file again and tick this"
                    " to replace it for readers at once.",
                    count,
                )
                % {"count": library.in_figures(count)},
            )

    @property
    def is_replacement(self):
        """Whether a picture that is stored gets another file."""
        return bool(self.instance.pk) and isinstance(self.cleaned_data.get("file"), CleanPicture)
